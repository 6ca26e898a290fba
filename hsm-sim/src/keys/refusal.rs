//! What tools say when a token refuses: the HSM's own answers, which have the numbers of the vendor's tools.

use crate::error::{Error, HsmError};
use crate::token;

impl From<token::Error> for Error {
    fn from(error: token::Error) -> Self {
        use token::Error as Token;
        Self::Hsm(match error {
            error if error == Token::UNAVAILABLE => HsmError::TooFewNodes,
            error if error == Token::NOT_APPROVED => HsmError::KeyNotApproved,
            Token::ObjectHandleInvalid
            | Token::KeyHandleInvalid
            | Token::WrappingKeyHandleInvalid
            | Token::UnwrappingKeyHandleInvalid => HsmError::InvalidHandle,
            Token::UserNotLoggedIn => HsmError::NotLoggedIn,
            Token::UserAlreadyLoggedIn | Token::UserAnotherAlreadyLoggedIn => HsmError::AlreadyLoggedIn,
            Token::UserTypeInvalid => HsmError::InvalidUserType,
            Token::PinIncorrect => HsmError::LoginFailure,
            Token::PinLocked => HsmError::UserLocked,
            Token::PinInvalid | Token::PinLenRange => HsmError::InvalidPassword,
            Token::KeyTypeInconsistent
            | Token::WrappingKeyTypeInconsistent
            | Token::UnwrappingKeyTypeInconsistent
            | Token::KeySizeRange
            | Token::WrappingKeySizeRange
            | Token::UnwrappingKeySizeRange
            | Token::KeyFunctionNotPermitted
            | Token::KeyNotWrappable
            | Token::KeyUnextractable
            | Token::KeyIndigestible
            | Token::MechanismInvalid
            | Token::MechanismParamInvalid
            | Token::CurveNotSupported
            | Token::ParameterSetNotSupported
            | Token::AttributeValueInvalid
            | Token::TemplateIncomplete
            | Token::TemplateInconsistent
            | Token::ActionProhibited
            | Token::DataInvalid => HsmError::PolicyViolation,
            Token::AttributeReadOnly | Token::AttributeSensitive | Token::AttributeTypeInvalid => {
                HsmError::InvalidAttribute
            }
            Token::SignatureInvalid | Token::SignatureLenRange => HsmError::BadSignature,
            Token::EncryptedDataInvalid
            | Token::EncryptedDataLenRange
            | Token::AeadDecryptFailed
            | Token::WrappedKeyInvalid
            | Token::WrappedKeyLenRange => HsmError::InvalidCiphertext,
            Token::DataLenRange => HsmError::DataTooLong,
            Token::DeviceMemory => HsmError::KeyStoreFull,
            Token::DeviceError => HsmError::NoNode,
            Token::Busy => HsmError::Busy,
            Token::SessionHandleInvalid => HsmError::SessionLost,
            error @ (Token::ArgumentsBad
            | Token::SlotIdInvalid
            | Token::DeviceRemoved
            | Token::FunctionFailed(_)
            | Token::FunctionNotSupported
            | Token::SessionCount
            | Token::SessionParallelNotSupported
            | Token::SessionReadOnly
            | Token::SessionReadOnlyExists
            | Token::SessionReadWriteSoExists
            | Token::SessionExists
            | Token::UserPinNotInitialized
            | Token::TokenWriteProtected
            | Token::OperationActive
            | Token::OperationNotInitialized
            | Token::OperationCancelFailed
            | Token::StateUnsaveable
            | Token::SavedStateInvalid
            | Token::KeyNeeded
            | Token::KeyExhausted
            | Token::RandomSeedNotSupported
            | Token::BufferTooSmall { .. }
            | Token::General(_)) => return Self::Token(error),
        })
    }
}
