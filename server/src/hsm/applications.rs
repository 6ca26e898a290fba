//! The applications of clients: each lives as long as it has connections.

use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hsm_sim::token::{Application, Options, Result};
use hsm_sim::{ClusterId, World};
use wire::ApplicationId;

/// Every application.
#[derive(Debug)]
pub(super) struct Applications {
    state: Mutex<State>,
    changed: Condvar,
    /// How long an application whose last connection broke waits for another one.
    linger: Duration,
}

#[derive(Debug, Default)]
struct State {
    entries: HashMap<u64, Entry>,
    last: u64,
    stopping: bool,
}

#[derive(Debug)]
struct Entry {
    id: ApplicationId,
    cluster: ClusterId,
    application: Arc<Application>,
    connections: usize,
}

impl Applications {
    pub(super) fn new(linger: Duration) -> Self {
        Self { state: Mutex::default(), changed: Condvar::new(), linger }
    }

    /// A new application on a cluster, with its first connection.
    ///
    /// # Errors
    /// It cannot be opened.
    pub(super) fn open(
        &self,
        world: &World,
        cluster: ClusterId,
        options: &Options,
    ) -> Result<(ApplicationId, Member<'_>)> {
        let options = Options { clusters: vec![cluster.clone()], ..options.clone() };
        let application = Arc::new(Application::open(world, options)?);
        let mut state = self.state();
        state.last += 1;
        let number = state.last;
        let id = ApplicationId::new(number, world.entropy());
        let entry = Entry { id: id.clone(), cluster, application: Arc::clone(&application), connections: 1 };
        state.entries.insert(number, entry);
        Ok((id, Member { applications: self, number, application: Some(application), clean: false }))
    }

    /// A further connection of an application, over TLS of the same cluster; none if there is no such application.
    pub(super) fn join(&self, cluster: &ClusterId, id: &ApplicationId) -> Option<Member<'_>> {
        let mut state = self.state();
        let entry = state.entries.get_mut(&id.number()).filter(|entry| entry.id == *id && entry.cluster == *cluster)?;
        entry.connections += 1;
        let application = Some(Arc::clone(&entry.application));
        self.changed.notify_all();
        Some(Member { applications: self, number: id.number(), application, clean: false })
    }

    /// From now on no application waits for another connection.
    pub(super) fn stop(&self) {
        self.state().stopping = true;
        self.changed.notify_all();
    }

    fn leave(&self, number: u64, clean: bool) {
        let abandoned = |state: &State| state.entries.get(&number).is_some_and(|entry| entry.connections == 0);
        let mut state = self.state();
        if let Some(entry) = state.entries.get_mut(&number) {
            entry.connections -= 1;
        }
        if !clean {
            let lingers = |state: &mut State| abandoned(state) && !state.stopping;
            let waiting = self.changed.wait_timeout_while(state, self.linger, lingers);
            (state, _) = waiting.unwrap_or_else(PoisonError::into_inner);
        }
        let ended = if abandoned(&state) { state.entries.remove(&number) } else { None };
        drop(state);
        // Logs out, which is a write to the state directory.
        drop(ended);
        self.changed.notify_all();
    }

    /// Whatever panicked, the map and the counts in it are whole.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection's part in an application. Dropping it leaves; the last one to leave ends the application: at once if it left on purpose,
/// else when none came back for a while.
#[derive(Debug)]
pub(super) struct Member<'a> {
    applications: &'a Applications,
    number: u64,
    application: Option<Arc<Application>>,
    clean: bool,
}

impl Member<'_> {
    /// The application, until it is left.
    pub(super) fn application(&self) -> Option<&Application> {
        self.application.as_deref()
    }

    /// The client took its leave.
    pub(super) const fn take_leave(&mut self) {
        self.clean = true;
    }
}

impl Drop for Member<'_> {
    fn drop(&mut self) {
        // Not held while waiting for others, so that the application ends with its entry.
        self.application = None;
        self.applications.leave(self.number, self.clean);
    }
}
