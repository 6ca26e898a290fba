//! What a process has between `C_Initialize` and `C_Finalize`. Ending waits for calls that run. A fork's child forgets its parent's
//! state, calls that other threads were in included, and goes on with a new one.

use std::sync::OnceLock;

use crate::boundary::Gate;
use crate::error::{Error, Result};
use crate::module::Module;

/// The state of one process, and those of its forks in their own memory.
#[derive(Debug)]
pub(crate) struct Process {
    gate: Gate<Module>,
    /// What the child of a fork uses in place of this one.
    child: OnceLock<Box<Process>>,
}

static FIRST: Process = Process::new();

impl Process {
    const fn new() -> Self {
        Self { gate: Gate::new(), child: OnceLock::new() }
    }

    /// That of this process.
    #[inline]
    pub(crate) fn current() -> &'static Self {
        let mut process = &FIRST;
        for _ in 0..store::fork_generation() {
            process = process.child.get_or_init(|| {
                // Lets go of what the parent shares with it, unless a thread of the parent was about to change it.
                process.gate.peek(Module::abandon);
                Box::new(Self::new())
            });
        }
        process
    }

    /// Calls `f` with what `C_Initialize` made. `C_Finalize` waits until `f` returns.
    #[inline(always)]
    pub(crate) fn with<T>(&self, f: impl FnOnce(&Module) -> Result<T>) -> Result<T> {
        self.gate.pass(|module| match module {
            Some(module) => f(module),
            None => Err(Error::NotInitialized),
        })
    }

    /// `C_Initialize`.
    pub(crate) fn start(&self, open: impl FnOnce() -> Result<Module>) -> Result<()> {
        if self.gate.open(open)? { Ok(()) } else { Err(Error::AlreadyInitialized) }
    }

    /// `C_Finalize`.
    pub(crate) fn end(&self) -> Result<()> {
        if self.gate.shut() { Ok(()) } else { Err(Error::NotInitialized) }
    }
}
