//! Operations that are told to fail: the exceptions that they may be told to fail with.

use hsm_sim::audit::Command;
use hsm_sim::fault::FaultKind;
use hsm_sim::{HsmError, token};

use super::Service;
use crate::{Backend, ServiceError};

/// Exceptions with their HTTP status (documented, common errors and those of the services' models).
const EXCEPTIONS: [(&str, u16); 24] = [
    ("ThrottlingException", 400),
    ("AccessDeniedException", 400),
    ("ExpiredTokenException", 400),
    ("InternalFailure", 500),
    ("ServiceUnavailable", 503),
    ("ServiceUnavailableException", 503),
    ("RequestExpired", 400),
    ("ValidationException", 400),
    ("DependencyTimeoutException", 500),
    ("DisabledException", 400),
    ("IncorrectKeyException", 400),
    ("InvalidCiphertextException", 400),
    ("InvalidKeyUsageException", 400),
    ("KeyUnavailableException", 500),
    ("KMSInternalException", 500),
    ("KMSInvalidStateException", 400),
    ("LimitExceededException", 400),
    ("NotFoundException", 400),
    ("CloudHsmAccessDeniedException", 400),
    ("CloudHsmInternalFailureException", 500),
    ("CloudHsmInvalidRequestException", 400),
    ("CloudHsmResourceLimitExceededException", 400),
    ("CloudHsmResourceNotFoundException", 400),
    ("CloudHsmServiceException", 400),
];

const TEXT: &str = "The request failed because the simulator was told so.";

/// Fails when the fault model says that the operation fails now.
pub(super) fn meet(backend: &Backend, service: Service, operation: &'static str) -> Result<(), ServiceError> {
    let world = backend.world();
    if !world.watched()?.operations {
        return Ok(());
    }
    let name = format!("{}:{operation}", service.signing_name());
    match world.told_to_fail(&name)? {
        None => Ok(()),
        Some(code) => Err(match exception(code.as_str()) {
            Some((name, status)) => ServiceError::Modelled { name, status, message: Some(TEXT.to_owned()) },
            None => ServiceError::internal(TEXT),
        }),
    }
}

fn exception(code: &str) -> Option<(&'static str, u16)> {
    EXCEPTIONS.into_iter().find(|(name, _)| *name == code)
}

/// That the operation and the code of a fault exist, or the fault would silently do nothing.
///
/// # Errors
/// What is unknown, and what is known.
pub fn check_operation(kind: &FaultKind) -> Result<(), String> {
    let FaultKind::OperationFailing { operation, code, .. } = kind else { return Ok(()) };
    let unknown = || format!("there is no operation '{operation}'");
    let known = |known: bool, codes: &str| match known {
        true => Ok(()),
        false => Err(format!("{operation} cannot fail with '{code}'; {codes}")),
    };
    match operation.of_service() {
        Some((service, name)) => {
            let service = Service::ALL.into_iter().find(|known| known.signing_name() == service).ok_or_else(unknown)?;
            if !service.rows().iter().any(|row| row.name == name) {
                return Err(unknown());
            }
            let names = EXCEPTIONS.map(|(name, _)| name).join(", ");
            known(exception(code.as_str()).is_some(), &format!("its codes are {names}"))
        }
        None if operation.as_str().starts_with("CN_") => {
            let names = Command::FALLIBLE.map(Command::name);
            if !names.contains(&operation.as_str()) {
                return Err(format!("{}; the commands are {}", unknown(), names.join(", ")));
            }
            let number = code.number().and_then(HsmError::of_code);
            known(number.is_some(), "its codes are the numbers of HSM errors, such as 187 or 0xa3")
        }
        None => {
            if !wire::functions().iter().any(|function| function == operation.as_str()) {
                return Err(format!("{}; the functions are {}", unknown(), wire::functions().join(", ")));
            }
            known(token::Error::of_name(code.as_str()).is_some(), "its codes are return codes such as CKR_DEVICE_ERROR")
        }
    }
}
