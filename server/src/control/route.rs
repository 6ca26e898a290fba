//! The routes of the control API, parsed and checked before anything acts on them.

use std::time::Duration;

use hsm_sim::clock::Rate;
use hsm_sim::fault::FaultSpec;
use hsm_sim::id::FaultId;
use hsm_sim::{NodeId, SimTime};
use serde::Deserialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::shape::{ClockBody, FaultBody};
use super::{Reply, parse_duration};
use crate::protocol::check_operation;

/// What a well-formed request asks for.
#[derive(Debug, PartialEq)]
pub enum Route {
    /// Whether the endpoint answers.
    Health,
    /// The description of the control API.
    Description,
    /// The whole world.
    State,
    /// The HSMs that have an audit log.
    ListAudited,
    /// The audit log of an HSM.
    ShowAudit(NodeId),
    /// The faults that are set.
    ListFaults,
    /// Sets a fault.
    SetFault(FaultSpec),
    /// Clears one fault.
    ClearFault(FaultId),
    /// Clears all faults.
    ClearFaults,
    /// The simulated time.
    ShowClock,
    /// Moves the simulated time.
    MoveClock(ClockChange),
    /// The roots above the hardware certificates.
    HardwareRoots,
    /// Back to the first state of the world.
    Reset,
    /// The snapshots' names.
    ListSnapshots,
    /// Saves the world under a name.
    SaveSnapshot(String),
    /// Goes back to a snapshot.
    RestoreSnapshot(String),
    /// Forgets a snapshot.
    DeleteSnapshot(String),
}

/// How the simulated clock moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockChange {
    /// Forward by a duration.
    Advance(Duration),
    /// Forward to a moment.
    Set(SimTime),
    /// Faster or slower from now on.
    Rate(Rate),
}

fn bad(text: &str) -> Reply {
    Reply::error(400, "body", text)
}

pub(super) fn parse<T: for<'de> Deserialize<'de>>(body: &[u8]) -> Result<T, Reply> {
    serde_json::from_slice(body).map_err(|error| bad(&error.to_string()))
}

pub(super) fn fault(body: FaultBody) -> Result<FaultSpec, Reply> {
    let lasts = body.r#for.as_deref().map(|text| duration("for", text)).transpose()?;
    let spec = body.into_request().spec(lasts).map_err(|error| bad(&error.to_string()))?;
    check_operation(&spec.kind).map_err(|text| bad(&text))?;
    Ok(spec)
}

fn duration(member: &str, text: &str) -> Result<Duration, Reply> {
    parse_duration(text).map_err(|error| bad(&format!("{member} is {error}")))
}

pub(super) fn clock_change(body: ClockBody) -> Result<ClockChange, Reply> {
    match (body.advance, body.set, body.rate) {
        (Some(advance), None, None) => duration("advance", &advance).map(ClockChange::Advance),
        (None, Some(set), None) => OffsetDateTime::parse(&set, &Rfc3339)
            .ok()
            .and_then(|moment| i64::try_from(moment.unix_timestamp_nanos() / 1_000_000).ok())
            .map(|millis| ClockChange::Set(SimTime::from_millis(millis)))
            .ok_or_else(|| bad("set is no RFC 3339 time such as 2026-01-01T00:00:00Z")),
        (None, None, Some(rate)) => {
            Rate::of(rate).map(ClockChange::Rate).ok_or_else(|| bad("rate is no number from 0 to 1000"))
        }
        _ => Err(bad("exactly one of advance, set and rate is needed")),
    }
}

/// Names of snapshots: 1 to 64 of letters, digits, `-`, `_` and `.`, so that they need no escaping in a path.
pub(super) fn name(text: &str) -> Result<String, Reply> {
    let fits = (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
    let refuse = || Reply::error(400, "name", "a name has 1 to 64 letters, digits, '-', '_' and '.'");
    fits.then(|| text.to_owned()).ok_or_else(refuse)
}

#[cfg(test)]
mod tests {
    use hsm_sim::fault::FaultKind;
    use hyper::Method;

    use super::*;

    fn route(method: &Method, path: &str, body: &str) -> Result<Route, u16> {
        Route::of(method, path, body.as_bytes()).map_err(|reply| reply.status)
    }

    #[test]
    fn routes() {
        let text = str::to_owned;
        let table = [
            (Method::GET, "/_sim/health", "", Ok(Route::Health)),
            (Method::GET, "/_sim/faults/", "", Ok(Route::ListFaults)),
            (
                Method::POST,
                "/_sim/faults",
                r#"{"kind":"kms-internal-error","count":2,"for":"10m"}"#,
                Ok(Route::SetFault(
                    FaultSpec::new(FaultKind::KmsInternalError).times(2).lasting(Duration::from_secs(600)),
                )),
            ),
            (
                Method::POST,
                "/_sim/faults",
                r#"{"kind":"store-failing","for":null,"cluster":null}"#,
                Ok(Route::SetFault(FaultSpec::new(FaultKind::StoreFailing))),
            ),
            (Method::POST, "/_sim/faults", r#"{"kind":"kms-internal-error","for":"soon"}"#, Err(400)),
            (Method::POST, "/_sim/faults", r#"{"kind":"kms-internal-error","for":600}"#, Err(400)),
            (Method::POST, "/_sim/faults", r#"{"kind":"kms-internal-error","for":"101y"}"#, Err(400)),
            (Method::POST, "/_sim/faults", r#"{"kind":"kms-internal-error","count":0}"#, Err(400)),
            (
                Method::POST,
                "/_sim/faults",
                r#"{"kind":"network-cut","cluster":"cluster-igklspoyj5v","count":3}"#,
                Err(400),
            ),
            (Method::POST, "/_sim/faults", r#"{"kind":"kms-internal-error","until":"x"}"#, Err(400)),
            (Method::POST, "/_sim/faults", r#"{"kind":"earthquake"}"#, Err(400)),
            (Method::POST, "/_sim/faults", r#"{"kind":"network-cut"}"#, Err(400)),
            (Method::POST, "/_sim/faults", r#"{"kind":"network-cut","cluster":"x"}"#, Err(400)),
            (Method::POST, "/_sim/faults", "{}", Err(400)),
            (Method::POST, "/_sim/faults", "[1]", Err(400)),
            (
                Method::DELETE,
                "/_sim/faults/fault-abcdefghijk",
                "",
                Ok(Route::ClearFault("fault-abcdefghijk".parse().unwrap())),
            ),
            (Method::DELETE, "/_sim/faults/f-1", "", Err(404)),
            (Method::DELETE, "/_sim/faults", "", Ok(Route::ClearFaults)),
            (
                Method::POST,
                "/_sim/clock",
                r#"{"advance":"8d"}"#,
                Ok(Route::MoveClock(ClockChange::Advance(Duration::from_secs(8 * 86_400)))),
            ),
            (
                Method::POST,
                "/_sim/clock",
                r#"{"set":"1970-01-01T00:00:01.5Z"}"#,
                Ok(Route::MoveClock(ClockChange::Set(SimTime::from_millis(1500)))),
            ),
            (Method::POST, "/_sim/clock", r#"{"advance":"8d","set":"1970-01-01T00:00:01Z"}"#, Err(400)),
            (Method::POST, "/_sim/clock", "{}", Err(400)),
            (Method::POST, "/_sim/clock", r#"{"advance":"soon"}"#, Err(400)),
            (Method::POST, "/_sim/clock", r#"{"advance":"300000000y"}"#, Err(400)),
            (Method::POST, "/_sim/clock", r#"{"forward":"8d"}"#, Err(400)),
            (
                Method::POST,
                "/_sim/clock",
                r#"{"rate":60}"#,
                Ok(Route::MoveClock(ClockChange::Rate(Rate::of(60.0).unwrap()))),
            ),
            (Method::POST, "/_sim/clock", r#"{"rate":-1}"#, Err(400)),
            (Method::HEAD, "/_sim/health", "", Ok(Route::Health)),
            (Method::HEAD, "/_sim/state", "", Err(405)),
            (Method::GET, "/_sim/state", "", Ok(Route::State)),
            (Method::GET, "/_sim/openapi.json", "", Ok(Route::Description)),
            (Method::GET, "/_sim/hardware-roots", "", Ok(Route::HardwareRoots)),
            (Method::POST, "/_sim/hardware-roots", "", Err(405)),
            (Method::POST, "/_sim/reset", "", Ok(Route::Reset)),
            (Method::GET, "/_sim/reset", "", Err(405)),
            (Method::POST, "/_sim/snapshots/before", "", Ok(Route::SaveSnapshot(text("before")))),
            (Method::POST, "/_sim/snapshots/a%20b", "", Err(400)),
            (Method::POST, "/_sim/snapshots", "", Err(405)),
            (Method::POST, "/_sim/snapshots/before/restore", "", Ok(Route::RestoreSnapshot(text("before")))),
            (Method::DELETE, "/_sim/snapshots/before", "", Ok(Route::DeleteSnapshot(text("before")))),
            (Method::GET, "/_sim/snapshots/before", "", Err(405)),
            (Method::GET, "/_sim/", "", Err(404)),
            (Method::GET, "/_sim/other", "", Err(404)),
            (Method::GET, "/_sim/faults/a/b", "", Err(404)),
        ];
        for (method, path, body, expected) in table {
            assert_eq!(route(&method, path, body), expected, "{method} {path} {body}");
        }
    }
}
