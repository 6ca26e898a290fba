//! A running utility: its connection, the conversation, and what happens when a server refuses a change.

use hsm_sim::admin::{Admin, Admins, NodeResult};
use hsm_sim::{ClusterId, Password, World};

use crate::cmu::command::{self, Command};
use crate::cmu::encryption::Encryption;
use crate::cmu::report::{self, Report};
use crate::cmu::{Manner, OnFailure, startup};
use crate::failure::Failure;
use crate::terminal::{Terminal, Word, words};
use crate::utility::{Found, Outcome, Tally};

/// Connections to the servers of one cluster or several, and the conversation about them.
pub(super) struct Session<'a> {
    pub(super) admins: Admins,
    pub(super) terminal: Terminal<'a>,
    pub(super) manner: Manner,
    pub(super) encryption: Encryption,
}

/// What to do after a server has refused a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Choice {
    Retry,
    Ignore,
    /// The later servers stay as they are.
    Abort,
    /// So do they, and the earlier ones become as they were.
    RollBack,
}

/// What a command does on the servers of a cluster that it addresses.
type Change<'c> = &'c dyn Fn(&mut Admin) -> hsm_sim::Result<Vec<NodeResult<()>>>;

impl<'a> Session<'a> {
    /// Connects to the servers of the clusters and says so.
    pub(super) fn start(
        world: &World,
        clusters: &[ClusterId],
        manner: Manner,
        mut terminal: Terminal<'a>,
    ) -> Result<Self, Failure> {
        let mut admins = world.admins(clusters)?;
        if let Some(empty) = admins.connections().iter().find(|admin| admin.servers().is_empty()) {
            return Err(Failure::new(format!("cluster {} has no HSMs; create one first", empty.cluster())));
        }
        terminal.print(&startup::render(&startup::states(&admins)?))?;
        let mut encryption = Encryption::new(manner.ca.clone());
        terminal.print(&encryption.enable(&mut admins)?)?;
        Ok(Self { admins, terminal, manner, encryption })
    }

    /// Takes commands until `quit` or the end of the input.
    pub(super) fn converse(&mut self, tally: &mut Tally) -> Result<(), Failure> {
        loop {
            let prompt = self.prompt();
            let Some(line) = self.terminal.command(&prompt)? else { return Ok(()) };
            let words = match words(&line) {
                Ok(words) => words,
                Err(error) => {
                    self.terminal.print(&format!("{error}\n"))?;
                    tally.add(Outcome::Failed);
                    continue;
                }
            };
            let Some((name, arguments)) = words.split_first() else { continue };
            let outcome = match command::find(name) {
                Found::One(command) => {
                    if !command.takes_password {
                        self.terminal.remember(&line);
                    }
                    self.execute(command, arguments)?
                }
                found => {
                    self.terminal.print(&command::not_found(&found))?;
                    Outcome::Failed
                }
            };
            tally.add(outcome);
            if outcome == Outcome::Quit {
                return Ok(());
            }
        }
    }

    fn prompt(&self) -> String {
        match self.admins.selected() {
            None => "aws-cloudhsm>".to_owned(),
            Some(number) => format!("server{number}> "),
        }
    }

    fn execute(&mut self, command: &Command, arguments: &[Word]) -> Result<Outcome, Failure> {
        if !command.in_clear && !self.encryption.is_enabled() {
            // Inferred text.
            let text = "is not available in limited commands mode; put the customer CA certificate in its place and type 'enable_e2e'";
            self.terminal.print(&format!(
                "{} {text}
",
                command.name
            ))?;
            return Ok(Outcome::Failed);
        }
        match (command.run)(self, arguments) {
            Ok(outcome) => Ok(outcome),
            Err(Refusal::Usage) => {
                self.terminal.print(&command.usage_line())?;
                Ok(Outcome::Failed)
            }
            Err(Refusal::Failed(failure)) => {
                self.terminal.print(&format!("{} failed: {failure}\n", command.name))?;
                Ok(Outcome::Failed)
            }
        }
    }

    /// The password of a command: the word itself or, for `-hpswd`, what is typed unseen.
    pub(super) fn password(&mut self, word: &Word, prompt: &str) -> Result<Password, Refusal> {
        if word.as_str() == HIDDEN_PASSWORD {
            let typed = self.terminal.password(prompt)?;
            return typed.ok_or_else(|| Failure::new("the input ended before a password was given").into());
        }
        Ok(Password::new(word.to_string()))
    }

    /// A new password: as [`Session::password`], but what is typed unseen is typed twice.
    pub(super) fn new_password(&mut self, word: &Word) -> Result<Password, Refusal> {
        let password = self.password(word, "Enter new password: ")?;
        if word.as_str() == HIDDEN_PASSWORD && self.password(word, "Re-enter new password: ")? != password {
            return Err(Failure::new("the passwords differ").into());
        }
        Ok(password)
    }

    /// Runs a command that changes something and prints what each server answers.
    ///
    /// As long as nobody minds failures this is one step for all servers of a cluster. Where a person or `--on-failure abort`
    /// may stop at the first failure, the servers are addressed one after the other, so that the later ones are still unchanged.
    pub(super) fn change(
        &mut self,
        report: &Report,
        change: impl Fn(&mut Admin) -> hsm_sim::Result<Vec<NodeResult<()>>>,
    ) -> Result<Outcome, Refusal> {
        self.run_change(report, &change, None)
    }

    /// The same for a command that can be undone where it succeeded, when another server refuses it.
    pub(super) fn change_or_undo(
        &mut self,
        report: &Report,
        change: impl Fn(&mut Admin) -> hsm_sim::Result<Vec<NodeResult<()>>>,
        undo: impl Fn(&mut Admin) -> hsm_sim::Result<Vec<NodeResult<()>>>,
    ) -> Result<Outcome, Refusal> {
        self.run_change(report, &change, Some(&undo))
    }

    fn run_change(
        &mut self,
        report: &Report,
        change: Change<'_>,
        undo: Option<Change<'_>>,
    ) -> Result<Outcome, Refusal> {
        if self.terminal.is_script() && self.manner.on_failure == OnFailure::Ignore {
            let results = self.admins.each(change)?;
            self.terminal.print(&report.render(&results))?;
            return Ok(Outcome::when(succeeded(&results)));
        }
        let selected = self.admins.selected();
        let outcome = self.change_one_by_one(report, change, undo);
        self.admins.select(selected);
        outcome
    }

    fn change_one_by_one(
        &mut self,
        report: &Report,
        change: Change<'_>,
        undo: Option<Change<'_>>,
    ) -> Result<Outcome, Refusal> {
        let numbers: Vec<usize> = self.admins.addressed().map(|server| server.number).collect();
        let mut changed = Vec::with_capacity(numbers.len());
        'servers: for number in &numbers {
            self.admins.select(Some(*number));
            loop {
                let results = self.admins.each(change)?;
                self.terminal.print(&report.render(&results))?;
                if succeeded(&results) {
                    changed.push(*number);
                    break;
                }
                match (self.choose(undo.is_some())?, undo) {
                    (Choice::Retry, _) => {}
                    (Choice::Ignore, _) => break,
                    (Choice::RollBack, Some(undo)) => {
                        self.roll_back(&changed, undo)?;
                        break 'servers;
                    }
                    (Choice::Abort | Choice::RollBack, _) => break 'servers,
                }
            }
        }
        Ok(Outcome::when(changed.len() == numbers.len()))
    }

    /// Undoes a command on the servers that it has changed.
    fn roll_back(&mut self, changed: &[usize], undo: Change<'_>) -> Result<(), Refusal> {
        // Inferred text.
        let report = Report { command: "rollBack", failure: report::Failure::OneLine };
        for number in changed {
            self.admins.select(Some(*number));
            let results = self.admins.each(undo)?;
            self.terminal.print(&report.render(&results))?;
        }
        Ok(())
    }

    /// Asks the person at the terminal (documented texts); without one, `--on-failure` has decided.
    fn choose(&mut self, undoable: bool) -> Result<Choice, Refusal> {
        if self.terminal.is_script() {
            return Ok(match self.manner.on_failure {
                OnFailure::Ignore => Choice::Ignore,
                OnFailure::Abort => Choice::Abort,
            });
        }
        let question = if undoable { "Retry/rollBack/Ignore?(R/B/I):" } else { "Retry/Ignore/Abort?(R/I/A):" };
        loop {
            self.terminal.print("\n")?;
            let Some(answer) = self.terminal.ask(question)? else { return Ok(Choice::Abort) };
            match answer.as_str() {
                "R" | "r" => return Ok(Choice::Retry),
                "I" | "i" => return Ok(Choice::Ignore),
                "A" | "a" if !undoable => return Ok(Choice::Abort),
                "B" | "b" if undoable => return Ok(Choice::RollBack),
                _ => {}
            }
        }
    }
}

/// Instead of a password: ask for it (documented).
const HIDDEN_PASSWORD: &str = "-hpswd";

/// Whether every server succeeded; no server at all is a failure.
pub(super) fn succeeded<T>(results: &[NodeResult<T>]) -> bool {
    !results.is_empty() && results.iter().all(|node| node.result.is_ok())
}

/// Why a command has no answers of servers to show.
pub(super) enum Refusal {
    /// Its arguments do not fit.
    Usage,
    /// It could not be carried out.
    Failed(Failure),
}

impl<F: Into<Failure>> From<F> for Refusal {
    fn from(failure: F) -> Self {
        Self::Failed(failure.into())
    }
}
