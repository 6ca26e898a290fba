//! `listTokens`.

use crate::admin::quorum_token::required;
use crate::admin::{Admin, NodeResult};
use crate::error::Result;
use crate::quorum::ListedToken;
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
                let tokens = self.tokens(rows, node)?;
                let listed = tokens.all().iter().map(|token| {
                    let required = required(rows, node, &users.policy, token.subject)?;
                    Ok(token.listed(required, now))
                });
                Ok(Ok(listed.collect::<Result<_>>()?))
            })
        })
    }
}
