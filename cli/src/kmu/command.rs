//! The commands, one row each.

use crate::kmu::named::{Known, Named};
use crate::kmu::session::{Refusal, Session};
use crate::kmu::status::INDENT;
use crate::kmu::{delete_key, exit, find_key, get_attribute, get_key_info, help, list_users, login, logout};
use crate::utility::Outcome;

/// A command.
pub(super) struct Command {
    /// Its name.
    pub(super) name: &'static str,
    /// The heading under which `help` lists it.
    pub(super) group: &'static str,
    /// What it does (documented).
    pub(super) summary: &'static str,
    /// How its arguments are written, for `Usage:`.
    pub(super) arguments: &'static str,
    /// The arguments that it knows beside `-h`.
    pub(super) known: Known,
    /// Carries it out.
    pub(super) run: fn(&mut Session<'_>, &Named<'_>) -> Result<Outcome, Refusal>,
}

impl Command {
    /// `Usage: …` (inferred form).
    pub(super) fn usage_line(&self) -> String {
        format!("{}\n", format!("Usage: {} {}", self.name, self.arguments).trim_end())
    }

    /// What `-h` prints (inferred form).
    pub(super) fn explain(&self) -> String {
        format!("\n{}Description\n{0}===========\n{0}{}\n\n{0}{}", INDENT, self.summary, self.usage_line())
    }
}

const NONE: Known = Known { values: &[], switches: &[] };

/// All commands, in the order of `help`.
pub(super) const COMMANDS: &[Command] = &[
    Command { name: "exit", group: "", summary: "Exits this application", arguments: "", known: NONE, run: exit::run },
    Command {
        name: "help",
        group: "",
        summary: "Displays this information",
        arguments: "",
        known: NONE,
        run: help::run,
    },
    Command {
        name: "listUsers",
        group: "Configuration and Admin Commands",
        summary: "Lists all users of a partition",
        arguments: "",
        known: NONE,
        run: list_users::run,
    },
    Command {
        name: "loginHSM",
        group: "Configuration and Admin Commands",
        summary: "Login to the HSM",
        arguments: "-u <user type> -s <user name> {-p <password> | -hpswd}",
        known: login::KNOWN,
        run: login::run,
    },
    Command {
        name: "logoutHSM",
        group: "Configuration and Admin Commands",
        summary: "Logout from the HSM",
        arguments: "",
        known: NONE,
        run: logout::run,
    },
    Command {
        name: "deleteKey",
        group: "Key Management Commands",
        summary: "Delete Key",
        arguments: "-k <key handle>",
        known: Known { values: &["k"], switches: &[] },
        run: delete_key::run,
    },
    Command {
        name: "getKeyInfo",
        group: "Key Management Commands",
        summary: "Get Key Info about shared users/sessions",
        arguments: "-k <key handle>",
        known: Known { values: &["k"], switches: &[] },
        run: get_key_info::run,
    },
    Command {
        name: "findKey",
        group: "Key Management Commands",
        summary: "Find Key",
        arguments: "[-c <key class>] [-t <key type>] [-l <key label>] [-id <key ID>] [-sess (0 | 1)] [-u <user-ids>] \
                    [-kcv <key check value>]",
        known: find_key::KNOWN,
        run: find_key::run,
    },
    Command {
        name: "getAttribute",
        group: "Key Management Commands",
        summary: "Reads an attribute from an object",
        arguments: "-o <key handle> -a <attribute constant> -out <file>",
        known: Known { values: &["o", "a", "out"], switches: &[] },
        run: get_attribute::run,
    },
];
