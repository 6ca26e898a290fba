//! The conversation at a prompt.

use clap::Parser;
use hsm_sim::ClusterId;

use crate::chsm::command::Command;
use crate::chsm::session::Session;
use crate::failure::Failure;
use crate::terminal::{Line, words};

/// Documented.
pub(super) const PROMPT: &str = "aws-cloudhsm > ";

/// Users and keys of a cluster.
#[derive(Debug, Parser)]
#[command(name = "", no_binary_name = true)]
pub(super) struct Input {
    /// The cluster; the default is the one that the tool was started for
    #[arg(long, value_name = "CLUSTER_ID", global = true)]
    cluster_id: Option<ClusterId>,
    #[command(subcommand)]
    command: Said,
}

#[derive(Debug, clap::Subcommand)]
#[expect(clippy::large_enum_variant, reason = "there is one at a time")]
enum Said {
    #[command(flatten)]
    Command(Command),
    /// End the tool
    Quit,
}

/// Takes commands until `quit` or the end of the input; whether all of them succeeded.
pub(super) fn converse(mut session: Session<'_>) -> Result<bool, Failure> {
    let mut clean = true;
    while let Some(line) = read(&mut session)? {
        let words = match words(&line) {
            Ok(words) => words,
            Err(error) => {
                session.terminal.print(&format!("{error}\n"))?;
                clean = false;
                continue;
            }
        };
        if words.is_empty() {
            continue;
        }
        let input = match Input::try_parse_from(words.iter().map(|word| word.as_str())) {
            Ok(input) => input,
            Err(error) => {
                session.terminal.print(&error.render().to_string())?;
                clean &= !error.use_stderr();
                continue;
            }
        };
        let Said::Command(command) = input.command else { break };
        if !command.holds_password() {
            session.terminal.remember(&line);
        }
        let before = input.cluster_id.map(|cluster| session.turn_to(cluster));
        let answer = command.run(&mut session);
        if let Some(before) = before {
            session.turn_to(before);
        }
        clean &= session.print(&answer)?;
    }
    Ok(clean)
}

/// The next command; a backslash at the end of a line continues it on the next (documented examples).
fn read(session: &mut Session<'_>) -> Result<Option<Line>, Failure> {
    let Some(mut line) = session.terminal.command(PROMPT)? else { return Ok(None) };
    while line.ends_with('\\') {
        let Some(next) = session.terminal.command("> ")? else { break };
        let mut joined = Line::new(String::with_capacity(line.len() + next.len()));
        joined.push_str(line.trim_end_matches('\\'));
        joined.push_str(&next);
        line = joined;
    }
    Ok(Some(line))
}
