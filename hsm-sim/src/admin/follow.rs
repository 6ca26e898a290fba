//! A tool that keeps up with the members of its cluster, as the newer one does.

use crate::admin::{Admin, numbered};
use crate::client::login_for;
use crate::error::Result;
use crate::settings::Settings;
use crate::user::NodeUsers;

impl Admin {
    /// Looks again which servers there are. One that joined or came back since the login is logged in to, if the password in force
    /// there is that of the login elsewhere (documented: the client library connects to it by itself).
    ///
    /// # Errors
    /// The cluster does not exist, or the store fails.
    pub fn follow(&mut self) -> Result<()> {
        let (servers, joined) = self.world.read(|rows| {
            let reach = self.reach(rows)?;
            let threshold = Settings::load(rows)?.lock_threshold;
            let mut joined = Vec::new();
            for node in reach.present() {
                if self.logins.is_empty() || self.logins.contains_key(&node.id) || !reach.reaches(node) {
                    continue;
                }
                let users = NodeUsers::load(rows, &self.cluster, &node.id)?;
                let login = login_for(&self.logins, node, &users, threshold);
                joined.extend(login.map(|login| (node.id.clone(), login.clone())));
            }
            Ok::<_, crate::Error>((numbered(self.first, &reach), joined))
        })?;
        if self.servers != servers {
            self.servers = servers;
            self.selected = None;
        }
        self.logins.extend(joined);
        Ok(())
    }
}
