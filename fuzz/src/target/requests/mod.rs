//! HTTP requests: any head and any body to any operation, in one world of a cluster, a connected key store and a key.
//!
//! What an operation may not answer is its service's internal failure.

mod body;

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::Duration;

use hsm_sim::{ActiveCluster, Realm, Settings, World};
use hyper::http::request::Parts;
use hyper::http::{HeaderName, HeaderValue, Request};
use kms_store::Kms;
use serde_json::{Value, json};
use server::protocol::{Call, Service};
use server::sigv4::{Authenticator, Mode};
use server::{Backend, ServiceError};
use uuid::Uuid;

use crate::input::Input;

/// Requests of one input.
const MOST_REQUESTS: usize = 8;
/// Inputs after which the world is made anew.
const MOST_INPUTS: usize = 1000;
/// Texts of answers that are remembered.
const MOST_TEXTS: usize = 300;

const ACCESS_KEY: &str = "AKIDEXAMPLE";
const KMSUSER_PASSWORD: &str = "kmsPswd1";
/// 2015-08-30 12:36:00.
const NOW: i64 = 1_440_938_160;
const AUTHORIZATION: &str = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/kms/aws4_request, \
     SignedHeaders=host;x-amz-date, Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7";

static SERVED: LazyLock<Mutex<Option<Served>>> = LazyLock::new(Mutex::default);

pub(super) fn run(bytes: &[u8]) {
    let mut place = SERVED.lock().unwrap_or_else(PoisonError::into_inner);
    let mut served = match place.take() {
        Some(served) if served.inputs < MOST_INPUTS => served,
        _ => Served::new(),
    };
    served.inputs += 1;
    let mut input = Input::new(bytes);
    for _ in 0..MOST_REQUESTS {
        if input.is_empty() {
            break;
        }
        served.request(&mut input);
    }
    // Only after an input that ended well.
    *place = Some(served);
}

/// The services, and what their answers told so far.
struct Served {
    backend: Backend,
    cluster: ActiveCluster,
    texts: BTreeSet<String>,
    inputs: usize,
}

impl Served {
    fn new() -> Self {
        let world = World::ephemeral().expect("a temporary world can be made");
        let builder = ActiveCluster::builder().nodes(2).kmsuser(KMSUSER_PASSWORD);
        let cluster = builder.build_in(&world, &Realm::default()).expect("a cluster can be made");
        let connect_delay = Duration::ZERO;
        let at_once = world.write(|tx| Settings { connect_delay, ..Settings::load(tx)? }.save(tx));
        at_once.expect("settings can be written");
        let backend = Backend::new(Kms::open(world).expect("the world can be read"));
        let mut served = Self { backend, cluster, texts: BTreeSet::new(), inputs: 0 };
        served.prepare();
        served
    }

    /// A connected key store and a key with a name.
    fn prepare(&mut self) {
        let store = json!({
            "CustomKeyStoreName": "store",
            "CloudHsmClusterId": self.cluster.cluster_id().to_string(),
            "KeyStorePassword": KMSUSER_PASSWORD,
            "TrustAnchorCertificate": self.cluster.trust_anchor(),
        });
        let store = self.must("CreateCustomKeyStore", &store)["CustomKeyStoreId"].clone();
        self.must("ConnectCustomKeyStore", &json!({ "CustomKeyStoreId": store }));
        let key = self.must("CreateKey", &json!({ "CustomKeyStoreId": store, "Origin": "AWS_CLOUDHSM" }));
        let key = &key["KeyMetadata"]["KeyId"];
        self.must("CreateAlias", &json!({ "AliasName": "alias/demo", "TargetKeyId": key }));
        self.must("Encrypt", &json!({ "KeyId": key, "Plaintext": "aGVsbG8=" }));
        for operation in ["DescribeClusters", "DescribeBackups"] {
            self.call(Service::CloudHsm, operation, &head(None), b"{}", Mode::Off).expect("a list can be had");
        }
    }

    fn must(&mut self, operation: &str, body: &Value) -> Value {
        let answer = self.call(Service::Kms, operation, &head(None), body.to_string().as_bytes(), Mode::Off);
        let answer = answer.unwrap_or_else(|error| panic!("{operation}: {error:?}"));
        serde_json::from_slice(&answer).unwrap_or_default()
    }

    fn request(&mut self, input: &mut Input<'_>) {
        let service = input.pick(&[Service::Kms, Service::CloudHsm, Service::CloudTrail]).unwrap_or(Service::Kms);
        let operation = service.rows().get(input.below(service.rows().len())).map_or("", |row| row.name);
        let mode =
            if input.rarely(8) { input.pick(&[Mode::Strict, Mode::Parse]).unwrap_or_default() } else { Mode::Off };
        let head = head(Some(input));
        let body = if input.rarely(8) { input.bytes(300) } else { body::json(input, &self.texts) };
        let answer = self.call(service, operation, &head, &body, mode);
        if let Err(ServiceError::Internal { cause }) = answer {
            panic!("{operation} failed inside: {cause}");
        }
    }

    fn call(
        &mut self,
        service: Service,
        operation: &str,
        head: &Parts,
        body: &[u8],
        mode: Mode,
    ) -> Result<Vec<u8>, ServiceError> {
        let row = service.rows().iter().find(|row| row.name == operation).expect("the operation is in the list");
        let authenticator = Authenticator::new(mode, "us-east-1").with_key(ACCESS_KEY, "secret".into());
        let answer = row.run(&Call {
            backend: &self.backend,
            authenticator: &authenticator,
            head,
            body,
            service,
            now: NOW,
            request_id: Uuid::nil(),
            source_ip: IpAddr::V4(Ipv4Addr::LOCALHOST),
        })?;
        if !answer.is_empty() {
            self.remember(&serde_json::from_slice(&answer).expect("an answer is JSON"));
        }
        Ok(answer.to_vec())
    }

    /// Keeps the texts of an answer: identifiers, tokens, ciphertexts.
    fn remember(&mut self, answer: &Value) {
        match answer {
            Value::String(text) if self.texts.len() < MOST_TEXTS => {
                self.texts.insert(text.clone());
            }
            Value::Array(values) => values.iter().for_each(|value| self.remember(value)),
            Value::Object(members) => members.values().for_each(|value| self.remember(value)),
            _ => {}
        }
    }
}

/// The head of a request, whose signature may be anything.
fn head(input: Option<&mut Input<'_>>) -> Parts {
    let (mut head, ()) = Request::new(()).into_parts();
    let Some(input) = input else { return head };
    let mut set = |name: &'static str, usual: &str, input: &mut Input<'_>| {
        let value = match input.below(4) {
            0 => return,
            1 => input.bytes(120),
            2 => {
                // The usual one with a byte of it changed.
                let mut value = usual.as_bytes().to_vec();
                let at = input.below(value.len());
                value[at] = input.byte();
                value
            }
            _ => usual.as_bytes().to_vec(),
        };
        if let Ok(value) = HeaderValue::from_bytes(&value) {
            head.headers.insert(HeaderName::from_static(name), value);
        }
    };
    set("authorization", AUTHORIZATION, input);
    set("x-amz-date", "20150830T123600Z", input);
    set("date", "Sun, 30 Aug 2015 12:36:00 GMT", input);
    set("host", "127.0.0.1:4599", input);
    set("user-agent", "aws-cli/2", input);
    if let Ok(uri) = String::from_utf8_lossy(&input.bytes(20)).parse() {
        head.uri = uri;
    }
    head
}
