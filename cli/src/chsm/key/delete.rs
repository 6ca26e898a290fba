//! `key delete`: by its owner, from every HSM.

use clap::Args;
use hsm_sim::HsmError;

use crate::chsm::answer::{Answer, Data, everywhere, finish};
use crate::chsm::key::filter::One;
use crate::chsm::session::Session;

#[derive(Debug, Args)]
pub(in crate::chsm) struct Options {
    #[command(flatten)]
    filter: One,
}

impl Options {
    pub(super) fn run(&self, session: &mut Session<'_>) -> Answer {
        let key = self.filter.find(session)?;
        let mut results = session.keys()?.delete(key.key_reference)?;
        finish(&mut results, |answer| answer.result == Err(HsmError::InvalidHandle));
        everywhere("Key delete", &results)?;
        Data::message("Key deleted successfully")
    }
}
