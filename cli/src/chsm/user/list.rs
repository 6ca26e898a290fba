//! `user list`: the users of all HSMs folded by name; what HSMs disagree on reads `inconsistent` (documented). No login is
//! needed.

use hsm_sim::admin::{NodeResult, UserInfo};
use hsm_sim::user::Role;
use hsm_sim::{HsmError, Settings};
use serde::Serialize;

use crate::chsm::answer::{Answer, Data, Refusal};
use crate::chsm::role;
use crate::chsm::session::Session;

const INCONSISTENT: &str = "inconsistent";

#[derive(Serialize)]
struct Listing {
    users: Vec<Row>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Row {
    username: String,
    role: &'static str,
    locked: &'static str,
    mfa: Vec<Strategy>,
    quorum: Vec<Strategy>,
    cluster_coverage: &'static str,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
struct Strategy {
    strategy: &'static str,
    status: &'static str,
}

pub(super) fn run(session: &mut Session<'_>) -> Answer {
    let users = rows(session)?;
    Data::of(&Listing { users })
}

/// The row of a name.
pub(super) fn one(session: &mut Session<'_>, name: &str) -> Result<Row, Refusal> {
    let row = rows(session)?.into_iter().find(|row| row.username.eq_ignore_ascii_case(name));
    row.ok_or_else(|| HsmError::NoSuchUser.into())
}

impl Row {
    /// Whether HSMs disagree on anything.
    pub(super) fn is_inconsistent(&self) -> bool {
        let strategies = self.mfa.iter().chain(&self.quorum).map(|strategy| strategy.status);
        [self.role, self.locked, self.cluster_coverage].into_iter().chain(strategies).any(|text| text == INCONSISTENT)
    }
}

/// One row per name.
fn rows(session: &mut Session<'_>) -> Result<Vec<Row>, Refusal> {
    let threshold = session.world.read(|rows| Settings::load(rows))?.lock_threshold;
    let nodes = session.connection(None)?.admin.list_users()?;
    let answering: Vec<&Vec<UserInfo>> =
        nodes.iter().filter_map(|NodeResult { result, .. }| result.as_ref().ok()).collect();
    if answering.is_empty() {
        return Err(HsmError::NoNode.into());
    }
    let mut names: Vec<String> = Vec::new();
    for user in answering.iter().copied().flatten() {
        let name = user.name.as_str().to_lowercase();
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let mut rows: Vec<Row> = names.into_iter().map(|name| fold(name, &answering, threshold)).collect();
    // The service's own user stands last (documented samples).
    rows.sort_by_key(|row| row.role == role::shown(Role::Au));
    Ok(rows)
}

fn fold(name: String, nodes: &[&Vec<UserInfo>], threshold: u32) -> Row {
    let holders: Vec<&UserInfo> = nodes
        .iter()
        .filter_map(|users| users.iter().find(|user| user.name.as_str().eq_ignore_ascii_case(&name)))
        .collect();
    let agreed = |value: &dyn Fn(&UserInfo) -> &'static str| {
        let mut values = holders.iter().map(|user| value(user));
        let first = values.next().unwrap_or(INCONSISTENT);
        if values.all(|other| other == first) { first } else { INCONSISTENT }
    };
    let strategy = |registered: &dyn Fn(&UserInfo) -> bool| match holders.iter().filter(|user| registered(user)).count()
    {
        0 => Vec::new(),
        some if some == holders.len() => vec![Strategy { strategy: "token-sign", status: "enabled" }],
        _ => vec![Strategy { strategy: "token-sign", status: INCONSISTENT }],
    };
    Row {
        role: agreed(&|user| role::shown(user.role)),
        locked: agreed(&|user| if user.failures >= threshold { "true" } else { "false" }),
        mfa: strategy(&|user| user.two_factor),
        quorum: strategy(&|user| user.mofn),
        cluster_coverage: if holders.len() == nodes.len() { "full" } else { INCONSISTENT },
        username: name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(name: &str, role: Role, failures: u32, two_factor: bool) -> UserInfo {
        UserInfo { id: 3, role, name: name.parse().unwrap(), mofn: false, failures, two_factor }
    }

    #[test]
    fn what_nodes_disagree_on_is_inconsistent() {
        let enabled = |status| vec![Strategy { strategy: "token-sign", status }];
        for (one, other, role, locked, mfa, coverage) in [
            (
                Some(("Bob", Role::Cu, 0, false)),
                Some(("bob", Role::Cu, 4, false)),
                "crypto-user",
                "false",
                vec![],
                "full",
            ),
            (
                Some(("bob", Role::Cu, 5, true)),
                Some(("bob", Role::Cu, 5, true)),
                "crypto-user",
                "true",
                enabled("enabled"),
                "full",
            ),
            (
                Some(("bob", Role::Cu, 5, true)),
                Some(("bob", Role::Co, 0, false)),
                "inconsistent",
                "inconsistent",
                enabled("inconsistent"),
                "full",
            ),
            (Some(("bob", Role::Pco, 0, false)), None, "admin", "false", vec![], "inconsistent"),
        ] {
            let users = |entry: Option<(&str, Role, u32, bool)>| -> Vec<UserInfo> {
                entry.map(|(name, role, failures, mfa)| user(name, role, failures, mfa)).into_iter().collect()
            };
            let row = fold("bob".into(), &[&users(one), &users(other)], 5);
            let expected =
                Row { username: "bob".into(), role, locked, mfa, quorum: vec![], cluster_coverage: coverage };
            assert_eq!(row, expected);
        }
    }
}
