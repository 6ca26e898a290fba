//! `info server N`.

use crate::admin::{Admin, Server};
use crate::cluster::Mode;
use crate::error::{HsmError, Result};
use crate::node::generation;
use crate::user::{NodeUsers, Role, UserName};

/// What the tool knows of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerInfo {
    /// Number, node and address.
    pub server: Server,
    /// Whether it can be reached.
    pub connected: bool,
    /// FIPS or not, as its cluster.
    pub mode: Mode,
    /// As whom this connection is logged in there.
    pub login: Option<(UserName, Role)>,
}

impl ServerInfo {
    /// The port of the management utility (documented).
    pub const PORT: u16 = 2225;
}

impl Admin {
    /// The state of one server; needs no login.
    ///
    /// # Errors
    /// [`HsmError::NodeUnavailable`] when there is no server of this number, [`HsmError::NoCluster`], or the store fails.
    pub fn info(&self, server: usize) -> Result<ServerInfo> {
        let server = self.server(server).ok_or(HsmError::NodeUnavailable)?.clone();
        self.world.read(|rows| {
            let reach = self.reach(rows)?;
            let (connected, mode) = (reach.node(&server.node).is_ok(), reach.cluster.mode);
            let users = NodeUsers::load(rows, &self.cluster, &server.node)?;
            let current = generation::current(rows)?;
            let login = self.logins.get(&server.node).filter(|login| !login.is_void(current));
            let user = login.and_then(|login| users.find(&login.name));
            Ok(ServerInfo { server, connected, mode, login: user.map(|user| (user.name.clone(), user.role)) })
        })
    }
}
