//! Where a utility's commands come from and where its answers go: a person at a terminal, or a script.
//!
//! A person sees prompts, edits lines and has a history; a script sees only answers, so that what it printed can be
//! compared byte by byte. The one exception are questions: they are asked of scripts too, and the answer that was read
//! is shown where a person would have typed it (seed 004).

mod complete;
mod words;

use std::io::{self, BufRead, BufReader, IsTerminal, Write};

use hsm_sim::Password;
use rustyline::error::ReadlineError;
use rustyline::history::MemHistory;
use rustyline::{CompletionType, Config, Editor};
use zeroize::Zeroizing;

use crate::unseen;

pub use complete::Complete;
use complete::Helper;
pub use words::{UnterminatedQuote, Word, words};

/// A line that somebody typed; it may hold a password.
pub type Line = Zeroizing<String>;

/// The two ends of a conversation.
pub struct Terminal<'a> {
    input: Input<'a>,
    output: Box<dyn Write + 'a>,
}

enum Input<'a> {
    Person(Box<Editor<Helper, MemHistory>>),
    Script(Box<dyn BufRead + 'a>),
    /// A person whose lines are known in advance.
    #[cfg(test)]
    Rehearsal(Box<dyn BufRead + 'a>),
}

impl Terminal<'static> {
    /// The standard input and output, with line editing when the input is a terminal.
    ///
    /// # Errors
    /// The terminal cannot be used.
    pub fn standard() -> io::Result<Self> {
        Self::completing(|_| (0, Vec::new()))
    }

    /// The same, and the tab key completes what a person has typed.
    ///
    /// # Errors
    /// The terminal cannot be used.
    pub fn completing(complete: impl Complete + 'static) -> io::Result<Self> {
        let output = Box::new(io::stdout());
        if !io::stdin().is_terminal() {
            return Ok(Self { input: Input::Script(Box::new(BufReader::new(io::stdin()))), output });
        }
        let config = Config::builder().completion_type(CompletionType::List).build();
        let mut editor = Editor::with_history(config, MemHistory::new()).map_err(broken)?;
        editor.set_helper(Some(Helper::new(complete)));
        Ok(Self { input: Input::Person(Box::new(editor)), output })
    }
}

impl<'a> Terminal<'a> {
    /// A conversation with a script.
    pub fn script(input: impl BufRead + 'a, output: impl Write + 'a) -> Self {
        Self { input: Input::Script(Box::new(input)), output: Box::new(output) }
    }

    /// A conversation with a person whose lines are known in advance.
    #[cfg(test)]
    pub(crate) fn rehearsal(input: impl BufRead + 'a, output: impl Write + 'a) -> Self {
        Self { input: Input::Rehearsal(Box::new(input)), output: Box::new(output) }
    }

    /// Whether nobody is there to be asked.
    pub fn is_script(&self) -> bool {
        matches!(self.input, Input::Script(_))
    }

    /// Prints a text as it is.
    ///
    /// # Errors
    /// The output is closed.
    pub fn print(&mut self, text: &str) -> io::Result<()> {
        self.output.write_all(text.as_bytes())?;
        self.output.flush()
    }

    /// The next command; `None` at the end of the input.
    ///
    /// # Errors
    /// The input cannot be read.
    pub fn command(&mut self, prompt: &str) -> io::Result<Option<Line>> {
        self.line(prompt)
    }

    /// Lets a person call this line up again. Lines with passwords are not offered.
    pub fn remember(&mut self, line: &str) {
        if let Input::Person(editor) = &mut self.input {
            // Only a line of zero length or a repetition is not taken, which does not matter.
            let _ = editor.add_history_entry(line);
        }
    }

    /// Asks a question and reads the answer on the same line; `None` at the end of the input.
    ///
    /// # Errors
    /// The input cannot be read or the output is closed.
    pub fn ask(&mut self, question: &str) -> io::Result<Option<String>> {
        if !self.is_script() {
            return Ok(self.line(question)?.map(|line| line.trim().to_owned()));
        }
        self.print(question)?;
        let answer = self.line("")?.map(|line| line.trim().to_owned());
        self.print(answer.as_deref().unwrap_or_default())?;
        self.print("\n")?;
        Ok(answer)
    }

    /// Asks for a password, which a person types unseen and a script gives on its next line.
    ///
    /// # Errors
    /// The input cannot be read.
    pub fn password(&mut self, prompt: &str) -> io::Result<Option<Password>> {
        if self.is_script() {
            return Ok(self.line("")?.map(|mut line| Password::new(std::mem::take(&mut *line))));
        }
        self.output.flush()?;
        unseen::ask(prompt)
    }

    fn line(&mut self, prompt: &str) -> io::Result<Option<Line>> {
        match &mut self.input {
            Input::Person(editor) => match editor.readline(prompt) {
                Ok(line) => Ok(Some(Line::new(line))),
                Err(ReadlineError::Eof | ReadlineError::Interrupted) => Ok(None),
                Err(error) => Err(broken(error)),
            },
            Input::Script(input) => read(input),
            #[cfg(test)]
            Input::Rehearsal(input) => {
                self.output.write_all(prompt.as_bytes())?;
                read(input)
            }
        }
    }
}

fn read(input: &mut dyn BufRead) -> io::Result<Option<Line>> {
    let mut bytes = Zeroizing::new(Vec::new());
    if input.read_until(b'\n', &mut bytes)? == 0 {
        return Ok(None);
    }
    let text = String::from_utf8_lossy(&bytes);
    Ok(Some(Line::new(text.trim_end_matches(['\n', '\r']).to_owned())))
}

fn broken(error: ReadlineError) -> io::Error {
    match error {
        ReadlineError::Io(error) => error,
        other => io::Error::other(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a conversation with a script prints.
    fn printed(input: &[u8], talk: impl FnOnce(&mut Terminal<'_>)) -> String {
        let mut output = Vec::new();
        talk(&mut Terminal::script(input, &mut output));
        String::from_utf8(output).unwrap()
    }

    #[test]
    fn a_script_sees_neither_prompt_nor_echo() {
        let output = printed(b"first\r\nsecond", |terminal| {
            assert_eq!(terminal.command("prompt>").unwrap().unwrap().as_str(), "first");
            assert_eq!(terminal.command("prompt>").unwrap().unwrap().as_str(), "second");
            assert!(terminal.command("prompt>").unwrap().is_none());
        });
        assert_eq!(output, "");
    }

    #[test]
    fn questions_are_shown_with_their_answer() {
        let output = printed(b" y \n", |terminal| {
            assert_eq!(terminal.ask("Go on(y/n)?").unwrap().as_deref(), Some("y"));
            assert_eq!(terminal.ask("Really(y/n)?").unwrap(), None);
        });
        assert_eq!(output, "Go on(y/n)?y\nReally(y/n)?\n");
    }

    #[test]
    fn a_script_gives_passwords_unseen() {
        let output = printed(b"pass word\n", |terminal| {
            assert_eq!(terminal.password("Enter password:").unwrap(), Some(Password::from("pass word")));
            assert_eq!(terminal.password("Enter password:").unwrap(), None);
        });
        assert_eq!(output, "");
    }

    #[test]
    fn bytes_that_are_not_text_do_not_stop_a_script() {
        printed(b"\xff\xfe\nquit\n", |terminal| {
            assert_eq!(terminal.command("").unwrap().unwrap().as_str(), "\u{fffd}\u{fffd}");
            assert_eq!(terminal.command("").unwrap().unwrap().as_str(), "quit");
        });
    }
}
