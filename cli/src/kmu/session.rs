//! A running utility: its connection to the cluster and the conversation.

use hsm_sim::admin::ServerInfo;
use hsm_sim::keys::Keys;
use hsm_sim::{ClusterId, Error, HsmError, World};

use crate::failure::Failure;
use crate::kmu::argument::{Given, Misfit};
use crate::kmu::command::Command;
use crate::kmu::{login, status};
use crate::terminal::{Terminal, Word, words};
use crate::utility::{Outcome, Tally};

/// A connection to a cluster and the conversation about it.
pub(super) struct Session<'a> {
    pub(super) world: World,
    pub(super) cluster: ClusterId,
    pub(super) keys: Keys,
    /// On how many nodes a new key must arrive, unless a command wants more.
    pub(super) least: usize,
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

impl From<Misfit> for Refusal {
    fn from(_: Misfit) -> Self {
        Self::Usage
    }
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
    pub(super) fn start(
        world: &World,
        cluster: &ClusterId,
        least: usize,
        terminal: Terminal<'a>,
    ) -> Result<Self, Failure> {
        // The older client library knows no rule of two HSMs; its minimum is `least` (documented).
        let keys = Keys::connect(world, cluster, false)?;
        Ok(Self { world: world.clone(), cluster: cluster.clone(), keys, least, terminal })
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
            if name.as_str() != login::COMMAND.name {
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
            && name.as_str() == login::COMMAND.name
            && let Ok((given, after)) = Given::read_some(arguments, login::COMMAND.arguments)
        {
            let outcome = login::run(self, &given);
            let outcome = self.settle(&login::COMMAND, outcome)?;
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

    /// The first HSM that answers.
    pub(super) fn answering(&self) -> Result<Option<ServerInfo>, Failure> {
        let admin = self.world.admin(&self.cluster)?;
        for server in admin.servers() {
            let info = admin.info(server.number)?;
            if info.connected {
                return Ok(Some(info));
            }
        }
        Ok(None)
    }

    /// Says that a key is not made. A key that the policy forbids has a way of its own (documented).
    pub(super) fn refuse_to_make(&mut self, function: &'static str, error: HsmError) -> Result<Outcome, Refusal> {
        if error != HsmError::PolicyViolation {
            return Err(Refusal::of(function)(error.into()));
        }
        self.terminal.print(&status::forbidden(function))?;
        Ok(Outcome::Failed)
    }

    fn execute(&mut self, name: &str, arguments: &[Word]) -> Result<Outcome, Failure> {
        let Some(command) = Command::of_name(name) else {
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
        match Given::read(arguments, command.arguments) {
            Ok(given) => {
                let outcome = (command.run)(self, &given);
                self.settle(command, outcome)
            }
            Err(misfit) => {
                self.terminal.print(&command.complain(misfit))?;
                Ok(Outcome::Failed)
            }
        }
    }

    fn settle(&mut self, command: &Command, outcome: Result<Outcome, Refusal>) -> Result<Outcome, Failure> {
        let text = match outcome {
            Ok(outcome) => return Ok(outcome),
            Err(Refusal::Usage) => command.complain(Misfit::Other),
            Err(Refusal::Hsm { function, indent, error }) => {
                let gap = if indent.is_empty() { "" } else { "\n" };
                format!("{gap}{}", status::returned(indent, function, Err(&error)))
            }
            Err(Refusal::Failed(failure)) => format!("{} failed: {failure}\n", command.name),
        };
        self.terminal.print(&text)?;
        Ok(Outcome::Failed)
    }
}
