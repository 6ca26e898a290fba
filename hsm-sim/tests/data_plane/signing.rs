//! People's signing keys: made once for all tests, because RSA keys take their time.

use std::sync::LazyLock;

use crypto::asymmetric::rsa::{F4, PrivateKey, Scheme};
use crypto::hash::Hash;
use crypto::keyfile::PublicKey;
use crypto::sha256;

use super::*;

/// The key of one person.
pub(super) struct Signer {
    private: PrivateKey,
    /// The file of the public key.
    pub(super) public: String,
}

/// Three persons' keys.
pub(super) static SIGNERS: LazyLock<[Signer; 3]> = LazyLock::new(|| std::array::from_fn(|_| Signer::new()));

impl Signer {
    fn new() -> Self {
        let private = PrivateKey::generate(2048, &F4).unwrap();
        let public = PublicKey::Rsa(private.public_key().unwrap()).to_pem().unwrap();
        Self { private, public }
    }

    pub(super) fn sign_digest(&self, digest: &[u8; 32]) -> Vec<u8> {
        self.private.sign(Scheme::Pkcs1(Hash::Sha256), digest).unwrap()
    }

    pub(super) fn sign(&self, data: &[u8]) -> Vec<u8> {
        self.sign_digest(&sha256(data))
    }

    /// Registers this key for who is logged in, as a key for approvals.
    pub(super) fn register(&self, tool: &mut Admin, kind: LoginType, name: &str) -> Vec<NodeResult<()>> {
        let (token, public) = (b"anything", self.public.as_bytes());
        tool.register_quorum_key(kind, name, token, &self.sign(token), public).unwrap()
    }

    /// Answers to a new challenge of every server that the tool addresses.
    pub(super) fn answers(&self, tool: &mut Admin) -> hsm_sim::admin::Signatures {
        let challenges = tool.challenge().unwrap();
        let answer = |one: NodeResult<[u8; 32]>| (one.node, self.sign_digest(&one.result.unwrap()));
        challenges.into_iter().map(answer).collect()
    }
}
