//! `listECCCurveIds`: the numbers of curves. All are known to the tool; which of them the HSMs take, `genECCKeyPair` says.

use crate::kmu::argument::Given;
use crate::kmu::command::{Command, group};
use crate::kmu::session::{Refusal, Session};
use crate::utility::Outcome;

pub(super) const COMMAND: Command = Command {
    name: "listECCCurveIds",
    group: group::HELPER,
    summary: "List HSM supported ECC CurveIds",
    arguments: &[],
    run,
};

/// From 1 on (observed in the tool's published source).
const CURVES: [&str; 16] = [
    "NID_X9_62_prime192v1",
    "NID_X9_62_prime256v1",
    "NID_sect163k1",
    "NID_sect163r2",
    "NID_sect233k1",
    "NID_sect233r1",
    "NID_sect283k1",
    "NID_sect283r1",
    "NID_sect409k1",
    "NID_sect409r1",
    "NID_sect571k1",
    "NID_sect571r1",
    "NID_secp224r1",
    "NID_secp384r1",
    "NID_secp521r1",
    "NID_secp256k1",
];

fn run(session: &mut Session<'_>, _: &Given<'_>) -> Result<Outcome, Refusal> {
    let line = |(place, name): (usize, &&str)| format!("      {name:<32}= {}\n", place + 1);
    let lines: String = CURVES.iter().enumerate().map(line).collect();
    let heading = "\nDescription\n===========\nThe following are HSM supported ECC CurveIds\n\n";
    session.terminal.print(&format!("{heading}{lines}"))?;
    Ok(Outcome::Done)
}
