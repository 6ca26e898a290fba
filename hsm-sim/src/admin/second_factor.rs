//! The second factor: each server gives something to sign, and who logs in signs it with a key that the servers know
//! (documented). The key is the one for quorum approvals too.

use std::collections::{BTreeMap, BTreeSet};

use crypto::Password;

use crate::admin::{Admin, NodeResult};
use crate::error::{HsmError, Result};
use crate::id::NodeId;
use crate::node::login::{Answer, Answers};
use crate::user::{Operation, SigningKey};

/// What a server asks to be signed: a SHA-256 digest.
pub type Challenge = [u8; 32];

/// Signatures (RSASSA-PKCS1-v1_5) under the servers' challenges.
pub type Signatures = BTreeMap<NodeId, Vec<u8>>;

/// What a user logs in with. A password alone is made of a reference to it.
#[derive(Debug, Clone, Copy)]
pub struct Credentials<'a> {
    /// The first factor.
    pub password: &'a Password,
    /// The second: answers to [`Admin::challenge`].
    pub signatures: Option<&'a Signatures>,
}

impl<'a> From<&'a Password> for Credentials<'a> {
    fn from(password: &'a Password) -> Self {
        Self { password, signatures: None }
    }
}

/// What a user shall log in with from now on. A password alone is made of a reference to it.
#[derive(Debug, Clone, Copy)]
pub struct NewCredentials<'a> {
    /// The new password.
    pub password: &'a Password,
    /// A new second factor. Without one the second factor that the user had is gone, and with it the key for quorum approvals
    /// (documented).
    pub second_factor: Option<NewFactor<'a>>,
    /// The user's key for quorum approvals is forgotten too.
    pub deregister_quorum: bool,
}

impl<'a> From<&'a Password> for NewCredentials<'a> {
    fn from(password: &'a Password) -> Self {
        Self { password, second_factor: None, deregister_quorum: false }
    }
}

/// A second factor to register.
#[derive(Debug, Clone, Copy)]
pub struct NewFactor<'a> {
    /// The file of an RSA key of 2048 bits, PEM or DER.
    pub public_key: &'a [u8],
    /// Answers to [`Admin::challenge`] that prove the possession of the private key.
    pub signatures: &'a Signatures,
    /// The key is registered for quorum approvals as well, as the management utility does (documented).
    pub quorum: bool,
}

/// A second factor and the servers that have seen the proof.
pub(super) struct ProvenFactor {
    key: SigningKey,
    proven: BTreeSet<NodeId>,
}

impl ProvenFactor {
    pub(super) fn on(&self, node: &NodeId) -> Result<SigningKey, HsmError> {
        if self.proven.contains(node) { Ok(self.key.clone()) } else { Err(HsmError::SignatureInvalid) }
    }
}

impl Admin {
    /// Asks every addressed server for a challenge; it is good for the connection until the server gives another one. Needs no
    /// login.
    ///
    /// # Errors
    /// The cluster does not exist, or the store fails.
    pub fn challenge(&mut self) -> Result<Vec<NodeResult<Challenge>>> {
        let entropy = self.world.entropy().clone();
        let results =
            self.ask(|rows, reach| self.on_each(rows, &reach, Operation::Info, |_, _, _| Ok(Ok(entropy.bytes()))))?;
        for answer in &results {
            match &answer.result {
                Ok(challenge) => self.challenges.insert(answer.node.clone(), *challenge),
                Err(_) => self.challenges.remove(&answer.node),
            };
        }
        Ok(results)
    }

    /// The signatures with what they should be of.
    pub(super) fn answers(&self, signatures: &Signatures) -> Answers {
        let answer = |(node, signature): (&NodeId, &Vec<u8>)| {
            let challenge = *self.challenges.get(node)?;
            Some((node.clone(), Answer { challenge, signature: signature.clone() }))
        };
        signatures.iter().filter_map(answer).collect()
    }

    /// Checks the proofs of a new second factor; slow, so outside of transactions.
    pub(super) fn prove(&self, factor: &NewFactor<'_>) -> Result<ProvenFactor, HsmError> {
        let key = SigningKey::for_two_factor(factor.public_key, factor.quorum)?;
        let answers = self.answers(factor.signatures);
        let proven = answers.into_iter().filter(|(_, answer)| answer.is_signed_by(&key));
        Ok(ProvenFactor { proven: proven.map(|(node, _)| node).collect(), key })
    }
}
