//! The commands, one row each.

use crate::cmu::session::{Refusal, Session};
use crate::cmu::{
    change_password, create_user, delete_user, enable_e2e, exit, find_all_keys, get_attribute, help, info, list_users,
    login, logout, quit, server,
};
use crate::terminal::Word;
use crate::utility::{self, Found, Outcome};

/// A command.
pub(super) struct Command {
    /// Its name; a prefix of it that fits no other command means it too (documented).
    pub(super) name: &'static str,
    /// What follows the name.
    pub(super) arguments: &'static str,
    /// What it does, for `help`.
    pub(super) summary: &'static str,
    /// Its line may hold a password and stays out of the history.
    pub(super) takes_password: bool,
    /// Carries it out.
    pub(super) run: fn(&mut Session<'_>, &[Word]) -> Result<Outcome, Refusal>,
}

impl Command {
    /// `Usage: …` (inferred form).
    pub(super) fn usage_line(&self) -> String {
        format!("{}\n", format!("Usage: {} {}", self.name, self.arguments).trim_end())
    }
}

/// All commands, in the order of `help`.
pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "enable_e2e",
        arguments: "",
        summary: "Encrypts the connection to each server end to end",
        takes_password: false,
        run: enable_e2e::run,
    },
    Command {
        name: "loginHSM",
        arguments: "<user type> <user name> <password or -hpswd>",
        summary: "Logs in to the servers",
        takes_password: true,
        run: login::run,
    },
    Command {
        name: "logoutHSM",
        arguments: "",
        summary: "Logs out of the servers",
        takes_password: false,
        run: logout::run,
    },
    Command {
        name: "createUser",
        arguments: "<user type> <user name> <password or -hpswd>",
        summary: "Creates a user (CO or CU)",
        takes_password: true,
        run: create_user::run,
    },
    Command {
        name: "deleteUser",
        arguments: "<user type> <user name>",
        summary: "Deletes a user",
        takes_password: false,
        run: delete_user::run,
    },
    Command {
        name: "changePswd",
        arguments: "<user type> <user name> <password or -hpswd>",
        summary: "Changes a user's password, which unlocks the account",
        takes_password: true,
        run: change_password::run,
    },
    Command {
        name: "listUsers",
        arguments: "",
        summary: "Lists the users on each server",
        takes_password: false,
        run: list_users::run,
    },
    Command {
        name: "findAllKeys",
        arguments: "<user id> <key hash (0/1)> [<output file>]",
        summary: "Finds the keys that a user owns or shares",
        takes_password: false,
        run: find_all_keys::run,
    },
    Command {
        name: "getAttribute",
        arguments: "<key handle> <attribute id> [<filename>]",
        summary: "Reads an attribute of a key; 512 means all of them",
        takes_password: false,
        run: get_attribute::run,
    },
    Command {
        name: "info",
        arguments: "server <server number>",
        summary: "Shows the connection to a server",
        takes_password: false,
        run: info::run,
    },
    Command {
        name: "server",
        arguments: "<server number>",
        summary: "Sends the commands that follow to one server only",
        takes_password: false,
        run: server::run,
    },
    Command {
        name: "exit",
        arguments: "",
        summary: "Sends the commands that follow to all servers again",
        takes_password: false,
        run: exit::run,
    },
    Command {
        name: "exit-server",
        arguments: "",
        summary: "The same as exit after server",
        takes_password: false,
        run: exit::run,
    },
    Command {
        name: "help",
        arguments: "[<command>]",
        summary: "Lists the commands, or explains one",
        takes_password: false,
        run: help::run,
    },
    Command {
        name: "quit",
        arguments: "",
        summary: "Logs out and ends the utility",
        takes_password: false,
        run: quit::run,
    },
];

/// The command that a word means.
pub(super) fn find(word: &str) -> Found<'static, Command> {
    utility::by_prefix(COMMANDS, |command| command.name, word)
}

/// What is said about a word that is no command (inferred text). The word is not repeated: it may be a password that
/// was typed at the wrong moment.
pub(super) fn not_found(found: &Found<'_, Command>) -> String {
    match found {
        Found::Several(commands) => {
            let names: Vec<&str> = commands.iter().map(|command| command.name).collect();
            format!("Ambiguous command: it could be {}\n", names.join(" or "))
        }
        Found::None | Found::One(_) => "Invalid command, type 'help' for the list of commands\n".to_owned(),
    }
}

/// The arguments of a command that takes exactly as many.
pub(super) fn exactly<const N: usize>(arguments: &[Word]) -> Result<&[Word; N], Refusal> {
    arguments.try_into().map_err(|_| Refusal::Usage)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usage_lines() {
        let lines: Vec<String> = COMMANDS.iter().map(Command::usage_line).collect();
        assert_eq!(lines[0], "Usage: enable_e2e\n");
        assert_eq!(lines[1], "Usage: loginHSM <user type> <user name> <password or -hpswd>\n");
    }

    #[test]
    fn prefixes_that_several_commands_share() {
        assert_eq!(not_found(&find("log")), "Ambiguous command: it could be loginHSM or logoutHSM\n");
        assert_eq!(not_found(&find("bogus")), "Invalid command, type 'help' for the list of commands\n");
        for (prefix, name) in [("logout", "logoutHSM"), ("list", "listUsers"), ("ch", "changePswd"), ("q", "quit")] {
            assert!(matches!(find(prefix), Found::One(command) if command.name == name), "{prefix}");
        }
    }
}
