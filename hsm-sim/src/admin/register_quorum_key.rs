//! `registerQuorumPubKey`.

use crypto::sha256;

use crate::admin::{Admin, NodeResult};
use crate::error::{HsmError, Result};
use crate::user::{LoginType, Operation, SigningKey, UserName};

/// The longest registration token in bytes (documented).
const LONGEST_TOKEN: usize = 245;

impl Admin {
    /// Registers the key with which who is logged in approves quorum tokens, on every addressed server. `token` is any data of up
    /// to 245 bytes and `signature` its RSASSA-PKCS1-v1_5 signature with SHA-256, which proves the possession of the private key;
    /// `public_key` is its file, PEM or DER (documented).
    ///
    /// # Errors
    /// The cluster does not exist, or the store fails. What a server says is in its result: [`HsmError::InvalidPublicKey`],
    /// [`HsmError::SignatureInvalid`], [`HsmError::InvalidUserType`], [`HsmError::TwoFactorKey`] when the key would differ from
    /// that of the second factor, or the login does not permit it.
    pub fn register_quorum_key(
        &mut self,
        user_type: LoginType,
        name: &str,
        token: &[u8],
        signature: &[u8],
        public_key: &[u8],
    ) -> Result<Vec<NodeResult<()>>> {
        let request = check(name, token, signature, public_key);
        self.tell(|tx, reach| {
            self.change_each(tx, &reach, Operation::RegisterQuorumKey, None, |tx, node, mut users| {
                let (name, key) = match &request {
                    Ok(request) => request,
                    Err(error) => return Ok(Err(error.clone())),
                };
                if self.logins.get(&node.id).is_none_or(|login| login.name != *name) {
                    return Ok(Err(HsmError::PermissionDenied));
                }
                let Some(user) = users.find_mut(name) else { return Ok(Err(HsmError::NoSuchUser)) };
                if user.role.login_type() != user_type {
                    return Ok(Err(HsmError::InvalidUserType));
                }
                match &mut user.signing_key {
                    Some(own) if own.two_factor && !own.is_same_key(key) => return Ok(Err(HsmError::TwoFactorKey)),
                    Some(own) if own.two_factor => own.quorum = true,
                    other => *other = Some(key.clone()),
                }
                users.save(tx, &self.cluster, &node.id)?;
                Ok(Ok(()))
            })
        })
    }
}

fn check(name: &str, token: &[u8], signature: &[u8], public_key: &[u8]) -> Result<(UserName, SigningKey), HsmError> {
    let name = name.parse().map_err(|_| HsmError::NoSuchUser)?;
    let key = SigningKey::for_quorum(public_key)?;
    if token.len() <= LONGEST_TOKEN && key.verifies(&sha256(token), signature) {
        Ok((name, key))
    } else {
        Err(HsmError::SignatureInvalid)
    }
}
