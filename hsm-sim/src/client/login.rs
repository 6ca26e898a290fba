//! Logging an application in and out: on every node at once.

use std::collections::BTreeMap;

use crypto::Password;

use crate::audit::Command;
use crate::client::access::Authority;
use crate::client::{Client, NodeResult};
use crate::error::{HsmError, Result};
use crate::id::NodeId;
use crate::node::login::{self, Credentials};
use crate::node::reach::Reach;
use crate::user::LoginType;

impl Client {
    /// Logs a crypto user in on every node. The connection works if at least one node accepts.
    ///
    /// # Errors
    /// [`HsmError::AlreadyLoggedIn`], [`HsmError::NoNode`] when the cluster has no nodes, or the store fails.
    pub fn login(&mut self, name: &str, password: &Password) -> Result<Vec<NodeResult<()>>> {
        self.login_as(LoginType::Cu, name, password)
    }

    /// Logs a user of any type in. An officer may log in here too, but has no use of keys (documented).
    ///
    /// # Errors
    /// As [`Client::login`].
    pub fn login_as(&mut self, login_type: LoginType, name: &str, password: &Password) -> Result<Vec<NodeResult<()>>> {
        if self.access.authority().is_logged_in() {
            return Err(HsmError::AlreadyLoggedIn.into());
        }
        let (world, cluster, class) = (self.access.world(), self.access.cluster(), self.access.class());
        let reach = world.read(|rows| Reach::load(world, rows, cluster, class))?;
        let ids: Vec<NodeId> = reach.present().map(|node| node.id.clone()).collect();
        if ids.is_empty() {
            return Err(HsmError::NoNode.into());
        }
        let credentials = Credentials { login_type, name, password, answers: None };
        let answers = login::log_in(world, cluster, class, &ids, credentials)?;
        let mut logins = BTreeMap::new();
        let mut results = Vec::with_capacity(answers.len());
        for ((server, node), answer) in reach.present().enumerate().zip(answers) {
            let result = answer.map(|login| {
                logins.insert(node.id.clone(), login);
            });
            results.push(NodeResult { server, node: node.id.clone(), ip: node.ip, result });
        }
        self.access.set_authority(Authority::Logins(logins));
        Ok(results)
    }

    /// Logs out wherever this connection is logged in.
    ///
    /// # Errors
    /// The store fails.
    pub fn logout(&mut self) -> Result<Vec<NodeResult<()>>> {
        self.end_logins(Command::Logout)
    }

    /// The same by this command. The node that carries a logout out notes it, the others do not; all note that a connection or its last
    /// session is closed (documented, inferred).
    pub(crate) fn end_logins(&mut self, command: Command) -> Result<Vec<NodeResult<()>>> {
        let Authority::Logins(logins) = self.access.set_authority(Authority::nobody()) else { return Ok(Vec::new()) };
        if logins.is_empty() {
            return Ok(Vec::new());
        }
        if self.lent {
            return Ok(Vec::new());
        }
        login::end(self.access.world(), logins.values())?;
        let noting = if command == Command::Logout { 1 } else { logins.len() };
        login::note_ends(self.access.world(), self.access.cluster(), command, logins.iter().take(noting));
        let (world, cluster, class) = (self.access.world(), self.access.cluster(), self.access.class());
        match world.read(|rows| Reach::load(world, rows, cluster, class)) {
            Ok(reach) => Ok(reach
                .present()
                .enumerate()
                .map(|(server, node)| {
                    let result = match logins.contains_key(&node.id) {
                        true => reach.answers(node),
                        false => Err(HsmError::NotLoggedIn),
                    };
                    NodeResult { server, node: node.id.clone(), ip: node.ip, result }
                })
                .collect()),
            // The cluster was deleted meanwhile; the logins are gone with it.
            Err(crate::Error::Hsm(HsmError::NoCluster(_))) => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }
}
