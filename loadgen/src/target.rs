//! What is driven: a module or an endpoint.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::Serialize;

use crate::error::{Error, Result};
use crate::plan::{Card, Plan, same_name};

/// Something that can be driven.
pub trait Target {
    /// What it is.
    fn description(&self) -> Description;

    /// Makes the keys and as many workers as the plan has threads.
    ///
    /// # Errors
    /// The target has no such operation or refuses what the run needs; [`Error::Interrupted`] if `stop` was set. What was made by
    /// then is taken away by [`Target::clean_up`].
    fn prepare(&mut self, plan: &Plan, stop: &Stop) -> Result<Vec<Box<dyn Worker>>>;

    /// Takes away the keys that [`Target::prepare`] made, and nothing else. The workers are gone by then.
    ///
    /// # Errors
    /// Something could not be taken away.
    fn clean_up(&mut self) -> Result<()>;
}

/// What makes the calls of one thread.
pub trait Worker: Send {
    /// Makes a call and waits for its end. The time of this is measured.
    ///
    /// # Errors
    /// The target refused, or answered wrongly.
    fn call(&mut self, card: Card) -> std::result::Result<(), Fault>;

    /// Takes away what the last call left behind. The time of this is not part of the call's. Answers whether there was anything.
    fn settle(&mut self) -> bool {
        false
    }
}

/// A call that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// By which faults are counted: a PKCS#11 return code, an API's error code.
    pub kind: String,
    /// More words, for people.
    pub message: String,
}

/// What a target is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Description {
    /// `pkcs11` or `kms`.
    pub kind: &'static str,
    /// The module's file or the endpoint's address.
    pub name: String,
    /// What else it says of itself.
    pub about: String,
    /// The names of the mix's operations, in the mix's order; empty before [`Target::prepare`].
    pub operations: Vec<&'static str>,
}

/// Set from elsewhere to end a run early.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// What to set, from a signal's handler for example.
    #[must_use]
    pub fn flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.0)
    }

    /// Whether the end was asked for.
    #[must_use]
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// # Errors
    /// [`Error::Interrupted`] if the end was asked for.
    pub(crate) fn check(&self) -> Result<()> {
        if self.is_set() { Err(Error::Interrupted) } else { Ok(()) }
    }
}

/// The rows of a table of operations that a mix names.
pub(crate) fn chosen<R: Copy>(
    plan: &Plan,
    target: &'static str,
    rows: &[R],
    names: impl Fn(&R) -> &'static [&'static str],
) -> Result<Vec<R>> {
    let find = |name: &str| rows.iter().copied().find(|row| names(row).iter().any(|known| same_name(known, name)));
    let entries = plan.mix.entries().iter();
    let chosen = entries.map(|entry| {
        find(&entry.name).ok_or_else(|| {
            let known: Vec<&str> = rows.iter().filter_map(|row| names(row).first().copied()).collect();
            Error::UnknownOperation { target, name: entry.name.clone(), known: known.join(", ") }
        })
    });
    chosen.collect()
}
