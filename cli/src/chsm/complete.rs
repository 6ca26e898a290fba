//! Completion of commands, options and their values, from the description of the commands.

use clap::{Command, CommandFactory as _};

use crate::chsm::interactive::Input;

/// What the last word before the cursor could become.
pub(super) fn complete(line: &str) -> (usize, Vec<String>) {
    let start = line.rfind(char::is_whitespace).map_or(0, |space| space + 1);
    let (before, word) = line.split_at(start);
    let mut command = Input::command();
    command.build();
    let mut place: &Command = &command;
    let mut option = None;
    for word in before.split_whitespace() {
        option = None;
        if let Some(below) = place.find_subcommand(word) {
            place = below;
        } else if let Some(name) = word.strip_prefix("--") {
            option = place.get_arguments().find(|argument| argument.get_long() == Some(name));
        }
    }
    let values = option.map(|option| option.get_possible_values()).unwrap_or_default();
    let mut candidates: Vec<String> = if values.is_empty() {
        let commands = place.get_subcommands().map(|command| command.get_name().to_owned());
        let options = place.get_arguments().filter_map(|argument| argument.get_long()).map(|name| format!("--{name}"));
        commands.chain(options.filter(|_| !place.is_subcommand_required_set())).collect()
    } else {
        values.iter().map(|value| value.get_name().to_owned()).collect()
    };
    candidates.retain(|candidate| candidate.starts_with(word));
    (start, candidates)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_become_commands_options_and_values() {
        for (line, start, expected) in [
            ("lo", 0, &["login", "logout"][..]),
            ("user cre", 5, &["create"]),
            ("user create --us", 12, &["--username"]),
            ("login --us", 6, &["--username"]),
            ("login m", 6, &["mfa-token-sign"]),
            ("user create --role ", 19, &["crypto-user", "admin"]),
            ("user create --role a", 19, &["admin"]),
            ("cluster ", 8, &["activate", "hsm-info", "mtls", "help"]),
            ("nothing", 0, &[]),
        ] {
            assert_eq!(complete(line), (start, expected.iter().map(ToString::to_string).collect()), "{line:?}");
        }
    }
}
