//! `help`.

use crate::kmu::command::COMMANDS;
use crate::kmu::named::Named;
use crate::kmu::session::{Refusal, Session};
use crate::kmu::status::INDENT;
use crate::utility::Outcome;

pub(super) fn run(session: &mut Session<'_>, _: &Named<'_>) -> Result<Outcome, Refusal> {
    session.terminal.print(&render())?;
    Ok(Outcome::Done)
}

/// The documented form, for the commands that there are.
fn render() -> String {
    let mut text = "\nHelp Commands Available:\n\nSyntax: <command> -h\n\n\n".to_owned();
    text += "   Command               Description\n   =======               ===========\n\n";
    let mut group = "";
    for command in COMMANDS {
        if command.group != group {
            group = command.group;
            text += &format!("\n{INDENT}{group}\n");
        }
        text += &format!("   {:<23}{}\n", command.name, command.summary);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documented_form() {
        let expected = "
Help Commands Available:

Syntax: <command> -h


   Command               Description
   =======               ===========

   exit                   Exits this application
   help                   Displays this information

        Configuration and Admin Commands
   listUsers              Lists all users of a partition
   loginHSM               Login to the HSM
   logoutHSM              Logout from the HSM

        Key Management Commands
   deleteKey              Delete Key
   getKeyInfo             Get Key Info about shared users/sessions
   findKey                Find Key
   getAttribute           Reads an attribute from an object
";
        assert_eq!(render(), expected);
    }
}
