//! `cluster mtls register-trust-anchor`: again, it is brought to the HSMs that lack it, which is a refusal by the others (observed).

use std::path::PathBuf;

use clap::Args;
use hsm_sim::HsmError;
use hsm_sim::mtls::{Anchor, LONGEST_ANCHOR};
use serde::Serialize;

use crate::chsm::answer::{Answer, Data, Refusal, everywhere};
use crate::chsm::cluster::mtls::list::{self, Shown};
use crate::chsm::data::read_file;
use crate::chsm::session::Session;

#[derive(Debug, Args)]
pub(in crate::chsm) struct Options {
    /// Filepath of the trust anchor to register
    #[arg(long)]
    path: PathBuf,
}

#[derive(Serialize)]
struct Registered {
    trust_anchor: Shown,
}

impl Options {
    pub(super) fn run(&self, session: &mut Session<'_>) -> Answer {
        let anchor = self.read()?;
        let connection = session.connection(None)?;
        connection.user()?;
        let results = connection.admin.register_trust_anchor(&anchor)?;
        let exists = |result: &Result<_, HsmError>| *result == Err(HsmError::AnchorExists);
        // Both texts are observed.
        if results.iter().all(|answer| exists(&answer.result)) {
            return Err(Refusal::new("Invalid Certificate: Trust anchor already exists."));
        }
        if results.iter().any(|answer| exists(&answer.result)) {
            return Err(Refusal::new("Certificate error received from Hsm. Trust anchor is already installed in Hsm."));
        }
        everywhere("Trust anchor registration", &results)?;
        let reference = results.into_iter().find_map(|answer| answer.result.ok()).ok_or(HsmError::NoNode)?;
        let found = list::all(session)?.into_iter().find(|(anchor, _)| anchor.reference == reference);
        let (_, trust_anchor) = found.ok_or(HsmError::NoSuchAnchor)?;
        Data::of(&Registered { trust_anchor })
    }

    fn read(&self) -> Result<Anchor, Refusal> {
        let file = read_file(&self.path)?;
        if file.len() > LONGEST_ANCHOR {
            // Observed.
            return Err(Refusal::new("Oversized Certificate: Certificate is too long"));
        }
        let anchor = Anchor::from_pem(&String::from_utf8_lossy(&file));
        anchor.map_err(|problem| Refusal::new(format!("Invalid Certificate: {problem}")))
    }
}
