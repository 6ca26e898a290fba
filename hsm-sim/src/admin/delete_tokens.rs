//! `delToken`.

use crate::admin::{Admin, NodeResult, by};
use crate::audit::Command;
use crate::error::{HsmError, Result};
use crate::quorum::Token;
use crate::user::Operation;

/// Which tokens are deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenScope {
    /// The one of this number.
    One(u32),
    /// Those of who asks for it.
    User,
    /// All.
    All,
}

impl Admin {
    /// Deletes tokens on every addressed server and says how many they were.
    ///
    /// # Errors
    /// The cluster does not exist, or the store fails. A server refuses with [`HsmError::NoQuorumToken`] for an unknown number, or
    /// because the login does not permit it.
    pub fn delete_tokens(&mut self, scope: TokenScope) -> Result<Vec<NodeResult<usize>>> {
        self.tell(|tx, reach| {
            let actor = self.actor(tx)?;
            let noted = (Command::DeleteToken, by(&actor));
            self.change_each(tx, &reach, Operation::UseQuorum, Some(noted), |tx, node, _| {
                let Some(login) = self.logins.get(&node.id) else { return Ok(Err(HsmError::NotLoggedIn)) };
                let mut tokens = self.tokens(tx, node)?;
                let deleted = tokens.drop_if(|token: &Token| match scope {
                    TokenScope::One(id) => token.id == id,
                    TokenScope::User => token.user == login.name,
                    TokenScope::All => true,
                });
                if deleted == 0 && matches!(scope, TokenScope::One(_)) {
                    return Ok(Err(HsmError::NoQuorumToken));
                }
                tokens.save(tx, &self.cluster, &node.id)?;
                Ok(Ok(deleted))
            })
        })
    }
}
