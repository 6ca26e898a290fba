//! What each operation answers for each state of a key: the table of the guide's page "Key states", for keys in a CloudHSM key store.

use serde_json::{Value, json};

use crate::support::{Http, Options, Sim, until};

/// The state that a test puts a key into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Enabled,
    Disabled,
    PendingDeletion,
    /// Of an enabled key.
    Unavailable,
    /// Of a disabled key.
    DisabledAndUnavailable,
}

use State::{Disabled, DisabledAndUnavailable, Enabled, PendingDeletion, Unavailable};

const STATES: [State; 5] = [Enabled, Disabled, PendingDeletion, Unavailable, DisabledAndUnavailable];

/// What a call answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    Fine,
    /// `DisabledException`, `<arn> is disabled.`
    IsDisabled,
    /// `KMSInvalidStateException`, `<arn> is pending deletion.`
    IsPending,
    /// `KMSInvalidStateException`, `<arn> is not pending deletion.`
    IsNotPending,
    /// `KMSInvalidStateException`, `<arn> is unavailable.`
    IsUnavailable,
}

use Answer::{Fine, IsDisabled, IsNotPending, IsPending, IsUnavailable};

impl Answer {
    fn expected(self, arn: &str) -> Option<(&'static str, String)> {
        let invalid = |what: &str| Some(("KMSInvalidStateException", format!("{arn} is {what}.")));
        match self {
            Fine => None,
            IsDisabled => Some(("DisabledException", format!("{arn} is disabled."))),
            IsPending => invalid("pending deletion"),
            IsNotPending => invalid("not pending deletion"),
            IsUnavailable => invalid("unavailable"),
        }
    }
}

/// Operation and its answers in the order of [`STATES`].
const TABLE: [(&str, [Answer; 5]); 13] = [
    ("CancelKeyDeletion", [IsNotPending, IsNotPending, Fine, IsNotPending, IsNotPending]),
    ("CreateAlias", [Fine, Fine, IsPending, Fine, Fine]),
    ("UpdateAlias", [Fine, Fine, IsPending, Fine, Fine]),
    ("Encrypt", [Fine, IsDisabled, IsPending, IsUnavailable, IsUnavailable]),
    ("Decrypt", [Fine, IsDisabled, IsPending, IsUnavailable, IsUnavailable]),
    ("ReEncrypt", [Fine, IsDisabled, IsPending, IsUnavailable, IsUnavailable]),
    ("GenerateDataKey", [Fine, IsDisabled, IsPending, IsUnavailable, IsUnavailable]),
    ("GenerateDataKeyWithoutPlaintext", [Fine, IsDisabled, IsPending, IsUnavailable, IsUnavailable]),
    ("DescribeKey", [Fine; 5]),
    ("DisableKey", [Fine, Fine, IsPending, Fine, Fine]),
    ("EnableKey", [Fine, Fine, IsPending, Fine, Fine]),
    ("ListAliases", [Fine; 5]),
    ("ScheduleKeyDeletion", [Fine, Fine, IsPending, Fine, Fine]),
];

struct Key {
    arn: String,
    blob: Value,
    state: State,
}

/// Keys in each state, one for each operation, then each operation on its keys.
#[test]
fn operations_by_state() {
    let sim = Sim::new();
    let mut http = sim.http();
    let mut keys: Vec<Vec<Key>> = Vec::new();
    for _ in TABLE {
        keys.push(STATES.iter().map(|state| make(&mut http, sim.store(), *state)).collect());
    }
    let plain = http.kms("CreateKey", &json!({})).ok()["KeyMetadata"]["Arn"].take();
    let blob = http.kms("Encrypt", &json!({ "KeyId": plain, "Plaintext": "aGVsbG8=" })).ok()["CiphertextBlob"].take();
    http.kms("CreateAlias", &json!({ "AliasName": "alias/moving", "TargetKeyId": sim.key() })).ok();
    let mut wrong = Vec::new();
    for connected in [true, false] {
        if !connected {
            disconnect(&mut http, sim.store());
        }
        for ((operation, answers), keys) in TABLE.iter().zip(&keys) {
            for (answer, key) in answers.iter().zip(keys) {
                let away = matches!(key.state, Unavailable | DisabledAndUnavailable);
                if away == connected {
                    continue;
                }
                let reply = http.kms(operation, &request(operation, key, &blob));
                let found =
                    reply.error().map(|error| (error, reply.json()["message"].as_str().unwrap_or_default().to_owned()));
                let expected = answer.expected(&key.arn).map(|(error, message)| (error.to_owned(), message));
                if found != expected {
                    wrong.push(format!(
                        "{operation} of a key that is {:?}: expected {expected:?}, found {found:?}",
                        key.state
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn make(http: &mut Http, store: &str, state: State) -> Key {
    let made = http.kms("CreateKey", &json!({ "Origin": "AWS_CLOUDHSM", "CustomKeyStoreId": store })).ok();
    let arn = made["KeyMetadata"]["Arn"].as_str().expect("an ARN").to_owned();
    let blob = http.kms("Encrypt", &json!({ "KeyId": arn, "Plaintext": "aGVsbG8=" })).ok()["CiphertextBlob"].take();
    match state {
        Enabled | Unavailable => {}
        Disabled | DisabledAndUnavailable => drop(http.kms("DisableKey", &json!({ "KeyId": arn })).ok()),
        PendingDeletion => drop(http.kms("ScheduleKeyDeletion", &json!({ "KeyId": arn })).ok()),
    }
    Key { arn, blob, state }
}

fn request(operation: &str, key: &Key, foreign_blob: &Value) -> Value {
    let arn = &key.arn;
    match operation {
        "CreateAlias" => json!({ "AliasName": format!("alias/{:?}", key.state), "TargetKeyId": arn }),
        "UpdateAlias" => json!({ "AliasName": "alias/moving", "TargetKeyId": arn }),
        "Encrypt" => json!({ "KeyId": arn, "Plaintext": "aGVsbG8=" }),
        "Decrypt" => json!({ "CiphertextBlob": key.blob }),
        "ReEncrypt" => json!({ "CiphertextBlob": foreign_blob, "DestinationKeyId": arn }),
        "GenerateDataKey" | "GenerateDataKeyWithoutPlaintext" => json!({ "KeyId": arn, "KeySpec": "AES_256" }),
        _ => json!({ "KeyId": arn }),
    }
}

fn disconnect(http: &mut Http, store: &str) {
    http.kms("DisconnectCustomKeyStore", &json!({ "CustomKeyStoreId": store })).ok();
    until("the key store is DISCONNECTED", || {
        let shown = http.kms("DescribeCustomKeyStores", &json!({ "CustomKeyStoreId": store })).ok();
        shown["CustomKeyStores"][0]["ConnectionState"] == "DISCONNECTED"
    });
}

fn visible(http: &mut Http, arn: &str) -> String {
    http.kms("DescribeKey", &json!({ "KeyId": arn })).ok()["KeyMetadata"]["KeyState"]
        .as_str()
        .expect("a state")
        .to_owned()
}

/// A cancelled deletion leaves a disabled key, also while the store is disconnected (seed 004).
#[test]
fn cancelled_while_disconnected() {
    let sim = Sim::new();
    let mut http = sim.http();
    let key = make(&mut http, sim.store(), PendingDeletion);
    disconnect(&mut http, sim.store());
    assert_eq!(visible(&mut http, &key.arn), "PendingDeletion");
    let answer = http.kms("CancelKeyDeletion", &json!({ "KeyId": key.arn })).ok();
    assert_eq!(answer["KeyId"], *key.arn);
    assert_eq!(visible(&mut http, &key.arn), "Unavailable");
    http.kms("ConnectCustomKeyStore", &json!({ "CustomKeyStoreId": sim.store() })).ok();
    until("the key is Disabled", || visible(&mut http, &key.arn) == "Disabled");
    http.kms("EnableKey", &json!({ "KeyId": key.arn })).ok();
    assert_eq!(http.kms("Decrypt", &json!({ "CiphertextBlob": key.blob })).ok()["Plaintext"], "aGVsbG8=");
}

/// After the waiting period nothing of a key is left, and its ciphertexts refer to nothing.
#[test]
fn deleted() {
    let sim = Sim::start(&Options::ephemeral());
    let mut http = sim.http();
    let key = make(&mut http, sim.store(), Enabled);
    http.kms("CreateAlias", &json!({ "AliasName": "alias/doomed", "TargetKeyId": key.arn })).ok();
    let scheduled = http.kms("ScheduleKeyDeletion", &json!({ "KeyId": key.arn, "PendingWindowInDays": 7 })).ok();
    let shown = http.kms("DescribeKey", &json!({ "KeyId": key.arn })).ok();
    assert_eq!(shown["KeyMetadata"]["DeletionDate"], scheduled["DeletionDate"], "{shown}");
    sim.clock_advance("167h");
    assert_eq!(visible(&mut http, &key.arn), "PendingDeletion");
    sim.clock_advance("1h");
    for name in [key.arn.as_str(), "alias/doomed"] {
        assert_eq!(
            http.kms("DescribeKey", &json!({ "KeyId": name })).error().as_deref(),
            Some("NotFoundException"),
            "{name}"
        );
    }
    let reply = http.kms("Decrypt", &json!({ "CiphertextBlob": key.blob }));
    assert_eq!(reply.error().as_deref(), Some("AccessDeniedException"), "{}", reply.json());
    assert!(!http.kms("ListKeys", &json!({})).ok().to_string().contains(&key.arn));
}
