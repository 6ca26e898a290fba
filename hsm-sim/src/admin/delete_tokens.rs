//! `delToken`.

use crate::admin::{Admin, NodeResult, by};
use crate::audit::Command;
use crate::error::{HsmError, Result};
use crate::quorum::Token;
use crate::user::{Operation, permits};

/// Which tokens are deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenScope<'a> {
    /// The one of this number.
    One(u32),
    /// Those whose bytes stand in this file.
    File(&'a [u8]),
    /// Those of who asks for it.
    User,
    /// All.
    All,
}

impl TokenScope<'_> {
    /// Deleting all tokens, others' among them, is for those who ask for tokens of services.
    const fn operation(self) -> Operation {
        match self {
            Self::All => Operation::UseQuorum,
            Self::One(_) | Self::File(_) | Self::User => Operation::ApproveTokens,
        }
    }
}

impl Admin {
    /// Deletes tokens on every addressed server and says how many they were. A crypto user reaches its own only (inferred).
    ///
    /// # Errors
    /// The cluster does not exist, or the store fails. A server refuses with [`HsmError::NoQuorumToken`] when it has none that was
    /// named, or because the login does not permit it.
    pub fn delete_tokens(&mut self, scope: TokenScope<'_>) -> Result<Vec<NodeResult<usize>>> {
        self.tell(|tx, reach| {
            let actor = self.actor(tx)?;
            let noted = (Command::DeleteToken, by(&actor));
            self.change_each(tx, &reach, scope.operation(), Some(noted), |tx, node, users| {
                let user = match self.logged_in(node, &users) {
                    Ok(user) => user,
                    Err(error) => return Ok(Err(error)),
                };
                let others = permits(Some(user.role), Operation::UseQuorum);
                let mut tokens = self.tokens(tx, node)?;
                let deleted = tokens.drop_if(|token: &Token| {
                    let own = token.user == user.name;
                    match scope {
                        TokenScope::One(id) => token.id == id && (own || others),
                        TokenScope::File(file) => token.is_in(file) && (own || others),
                        TokenScope::User => own,
                        TokenScope::All => true,
                    }
                });
                if deleted == 0 && matches!(scope, TokenScope::One(_) | TokenScope::File(_)) {
                    return Ok(Err(HsmError::NoQuorumToken));
                }
                tokens.save(tx, &self.cluster, &node.id)?;
                Ok(Ok(deleted))
            })
        })
    }
}
