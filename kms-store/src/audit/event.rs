//! One audit record, and the CloudTrail document that it becomes (documented).

use std::borrow::Cow;

use hsm_sim::{Realm, SimTime};
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use crate::arn::partition;
use crate::audit::value::{Fields, Value, fields_to_json};
use crate::caller::Caller;
use crate::error::Error;

/// The event source of this service.
pub const KMS_SOURCE: &str = "kms.amazonaws.com";

/// What happened, as far as the operation itself knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call<'a> {
    /// The service, such as `kms.amazonaws.com`.
    #[serde(borrow)]
    pub source: Cow<'a, str>,
    /// The operation.
    pub name: Cow<'a, str>,
    /// Whether it changes nothing.
    pub read_only: bool,
    /// `requestParameters`, without anything secret.
    pub request: Fields<'a>,
    /// `responseElements`, without anything secret.
    pub response: Fields<'a>,
    /// `additionalEventData`.
    pub extra: Fields<'a>,
    /// The resources concerned. `None` leaves the member out (key store operations).
    pub resources: Option<Vec<Resource<'a>>>,
    /// Exception and text of a refusal.
    pub error: Option<(Cow<'a, str>, Cow<'a, str>)>,
}

/// A resource that an event concerns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resource<'a> {
    /// Such as `AWS::KMS::Key`.
    #[serde(borrow)]
    pub kind: Cow<'a, str>,
    /// Its ARN or name.
    pub name: Cow<'a, str>,
}

impl<'a> Call<'a> {
    /// A call of this service that changes something.
    pub fn mutating(name: &'a str) -> Self {
        Self::new(KMS_SOURCE, name, false)
    }

    /// A call of this service that only reads or computes.
    pub fn reading(name: &'a str) -> Self {
        Self::new(KMS_SOURCE, name, true)
    }

    /// A call of any service.
    pub fn new(source: &'a str, name: &'a str, read_only: bool) -> Self {
        Self {
            source: Cow::Borrowed(source),
            name: Cow::Borrowed(name),
            read_only,
            request: Vec::new(),
            response: Vec::new(),
            extra: Vec::new(),
            resources: None,
            error: None,
        }
    }

    /// Adds a request parameter.
    #[must_use]
    pub fn with(mut self, name: &'a str, value: impl Into<Value<'a>>) -> Self {
        self.request.push((Cow::Borrowed(name), value.into()));
        self
    }

    /// Adds a request parameter if it was given.
    #[must_use]
    pub fn with_some(self, name: &'a str, value: Option<impl Into<Value<'a>>>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// Adds a response element.
    pub fn respond(&mut self, name: &'a str, value: impl Into<Value<'a>>) {
        self.response.push((Cow::Borrowed(name), value.into()));
    }

    /// Adds an additional datum.
    pub fn note(&mut self, name: &'a str, value: impl Into<Value<'a>>) {
        self.extra.push((Cow::Borrowed(name), value.into()));
    }

    /// Adds a KMS key to the resources.
    pub fn key(&mut self, arn: impl Into<Cow<'a, str>>) {
        let key = Resource { kind: Cow::Borrowed("AWS::KMS::Key"), name: arn.into() };
        self.resources.get_or_insert_default().push(key);
    }

    pub(crate) fn fail(&mut self, error: &Error) {
        self.response.clear();
        self.error = Some((Cow::Borrowed(error.exception()), Cow::Owned(error.message().unwrap_or_default())));
    }
}

/// Who made the call; the service itself makes some.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Author<'a> {
    /// A client.
    Client {
        #[serde(borrow)]
        access_key_id: Cow<'a, str>,
        request_id: Cow<'a, str>,
        source_ip: Cow<'a, str>,
        user_agent: Cow<'a, str>,
    },
    /// KMS, in a timed job.
    Service,
}

impl<'a> From<&'a Caller> for Author<'a> {
    fn from(caller: &'a Caller) -> Self {
        Self::Client {
            access_key_id: Cow::Borrowed(&caller.access_key_id),
            request_id: Cow::Borrowed(&caller.request_id),
            source_ip: Cow::Borrowed(&caller.source_ip),
            user_agent: Cow::Borrowed(&caller.user_agent),
        }
    }
}

/// An audit record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Event<'a> {
    /// When, on the simulated clock.
    pub(crate) time: SimTime,
    /// By whom.
    #[serde(borrow)]
    pub(crate) author: Author<'a>,
    /// What.
    pub(crate) call: Call<'a>,
}

/// An audit record as LookupEvents lists it (CloudTrail Event).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedEvent {
    /// `EventId`, a UUID.
    pub id: String,
    /// `EventName`.
    pub name: String,
    /// `EventTime`.
    pub time: SimTime,
    /// `EventSource`.
    pub source: String,
    /// `ReadOnly`.
    pub read_only: bool,
    /// `Username`.
    pub user_name: Option<String>,
    /// `AccessKeyId`.
    pub access_key_id: Option<String>,
    /// `Resources`: pairs of type and name.
    pub resources: Vec<(String, String)>,
    /// `CloudTrailEvent`: the record as a JSON document.
    pub document: String,
}

impl Event<'_> {
    pub(crate) fn user_name(&self) -> Option<&str> {
        match &self.author {
            Author::Client { access_key_id, .. } => Some(access_key_id),
            Author::Service => None,
        }
    }

    pub(crate) fn into_recorded(self, id: Uuid, realm: &Realm) -> RecordedEvent {
        let document = self.document(id, realm);
        let user_name = self.user_name().map(str::to_owned);
        let resources = self.call.resources.unwrap_or_default();
        RecordedEvent {
            id: id.to_string(),
            name: self.call.name.into_owned(),
            time: self.time,
            source: self.call.source.into_owned(),
            read_only: self.call.read_only,
            access_key_id: user_name.clone(),
            user_name,
            resources: resources.into_iter().map(|r| (r.kind.into_owned(), r.name.into_owned())).collect(),
            document,
        }
    }

    fn document(&self, id: Uuid, realm: &Realm) -> String {
        let account = realm.account();
        let or_null =
            |fields: &Fields<'_>| if fields.is_empty() { serde_json::Value::Null } else { fields_to_json(fields) };
        let mut document = json!({
            "eventVersion": "1.08",
            "eventTime": whole_seconds(self.time),
            "eventSource": self.call.source,
            "eventName": self.call.name,
            "awsRegion": realm.region(),
            "requestParameters": or_null(&self.call.request),
            "responseElements": or_null(&self.call.response),
            "eventID": id.to_string(),
            "readOnly": self.call.read_only,
            "managementEvent": true,
            "recipientAccountId": account,
            "eventCategory": "Management",
        });
        match &self.author {
            Author::Client { access_key_id, request_id, source_ip, user_agent } => {
                document["userIdentity"] = json!({
                    "type": "IAMUser",
                    "principalId": access_key_id,
                    "arn": format!("arn:{}:iam::{account}:user/{access_key_id}", partition(realm)),
                    "accountId": account,
                    "accessKeyId": access_key_id,
                    "userName": access_key_id,
                });
                document["sourceIPAddress"] = source_ip.as_ref().into();
                document["userAgent"] = user_agent.as_ref().into();
                document["requestID"] = request_id.as_ref().into();
                document["eventType"] = "AwsApiCall".into();
            }
            Author::Service => {
                document["userIdentity"] = json!({ "accountId": account, "invokedBy": "AWS Internal" });
                document["sourceIPAddress"] = "AWS Internal".into();
                document["userAgent"] = "AWS Internal".into();
                document["eventType"] = "AwsServiceEvent".into();
            }
        }
        if let Some((code, text)) = &self.call.error {
            document["errorCode"] = code.as_ref().into();
            document["errorMessage"] = text.as_ref().into();
        }
        if !self.call.extra.is_empty() {
            document["additionalEventData"] = fields_to_json(&self.call.extra);
        }
        if let Some(resources) = &self.call.resources {
            document["resources"] = resources
                .iter()
                .map(|resource| json!({ "accountId": account, "type": resource.kind, "ARN": resource.name }))
                .collect();
        }
        document.to_string()
    }
}

/// `2021-10-21T20:17:32Z`.
fn whole_seconds(time: SimTime) -> String {
    let text = SimTime::from_millis(time.seconds() * 1000).to_string();
    text.replace(".000Z", "Z")
}

/// `Oct 14, 2021, 5:39:50 PM`, as dates inside records print (documented).
pub(crate) fn long_date(time: SimTime) -> String {
    let format = time::macros::format_description!(
        "[month repr:short] [day padding:none], [year], [hour repr:12 padding:none]:[minute]:[second] [period]"
    );
    time::OffsetDateTime::from_unix_timestamp(time.seconds())
        .ok()
        .and_then(|date| date.format(&format).ok())
        .unwrap_or_else(|| time.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        let time = SimTime::from_millis(1_634_233_190_917);
        assert_eq!(long_date(time), "Oct 14, 2021, 5:39:50 PM");
        assert_eq!(whole_seconds(time), "2021-10-14T17:39:50Z");
    }
}
