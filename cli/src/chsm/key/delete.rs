//! `key delete`: by its owner, from every HSM.

use clap::Args;

use crate::chsm::answer::{Answer, Data, everywhere};
use crate::chsm::key::filter::One;
use crate::chsm::session::Session;

#[derive(Debug, Args)]
pub(super) struct Options {
    #[command(flatten)]
    filter: One,
}

impl Options {
    pub(super) fn run(&self, session: &mut Session<'_>) -> Answer {
        let key = self.filter.find(session)?;
        let results = session.keys()?.delete(key.key_reference)?;
        everywhere("Key delete", &results)?;
        Data::message("Key deleted successfully")
    }
}
