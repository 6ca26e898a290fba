//! Cryptographic operations (documented): checks and policy here, the cipher inside the HSM that holds the key, or
//! in KMS for its own keys.
//!
//! A call reads the state once, briefly, and holds no lock while it computes.

mod blob;
mod context;
mod decrypt;
mod encrypt;
mod generate_data_key;
mod generate_random;
mod re_encrypt;

use std::sync::Arc;

use hsm_sim::service::Session;
use hsm_sim::{Handle, HsmError, Realm, SecretBytes};

pub use context::EncryptionContext;
pub use decrypt::{Decrypt, Decrypted};
pub use encrypt::{Encrypt, Encrypted};
pub use generate_data_key::{DataKey, DataKeyLength, GenerateDataKey, SealedDataKey};
pub use re_encrypt::{ReEncrypt, ReEncrypted};

use crate::arn::KeyId;
use crate::audit::{Call, Seen};
use crate::cipher::blob::{Blob, Header};
use crate::error::{Error, Result, StateProblem};
use crate::key::spec::names;
use crate::key::{Aliases, HsmOrigin, Key, KeyOperation, Origin, hex};
use crate::kms::Kms;

names! {
    /// Encryption algorithms by their names in the API; symmetric keys have the first one.
    EncryptionAlgorithm {
        /// AES-256-GCM.
        SymmetricDefault = "SYMMETRIC_DEFAULT",
        /// RSA-OAEP with SHA-1.
        RsaesOaepSha1 = "RSAES_OAEP_SHA_1",
        /// RSA-OAEP with SHA-256.
        RsaesOaepSha256 = "RSAES_OAEP_SHA_256",
        /// SM2.
        Sm2Pke = "SM2PKE",
    }
}

impl EncryptionAlgorithm {
    /// Every key that exists is symmetric.
    fn check(self) -> Result<()> {
        match self {
            Self::SymmetricDefault => Ok(()),
            other => Err(Error::InvalidKeyUsage { algorithm: other.as_str() }),
        }
    }
}

/// Which key a call uses.
#[derive(Debug, Clone, Copy)]
enum Wanted<'a> {
    /// The one that a `KeyId` parameter names.
    Named(&'a str),
    /// The one that a ciphertext names.
    Noted(KeyId),
}

impl Kms {
    /// Looks keys up and checks that each can be used, in one view of the state.
    fn usable_keys<const N: usize>(
        &self,
        seen: &mut Seen<'_>,
        realm: &Realm,
        check: impl FnOnce(&[Key; N]) -> Result<()>,
        wanted: [(Wanted<'_>, Option<EncryptionAlgorithm>); N],
    ) -> Result<[Key; N]> {
        let found = self.world().read(|rows| {
            let now = seen.at(self.world(), rows)?;
            let found = wanted.map(|(wanted, algorithm)| {
                let key = match wanted {
                    Wanted::Named(text) => Key::find(rows, now, realm, text, Aliases::Accepted)?,
                    Wanted::Noted(id) => Key::load(rows, now, realm, &id)?.ok_or(Error::AccessDenied)?,
                };
                Ok::<_, Error>((key, algorithm))
            });
            Ok::<_, Error>(found)
        })?;
        let mut keys = Vec::with_capacity(N);
        let mut algorithms = Vec::with_capacity(N);
        for found in found {
            let (key, algorithm) = found?;
            seen.call.key(key.arn.clone());
            if let Some(store) = &key.store {
                seen.call.note("customKeyStoreId", store.id.to_string());
            }
            algorithms.push(algorithm);
            keys.push(key);
        }
        // Invariant: one key per wanted one was pushed.
        let keys: [Key; N] = keys.try_into().map_err(|_| Error::damaged("a lookup that lost a key"))?;
        check(&keys)?;
        for (key, algorithm) in keys.iter().zip(algorithms) {
            algorithm.map_or(Ok(()), EncryptionAlgorithm::check)?;
            key.allow(KeyOperation::Cryptographic)?;
        }
        Ok(keys)
    }

    /// One key, checked.
    fn usable_key(
        &self,
        seen: &mut Seen<'_>,
        realm: &Realm,
        name: &str,
        algorithm: Option<EncryptionAlgorithm>,
    ) -> Result<Key> {
        let [key] = self.usable_keys(seen, realm, |_| Ok(()), [(Wanted::Named(name), algorithm)])?;
        Ok(key)
    }

    /// Encrypts under a key into a ciphertext blob.
    fn seal(&self, key: &Key, context: &EncryptionContext, plaintext: &[u8]) -> Result<Vec<u8>> {
        let header = Header { key: key.record.id, backing_id: backing_id(&key.record.origin) };
        let aad = header.additional_data(context)?;
        match &key.record.origin {
            Origin::AwsKms { material, .. } => {
                let cipher = key.record.own_cipher(self.world(), material)?;
                let iv = self.world().iv();
                let mut blob = header.start_blob(&iv, plaintext.len());
                cipher.seal_into(&iv, &aad, plaintext, &mut blob);
                Ok(blob)
            }
            Origin::CloudHsm(origin) => {
                let (session, handle) = self.hsm_key(key, origin)?;
                let sealed = session.encrypt(handle, &aad, plaintext).map_err(|error| hsm_failure(key, error))?;
                let mut blob = header.start_blob(&sealed.iv, plaintext.len());
                blob.extend_from_slice(&sealed.ciphertext);
                Ok(blob)
            }
        }
    }

    /// Opens a ciphertext blob.
    fn unseal(&self, key: &Key, context: &EncryptionContext, blob: &Blob<'_>) -> Result<SecretBytes> {
        if blob.header.backing_id != backing_id(&key.record.origin) {
            return Err(Error::InvalidCiphertext);
        }
        let aad = blob.header.additional_data(context)?;
        match &key.record.origin {
            Origin::AwsKms { material, .. } => {
                let cipher = key.record.own_cipher(self.world(), material)?;
                cipher.open(blob.iv, &aad, blob.ciphertext).map_err(|_| Error::InvalidCiphertext)
            }
            Origin::CloudHsm(origin) => {
                let (session, handle) = self.hsm_key(key, origin)?;
                let opened = session.decrypt(handle, blob.iv, &aad, blob.ciphertext);
                opened.map_err(|error| hsm_failure(key, error))
            }
        }
    }

    /// KMS's session and the key's handle in it. In a cluster that the audit has not seen yet the label finds the key.
    fn hsm_key(&self, key: &Key, origin: &HsmOrigin) -> Result<(Arc<Session>, Handle)> {
        let store = key.store.as_ref().ok_or(Error::damaged("a key without its key store"))?;
        let session = self.session(&store.cluster, &store.id);
        let session = session.map_err(|error| hsm_failure(key, error))?;
        if origin.located.cluster == store.cluster {
            return Ok((session, origin.located.handle));
        }
        let material = session.material(&key.arn).map_err(|error| hsm_failure(key, error))?;
        match material.handle {
            Some(handle) => Ok((session, handle)),
            None if material.answered == 0 => Err(StateProblem::Unreachable.into()),
            None => Err(StateProblem::MaterialMissing(key.arn.clone()).into()),
        }
    }
}

/// What a failure of the HSMs is to a caller of KMS (documented).
fn hsm_failure(key: &Key, error: hsm_sim::Error) -> Error {
    match error {
        hsm_sim::Error::Hsm(HsmError::InvalidCiphertext) => Error::InvalidCiphertext,
        hsm_sim::Error::Hsm(HsmError::InvalidHandle | HsmError::KeyAccessDenied | HsmError::PolicyViolation) => {
            StateProblem::MaterialMissing(key.arn.clone()).into()
        }
        hsm_sim::Error::Hsm(HsmError::Busy) => Error::Throttling,
        hsm_sim::Error::Hsm(_) => StateProblem::Unreachable.into(),
        other => other.into(),
    }
}

/// Names the material in a ciphertext.
fn backing_id(origin: &Origin) -> [u8; 16] {
    match origin {
        Origin::CloudHsm(origin) => origin.backing_id,
        Origin::AwsKms { material_id, .. } => {
            let mut short = [0; 16];
            short.copy_from_slice(&material_id[..16]);
            short
        }
    }
}

/// `KeyMaterialId` in answers: only for material that KMS holds (documented).
fn material_id(key: &Key) -> Option<String> {
    match &key.record.origin {
        Origin::AwsKms { material_id, .. } => Some(hex(material_id)),
        Origin::CloudHsm(_) => None,
    }
}

/// A call with what every symmetric operation writes down.
fn audited<'a>(name: &'a str, key_id: Option<&'a str>, context: &'a EncryptionContext) -> Call<'a> {
    let call = Call::reading(name).with("encryptionAlgorithm", "SYMMETRIC_DEFAULT").with_some("keyId", key_id);
    call.with_some("encryptionContext", context.audited())
}
