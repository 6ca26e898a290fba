//! Answers: one JSON object each, `{"error_code": 0, "data": …}`, or 1 and a sentence (documented).

use std::fmt;

use hsm_sim::HsmError;
use hsm_sim::admin::NodeResult;
use serde::Serialize;

use crate::failure::Failure;

/// What a command answers.
pub(super) type Answer = Result<Data, Refusal>;

/// The answer of a command that succeeded, rendered.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Data(String);

/// Why a command failed, in a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal(String);

#[derive(Serialize)]
struct Envelope<'a, T: ?Sized> {
    error_code: u8,
    data: &'a T,
}

impl Data {
    /// An answer that holds this.
    pub(super) fn of<T: Serialize + ?Sized>(data: &T) -> Answer {
        Ok(Self(envelope(0, data)?))
    }

    /// An answer that is no more than `{"message": …}`.
    pub(super) fn message(message: &str) -> Answer {
        Self::of(&Message { message })
    }
}

#[derive(Serialize)]
struct Message<'a> {
    message: &'a str,
}

fn envelope<T: Serialize + ?Sized>(error_code: u8, data: &T) -> Result<String, Refusal> {
    serde_json::to_string_pretty(&Envelope { error_code, data }).map_err(|error| Refusal::new(error.to_string()))
}

/// The text of an answer.
pub(super) fn render(answer: &Answer) -> String {
    match answer {
        Ok(Data(text)) => text.clone(),
        // Invariant: text can always be written as JSON, so the other arm is for the type only.
        Err(Refusal(text)) => envelope(1, text.as_str()).unwrap_or_else(|refusal| refusal.0),
    }
}

impl Refusal {
    /// With these words.
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Texts without a mark are inferred.
impl From<HsmError> for Refusal {
    fn from(error: HsmError) -> Self {
        let text = match error {
            // Of the JCE provider for the same refusal (documented).
            HsmError::UserUnknown | HsmError::LoginFailure => "Incorrect authentication credentials.",
            // Observed, also where the name belongs to a user of the other role.
            HsmError::NoSuchUser | HsmError::InvalidUserType => "Specified user does not exist",
            HsmError::UserExists => "Specified user already exists",
            HsmError::UserLocked => "Specified user is locked",
            HsmError::UserLoggedIn => "Specified user is logged in",
            HsmError::UserOwnsKeys => "Specified user owns keys",
            HsmError::NotLoggedIn | HsmError::SessionLost => "Login is required for this operation",
            HsmError::AlreadyLoggedIn => "A user is already logged in",
            HsmError::PermissionDenied => "The logged in user is not permitted to perform this operation",
            HsmError::InvalidHandle => "Specified key does not exist",
            HsmError::KeyAccessDenied => "Only the owner of a key can perform this operation",
            // Documented.
            HsmError::NodeUnavailable | HsmError::NoNode => "HSM is disconnected",
            // Documented.
            HsmError::TooFewNodes => {
                "Cannot perform the requested key operation as the key must be available on at least 2 HSMs. Either \
                 increase the number of HSMs in the cluster, or disable the key availability check."
            }
            // Documented.
            HsmError::KeyNotApproved => "Quorum Failed",
            // Documented.
            HsmError::QuorumRequired => "Quorum approval is required for this operation",
            HsmError::InvalidMValue => "Invalid quorum value provided.",
            // Documented.
            HsmError::BadSignature | HsmError::SignatureInvalid => "Signature verification failed",
            HsmError::InvalidCiphertext => "The wrapped key data is not valid",
            HsmError::PolicyViolation => "The key or its attributes do not permit this operation",
            HsmError::InvalidAttribute => "The attribute cannot be set or cannot have this value",
            // Of the JCE provider (documented).
            HsmError::Busy => "The HSM could not queue the request for processing.",
            // Both observed.
            HsmError::NotMutual => {
                "Failed to set the mtls enforcement. Current connection must be mtls to set this enforcement."
            }
            HsmError::NotFirstOfficer => "An Admin must be logged in to set policy on an HSM",
            HsmError::NoSuchAnchor => "Specified trust anchor does not exist",
            HsmError::AnchorInUse => "The last trust anchor cannot be deregistered while mtls is enforced",
            HsmError::NotOfThisType => "The HSM type does not support this operation",
            HsmError::DataTooLong => "The length of the data does not fit the mechanism",
            HsmError::SecondFactorFailed => "Multi-factor authentication failed",
            // Observed of a token that was used up.
            HsmError::NoQuorumToken => "Invalid username-signature pair for quorum authorization",
            other => return Self(other.to_string().trim_start_matches("HSM Error: ").to_owned()),
        };
        Self(text.to_owned())
    }
}

impl From<hsm_sim::Error> for Refusal {
    fn from(error: hsm_sim::Error) -> Self {
        match error {
            hsm_sim::Error::Hsm(error) => error.into(),
            other => Self(other.to_string()),
        }
    }
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        Self(failure.to_string())
    }
}

impl From<std::io::Error> for Refusal {
    fn from(error: std::io::Error) -> Self {
        Self(error.to_string())
    }
}

impl From<crypto::Error> for Refusal {
    fn from(error: crypto::Error) -> Self {
        Self(error.to_string())
    }
}

/// What a command amounts to that went to every HSM. Where all refuse for one reason it is the reason; where some did it and
/// some did not, they are counted: `… failed on 1 of 3 connections` (the form is documented for replications).
pub(super) fn everywhere<T>(what: &str, results: &[NodeResult<T>]) -> Result<(), Refusal> {
    let refusals: Vec<&HsmError> = results.iter().filter_map(|answer| answer.result.as_ref().err()).collect();
    let Some(first) = refusals.first() else { return Ok(()) };
    // An HSM that is away says nothing about the matter.
    let said: Vec<&&HsmError> = refusals.iter().filter(|error| ***error != HsmError::NodeUnavailable).collect();
    if refusals.len() == results.len() {
        match said[..] {
            [] => return Err((*first).clone().into()),
            [reason, ref rest @ ..] if rest.iter().all(|other| *other == reason) => {
                return Err((**reason).clone().into());
            }
            _ => {}
        }
    }
    counted(what, results)
}

/// The same without a reason.
pub(super) fn counted<T>(what: &str, results: &[NodeResult<T>]) -> Result<(), Refusal> {
    match results.iter().filter(|answer| answer.result.is_err()).count() {
        0 => Ok(()),
        refusals => Err(Refusal(format!("{what} failed on {refusals} of {} connections", results.len()))),
    }
}

/// Counts HSMs as done where the change was made before, if some HSM makes it now: so a command that is said again finishes what
/// it began (observed on real clusters).
pub(super) fn finish(results: &mut [NodeResult<()>], done_before: impl Fn(&NodeResult<()>) -> bool) {
    if results.iter().any(|answer| answer.result.is_ok()) {
        for answer in results.iter_mut().filter(|answer| done_before(answer)) {
            answer.result = Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn the_documented_envelope() {
        let expected = "{\n  \"error_code\": 0,\n  \"data\": {\n    \"message\": \"Key deleted successfully\"\n  }\n}";
        assert_eq!(render(&Data::message("Key deleted successfully")), expected);
        let refused = Err(Refusal::new("Signature verification failed"));
        assert_eq!(render(&refused), "{\n  \"error_code\": 1,\n  \"data\": \"Signature verification failed\"\n}");
    }

    #[test]
    fn one_answer_of_many() {
        use HsmError::{NoSuchUser, NodeUnavailable, UserOwnsKeys};
        let gone = Some("Specified user does not exist");
        for (results, expected) in [
            ([Ok(()), Ok(()), Ok(())], None),
            ([Ok(()), Err(NodeUnavailable), Ok(())], Some("User delete failed on 1 of 3 connections")),
            ([Err(NoSuchUser), Err(NoSuchUser), Err(NoSuchUser)], gone),
            ([Err(NoSuchUser), Err(NodeUnavailable), Err(NoSuchUser)], gone),
            ([Err(NoSuchUser), Err(UserOwnsKeys), Err(NoSuchUser)], Some("User delete failed on 3 of 3 connections")),
            ([Err(NodeUnavailable), Err(NodeUnavailable), Err(NodeUnavailable)], Some("HSM is disconnected")),
        ] {
            let node = |(server, result)| NodeResult {
                server,
                node: "hsm-aaaaaaaaaaa".parse().unwrap(),
                ip: Ipv4Addr::LOCALHOST,
                result,
            };
            let results: Vec<NodeResult<()>> = results.into_iter().enumerate().map(node).collect();
            assert_eq!(everywhere("User delete", &results).err().map(|refusal| refusal.0).as_deref(), expected);
        }
    }
}
