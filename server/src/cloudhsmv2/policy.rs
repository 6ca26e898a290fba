//! Resource policies of backups: the part of the policy language that they need.
//!
//! Statements with Effect, Principal and Action; conditions and other elements are not understood and refused, so that no policy
//! shares more than it says.

use hsm_sim::control::{Consumers, ResourcePolicy};
use serde::Deserialize;

use crate::ServiceError;

const DESCRIBE: &str = "cloudhsm:DescribeBackups";
const RESTORE: &str = "cloudhsm:CreateCluster";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Document {
    #[serde(rename = "Version")]
    _version: Option<String>,
    #[serde(rename = "Id")]
    _id: Option<String>,
    statement: OneOrMany<Statement>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Statement {
    #[serde(rename = "Sid")]
    _sid: Option<String>,
    effect: Effect,
    principal: Principal,
    action: OneOrMany<String>,
    #[serde(rename = "Resource")]
    _resource: Option<OneOrMany<String>>,
}

#[derive(Deserialize, Clone, Copy, PartialEq)]
enum Effect {
    Allow,
    Deny,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Principal {
    Any(String),
    Accounts(Accounts),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Accounts {
    #[serde(rename = "AWS")]
    aws: OneOrMany<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany<T> {
    One(T),
    Many(Vec<T>),
}

impl<T> OneOrMany<T> {
    fn as_slice(&self) -> &[T] {
        match self {
            Self::One(item) => std::slice::from_ref(item),
            Self::Many(items) => items,
        }
    }
}

/// Reads a policy.
///
/// # Errors
/// [`ServiceError::Validation`]: the text is no policy, or says something that backups do not know.
pub(super) fn parse(text: String) -> Result<ResourcePolicy, ServiceError> {
    let document: Document = serde_json::from_str(&text)
        .map_err(|error| ServiceError::Validation(format!("The policy is not valid: {error}.")))?;
    let statements = document.statement.as_slice();
    Ok(ResourcePolicy { describe: consumers(statements, DESCRIBE)?, restore: consumers(statements, RESTORE)?, text })
}

/// Whom the statements let do an action; a denial outweighs what is allowed.
fn consumers(statements: &[Statement], action: &str) -> Result<Consumers, ServiceError> {
    let mut consumers = Consumers::default();
    let mut nobody = false;
    for statement in statements {
        let applies = statement.action.as_slice().iter().any(|pattern| covers(pattern, action));
        for principal in statement.principals() {
            let account = account(principal)?;
            match (statement.effect, account) {
                _ if !applies => {}
                (Effect::Allow, None) => consumers.everyone = true,
                (Effect::Allow, Some(account)) => drop(consumers.accounts.insert(account)),
                (Effect::Deny, None) => nobody = true,
                (Effect::Deny, Some(account)) => drop(consumers.denied.insert(account)),
            }
        }
    }
    Ok(if nobody { Consumers::default() } else { consumers })
}

impl Statement {
    fn principals(&self) -> &[String] {
        match &self.principal {
            Principal::Any(any) => std::slice::from_ref(any),
            Principal::Accounts(accounts) => accounts.aws.as_slice(),
        }
    }
}

/// Names of actions know no case, and `*` stands for any end (documented; `*` elsewhere and `?` are not used here).
fn covers(pattern: &str, action: &str) -> bool {
    let (pattern, action) = (pattern.to_ascii_lowercase(), action.to_ascii_lowercase());
    pattern.strip_suffix('*').map_or(pattern == action, |prefix| action.starts_with(prefix))
}

/// The account of a principal, `None` for everyone. Whoever is named within an account stands for the account: there are no users here.
fn account(principal: &str) -> Result<Option<String>, ServiceError> {
    let id = match principal.split(':').collect::<Vec<_>>()[..] {
        ["*"] => return Ok(None),
        ["arn", _, "iam" | "sts", _, account, _] => account,
        _ => principal,
    };
    if id.len() == 12 && id.bytes().all(|b| b.is_ascii_digit()) {
        return Ok(Some(id.to_owned()));
    }
    Err(ServiceError::Validation(format!("The policy names the principal '{principal}', which is no account.")))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn statement(effect: &str, principal: &Value, action: &Value) -> Value {
        json!({ "Effect": effect, "Principal": principal, "Action": action, "Resource": "*" })
    }

    fn read(statements: &Value) -> Result<ResourcePolicy, ServiceError> {
        parse(json!({ "Version": "2012-10-17", "Statement": statements }).to_string())
    }

    #[test]
    fn who_may_do_what() {
        let both = json!(["cloudhsm:CreateCluster", "cloudhsm:DescribeBackups"]);
        let (one, two) =
            (json!({ "AWS": "444455556666" }), json!({ "AWS": ["arn:aws:iam::444455556666:root", "555566667777"] }));
        let table = [
            (json!(statement("Allow", &one, &both)), (true, true), (false, false)),
            (json!([statement("Allow", &two, &both)]), (true, true), (true, true)),
            (json!([statement("Allow", &json!("*"), &json!("cloudhsm:*"))]), (true, true), (true, true)),
            (json!([statement("Allow", &two, &json!("cloudhsm:describebackups"))]), (true, false), (true, false)),
            (json!([statement("Allow", &one, &json!("cloudhsm:DeleteBackup"))]), (false, false), (false, false)),
            (
                json!([
                    statement("Allow", &json!("*"), &json!("*")),
                    statement("Deny", &one, &json!("cloudhsm:Create*"))
                ]),
                (true, false),
                (true, true),
            ),
            (
                json!([statement("Allow", &one, &both), statement("Deny", &json!("*"), &both)]),
                (false, false),
                (false, false),
            ),
        ];
        for (statements, first, second) in table {
            let policy = read(&statements).unwrap();
            let may = |account| (policy.describe.include(account), policy.restore.include(account));
            assert_eq!((may("444455556666"), may("555566667777")), (first, second), "{statements}");
        }
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        let mut conditional = statement("Allow", &json!("*"), &json!("*"));
        conditional["Condition"] = json!({ "Bool": { "aws:SecureTransport": "true" } });
        let service = json!({ "Service": "ec2.amazonaws.com" });
        for bad in [
            json!([conditional]),
            json!([statement("Maybe", &json!("*"), &json!("*"))]),
            json!([statement("Allow", &service, &json!("*"))]),
            json!([statement("Allow", &json!({ "AWS": "somebody" }), &json!("*"))]),
            json!([{ "Effect": "Allow" }]),
            json!("x"),
        ] {
            assert!(matches!(read(&bad), Err(ServiceError::Validation(_))), "{bad}");
        }
        assert!(parse("no JSON".to_owned()).is_err());
    }
}
