//! The AWS KMS custom key store lifecycle on simulated CloudHSM clusters: key stores, KMS keys, cryptographic operations,
//! aliases and the audit trail, with the checks, exceptions and states of the real service.
//!
//! [`Kms`] is the service of one [`hsm_sim::World`]; its methods are the operations of the API, one file each. KMS and the
//! HSMs are two parties: KMS reaches a cluster only as its crypto user `kmsuser`, and what spans both (password rotation,
//! key creation and deletion) records its intent first, so that a crash between the two halves loses nothing.
//!
//! ```
//! use kms_store::{Decrypt, Encrypt, TestKeyStore};
//!
//! let store = TestKeyStore::connected()?;
//! let key = store.create_key()?;
//! let sealed = store.kms().encrypt(store.caller(), &Encrypt::new(&key.arn, b"attack at dawn"))?;
//! let opened = store.kms().decrypt(store.caller(), &Decrypt::new(&sealed.ciphertext))?;
//! assert_eq!(opened.plaintext.expose(), b"attack at dawn");
//! # Ok::<(), kms_store::Error>(())
//! ```

#![forbid(unsafe_code)]

mod alias;
mod arn;
pub mod audit;
mod builder;
mod caller;
mod cipher;
mod error;
mod hsm;
mod inspect;
mod job;
mod key;
mod key_store;
mod kms;
mod page;
mod table;
#[cfg(test)]
mod tests;

pub use alias::{AliasEntry, ListAliases};
pub use arn::KeyId;
pub use audit::{Call, Fields, LookupAttribute, LookupEvents, LookupKey, RecordedEvent, TrailWriter, Value};
pub use builder::{ConnectedKeyStore, TestKeyStore};
pub use caller::Caller;
pub use cipher::{
    DataKey, DataKeyLength, Decrypt, Decrypted, Encrypt, Encrypted, EncryptionAlgorithm, EncryptionContext,
    GenerateDataKey, ReEncrypt, ReEncrypted, SealedDataKey,
};
pub use error::{
    Cause, ClusterProblem, Error, Invalid, Missing, Result, StateProblem, StoreProblem, TagProblem, Unsupported,
};
pub use inspect::Inspection;
pub use key::{CreateKey, DeletionScheduled, KeyEntry, KeyMetadata, KeyOrigin, KeySpec, KeyState, KeyUsage};
pub use key_store::{
    ConnectionErrorCode, ConnectionState, CreateCustomKeyStore, DescribeCustomKeyStores, KeyStoreDescription,
    UpdateCustomKeyStore,
};
pub use kms::Kms;
pub use page::{Listed, Page};
