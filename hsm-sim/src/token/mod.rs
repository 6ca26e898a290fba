//! A cluster as a PKCS#11 token (PKCS#11 v2.40 to v3.2): slots, sessions, objects with their attributes, operations.
//!
//! An [`Application`] is what one process has between `C_Initialize` and `C_Finalize`. Everything is typed: no `CK_*`
//! structure comes here, and every refusal is an [`Error`] that has its own return code.
//!
//! Sessions share no lock with each other: each is an entry of its own in a table, and what a session resolved (key, node,
//! permission) it keeps until the store's stamp says that something was committed.

mod application;
mod asymmetric;
mod attribute;
mod carried;
mod certificate;
mod cipher;
mod count;
mod derive;
mod digest;
mod draft;
mod encapsulate;
mod error;
mod first;
mod generate;
pub(crate) mod handles;
mod keys;
mod lattice;
mod login;
mod mechanism;
mod message;
mod names;
mod noted;
mod object;
mod operation;
mod output;
mod pin;
mod profile;
mod recover;
mod rules;
pub(crate) mod session;
mod session_objects;
mod sign;
pub(crate) mod slot;
mod slots;
pub(crate) mod travel;
mod verify_signature;
mod view;
mod wrap;
mod wrap_authenticated;
mod write;

pub use application::Application;
pub use attribute::{Attribute, Form, Template, Value};
pub use derive::Derived;
pub use error::{Error, Result};
pub use first::make_first_cluster;
pub use keys::Key;
pub use mechanism::{
    CounterForm, Gcm, Hash, KdfField, MasterSeed, Mechanism, MechanismInfo, MechanismType, Nonce, Parameter,
    ParameterForm, Salt, Uses,
};
pub use message::{MessageParameter, NonceGenerator, Sealed};
pub use names::{class_name, key_type_name, mechanism_name};
pub use output::Output;

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::cluster::Personality;
use crate::id::ClusterId;

/// A slot; every slot holds a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SlotId(u64);

/// A session of an application; never 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SessionId(u64);

/// An object as one application names it; never 0, and another one after every login.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ObjectHandle(u64);

macro_rules! number {
    ($($name:ident)*) => {
        $(impl $name {
            /// From its number.
            pub const fn new(number: u64) -> Self {
                Self(number)
            }

            /// Its number.
            pub const fn get(self) -> u64 {
                self.0
            }
        })*
    };
}

number! { SlotId SessionId ObjectHandle }

/// How an application meets tokens.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// The clusters to show, one slot each; if none are named, the oldest ACTIVE one, `cloudhsm` before `generic`.
    pub clusters: Vec<ClusterId>,
    /// Token keys must reach two HSMs (documented; `cloudhsm` only). The client library calls the switch
    /// `disable_key_availability_check`.
    pub skip_availability_check: bool,
    /// What the numbers of sessions and objects start after, a multiple of 2⁴⁸; so that one application's numbers name nothing in another.
    pub numbering: u64,
}

/// What a slot says of its token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenInfo {
    /// At most 32 bytes of UTF-8.
    pub label: String,
    /// At most 32 bytes.
    pub manufacturer: Cow<'static, str>,
    /// At most 16 bytes.
    pub model: Cow<'static, str>,
    /// At most 16 bytes.
    pub serial: String,
    /// How the token behaves.
    pub personality: Personality,
    /// `CKF_TOKEN_INITIALIZED`.
    pub initialized: bool,
    /// `CKF_USER_PIN_INITIALIZED`.
    pub user_pin_initialized: bool,
    /// `CKF_USER_PIN_COUNT_LOW`, `CKF_USER_PIN_FINAL_TRY`, `CKF_USER_PIN_LOCKED`.
    pub user_pin: PinState,
    /// The same of the security officer.
    pub so_pin: PinState,
    /// The shortest and the longest PIN in bytes.
    pub pin_length: (u64, u64),
    /// The most sessions an application may have; none for no limit.
    pub max_sessions: Option<u64>,
    /// This application's sessions, and how many of them write.
    pub sessions: (u64, u64),
}

/// How near a PIN is to being locked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum PinState {
    /// No wrong PIN since the last right one.
    #[default]
    Good,
    /// At least one.
    CountLow,
    /// The next wrong one locks.
    FinalTry,
    /// Locked.
    Locked,
}

/// Types of users.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum UserType {
    /// The security officer: a crypto officer.
    SecurityOfficer,
    /// The user: a crypto user.
    User,
    /// For one operation.
    ContextSpecific,
}

/// What a session can do now (PKCS#11 v3.1 §3.4 `CKS_*`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names are the standard's")]
pub enum SessionState {
    ReadOnlyPublic,
    ReadOnlyUser,
    ReadWritePublic,
    ReadWriteUser,
    ReadWriteSecurityOfficer,
}

/// A session as it describes itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionInfo {
    /// Its slot.
    pub slot: SlotId,
    /// Its state.
    pub state: SessionState,
    /// Whether it writes.
    pub read_write: bool,
}

/// The kinds of operations; a session has at most one active of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names are the standard's")]
pub enum OperationKind {
    Find,
    Encrypt,
    Decrypt,
    Digest,
    Sign,
    SignRecover,
    Verify,
    VerifyRecover,
    VerifySignature,
    MessageEncrypt,
    MessageDecrypt,
    MessageSign,
    MessageVerify,
}

impl OperationKind {
    /// Those that a key takes part in.
    pub(crate) const WITH_KEY: [Self; 11] = [
        Self::Encrypt,
        Self::Decrypt,
        Self::Sign,
        Self::SignRecover,
        Self::Verify,
        Self::VerifyRecover,
        Self::VerifySignature,
        Self::MessageEncrypt,
        Self::MessageDecrypt,
        Self::MessageSign,
        Self::MessageVerify,
    ];
}
