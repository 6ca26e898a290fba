//! Every way a request can fail, and how each service words it.

use std::borrow::Cow;

use hsm_sim::ControlError;
use hsm_sim::id::InvalidId;
use kms_store::Cause;
use thiserror::Error;

use crate::protocol::Service;

const INJECTED: &str = "a fault that was set";

/// A failure on its way to the client; [`ServiceError::wire`] gives its name, status and text.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ServiceError {
    /// The body is not JSON, or a member has the wrong JSON type or is bad base64.
    #[error("{0}")]
    Serialization(String),
    /// The request violates its shape or a rule about its members.
    #[error("{0}")]
    Validation(String),
    /// The target names no operation that is simulated.
    #[error("{}", unknown_operation(target))]
    UnknownOperation {
        /// `X-Amz-Target`.
        target: String,
    },
    /// No `Authorization` header.
    #[error("Missing Authentication Token")]
    MissingAuthenticationToken,
    /// The `Authorization` header is malformed or incomplete.
    #[error("{0}")]
    IncompleteSignature(String),
    /// The access key id is not known.
    #[error("The security token included in the request is invalid.")]
    UnrecognizedClient,
    /// The signature does not match, or its date or scope is wrong.
    #[error("{0}")]
    InvalidSignature(String),
    /// A page marker that this service did not hand out.
    #[error("the page marker is not valid")]
    InvalidMarker,
    /// The body is longer than the endpoint reads.
    #[error("the request body is longer than {limit} bytes")]
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// The body did not arrive whole, or not in time.
    #[error("the request body did not arrive: {0}")]
    Incomplete(&'static str),
    /// A defect or an injected fault of the service itself. The client learns that much; the cause is for the operator.
    #[error("The request was rejected because of an internal error. Try again.")]
    Internal {
        /// What failed inside.
        cause: String,
    },
    /// An exception of the service's own model.
    #[error("{name}")]
    Modelled {
        /// The exception's full name.
        name: &'static str,
        /// The HTTP status: 400, 500 or 503.
        status: u16,
        /// The text, absent where the service sends none.
        message: Option<String>,
    },
}

/// An error as it goes over the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wire {
    /// `__type`.
    pub name: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// `message`, or `Message` for cloudhsmv2; absent where the service sends none.
    pub message: Option<Cow<'static, str>>,
}

impl ServiceError {
    /// A client error (status 400) of a service's model.
    pub fn client(name: &'static str, message: impl Into<String>) -> Self {
        Self::Modelled { name, status: 400, message: Some(message.into()) }
    }

    /// A failure inside the service.
    pub fn internal(cause: impl Into<String>) -> Self {
        Self::Internal { cause: cause.into() }
    }

    /// The name, status and text of this error in `service`'s manner. A request whose target names no service is
    /// answered in the manner of kms.
    pub fn wire(&self, service: Service) -> Wire {
        let text = || Some(Cow::Owned(self.to_string()));
        let (name, status, message) = match self {
            Self::Serialization(_) => ("SerializationException", 400, text()),
            Self::Validation(_) => (service.validation_error(), 400, text()),
            Self::UnknownOperation { .. } => ("UnknownOperationException", 400, text()),
            Self::MissingAuthenticationToken => ("MissingAuthenticationTokenException", 400, text()),
            Self::IncompleteSignature(_) => ("IncompleteSignatureException", 400, text()),
            Self::UnrecognizedClient => ("UnrecognizedClientException", 400, text()),
            Self::InvalidSignature(_) => ("InvalidSignatureException", 400, text()),
            Self::InvalidMarker => (service.marker_error(), 400, text()),
            Self::TooLarge { .. } => ("RequestEntityTooLargeException", 413, text()),
            Self::Incomplete(_) => ("RequestTimeoutException", 400, text()),
            Self::Internal { .. } => (service.internal_error(), 500, text()),
            Self::Modelled { name, status, message } => (*name, *status, message.clone().map(Cow::Owned)),
        };
        Wire { name, status, message }
    }
}

/// What is no name of an operation is not repeated.
fn unknown_operation(target: &str) -> String {
    let is_name =
        (1..=128).contains(&target.len()) && target.bytes().all(|b| b.is_ascii_alphanumeric() || b"._".contains(&b));
    if is_name {
        format!("The operation {target} is not simulated.")
    } else {
        "An operation is a POST request to / with its name in the header X-Amz-Target.".to_owned()
    }
}

/// What the key management service refuses already bears its exception's name; a failure inside is each service's own.
impl From<kms_store::Error> for ServiceError {
    fn from(error: kms_store::Error) -> Self {
        match error {
            kms_store::Error::KmsInternal(Cause::World(error)) => Self::internal(error.to_string()),
            kms_store::Error::KmsInternal(Cause::Damaged(what)) => Self::internal(format!("damaged: {what}")),
            kms_store::Error::KmsInternal(Cause::Injected) => Self::internal(INJECTED),
            refusal => Self::Modelled { name: refusal.exception(), status: 400, message: refusal.message() },
        }
    }
}

/// The management API's refusals are the client's; whatever else fails in the HSM world is a defect for who calls it through a service.
impl From<hsm_sim::Error> for ServiceError {
    fn from(error: hsm_sim::Error) -> Self {
        match error {
            hsm_sim::Error::Control(error) => error.into(),
            hsm_sim::Error::Hsm(_)
            | hsm_sim::Error::Store(_)
            | hsm_sim::Error::Crypto(_)
            | hsm_sim::Error::Vault(_)
            | hsm_sim::Error::ClockBackwards { .. }
            | hsm_sim::Error::ClockTooFar { .. }
            | hsm_sim::Error::Token(_)
            | hsm_sim::Error::Corrupt { .. } => Self::internal(error.to_string()),
        }
    }
}

impl From<ControlError> for ServiceError {
    fn from(error: ControlError) -> Self {
        let name = match &error {
            ControlError::ClusterNotFound(_) | ControlError::BackupNotFound(_) | ControlError::HsmNotFound { .. } => {
                "CloudHsmResourceNotFoundException"
            }
            ControlError::Limit { .. } => "CloudHsmResourceLimitExceededException",
            ControlError::AccessDenied(_) => "CloudHsmAccessDeniedException",
            ControlError::Injected => return Self::internal(INJECTED),
            ControlError::InvalidId(_)
            | ControlError::HsmSelector
            | ControlError::ClusterState { .. }
            | ControlError::NotYetActivated(_)
            | ControlError::NoCsr(_)
            | ControlError::HasHsms(_)
            | ControlError::ZoneNotMapped { .. }
            | ControlError::SubnetNotFound(_)
            | ControlError::SubnetConflict(_)
            | ControlError::SubnetCount
            | ControlError::SubnetFull(_)
            | ControlError::AddressUnavailable { .. }
            | ControlError::HsmType(_)
            | ControlError::BackupNotReady(_)
            | ControlError::BackupState { .. }
            | ControlError::BackupRegion(_)
            | ControlError::SameRegion(_)
            | ControlError::HsmBeingDeleted(_)
            | ControlError::NothingToModify
            | ControlError::TypeChange { .. }
            | ControlError::BackupMode(_)
            | ControlError::Retention
            | ControlError::Certificate(_) => "CloudHsmInvalidRequestException",
        };
        Self::client(name, error.to_string())
    }
}

impl From<InvalidId> for ServiceError {
    fn from(error: InvalidId) -> Self {
        ControlError::from(error).into()
    }
}

impl Wire {
    /// The error as the audit trail has it: its name and text.
    pub(crate) fn into_record(self) -> (Cow<'static, str>, Cow<'static, str>) {
        (Cow::Borrowed(self.name), self.message.unwrap_or_default())
    }

    /// The JSON body of the error.
    pub fn body(&self, service: Service) -> Vec<u8> {
        let mut body = serde_json::Map::new();
        body.insert("__type".to_owned(), self.name.into());
        if let Some(message) = &self.message {
            body.insert(service.message_member().to_owned(), message.as_ref().into());
        }
        serde_json::Value::Object(body).to_string().into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_worded_as_each_service_does() {
        let validation = ServiceError::Validation("bad".to_owned());
        let table = [
            (validation.clone(), Service::Kms, 400, r#"{"__type":"ValidationException","message":"bad"}"#),
            (
                validation.clone(),
                Service::CloudHsm,
                400,
                r#"{"Message":"bad","__type":"CloudHsmInvalidRequestException"}"#,
            ),
            (validation, Service::CloudTrail, 400, r#"{"__type":"ValidationException","message":"bad"}"#),
            (
                ServiceError::UnknownOperation { target: "TrentService.Sign".to_owned() },
                Service::Kms,
                400,
                r#"{"__type":"UnknownOperationException","message":"The operation TrentService.Sign is not simulated."}"#,
            ),
            (
                ServiceError::UnknownOperation { target: "a \u{1b}[1m name".to_owned() },
                Service::CloudHsm,
                400,
                r#"{"Message":"An operation is a POST request to / with its name in the header X-Amz-Target.","__type":"UnknownOperationException"}"#,
            ),
            (
                ServiceError::InvalidMarker,
                Service::Kms,
                400,
                r#"{"__type":"InvalidMarkerException","message":"the page marker is not valid"}"#,
            ),
            (
                ServiceError::InvalidMarker,
                Service::CloudTrail,
                400,
                r#"{"__type":"InvalidNextTokenException","message":"the page marker is not valid"}"#,
            ),
            (
                ServiceError::internal("a defect"),
                Service::CloudHsm,
                500,
                r#"{"Message":"The request was rejected because of an internal error. Try again.","__type":"CloudHsmInternalFailureException"}"#,
            ),
            (
                ServiceError::Modelled { name: "InvalidCiphertextException", status: 400, message: None },
                Service::Kms,
                400,
                r#"{"__type":"InvalidCiphertextException"}"#,
            ),
        ];
        for (error, service, status, body) in table {
            let wire = error.wire(service);
            assert_eq!((wire.status, String::from_utf8(wire.body(service)).unwrap().as_str()), (status, body));
        }
    }
}
