//! `quorum token-sign list`: the tokens of all HSMs, folded by user and service. No login is needed.

use hsm_sim::HsmError;
use hsm_sim::quorum::ListedToken;
use serde::Serialize;

use crate::chsm::answer::{Answer, Data};
use crate::chsm::quorum::Named;
use crate::chsm::session::Session;

#[derive(Serialize)]
struct Listing {
    tokens: Vec<Row>,
}

/// Documented members.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
struct Row {
    username: String,
    service: &'static str,
    approvals_required: u8,
    number_of_approvals: usize,
    token_timeout_seconds: u64,
    cluster_coverage: &'static str,
}

pub(super) fn run(session: &mut Session<'_>) -> Answer {
    let answers = session.connection(None)?.admin.list_tokens()?;
    let nodes: Vec<Vec<ListedToken>> = answers.into_iter().filter_map(|answer| answer.result.ok()).collect();
    if nodes.is_empty() {
        return Err(HsmError::NoNode.into());
    }
    Data::of(&Listing { tokens: fold(&nodes) })
}

/// The n-th token of a user for a service on one HSM belongs to the n-th on the others: they were made by one command.
fn fold(nodes: &[Vec<ListedToken>]) -> Vec<Row> {
    let mut rows: Vec<(String, &'static str, usize, Vec<&ListedToken>)> = Vec::new();
    for node in nodes {
        let mut seen: Vec<(String, &'static str)> = Vec::new();
        for listed in node {
            let key = (listed.token.user.as_str().to_lowercase(), Named::of(listed.token.service).as_str());
            let place = seen.iter().filter(|known| **known == key).count();
            seen.push(key.clone());
            let is_same = |row: &&mut (String, &str, usize, Vec<&ListedToken>)| {
                (row.0.as_str(), row.1, row.2) == (key.0.as_str(), key.1, place)
            };
            let row = rows.iter_mut().find(is_same);
            match row {
                Some((.., tokens)) => tokens.push(listed),
                None => rows.push((key.0, key.1, place, vec![listed])),
            }
        }
    }
    let row = |(username, service, _, tokens): (String, &'static str, usize, Vec<&ListedToken>)| {
        let least = |value: &dyn Fn(&ListedToken) -> u64| tokens.iter().map(|token| value(token)).min().unwrap_or(0);
        Row {
            username,
            service,
            approvals_required: tokens.iter().map(|token| token.required).max().unwrap_or(0),
            number_of_approvals: tokens.iter().map(|token| token.approvers.len()).min().unwrap_or(0),
            token_timeout_seconds: least(&|token| token.validity),
            cluster_coverage: if tokens.len() == nodes.len() { "full" } else { "inconsistent" },
        }
    };
    rows.into_iter().map(row).collect()
}
