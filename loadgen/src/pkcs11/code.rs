//! Refused calls in the standard's words.

use cryptoki::error::{Error as CallError, RvError};

use crate::error::Error;
use crate::target::Fault;

/// The name of a return code, as the standard's header has it.
fn name(code: &RvError) -> String {
    match code {
        RvError::VendorDefined(code) => format!("CKR_VENDOR_DEFINED + {code:#x}"),
        RvError::UnknownErrorCode(code) => format!("CKR {code:#x}"),
        // The client library names its variants after the codes.
        code => {
            let mut name = "CKR".to_owned();
            for letter in format!("{code:?}").chars() {
                if letter.is_uppercase() {
                    name.push('_');
                }
                name.push(letter.to_ascii_uppercase());
            }
            name
        }
    }
}

/// A refusal before or after the run.
pub(super) fn failed(error: &CallError) -> Error {
    match error {
        CallError::Pkcs11(code, function) => {
            let hint = match code {
                RvError::PinIncorrect => "; the PIN is wrong",
                RvError::UserNotLoggedIn => "; give the user's PIN",
                RvError::UserPinNotInitialized => "; the token has no user PIN yet",
                RvError::PinLocked => "; too many wrong PINs locked the user out",
                RvError::MechanismInvalid => "; the token does not have this mechanism",
                RvError::SessionCount => "; the token allows fewer sessions",
                _ => "",
            };
            Error::Call { call: format!("C_{function:?}"), code: name(code), hint }
        }
        error => Error::Call { call: "the PKCS#11 client library".to_owned(), code: error.to_string(), hint: "" },
    }
}

/// A refusal during the run.
pub(super) fn fault(error: &CallError) -> Fault {
    match error {
        CallError::Pkcs11(code, function) => Fault { kind: name(code), message: format!("C_{function:?}") },
        error => Fault { kind: "client".to_owned(), message: error.to_string() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_their_standard_names() {
        for (code, expected) in [
            (RvError::PinIncorrect, "CKR_PIN_INCORRECT"),
            (RvError::SlotIdInvalid, "CKR_SLOT_ID_INVALID"),
            (RvError::UserPinNotInitialized, "CKR_USER_PIN_NOT_INITIALIZED"),
            (RvError::SessionReadWriteSoExists, "CKR_SESSION_READ_WRITE_SO_EXISTS"),
            (RvError::VendorDefined(1), "CKR_VENDOR_DEFINED + 0x1"),
            (RvError::UnknownErrorCode(0x7f), "CKR 0x7f"),
        ] {
            assert_eq!(name(&code), expected);
        }
    }
}
