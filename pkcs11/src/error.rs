//! What a call answers, and its return code: one row per error, no row for "all others".

use hsm_sim::token;

use crate::ck::{self, Rv};

/// Result of the module's functions.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a call did not do what it was asked.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Error {
    /// `C_Initialize` was not called in this process.
    #[error("C_Initialize was not called in this process")]
    NotInitialized,
    /// `C_Initialize` was called before.
    #[error("C_Initialize was called before")]
    AlreadyInitialized,
    /// No slot has changed.
    #[error("no slot has changed")]
    NoEvent,
    /// Functions never run in parallel.
    #[error("functions do not run in parallel")]
    NotParallel,
    /// Sessions are not asynchronous.
    #[error("sessions are not asynchronous")]
    NotAsynchronous,
    /// The caller's room does not hold the output; its length was told.
    #[error("the output does not fit the room")]
    BufferTooSmall,
    /// The state directory cannot be opened.
    #[error("{0}")]
    Unusable(String),
    /// The module itself is wrong somewhere.
    #[error("the module panicked; please report it")]
    Panicked,
    /// The token refuses.
    #[error(transparent)]
    Token(#[from] token::Error),
}

impl Error {
    /// A pointer or length that cannot be.
    pub const ARGUMENTS_BAD: Self = Self::Token(token::Error::ArgumentsBad);

    /// The return code.
    pub fn rv(&self) -> Rv {
        match self {
            Self::NotInitialized => ck::CKR_CRYPTOKI_NOT_INITIALIZED,
            Self::AlreadyInitialized => ck::CKR_CRYPTOKI_ALREADY_INITIALIZED,
            Self::NoEvent => ck::CKR_NO_EVENT,
            Self::NotParallel => ck::CKR_FUNCTION_NOT_PARALLEL,
            Self::NotAsynchronous => ck::CKR_SESSION_ASYNC_NOT_SUPPORTED,
            Self::BufferTooSmall => ck::CKR_BUFFER_TOO_SMALL,
            Self::Unusable(_) | Self::Panicked => ck::CKR_GENERAL_ERROR,
            Self::Token(error) => token_rv(error),
        }
    }
}

impl From<hsm_sim::Error> for Error {
    fn from(error: hsm_sim::Error) -> Self {
        Self::Token(error.into())
    }
}

fn token_rv(error: &token::Error) -> Rv {
    use token::Error as E;
    match error {
        E::ArgumentsBad => ck::CKR_ARGUMENTS_BAD,
        E::SlotIdInvalid => ck::CKR_SLOT_ID_INVALID,
        E::DeviceRemoved => ck::CKR_DEVICE_REMOVED,
        E::DeviceError => ck::CKR_DEVICE_ERROR,
        E::DeviceMemory => ck::CKR_DEVICE_MEMORY,
        E::FunctionFailed(_) => ck::CKR_FUNCTION_FAILED,
        E::FunctionNotSupported => ck::CKR_FUNCTION_NOT_SUPPORTED,
        // Documented: the client library answers so once its own retries were in vain.
        E::Busy => ck::CKR_FUNCTION_FAILED,
        E::SessionHandleInvalid => ck::CKR_SESSION_HANDLE_INVALID,
        E::SessionCount => ck::CKR_SESSION_COUNT,
        E::SessionParallelNotSupported => ck::CKR_SESSION_PARALLEL_NOT_SUPPORTED,
        E::SessionReadOnly => ck::CKR_SESSION_READ_ONLY,
        E::SessionReadOnlyExists => ck::CKR_SESSION_READ_ONLY_EXISTS,
        E::SessionReadWriteSoExists => ck::CKR_SESSION_READ_WRITE_SO_EXISTS,
        E::SessionExists => ck::CKR_SESSION_EXISTS,
        E::UserNotLoggedIn => ck::CKR_USER_NOT_LOGGED_IN,
        E::UserAlreadyLoggedIn => ck::CKR_USER_ALREADY_LOGGED_IN,
        E::UserAnotherAlreadyLoggedIn => ck::CKR_USER_ANOTHER_ALREADY_LOGGED_IN,
        E::UserTypeInvalid => ck::CKR_USER_TYPE_INVALID,
        E::UserPinNotInitialized => ck::CKR_USER_PIN_NOT_INITIALIZED,
        E::PinIncorrect => ck::CKR_PIN_INCORRECT,
        E::PinInvalid => ck::CKR_PIN_INVALID,
        E::PinLenRange => ck::CKR_PIN_LEN_RANGE,
        E::PinLocked => ck::CKR_PIN_LOCKED,
        E::TokenWriteProtected => ck::CKR_TOKEN_WRITE_PROTECTED,
        E::ObjectHandleInvalid => ck::CKR_OBJECT_HANDLE_INVALID,
        E::KeyHandleInvalid => ck::CKR_KEY_HANDLE_INVALID,
        E::WrappingKeyHandleInvalid => ck::CKR_WRAPPING_KEY_HANDLE_INVALID,
        E::UnwrappingKeyHandleInvalid => ck::CKR_UNWRAPPING_KEY_HANDLE_INVALID,
        E::KeyTypeInconsistent => ck::CKR_KEY_TYPE_INCONSISTENT,
        E::WrappingKeyTypeInconsistent => ck::CKR_WRAPPING_KEY_TYPE_INCONSISTENT,
        E::UnwrappingKeyTypeInconsistent => ck::CKR_UNWRAPPING_KEY_TYPE_INCONSISTENT,
        E::KeySizeRange => ck::CKR_KEY_SIZE_RANGE,
        E::WrappingKeySizeRange => ck::CKR_WRAPPING_KEY_SIZE_RANGE,
        E::UnwrappingKeySizeRange => ck::CKR_UNWRAPPING_KEY_SIZE_RANGE,
        E::KeyFunctionNotPermitted => ck::CKR_KEY_FUNCTION_NOT_PERMITTED,
        E::KeyNotWrappable => ck::CKR_KEY_NOT_WRAPPABLE,
        E::KeyUnextractable => ck::CKR_KEY_UNEXTRACTABLE,
        E::KeyIndigestible => ck::CKR_KEY_INDIGESTIBLE,
        E::MechanismInvalid => ck::CKR_MECHANISM_INVALID,
        E::MechanismParamInvalid => ck::CKR_MECHANISM_PARAM_INVALID,
        E::CurveNotSupported => ck::CKR_CURVE_NOT_SUPPORTED,
        E::ParameterSetNotSupported => ck::CKR_PARAMETER_SET_NOT_SUPPORTED,
        E::AttributeReadOnly => ck::CKR_ATTRIBUTE_READ_ONLY,
        E::AttributeSensitive => ck::CKR_ATTRIBUTE_SENSITIVE,
        E::AttributeTypeInvalid => ck::CKR_ATTRIBUTE_TYPE_INVALID,
        E::AttributeValueInvalid => ck::CKR_ATTRIBUTE_VALUE_INVALID,
        E::TemplateIncomplete => ck::CKR_TEMPLATE_INCOMPLETE,
        E::TemplateInconsistent => ck::CKR_TEMPLATE_INCONSISTENT,
        E::ActionProhibited => ck::CKR_ACTION_PROHIBITED,
        E::OperationActive => ck::CKR_OPERATION_ACTIVE,
        E::OperationNotInitialized => ck::CKR_OPERATION_NOT_INITIALIZED,
        E::OperationCancelFailed => ck::CKR_OPERATION_CANCEL_FAILED,
        E::StateUnsaveable => ck::CKR_STATE_UNSAVEABLE,
        E::SavedStateInvalid => ck::CKR_SAVED_STATE_INVALID,
        E::KeyNeeded => ck::CKR_KEY_NEEDED,
        E::DataInvalid => ck::CKR_DATA_INVALID,
        E::DataLenRange => ck::CKR_DATA_LEN_RANGE,
        E::EncryptedDataInvalid => ck::CKR_ENCRYPTED_DATA_INVALID,
        E::EncryptedDataLenRange => ck::CKR_ENCRYPTED_DATA_LEN_RANGE,
        E::AeadDecryptFailed => ck::CKR_AEAD_DECRYPT_FAILED,
        E::KeyExhausted => ck::CKR_KEY_EXHAUSTED,
        E::WrappedKeyInvalid => ck::CKR_WRAPPED_KEY_INVALID,
        E::WrappedKeyLenRange => ck::CKR_WRAPPED_KEY_LEN_RANGE,
        E::SignatureInvalid => ck::CKR_SIGNATURE_INVALID,
        E::SignatureLenRange => ck::CKR_SIGNATURE_LEN_RANGE,
        E::RandomSeedNotSupported => ck::CKR_RANDOM_SEED_NOT_SUPPORTED,
        E::BufferTooSmall { .. } => ck::CKR_BUFFER_TOO_SMALL,
        E::General(_) => ck::CKR_GENERAL_ERROR,
    }
}
