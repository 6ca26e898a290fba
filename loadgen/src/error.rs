//! What keeps a run from starting. Calls that fail during a run are counted instead ([`crate::target::Fault`]).

use std::path::PathBuf;

/// The result of what comes before and after a run.
pub type Result<T> = std::result::Result<T, Error>;

/// Why there is no run; sentences for people.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// An argument that cannot be read.
    #[error("'{text}': {reason}")]
    Argument {
        /// What was given.
        text: String,
        /// What is wrong with it.
        reason: String,
    },
    /// An operation that this kind of target has not.
    #[error("{target} has no operation '{name}'; there are {known}")]
    UnknownOperation {
        /// The kind of target.
        target: &'static str,
        /// What was asked for.
        name: String,
        /// What there is, with commas between.
        known: String,
    },
    /// A plan that a target cannot carry out.
    #[error("{0}")]
    Plan(String),
    /// The file is no PKCS#11 module or is not there.
    #[error("no PKCS#11 module can be loaded from {path}: {reason}", path = path.display())]
    Module {
        /// The module's file.
        path: PathBuf,
        /// What the loader says.
        reason: String,
    },
    /// No token is as asked for.
    #[error("{path} has no {wanted}; it has {present}", path = path.display())]
    NoToken {
        /// The module's file.
        path: PathBuf,
        /// What was asked for.
        wanted: String,
        /// Its tokens.
        present: String,
    },
    /// A PKCS#11 call before or after the run was refused.
    #[error("{call}: {code}{hint}")]
    Call {
        /// The C function.
        call: String,
        /// Its return code's name.
        code: String,
        /// What to do about it, if that is plain.
        hint: &'static str,
    },
    /// The endpoint's address cannot be used.
    #[error("'{url}' is not the address of an endpoint: {reason}")]
    Address {
        /// What was given.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The endpoint does not answer.
    #[error("{url} cannot be reached: {reason}")]
    Unreachable {
        /// The endpoint.
        url: String,
        /// What happened.
        reason: String,
    },
    /// An API call before or after the run was refused.
    #[error("{action}: {code}: {message}")]
    Api {
        /// The API's operation.
        action: &'static str,
        /// The error code.
        code: String,
        /// The endpoint's own words.
        message: String,
    },
    /// An answer that lacks what the API promises.
    #[error("{action} answered without {member}")]
    Answer {
        /// The API's operation.
        action: &'static str,
        /// What is missing.
        member: &'static str,
    },
    /// Somebody stopped the run before it had begun.
    #[error("interrupted while the keys were made")]
    Interrupted,
    /// The plot cannot be drawn.
    #[error("the plot cannot be drawn: {0}")]
    Plot(String),
}
