//! What a token answers when it does not do what it is asked: one variant per return code that a client can tell apart.

use std::borrow::Cow;

use serde::de::value::{Error as ValueError, StrDeserializer};
use serde::{Deserialize, Serialize};

use crate::error::HsmError;

/// Result of this module's functions.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A refusal of the token or a failure behind it. The name of each variant is that of its return code (PKCS#11 v3.1 §5.1).
///
/// Some hold a text, so dropping any is a call: where every call passes, one is made only when it is returned (`let … else`, not `ok_or`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[allow(missing_docs, reason = "the names are those of the standard's return codes and the texts say the rest")]
pub enum Error {
    #[error("an argument is bad")]
    ArgumentsBad,
    #[error("there is no slot of this number")]
    SlotIdInvalid,
    #[error("the token was removed")]
    DeviceRemoved,
    #[error("no HSM of the cluster can be reached")]
    DeviceError,
    #[error("the HSM has no room for the object")]
    DeviceMemory,
    #[error("the call could not be carried out: {0}")]
    FunctionFailed(Cow<'static, str>),
    #[error("the function is not supported")]
    FunctionNotSupported,
    #[error("the HSM is busy; try again")]
    Busy,
    #[error("there is no session of this handle")]
    SessionHandleInvalid,
    #[error("the limit of sessions is reached")]
    SessionCount,
    #[error("sessions that only read are not supported")]
    SessionParallelNotSupported,
    #[error("the session only reads")]
    SessionReadOnly,
    #[error("a session that only reads exists")]
    SessionReadOnlyExists,
    #[error("the security officer is logged in")]
    SessionReadWriteSoExists,
    #[error("the token has open sessions")]
    SessionExists,
    #[error("nobody is logged in")]
    UserNotLoggedIn,
    #[error("this user is logged in already")]
    UserAlreadyLoggedIn,
    #[error("another user is logged in already")]
    UserAnotherAlreadyLoggedIn,
    #[error("there is no such type of user")]
    UserTypeInvalid,
    #[error("the user's PIN was never set")]
    UserPinNotInitialized,
    #[error("the PIN is wrong")]
    PinIncorrect,
    #[error("the PIN holds characters that are not allowed")]
    PinInvalid,
    #[error("the PIN is too short or too long")]
    PinLenRange,
    #[error("the user is locked after too many wrong PINs")]
    PinLocked,
    #[error("the token is write-protected")]
    TokenWriteProtected,
    #[error("there is no object of this handle")]
    ObjectHandleInvalid,
    #[error("there is no key of this handle")]
    KeyHandleInvalid,
    #[error("there is no wrapping key of this handle")]
    WrappingKeyHandleInvalid,
    #[error("there is no unwrapping key of this handle")]
    UnwrappingKeyHandleInvalid,
    #[error("the mechanism does not work with this type of key")]
    KeyTypeInconsistent,
    #[error("the wrapping mechanism does not work with this type of key")]
    WrappingKeyTypeInconsistent,
    #[error("the unwrapping mechanism does not work with this type of key")]
    UnwrappingKeyTypeInconsistent,
    #[error("the mechanism does not work with a key of this size")]
    KeySizeRange,
    #[error("the wrapping key has the wrong size")]
    WrappingKeySizeRange,
    #[error("the unwrapping key has the wrong size")]
    UnwrappingKeySizeRange,
    #[error("the key's attributes do not permit this")]
    KeyFunctionNotPermitted,
    #[error("the key cannot be wrapped by this key")]
    KeyNotWrappable,
    #[error("the key cannot be taken out of the token")]
    KeyUnextractable,
    #[error("the value of the key cannot be digested")]
    KeyIndigestible,
    #[error("the mechanism is not supported, or not for this")]
    MechanismInvalid,
    #[error("the mechanism's parameter is not valid")]
    MechanismParamInvalid,
    #[error("the elliptic curve is not supported")]
    CurveNotSupported,
    #[error("the parameter set is not supported")]
    ParameterSetNotSupported,
    #[error("the attribute cannot be changed or given")]
    AttributeReadOnly,
    #[error("the attribute is sensitive")]
    AttributeSensitive,
    #[error("the object has no such attribute")]
    AttributeTypeInvalid,
    #[error("the attribute cannot have this value")]
    AttributeValueInvalid,
    #[error("the template lacks an attribute")]
    TemplateIncomplete,
    #[error("the template contradicts itself or the operation")]
    TemplateInconsistent,
    #[error("objects of this kind are not changed, copied or destroyed so")]
    ActionProhibited,
    #[error("an operation is active")]
    OperationActive,
    #[error("no operation is active")]
    OperationNotInitialized,
    #[error("the operation cannot be cancelled")]
    OperationCancelFailed,
    #[error("the state of the operation cannot be saved")]
    StateUnsaveable,
    #[error("the saved state is not valid")]
    SavedStateInvalid,
    #[error("the key is needed to go on")]
    KeyNeeded,
    #[error("the data is not valid")]
    DataInvalid,
    #[error("the data has the wrong length")]
    DataLenRange,
    #[error("the ciphertext is not valid")]
    EncryptedDataInvalid,
    #[error("the ciphertext has the wrong length")]
    EncryptedDataLenRange,
    #[error("the message, its additional data or its tag is not what was encrypted")]
    AeadDecryptFailed,
    #[error("the key has no nonce left for another message")]
    KeyExhausted,
    #[error("the wrapped key is not valid")]
    WrappedKeyInvalid,
    #[error("the wrapped key has the wrong length")]
    WrappedKeyLenRange,
    #[error("the signature is not valid")]
    SignatureInvalid,
    #[error("the signature has the wrong length")]
    SignatureLenRange,
    #[error("the token takes no seed")]
    RandomSeedNotSupported,
    #[error("the output needs {needed} bytes")]
    BufferTooSmall {
        /// The length that suffices.
        needed: usize,
    },
    /// The state directory or the HSM failed in a way that no client's call explains; in words, because it may have happened on
    /// another machine.
    #[error("{0}")]
    General(String),
}

impl Error {
    /// A token key is on fewer than two HSMs (documented).
    pub(crate) const UNAVAILABLE: Self =
        Self::FunctionFailed(Cow::Borrowed("the key does not meet the availability requirements"));

    /// The key's users must approve what is done with it, for which PKCS#11 has no means (documented: tokens of the tools are of no use
    /// elsewhere).
    pub(crate) const NOT_APPROVED: Self = Self::FunctionFailed(Cow::Borrowed("the key's users must approve its use"));

    /// The error of a return code's name, such as `CKR_DEVICE_ERROR`; none for a name that no error of a token has.
    pub fn of_name(name: &str) -> Option<Self> {
        let words = name.strip_prefix("CKR_")?.split('_');
        let capitalised = words.map(|word| {
            let (first, rest) = word.split_at_checked(1).unwrap_or((word, ""));
            first.to_owned() + &rest.to_ascii_lowercase()
        });
        match capitalised.collect::<String>().as_str() {
            "FunctionFailed" => Some(Self::FunctionFailed("it is told to fail".into())),
            "GeneralError" => Some(Self::General("it is told to fail".to_owned())),
            variant => Self::deserialize(StrDeserializer::<ValueError>::new(variant)).ok(),
        }
    }

    /// The same, with a code of its own for a name that it does not know.
    pub(crate) fn of_code(name: &str) -> Self {
        Self::of_name(name).unwrap_or_else(|| Self::FunctionFailed(format!("it is told to fail with {name}").into()))
    }
}

impl From<crate::Error> for Error {
    fn from(error: crate::Error) -> Self {
        match error {
            crate::Error::Hsm(error) => error.into(),
            crate::Error::Token(error) => error,
            crate::Error::Crypto(error) => error.into(),
            error @ (crate::Error::Control(_)
            | crate::Error::Store(_)
            | crate::Error::Vault(_)
            | crate::Error::ClockBackwards { .. }
            | crate::Error::ClockTooFar { .. }
            | crate::Error::Corrupt { .. }) => Self::General(error.to_string()),
        }
    }
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        crate::Error::from(error).into()
    }
}

impl From<HsmError> for Error {
    fn from(error: HsmError) -> Self {
        match error {
            // A user that does not exist is not told apart, or names could be guessed (inferred).
            HsmError::UserUnknown
            | HsmError::LoginFailure
            | HsmError::InvalidUserType
            | HsmError::NoSuchUser
            | HsmError::SecondFactorFailed => Self::PinIncorrect,
            HsmError::UserLocked => Self::PinLocked,
            HsmError::NotLoggedIn | HsmError::PermissionDenied => Self::UserNotLoggedIn,
            HsmError::AlreadyLoggedIn => Self::UserAlreadyLoggedIn,
            HsmError::UserLoggedIn => Self::FunctionFailed("another session of this user is open on the HSM".into()),
            HsmError::UserOwnsKeys => Self::FunctionFailed("the user owns keys".into()),
            HsmError::UserExists => Self::FunctionFailed("the user exists".into()),
            HsmError::InvalidName => Self::PinInvalid,
            HsmError::InvalidPassword => Self::PinLenRange,
            HsmError::InvalidHandle | HsmError::KeyAccessDenied => Self::ObjectHandleInvalid,
            HsmError::InvalidAttribute => Self::AttributeTypeInvalid,
            HsmError::PolicyViolation => Self::KeyFunctionNotPermitted,
            HsmError::InvalidCiphertext => Self::EncryptedDataInvalid,
            HsmError::DataTooLong => Self::DataLenRange,
            HsmError::NodeUnavailable | HsmError::Zeroized | HsmError::NoNode => Self::DeviceError,
            HsmError::Busy => Self::Busy,
            HsmError::NoCluster(_) => Self::DeviceRemoved,
            HsmError::SessionLost => Self::SessionHandleInvalid,
            HsmError::KeyStoreFull => Self::DeviceMemory,
            HsmError::TooFewNodes => Self::UNAVAILABLE,
            HsmError::KeyNotApproved => Self::NOT_APPROVED,
            HsmError::BadSignature => Self::SignatureInvalid,
            // No function of PKCS#11 manages users and policies or asks for these certificates.
            HsmError::QuorumRequired
            | HsmError::QuorumDisabled
            | HsmError::InvalidMValue
            | HsmError::InvalidTimeout
            | HsmError::NoQuorumToken
            | HsmError::TooManyQuorumTokens
            | HsmError::NotAnApprover
            | HsmError::InvalidPublicKey
            | HsmError::SignatureInvalid
            | HsmError::TwoFactorKey
            | HsmError::AnchorExists
            | HsmError::TooManyAnchors
            | HsmError::NoSuchAnchor
            | HsmError::AnchorInUse
            | HsmError::NotMutual
            | HsmError::NotFirstOfficer
            | HsmError::NotOfThisType
            | HsmError::NotClones
            | HsmError::NoCertificate => Self::FunctionFailed(error.to_string().into()),
        }
    }
}

impl From<crypto::Error> for Error {
    fn from(error: crypto::Error) -> Self {
        use crypto::Error as Crypto;
        match error {
            Crypto::AesKeyLength { .. } | Crypto::RsaKeySize { .. } | Crypto::KeySize { .. } => Self::KeySizeRange,
            Crypto::NotAuthentic | Crypto::CiphertextInvalid => Self::EncryptedDataInvalid,
            Crypto::DataLength { .. } => Self::DataLenRange,
            Crypto::DataInvalid => Self::DataInvalid,
            Crypto::CiphertextLength { .. } => Self::EncryptedDataLenRange,
            Crypto::SignatureLength { .. } => Self::SignatureLenRange,
            Crypto::SignatureInvalid => Self::SignatureInvalid,
            Crypto::Parameter { .. } | Crypto::HashUnsupported { .. } => Self::MechanismParamInvalid,
            Crypto::KeyMaterial { .. } | Crypto::RsaKeyRejected => Self::AttributeValueInvalid,
            Crypto::CurveUnsupported => Self::CurveNotSupported,
            Crypto::OutputTooSmall { needed } => Self::BufferTooSmall { needed },
            Crypto::SavedState => Self::SavedStateInvalid,
            // Not of keys and operations, or the library's own failure.
            error @ (Crypto::Primitive { .. }
            | Crypto::Pem { .. }
            | Crypto::Malformed { .. }
            | Crypto::RequestSignature
            | Crypto::Validity { .. }
            | Crypto::Name { .. }
            | Crypto::FileUnrecognized
            | Crypto::FileContents { .. }
            | Crypto::FilePasswordNeeded
            | Crypto::FilePasswordWrong
            | Crypto::FileEncryption { .. }) => Self::General(error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_by_their_names() {
        for (name, error) in [
            ("CKR_DEVICE_ERROR", Error::DeviceError),
            ("CKR_SLOT_ID_INVALID", Error::SlotIdInvalid),
            ("CKR_PIN_LEN_RANGE", Error::PinLenRange),
            ("CKR_FUNCTION_FAILED", Error::FunctionFailed("it is told to fail".into())),
            ("CKR_GENERAL_ERROR", Error::General("it is told to fail".to_owned())),
        ] {
            assert_eq!(Error::of_name(name), Some(error), "{name}");
        }
        for name in ["", "DeviceError", "CKR_", "CKR_NOTHING", "CKR_BUFFER_TOO_SMALL", "CKR_é"] {
            assert_eq!(Error::of_name(name), None, "{name}");
        }
    }
}
