//! `getAttribute -o <key handle> -a <attribute constant> -out <file>`: writes one attribute, or with 512 all, to a file.

use std::fs;

use hsm_sim::HsmError;

use crate::attribute::{Selection, Values};
use crate::kmu::argument::{Argument, Given};
use crate::kmu::command::{Command, group};
use crate::kmu::session::{Refusal, Session};
use crate::kmu::status::{self, INDENT};
use crate::utility::Outcome;

pub(super) const COMMAND: Command = Command {
    name: "getAttribute",
    group: group::MANAGEMENT,
    summary: "Reads an attribute from an object",
    arguments: &[
        Argument::required("o", "key handle", "specifies the handle of the key"),
        Argument::required("a", "attribute constant", "specifies the attribute; 512 for all"),
        Argument::required("out", "file", "specifies the file to write the attributes to"),
    ],
    run,
};

const FUNCTION: &str = "Cfm3GetAttribute";

fn run(session: &mut Session<'_>, arguments: &Given<'_>) -> Result<Outcome, Refusal> {
    let (handle, number, file) = (arguments.required("o")?, arguments.required("a")?, arguments.text("out"));
    let selection = Selection::from_number(number).map_err(|error| Refusal::of(FUNCTION)(error.into()))?;
    let mut values = Values::new();
    for attribute in selection.attributes() {
        match session.keys.attribute(handle, *attribute) {
            Ok(value) => values.push((*attribute, value)),
            // Among all, those that the key has.
            Err(hsm_sim::Error::Hsm(HsmError::InvalidAttribute)) if selection == Selection::All => {}
            Err(error) => return Err(Refusal::of(FUNCTION)(error)),
        }
    }
    let dump = selection.render(&values);
    fs::write(file, &dump)?;
    session.terminal.print(&render(selection, values.len(), Selection::size(&values), file))?;
    Ok(Outcome::Done)
}

/// Documented.
fn render(selection: Selection, count: usize, size: usize, file: &str) -> String {
    let mut text = String::new();
    if selection == Selection::All {
        text += &format!("\ngot all attributes of size {size} attr cnt {count}\n");
    }
    text += &format!("Attributes dumped into {file} file\n\n");
    text + &status::returned(INDENT, FUNCTION, Ok(()))
}

#[cfg(test)]
mod tests {
    use hsm_sim::object::Attribute;

    use super::*;

    #[test]
    fn documented_answers() {
        let one = "\
Attributes dumped into attribute.txt file

        Cfm3GetAttribute returned: 0x00 : HSM Return: SUCCESS
";
        assert_eq!(render(Selection::One(Attribute::KeyType), 1, 29, "attribute.txt"), one);
        let all = format!("\ngot all attributes of size 444 attr cnt 17\n{one}");
        assert_eq!(render(Selection::All, 17, 444, "attribute.txt"), all);
    }
}
