//! A running utility: its connection to the cluster and the conversation.

use hsm_sim::client::Client;
use hsm_sim::fault::ClientClass;
use hsm_sim::{ClusterId, Error, HsmError, World};

use crate::failure::Failure;
use crate::kmu::command::{COMMANDS, Command};
use crate::kmu::named::Named;
use crate::kmu::{login, status};
use crate::terminal::{Terminal, Word, words};
use crate::utility::{Outcome, Tally};

/// A connection to a cluster and the conversation about it.
pub(super) struct Session<'a> {
    pub(super) client: Client,
    pub(super) terminal: Terminal<'a>,
}

/// Why a command has no answer to show.
pub(super) enum Refusal {
    /// Its arguments do not fit.
    Usage,
    /// The cluster refuses the whole command: the function's name, how far the answer is indented, and the reason.
    Hsm { function: &'static str, indent: &'static str, error: HsmError },
    /// It could not be carried out.
    Failed(Failure),
}

impl<F: Into<Failure>> From<F> for Refusal {
    fn from(failure: F) -> Self {
        Self::Failed(failure.into())
    }
}

impl Refusal {
    /// For `map_err`: what the cluster refuses is the answer of a function.
    pub(super) fn of(function: &'static str) -> impl Fn(Error) -> Self {
        Self::indented(function, status::INDENT)
    }

    /// As [`Refusal::of`], with another indentation.
    pub(super) fn indented(function: &'static str, indent: &'static str) -> impl Fn(Error) -> Self {
        move |error| match error {
            Error::Hsm(error) => Self::Hsm { function, indent, error },
            other => Self::Failed(other.into()),
        }
    }
}

impl<'a> Session<'a> {
    /// Connects to the cluster.
    pub(super) fn start(world: &World, cluster: &ClusterId, terminal: Terminal<'a>) -> Result<Self, Failure> {
        let client = world.client(cluster, ClientClass::Tools)?;
        Ok(Self { client, terminal })
    }

    /// Takes commands until `exit` or the end of the input.
    pub(super) fn converse(&mut self, tally: &mut Tally) -> Result<(), Failure> {
        loop {
            let Some(line) = self.terminal.command("Command:  ")? else { return Ok(()) };
            let words = match words(&line) {
                Ok(words) => words,
                Err(error) => {
                    self.terminal.print(&format!("{error}\n"))?;
                    tally.add(Outcome::Failed);
                    continue;
                }
            };
            let Some((name, arguments)) = words.split_first() else { continue };
            if name.as_str() != login::NAME {
                self.terminal.remember(&line);
            }
            let outcome = self.execute(name, arguments)?;
            tally.add(outcome);
            if outcome == Outcome::Quit {
                return Ok(());
            }
        }
    }

    /// Carries out a login and the command after it, both given in one list of words.
    pub(super) fn single(&mut self, words: &[Word], tally: &mut Tally) -> Result<(), Failure> {
        let mut rest = words;
        if let Some((name, arguments)) = words.split_first()
            && name.as_str() == login::NAME
            && let Some((named, after)) = Named::read_some(arguments, login::KNOWN)
        {
            let outcome = login::run(self, &named);
            let outcome = self.settle(login::NAME, outcome)?;
            tally.add(outcome);
            if outcome != Outcome::Done {
                return Ok(());
            }
            rest = after;
        }
        if let Some((name, arguments)) = rest.split_first() {
            let outcome = self.execute(name, arguments)?;
            tally.add(outcome);
        }
        Ok(())
    }

    fn execute(&mut self, name: &str, arguments: &[Word]) -> Result<Outcome, Failure> {
        let Some(command) = COMMANDS.iter().find(|command| command.name == name) else {
            // The word is not repeated: it may be a password that was typed at the wrong moment.
            self.terminal.print("Invalid command, type 'help' for the list of commands\n")?;
            return Ok(Outcome::Failed);
        };
        if let [only] = arguments
            && only.as_str() == "-h"
        {
            self.terminal.print(&command.explain())?;
            return Ok(Outcome::Done);
        }
        let outcome = match Named::read(arguments, command.known) {
            Some(named) => (command.run)(self, &named),
            None => Err(Refusal::Usage),
        };
        self.settle(command.name, outcome)
    }

    fn settle(&mut self, name: &str, outcome: Result<Outcome, Refusal>) -> Result<Outcome, Failure> {
        let text = match outcome {
            Ok(outcome) => return Ok(outcome),
            Err(Refusal::Usage) => {
                COMMANDS.iter().find(|command| command.name == name).map(Command::usage_line).unwrap_or_default()
            }
            Err(Refusal::Hsm { function, indent, error }) => {
                let gap = if indent.is_empty() { "" } else { "\n" };
                format!("{gap}{}", status::returned(indent, function, Err(&error)))
            }
            Err(Refusal::Failed(failure)) => format!("{name} failed: {failure}\n"),
        };
        self.terminal.print(&text)?;
        Ok(Outcome::Failed)
    }
}
