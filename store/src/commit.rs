//! Group commit: whichever waiting writer gets the lead runs all waiting functions, each isolated from the others, in one
//! transaction. Nobody hears of a result before the commit is durable.
//!
//! The lead changes hands after every batch. A new leader waits a moment for the writers that the last commit has just
//! woken, who usually come straight back; a writer alone never waits. No thread of the library's own is involved.

use std::cell::Cell;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use crate::engine::Change;
use crate::environment::{Environment, lock};
use crate::error::Error;
use crate::head::Head;
use crate::lmdb::{Env, Loan, WriteTxn, lend};
use crate::writer::Writer;

/// How long a leader waits for writers that the last commit woke.
const GATHER: Duration = Duration::from_micros(60);
/// A commit longer ago than this woke nobody who is still expected.
const LATELY: Duration = Duration::from_millis(1);
/// The most functions in one transaction.
const BATCH: usize = 256;

/// A writer's function with its result, which another thread may run.
pub(crate) trait Task: Send {
    /// Runs the function once and says whether its changes are to be kept.
    fn run(&mut self, writer: &mut Writer<'_>) -> bool;

    /// Replaces the result.
    fn fail(&mut self, error: Error);
}

struct Call<F, T, E> {
    function: Option<F>,
    result: Option<Result<T, E>>,
}

impl<F, T, E> Task for Call<F, T, E>
where
    F: FnOnce(&mut Writer<'_>) -> Result<T, E> + Send,
    T: Send,
    E: From<Error> + Send,
{
    fn run(&mut self, writer: &mut Writer<'_>) -> bool {
        let Some(function) = self.function.take() else { return false };
        // The writer undoes everything when this says false, whatever state the panic left it in.
        let result =
            catch_unwind(AssertUnwindSafe(|| function(writer))).unwrap_or_else(|_| Err(Error::Panicked.into()));
        let keep = result.is_ok();
        self.result = Some(result);
        keep
    }

    fn fail(&mut self, error: Error) {
        self.result = Some(Err(error.into()));
    }
}

/// The writers of one environment that wait.
#[derive(Default)]
pub(crate) struct Queue(Mutex<State>);

#[derive(Default)]
struct State {
    waiting: VecDeque<Loan>,
    /// Whether some thread leads.
    led: bool,
    /// The leader that waits for company, and how many it hopes for.
    gathering: Option<(Thread, usize)>,
    /// How many writers were busy or waiting at the last commit, and when that was.
    last: Option<(usize, Instant)>,
}

impl std::fmt::Debug for Queue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Queue").finish_non_exhaustive()
    }
}

thread_local! {
    /// Whether this thread is inside a write transaction of any environment.
    static WRITING: Cell<bool> = const { Cell::new(false) };
}

/// Marks this thread as inside a write transaction.
#[derive(Debug)]
pub(crate) struct Inside {
    was: bool,
}

impl Inside {
    pub(crate) fn enter() -> Self {
        Self { was: WRITING.replace(true) }
    }

    pub(crate) fn is_inside() -> bool {
        WRITING.get()
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        WRITING.set(self.was);
    }
}

/// Runs `function` in a durable transaction, together with those of other threads.
pub(crate) fn write<T, E>(
    environment: &Environment,
    function: impl FnOnce(&mut Writer<'_>) -> Result<T, E> + Send,
) -> Result<T, E>
where
    T: Send,
    E: From<Error> + Send,
{
    if Inside::is_inside() {
        return Err(Error::Nested.into());
    }
    let mut call = Call { function: Some(function), result: None };
    let queue = &environment.queue;
    lend(
        &mut call,
        |loan| queue.push(loan),
        |desk| match queue.lead() {
            Some(lead) if !desk.is_returned() => lead.run(environment),
            Some(_) => {}
            None => thread::park(),
        },
    );
    // A loan that is dropped without a result means that a leader panicked outside the functions.
    call.result.unwrap_or_else(|| Err(Error::Panicked.into()))
}

impl Queue {
    fn push(&self, loan: Loan) {
        let mut state = lock(&self.0);
        state.waiting.push_back(loan);
        if let Some((leader, hoped)) = &state.gathering
            && state.waiting.len() >= *hoped
        {
            leader.unpark();
            state.gathering = None;
        }
    }

    /// Takes the lead if it is free.
    fn lead(&self) -> Option<Lead<'_>> {
        let mut state = lock(&self.0);
        if state.led {
            return None;
        }
        state.led = true;
        Some(Lead { queue: self, batch: 0 })
    }
}

/// The lead; dropping it passes it on.
struct Lead<'q> {
    queue: &'q Queue,
    batch: usize,
}

impl Lead<'_> {
    fn run(mut self, environment: &Environment) {
        self.gather();
        let mut batch = Vec::new();
        let result = match self.commit(environment, &mut batch) {
            // Nothing has run yet: the failure is of an earlier write, so repair it and begin again.
            Err(Error::Fatal) if batch.is_empty() => {
                environment.reopen().and_then(|()| self.commit(environment, &mut batch))
            }
            result => result,
        };
        if let Err(error) = result {
            if batch.is_empty() {
                batch.extend(lock(&self.queue.0).waiting.drain(..));
            }
            for loan in &mut batch {
                loan.task().fail(error.clone());
            }
        }
        self.batch = batch.len();
        // First pass the lead on, so that the next leader expects the writers that wake now.
        drop(self);
        drop(batch);
    }

    /// Waits for the writers that the last commit woke, if any.
    fn gather(&self) {
        let mut state = lock(&self.queue.0);
        let hoped = match state.last {
            Some((busy, when)) if when.elapsed() < LATELY => busy.min(BATCH),
            _ => 1,
        };
        if state.waiting.len() >= hoped {
            return;
        }
        let deadline = Instant::now() + GATHER;
        state.gathering = Some((thread::current(), hoped));
        while state.gathering.is_some() {
            drop(state);
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                lock(&self.queue.0).gathering = None;
                return;
            }
            thread::park_timeout(left);
            state = lock(&self.queue.0);
        }
    }

    fn commit(&self, environment: &Environment, batch: &mut Vec<Loan>) -> Result<(), Error> {
        let result = environment.with_env(|env| {
            let mut txn = env.write()?;
            let head = Head::load(&txn)?.ok_or(Error::Corrupt { what: "the head row" })?;
            let changed = self.run_waiting(&mut txn, head, batch)?;
            if changed { finish(environment, env, txn) } else { Ok(()) }
        });
        if let Err(error) = &result
            && !batch.is_empty()
            && (*error == Error::Fatal || environment.with_env(|env| Ok(env.is_fatal())) == Ok(true))
        {
            // If this fails, the next transaction tries again; this one has its error already.
            let _ = environment.reopen();
        }
        result
    }

    /// Runs waiting functions until none is left; says whether there is anything to commit.
    fn run_waiting(&self, txn: &mut WriteTxn<'_>, mut head: Head, batch: &mut Vec<Loan>) -> Result<bool, Error> {
        let mut changed = false;
        while batch.len() < BATCH {
            let Some(mut loan) = lock(&self.queue.0).waiting.pop_front() else { break };
            let mut writer = Writer::new(txn, head.clone());
            let keep = {
                let _inside = Inside::enter();
                loan.task().run(&mut writer)
            };
            batch.push(loan);
            let outcome = if keep { Ok(writer.finish()) } else { writer.undo().map(|()| None) };
            if txn.is_void() {
                return Err(Error::Forked);
            }
            if let Some(next) = outcome? {
                head = next;
                changed = true;
            }
        }
        if changed {
            let mut writer = Writer::new(txn, head.clone());
            writer.tidy()?;
            head = writer.finish().unwrap_or(head);
            txn.insert(Head::key()?.as_bytes(), 0, &head.encode())?;
        }
        Ok(changed)
    }
}

fn finish(environment: &Environment, env: &Env, txn: WriteTxn<'_>) -> Result<(), Error> {
    if let Some(failure) = environment.next_failure() {
        return Err(failure);
    }
    if environment.is_synced() {
        env.lengthen();
    }
    txn.commit().map_err(|error| environment.explain(error))?;
    environment.committed(env);
    Ok(())
}

impl Drop for Lead<'_> {
    fn drop(&mut self) {
        let mut state = lock(&self.queue.0);
        state.led = false;
        state.gathering = None;
        if self.batch > 0 {
            state.last = Some((self.batch + state.waiting.len(), Instant::now()));
        }
        if let Some(next) = state.waiting.front() {
            next.owner().unpark();
        }
    }
}
