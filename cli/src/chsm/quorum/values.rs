//! `quorum token-sign list-quorum-values` and `set-quorum-value`.

use clap::Args;
use hsm_sim::HsmError;
use serde::Serialize;
use serde::ser::{SerializeMap as _, Serializer};

use crate::chsm::answer::{Answer, Data, Refusal, everywhere};
use crate::chsm::quorum::Named;
use crate::chsm::session::Session;
use crate::chsm::token_file::ApprovalFile;

#[derive(Debug, Args)]
pub(in crate::chsm) struct Options {
    /// Service the quorum value is for
    #[arg(long)]
    service: Named,
    /// The quorum value
    #[arg(long)]
    value: u8,
    #[command(flatten)]
    approval: ApprovalFile,
}

/// A number, unless HSMs disagree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub(super) enum Agreed {
    Number(u64),
    Text(&'static str),
}

impl Agreed {
    /// What the HSMs that answer say.
    pub(super) fn of(answers: impl Iterator<Item = u64>) -> Result<Self, Refusal> {
        let mut answers = answers;
        let first = answers.next().ok_or(HsmError::NoNode)?;
        Ok(if answers.all(|other| other == first) { Self::Number(first) } else { Self::Text("inconsistent") })
    }
}

struct Values(Vec<(&'static str, Agreed)>);

impl Serialize for Values {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        self.0.iter().try_for_each(|(name, value)| map.serialize_entry(name, value))?;
        map.end()
    }
}

pub(super) fn list(session: &mut Session<'_>) -> Answer {
    let admin = &session.connection(None)?.admin;
    let mut values = Vec::new();
    for named in Named::ALL {
        let answers = admin.m_value(named.service())?;
        let value = Agreed::of(answers.into_iter().filter_map(|answer| answer.result.ok()).map(u64::from))?;
        values.push((named.as_str(), value));
    }
    Data::of(&Values(values))
}

impl Options {
    pub(super) fn run(&self, session: &mut Session<'_>) -> Answer {
        let connection = session.connection(None)?;
        connection.user()?;
        self.approval.hand_in(&mut connection.admin)?;
        let results = connection.admin.set_m_value(self.service.service(), self.value)?;
        everywhere("Set quorum value", &results)?;
        Data::of("Set Quorum Value successful")
    }
}
