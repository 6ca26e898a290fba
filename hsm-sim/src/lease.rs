//! Work that one process of a directory does at a time. A dead process's lease is void, so nothing waits for the dead.

use std::thread;
use std::time::Duration;

use store::{Presence, Ticket};

use crate::error::{Error, Result};
use crate::world::World;

const POLL: Duration = Duration::from_millis(2);

/// The right to do a kind of work, given back on drop. Among the threads of one process it decides nothing.
#[derive(Debug)]
pub struct Lease<'a> {
    presence: &'a Presence,
    ticket: Ticket,
}

impl<'a> Lease<'a> {
    /// Waits until no other live process holds the lease `name`, but not longer than about `patience`; `None` when it is still held.
    ///
    /// # Errors
    /// The directory fails.
    pub fn wait_for(world: &'a World, name: &str, patience: Duration) -> Result<Option<Self>> {
        let presence = world.presence();
        let key = format!("lease/{name}").into_bytes();
        let polls = patience.as_millis() / POLL.as_millis();
        for _ in 0..=polls {
            let ticket = presence.update(|tx| {
                // A row of this process is a leftover and no holder.
                let held = tx.entries(&key)?.iter().any(|entry| entry.key == key && !entry.mine);
                if held { Ok::<_, Error>(None) } else { Ok(Some(tx.enter(&key, b"")?)) }
            })?;
            if let Some(ticket) = ticket {
                return Ok(Some(Self { presence, ticket }));
            }
            thread::sleep(POLL);
        }
        Ok(None)
    }
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        // A lease that cannot be given back ends with the process.
        let _ = self.presence.update(|tx| tx.leave(&self.ticket));
    }
}
