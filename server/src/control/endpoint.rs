//! The endpoints of the control API: one row each, from which requests are routed and the description is made.

use hyper::Method;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::Value;

use super::route::{self, Route};
use super::shape::{
    AuditLog, Audited, Cleared, Clock, ClockBody, Deleted, FaultBody, FaultEntry, FaultList, Health, Restored, Roots,
    Saved, Snapshots, State,
};
use super::{PREFIX, Reply};

/// What an endpoint is given: the part of its path that varies, and the body.
pub(super) struct Given<'a> {
    pub(super) name: &'a str,
    pub(super) body: &'a [u8],
}

/// An endpoint.
#[derive(Clone, Copy)]
pub(super) struct Endpoint {
    /// The method.
    pub(super) method: &'static str,
    /// The path after the prefix; a part in braces varies.
    pub(super) path: &'static str,
    /// What it does.
    pub(super) summary: &'static str,
    pub(super) route: fn(&Given<'_>) -> Result<Route, Reply>,
    /// The body that it takes.
    pub(super) body: Option<fn(&mut SchemaGenerator) -> Schema>,
    pub(super) answer: fn(&mut SchemaGenerator) -> Schema,
}

type Build = fn(&Given<'_>) -> Result<Route, Reply>;

const fn row<A: JsonSchema>(method: &'static str, path: &'static str, summary: &'static str, route: Build) -> Endpoint {
    Endpoint { method, path, summary, route, body: None, answer: schema::<A> }
}

const fn taking<B: JsonSchema>(endpoint: Endpoint) -> Endpoint {
    Endpoint { body: Some(schema::<B>), ..endpoint }
}

fn schema<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

/// Every endpoint.
pub(super) const ENDPOINTS: &[Endpoint] = &[
    row::<Health>("GET", "health", "Whether the endpoint answers", |_| Ok(Route::Health)),
    row::<Value>("GET", "openapi.json", "This description", |_| Ok(Route::Description)),
    row::<State>("GET", "state", "The whole world without its secrets", |_| Ok(Route::State)),
    row::<Audited>("GET", "audit", "The HSMs that have an audit log, also those that are gone", |_| {
        Ok(Route::ListAudited)
    }),
    row::<AuditLog>("GET", "audit/{hsm}", "The audit log of an HSM", |given| {
        given.name.parse().map(Route::ShowAudit).map_err(|_| Reply::no_audit(given.name))
    }),
    row::<FaultList>("GET", "faults", "The faults that are set", |_| Ok(Route::ListFaults)),
    taking::<FaultBody>(row::<FaultEntry>("POST", "faults", "Sets a fault", |given| {
        route::fault(route::parse(given.body)?).map(Route::SetFault)
    })),
    row::<Cleared>("DELETE", "faults", "Clears all faults", |_| Ok(Route::ClearFaults)),
    row::<Cleared>("DELETE", "faults/{id}", "Clears one fault", |given| {
        given.name.parse().map(Route::ClearFault).map_err(|_| Reply::no_fault(given.name))
    }),
    row::<Clock>("GET", "clock", "The simulated time", |_| Ok(Route::ShowClock)),
    taking::<ClockBody>(row::<Clock>(
        "POST",
        "clock",
        "Moves the simulated clock forward, or lets it run faster or slower; what becomes due is done before the answer",
        |given| route::clock_change(route::parse(given.body)?).map(Route::MoveClock),
    )),
    row::<Roots>("GET", "hardware-roots", "The roots above the hardware certificates", |_| Ok(Route::HardwareRoots)),
    row::<Restored>("POST", "reset", "Back to the snapshot `initial`, without one to the empty world", |_| {
        Ok(Route::Reset)
    }),
    row::<Snapshots>("GET", "snapshots", "The snapshots' names", |_| Ok(Route::ListSnapshots)),
    row::<Saved>("POST", "snapshots/{name}", "Saves the world under a name", |given| {
        route::name(given.name).map(Route::SaveSnapshot)
    }),
    row::<Restored>("POST", "snapshots/{name}/restore", "Goes back to a snapshot", |given| {
        route::name(given.name).map(Route::RestoreSnapshot)
    }),
    row::<Deleted>("DELETE", "snapshots/{name}", "Forgets a snapshot", |given| {
        route::name(given.name).map(Route::DeleteSnapshot)
    }),
];

impl Endpoint {
    /// The varying part of a path that is this endpoint's; empty if none varies.
    fn matches<'p>(&self, path: &'p str) -> Option<&'p str> {
        let (mut wanted, mut given) = (self.path.split('/'), path.split('/'));
        let mut name = "";
        loop {
            match (wanted.next(), given.next()) {
                (None, None) => return Some(name),
                (Some(part), Some(found)) if part.starts_with('{') => name = found,
                (Some(part), Some(found)) if part == found => {}
                _ => return None,
            }
        }
    }

    /// Whether it is asked by this method; who asks for a head gets that of the whole answer.
    fn is_asked_by(&self, method: &Method) -> bool {
        self.method == method.as_str() || (self.path == "health" && *method == Method::HEAD)
    }
}

impl Route {
    /// The route of a request.
    ///
    /// # Errors
    /// The reply that refuses it: 404 for an unknown path, 405 for a method that the path does not have, 400 for a bad body.
    pub fn of(method: &Method, path: &str, body: &[u8]) -> Result<Self, Reply> {
        let path = path.strip_prefix(PREFIX).unwrap_or_default().trim_end_matches('/');
        let mut known = false;
        for endpoint in ENDPOINTS {
            let Some(name) = endpoint.matches(path) else { continue };
            known = true;
            if endpoint.is_asked_by(method) {
                return (endpoint.route)(&Given { name, body });
            }
        }
        Err(match known {
            true => Reply::error(405, "method", "the path does not have this method"),
            false => {
                Reply::error(404, "path", "the control API does not have this path; /_sim/openapi.json describes it")
            }
        })
    }
}
