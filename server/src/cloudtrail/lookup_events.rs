//! CloudTrail LookupEvents: the audit trail of the last 90 days, newest first.

use serde::{Deserialize, Serialize};

use crate::protocol::shape::{Choice, Text};
use crate::protocol::{Object, Operation, Timestamp, Violations};
use crate::{Backend, Caller, ServiceError};

/// What LookupEvents takes.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Request {
    pub lookup_attributes: Option<Vec<Object<LookupAttribute>>>,
    pub start_time: Option<Timestamp>,
    pub end_time: Option<Timestamp>,
    pub event_category: Option<String>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
}

/// What LookupEvents answers.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Response {
    pub events: Vec<Event>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

impl Operation for Request {
    const NAME: &'static str = "LookupEvents";
    type Response = Response;

    fn validate(&self, v: &mut Violations) {
        v.each("lookupAttributes", self.lookup_attributes.as_ref(), |attribute, v| {
            v.required("attributeKey", attribute.0.attribute_key.as_ref());
            v.choice("attributeKey", attribute.0.attribute_key.as_ref(), &ATTRIBUTE_KEY);
            v.required_text("attributeValue", attribute.0.attribute_value.as_ref(), &ATTRIBUTE_VALUE);
        });
        v.choice("eventCategory", self.event_category.as_ref(), &EVENT_CATEGORY);
    }

    fn rules(&self) -> Result<(), ServiceError> {
        if self.lookup_attributes.as_ref().is_some_and(|attributes| attributes.len() > 1) {
            return Err(ServiceError::client(
                "InvalidLookupAttributesException",
                "You can specify only one attribute at a time.",
            ));
        }
        if self.max_results.is_some_and(|max| !(1..=50).contains(&max)) {
            return Err(ServiceError::client("InvalidMaxResultsException", "MaxResults must be from 1 to 50."));
        }
        match (self.start_time, self.end_time) {
            (Some(start), Some(end)) if start > end => {
                Err(ServiceError::client("InvalidTimeRangeException", "StartTime must not be later than EndTime."))
            }
            _ => Ok(()),
        }
    }

    fn call(_backend: &Backend, _caller: &Caller, _request: Self) -> Result<Response, ServiceError> {
        Err(ServiceError::UnknownOperation)
    }
}

const ATTRIBUTE_KEY: Choice = Choice(&[
    "EventId",
    "EventName",
    "ReadOnly",
    "Username",
    "ResourceType",
    "ResourceName",
    "EventSource",
    "AccessKeyId",
]);
const ATTRIBUTE_VALUE: Text = Text::of(1, 2000);
const EVENT_CATEGORY: Choice = Choice(&["insight"]);

/// What an event must have to be shown.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct LookupAttribute {
    pub attribute_key: Option<String>,
    pub attribute_value: Option<String>,
}

/// An event; the whole record is JSON in a string.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Event {
    pub event_id: String,
    pub event_name: String,
    pub read_only: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_key_id: Option<String>,
    pub event_time: Timestamp,
    pub event_source: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    pub resources: Vec<Resource>,
    pub cloud_trail_event: String,
}

/// What an event was about.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Resource {
    pub resource_type: String,
    pub resource_name: String,
}
