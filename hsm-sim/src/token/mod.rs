//! A cluster as a PKCS#11 token (PKCS#11 v2.40 to v3.2): slots, sessions, objects with their attributes, operations.
//!
//! An [`Application`] is what one process has between `C_Initialize` and `C_Finalize`. Everything is typed: no `CK_*`
//! structure comes here, and every refusal is an [`Error`] that has its own return code.
//!
//! Sessions share no lock with each other: each is an entry of its own ([`session`]), and what a session resolved (key, node,
//! permission) it keeps until the store's stamp says that something was committed.

mod attribute;
mod error;
mod mechanism;
mod output;

pub use attribute::{Attribute, Form, Template, Value};
pub use error::{Error, Result};
pub use mechanism::{
    Hash, KdfField, Mechanism, MechanismInfo, MechanismType, Parameter, ParameterForm, Salt, Uses,
};
pub use output::Output;

use crate::cluster::Personality;
use crate::id::ClusterId;
use crate::world::World;

/// A slot; every slot holds a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SlotId(u64);

/// A session of an application; never 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(u64);

/// An object as one application names it; never 0, and another one after every login.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
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
}

/// What a slot says of its token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenInfo {
    /// At most 32 bytes of UTF-8.
    pub label: String,
    /// At most 32 bytes.
    pub manufacturer: &'static str,
    /// At most 16 bytes.
    pub model: &'static str,
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
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserType {
    /// The security officer: a crypto officer.
    SecurityOfficer,
    /// The user: a crypto user.
    User,
    /// For one operation.
    ContextSpecific,
}

/// What a session can do now (PKCS#11 v3.1 §3.4 `CKS_*`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the standard's")]
pub enum SessionState {
    ReadOnlyPublic,
    ReadOnlyUser,
    ReadWritePublic,
    ReadWriteUser,
    ReadWriteSecurityOfficer,
}

/// A session as it describes itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionInfo {
    /// Its slot.
    pub slot: SlotId,
    /// Its state.
    pub state: SessionState,
    /// Whether it writes.
    pub read_write: bool,
}

/// The kinds of operations; a session has at most one active of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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
}

/// What one process has between `C_Initialize` and `C_Finalize`. Dropping it logs out and destroys its session objects.
#[derive(Debug)]
pub struct Application {
    world: World,
    options: Options,
}

#[allow(unused_variables, clippy::unused_self, clippy::missing_errors_doc, missing_docs, reason = "bodies follow")]
impl Application {
    pub fn open(world: &World, options: Options) -> Result<Self> {
        Ok(Self { world: world.clone(), options })
    }

    pub fn slots(&self) -> Result<Vec<SlotId>> {
        Err(Error::FunctionNotSupported)
    }
    pub fn token_info(&self, slot: SlotId) -> Result<TokenInfo> {
        Err(Error::FunctionNotSupported)
    }
    pub fn mechanisms(&self, slot: SlotId) -> Result<Vec<MechanismType>> {
        Err(Error::FunctionNotSupported)
    }
    pub fn mechanism_info(&self, slot: SlotId, mechanism: MechanismType) -> Result<MechanismInfo> {
        Err(Error::FunctionNotSupported)
    }
    pub fn init_token(&self, slot: SlotId, pin: &[u8], label: &str) -> Result<()> {
        Err(Error::FunctionNotSupported)
    }
    pub fn init_pin(&self, session: SessionId, pin: &[u8]) -> Result<()> {
        Err(Error::FunctionNotSupported)
    }
    pub fn set_pin(&self, session: SessionId, old: &[u8], new: &[u8]) -> Result<()> {
        Err(Error::FunctionNotSupported)
    }
    pub fn open_session(&self, slot: SlotId, read_write: bool) -> Result<SessionId> {
        Err(Error::FunctionNotSupported)
    }
    pub fn close_session(&self, session: SessionId) -> Result<()> {
        Err(Error::FunctionNotSupported)
    }
    pub fn close_all_sessions(&self, slot: SlotId) -> Result<()> {
        Err(Error::FunctionNotSupported)
    }
    pub fn session_info(&self, session: SessionId) -> Result<SessionInfo> {
        Err(Error::FunctionNotSupported)
    }
    pub fn login(&self, session: SessionId, user: UserType, pin: &[u8]) -> Result<()> {
        Err(Error::FunctionNotSupported)
    }
    pub fn login_user(&self, session: SessionId, user: UserType, pin: &[u8], name: &[u8]) -> Result<()> {
        Err(Error::FunctionNotSupported)
    }
    pub fn logout(&self, session: SessionId) -> Result<()> {
        Err(Error::FunctionNotSupported)
    }

    pub fn create_object(&self, session: SessionId, template: &Template) -> Result<ObjectHandle> {
        Err(Error::FunctionNotSupported)
    }
    pub fn copy_object(&self, session: SessionId, object: ObjectHandle, template: &Template) -> Result<ObjectHandle> {
        Err(Error::FunctionNotSupported)
    }
    pub fn destroy_object(&self, session: SessionId, object: ObjectHandle) -> Result<()> {
        Err(Error::FunctionNotSupported)
    }
    pub fn object_size(&self, session: SessionId, object: ObjectHandle) -> Result<u64> {
        Err(Error::FunctionNotSupported)
    }
    /// One answer per attribute asked for: the value, `AttributeSensitive` or `AttributeTypeInvalid`.
    pub fn attributes(&self, session: SessionId, object: ObjectHandle, attributes: &[Attribute]) -> Result<Vec<Result<Value>>> {
        Err(Error::FunctionNotSupported)
    }
    pub fn set_attributes(&self, session: SessionId, object: ObjectHandle, template: &Template) -> Result<()> {
        Err(Error::FunctionNotSupported)
    }
    pub fn find_init(&self, session: SessionId, template: &Template) -> Result<()> {
        Err(Error::FunctionNotSupported)
    }
    pub fn find(&self, session: SessionId, max: usize) -> Result<Vec<ObjectHandle>> {
        Err(Error::FunctionNotSupported)
    }
    pub fn find_final(&self, session: SessionId) -> Result<()> {
        Err(Error::FunctionNotSupported)
    }

    pub fn generate_key(&self, session: SessionId, mechanism: &Mechanism, template: &Template) -> Result<ObjectHandle> {
        Err(Error::FunctionNotSupported)
    }
    /// The public key, then the private one.
    pub fn generate_key_pair(&self, session: SessionId, mechanism: &Mechanism, public: &Template, private: &Template) -> Result<(ObjectHandle, ObjectHandle)> {
        Err(Error::FunctionNotSupported)
    }
    pub fn wrap_key(&self, session: SessionId, mechanism: &Mechanism, wrapping: ObjectHandle, key: ObjectHandle, out: Output<'_>) -> Result<usize> {
        Err(Error::FunctionNotSupported)
    }
    pub fn unwrap_key(&self, session: SessionId, mechanism: &Mechanism, unwrapping: ObjectHandle, wrapped: &[u8], template: &Template) -> Result<ObjectHandle> {
        Err(Error::FunctionNotSupported)
    }
    pub fn derive_key(&self, session: SessionId, mechanism: &Mechanism, base: ObjectHandle, template: &Template) -> Result<ObjectHandle> {
        Err(Error::FunctionNotSupported)
    }

    /// The IV, if the HSM made one (`cloudhsm`: it is written into the caller's parameter).
    pub fn encrypt_init(&self, session: SessionId, mechanism: &Mechanism, key: ObjectHandle) -> Result<Option<[u8; 12]>> {
        Err(Error::FunctionNotSupported)
    }
    pub fn encrypt(&self, session: SessionId, data: &[u8], out: Output<'_>) -> Result<usize> {
        Err(Error::FunctionNotSupported)
    }
    pub fn encrypt_update(&self, session: SessionId, data: &[u8], out: Output<'_>) -> Result<usize> {
        Err(Error::FunctionNotSupported)
    }
    pub fn encrypt_final(&self, session: SessionId, out: Output<'_>) -> Result<usize> {
        Err(Error::FunctionNotSupported)
    }
    // decrypt_init (-> ()), decrypt, decrypt_update, decrypt_final likewise.

    pub fn digest_init(&self, session: SessionId, mechanism: &Mechanism) -> Result<()> {
        Err(Error::FunctionNotSupported)
    }
    pub fn digest(&self, session: SessionId, data: &[u8], out: Output<'_>) -> Result<usize> {
        Err(Error::FunctionNotSupported)
    }
    pub fn digest_update(&self, session: SessionId, data: &[u8]) -> Result<()> {
        Err(Error::FunctionNotSupported)
    }
    pub fn digest_key(&self, session: SessionId, key: ObjectHandle) -> Result<()> {
        Err(Error::FunctionNotSupported)
    }
    pub fn digest_final(&self, session: SessionId, out: Output<'_>) -> Result<usize> {
        Err(Error::FunctionNotSupported)
    }
    /// Of a digest, with that alone active.
    pub fn operation_state(&self, session: SessionId, out: Output<'_>) -> Result<usize> {
        Err(Error::FunctionNotSupported)
    }
    pub fn set_operation_state(&self, session: SessionId, state: &[u8]) -> Result<()> {
        Err(Error::FunctionNotSupported)
    }

    pub fn sign_init(&self, session: SessionId, mechanism: &Mechanism, key: ObjectHandle) -> Result<()> {
        Err(Error::FunctionNotSupported)
    }
    pub fn sign(&self, session: SessionId, data: &[u8], out: Output<'_>) -> Result<usize> {
        Err(Error::FunctionNotSupported)
    }
    pub fn sign_update(&self, session: SessionId, data: &[u8]) -> Result<()> {
        Err(Error::FunctionNotSupported)
    }
    pub fn sign_final(&self, session: SessionId, out: Output<'_>) -> Result<usize> {
        Err(Error::FunctionNotSupported)
    }
    pub fn verify_init(&self, session: SessionId, mechanism: &Mechanism, key: ObjectHandle) -> Result<()> {
        Err(Error::FunctionNotSupported)
    }
    pub fn verify(&self, session: SessionId, data: &[u8], signature: &[u8]) -> Result<()> {
        Err(Error::FunctionNotSupported)
    }
    pub fn verify_update(&self, session: SessionId, data: &[u8]) -> Result<()> {
        Err(Error::FunctionNotSupported)
    }
    pub fn verify_final(&self, session: SessionId, signature: &[u8]) -> Result<()> {
        Err(Error::FunctionNotSupported)
    }

    pub fn random(&self, session: SessionId, out: &mut [u8]) -> Result<()> {
        Err(Error::FunctionNotSupported)
    }
    /// Ends an operation without a result; also what an `…Init` call without mechanism means.
    pub fn cancel(&self, session: SessionId, kind: OperationKind) -> Result<()> {
        Err(Error::FunctionNotSupported)
    }
}
