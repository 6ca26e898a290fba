//! The commands, one row each.

use hsm_sim::quorum::Service;

use crate::cmu::session::{Refusal, Session};
use crate::cmu::{
    approve_token, change_password, create_user, del_token, delete_user, enable_e2e, exit, find_all_keys,
    get_attribute, get_cert, get_hsm_info, get_key_info, get_m_value, get_token, help, info, list_attributes,
    list_tokens, list_users, login, logout, quit, register_quorum_pub_key, server, set_attribute, set_m_value,
    share_key, sync_key, sync_user,
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
    /// It works without encryption too: what needs no login (inferred).
    pub(super) in_clear: bool,
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
        in_clear: true,
        run: enable_e2e::run,
    },
    Command {
        name: "loginHSM",
        arguments: "<user type> <user name> <password or -hpswd> [-2fa <file>]",
        summary: "Logs in to the servers",
        takes_password: true,
        in_clear: false,
        run: login::run,
    },
    Command {
        name: "logoutHSM",
        arguments: "",
        summary: "Logs out of the servers",
        takes_password: false,
        in_clear: false,
        run: logout::run,
    },
    Command {
        name: "createUser",
        arguments: "<user type> <user name> <password or -hpswd> [-2fa <file>]",
        summary: "Creates a user (CO or CU)",
        takes_password: true,
        in_clear: false,
        run: create_user::run,
    },
    Command {
        name: "deleteUser",
        arguments: "<user type> <user name>",
        summary: "Deletes a user",
        takes_password: false,
        in_clear: false,
        run: delete_user::run,
    },
    Command {
        name: "changePswd",
        arguments: "<user type> <user name> <password or -hpswd> [-2fa <file>]",
        summary: "Changes a user's password, which unlocks the account",
        takes_password: true,
        in_clear: false,
        run: change_password::run,
    },
    Command {
        name: "listUsers",
        arguments: "",
        summary: "Lists the users on each server",
        takes_password: false,
        in_clear: true,
        run: list_users::run,
    },
    Command {
        name: "syncUser",
        arguments: "<user id> <server id>",
        summary: "Brings a user from this server to another one",
        takes_password: false,
        in_clear: false,
        run: sync_user::run,
    },
    Command {
        name: "registerQuorumPubKey",
        arguments: "<user type> <user name> <registration token> <signed registration token> <public key>",
        summary: "Registers the key with which an officer approves",
        takes_password: false,
        in_clear: false,
        run: register_quorum_pub_key::run,
    },
    Command {
        name: "getMValue",
        arguments: "<service>",
        summary: "Shows how many officers must approve",
        takes_password: false,
        in_clear: false,
        run: get_m_value::run,
    },
    Command {
        name: "setMValue",
        arguments: "<service> <m value>",
        summary: "Sets how many officers must approve",
        takes_password: false,
        in_clear: false,
        run: set_m_value::run,
    },
    Command {
        name: "getToken",
        arguments: "<service> <user name> <file>",
        summary: "Gets a quorum token for approvers to sign",
        takes_password: false,
        in_clear: false,
        run: get_token::run,
    },
    Command {
        name: "approveToken",
        arguments: "<approval file>",
        summary: "Hands in the approvals of a quorum token",
        takes_password: false,
        in_clear: false,
        run: approve_token::run,
    },
    Command {
        name: "listTokens",
        arguments: "",
        summary: "Lists the quorum tokens on each server",
        takes_password: false,
        in_clear: false,
        run: list_tokens::run,
    },
    Command {
        name: "delToken",
        arguments: "<token id, user or all>",
        summary: "Deletes quorum tokens",
        takes_password: false,
        in_clear: false,
        run: del_token::run,
    },
    Command {
        name: "findAllKeys",
        arguments: "<user id> <key hash (0/1)> [<output file>]",
        summary: "Finds the keys that a user owns or shares",
        takes_password: false,
        in_clear: false,
        run: find_all_keys::run,
    },
    Command {
        name: "getAttribute",
        arguments: "<key handle> <attribute id> [<filename>]",
        summary: "Reads an attribute of a key; 512 means all of them",
        takes_password: false,
        in_clear: false,
        run: get_attribute::run,
    },
    Command {
        name: "setAttribute",
        arguments: "<key handle> <attribute id> [<value>]",
        summary: "Changes an attribute of a key",
        takes_password: false,
        in_clear: false,
        run: set_attribute::run,
    },
    Command {
        name: "listAttributes",
        arguments: "[-h]",
        summary: "Lists the attributes of keys and their ids",
        takes_password: false,
        in_clear: true,
        run: list_attributes::run,
    },
    Command {
        name: "getKeyInfo",
        arguments: "<key handle> [<file>]",
        summary: "Shows who owns a key and whom it is shared with",
        takes_password: false,
        in_clear: false,
        run: get_key_info::run,
    },
    Command {
        name: "shareKey",
        arguments: "<key handle> <user id> <(share/unshare key?) 1/0>",
        summary: "Shares a key with another user, or no longer",
        takes_password: false,
        in_clear: false,
        run: share_key::run,
    },
    Command {
        name: "syncKey",
        arguments: "<key handle> <destination hsm>",
        summary: "Brings a key from this server to another one",
        takes_password: false,
        in_clear: false,
        run: sync_key::run,
    },
    Command {
        name: "getHSMInfo",
        arguments: "",
        summary: "Shows the hardware of each server",
        takes_password: false,
        in_clear: true,
        run: get_hsm_info::run,
    },
    Command {
        name: "getCert",
        arguments: "<file name> <certificate type>",
        summary: "Writes a certificate of this server to a file",
        takes_password: false,
        in_clear: true,
        run: get_cert::run,
    },
    Command {
        name: "info",
        arguments: "server <server number>",
        summary: "Shows the connection to a server",
        takes_password: false,
        in_clear: true,
        run: info::run,
    },
    Command {
        name: "server",
        arguments: "<server number>",
        summary: "Sends the commands that follow to one server only",
        takes_password: false,
        in_clear: true,
        run: server::run,
    },
    Command {
        name: "exit",
        arguments: "",
        summary: "Sends the commands that follow to all servers again",
        takes_password: false,
        in_clear: true,
        run: exit::run,
    },
    Command {
        name: "exit-server",
        arguments: "",
        summary: "The same as exit after server",
        takes_password: false,
        in_clear: true,
        run: exit::run,
    },
    Command {
        name: "help",
        arguments: "[<command>]",
        summary: "Lists the commands, or explains one",
        takes_password: false,
        in_clear: true,
        run: help::run,
    },
    Command {
        name: "quit",
        arguments: "",
        summary: "Logs out and ends the utility",
        takes_password: false,
        in_clear: true,
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

/// What the last word before the cursor could become: the name of a command.
pub(super) fn complete(line: &str) -> (usize, Vec<String>) {
    let start = line.rfind(char::is_whitespace).map_or(0, |space| space + 1);
    let (before, word) = line.split_at(start);
    let named = matches!(before.trim(), "" | "help");
    let names = COMMANDS.iter().map(|command| command.name).filter(|name| named && name.starts_with(word));
    (start, names.map(ToOwned::to_owned).collect())
}

/// The service that a number means.
pub(super) fn service(word: &Word) -> Result<Service, Refusal> {
    let number = word.parse().map_err(|_| Refusal::Usage)?;
    Service::of_number(number).ok_or(Refusal::Usage)
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
        assert_eq!(lines[1], "Usage: loginHSM <user type> <user name> <password or -hpswd> [-2fa <file>]\n");
    }

    #[test]
    fn the_tab_key_completes_names() {
        for (line, start, expected) in [
            ("log", 0, &["loginHSM", "logoutHSM"][..]),
            ("help syncU", 5, &["syncUser"]),
            ("loginHSM C", 9, &[]),
            ("bogus", 0, &[]),
        ] {
            assert_eq!(complete(line), (start, expected.iter().map(ToString::to_string).collect()), "{line}");
        }
    }

    #[test]
    fn prefixes_that_several_commands_share() {
        assert_eq!(not_found(&find("log")), "Ambiguous command: it could be loginHSM or logoutHSM\n");
        assert_eq!(not_found(&find("bogus")), "Invalid command, type 'help' for the list of commands\n");
        for (prefix, name) in [("logout", "logoutHSM"), ("listU", "listUsers"), ("ch", "changePswd"), ("q", "quit")] {
            assert!(matches!(find(prefix), Found::One(command) if command.name == name), "{prefix}");
        }
    }
}
