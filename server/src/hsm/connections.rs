//! Who is connected: how many may be, and how they are told to go.

use std::collections::HashMap;
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The open connections.
#[derive(Debug)]
pub(super) struct Connections {
    state: Mutex<State>,
    gone: Condvar,
    /// How many there may be.
    most: usize,
    /// How many of them may be strangers: those that have not greeted yet.
    most_strangers: usize,
}

#[derive(Debug, Default)]
struct State {
    open: HashMap<u64, Arc<TcpStream>>,
    strangers: usize,
    last: u64,
    stopping: bool,
}

impl State {
    fn shut(&self, how: Shutdown) {
        for socket in self.open.values() {
            // One that is closed already is what is wanted.
            let _ = socket.shutdown(how);
        }
    }
}

impl Connections {
    pub(super) fn new(most: usize, most_strangers: usize) -> Self {
        Self { state: Mutex::default(), gone: Condvar::new(), most, most_strangers }
    }

    /// Counts a connection in; none if there are too many.
    pub(super) fn admit(this: &Arc<Self>, socket: TcpStream) -> Option<Admission> {
        let mut state = this.state();
        if state.stopping || state.open.len() >= this.most || state.strangers >= this.most_strangers {
            return None;
        }
        let socket = Arc::new(socket);
        state.last += 1;
        state.strangers += 1;
        let number = state.last;
        state.open.insert(number, Arc::clone(&socket));
        drop(state);
        Some(Admission { connections: Arc::clone(this), number, socket, stranger: true })
    }

    /// Lets nobody in any more, and lets those who are in finish the call that is under way; who takes longer than the grace is cut off.
    pub(super) fn stop(&self, grace: Duration) {
        let mut state = self.state();
        state.stopping = true;
        state.shut(Shutdown::Read);
        let drained = self.gone.wait_timeout_while(state, grace, |state| !state.open.is_empty());
        (state, _) = drained.unwrap_or_else(PoisonError::into_inner);
        state.shut(Shutdown::Both);
    }

    /// Whatever panicked, the map and the counts are whole.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection that is counted until this is dropped.
#[derive(Debug)]
pub(super) struct Admission {
    connections: Arc<Connections>,
    number: u64,
    socket: Arc<TcpStream>,
    stranger: bool,
}

impl Admission {
    pub(super) fn socket(&self) -> Arc<TcpStream> {
        Arc::clone(&self.socket)
    }

    /// The client has greeted.
    pub(super) fn introduced(&mut self) {
        if std::mem::take(&mut self.stranger) {
            self.connections.state().strangers -= 1;
        }
    }
}

impl Drop for Admission {
    fn drop(&mut self) {
        self.introduced();
        self.connections.state().open.remove(&self.number);
        self.connections.gone.notify_all();
    }
}
