//! The keys of a run and the requests made with them beforehand.

use serde_json::{Value, json};

use super::caller::{Caller, Request, blob};
use super::operation::{Operation, Row, Usage};
use crate::error::{Error, Result};
use crate::plan::Plan;
use crate::target::Stop;

/// A key and what it is for.
#[derive(Debug, Clone)]
pub(super) struct Key {
    id: String,
    usage: Usage,
    /// The first of its algorithms, of keys that sign or make MACs.
    algorithm: Option<String>,
}

impl Key {
    /// From the API's KeyMetadata.
    fn of(action: &'static str, answer: &Value) -> Result<Self> {
        let missing = |member| Error::Answer { action, member };
        let metadata = &answer["KeyMetadata"];
        let usage = metadata["KeyUsage"].as_str().unwrap_or(Usage::Encrypt.name());
        let usage = Usage::ALL.into_iter().find(|known| known.name() == usage).ok_or(missing("a known KeyUsage"))?;
        let algorithms = match usage {
            Usage::Encrypt => &Value::Null,
            Usage::Sign => &metadata["SigningAlgorithms"],
            Usage::Mac => &metadata["MacAlgorithms"],
        };
        Ok(Self {
            id: metadata["Arn"].as_str().or(metadata["KeyId"].as_str()).ok_or(missing("KeyMetadata"))?.to_owned(),
            usage,
            algorithm: algorithms[0].as_str().map(str::to_owned),
        })
    }
}

/// Finds the keys that exist already.
pub(super) fn existing(caller: &mut Caller, ids: &[String], stop: &Stop) -> Result<Vec<Key>> {
    let mut keys = Vec::new();
    for id in ids {
        stop.check()?;
        keys.push(Key::of("DescribeKey", &caller.ask("DescribeKey", &json!({ "KeyId": id }))?)?);
    }
    Ok(keys)
}

/// Makes new keys and notes each in `made` as soon as it exists.
pub(super) struct Maker<'a> {
    pub(super) caller: &'a mut Caller,
    pub(super) label: &'a str,
    pub(super) store: Option<&'a str>,
    pub(super) made: &'a mut Vec<String>,
    pub(super) stop: &'a Stop,
}

impl Maker<'_> {
    pub(super) fn make(&mut self, plan: &Plan, rows: &[Row]) -> Result<Vec<Key>> {
        let mut keys = Vec::new();
        for usage in Usage::ALL.into_iter().filter(|usage| rows.iter().any(|row| row.usage == Some(*usage))) {
            for _ in 0..plan.keys {
                self.stop.check()?;
                let mut body = json!({ "Description": self.label });
                if usage != Usage::Encrypt {
                    body["KeySpec"] = usage.spec().into();
                    body["KeyUsage"] = usage.name().into();
                }
                if let Some(store) = self.store {
                    body["Origin"] = "AWS_CLOUDHSM".into();
                    body["CustomKeyStoreId"] = store.into();
                }
                let key = Key::of("CreateKey", &self.caller.ask("CreateKey", &body)?)?;
                self.made.push(key.id.clone());
                keys.push(key);
            }
        }
        Ok(keys)
    }
}

/// The requests of one operation: by key, then by size. Operations without payload or key have one for all.
pub(super) type Requests = Vec<Vec<Request>>;

/// Makes the requests of an operation, with what they need from the endpoint beforehand.
pub(super) fn requests(caller: &mut Caller, plan: &Plan, row: &Row, keys: &[Key], stop: &Stop) -> Result<Requests> {
    let sizes = match row.largest {
        Some(_) => plan.sizes.bytes(),
        None => &[0],
    };
    let Some(usage) = row.usage else {
        return Ok(vec![
            sizes.iter().map(|size| Request::new(row.action, &without_key(row.operation, *size))).collect(),
        ]);
    };
    let mut requests = Vec::new();
    for key in keys.iter().filter(|key| key.usage == usage) {
        let mut of_key = Vec::new();
        for size in sizes {
            stop.check()?;
            of_key.push(Request::new(row.action, &with_key(caller, row.operation, key, *size)?));
        }
        requests.push(of_key);
    }
    if requests.is_empty() {
        return Err(Error::Plan(format!("{} needs a key whose KeyUsage is {}", row.action, usage.name())));
    }
    Ok(requests)
}

fn without_key(operation: Operation, size: usize) -> Value {
    match operation {
        Operation::GenerateRandom => json!({ "NumberOfBytes": size }),
        _ => json!({ "Limit": 100 }),
    }
}

fn with_key(caller: &mut Caller, operation: Operation, key: &Key, size: usize) -> Result<Value> {
    let (id, algorithm) = (&key.id, &key.algorithm);
    let data = blob(&vec![0xa5; size]);
    let mut member = |action: &'static str, body: &Value, member: &'static str| -> Result<Value> {
        let answer = caller.ask(action, body)?;
        answer.get(member).cloned().ok_or(Error::Answer { action, member })
    };
    Ok(match operation {
        Operation::Encrypt => json!({ "KeyId": id, "Plaintext": data }),
        Operation::Decrypt => {
            let sealed = member("Encrypt", &json!({ "KeyId": id, "Plaintext": data }), "CiphertextBlob")?;
            json!({ "KeyId": id, "CiphertextBlob": sealed })
        }
        Operation::ReEncrypt => {
            let sealed = member("Encrypt", &json!({ "KeyId": id, "Plaintext": data }), "CiphertextBlob")?;
            json!({ "SourceKeyId": id, "DestinationKeyId": id, "CiphertextBlob": sealed })
        }
        Operation::GenerateDataKey | Operation::GenerateDataKeyWithoutPlaintext => {
            json!({ "KeyId": id, "KeySpec": "AES_256" })
        }
        Operation::Sign => json!({ "KeyId": id, "Message": data, "SigningAlgorithm": algorithm }),
        Operation::Verify => {
            let mut body = json!({ "KeyId": id, "Message": data, "SigningAlgorithm": algorithm });
            body["Signature"] = member("Sign", &body, "Signature")?;
            body
        }
        Operation::GenerateMac => json!({ "KeyId": id, "Message": data, "MacAlgorithm": algorithm }),
        Operation::VerifyMac => {
            let mut body = json!({ "KeyId": id, "Message": data, "MacAlgorithm": algorithm });
            body["Mac"] = member("GenerateMac", &body, "Mac")?;
            body
        }
        Operation::DescribeKey => json!({ "KeyId": id }),
        Operation::GenerateRandom | Operation::ListKeys => without_key(operation, size),
    })
}
