//! `loginHSM` and `logoutHSM`: on every addressed server by itself.

use crate::admin::{Admin, Credentials, NodeResult, Server};
use crate::audit::Command;
use crate::error::{HsmError, Result};
use crate::fault::ClientClass;
use crate::id::NodeId;
use crate::node::{generation, login};
use crate::user::LoginType;

impl Admin {
    /// Logs in on every addressed server; a wrong password or second factor counts on each of them (documented). Signatures of
    /// a user without a second factor are ignored (documented).
    ///
    /// # Errors
    /// The cluster does not exist, or the store fails. What a server says is in its result: [`HsmError::UserUnknown`],
    /// [`HsmError::InvalidUserType`], [`HsmError::LoginFailure`], [`HsmError::SecondFactorFailed`], [`HsmError::UserLocked`],
    /// [`HsmError::UserLoggedIn`], [`HsmError::AlreadyLoggedIn`].
    pub fn login<'a>(
        &mut self,
        login_type: LoginType,
        name: &str,
        credentials: impl Into<Credentials<'a>>,
    ) -> Result<Vec<NodeResult<()>>> {
        self.forget_lost()?;
        let (taken, free): (Vec<Server>, Vec<Server>) =
            self.addressed().iter().cloned().partition(|server| self.logins.contains_key(&server.node));
        let ids: Vec<NodeId> = free.iter().map(|server| server.node.clone()).collect();
        let Credentials { password, signatures } = credentials.into();
        let answers = signatures.map(|signatures| self.answers(signatures));
        let credentials = login::Credentials { login_type, name, password, answers: answers.as_ref() };
        let answers = login::log_in(&self.world, &self.cluster, ClientClass::Tools, &ids, credentials)?;
        let mut results: Vec<NodeResult<()>> =
            taken.iter().map(|server| server.answer(Err(HsmError::AlreadyLoggedIn))).collect();
        for (server, answer) in free.iter().zip(answers) {
            results.push(server.answer(answer.map(|login| {
                self.logins.insert(server.node.clone(), login);
            })));
        }
        results.sort_by_key(|answer| answer.server);
        Ok(results)
    }

    /// Logs out on every addressed server.
    ///
    /// # Errors
    /// The cluster does not exist, or the store fails.
    pub fn logout(&mut self) -> Result<Vec<NodeResult<()>>> {
        let reach = self.world.read(|rows| self.reach(rows))?;
        let mut results = Vec::with_capacity(self.servers.len());
        for server in self.addressed().to_vec() {
            let result = match self.logins.remove(&server.node) {
                None => Err(HsmError::NotLoggedIn),
                Some(login) => {
                    login::end(&self.world, [&login])?;
                    login::note_ends(&self.world, &self.cluster, Command::Logout, [(&server.node, &login)]);
                    reach.node(&server.node).map(|_| ())
                }
            };
            results.push(server.answer(result));
        }
        Ok(results)
    }

    /// Ends every login with this connection.
    pub(super) fn end_all(&mut self) -> Result<()> {
        let logins = std::mem::take(&mut self.logins);
        login::end(&self.world, logins.values())?;
        login::note_ends(&self.world, &self.cluster, Command::AppFinalize, &logins);
        Ok(())
    }

    /// Drops logins that ended with a rewind of the world.
    fn forget_lost(&mut self) -> Result<()> {
        if !self.logins.is_empty() {
            let generation = self.world.read(|rows| generation::current(rows))?;
            self.logins.retain(|_, login| !login.is_void(generation));
        }
        Ok(())
    }
}
