//! `insertMaskedObject`: a key of this cluster or a clone of it, under a new handle (documented).

use std::fs;

use crate::kmu::argument::{Argument, Given};
use crate::kmu::command::{Command, group};
use crate::kmu::session::{Refusal, Session};
use crate::kmu::status::{self, INDENT};
use crate::kmu::terms::{self, MIN_SRV, TIMEOUT};
use crate::utility::Outcome;

pub(super) const COMMAND: Command = Command {
    name: "insertMaskedObject",
    group: group::TRANSFER,
    summary: "Inserts a masked object",
    arguments: &[
        Argument::required("f", "filename", "specifies the file that holds the masked object"),
        MIN_SRV,
        TIMEOUT,
    ],
    run,
};

const FUNCTION: &str = "Cfm3InsertMaskedObject";

fn run(session: &mut Session<'_>, given: &Given<'_>) -> Result<Outcome, Refusal> {
    // Its id may still be in the cluster.
    let terms = hsm_sim::keys::Terms { unique_id: false, ..terms::terms(given, session.least)? };
    let made = session.keys.unmask(&fs::read(given.text("f"))?, &terms).map_err(Refusal::of(FUNCTION))?;
    let returned = status::returned(INDENT, FUNCTION, Ok(()));
    let nodes = status::cluster(INDENT, &made.nodes);
    session.terminal.print(&format!("\n{returned}{INDENT}New Key Handle: {}\n\n{nodes}", made.handle))?;
    Ok(Outcome::when(status::overall(&made.nodes).is_ok()))
}
