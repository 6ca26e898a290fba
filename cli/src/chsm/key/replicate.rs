//! `key replicate`: to a clone of the cluster.

use clap::Args;
use serde::Serialize;

use crate::chsm::answer::{Answer, Data, Refusal};
use crate::chsm::key::filter::One;
use crate::chsm::key::shown::{self, Shown};
use crate::chsm::replicate::Clusters;
use crate::chsm::session::Session;

#[derive(Debug, Args)]
pub(in crate::chsm) struct Options {
    #[command(flatten)]
    filter: One,
    #[command(flatten)]
    clusters: Clusters,
}

#[derive(Serialize)]
struct Replicated {
    key: Shown,
    message: &'static str,
}

impl Options {
    pub(super) fn run(&self, session: &mut Session<'_>) -> Answer {
        let before = self.clusters.turn_to_source(session);
        let answer = self.replicate(session);
        session.turn_to(before);
        answer
    }

    fn replicate(&self, session: &mut Session<'_>) -> Answer {
        let key = self.filter.find(session)?;
        if key.is_inconsistent() {
            // Documented.
            return Err(Refusal::new("The selected key is not synchronized throughout the cluster"));
        }
        let handle = key.key_reference;
        self.clusters.bring("Key replicate", session, |source, destination| {
            source.admin.replicate_key(handle, &destination.admin)
        })?;
        self.clusters.turn_to_destination(session);
        Data::of(&Replicated { key: shown::one(session, handle)?, message: "Successfully replicated key" })
    }
}
