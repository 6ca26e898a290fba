//! The audit trail of cloudhsmv2: every call leaves a record of its request and answer, refusals too (documented).

use std::borrow::Cow;

use hsm_sim::control::Control;
use kms_store::{Call, Caller, Fields, Value};
use serde::Serialize;
use serde_json::Value as Json;

use crate::protocol::{Operation, Service};
use crate::{Backend, ServiceError};

/// Runs an operation on the caller's clusters and records it.
pub(super) fn recorded<R: Operation + Serialize>(
    backend: &Backend,
    caller: &Caller,
    request: R,
    work: impl FnOnce(&Control, R) -> Result<R::Response, ServiceError>,
) -> Result<R::Response, ServiceError> {
    let read_only = ["Describe", "Get", "List"].iter().any(|verb| R::NAME.starts_with(verb));
    let mut call = Call::new(Service::CloudHsm.event_source(), R::NAME, read_only);
    call.request = fields(&request);
    let result = work(&backend.clusters(caller), request);
    match &result {
        // Listings would fill the trail (documented: null for what only reads).
        Ok(_) if read_only => {}
        Ok(response) => call.response = fields(response),
        Err(error) => call.error = Some(error.wire(Service::CloudHsm).into_record()),
    }
    backend.note(caller, call);
    result
}

/// The members that are there, in the trail's spelling.
fn fields(shape: &impl Serialize) -> Fields<'static> {
    match serde_json::to_value(shape).map(value) {
        Ok(Value::Map(fields)) => fields,
        Ok(_) | Err(_) => Vec::new(),
    }
}

fn value(json: Json) -> Value<'static> {
    match json {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(value),
        Json::Number(number) => number.as_i64().map_or_else(|| number.to_string().into(), Value::Number),
        Json::String(text) => text.into(),
        Json::Array(items) => Value::List(items.into_iter().map(value).collect()),
        Json::Object(members) => Value::Map(
            members
                .into_iter()
                .filter(|(_, json)| !json.is_null())
                .map(|(name, json)| (camel(&name), value(json)))
                .collect(),
        ),
    }
}

/// `clusterId` for `ClusterId`; the names of maps' entries begin with small letters already.
fn camel(name: &str) -> Cow<'static, str> {
    let mut letters = name.chars();
    let first = letters.next().map(|letter| letter.to_ascii_lowercase());
    Cow::Owned(first.into_iter().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn members_are_spelt_as_in_the_trail() {
        let shape = json!({ "Hsm": { "HsmId": "hsm-1", "StateMessage": null, "Zones": ["a"] }, "MaxResults": 5 });
        let expected: Fields<'_> = vec![
            (
                Cow::Borrowed("hsm"),
                Value::Map(vec![
                    (Cow::Borrowed("hsmId"), "hsm-1".into()),
                    (Cow::Borrowed("zones"), Value::List(vec!["a".into()])),
                ]),
            ),
            (Cow::Borrowed("maxResults"), Value::Number(5)),
        ];
        assert_eq!(fields(&shape), expected);
        assert_eq!(fields(&5), Fields::new());
    }
}
