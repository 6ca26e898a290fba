//! What the tab key does.

use rustyline::completion::Completer;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::validate::Validator;
use rustyline::{Context, Result};

/// From what stands before the cursor: the place where the word to complete begins, and what it could become.
pub trait Complete: Fn(&str) -> (usize, Vec<String>) {}

impl<F: Fn(&str) -> (usize, Vec<String>)> Complete for F {}

/// Completion for the line editor, which would also hint and highlight.
pub(super) struct Helper(Box<dyn Complete>);

impl Helper {
    pub(super) fn new(complete: impl Complete + 'static) -> Self {
        Self(Box::new(complete))
    }
}

impl Completer for Helper {
    type Candidate = String;

    fn complete(&self, line: &str, position: usize, _: &Context<'_>) -> Result<(usize, Vec<String>)> {
        Ok((self.0)(line.get(..position).unwrap_or_default()))
    }
}

impl Hinter for Helper {
    type Hint = String;
}

impl Highlighter for Helper {}
impl Validator for Helper {}
impl rustyline::Helper for Helper {}
