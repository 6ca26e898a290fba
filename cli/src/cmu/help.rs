//! `help [<command>]`.

use crate::cmu::command::{self, COMMANDS, Command};
use crate::cmu::session::{Refusal, Session};
use crate::terminal::Word;
use crate::utility::{Found, Outcome};

pub(super) fn run(session: &mut Session<'_>, arguments: &[Word]) -> Result<Outcome, Refusal> {
    let (text, outcome) = match arguments {
        [] => (list(), Outcome::Done),
        [word] => match command::find(word) {
            Found::One(command) => (explain(command), Outcome::Done),
            found => (command::not_found(&found), Outcome::Failed),
        },
        _ => return Err(Refusal::Usage),
    };
    session.terminal.print(&text)?;
    Ok(outcome)
}

fn list() -> String {
    COMMANDS.iter().map(|command| format!("{:<22}{}\n", command.name, command.summary)).collect()
}

fn explain(command: &Command) -> String {
    format!("{}\n\n{}", command.summary, command.usage_line())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_is_listed() {
        let list = list();
        assert_eq!(list.lines().count(), COMMANDS.len());
        assert!(list.starts_with("enable_e2e            Encrypts"), "{list}");
    }

    #[test]
    fn a_command_is_explained() {
        let Found::One(command) = command::find("deleteU") else { panic!("deleteUser is a command") };
        assert_eq!(explain(command), "Deletes a user\n\nUsage: deleteUser <user type> <user name>\n");
    }
}
