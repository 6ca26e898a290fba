//! `listTokens`.

use crate::admin::{Admin, NodeResult};
use crate::error::Result;
use crate::quorum::{ListedToken, Token};
use crate::user::Operation;

impl Admin {
    /// The valid tokens of every addressed server, oldest first; no login is needed (newer documentation).
    ///
    /// # Errors
    /// The cluster does not exist, or the store fails.
    pub fn list_tokens(&self) -> Result<Vec<NodeResult<Vec<ListedToken>>>> {
        self.ask(|rows, reach| {
            let now = self.world.now(rows)?;
            self.on_each(rows, &reach, Operation::ReadQuorum, |rows, node, users| {
                let listed = |token: &Token| token.listed(&users.policy, now);
                Ok(Ok(self.tokens(rows, node)?.all().iter().map(listed).collect()))
            })
        })
    }
}
