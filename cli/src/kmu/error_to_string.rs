//! `Error2String`: what a code of the tools means (documented).

use hsm_sim::HsmError;

use crate::kmu::argument::{Argument, Given};
use crate::kmu::command::{Command, group};
use crate::kmu::session::{Refusal, Session};
use crate::kmu::status::INDENT;
use crate::utility::Outcome;

pub(super) const COMMAND: Command = Command {
    name: "Error2String",
    group: group::HELPER,
    summary: "Converts Error codes to Strings\n                          save key handle in fake PEM format",
    arguments: &[Argument::required("r", "response-code", "specifies the code in hexadecimal digits, with 0x")],
    run,
};

fn run(session: &mut Session<'_>, given: &Given<'_>) -> Result<Outcome, Refusal> {
    let digits = given.text("r").strip_prefix("0x").ok_or(Refusal::Usage)?;
    let code = u32::from_str_radix(digits, 16).map_err(|_| Refusal::Usage)?;
    let meaning = if code == 0 { Some("HSM Return: SUCCESS".to_owned()) } else { HsmError::text_of(code) };
    // Inferred of an unknown code.
    let meaning = meaning.unwrap_or_else(|| "Unknown Error Code".to_owned());
    session.terminal.print(&format!("\n{INDENT}Error Code {code:02x} maps to {meaning}\n"))?;
    Ok(Outcome::Done)
}
