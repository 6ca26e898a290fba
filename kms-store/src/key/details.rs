//! What describes a key and is not needed to use it.

use hsm_sim::Realm;
use hsm_sim::row::{self, Record, Rows, Table, Writer};
use serde::{Deserialize, Serialize};

use crate::arn::{KeyId, partition};
use crate::error::{Error, Result, TagProblem};
use crate::table;

const TAG_LIMIT: usize = 50;
const POLICY_LIMIT: usize = 32_768;

/// Description, policy and tags of a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Details {
    pub(crate) description: String,
    pub(crate) policy: String,
    pub(crate) tags: Vec<(String, String)>,
}

impl Record for Details {
    const TABLE: Table = table::DETAILS;
}

impl Details {
    pub(crate) fn load(rows: &impl Rows, realm: &Realm, id: &KeyId) -> Result<Self> {
        row::load(rows, &id.row_key(realm))?.ok_or(Error::damaged("a key without its description"))
    }

    pub(crate) fn save(&self, tx: &mut Writer<'_>, realm: &Realm, id: &KeyId) -> Result<()> {
        Ok(row::save(tx, &id.row_key(realm), self)?)
    }
}

/// The key policy that a key has unless another is given (documented).
pub(crate) fn default_policy(realm: &Realm) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Id":"key-default-1","Statement":[{{"Sid":"Enable IAM User Permissions","Effect":"Allow","Principal":{{"AWS":"arn:{}:iam::{}:root"}},"Action":"kms:*","Resource":"*"}}]}}"#,
        partition(realm),
        realm.account()
    )
}

/// A policy is a JSON object of at most 32 KiB (documented). What it says is not evaluated.
pub(crate) fn check_policy(policy: &str) -> Result<()> {
    if policy.len() > POLICY_LIMIT {
        return Err(Error::LimitExceeded { what: "bytes of a key policy", limit: POLICY_LIMIT });
    }
    match serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(policy) {
        Ok(_) => Ok(()),
        Err(_) => Err(Error::MalformedPolicyDocument),
    }
}

/// At most 50 tags, each key once, none reserved (documented).
pub(crate) fn check_tags(tags: &[(String, String)]) -> Result<()> {
    if tags.len() > TAG_LIMIT {
        return Err(TagProblem::TooMany.into());
    }
    for (place, (key, _)) in tags.iter().enumerate() {
        if key.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("aws:")) {
            return Err(TagProblem::Reserved.into());
        }
        if tags[..place].iter().any(|(earlier, _)| earlier == key) {
            return Err(TagProblem::Duplicate.into());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_and_policies() {
        let tags = |keys: &[&str]| keys.iter().map(|key| ((*key).to_owned(), String::new())).collect::<Vec<_>>();
        let many: Vec<String> = (0..51).map(|n| n.to_string()).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        for (keys, expected) in [
            (&["a", "b"][..], Ok(())),
            (&["a", "a"][..], Err(TagProblem::Duplicate)),
            (&["AWS:x"][..], Err(TagProblem::Reserved)),
            (&many[..], Err(TagProblem::TooMany)),
        ] {
            assert_eq!(check_tags(&tags(keys)), expected.map_err(Error::from), "{keys:?}");
        }
        assert_eq!(check_policy(&default_policy(&Realm::default())), Ok(()));
        assert_eq!(check_policy("[]"), Err(Error::MalformedPolicyDocument));
        assert_eq!(check_policy("{"), Err(Error::MalformedPolicyDocument));
        let long = format!("{{\"a\":\"{}\"}}", "x".repeat(POLICY_LIMIT));
        assert!(matches!(check_policy(&long), Err(Error::LimitExceeded { .. })));
    }
}
