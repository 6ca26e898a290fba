//! How a sub-command ends: a sentence on the standard error stream and exit status 1.

use std::fmt;
use std::process::ExitCode;

use hsm_sim::token;
use kms_store::Cause;

/// Why a sub-command could not do its work; already a sentence for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure(String);

impl Failure {
    /// A failure with this text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<hsm_sim::Error> for Failure {
    fn from(error: hsm_sim::Error) -> Self {
        Self(error.to_string())
    }
}

/// A person at the terminal learns the cause that a client of the endpoint does not.
impl From<kms_store::Error> for Failure {
    fn from(error: kms_store::Error) -> Self {
        match error {
            kms_store::Error::KmsInternal(Cause::World(cause)) => (*cause).into(),
            kms_store::Error::KmsInternal(Cause::Damaged(what)) => {
                Self(format!("the state holds something impossible: {what}"))
            }
            error => Self(error.to_string()),
        }
    }
}

/// A person learns what to do about a missing login, which is what a program would know.
impl From<token::Error> for Failure {
    fn from(error: token::Error) -> Self {
        match error {
            token::Error::UserNotLoggedIn => {
                Self(format!("{error}; give the user's PIN with --pin, --pin-file or the variable HSM_SIM_PIN"))
            }
            error => Self(error.to_string()),
        }
    }
}

impl From<crypto::Error> for Failure {
    fn from(error: crypto::Error) -> Self {
        Self(error.to_string())
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self(error.to_string())
    }
}

/// The exit status for a result, its failure told on the standard error stream.
pub fn report(result: Result<(), Failure>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("hsm-sim: {failure}");
            ExitCode::FAILURE
        }
    }
}
