//! CloudTrail LookupEvents: the audit trail of the last 90 days, newest first.

use hsm_sim::SimTime;
use kms_store::{Caller, LookupEvents, LookupKey, RecordedEvent};
use serde::{Deserialize, Serialize};

use crate::protocol::paging::List;
use crate::protocol::shape::{Choice, Text};
use crate::protocol::{Object, Operation, Timestamp, Violations};
use crate::{Backend, ServiceError};

/// The longest page, and the one that is answered unless another is asked for (documented).
const PAGE: usize = 50;

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
            v.required_text("attributeValue", attribute.0.attribute_value.as_ref(), &ATTRIBUTE_VALUE);
        });
        v.choice("eventCategory", self.event_category.as_ref(), &EVENT_CATEGORY);
    }

    fn rules(&self) -> Result<(), ServiceError> {
        let refused = |text| ServiceError::client("InvalidLookupAttributesException", text);
        match self.lookup_attributes.as_deref() {
            None | Some([]) => {}
            Some([Object(attribute)]) => {
                attribute.key().ok_or_else(|| refused("The attribute key is not valid."))?;
            }
            Some(_) => return Err(refused("You can specify only one attribute at a time.")),
        }
        if self.max_results.is_some_and(|max| !(1..=50).contains(&max)) {
            return Err(ServiceError::client("InvalidMaxResultsException", "MaxResults must be from 1 to 50."));
        }
        Ok(())
    }

    fn call(backend: &Backend, caller: &Caller, request: Self) -> Result<Response, ServiceError> {
        let list = List::of(Self::NAME, caller);
        let page = list.page(request.max_results, PAGE, request.next_token.as_deref())?;
        if request.event_category.is_some() {
            // Insights are not simulated.
            return Ok(Response { events: Vec::new(), next_token: None });
        }
        let attribute = request.lookup_attributes.unwrap_or_default().pop().and_then(|Object(attribute)| {
            let key = attribute.key()?;
            Some(kms_store::LookupAttribute { key, value: attribute.attribute_value.unwrap_or_default() })
        });
        let wanted = LookupEvents {
            attribute,
            start: request.start_time.map(SimTime::from),
            end: request.end_time.map(SimTime::from),
        };
        let listed = backend.kms().lookup_events(caller, &wanted, &page)?;
        Ok(Response {
            events: listed.items.into_iter().map(Event::from).collect(),
            next_token: listed.next.map(|last| list.marker(&last)),
        })
    }
}

const ATTRIBUTE_VALUE: Text = Text::of(1, 2000);
const EVENT_CATEGORY: Choice = Choice(&["insight"]);

/// What an event must have to be shown.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct LookupAttribute {
    pub attribute_key: Option<String>,
    pub attribute_value: Option<String>,
}

impl LookupAttribute {
    fn key(&self) -> Option<LookupKey> {
        Some(match self.attribute_key.as_deref()? {
            "EventId" => LookupKey::EventId,
            "EventName" => LookupKey::EventName,
            "ReadOnly" => LookupKey::ReadOnly,
            "Username" => LookupKey::Username,
            "ResourceType" => LookupKey::ResourceType,
            "ResourceName" => LookupKey::ResourceName,
            "EventSource" => LookupKey::EventSource,
            "AccessKeyId" => LookupKey::AccessKeyId,
            _ => return None,
        })
    }
}

/// An event; the whole record is JSON in a string.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Event {
    pub event_id: String,
    pub event_name: String,
    pub read_only: &'static str,
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

impl From<RecordedEvent> for Event {
    fn from(event: RecordedEvent) -> Self {
        let resource = |(resource_type, resource_name)| Resource { resource_type, resource_name };
        Self {
            event_id: event.id,
            event_name: event.name,
            read_only: if event.read_only { "true" } else { "false" },
            access_key_id: event.access_key_id,
            event_time: event.time.into(),
            event_source: event.source,
            username: event.user_name,
            resources: event.resources.into_iter().map(resource).collect(),
            cloud_trail_event: event.document,
        }
    }
}
