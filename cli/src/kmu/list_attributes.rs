//! `listAttributes`: the numbers of attributes (documented).

use hsm_sim::object::Attribute;

use crate::kmu::argument::Given;
use crate::kmu::command::{Command, group};
use crate::kmu::session::{Refusal, Session};
use crate::utility::Outcome;

pub(super) const COMMAND: Command = Command {
    name: "listAttributes",
    group: group::HELPER,
    summary: "List all attributes for getAttributes",
    arguments: &[],
    run,
};

/// In the documentation's order.
const LISTED: [Attribute; 20] = [
    Attribute::Class,
    Attribute::Token,
    Attribute::Private,
    Attribute::Label,
    Attribute::KeyType,
    Attribute::Id,
    Attribute::Sensitive,
    Attribute::Encrypt,
    Attribute::Decrypt,
    Attribute::Wrap,
    Attribute::Unwrap,
    Attribute::Sign,
    Attribute::Verify,
    Attribute::Local,
    Attribute::Modulus,
    Attribute::ModulusBits,
    Attribute::PublicExponent,
    Attribute::ValueLen,
    Attribute::Extractable,
    Attribute::Kcv,
];

fn run(session: &mut Session<'_>, _: &Given<'_>) -> Result<Outcome, Refusal> {
    let line = |attribute: &Attribute| format!("      {:<32}= {}\n", attribute.name(), attribute.number());
    let lines: String = LISTED.iter().map(line).collect();
    let heading =
        "\nDescription\n===========\nThe following are all of the possible attribute values for getAttributes.\n\n";
    session.terminal.print(&format!("{heading}{lines}"))?;
    Ok(Outcome::Done)
}
