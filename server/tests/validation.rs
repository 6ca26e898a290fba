//! The shape of each operation's request: texts of violations, and that no JSON whatever makes a panic.

mod common;

use common::TestServer;
use hsm_sim_server::protocol::Service;
use proptest::prelude::*;
use serde_json::{Value, json};

struct Case {
    target: &'static str,
    body: Value,
    message: &'static str,
}

fn kms(operation: &'static str, body: Value, message: &'static str) -> Case {
    Case { target: operation, body, message }
}

#[test]
fn kms_texts() {
    let server = TestServer::start();
    let long_tag = "v".repeat(257);
    let cases = [
        kms(
            "GenerateRandom",
            json!({"NumberOfBytes": 0}),
            "1 validation error detected: Value '0' at 'numberOfBytes' failed to satisfy constraint: Member must have value greater than or equal to 1",
        ),
        kms(
            "GenerateRandom",
            json!({"NumberOfBytes": 1025}),
            "1 validation error detected: Value '1025' at 'numberOfBytes' failed to satisfy constraint: Member must have value less than or equal to 1024",
        ),
        kms("GenerateRandom", json!({}), "NumberOfBytes is required."),
        kms(
            "CreateKey",
            json!({"KeyUsage": "RANDOM"}),
            "1 validation error detected: Value 'RANDOM' at 'keyUsage' failed to satisfy constraint: Member must satisfy enum value set: [SIGN_VERIFY, ENCRYPT_DECRYPT, GENERATE_VERIFY_MAC, KEY_AGREEMENT]",
        ),
        kms(
            "CreateKey",
            json!({"Tags": [{"TagKey": "a"}]}),
            "1 validation error detected: Value null at 'tags.1.member.tagValue' failed to satisfy constraint: Member must not be null",
        ),
        kms(
            "Encrypt",
            json!({"KeyId": "k"}),
            "1 validation error detected: Value null at 'plaintext' failed to satisfy constraint: Member must not be null",
        ),
        kms(
            "Encrypt",
            json!({"KeyId": "k", "Plaintext": ""}),
            "1 validation error detected: Value at 'plaintext' failed to satisfy constraint: Member must have length greater than or equal to 1",
        ),
        kms(
            "Encrypt",
            json!({"KeyId": "", "Plaintext": "AA=="}),
            "1 validation error detected: Value '' at 'keyId' failed to satisfy constraint: Member must have length greater than or equal to 1",
        ),
        kms(
            "Decrypt",
            json!({}),
            "1 validation error detected: Value null at 'ciphertextBlob' failed to satisfy constraint: Member must not be null",
        ),
        kms(
            "Decrypt",
            json!({"DryRunModifiers": ["IGNORE_CIPHERTEXT"], "KeyId": "k"}),
            "DryRunModifiers are valid only when DryRun is true.",
        ),
        kms(
            "ConnectCustomKeyStore",
            json!({}),
            "1 validation error detected: Value null at 'customKeyStoreId' failed to satisfy constraint: Member must not be null",
        ),
        kms(
            "CreateAlias",
            json!({"AliasName": "alias/a b", "TargetKeyId": null}),
            "2 validation errors detected: Value 'alias/a b' at 'aliasName' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[a-zA-Z0-9:/_-]+$; Value null at 'targetKeyId' failed to satisfy constraint: Member must not be null",
        ),
        kms(
            "CreateAlias",
            json!({"AliasName": "demo", "TargetKeyId": "k"}),
            "Alias must start with the prefix \"alias/\". Please see https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html",
        ),
        kms("GenerateDataKey", json!({"KeyId": "k"}), "Please specify either number of bytes or key spec."),
        kms(
            "GenerateDataKey",
            json!({"KeyId": "k", "KeySpec": "AES_256", "NumberOfBytes": 32}),
            "Please specify either number of bytes or key spec.",
        ),
        kms(
            "ScheduleKeyDeletion",
            json!({"KeyId": "k", "PendingWindowInDays": 3}),
            "1 validation error detected: Value '3' at 'pendingWindowInDays' failed to satisfy constraint: Member must have value greater than or equal to 7",
        ),
        kms(
            "CreateCustomKeyStore",
            json!({"CustomKeyStoreName": "n", "KeyStorePassword": "secret!"}),
            "1 validation error detected: Value at 'keyStorePassword' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9]+",
        ),
        kms(
            "CreateCustomKeyStore",
            json!({"CustomKeyStoreName": "n"}),
            "A custom key store of type AWS_CLOUDHSM requires CloudHsmClusterId, KeyStorePassword, TrustAnchorCertificate.",
        ),
        kms(
            "CreateCustomKeyStore",
            json!({"CustomKeyStoreName": "n", "CustomKeyStoreType": "EXTERNAL_KEY_STORE", "KeyStorePassword": "kmsPswd", "XksProxyConnectivity": "PUBLIC_ENDPOINT", "XksProxyUriEndpoint": "https://xks.example.com", "XksProxyUriPath": "/kms/xks/v1", "XksProxyAuthenticationCredential": {"AccessKeyId": "ABCDE12345670EXAMPLE", "RawSecretAccessKey": "DXjSUawnel2fr6SKC7G25CNxTyWKE5PF9XX6H/u9pSo="}}),
            "A custom key store of type EXTERNAL_KEY_STORE does not take KeyStorePassword.",
        ),
        kms(
            "CreateCustomKeyStore",
            json!({"CustomKeyStoreName": "n", "XksProxyAuthenticationCredential": {"AccessKeyId": "secret"}}),
            "3 validation errors detected: Value at 'xksProxyAuthenticationCredential.accessKeyId' failed to satisfy constraint: Member must have length greater than or equal to 20; Value at 'xksProxyAuthenticationCredential.accessKeyId' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[A-Z0-9]+$; Value null at 'xksProxyAuthenticationCredential.rawSecretAccessKey' failed to satisfy constraint: Member must not be null",
        ),
        kms(
            "DescribeCustomKeyStores",
            json!({"CustomKeyStoreId": "a", "CustomKeyStoreName": "b"}),
            "Specify CustomKeyStoreId or CustomKeyStoreName, not both.",
        ),
        kms(
            "ListAliases",
            json!({"Limit": 101}),
            "1 validation error detected: Value '101' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 100",
        ),
    ];
    for case in cases {
        let answer = server.post(&format!("TrentService.{}", case.target), case.body.to_string().as_bytes());
        assert_eq!(
            (answer.code().as_str(), answer.message().as_str()),
            ("ValidationException", case.message),
            "{}",
            case.target
        );
    }
    let answer = server.post(
        "TrentService.CreateKey",
        json!({"Tags": [{"TagKey": "a", "TagValue": long_tag}]}).to_string().as_bytes(),
    );
    assert_eq!(
        answer.message(),
        format!(
            "1 validation error detected: Value '{long_tag}' at 'tags.1.member.tagValue' failed to satisfy constraint: Member must have length less than or equal to 256"
        )
    );
}

#[test]
fn cloudhsm_texts() {
    let server = TestServer::start();
    let cases = [
        kms(
            "CreateHsm",
            json!({"ClusterId": "c", "AvailabilityZone": "us-east-1a"}),
            "1 validation error detected: Value 'c' at 'clusterId' failed to satisfy constraint: Member must satisfy regular expression pattern: cluster-[0-9a-zA-Z]{11,16}",
        ),
        kms("DeleteHsm", json!({"ClusterId": "cluster-igklspoyj5v"}), "Specify exactly one of HsmId, EniId and EniIp."),
        kms(
            "DescribeClusters",
            json!({"MaxResults": 26}),
            "1 validation error detected: Value '26' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 25",
        ),
        kms(
            "DescribeClusters",
            json!({"Filters": {"colour": ["red"]}}),
            "The filter 'colour' is not known; valid filters are clusterIds, vpcIds, states.",
        ),
        kms(
            "CreateCluster",
            json!({"HsmType": "hsm2m.medium", "SubnetIds": ["a"]}),
            "1 validation error detected: Value '[a]' at 'subnetIds' failed to satisfy constraint: Member must satisfy constraint: [Member must satisfy regular expression pattern: subnet-[0-9a-fA-F]{8,17}]",
        ),
        kms(
            "CreateCluster",
            json!({"HsmType": "hsm2m.medium", "SubnetIds": []}),
            "1 validation error detected: Value '[]' at 'subnetIds' failed to satisfy constraint: Member must have length greater than or equal to 1",
        ),
        kms(
            "CreateCluster",
            json!({"HsmType": "hsm2m.medium", "SubnetIds": ["subnet-49a1bc00"], "BackupRetentionPolicy": {"Type": "DAYS", "Value": "6"}}),
            "BackupRetentionPolicy Value must be from 7 to 379 days.",
        ),
    ];
    for case in cases {
        let answer = server.post(&format!("BaldrApiService.{}", case.target), case.body.to_string().as_bytes());
        assert_eq!(
            (answer.code().as_str(), answer.message().as_str()),
            ("CloudHsmInvalidRequestException", case.message),
            "{}",
            case.target
        );
    }
}

#[test]
fn cloudtrail_errors() {
    let server = TestServer::start();
    let pair = json!({"AttributeKey": "EventName", "AttributeValue": "Encrypt"});
    for (body, code) in [
        (json!({"LookupAttributes": [pair, pair]}), "InvalidLookupAttributesException"),
        (
            json!({"LookupAttributes": [{"AttributeKey": "Colour", "AttributeValue": "red"}]}),
            "InvalidLookupAttributesException",
        ),
        (json!({"LookupAttributes": [{"AttributeValue": "red"}]}), "ValidationException"),
        (json!({"MaxResults": 51}), "InvalidMaxResultsException"),
        (json!({"StartTime": 2.5, "EndTime": 1}), "InvalidTimeRangeException"),
        (json!({"StartTime": "yesterday"}), "SerializationException"),
    ] {
        let target = format!("{}.LookupEvents", Service::CloudTrail.target_prefix());
        assert_eq!(server.post(&target, body.to_string().as_bytes()).code(), code, "{body}");
    }
}

/// Every member name that some operation has, so that random requests reach the validators.
const MEMBERS: &[&str] = &[
    "KeyId",
    "Plaintext",
    "CiphertextBlob",
    "EncryptionContext",
    "GrantTokens",
    "NumberOfBytes",
    "KeySpec",
    "Limit",
    "Marker",
    "Tags",
    "TagKey",
    "TagValue",
    "CustomKeyStoreId",
    "CustomKeyStoreName",
    "KeyStorePassword",
    "XksProxyAuthenticationCredential",
    "AccessKeyId",
    "XksProxyUriPath",
    "XksProxyUriEndpoint",
    "XksProxyVpcEndpointServiceName",
    "AliasName",
    "Policy",
    "DryRunModifiers",
    "Recipient",
    "ClusterId",
    "SubnetIds",
    "HsmType",
    "Filters",
    "NextToken",
    "AvailabilityZone",
    "IpAddress",
    "BackupRetentionPolicy",
    "Value",
    "TagList",
    "SourceBackupId",
    "LookupAttributes",
    "StartTime",
    "PendingWindowInDays",
    "TargetKeyId",
    "DestinationKeyId",
    "HsmId",
    "SignedCert",
];

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-10_i32..5000).prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,20}".prop_map(Value::from),
        "(cluster-|subnet-|backup-|arn:aws:|/kms/xks/v|https://|hsm)[a-z0-9:/.-]{0,20}".prop_map(Value::from),
        Just(Value::from("AAAA")),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::vec((proptest::sample::select(MEMBERS), inner), 0..8).prop_map(|members| members
                .into_iter()
                .map(|(key, value)| (key.to_owned(), value))
                .collect::<serde_json::Map<_, _>>()
                .into()),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_json_gets_an_answer_from_every_operation(members in proptest::collection::vec((proptest::sample::select(MEMBERS), json_value()), 0..10)) {
        thread_local!(static SERVER: TestServer = TestServer::start());
        let body = Value::from(members.into_iter().map(|(key, value)| (key.to_owned(), value)).collect::<serde_json::Map<_, _>>()).to_string();
        SERVER.with(|server| {
            for service in [Service::Kms, Service::CloudHsm, Service::CloudTrail] {
                for row in service.rows() {
                    let answer = server.post(&format!("{}.{}", service.target_prefix(), row.name), body.as_bytes());
                    assert!(answer.status < 500, "{answer:?}");
                    if answer.status >= 400 {
                        answer.code();
                    }
                }
            }
        });
    }
}
