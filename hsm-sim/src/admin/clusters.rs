//! The management utility's connection to several clusters at once, whose usual reason is to repair a cluster from its clone
//! (documented).

use crate::admin::{Admin, NodeResult, Server, ServerInfo, SyncedUser};
use crate::error::{Error, HsmError, Result};
use crate::id::ClusterId;
use crate::object::Handle;
use crate::world::World;

/// Connections to clusters whose servers are numbered in one row, as in a configuration file that lists them all (documented).
/// Each cluster has its own users, logins and quorum tokens.
#[derive(Debug)]
pub struct Admins {
    connections: Vec<Admin>,
}

impl World {
    /// Connects the management utility to the nodes that these clusters have now, in the order of the clusters.
    ///
    /// # Errors
    /// [`HsmError::NoCluster`], or the store fails.
    pub fn admins(&self, clusters: &[ClusterId]) -> Result<Admins> {
        let mut connections: Vec<Admin> = Vec::with_capacity(clusters.len());
        for cluster in clusters {
            let first = connections.iter().map(|admin| admin.servers.len()).sum();
            connections.push(Admin::connect(self, cluster, first)?);
        }
        Ok(Admins { connections })
    }
}

impl Admins {
    /// The connection to each cluster.
    pub fn connections(&self) -> &[Admin] {
        &self.connections
    }

    /// The servers, by number.
    pub fn servers(&self) -> impl Iterator<Item = &Server> {
        self.connections.iter().flat_map(Admin::servers)
    }

    /// Sends the following commands to one server only, or to all again; see [`Admin::select`].
    pub fn select(&mut self, server: Option<usize>) -> bool {
        let known = server.is_none_or(|number| self.place(number).is_some());
        if known {
            for admin in &mut self.connections {
                admin.select(server.filter(|number| admin.server(*number).is_some()));
            }
        }
        known
    }

    /// The server that commands go to, if not all.
    pub fn selected(&self) -> Option<usize> {
        self.connections.iter().find_map(Admin::selected)
    }

    /// The servers that commands go to.
    pub fn addressed(&self) -> impl Iterator<Item = &Server> {
        let one = self.selected().is_some();
        self.connections.iter().filter(move |admin| is_addressed(admin, one)).flat_map(Admin::addressed)
    }

    /// Sends a command to every addressed cluster, one after the other, and gives the answers of all their servers. What one of
    /// several clusters refuses as a whole, each of its servers answers: the others have carried it out.
    ///
    /// # Errors
    /// The store fails, or the only addressed cluster refuses as a whole.
    pub fn each<T>(
        &mut self,
        mut command: impl FnMut(&mut Admin) -> Result<Vec<NodeResult<T>>>,
    ) -> Result<Vec<NodeResult<T>>> {
        let one = self.selected().is_some();
        let several = !one && self.connections.len() > 1;
        let mut results = Vec::new();
        for admin in self.connections.iter_mut().filter(|admin| is_addressed(admin, one)) {
            match command(admin) {
                Ok(answers) => results.extend(answers),
                Err(Error::Hsm(error)) if several => {
                    results.extend(admin.addressed().iter().map(|server| server.answer(Err(error.clone()))));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(results)
    }

    /// The state of one server; see [`Admin::info`].
    ///
    /// # Errors
    /// As [`Admin::info`].
    pub fn info(&self, server: usize) -> Result<ServerInfo> {
        let admin = self.connections.iter().find(|admin| admin.server(server).is_some());
        admin.ok_or(HsmError::NodeUnavailable)?.info(server)
    }

    /// Brings a user from the selected server to another one, of the same cluster or of a clone; see [`Admin::sync_user`].
    ///
    /// # Errors
    /// As [`Admin::sync_user`], and [`HsmError::NotClones`].
    pub fn sync_user(&mut self, user_id: u32, destination: usize) -> Result<SyncedUser> {
        self.bring(
            destination,
            |cluster| cluster.sync_user(user_id, destination),
            |cluster, clone| cluster.sync_user_to(user_id, clone),
        )
    }

    /// Brings a key from the selected server to another one: of the same cluster, where it replaces what is there
    /// ([`Admin::sync_key`]), or of a clone, whose handles may mean other keys and are left alone then ([`Admin::replicate_key`]).
    ///
    /// # Errors
    /// As [`Admin::sync_key`] or, what the clone's server says too, [`Admin::replicate_key`].
    pub fn sync_key(&mut self, handle: Handle, destination: usize) -> Result<()> {
        self.bring(
            destination,
            |cluster| cluster.sync_key(handle, destination),
            |cluster, clone| {
                let answers = cluster.replicate_key(handle, clone)?;
                answers.into_iter().try_for_each(|answer| Ok(answer.result?))
            },
        )
    }

    /// Brings something to a server of the selected one's cluster, or to one of another cluster, selected as long as that takes.
    fn bring<T>(
        &mut self,
        destination: usize,
        within: impl FnOnce(&mut Admin) -> Result<T>,
        across: impl FnOnce(&Admin, &Admin) -> Result<T>,
    ) -> Result<T> {
        let from = self.selected().and_then(|number| self.place(number)).ok_or(HsmError::NodeUnavailable)?;
        let to = self.place(destination).ok_or(HsmError::NodeUnavailable)?;
        if from == to {
            return within(&mut self.connections[from]);
        }
        self.connections[to].select(Some(destination));
        let done = across(&self.connections[from], &self.connections[to]);
        self.connections[to].select(None);
        done
    }

    /// Which connection has the server.
    fn place(&self, number: usize) -> Option<usize> {
        self.connections.iter().position(|admin| admin.server(number).is_some())
    }
}

/// Whether commands go to a cluster, when they go to one server only or to all.
fn is_addressed(admin: &Admin, one: bool) -> bool {
    !one || admin.selected().is_some()
}
