//! `cluster mtls get-enforcement` and `set-enforcement`.

use clap::{Args, ValueEnum};
use hsm_sim::HsmError;
use hsm_sim::mtls::Enforcement;
use serde::Serialize;

use crate::chsm::answer::{Answer, Data, everywhere};
use crate::chsm::session::Session;

#[derive(Debug, Args)]
pub(in crate::chsm) struct Options {
    /// Level to be set for mtls in the cluster
    #[arg(long)]
    level: Level,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Level {
    /// Clients need no certificate
    None,
    /// Clients must have a certificate that leads to a trust anchor
    Cluster,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Shown {
    mtls_enforcement_level: &'static str,
}

/// Documented; what HSMs disagree on reads `inconsistent`.
pub(super) fn get(session: &mut Session<'_>) -> Answer {
    let connection = session.connection(None)?;
    connection.user()?;
    let answers = connection.admin.mutual_tls()?;
    let mut levels = answers.iter().filter_map(|answer| Some(answer.result.as_ref().ok()?.enforcement));
    let Some(first) = levels.next() else {
        everywhere("Get mtls enforcement", &answers)?;
        return Err(HsmError::NoNode.into());
    };
    let name = match first {
        Enforcement::None => "none",
        Enforcement::Cluster => "cluster",
    };
    let mtls_enforcement_level = if levels.all(|level| level == first) { name } else { "inconsistent" };
    Data::of(&Shown { mtls_enforcement_level })
}

impl Options {
    pub(super) fn run(&self, session: &mut Session<'_>) -> Answer {
        let (level, name) = match self.level {
            Level::None => (Enforcement::None, "None"),
            Level::Cluster => (Enforcement::Cluster, "Cluster"),
        };
        let connection = session.connection(None)?;
        connection.user()?;
        everywhere("Set mtls enforcement", &connection.admin.set_mtls_enforcement(level)?)?;
        // Documented.
        Data::message(&format!("Mtls enforcement level set to {name} successfully"))
    }
}
