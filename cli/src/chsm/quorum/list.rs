//! `quorum token-sign list`: the tokens of all HSMs, folded by user and service, those of keys by user, service and key. No login is needed.

use hsm_sim::HsmError;
use hsm_sim::quorum::{ListedToken, Subject};
use serde::Serialize;

use crate::chsm::answer::{Answer, Data};
use crate::chsm::key::reference_of;
use crate::chsm::quorum::name_of;
use crate::chsm::session::Session;

#[derive(Serialize)]
struct Listing {
    tokens: Vec<Row>,
}

/// Documented members.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(untagged, rename_all_fields = "kebab-case")]
enum Row {
    Service {
        username: String,
        service: &'static str,
        approvals_required: u8,
        number_of_approvals: usize,
        token_timeout_seconds: u64,
        cluster_coverage: &'static str,
    },
    /// A user may have many tokens of a key; what counts is how many every HSM has.
    Key { username: String, service: &'static str, key_reference: String, minimum_token_count: usize },
}

pub(super) fn run(session: &mut Session<'_>) -> Answer {
    let answers = session.connection(None)?.admin.list_tokens()?;
    let nodes: Vec<Vec<ListedToken>> = answers.into_iter().filter_map(|answer| answer.result.ok()).collect();
    if nodes.is_empty() {
        return Err(HsmError::NoNode.into());
    }
    Data::of(&Listing { tokens: fold(&nodes) })
}

/// The tokens of one row.
struct Group<'l> {
    username: String,
    subject: Subject,
    /// Of a service the how manieth of the user it is: the n-th on one HSM belongs to the n-th on the others, as one command made them.
    place: usize,
    /// Those of each HSM.
    tokens: Vec<Vec<&'l ListedToken>>,
}

fn fold(nodes: &[Vec<ListedToken>]) -> Vec<Row> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for (node, tokens) in nodes.iter().enumerate() {
        let mut seen: Vec<(String, Subject)> = Vec::new();
        for listed in tokens {
            let (username, subject) = (listed.token.user.as_str().to_lowercase(), listed.token.subject);
            let before = seen.iter().filter(|(name, known)| (name, *known) == (&username, subject)).count();
            let place = if subject.key().is_some() { 0 } else { before };
            seen.push((username.clone(), subject));
            let is_same =
                |group: &&mut Group<'_>| (&group.username, group.subject, group.place) == (&username, subject, place);
            match groups.iter_mut().find(is_same) {
                Some(group) => group.tokens[node].push(listed),
                None => {
                    let mut tokens = vec![Vec::new(); nodes.len()];
                    tokens[node].push(listed);
                    groups.push(Group { username, subject, place, tokens });
                }
            }
        }
    }
    groups.into_iter().map(Group::row).collect()
}

impl Group<'_> {
    fn row(self) -> Row {
        let Self { username, subject, tokens, .. } = self;
        let service = name_of(subject);
        if let Some(key) = subject.key() {
            let minimum_token_count = tokens.iter().map(Vec::len).min().unwrap_or(0);
            return Row::Key { username, service, key_reference: reference_of(key), minimum_token_count };
        }
        let full = tokens.iter().all(|tokens| !tokens.is_empty());
        let tokens: Vec<&ListedToken> = tokens.into_iter().flatten().collect();
        Row::Service {
            username,
            service,
            approvals_required: tokens.iter().map(|token| token.required).max().unwrap_or(0),
            number_of_approvals: tokens.iter().map(|token| token.approvers.len()).min().unwrap_or(0),
            token_timeout_seconds: tokens.iter().map(|token| token.validity).min().unwrap_or(0),
            cluster_coverage: if full { "full" } else { "inconsistent" },
        }
    }
}
