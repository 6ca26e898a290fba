//! `setAttribute -o <object handle> -a 1`: makes a session key one of the cluster; other attributes are the management utility's
//! (documented).

use hsm_sim::HsmError;

use crate::failure::Failure;
use crate::kmu::argument::{Argument, Given};
use crate::kmu::command::{Command, group};
use crate::kmu::session::{Refusal, Session};
use crate::kmu::status::{self, INDENT};
use crate::utility::Outcome;

pub(super) const COMMAND: Command = Command {
    name: "setAttribute",
    group: group::MANAGEMENT,
    summary: "Sets an attribute of an object",
    arguments: &[
        Argument::required("o", "object handle", "specifies the handle of the key"),
        Argument::required("a", "attribute constant", "specifies the attribute: 1, OBJ_ATTR_TOKEN"),
    ],
    run,
};

const FUNCTION: &str = "Cfm3SetAttribute";
const TOKEN: u32 = 1;

fn run(session: &mut Session<'_>, given: &Given<'_>) -> Result<Outcome, Refusal> {
    let (handle, attribute): (_, u32) = (given.required("o")?, given.required("a")?);
    let refused = Refusal::of(FUNCTION);
    if attribute != TOKEN {
        return Err(refused(HsmError::InvalidAttribute.into()));
    }
    session.terminal.print("         This attribute is defined as a boolean value.\n")?;
    let value = session.terminal.ask("          Enter the boolean attribute value (0 or 1):")?;
    let value = value.ok_or_else(|| Failure::new("the input ended before a value was given"))?;
    // A key of the cluster never becomes one of a session.
    if value != "1" {
        return Err(refused(HsmError::InvalidAttribute.into()));
    }
    let nodes = session.keys.persist(handle).map_err(refused)?;
    session.terminal.print(&format!("\n{}", status::block(INDENT, FUNCTION, &nodes)))?;
    Ok(Outcome::when(status::overall(&nodes).is_ok()))
}
