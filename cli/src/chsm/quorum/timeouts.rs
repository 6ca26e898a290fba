//! `quorum token-sign list-timeouts` and `set-timeout`.

use std::time::Duration;

use clap::Args;
use serde::Serialize;

use crate::chsm::answer::{Answer, Data, everywhere};
use crate::chsm::quorum::values::Agreed;
use crate::chsm::session::Session;

#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
pub(in crate::chsm) struct Options {
    /// Timeout period in seconds for a generated (non-approved) token to be approved
    #[arg(long)]
    generated: Option<u32>,
    /// Timeout period in seconds for an approved token to be used to execute a quorum operation
    #[arg(long)]
    approved: Option<u32>,
}

#[derive(Serialize)]
struct Listing {
    generated: Agreed,
    approved: Agreed,
}

pub(super) fn list(session: &mut Session<'_>) -> Answer {
    let answers = session.connection(None)?.admin.token_timeouts()?;
    let timeouts = || answers.iter().filter_map(|answer| answer.result.as_ref().ok());
    let generated = Agreed::of(timeouts().map(|timeouts| timeouts.generated.as_secs()))?;
    let approved = Agreed::of(timeouts().map(|timeouts| timeouts.approved.as_secs()))?;
    Data::of(&Listing { generated, approved })
}

impl Options {
    pub(super) fn run(&self, session: &mut Session<'_>) -> Answer {
        let connection = session.connection(None)?;
        connection.user()?;
        let seconds = |value: Option<u32>| value.map(|seconds| Duration::from_secs(seconds.into()));
        let results = connection.admin.set_token_timeouts(seconds(self.generated), seconds(self.approved))?;
        everywhere("Set token timeout", &results)?;
        Data::of("Set token timeout successful")
    }
}
