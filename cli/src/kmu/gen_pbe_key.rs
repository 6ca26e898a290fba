//! `genPBEKey`: listed, but not supported by HSMs in FIPS mode (documented).

use hsm_sim::HsmError;

use crate::kmu::argument::Given;
use crate::kmu::command::{Command, group};
use crate::kmu::session::{Refusal, Session};
use crate::utility::Outcome;

pub(super) const COMMAND: Command =
    Command { name: "genPBEKey", group: group::SECRETS, summary: "Generates a PBE DES3 key", arguments: &[], run };

fn run(_: &mut Session<'_>, _: &Given<'_>) -> Result<Outcome, Refusal> {
    Err(Refusal::of("Cfm3GeneratePBEKey")(HsmError::PolicyViolation.into()))
}
