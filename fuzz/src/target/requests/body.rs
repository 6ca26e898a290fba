//! Bodies: objects of the members that requests have, with values that were seen, that are usual, or that are neither.

use std::collections::BTreeSet;

use serde_json::{Map, Number, Value};

use crate::input::Input;

/// How deep values lie in values.
const MOST_NESTED: usize = 3;

/// The members of all requests.
const MEMBERS: &[&str] = &[
    "KeyId",
    "CustomKeyStoreId",
    "ClusterId",
    "BackupId",
    "HsmId",
    "CiphertextBlob",
    "Plaintext",
    "EncryptionContext",
    "EncryptionAlgorithm",
    "SourceKeyId",
    "DestinationKeyId",
    "SourceEncryptionContext",
    "DestinationEncryptionContext",
    "KeySpec",
    "NumberOfBytes",
    "GrantTokens",
    "DryRun",
    "DryRunModifiers",
    "Recipient",
    "AliasName",
    "TargetKeyId",
    "CustomKeyStoreName",
    "NewCustomKeyStoreName",
    "CloudHsmClusterId",
    "KeyStorePassword",
    "TrustAnchorCertificate",
    "CustomKeyStoreType",
    "XksProxyUriEndpoint",
    "XksProxyUriPath",
    "XksProxyConnectivity",
    "XksProxyAuthenticationCredential",
    "XksKeyId",
    "KeyUsage",
    "CustomerMasterKeySpec",
    "Origin",
    "Policy",
    "Tags",
    "MultiRegion",
    "BypassPolicyLockoutSafetyCheck",
    "Description",
    "PendingWindowInDays",
    "Limit",
    "Marker",
    "NextToken",
    "MaxResults",
    "Filters",
    "SortAscending",
    "Shared",
    "HsmType",
    "SubnetIds",
    "SourceBackupId",
    "NetworkType",
    "Mode",
    "TagList",
    "TagKeyList",
    "ResourceId",
    "ResourceArn",
    "BackupRetentionPolicy",
    "AvailabilityZone",
    "IpAddress",
    "EniId",
    "EniIp",
    "SignedCert",
    "TrustAnchor",
    "DestinationRegion",
    "NeverExpires",
    "StartTime",
    "EndTime",
    "LookupAttributes",
    "EventCategory",
];

/// The members of what lies inside.
const INNER: &[&str] = &[
    "TagKey",
    "TagValue",
    "Key",
    "Value",
    "Type",
    "AttributeKey",
    "AttributeValue",
    "clusterIds",
    "states",
    "AccessKeyId",
];

/// Texts that mean something.
const TEXTS: &[&str] = &[
    "",
    "alias/demo",
    "alias/aws/x",
    "arn:aws:kms:us-east-1:111122223333:alias/demo",
    "kmsPswd1",
    "aGVsbG8=",
    "AES_256",
    "ENCRYPT_DECRYPT",
    "SYMMETRIC_DEFAULT",
    "AWS_CLOUDHSM",
    "AWS_KMS",
    "EXTERNAL_KEY_STORE",
    "hsm1.medium",
    "hsm2m.medium",
    "FIPS",
    "NON_FIPS",
    "IPV4",
    "us-east-1a",
    "us-west-2",
    "DAYS",
    "7",
    "EventName",
    "ACTIVE",
    "{\"Version\":\"2012-10-17\",\"Statement\":[]}",
    "1440938160",
];

/// The bytes of an object.
pub(super) fn json(input: &mut Input<'_>, texts: &BTreeSet<String>) -> Vec<u8> {
    object(input, texts, MEMBERS, 0).to_string().into_bytes()
}

fn object(input: &mut Input<'_>, texts: &BTreeSet<String>, names: &[&str], depth: usize) -> Value {
    let members = (0..input.below(8)).map(|_| {
        let name = if input.rarely(32) { text(input, texts) } else { input.pick(names).unwrap_or_default().to_owned() };
        (name, value(input, texts, depth))
    });
    Value::Object(members.collect::<Map<_, _>>())
}

fn value(input: &mut Input<'_>, texts: &BTreeSet<String>, depth: usize) -> Value {
    match input.below(16) {
        0 => Value::Null,
        1 => Value::Bool(input.flag()),
        2 => Value::from(input.number()),
        3 => Value::from(input.below(40)),
        4 => Number::from_f64(f64::from_bits(input.number())).map_or(Value::Null, Value::Number),
        5 | 6 if depth < MOST_NESTED => (0..input.below(4)).map(|_| value(input, texts, depth + 1)).collect(),
        7 | 8 if depth < MOST_NESTED => object(input, texts, INNER, depth + 1),
        _ => Value::String(text(input, texts)),
    }
}

fn text(input: &mut Input<'_>, texts: &BTreeSet<String>) -> String {
    let seen = input.below(texts.len());
    match input.below(8) {
        0 => String::from_utf8_lossy(&input.bytes(80)).into_owned(),
        1 | 2 => input.pick(TEXTS).unwrap_or_default().to_owned(),
        3 => {
            // One that was seen, with a byte of it changed.
            let mut text = texts.iter().nth(seen).cloned().unwrap_or_default().into_bytes();
            let at = input.below(text.len());
            text.get_mut(at).into_iter().for_each(|byte| *byte = input.byte());
            String::from_utf8_lossy(&text).into_owned()
        }
        _ => texts.iter().nth(seen).cloned().unwrap_or_default(),
    }
}
