//! Quorum tokens of a node: made for one login, signed by approvers outside, used once.

use serde::{Deserialize, Serialize};
use store::Table;

use crate::clock::SimTime;
use crate::error::{HsmError, Result};
use crate::id::{ClusterId, NodeId};
use crate::node::{Node, login};
use crate::object::Handle;
use crate::quorum::{Subject, TOKENS_PER_NODE, Timeouts};
use crate::row::{self, Record, Rows, Writer};
use crate::user::{LoginType, UserName};
use crate::world::World;

/// The length of a token's bytes.
const BLOB_LENGTH: usize = 68;
const VERSION: u16 = 1;
const NAME_LENGTH: usize = 32;

/// A token as its node gives it to who asked for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuorumToken {
    /// Counted by the node from 1.
    pub id: u32,
    /// What it is for.
    pub subject: Subject,
    /// The node's place among the cluster's.
    pub node: u32,
    /// Who asked for it.
    pub user: UserName,
    /// What approvers sign, with the tokens of other nodes in one file or alone. It differs from that of any other token.
    pub bytes: Vec<u8>,
}

/// A token as listings show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedToken {
    /// The token.
    pub token: QuorumToken,
    /// Seconds until it expires.
    pub validity: u64,
    /// How many must approve it.
    pub required: u8,
    /// Who has, in the order of their approvals.
    pub approvers: Vec<UserName>,
}

/// Somebody's signature under tokens: RSASSA-PKCS1-v1_5 with SHA-256 over the bytes that are handed in with it (documented).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// The approver's type.
    pub login_type: LoginType,
    /// The approver.
    pub name: String,
    /// The signature.
    pub signature: Vec<u8>,
}

/// What a login asks a token for.
pub(crate) struct Request<'a> {
    pub(crate) subject: Subject,
    /// The node's place among the cluster's.
    pub(crate) node: u32,
    pub(crate) user: &'a UserName,
    /// The login.
    pub(crate) session: [u8; 16],
    pub(crate) nonce: [u8; 16],
}

/// A token as its node keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Token {
    pub(crate) id: u32,
    pub(crate) subject: Subject,
    node: u32,
    pub(crate) user: UserName,
    /// The login that it belongs to.
    pub(crate) session: [u8; 16],
    nonce: [u8; 16],
    expires: SimTime,
    pub(crate) approvers: Vec<UserName>,
}

/// The tokens of a node, by id.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct NodeTokens {
    last: u32,
    tokens: Vec<Token>,
}

impl Record for NodeTokens {
    const TABLE: Table = row::QUORUM_TOKENS;
}

impl Token {
    /// Version, service, id, the key's handle (0 for none), the nonce, the user's name padded with zeros and the node (inferred layout).
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(BLOB_LENGTH);
        bytes.extend_from_slice(&VERSION.to_be_bytes());
        bytes.extend_from_slice(&self.subject.number().to_be_bytes());
        bytes.extend_from_slice(&self.id.to_be_bytes());
        let key = self.subject.key().map_or(0, Handle::get);
        bytes.extend_from_slice(&u64::from(key).to_be_bytes());
        bytes.extend_from_slice(&self.nonce);
        let mut name = [0; NAME_LENGTH];
        for (place, byte) in name.iter_mut().zip(self.user.as_str().bytes()) {
            *place = byte;
        }
        bytes.extend_from_slice(&name);
        bytes.extend_from_slice(&self.node.to_be_bytes());
        bytes
    }

    /// Whether its bytes stand in a file of tokens.
    pub(crate) fn is_in(&self, file: &[u8]) -> bool {
        let bytes = self.bytes();
        file.windows(bytes.len()).any(|window| window == bytes)
    }

    pub(crate) fn shown(&self) -> QuorumToken {
        let Self { id, subject, node, .. } = *self;
        QuorumToken { id, subject, node, user: self.user.clone(), bytes: self.bytes() }
    }

    /// As a listing shows it that knows how many must approve.
    pub(crate) fn listed(&self, required: u8, now: SimTime) -> ListedToken {
        ListedToken {
            token: self.shown(),
            validity: self.expires.since(now).as_secs(),
            required,
            approvers: self.approvers.clone(),
        }
    }

    /// Takes approvals into account; from the last one that is needed on, the token is valid for as long as approved ones are.
    pub(crate) fn approve(&mut self, approvers: &[UserName], required: u8, timeouts: &Timeouts, now: SimTime) {
        let needed = usize::from(required);
        let was_approved = self.approvers.len() >= needed;
        for approver in approvers {
            if !self.approvers.contains(approver) {
                self.approvers.push(approver.clone());
            }
        }
        if !was_approved && self.approvers.len() >= needed {
            self.expires = now + timeouts.approved;
        }
    }
}

impl NodeTokens {
    /// The tokens of a node that have not expired and whose login is live.
    ///
    /// # Errors
    /// The store fails.
    pub(crate) fn load(
        rows: &impl Rows,
        cluster: &ClusterId,
        node: &NodeId,
        now: SimTime,
        mut is_live: impl FnMut(&Token) -> Result<bool>,
    ) -> Result<Self> {
        let recorded: Self = row::load(rows, &Node::key(cluster, node))?.unwrap_or_default();
        let mut tokens = Vec::with_capacity(recorded.tokens.len());
        for token in recorded.tokens {
            if now < token.expires && is_live(&token)? {
                tokens.push(token);
            }
        }
        Ok(Self { last: recorded.last, tokens })
    }

    /// The same, for whoever asks now.
    ///
    /// # Errors
    /// The store fails.
    pub(crate) fn valid(world: &World, rows: &impl Rows, cluster: &ClusterId, node: &NodeId) -> Result<Self> {
        Self::load(rows, cluster, node, world.now(rows)?, |token| {
            login::is_live(world, rows, cluster, node, &token.user, &token.session)
        })
    }

    /// The oldest token of a login for this that enough have approved.
    pub(crate) fn approved(&self, subject: Subject, session: &[u8; 16], needed: u8) -> Option<&Token> {
        let is_approved = |token: &&Token| {
            token.subject == subject && token.session == *session && token.approvers.len() >= usize::from(needed)
        };
        self.tokens.iter().find(is_approved)
    }

    /// Writes the row.
    ///
    /// # Errors
    /// The store fails.
    pub(crate) fn save(&self, tx: &mut Writer<'_>, cluster: &ClusterId, node: &NodeId) -> Result<()> {
        row::save(tx, &Node::key(cluster, node), self)
    }

    /// Deletes the row, with its node.
    ///
    /// # Errors
    /// The store fails.
    pub(crate) fn remove(tx: &mut Writer<'_>, cluster: &ClusterId, node: &NodeId) -> Result<bool> {
        row::remove::<Self>(tx, &Node::key(cluster, node))
    }

    /// The tokens.
    pub(crate) fn all(&self) -> &[Token] {
        &self.tokens
    }

    /// The tokens, to change.
    pub(crate) fn all_mut(&mut self) -> &mut [Token] {
        &mut self.tokens
    }

    /// Makes a token.
    ///
    /// # Errors
    /// [`HsmError::TooManyQuorumTokens`].
    pub(crate) fn add(
        &mut self,
        request: &Request<'_>,
        timeouts: &Timeouts,
        now: SimTime,
    ) -> Result<QuorumToken, HsmError> {
        if self.tokens.len() >= TOKENS_PER_NODE {
            return Err(HsmError::TooManyQuorumTokens);
        }
        self.last = self.last.wrapping_add(1);
        let token = Token {
            id: self.last,
            subject: request.subject,
            node: request.node,
            user: request.user.clone(),
            session: request.session,
            nonce: request.nonce,
            expires: now + timeouts.generated,
            approvers: Vec::new(),
        };
        let shown = token.shown();
        self.tokens.push(token);
        Ok(shown)
    }

    /// Removes the tokens that `gone` names and says how many they were.
    pub(crate) fn drop_if(&mut self, gone: impl Fn(&Token) -> bool) -> usize {
        let before = self.tokens.len();
        self.tokens.retain(|token| !gone(token));
        before - self.tokens.len()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const NOW: SimTime = SimTime::from_millis(1_000_000);

    fn add(tokens: &mut NodeTokens, nonce: u8) -> Result<QuorumToken, HsmError> {
        let user: UserName = "abcdefghijklmnopqrstuvwxyz01234".parse().unwrap();
        let subject = Subject::UseKey(Handle::new(u32::MAX));
        let request = Request { subject, node: 1, user: &user, session: [1; 16], nonce: [nonce; 16] };
        tokens.add(&request, &Timeouts::default(), NOW)
    }

    #[test]
    fn tokens_have_one_length_and_their_own_bytes() {
        let mut tokens = NodeTokens::default();
        let made: BTreeSet<Vec<u8>> = (0..3).map(|nonce| add(&mut tokens, nonce).unwrap().bytes).collect();
        assert_eq!(made.len(), 3);
        assert!(made.iter().all(|bytes| bytes.len() == BLOB_LENGTH));
    }

    #[test]
    fn a_node_stores_1024_and_counts_on() {
        let mut tokens = NodeTokens::default();
        for id in 1..=1024 {
            assert_eq!(add(&mut tokens, 0).unwrap().id, id);
        }
        assert_eq!(add(&mut tokens, 0), Err(HsmError::TooManyQuorumTokens));
        assert_eq!(tokens.drop_if(|token| token.id == 7), 1);
        assert_eq!(add(&mut tokens, 0).unwrap().id, 1025);
    }

    #[test]
    fn approvals_are_counted_once_each() {
        let timeouts = Timeouts { approved: std::time::Duration::from_secs(60), ..Timeouts::default() };
        let mut tokens = NodeTokens::default();
        add(&mut tokens, 0).unwrap();
        let token = &mut tokens.tokens[0];
        let name = |text: &str| text.parse::<UserName>().unwrap();
        token.approve(&[name("one"), name("ONE")], 2, &timeouts, NOW);
        assert_eq!((token.listed(2, NOW).validity, token.approvers.len()), (600, 1));
        token.approve(&[name("two")], 2, &timeouts, NOW);
        assert_eq!((token.listed(2, NOW).validity, token.approvers.len()), (60, 2));
    }
}
