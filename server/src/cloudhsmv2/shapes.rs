//! The constraints of cloudhsmv2's members (documented: the service's model).

use std::collections::BTreeMap;

use super::{BackupRetentionPolicy, Tag};
use crate::ServiceError;
use crate::protocol::shape::{Choice, Pattern, Text, only, prefixed};
use crate::protocol::{Object, Violations};

const ANY: usize = usize::MAX;

pub const ARN: Text = Text::of(0, ANY).matching(
    Pattern::new("arn:aws(-(us-gov))?:cloudhsm:([a-z]{2}(-(gov|isob|iso))?-(east|west|north|south|central){1,2}-[0-9]{1}):[0-9]{12}:(backup/backup|cluster/cluster|hsm/hsm)-[0-9a-zA-Z]{11,16}", |v| arn(v, any_id))
    .strictly("arn:aws(-(us-gov))?:cloudhsm:([a-z]{2}(-(gov|isob|iso))?-(east|west|north|south|central){1,2}-[0-9]{1}):[0-9]{12}:(backup/backup|cluster/cluster|hsm/hsm)-[2-7a-zA-Z]{11,16}", |v| arn(v, model_id)),
);
pub const AVAILABILITY_ZONE: Text = Text::of(0, ANY)
    .matching(Pattern::new("[a-z]{2}(-(gov))?-(east|west|north|south|central){1,2}-\\d[a-z]", availability_zone));
pub const BACKUP_ARN: Text = Text::of(0, ANY).matching(
    Pattern::new("^(arn:aws(-(us-gov))?:cloudhsm:([a-z]{2}(-(gov|isob|iso))?-(east|west|north|south|central){1,2}-[0-9]{1}):[0-9]{12}:backup/)?backup-[0-9a-zA-Z]{11,16}", |v| backup_arn(v, any_id))
    .strictly("^(arn:aws(-(us-gov))?:cloudhsm:([a-z]{2}(-(gov|isob|iso))?-(east|west|north|south|central){1,2}-[0-9]{1}):[0-9]{12}:backup/)?backup-[2-7a-zA-Z]{11,16}", |v| backup_arn(v, model_id)),
);
pub const BACKUP_ID: Text = Text::of(0, ANY).matching(
    Pattern::new("backup-[0-9a-zA-Z]{11,16}", |v| prefixed(v, "backup-", 11, 16, any_id))
        .strictly("backup-[2-7a-zA-Z]{11,16}", |v| prefixed(v, "backup-", 11, 16, model_id)),
);
pub const CERTIFICATE: Text = Text::of(0, 20_000).matching(Pattern::new("[a-zA-Z0-9+-/=\\s]*", |v| {
    v.bytes().all(|b| {
        b.is_ascii_alphanumeric() || (b'+'..=b'/').contains(&b) || b == b'=' || b.is_ascii_whitespace() || b == 0x0b
    })
}));
pub const CLUSTER_ID: Text = Text::of(0, ANY).matching(
    Pattern::new("cluster-[0-9a-zA-Z]{11,16}", |v| prefixed(v, "cluster-", 11, 16, any_id))
        .strictly("cluster-[2-7a-zA-Z]{11,16}", |v| prefixed(v, "cluster-", 11, 16, model_id)),
);
pub const ENI_ID: Text = Text::of(0, ANY)
    .matching(Pattern::new("eni-[0-9a-fA-F]{8,17}", |v| prefixed(v, "eni-", 8, 17, |b| b.is_ascii_hexdigit())));
pub const HSM_ID: Text = Text::of(0, ANY).matching(
    Pattern::new("hsm-[0-9a-zA-Z]{11,16}", |v| prefixed(v, "hsm-", 11, 16, any_id))
        .strictly("hsm-[2-7a-zA-Z]{11,16}", |v| prefixed(v, "hsm-", 11, 16, model_id)),
);
pub const HSM_TYPE: Text = Text::of(0, 32).matching(Pattern::new("((p|)hsm[0-9][a-z.]*\\.[a-zA-Z]+)", hsm_type));
pub const IP_ADDRESS: Text =
    Text::of(0, ANY).matching(Pattern::new("\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}", ip_address));
pub const MODE: Choice = Choice(&["FIPS", "NON_FIPS"]);
pub const NETWORK_TYPE: Choice = Choice(&["IPV4", "DUALSTACK"]);
pub const NEXT_TOKEN: Text = Text::of(0, 256).matching(Pattern::new(".*", |v| !v.contains(['\n', '\r'])));
pub const POLICY: Text = Text::of(1, 20_000);
pub const REGION: Text = Text::of(0, ANY)
    .matching(Pattern::new("[a-z]{2}(-(gov))?-(east|west|north|south|central){1,2}-\\d", |v| region(v, &["gov"])));
pub const RESOURCE_ID: Text = Text::of(0, ANY).matching(
    Pattern::new("(?:cluster|backup)-[0-9a-zA-Z]{11,16}", |v| resource_id(v, any_id))
        .strictly("(?:cluster|backup)-[2-7a-zA-Z]{11,16}", |v| resource_id(v, model_id)),
);
pub const RETENTION_TYPE: Choice = Choice(&["DAYS"]);
pub const RETENTION_VALUE: Text = Text::of(1, 3).matching(Pattern::new("[0-9]+", |v| only(v, |b| b.is_ascii_digit())));
pub const SUBNET_ID: Text = Text::of(0, ANY)
    .matching(Pattern::new("subnet-[0-9a-fA-F]{8,17}", |v| prefixed(v, "subnet-", 8, 17, |b| b.is_ascii_hexdigit())));
pub const TAG_KEY: Text = Text::of(1, 128).matching(TAG_TEXT);
pub const TAG_VALUE: Text = Text::of(0, 256).matching(TAG_TEXT);

const TAG_TEXT: Pattern = Pattern::new("^([\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*)$", |v| {
    let separator = |c: char| c.is_whitespace() && !c.is_control();
    v.chars().all(|c| c.is_alphanumeric() || separator(c) || "_.:/=+-@".contains(c))
});

fn model_id(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || (b'2'..=b'7').contains(&byte)
}

fn any_id(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
}

fn availability_zone(value: &str) -> bool {
    let Some((region, zone)) = value.rsplit_once('-') else { return false };
    matches!(zone.as_bytes(), [digit, letter] if digit.is_ascii_digit() && letter.is_ascii_lowercase())
        && region_stem(region, &["gov"])
}

/// `[a-z]{2}(-(partition))?-(east|west|north|south|central){1,2}`
fn region_stem(value: &str, partitions: &[&str]) -> bool {
    let parts: Vec<&str> = value.split('-').collect();
    let (country, direction) = match parts.as_slice() {
        [country, direction] => (*country, *direction),
        [country, partition, direction] if partitions.contains(partition) => (*country, *direction),
        _ => return false,
    };
    let words = ["east", "west", "north", "south", "central"];
    let after = |text: &str| words.iter().find_map(|word| text.strip_prefix(word).map(str::to_owned));
    country.len() == 2
        && only(country, |b| b.is_ascii_lowercase())
        && after(direction).is_some_and(|rest| rest.is_empty() || words.contains(&rest.as_str()))
}

fn region(value: &str, partitions: &[&str]) -> bool {
    value.rsplit_once('-').is_some_and(|(stem, digit)| {
        region_stem(stem, partitions) && digit.len() == 1 && only(digit, |b| b.is_ascii_digit())
    })
}

fn backup_arn(value: &str, id: fn(u8) -> bool) -> bool {
    prefixed(value, "backup-", 11, 16, id)
        || arn_resource(value)
            .and_then(|resource| resource.strip_prefix("backup/"))
            .is_some_and(|backup| prefixed(backup, "backup-", 11, 16, id))
}

fn arn(value: &str, id: fn(u8) -> bool) -> bool {
    let kinds = ["backup/backup-", "cluster/cluster-", "hsm/hsm-"];
    arn_resource(value).is_some_and(|resource| kinds.iter().any(|kind| prefixed(resource, kind, 11, 16, id)))
}

/// What follows Region and account in an ARN of the service.
fn arn_resource(value: &str) -> Option<&str> {
    match value.split(':').collect::<Vec<_>>()[..] {
        ["arn", "aws" | "aws-us-gov", "cloudhsm", place, account, resource] => Some(resource).filter(|_| {
            region(place, &["gov", "isob", "iso"]) && account.len() == 12 && only(account, |b| b.is_ascii_digit())
        }),
        _ => None,
    }
}

fn resource_id(value: &str, id: fn(u8) -> bool) -> bool {
    ["cluster-", "backup-"].iter().any(|kind| prefixed(value, kind, 11, 16, id))
}

fn hsm_type(value: &str) -> bool {
    let Some(rest) = value.strip_prefix('p').unwrap_or(value).strip_prefix("hsm") else { return false };
    let Some((generation, size)) = rest.rsplit_once('.') else { return false };
    let mut generation = generation.bytes();
    generation.next().is_some_and(|b| b.is_ascii_digit())
        && generation.all(|b| b.is_ascii_lowercase() || b == b'.')
        && only(size, |b| b.is_ascii_alphabetic())
}

fn ip_address(value: &str) -> bool {
    let parts: Vec<&str> = value.split('.').collect();
    parts.len() == 4 && parts.iter().all(|part| part.len() <= 3 && only(part, |b| b.is_ascii_digit()))
}

/// Checks a retention policy's members.
pub fn retention(v: &mut Violations, policy: Option<&Object<BackupRetentionPolicy>>) {
    v.nested("backupRetentionPolicy", policy, |policy, v| {
        v.choice("type", policy.0.r#type.as_ref(), &RETENTION_TYPE);
        v.text("value", policy.0.value.as_ref(), &RETENTION_VALUE);
    });
}

/// Checks the number of days of a retention policy (documented).
///
/// # Errors
/// [`ServiceError::Validation`].
pub fn retention_days(policy: Option<&Object<BackupRetentionPolicy>>) -> Result<(), ServiceError> {
    match policy.map(|policy| policy.0.days()) {
        None | Some(Some(7..=379)) => Ok(()),
        Some(_) => Err(ServiceError::Validation("BackupRetentionPolicy Value must be from 7 to 379 days.".to_owned())),
    }
}

/// Checks tags.
pub fn tags(v: &mut Violations, tags: Option<&Vec<Object<Tag>>>) {
    v.list("tagList", tags, 1, 50, |tag| tag.0.key.as_deref().unwrap_or_default());
    v.each("tagList", tags, |tag, v| {
        v.required_text("key", tag.0.key.as_ref(), &TAG_KEY);
        v.required_text("value", tag.0.value.as_ref(), &TAG_VALUE);
    });
}

/// Checks the filters of a Describe operation: at most 30 (documented), known names only (inferred).
///
/// # Errors
/// [`ServiceError::Validation`] that names the filter.
pub fn filters(filters: Option<&BTreeMap<String, Vec<String>>>, known: &[&str]) -> Result<(), ServiceError> {
    let Some(filters) = filters else { return Ok(()) };
    if filters.len() > 30 {
        return Err(ServiceError::Validation("At most 30 filters can be given.".to_owned()));
    }
    match filters.keys().find(|name| !known.contains(&name.as_str())) {
        None => Ok(()),
        Some(name) => Err(ServiceError::Validation(format!(
            "The filter '{name}' is not known; valid filters are {}.",
            known.join(", ")
        ))),
    }
}

/// The values of a filter, when it is given; what names nothing that can exist matches nothing (inferred).
pub(super) fn wanted<T>(
    filters: &BTreeMap<String, Vec<String>>,
    name: &str,
    parse: impl Fn(&str) -> Option<T>,
) -> Option<Vec<T>> {
    filters.get(name).map(|values| values.iter().filter_map(|value| parse(value)).collect())
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
            (
                &AVAILABILITY_ZONE,
                &["us-west-2a", "us-gov-east-1b", "ap-southeast-1c", "eu-central-1a"],
                &["us-west-2", "us-xx-2a", "uswest-2a", "us-gov-gov-east-1a", "us-eastwesteast-1a", ""],
            ),
            (
                &BACKUP_ARN,
                &["backup-9g87f6edcba", "arn:aws:cloudhsm:us-east-1:111122223333:backup/backup-9g87f6edcba"],
                &[
                    "backup-9g87f6edcb",
                    "arn:aws:kms:us-east-1:111122223333:backup/backup-9g87f6edcba",
                    "arn:aws:cloudhsm:us-east-1:1111:backup/backup-9g87f6edcba",
                    "arn:aws:cloudhsm:us-east-1:111122223333:backup-9g87f6edcba",
                ],
            ),
            (
                &ARN,
                &[
                    "arn:aws:cloudhsm:us-east-1:111122223333:backup/backup-9g87f6edcba",
                    "arn:aws-us-gov:cloudhsm:us-gov-west-1:111122223333:cluster/cluster-9g87f6edcba",
                    "arn:aws:cloudhsm:us-east-1:111122223333:hsm/hsm-9g87f6edcba",
                ],
                &["backup-9g87f6edcba", "arn:aws:cloudhsm:us-east-1:111122223333:backup/cluster-9g87f6edcba"],
            ),
            (&BACKUP_ID, &["backup-9g87f6edcba"], &["backup-", "cluster-9g87f6edcba"]),
            (&REGION, &["us-east-1", "us-gov-west-1", "ap-southeast-2"], &["us-east", "us-east-10", "us-iso-east-1"]),
            (&RESOURCE_ID, &["cluster-9g87f6edcba", "backup-9g87f6edcba"], &["hsm-9g87f6edcba", "9g87f6edcba"]),
            (&CERTIFICATE, &["-----BEGIN CERTIFICATE-----\nAb/+=\n", ""], &["ä", "\"", "a\0"]),
            (&CLUSTER_ID, &["cluster-1a23b4cdefg"], &["cluster-", "cluster-1a23b4cdefg234567", "hsm-1a23b4cdefg"]),
            (&ENI_ID, &["eni-5d7ade72"], &["eni-5d7ade7", "eni-5d7adexx"]),
            (
                &HSM_TYPE,
                &["hsm1.medium", "hsm2m.medium", "phsm1.a.b", "hsm1..X"],
                &["hsm.medium", "hsm1", "hsm1.", "xhsm1.medium", "hsm1A.medium", "hsm1.med1um"],
            ),
            (&IP_ADDRESS, &["10.0.1.12", "999.0.0.1"], &["10.0.1", "10.0.1.1234", "10.0..1", "::1"]),
            (&NEXT_TOKEN, &["", "abc"], &["a\nb"]),
            (&SUBNET_ID, &["subnet-49a1bc00"], &["subnet-49a1bc0", "eni-49a1bc00"]),
            (&TAG_KEY, &["Name", "a b:c/é"], &["", "a;b", "a\tb"]),
        ];
        for (shape, good, bad) in table {
            good.iter().for_each(|value| assert!(fits(shape, value, false), "{value}"));
            bad.iter().for_each(|value| assert!(!fits(shape, value, false), "{value}"));
        }
        assert!(!fits(&CLUSTER_ID, "cluster-1a23b4cdefg", true) && fits(&CLUSTER_ID, "cluster-igklspoyj5v", true));
    }
}
