//! The control API under `/_sim/`: JSON to break, rewind and inspect the simulated world.
//!
//! | path | GET | POST | DELETE |
//! |---|---|---|---|
//! | `/_sim/health` | whether the endpoint answers | | |
//! | `/_sim/faults` | the faults that are set | set one: `{"kind":"network-cut","cluster":"cluster-...","for":"10m"}` | clear all |
//! | `/_sim/faults/ID` | | | clear one |
//! | `/_sim/clock` | the simulated time | `{"advance":"10m"}` or `{"set":"2026-01-01T00:00:00Z"}`, forward only, or `{"rate":60}` | |
//! | `/_sim/state` | the whole world without its secrets | | |
//! | `/_sim/audit` | the HSMs that have an audit log | | |
//! | `/_sim/audit/HSM` | the audit log of an HSM | | |
//! | `/_sim/openapi.json` | the description of all this, OpenAPI 3.1 | | |
//! | `/_sim/hardware-roots` | the roots above the hardware certificates, PEM: `aws` and `manufacturer` | | |
//! | `/_sim/reset` | | back to the snapshot `initial`, without one to the empty world | |
//! | `/_sim/snapshots` | their names, oldest first | | |
//! | `/_sim/snapshots/NAME` | | save | forget it |
//! | `/_sim/snapshots/NAME/restore` | | go back to it | |
//!
//! A fault has a `kind` and the parts that the kind needs, such as `cluster` and `node`, and may have `for` and, if it is used up, `count`.
//! Durations end at a hundred years. Moving the clock runs everything that becomes due before it answers.
//!
//! Errors are `{"error":"<kind>","message":"<text>"}`. A request that a web page of another origin makes is refused:
//! the API has no login, and a browser on the same machine would otherwise lend its reach to any page.

mod answer;
mod description;
mod duration;
mod endpoint;
mod route;
mod shape;

use hyper::header::{HOST, ORIGIN};
use hyper::http::request::Parts;
use serde::Serialize;

pub use self::answer::INITIAL_SNAPSHOT;
pub use self::duration::parse_duration;
pub use self::route::{ClockChange, Route};
use self::shape::Refusal;
pub use self::shape::{AuditEntry, FaultEntry};
use crate::{Backend, ServiceError};

/// Where the control API lives.
pub const PREFIX: &str = "/_sim/";

/// An answer of the control API.
#[derive(Debug, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// A JSON object.
    pub body: Vec<u8>,
}

impl Reply {
    /// A success.
    fn ok(value: &impl Serialize) -> Self {
        serde_json::to_vec(value).map_or_else(|_| Self::internal(), |body| Self { status: 200, body })
    }

    /// A failure.
    pub fn error(status: u16, kind: &str, message: &str) -> Self {
        let refusal = Refusal { error: kind.to_owned(), message: message.to_owned() };
        // Invariant: two strings are always JSON.
        Self { status, body: serde_json::to_vec(&refusal).expect("two strings") }
    }

    fn no_fault(id: &str) -> Self {
        Self::error(404, "fault", &format!("there is no fault '{id}'"))
    }

    fn no_audit(id: &str) -> Self {
        Self::error(404, "audit", &format!("there is no audit log of '{id}'"))
    }

    /// A defect of ours.
    pub fn internal() -> Self {
        Self::error(500, "internal", "an internal failure, request again")
    }
}

/// Answers a request under [`PREFIX`].
pub fn answer(backend: &Backend, head: &Parts, body: Result<&[u8], ServiceError>) -> Reply {
    if foreign(head) {
        return Reply::error(403, "foreign-origin", "a web page of another origin cannot use the control API");
    }
    let body = match body {
        Ok(body) => body,
        Err(error @ ServiceError::TooLarge { .. }) => return Reply::error(413, "too-large", &error.to_string()),
        Err(error) => return Reply::error(400, "incomplete", &error.to_string()),
    };
    match Route::of(&head.method, head.uri.path(), body) {
        Ok(route) => route.serve(backend),
        Err(reply) => reply,
    }
}

fn foreign(head: &Parts) -> bool {
    let Some(origin) = head.headers.get(ORIGIN) else { return false };
    let host = head.headers.get(HOST).and_then(|host| host.to_str().ok());
    let origin = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
    origin.map(|(_, host)| host) != host || host.is_none()
}
