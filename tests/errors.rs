//! Every error of every operation, provoked. Over plain HTTP, since the stories show how the CLI reports errors.

use serde_json::{Value, json};

use crate::support::{Http, Options, Sim, until};

/// One call and the error that it must get; an empty message is not compared.
struct Case<'a>(&'a str, Value, &'a str, &'a str);

#[track_caller]
fn check(http: &mut Http, cases: &[Case<'_>]) {
    let mut wrong = Vec::new();
    for Case(operation, body, error, message) in cases {
        let reply = match operation.split_once('.') {
            Some(("cloudhsmv2", operation)) => http.cloudhsm(operation, body),
            Some(("cloudtrail", operation)) => http.cloudtrail(operation, body),
            _ => http.kms(operation, body),
        };
        let answer = reply.json();
        let found = answer["message"].as_str().or_else(|| answer["Message"].as_str()).unwrap_or_default();
        let status = if *error == "KMSInternalException" { 500 } else { 400 };
        if reply.error().as_deref() != Some(error)
            || reply.status != status
            || (!message.is_empty() && found != *message)
        {
            wrong.push(format!(
                "{operation} {body}\n  expected {error} {message:?}\n  found    {} {answer}",
                reply.status
            ));
        }
        assert_eq!(reply.header("content-type"), Some("application/x-amz-json-1.1"), "{operation}");
        assert!(reply.header("x-amzn-requestid").is_some_and(|id| id.len() == 36), "{operation}: {:?}", reply.headers);
    }
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

const ABSENT_STORE: &str = "cks-1234567890abcdef0";
const ABSENT_KEY: &str = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";

fn disconnect(http: &mut Http, store: &str) {
    http.kms("DisconnectCustomKeyStore", &json!({ "CustomKeyStoreId": store })).ok();
    until("the key store is DISCONNECTED", || {
        http.kms("DescribeCustomKeyStores", &json!({ "CustomKeyStoreId": store })).ok()["CustomKeyStores"][0]["ConnectionState"]
            == "DISCONNECTED"
    });
}

#[test]
fn key_stores() {
    let sim = Sim::new();
    let mut http = sim.http();
    let (store, cluster) = (sim.store(), sim.cluster());
    let anchor = std::fs::read_to_string(sim.ready("trust_anchor_path")).expect("the trust anchor is a file");
    let create = |name: &str, cluster: &str, password: &str| json!({ "CustomKeyStoreName": name, "CloudHsmClusterId": cluster, "KeyStorePassword": password, "TrustAnchorCertificate": anchor });
    let shown = http.kms("DescribeCustomKeyStores", &json!({})).ok();
    let name = shown["CustomKeyStores"][0]["CustomKeyStoreName"].as_str().expect("the store has a name").to_owned();
    let (create_op, update, describe) = ("CreateCustomKeyStore", "UpdateCustomKeyStore", "DescribeCustomKeyStores");
    let (invalid, not_found, bad_state) =
        ("ValidationException", "CustomKeyStoreNotFoundException", "CustomKeyStoreInvalidStateException");
    let null_id = "1 validation error detected: Value null at 'customKeyStoreId' failed to satisfy constraint: Member must not be null";
    let absent = json!({ "CustomKeyStoreId": ABSENT_STORE });
    let present = json!({ "CustomKeyStoreId": store });
    check(
        &mut http,
        &[
            Case(create_op, create(&name, "cluster-aaaaaaaaaaa", "kmsPswd1"), "CustomKeyStoreNameInUseException", ""),
            Case(create_op, create("Other", "cluster-aaaaaaaaaaa", "kmsPswd1"), "CloudHsmClusterNotFoundException", ""),
            Case(create_op, create("Other", cluster, "kmsPswd1"), "CloudHsmClusterInUseException", ""),
            Case(create_op, create("Other", cluster, "has space 1"), invalid, ""),
            Case(create_op, create("Other", cluster, "short"), invalid, ""),
            Case(create_op, create("Other", "nonsense", "kmsPswd1"), invalid, ""),
            Case(create_op, create("", cluster, "kmsPswd1"), invalid, ""),
            Case(create_op, json!({}), invalid, ""),
            Case(create_op, json!({ "CustomKeyStoreName": "Other" }), invalid, ""),
            Case(describe, absent.clone(), not_found, ""),
            Case(describe, json!({ "CustomKeyStoreName": "absent" }), not_found, ""),
            Case(describe, json!({ "CustomKeyStoreId": store, "CustomKeyStoreName": name }), invalid, ""),
            Case(describe, json!({ "Marker": "garbage" }), "InvalidMarkerException", ""),
            Case(describe, json!({ "Limit": 0 }), invalid, ""),
            Case(update, json!({ "CustomKeyStoreId": ABSENT_STORE, "NewCustomKeyStoreName": "x" }), not_found, ""),
            Case(update, json!({ "CustomKeyStoreId": store, "NewCustomKeyStoreName": "x" }), bad_state, ""),
            Case(update, json!({ "CustomKeyStoreId": store, "KeyStorePassword": "kmsPswd1" }), bad_state, ""),
            Case(update, json!({ "CustomKeyStoreId": store, "CloudHsmClusterId": cluster }), bad_state, ""),
            Case(update, json!({}), invalid, null_id),
            Case("ConnectCustomKeyStore", absent.clone(), not_found, ""),
            Case("ConnectCustomKeyStore", json!({}), invalid, null_id),
            Case("DisconnectCustomKeyStore", absent.clone(), not_found, ""),
            Case("DisconnectCustomKeyStore", json!({}), invalid, null_id),
            Case("DeleteCustomKeyStore", absent, not_found, ""),
            Case("DeleteCustomKeyStore", json!({}), invalid, null_id),
            Case("DeleteCustomKeyStore", present.clone(), bad_state, ""),
        ],
    );
    disconnect(&mut http, store);
    check(
        &mut http,
        &[
            Case("DisconnectCustomKeyStore", present.clone(), bad_state, ""),
            Case("DeleteCustomKeyStore", present, "CustomKeyStoreHasCMKsException", ""),
            Case(
                update,
                json!({ "CustomKeyStoreId": store, "CloudHsmClusterId": "cluster-aaaaaaaaaaa" }),
                "CloudHsmClusterNotFoundException",
                "",
            ),
            Case(update, json!({ "CustomKeyStoreId": store, "KeyStorePassword": "wrong!!!" }), invalid, ""),
            Case("CreateKey", json!({ "Origin": "AWS_CLOUDHSM", "CustomKeyStoreId": store }), bad_state, ""),
            Case("GenerateRandom", json!({ "NumberOfBytes": 8, "CustomKeyStoreId": store }), bad_state, ""),
        ],
    );
    let text = http.kms(create_op, &create("Other", cluster, "secret-!secret")).json().to_string();
    assert!(!text.contains("secret-!secret"), "a password is never echoed: {text}");
}

#[test]
fn keys() {
    let sim = Sim::new();
    let mut http = sim.http();
    let (store, demo) = (sim.store(), sim.key());
    let pending = http.kms("CreateKey", &json!({})).ok()["KeyMetadata"]["Arn"].as_str().expect("an ARN").to_owned();
    http.kms("ScheduleKeyDeletion", &json!({ "KeyId": pending, "PendingWindowInDays": 7 })).ok();
    let in_store = |more: Value| {
        let mut body = json!({ "Origin": "AWS_CLOUDHSM", "CustomKeyStoreId": store });
        body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        body
    };
    let (invalid, unsupported, not_found) =
        ("ValidationException", "UnsupportedOperationException", "NotFoundException");
    let (bad_state, bad_arn) = ("KMSInvalidStateException", "InvalidArnException");
    let absent_text = format!("Key '{ABSENT_KEY}' does not exist");
    let (is_pending, not_pending) =
        (format!("{pending} is pending deletion."), format!("{demo} is not pending deletion."));
    let mut cases = vec![
        Case("CreateKey", in_store(json!({ "KeySpec": "RSA_2048", "KeyUsage": "SIGN_VERIFY" })), unsupported, ""),
        Case("CreateKey", in_store(json!({ "MultiRegion": true })), unsupported, ""),
        Case("CreateKey", json!({ "Origin": "AWS_CLOUDHSM" }), invalid, ""),
        Case("CreateKey", json!({ "CustomKeyStoreId": store }), invalid, ""),
        Case(
            "CreateKey",
            json!({ "Origin": "AWS_CLOUDHSM", "CustomKeyStoreId": ABSENT_STORE }),
            "CustomKeyStoreNotFoundException",
            "",
        ),
        Case("CreateKey", json!({ "Origin": "NOWHERE" }), invalid, ""),
        Case("CreateKey", json!({ "Policy": "not a document" }), "MalformedPolicyDocumentException", ""),
        Case(
            "CreateKey",
            json!({ "Tags": [{ "TagKey": "a", "TagValue": "1" }, { "TagKey": "a", "TagValue": "2" }] }),
            "TagException",
            "",
        ),
        Case("ListKeys", json!({ "Marker": "garbage" }), "InvalidMarkerException", ""),
        Case("ListKeys", json!({ "Limit": 1001 }), invalid, ""),
        Case("DescribeKey", json!({ "KeyId": "fake-key-id" }), not_found, "Invalid keyId 'fake-key-id'"),
        Case(
            "DescribeKey",
            json!({ "KeyId": "alias/absent" }),
            not_found,
            "Alias arn:aws:kms:us-east-1:111122223333:alias/absent is not found.",
        ),
        Case(
            "DescribeKey",
            json!({ "KeyId": "arn:aws:kms:us-west-2:111122223333:key/x" }),
            not_found,
            "Invalid arn us-west-2",
        ),
        Case(
            "ScheduleKeyDeletion",
            json!({ "KeyId": demo, "PendingWindowInDays": 3 }),
            invalid,
            "1 validation error detected: Value '3' at 'pendingWindowInDays' failed to satisfy constraint: Member must have value greater than or equal to 7",
        ),
        Case("ScheduleKeyDeletion", json!({ "KeyId": demo, "PendingWindowInDays": 31 }), invalid, ""),
        Case("ScheduleKeyDeletion", json!({ "KeyId": pending }), bad_state, &is_pending),
        Case("EnableKey", json!({ "KeyId": pending }), bad_state, &is_pending),
        Case("DisableKey", json!({ "KeyId": pending }), bad_state, &is_pending),
        Case("CancelKeyDeletion", json!({ "KeyId": demo }), bad_state, &not_pending),
        Case("EnableKey", json!({ "KeyId": "alias/demo" }), not_found, ""),
    ];
    for operation in ["DescribeKey", "EnableKey", "DisableKey", "ScheduleKeyDeletion", "CancelKeyDeletion"] {
        cases.push(Case(operation, json!({ "KeyId": ABSENT_KEY }), not_found, &absent_text));
        cases.push(Case(operation, json!({ "KeyId": "arn:aws:kms" }), bad_arn, ""));
        cases.push(Case(
            operation,
            json!({}),
            invalid,
            "1 validation error detected: Value null at 'keyId' failed to satisfy constraint: Member must not be null",
        ));
    }
    check(&mut http, &cases);
}

#[test]
fn aliases() {
    let sim = Sim::new();
    let mut http = sim.http();
    let demo = sim.key();
    let pending = http.kms("CreateKey", &json!({})).ok()["KeyMetadata"]["Arn"].as_str().expect("an ARN").to_owned();
    http.kms("ScheduleKeyDeletion", &json!({ "KeyId": pending, "PendingWindowInDays": 7 })).ok();
    let (invalid, not_found) = ("ValidationException", "NotFoundException");
    let to = |name: &str, key: &str| json!({ "AliasName": name, "TargetKeyId": key });
    let prefix = "Alias must start with the prefix \"alias/\". Please see https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html";
    check(
        &mut http,
        &[
            Case("CreateAlias", to("alias/demo", demo), "AlreadyExistsException", ""),
            Case("CreateAlias", to("demo", demo), invalid, prefix),
            Case("CreateAlias", to("alias/aws/demo", demo), "NotAuthorizedException", ""),
            Case("CreateAlias", to("alias/sp ace", demo), invalid, ""),
            Case("CreateAlias", to("alias/x", ABSENT_KEY), not_found, ""),
            Case("CreateAlias", to("alias/x", &pending), "KMSInvalidStateException", ""),
            Case("CreateAlias", json!({ "AliasName": "alias/x" }), invalid, ""),
            Case("UpdateAlias", to("alias/absent", demo), not_found, ""),
            Case("UpdateAlias", to("alias/demo", ABSENT_KEY), not_found, ""),
            Case("UpdateAlias", to("alias/demo", &pending), "KMSInvalidStateException", ""),
            Case("DeleteAlias", json!({ "AliasName": "alias/absent" }), not_found, ""),
            Case("DeleteAlias", json!({}), invalid, ""),
            Case("ListAliases", json!({ "Marker": "garbage" }), "InvalidMarkerException", ""),
            Case("ListAliases", json!({ "Limit": 101 }), invalid, ""),
            Case("ListAliases", json!({ "KeyId": ABSENT_KEY }), not_found, ""),
            Case("ListAliases", json!({ "KeyId": "arn:aws:kms" }), "InvalidArnException", ""),
        ],
    );
}

#[test]
fn cryptography() {
    let sim = Sim::new();
    let mut http = sim.http();
    let (store, demo) = (sim.store(), sim.key());
    let mut make = || {
        http.kms("CreateKey", &json!({ "Origin": "AWS_CLOUDHSM", "CustomKeyStoreId": store })).ok()["KeyMetadata"]["Arn"].clone()
    };
    let (other, disabled, pending) = (make(), make(), make());
    let encrypted = http.kms("Encrypt", &json!({ "KeyId": demo, "Plaintext": "aGVsbG8=" })).ok();
    let blob = encrypted["CiphertextBlob"].as_str().expect("a blob").to_owned();
    let dead =
        http.kms("Encrypt", &json!({ "KeyId": pending, "Plaintext": "aGVsbG8=" })).ok()["CiphertextBlob"].clone();
    http.kms("DisableKey", &json!({ "KeyId": disabled })).ok();
    http.kms("ScheduleKeyDeletion", &json!({ "KeyId": pending, "PendingWindowInDays": 7 })).ok();
    let (invalid, not_found, bad_state, bad_blob) =
        ("ValidationException", "NotFoundException", "KMSInvalidStateException", "InvalidCiphertextException");
    let is_disabled = format!("{} is disabled.", disabled.as_str().expect("an ARN"));
    let is_pending = format!("{} is pending deletion.", pending.as_str().expect("an ARN"));
    let dry = "The request would have succeeded, but the DryRun option is set.";
    let one_size = "Please specify either number of bytes or key spec.";
    let wrong_key = "The key ID in the request does not identify a CMK that can perform this operation.";
    let tampered = format!("{}{}", &blob[..blob.len() - 6], if blob.ends_with("AAAAA=") { "BBBBB=" } else { "AAAAAA" });
    let mut cases = vec![
        Case("Encrypt", json!({ "KeyId": demo }), invalid, ""),
        Case("Encrypt", json!({ "KeyId": demo, "Plaintext": "" }), invalid, ""),
        Case(
            "Encrypt",
            json!({ "KeyId": demo, "Plaintext": "A".repeat(5464) }),
            invalid,
            "1 validation error detected: Value at 'plaintext' failed to satisfy constraint: Member must have length less than or equal to 4096",
        ),
        Case("Encrypt", json!({ "KeyId": demo, "Plaintext": "not base64!" }), "SerializationException", ""),
        Case(
            "Encrypt",
            json!({ "KeyId": demo, "Plaintext": "aGk=", "EncryptionAlgorithm": "RSAES_OAEP_SHA_256" }),
            "InvalidKeyUsageException",
            "",
        ),
        Case("Encrypt", json!({ "KeyId": demo, "Plaintext": "aGk=", "EncryptionAlgorithm": "ROT13" }), invalid, ""),
        Case(
            "Encrypt",
            json!({ "KeyId": demo, "Plaintext": "aGk=", "EncryptionContext": { "a": "b".repeat(8200) } }),
            invalid,
            "",
        ),
        Case("Decrypt", json!({ "CiphertextBlob": blob, "EncryptionContext": { "a": "b" } }), bad_blob, ""),
        Case("Decrypt", json!({ "CiphertextBlob": "AAAA" }), bad_blob, ""),
        Case("Decrypt", json!({ "CiphertextBlob": tampered }), bad_blob, ""),
        Case("Decrypt", json!({ "CiphertextBlob": blob, "KeyId": other }), "IncorrectKeyException", wrong_key),
        Case("Decrypt", json!({ "CiphertextBlob": blob, "KeyId": ABSENT_KEY }), not_found, ""),
        Case("Decrypt", json!({ "CiphertextBlob": dead }), bad_state, &is_pending),
        Case("Decrypt", json!({ "CiphertextBlob": blob, "DryRun": true }), "DryRunOperationException", dry),
        Case("Decrypt", json!({}), invalid, ""),
        Case("ReEncrypt", json!({ "CiphertextBlob": blob, "DestinationKeyId": ABSENT_KEY }), not_found, ""),
        Case(
            "ReEncrypt",
            json!({ "CiphertextBlob": blob, "DestinationKeyId": disabled }),
            "DisabledException",
            &is_disabled,
        ),
        Case("ReEncrypt", json!({ "CiphertextBlob": blob, "DestinationKeyId": pending }), bad_state, &is_pending),
        Case("ReEncrypt", json!({ "CiphertextBlob": "AAAA", "DestinationKeyId": demo }), bad_blob, ""),
        Case(
            "ReEncrypt",
            json!({ "CiphertextBlob": blob, "DestinationKeyId": demo, "SourceKeyId": other }),
            "IncorrectKeyException",
            wrong_key,
        ),
        Case(
            "ReEncrypt",
            json!({ "CiphertextBlob": blob, "DestinationKeyId": other, "DryRun": true }),
            "DryRunOperationException",
            dry,
        ),
        Case("GenerateRandom", json!({}), invalid, "NumberOfBytes is required."),
        Case(
            "GenerateRandom",
            json!({ "NumberOfBytes": 0 }),
            invalid,
            "1 validation error detected: Value '0' at 'numberOfBytes' failed to satisfy constraint: Member must have value greater than or equal to 1",
        ),
        Case(
            "GenerateRandom",
            json!({ "NumberOfBytes": 1025 }),
            invalid,
            "1 validation error detected: Value '1025' at 'numberOfBytes' failed to satisfy constraint: Member must have value less than or equal to 1024",
        ),
        Case(
            "GenerateRandom",
            json!({ "NumberOfBytes": 8, "CustomKeyStoreId": ABSENT_STORE }),
            "CustomKeyStoreNotFoundException",
            "",
        ),
    ];
    for (operation, more) in [
        ("Encrypt", json!({ "Plaintext": "aGVsbG8=" })),
        ("GenerateDataKey", json!({ "KeySpec": "AES_256" })),
        ("GenerateDataKeyWithoutPlaintext", json!({ "KeySpec": "AES_128" })),
    ] {
        let with = |key: &Value, extra: Value| {
            let mut body = more.clone();
            let object = body.as_object_mut().expect("an object");
            object.insert("KeyId".into(), key.clone());
            object.extend(extra.as_object().expect("an object").clone());
            body
        };
        cases.push(Case(operation, with(&ABSENT_KEY.into(), json!({})), not_found, ""));
        cases.push(Case(operation, with(&disabled, json!({})), "DisabledException", &is_disabled));
        cases.push(Case(operation, with(&pending, json!({})), bad_state, &is_pending));
        cases.push(Case(operation, with(&other, json!({ "DryRun": true })), "DryRunOperationException", dry));
        if operation != "Encrypt" {
            cases.push(Case(operation, with(&other, json!({ "NumberOfBytes": 16 })), invalid, one_size));
            cases.push(Case(operation, json!({ "KeyId": demo }), invalid, one_size));
            cases.push(Case(operation, json!({ "KeyId": demo, "NumberOfBytes": 1025 }), invalid, ""));
        }
    }
    check(&mut http, &cases);

    disconnect(&mut http, store);
    let unavailable = format!("{demo} is unavailable.");
    check(
        &mut http,
        &[
            Case("Encrypt", json!({ "KeyId": demo, "Plaintext": "aGk=" }), bad_state, &unavailable),
            Case("Decrypt", json!({ "CiphertextBlob": blob }), bad_state, &unavailable),
            Case("ReEncrypt", json!({ "CiphertextBlob": blob, "DestinationKeyId": demo }), bad_state, &unavailable),
            Case("GenerateDataKey", json!({ "KeyId": demo, "KeySpec": "AES_256" }), bad_state, &unavailable),
            Case(
                "GenerateDataKeyWithoutPlaintext",
                json!({ "KeyId": demo, "KeySpec": "AES_256" }),
                bad_state,
                &unavailable,
            ),
        ],
    );
}

#[test]
fn clusters() {
    let sim = Sim::new();
    let mut http = sim.http();
    let cluster = sim.cluster();
    let shown = http.cloudhsm("DescribeClusters", &json!({})).ok();
    let (zone, subnet) =
        shown["Clusters"][0]["SubnetMapping"].as_object().and_then(|map| map.iter().next()).expect("a subnet");
    let (invalid, not_found) = ("CloudHsmInvalidRequestException", "CloudHsmResourceNotFoundException");
    let pem = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let (create, add, remove) = ("cloudhsmv2.CreateCluster", "cloudhsmv2.CreateHsm", "cloudhsmv2.DeleteHsm");
    check(
        &mut http,
        &[
            Case(create, json!({}), invalid, ""),
            Case(create, json!({ "HsmType": "hsm1.medium", "SubnetIds": [] }), invalid, ""),
            Case(create, json!({ "HsmType": "hsm1.medium", "SubnetIds": ["nonsense"] }), invalid, ""),
            Case(create, json!({ "HsmType": "hsm1.medium", "SubnetIds": [subnet, subnet] }), invalid, ""),
            Case(create, json!({ "HsmType": "toaster", "SubnetIds": [subnet] }), invalid, ""),
            Case(
                create,
                json!({ "HsmType": "hsm1.medium", "SubnetIds": [subnet], "SourceBackupId": "backup-aaaaaaaaaaa" }),
                not_found,
                "",
            ),
            Case(
                "cloudhsmv2.InitializeCluster",
                json!({ "ClusterId": cluster, "SignedCert": pem, "TrustAnchor": pem }),
                invalid,
                "",
            ),
            Case(
                "cloudhsmv2.InitializeCluster",
                json!({ "ClusterId": "cluster-aaaaaaaaaaa", "SignedCert": pem, "TrustAnchor": pem }),
                not_found,
                "",
            ),
            Case("cloudhsmv2.InitializeCluster", json!({ "ClusterId": cluster }), invalid, ""),
            Case(add, json!({ "ClusterId": "cluster-aaaaaaaaaaa", "AvailabilityZone": zone }), not_found, ""),
            Case(add, json!({ "ClusterId": cluster, "AvailabilityZone": "eu-west-9z" }), invalid, ""),
            Case(add, json!({ "ClusterId": cluster }), invalid, ""),
            Case(remove, json!({ "ClusterId": "cluster-aaaaaaaaaaa", "HsmId": "hsm-aaaaaaaaaaa" }), not_found, ""),
            Case(remove, json!({ "ClusterId": cluster, "HsmId": "hsm-aaaaaaaaaaa" }), not_found, ""),
            Case(remove, json!({ "ClusterId": cluster }), invalid, ""),
            Case(remove, json!({ "ClusterId": cluster, "HsmId": "hsm-aaaaaaaaaaa", "EniIp": "10.0.1.1" }), invalid, ""),
            Case("cloudhsmv2.DeleteCluster", json!({ "ClusterId": cluster }), invalid, ""),
            Case("cloudhsmv2.DeleteCluster", json!({ "ClusterId": "cluster-aaaaaaaaaaa" }), not_found, ""),
            Case("cloudhsmv2.DescribeClusters", json!({ "MaxResults": 0 }), invalid, ""),
            Case("cloudhsmv2.DescribeClusters", json!({ "MaxResults": 26 }), invalid, ""),
            Case("cloudhsmv2.DescribeClusters", json!({ "NextToken": "garbage" }), invalid, ""),
            Case("cloudhsmv2.DescribeBackups", json!({ "MaxResults": 51 }), invalid, ""),
            Case("cloudhsmv2.DescribeBackups", json!({ "NextToken": "garbage" }), invalid, ""),
        ],
    );
    let none = http.cloudhsm("DescribeClusters", &json!({ "Filters": { "clusterIds": ["cluster-aaaaaaaaaaa"] } })).ok();
    assert_eq!(none["Clusters"], json!([]), "an unknown id in a filter is an empty list");
}

#[test]
fn trail() {
    let sim = Sim::new();
    let attribute = |key: &str| json!({ "AttributeKey": key, "AttributeValue": "x" });
    check(
        &mut sim.http(),
        &[
            Case(
                "cloudtrail.LookupEvents",
                json!({ "LookupAttributes": [attribute("Nonsense")] }),
                "InvalidLookupAttributesException",
                "",
            ),
            Case(
                "cloudtrail.LookupEvents",
                json!({ "LookupAttributes": [attribute("EventName"), attribute("EventId")] }),
                "InvalidLookupAttributesException",
                "",
            ),
            Case(
                "cloudtrail.LookupEvents",
                json!({ "StartTime": 2_000_000_000, "EndTime": 1_000_000_000 }),
                "InvalidTimeRangeException",
                "",
            ),
            Case("cloudtrail.LookupEvents", json!({ "MaxResults": 51 }), "InvalidMaxResultsException", ""),
            Case("cloudtrail.LookupEvents", json!({ "NextToken": "garbage" }), "InvalidNextTokenException", ""),
        ],
    );
}

#[test]
fn unknown_operations() {
    let sim = Sim::new();
    check(
        &mut sim.http(),
        &[
            Case("Frobnicate", json!({}), "UnknownOperationException", ""),
            Case("cloudhsmv2.Frobnicate", json!({}), "UnknownOperationException", ""),
            Case("cloudtrail.Frobnicate", json!({}), "UnknownOperationException", ""),
        ],
    );
}

/// A fault inside KMS shows in every operation, once for each time that it was set for.
#[test]
fn internal_errors() {
    let sim = Sim::start(&Options::ephemeral());
    let mut http = sim.http();
    let key = json!({ "KeyId": sim.key() });
    let store = json!({ "CustomKeyStoreId": sim.store() });
    let cases = [
        ("DescribeCustomKeyStores", json!({})),
        ("DisconnectCustomKeyStore", store.clone()),
        ("DeleteCustomKeyStore", store),
        ("CreateKey", json!({})),
        ("DescribeKey", key.clone()),
        ("ListKeys", json!({})),
        ("DisableKey", key.clone()),
        ("EnableKey", key.clone()),
        ("ScheduleKeyDeletion", key.clone()),
        ("CancelKeyDeletion", key),
        ("Encrypt", json!({ "KeyId": sim.key(), "Plaintext": "aGk=" })),
        ("GenerateDataKey", json!({ "KeyId": sim.key(), "KeySpec": "AES_256" })),
        ("GenerateRandom", json!({ "NumberOfBytes": 8 })),
        ("CreateAlias", json!({ "AliasName": "alias/x", "TargetKeyId": sim.key() })),
        ("DeleteAlias", json!({ "AliasName": "alias/demo" })),
        ("ListAliases", json!({})),
    ];
    sim.fault_set(&["kms-internal-error", "--count", &cases.len().to_string()]);
    check(&mut http, &cases.map(|(operation, body)| Case(operation, body, "KMSInternalException", "")));
    let shown = http.kms("DescribeKey", &json!({ "KeyId": "alias/demo" })).ok();
    assert_eq!(shown["KeyMetadata"]["KeyState"], "Enabled", "nothing happened, and the fault is used up");
}

/// A store that cannot write: mutations fail, reads and cryptography go on, and memory stays as it was.
#[test]
fn failing_store() {
    let sim = Sim::new();
    let mut http = sim.http();
    sim.fault_set(&["store-failing"]);
    check(
        &mut http,
        &[
            Case("CreateKey", json!({}), "KMSInternalException", ""),
            Case("DisableKey", json!({ "KeyId": sim.key() }), "KMSInternalException", ""),
            Case(
                "CreateAlias",
                json!({ "AliasName": "alias/lost", "TargetKeyId": sim.key() }),
                "KMSInternalException",
                "",
            ),
            Case("DisconnectCustomKeyStore", json!({ "CustomKeyStoreId": sim.store() }), "KMSInternalException", ""),
        ],
    );
    let reply = http.cloudhsm("DeleteHsm", &json!({ "ClusterId": sim.cluster(), "EniIp": "10.0.1.1" }));
    assert!(reply.status >= 400, "{reply:?}");
    assert_eq!(http.kms("DescribeKey", &json!({ "KeyId": sim.key() })).ok()["KeyMetadata"]["KeyState"], "Enabled");
    http.kms("Encrypt", &json!({ "KeyId": sim.key(), "Plaintext": "aGk=" })).ok();
    sim.faults_clear();
    http.kms("CreateAlias", &json!({ "AliasName": "alias/lost", "TargetKeyId": sim.key() })).ok();
    http.kms("DisableKey", &json!({ "KeyId": sim.key() })).ok();
}
