//! The commands, one row each, in the order of `help`.

use crate::kmu::argument::{Argument, Given, Misfit};
use crate::kmu::session::{Refusal, Session};
use crate::kmu::status::INDENT;
use crate::kmu::{
    aes_wrap_unwrap, approve_token, create_public_key, del_token, delete_key, error_to_string, ex_sym_key, exit,
    export_private_key, export_pub_key, extract_masked_object, find_key, find_single_key, gen_dsa_key_pair,
    gen_ecc_key_pair, gen_pbe_key, gen_rsa_key_pair, gen_sym_key, get_attribute, get_cavium_priv_key, get_cert,
    get_hsm_info, get_key_info, get_partition_info, get_token, help, im_sym_key, import_private_key, import_pub_key,
    insert_masked_object, is_valid_key_handlefile, list_attributes, list_ecc_curve_ids, list_tokens, list_users, login,
    login_status, logout, set_attribute, sign, unwrap_key, verify, wrap_key,
};
use crate::utility::Outcome;

/// A command.
pub(super) struct Command {
    /// Its name.
    pub(super) name: &'static str,
    /// The heading under which `help` lists it (documented).
    pub(super) group: &'static str,
    /// What it does, as `help` says it (documented).
    pub(super) summary: &'static str,
    /// What it takes beside `-h`.
    pub(super) arguments: &'static [Argument],
    /// Carries it out.
    pub(super) run: fn(&mut Session<'_>, &Given<'_>) -> Result<Outcome, Refusal>,
}

/// The headings of `help` (documented).
pub(super) mod group {
    pub(in crate::kmu) const NONE: &str = "";
    pub(in crate::kmu) const CONFIGURATION: &str = "Configuration and Admin Commands";
    pub(in crate::kmu) const QUORUM: &str = "M of N commands";
    pub(in crate::kmu) const PAIRS: &str = "Key Generation Commands\n\n        Asymmetric Keys:";
    pub(in crate::kmu) const SECRETS: &str = "Symmetric Keys:";
    pub(in crate::kmu) const CARRYING: &str = "Key Import/Export Commands";
    pub(in crate::kmu) const MANAGEMENT: &str = "Key Management Commands";
    pub(in crate::kmu) const CERTIFICATES: &str = "Certificate Setup Commands";
    pub(in crate::kmu) const TRANSFER: &str = "Key Transfer Commands";
    pub(in crate::kmu) const CRYPTO: &str = "Management Crypto Commands";
    pub(in crate::kmu) const HELPER: &str = "Helper Commands";
}

/// All commands.
pub(super) static COMMANDS: &[Command] = &[
    exit::COMMAND,
    help::COMMAND,
    get_hsm_info::COMMAND,
    get_partition_info::COMMAND,
    list_users::COMMAND,
    login_status::COMMAND,
    login::COMMAND,
    logout::COMMAND,
    get_token::COMMAND,
    del_token::COMMAND,
    approve_token::COMMAND,
    list_tokens::COMMAND,
    gen_rsa_key_pair::COMMAND,
    gen_dsa_key_pair::COMMAND,
    gen_ecc_key_pair::COMMAND,
    gen_pbe_key::COMMAND,
    gen_sym_key::COMMAND,
    create_public_key::COMMAND,
    import_pub_key::COMMAND,
    export_pub_key::COMMAND,
    import_private_key::COMMAND,
    export_private_key::COMMAND,
    im_sym_key::COMMAND,
    ex_sym_key::COMMAND,
    wrap_key::COMMAND,
    unwrap_key::COMMAND,
    delete_key::COMMAND,
    set_attribute::COMMAND,
    get_key_info::COMMAND,
    find_key::COMMAND,
    find_single_key::COMMAND,
    get_attribute::COMMAND,
    get_cert::COMMAND,
    insert_masked_object::COMMAND,
    extract_masked_object::COMMAND,
    sign::COMMAND,
    verify::COMMAND,
    aes_wrap_unwrap::COMMAND,
    error_to_string::COMMAND,
    get_cavium_priv_key::COMMAND,
    is_valid_key_handlefile::COMMAND,
    list_attributes::COMMAND,
    list_ecc_curve_ids::COMMAND,
];

impl Command {
    /// The command of this name.
    pub(super) fn of_name(name: &str) -> Option<&'static Self> {
        COMMANDS.iter().find(|command| command.name == name)
    }

    /// What `-h` prints, and what follows arguments that do not fit (the form is documented, the words are inferred).
    pub(super) fn explain(&self) -> String {
        let syntax: String = self.arguments.iter().map(|argument| format!(" {}", argument.syntax())).collect();
        let about: String = self.arguments.iter().map(Argument::line).collect();
        // The first line: what further lines of a summary say stands in `help` only.
        let summary = self.summary.lines().next().unwrap_or_default();
        let Self { name, .. } = self;
        format!(
            "\nDescription\n===========\n{summary}\n\nSyntax: {name} -h{syntax}\n\n\
             Where: -h         displays this information\n{about}"
        )
    }

    /// What is wrong with arguments, and the explanation.
    pub(super) fn complain(&self, misfit: Misfit) -> String {
        let complaint = match misfit {
            Misfit::Missing(Argument { name, value, .. }) => {
                format!("\n{INDENT}Error: <{value}> (-{name}) is missing.\n")
            }
            Misfit::Other => String::new(),
        };
        complaint + &self.explain()
    }
}

/// What the last word before the cursor could become: a command, or one of its arguments.
pub(super) fn complete(line: &str) -> (usize, Vec<String>) {
    let start = line.rfind(char::is_whitespace).map_or(0, |space| space + 1);
    let (before, word) = line.split_at(start);
    let candidates: Vec<String> = match before.split_whitespace().next() {
        None => COMMANDS.iter().map(|command| command.name.to_owned()).collect(),
        Some(name) => {
            let arguments = Command::of_name(name).map_or(&[][..], |command| command.arguments);
            let names = arguments.iter().map(|argument| format!("-{}", argument.name));
            names.filter(|_| word.starts_with('-')).collect()
        }
    };
    (start, candidates.into_iter().filter(|candidate| candidate.starts_with(word)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_become_commands_and_arguments() {
        for (line, start, expected) in [
            ("findS", 0, &["findSingleKey"][..]),
            ("log", 0, &["loginStatus", "loginHSM", "logoutHSM"]),
            ("genSymKey -m", 10, &["-min_srv", "-m_value"]),
            ("genSymKey -l aes", 13, &[]),
            ("nothing -", 8, &[]),
        ] {
            assert_eq!(complete(line), (start, expected.iter().map(ToString::to_string).collect()), "{line:?}");
        }
    }

    #[test]
    fn names_of_commands_and_arguments_are_distinct() {
        for (place, command) in COMMANDS.iter().enumerate() {
            assert!(!COMMANDS[..place].iter().any(|other| other.name == command.name), "{}", command.name);
            for (place, argument) in command.arguments.iter().enumerate() {
                let earlier = &command.arguments[..place];
                assert!(!earlier.iter().any(|other| other.name == argument.name), "{} {argument:?}", command.name);
            }
        }
    }
}
