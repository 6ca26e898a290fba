//! An operation's row: its name, how it runs, and the one generic function that takes a body through all checks.

use std::any::TypeId;
use std::net::IpAddr;

use bytes::Bytes;
use hsm_sim::Realm;
use hsm_sim::realm::DEFAULT_ACCOUNT;
use hyper::HeaderMap;
use hyper::http::request::Parts;
use kms_store::Caller;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use uuid::Uuid;

use super::{Object, Service, Violations, told};
use crate::sigv4::{Authenticator, SignedRequest};
use crate::{Backend, ServiceError};

/// An operation, implemented by its request type. One operation, one file.
pub trait Operation: DeserializeOwned {
    /// The operation's name, `X-Amz-Target` after the last dot.
    const NAME: &'static str;
    /// What it answers; `()` for an operation without output, which sends an empty body (documented).
    type Response: Serialize + 'static;

    /// Checks every member against the model's constraints.
    fn validate(&self, violations: &mut Violations);

    /// Checks the rules between members that the service words in its own texts.
    ///
    /// # Errors
    /// Usually [`ServiceError::Validation`].
    fn rules(&self) -> Result<(), ServiceError> {
        Ok(())
    }

    /// Does the work. Members that [`Operation::validate`] requires are there.
    ///
    /// # Errors
    /// The operation's modelled exceptions.
    fn call(backend: &Backend, caller: &Caller, request: Self) -> Result<Self::Response, ServiceError>;
}

/// Where an operation runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Runs {
    /// On the connection's worker thread: reads and symmetric cryptography.
    Inline,
    /// On the bounded blocking pool: what waits for a commit, hashes a password or generates RSA keys.
    Pooled,
}

/// One operation of the endpoint.
pub struct Row {
    /// The operation's name.
    pub name: &'static str,
    /// Where it runs.
    pub runs: Runs,
    /// Whether it changes nothing, as the audit trail tells it (cryptography included).
    pub read_only: bool,
    run: fn(&Row, &Call<'_>) -> Result<Bytes, ServiceError>,
}

/// A request that arrived whole, with all that its answer depends on.
pub struct Call<'a> {
    /// The services.
    pub backend: &'a Backend,
    /// How signatures are judged.
    pub authenticator: &'a Authenticator,
    /// The request's head.
    pub head: &'a Parts,
    /// The request's body.
    pub body: &'a [u8],
    /// The service that the target names.
    pub service: Service,
    /// The wall clock's seconds since 1970.
    pub now: i64,
    /// The answer's id.
    pub request_id: Uuid,
    /// The client's address.
    pub source_ip: IpAddr,
}

impl Row {
    /// The row of an operation that reads or computes; it runs on the worker thread.
    pub const fn reading<O: Operation>() -> Self {
        Self { name: O::NAME, runs: Runs::Inline, read_only: true, run: run::<O> }
    }

    /// The row of an operation that changes something; it runs on the blocking pool.
    pub const fn changing<O: Operation>() -> Self {
        Self { name: O::NAME, runs: Runs::Pooled, read_only: false, run: run::<O> }
    }

    /// The same on the blocking pool.
    #[must_use]
    pub const fn pooled(self) -> Self {
        Self { runs: Runs::Pooled, ..self }
    }

    /// Takes a call through all checks and the operation; the body of the answer.
    ///
    /// # Errors
    /// The first check that failed, or the operation's error.
    pub fn run(&self, call: &Call<'_>) -> Result<Bytes, ServiceError> {
        (self.run)(self, call)
    }
}

/// What `X-Amz-Target` says, empty when it is missing or no text.
pub fn target(headers: &HeaderMap) -> &str {
    headers.get("x-amz-target").and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// The service and row of a request by its `X-Amz-Target`. The service is known even when the operation is not.
pub fn find(headers: &HeaderMap) -> (Service, Option<&'static Row>) {
    let (prefix, name) = target(headers).rsplit_once('.').unwrap_or_default();
    match Service::of_prefix(prefix) {
        Some(service) => (service, service.rows().iter().find(|row| row.name == name)),
        None => (Service::Kms, None),
    }
}

fn run<O: Operation>(row: &Row, call: &Call<'_>) -> Result<Bytes, ServiceError> {
    let request: O = parse(call.body)?;
    let caller = call.caller()?;
    if let Err(error) = check(&request, call.backend) {
        call.backend.note_refusal(&caller, call.service, row, &error);
        return Err(error);
    }
    if let Err(error) = told::meet(call.backend, call.service, row.name) {
        call.backend.note_refusal(&caller, call.service, row, &error);
        return Err(error);
    }
    let response = O::call(call.backend, &caller, request)?;
    if TypeId::of::<O::Response>() == TypeId::of::<()>() {
        return Ok(Bytes::new());
    }
    serde_json::to_vec(&response).map(Bytes::from).map_err(|error| ServiceError::internal(error.to_string()))
}

fn check(request: &impl Operation, backend: &Backend) -> Result<(), ServiceError> {
    let strict_patterns = || backend.strict_patterns();
    let mut violations = Violations::new(&strict_patterns);
    request.validate(&mut violations);
    violations.finish().map_err(ServiceError::Validation)?;
    request.rules()
}

/// Parses a body. Messages give the place, never the text, which may be secret.
fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, ServiceError> {
    let text = std::str::from_utf8(body).map_err(|error| {
        ServiceError::Serialization(format!("The body is not UTF-8 at byte {}.", error.valid_up_to()))
    })?;
    let text = if text.is_empty() { "{}" } else { text };
    serde_json::from_str::<Object<T>>(text).map(|object| object.0).map_err(|error| {
        let place = format!("(line {}, column {})", error.line(), error.column().max(1));
        ServiceError::Serialization(if !error.is_data() || !text.trim_start().starts_with('{') {
            format!("The body is not a JSON object {place}.")
        } else if let Some(member) = misfit::<T>(text) {
            format!("The member '{member}' has the wrong JSON type or is not valid base64 {place}.")
        } else {
            format!("A member has the wrong JSON type or is given twice {place}.")
        })
    })
}

/// The member that fails by itself; its name is one of the shape's, or it would have been ignored.
fn misfit<T: DeserializeOwned>(text: &str) -> Option<String> {
    let members: serde_json::Map<String, Value> = serde_json::from_str(text).ok()?;
    let fails = |(name, value)| {
        let alone = Value::Object(serde_json::Map::from_iter([(String::clone(&name), value)]));
        serde_json::from_value::<T>(alone).is_err().then_some(name)
    };
    members.into_iter().find_map(fails)
}

impl Call<'_> {
    fn caller(&self) -> Result<Caller, ServiceError> {
        let identity = self.authenticator.authenticate(
            &SignedRequest {
                method: self.head.method.as_str(),
                path: self.head.uri.path(),
                query: self.head.uri.query().unwrap_or_default(),
                headers: &self.head.headers,
                body: self.body,
            },
            self.service.signing_name(),
            self.now,
        )?;
        let realm = Realm::new(&identity.account_id, &identity.region)
            .map_err(|_| ServiceError::InvalidSignature("Credential should be scoped to a valid Region.".to_owned()))?;
        let user_agent = self.head.headers.get(hyper::header::USER_AGENT);
        Ok(Caller {
            realm,
            // An unsigned request is the default account's (inferred).
            access_key_id: identity.access_key_id.unwrap_or_else(|| DEFAULT_ACCOUNT.to_owned()),
            request_id: self.request_id.to_string(),
            source_ip: self.source_ip.to_string(),
            user_agent: user_agent
                .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
                .unwrap_or_default(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::find as find_row;
    use super::*;

    #[derive(serde::Deserialize, Debug, PartialEq)]
    #[serde(rename_all = "PascalCase")]
    struct Sample {
        name: Option<String>,
        count: Option<i32>,
    }

    #[test]
    fn bodies_are_objects_of_the_right_types() {
        let name = |name: &str| Sample { name: Some(name.to_owned()), count: None };
        let empty = || Sample { name: None, count: None };
        for (body, expected) in [
            ("", empty()),
            ("{}", empty()),
            (" {\"Name\":null} ", empty()),
            ("{\"Name\":\"a\",\"Other\":[1,{\"b\":2}]}", name("a")),
            ("{\"Name\":\"\\u00e9\"}", name("é")),
        ] {
            assert_eq!(parse::<Sample>(body.as_bytes()), Ok(expected), "{body}");
        }
    }

    #[test]
    fn bad_bodies_are_refused_without_echo() {
        for body in [
            &b"x"[..],
            b"[]",
            b"[\"secret\",1]",
            b"null",
            b"5",
            b"\"{}\"",
            b"{",
            b"{}{}",
            b"{\"Name\":5}",
            b"{\"Count\":\"1\"}",
            b"{\"Count\":1.5}",
            b"{\"Count\":99999999999}",
            b"{\"Name\":\"\\ud800\"}",
            b"\xff",
            b"{\"Other\":\"\xff\"}",
            b"{\"Name\":{\"secret\":1}}",
            b"\xef\xbb\xbf{}",
        ] {
            let Err(ServiceError::Serialization(message)) = parse::<Sample>(body) else {
                panic!("{:?} was accepted", String::from_utf8_lossy(body));
            };
            assert!(!message.contains("secret"), "{message}");
        }
    }

    #[test]
    fn messages_name_the_member() {
        let wrong = |place: &str| format!("has the wrong JSON type or is not valid base64 {place}.");
        for (body, expected) in [
            ("{\"Name\":5}", format!("The member 'Name' {}", wrong("(line 1, column 9)"))),
            ("{\"Name\":\"a\",\n\"Count\":\"1\"}", format!("The member 'Count' {}", wrong("(line 2, column 11)"))),
            (
                "{\"Name\":\"a\",\"Name\":\"b\"}",
                "A member has the wrong JSON type or is given twice (line 1, column 18).".into(),
            ),
            ("[]", "The body is not a JSON object (line 1, column 1).".into()),
            ("{\"Name\":", "The body is not a JSON object (line 1, column 8).".into()),
        ] {
            assert_eq!(parse::<Sample>(body.as_bytes()), Err(ServiceError::Serialization(expected)), "{body}");
        }
    }

    #[test]
    fn depth_is_no_danger() {
        let deep = |name: &str| format!("{{\"{name}\":{}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(parse::<Sample>(deep("Other").as_bytes()).is_ok());
        assert!(parse::<Sample>(deep("Name").as_bytes()).is_err());
        let deep = format!("{{\"EncryptionContext\":{{\"a\":{}1{}}}}}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(parse::<crate::kms::encrypt::Request>(deep.as_bytes()).is_err());
    }

    #[test]
    fn targets_find_rows() {
        let find = |target: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert("x-amz-target", target.parse().unwrap());
            let (service, row) = find_row(&headers);
            (service, row.map(|row| row.name))
        };
        assert_eq!(find("TrentService.Encrypt"), (Service::Kms, Some("Encrypt")));
        assert_eq!(find("BaldrApiService.CreateHsm"), (Service::CloudHsm, Some("CreateHsm")));
        assert_eq!(
            find("com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents"),
            (Service::CloudTrail, Some("LookupEvents"))
        );
        assert_eq!(find("BaldrApiService.Encrypt"), (Service::CloudHsm, None));
        for unknown in
            ["", "Encrypt", "TrentService", "trentservice.Encrypt", "TrentService.encrypt", "TrentService.", ".Encrypt"]
        {
            assert_eq!(find(unknown).1, None, "{unknown}");
        }
        assert_eq!(find_row(&HeaderMap::new()).1.map(|row| row.name), None);
    }
}
