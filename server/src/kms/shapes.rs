//! The constraints of KMS's members, and the checks that several operations share (documented: the service's model).

use hsm_sim::ClusterId;
use hsm_sim::id::InvalidId;
use kms_store::{DataKeyLength, EncryptionContext};
use serde::Deserialize;

use crate::ServiceError;
use crate::protocol::shape::{Choice, Pattern, Text, only, prefixed, region};
use crate::protocol::{Blob, Object, SecretText, StringMap, Violations};

pub const ACCOUNT_ID: Text = Text::of(12, 12).matching(Pattern::new("[0-9]{12}", |v| only(v, |b| b.is_ascii_digit())));
pub const ALIAS_NAME: Text =
    Text::of(1, 256).matching(Pattern::new("^[a-zA-Z0-9:/_-]+$", |v| only(v, |b| word(b) || b":/-".contains(&b))));
/// Documented example ids have a `1`, which the model's pattern forbids.
pub const CLOUD_HSM_CLUSTER_ID: Text = Text::of(19, 24).matching(
    Pattern::new("cluster-[0-9a-zA-Z]{11,16}", |v| prefixed(v, "cluster-", 11, 16, |b| b.is_ascii_alphanumeric()))
        .strictly("cluster-[2-7a-zA-Z]{11,16}", |v| {
            prefixed(v, "cluster-", 11, 16, |b| b.is_ascii_alphabetic() || (b'2'..=b'7').contains(&b))
        }),
);
pub const CUSTOM_KEY_STORE_ID: Text = Text::of(1, 64);
pub const CUSTOM_KEY_STORE_NAME: Text = Text::of(1, 256);
pub const CUSTOM_KEY_STORE_TYPE: Choice = Choice(&["AWS_CLOUDHSM", "EXTERNAL_KEY_STORE"]);
pub const CUSTOMER_MASTER_KEY_SPEC: Choice = Choice(&[
    "RSA_2048",
    "RSA_3072",
    "RSA_4096",
    "ECC_NIST_P256",
    "ECC_NIST_P384",
    "ECC_NIST_P521",
    "ECC_SECG_P256K1",
    "SYMMETRIC_DEFAULT",
    "HMAC_224",
    "HMAC_256",
    "HMAC_384",
    "HMAC_512",
    "SM2",
]);
pub const DATA_KEY_SPEC: Choice = Choice(&["AES_256", "AES_128"]);
pub const DESCRIPTION: Text = Text::of(0, 8192);
pub const DRY_RUN_MODIFIER: Choice = Choice(&["IGNORE_CIPHERTEXT"]);
pub const ENCRYPTION_ALGORITHM: Choice =
    Choice(&["SYMMETRIC_DEFAULT", "RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256", "SM2PKE"]);
pub const GRANT_TOKEN: Text = Text::of(1, 8192);
pub const KEY_ENCRYPTION_MECHANISM: Choice = Choice(&["RSAES_OAEP_SHA_256"]);
pub const KEY_ID: Text = Text::of(1, 2048);
pub const KEY_SPEC: Choice = Choice(&[
    "RSA_2048",
    "RSA_3072",
    "RSA_4096",
    "ECC_NIST_P256",
    "ECC_NIST_P384",
    "ECC_NIST_P521",
    "ECC_SECG_P256K1",
    "SYMMETRIC_DEFAULT",
    "HMAC_224",
    "HMAC_256",
    "HMAC_384",
    "HMAC_512",
    "SM2",
    "ML_DSA_44",
    "ML_DSA_65",
    "ML_DSA_87",
    "ECC_NIST_EDWARDS25519",
]);
/// The password of `kmsuser`: 7 to 32 letters and digits (seed 004).
pub const KEY_STORE_PASSWORD: Text =
    Text::of(7, 32).matching(Pattern::new("[a-zA-Z0-9]+", |v| only(v, |b| b.is_ascii_alphanumeric()))).sensitive();
pub const KEY_USAGE: Choice = Choice(&["SIGN_VERIFY", "ENCRYPT_DECRYPT", "GENERATE_VERIFY_MAC", "KEY_AGREEMENT"]);
pub const MARKER: Text = Text::of(1, 1024)
    .matching(Pattern::new("[\\u0020-\\u00FF]*", |v| v.chars().all(|c| ('\u{20}'..='\u{ff}').contains(&c))));
pub const ORIGIN: Choice = Choice(&["AWS_KMS", "EXTERNAL", "AWS_CLOUDHSM", "EXTERNAL_KEY_STORE"]);
pub const POLICY: Text = Text::of(1, 131_072).matching(Pattern::new("[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+", |v| {
    !v.is_empty() && v.chars().all(|c| matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{ff}'))
}));
pub const TAG_KEY: Text = Text::of(1, 128);
pub const TAG_VALUE: Text = Text::of(0, 256);
pub const TRUST_ANCHOR_CERTIFICATE: Text = Text::of(1, 5000);
/// The algorithm of symmetric keys, the only ones that are built.
pub const USED_ALGORITHM: &str = "SYMMETRIC_DEFAULT";
pub const XKS_KEY_ID: Text =
    Text::of(1, 128).matching(Pattern::new("^[a-zA-Z0-9-_.]+$", |v| only(v, |b| word(b) || b"-.".contains(&b))));
/// The documented example key id has digits that the model's pattern forbids.
pub const XKS_ACCESS_KEY_ID: Text = Text::of(20, 30)
    .matching(
        Pattern::new("^[A-Z0-9]+$", |v| only(v, |b| b.is_ascii_uppercase() || b.is_ascii_digit()))
            .strictly("^[A-Z2-7]+$", |v| only(v, |b| b.is_ascii_uppercase() || (b'2'..=b'7').contains(&b))),
    )
    .sensitive();
pub const XKS_RAW_SECRET_ACCESS_KEY: Text = Text::of(43, 64)
    .matching(Pattern::new("^[a-zA-Z0-9\\/+=]+$", |v| only(v, |b| b.is_ascii_alphanumeric() || b"/+=".contains(&b))))
    .sensitive();
pub const XKS_PROXY_CONNECTIVITY: Choice = Choice(&["PUBLIC_ENDPOINT", "VPC_ENDPOINT_SERVICE"]);
pub const XKS_PROXY_URI_ENDPOINT: Text = Text::of(10, 128).matching(Pattern::new("^https://[a-zA-Z0-9.-]+$", |v| {
    v.strip_prefix("https://").is_some_and(|host| only(host, |b| b.is_ascii_alphanumeric() || b".-".contains(&b)))
}));
pub const XKS_PROXY_URI_PATH: Text = Text::of(10, 128)
    .matching(Pattern::new("^(/[a-zA-Z0-9\\/_-]+/kms/xks/v\\d{1,2})$|^(/kms/xks/v\\d{1,2})$", xks_proxy_uri_path));
pub const XKS_PROXY_VPC_ENDPOINT_SERVICE_NAME: Text = Text::of(20, 64).matching(Pattern::new(
    "^(com|eu)\\.amazonaws\\.vpce\\.([a-z]+-){2,3}\\d+\\.vpce-svc-[0-9a-z]+$",
    xks_proxy_vpc_endpoint_service_name,
));

fn word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn xks_proxy_uri_path(value: &str) -> bool {
    let Some((prefix, version)) = value.rsplit_once("/kms/xks/v") else { return false };
    let version_fits = (1..=2).contains(&version.len()) && only(version, |b| b.is_ascii_digit());
    let prefix_fits = prefix.strip_prefix('/').is_some_and(|rest| only(rest, |b| word(b) || b"/-".contains(&b)));
    version_fits && (prefix.is_empty() || prefix_fits)
}

fn xks_proxy_vpc_endpoint_service_name(value: &str) -> bool {
    let rest = value.strip_prefix("com.amazonaws.vpce.").or_else(|| value.strip_prefix("eu.amazonaws.vpce."));
    rest.and_then(|rest| rest.split_once(".vpce-svc-"))
        .is_some_and(|(name, id)| region(name) && only(id, |b| b.is_ascii_lowercase() || b.is_ascii_digit()))
}

/// A tag of a key.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Tag {
    pub tag_key: Option<String>,
    pub tag_value: Option<String>,
}

/// The credential with which KMS signs its requests to an external key store's proxy.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct XksProxyAuthenticationCredential {
    pub access_key_id: Option<SecretText>,
    pub raw_secret_access_key: Option<SecretText>,
}

/// The enclave that an answer is to be encrypted for.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Recipient {
    pub key_encryption_algorithm: Option<String>,
    pub attestation_document: Option<Blob>,
}

/// Checks the tags of a new key.
pub fn tags(v: &mut Violations, tags: Option<&Vec<Object<Tag>>>) {
    v.each("tags", tags, |tag, v| {
        v.required_text("tagKey", tag.0.tag_key.as_ref(), &TAG_KEY);
        v.required_text("tagValue", tag.0.tag_value.as_ref(), &TAG_VALUE);
    });
}

/// Checks a proxy credential, both halves of which are needed.
pub fn xks_credential(v: &mut Violations, credential: Option<&Object<XksProxyAuthenticationCredential>>) {
    v.nested("xksProxyAuthenticationCredential", credential, |credential, v| {
        v.required("accessKeyId", credential.0.access_key_id.as_ref());
        v.secret("accessKeyId", credential.0.access_key_id.as_ref(), &XKS_ACCESS_KEY_ID);
        v.required("rawSecretAccessKey", credential.0.raw_secret_access_key.as_ref());
        v.secret("rawSecretAccessKey", credential.0.raw_secret_access_key.as_ref(), &XKS_RAW_SECRET_ACCESS_KEY);
    });
}

/// Checks a recipient.
pub fn recipient(v: &mut Violations, recipient: Option<&Object<Recipient>>) {
    v.nested("recipient", recipient, |recipient, v| {
        v.choice("keyEncryptionAlgorithm", recipient.0.key_encryption_algorithm.as_ref(), &KEY_ENCRYPTION_MECHANISM);
        v.blob("attestationDocument", recipient.0.attestation_document.as_ref(), 1, 262_144);
    });
}

/// Answers for enclaves are not built.
///
/// # Errors
/// `UnsupportedOperationException` with a text of our own (inferred).
pub fn no_recipient(recipient: Option<&Object<Recipient>>) -> Result<(), ServiceError> {
    match recipient {
        None => Ok(()),
        Some(_) => Err(ServiceError::client("UnsupportedOperationException", "Recipient is not supported.")),
    }
}

/// The encryption context of a request.
pub(super) fn context(map: Option<StringMap>) -> EncryptionContext {
    map.map(|map| map.0.into()).unwrap_or_default()
}

/// The lengths of a data key that a request gives; one is right.
pub(super) fn lengths(number_of_bytes: Option<i32>, key_spec: Option<&str>) -> Vec<DataKeyLength> {
    let bytes = number_of_bytes.and_then(|bytes| u16::try_from(bytes).ok()).map(DataKeyLength::Bytes);
    let spec = key_spec.map(|spec| if spec == "AES_128" { DataKeyLength::Aes128 } else { DataKeyLength::Aes256 });
    bytes.into_iter().chain(spec).collect()
}

/// Whether a dry run goes without a ciphertext.
pub fn ignores_ciphertext(modifiers: Option<&[String]>) -> bool {
    modifiers.is_some_and(|modifiers| modifiers.iter().any(|modifier| modifier == "IGNORE_CIPHERTEXT"))
}

/// Members that a custom key store of some kind cannot be without. The texts are our own: the service's are not recorded
/// anywhere (inferred).
pub(super) fn needed(kind: &str, members: &[(&str, bool)]) -> Result<(), ServiceError> {
    refuse(members.iter().filter(|(_, given)| !given), kind, "requires")
}

/// Members that a custom key store of some kind cannot have.
pub(super) fn foreign(kind: &str, members: &[(&str, bool)]) -> Result<(), ServiceError> {
    refuse(members.iter().filter(|(_, given)| *given), kind, "does not take")
}

fn refuse<'a>(members: impl Iterator<Item = &'a (&'a str, bool)>, kind: &str, verb: &str) -> Result<(), ServiceError> {
    let names: Vec<&str> = members.map(|(name, _)| *name).collect();
    if names.is_empty() {
        return Ok(());
    }
    Err(ServiceError::Validation(format!("A custom key store {kind} {verb} {}.", names.join(", "))))
}

/// A cluster's id; its pattern was checked before.
pub(super) fn cluster_id(text: &str) -> Result<ClusterId, ServiceError> {
    text.parse().map_err(|error: InvalidId| ServiceError::Validation(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_what_the_model_says() {
        let fits = |shape: &Text, value: &str, strict: bool| {
            let answer = || strict;
            let mut v = Violations::new(&answer);
            v.text("x", Some(&value.to_owned()), shape);
            v.finish().is_ok()
        };
        let table: &[(&Text, &[&str], &[&str])] = &[
            (&ACCOUNT_ID, &["111122223333"], &["11112222333", "11112222333x", ""]),
            (&ALIAS_NAME, &["alias/demo", "a:b_c-d/e"], &["", "alias/ä", "alias/a b", "alias/a\n"]),
            (
                &CLOUD_HSM_CLUSTER_ID,
                &["cluster-igklspoyj5v", "cluster-1a23b4cdefg"],
                &["cluster-1a23b4cdef", "igklspoyj5vabcdefgh", "cluster-1a23b4cde-g", "cluster-1a23b4cdefg234567"],
            ),
            (
                &KEY_STORE_PASSWORD,
                &["kmsPswd", "a2345678901234567890123456789012"],
                &["kmsPsw", "kmsPswd!", "a23456789012345678901234567890123", "пароль78"],
            ),
            (&MARKER, &["abc ÿ"], &["", "a\nb", "Ā"]),
            (&POLICY, &["{}\n\t"], &["", "\u{1}", "Ā"]),
            (&XKS_KEY_ID, &["a-b_c.D9"], &["", "a/b"]),
            (&XKS_ACCESS_KEY_ID, &["ABCDE12345670EXAMPLE"], &["abcde12345670example", "ABCDE"]),
            (
                &XKS_PROXY_URI_ENDPOINT,
                &["https://myproxy.xks.example.com"],
                &[
                    "http://myproxy.example.com",
                    "https://xks.example.com:6443",
                    "https://a.b/c",
                    "https://é.example.com",
                ],
            ),
            (
                &XKS_PROXY_URI_PATH,
                &["/kms/xks/v1", "/example/prefix/kms/xks/v12"],
                &["/kms/xks/v", "/kms/xks/v123", "kms/xks/v1ab", "/a b/kms/xks/v1", "//kms/xks/v1x"],
            ),
            (
                &XKS_PROXY_VPC_ENDPOINT_SERVICE_NAME,
                &["com.amazonaws.vpce.us-east-1.vpce-svc-example1"],
                &[
                    "com.amazonaws.vpce.useast1.vpce-svc-example1",
                    "com.amazonaws.vpce.us-east-1.vpce-svc-",
                    "org.amazonaws.vpce.us-east-1.vpce-svc-1",
                ],
            ),
        ];
        for (shape, good, bad) in table {
            good.iter().for_each(|value| assert!(fits(shape, value, false), "{value}"));
            bad.iter().for_each(|value| assert!(!fits(shape, value, false), "{value}"));
        }
        assert!(!fits(&CLOUD_HSM_CLUSTER_ID, "cluster-1a23b4cdefg", true));
        assert!(fits(&CLOUD_HSM_CLUSTER_ID, "cluster-igklspoyj5v", true));
        assert!(!fits(&XKS_ACCESS_KEY_ID, "ABCDE12345670EXAMPLE", true));
    }
}
