//! `cluster mtls list-trust-anchors`: those of all HSMs; no login is needed.

use hsm_sim::HsmError;
use hsm_sim::admin::NodeResult;
use hsm_sim::mtls::{MutualTls, Reference, TrustAnchor};
use serde::Serialize;

use crate::chsm::answer::{Answer, Data, Refusal};
use crate::chsm::session::Session;

/// A trust anchor in an answer (documented members).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Shown {
    certificate_reference: String,
    certificate: String,
    cluster_coverage: &'static str,
}

#[derive(Serialize)]
struct Listing {
    trust_anchors: Vec<Shown>,
}

pub(super) fn run(session: &mut Session<'_>) -> Answer {
    let trust_anchors = all(session)?.into_iter().map(|(_, shown)| shown).collect();
    Data::of(&Listing { trust_anchors })
}

/// A reference as this tool writes it (documented).
pub(super) fn reference_of(reference: Reference) -> String {
    format!("{reference:#04x}")
}

/// The trust anchors of the HSMs that answer, by reference.
pub(super) fn all(session: &mut Session<'_>) -> Result<Vec<(TrustAnchor, Shown)>, Refusal> {
    fold(session.connection(None)?.admin.mutual_tls()?)
}

fn fold(answers: Vec<NodeResult<MutualTls>>) -> Result<Vec<(TrustAnchor, Shown)>, Refusal> {
    let mut nodes: Vec<MutualTls> = Vec::new();
    let mut refusal = HsmError::NoNode;
    for answer in answers {
        match answer.result {
            Ok(policy) => nodes.push(policy),
            Err(error) => refusal = error,
        }
    }
    if nodes.is_empty() {
        return Err(refusal.into());
    }
    let mut anchors: Vec<TrustAnchor> = nodes.iter().flat_map(|policy| &policy.anchors).cloned().collect();
    anchors.sort_by_key(|anchor| anchor.reference);
    anchors.dedup_by(|one, other| one.is_same(other));
    let shown = |anchor: TrustAnchor| {
        let has = |policy: &&MutualTls| policy.anchors.iter().any(|known| known.is_same(&anchor));
        let everywhere = nodes.iter().filter(has).count() == nodes.len();
        let shown = Shown {
            certificate_reference: reference_of(anchor.reference),
            certificate: anchor.certificate.clone(),
            cluster_coverage: if everywhere { "full" } else { "inconsistent" },
        };
        (anchor, shown)
    };
    Ok(anchors.into_iter().map(shown).collect())
}
