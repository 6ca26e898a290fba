//! Events of cryptographic calls: keys of sessions, wrapping. They come by the hundred thousand and change nothing, so they wait in the
//! memory of their process, off the path of the calls, until somebody has to write anyway or a second has gone by.
//!
//! So few of them can be lost with their process or with a commit that fails, and where more than [`KEPT`] come in a second the oldest
//! of them are dropped.

use std::collections::VecDeque;
use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use crate::audit::aside::{self, Aside};
use crate::audit::{AuditRecord, Command, Detail, Event};
use crate::error::Result;
use crate::id::NodeId;
use crate::lock::{Apart, Lanes, Mutex};
use crate::row::Writer;
use crate::world::World;

/// Events that wait at most in a queue, and that are kept of all.
const KEPT: usize = 1024;
/// How long a queue's first event waits at most while others come to it, in milliseconds of the machine's clock.
const LONGEST: i64 = 1000;

/// An event about a key that waits.
#[derive(Debug, Clone)]
pub(crate) struct Waiting {
    pub(crate) node: NodeId,
    pub(crate) command: Command,
    /// The number of the session that asked.
    pub(crate) session: u32,
    /// The secret or private key, or the only one.
    pub(crate) handle: u32,
    /// The public key of a pair, or 0.
    pub(crate) public: u32,
}

/// The events that wait, in queues of which a thread prefers one.
#[derive(Debug, Default)]
pub(crate) struct Pending {
    queues: Lanes<Mutex<Queue>>,
    /// Whether there are any, for who writes something else.
    any: Apart<AtomicBool>,
}

#[derive(Debug, Default)]
struct Queue {
    /// When the first one came, on the machine's clock.
    since: i64,
    events: VecDeque<Noted>,
}

#[derive(Debug)]
struct Noted {
    /// On the machine's clock.
    at: i64,
    /// Tells its place among those of other queues.
    came: Instant,
    event: Waiting,
}

impl Pending {
    fn any(&self) -> bool {
        self.any.0.load(Ordering::Acquire)
    }

    /// The latest events, in the order in which they came.
    fn take(&self) -> Vec<Noted> {
        if !self.any() {
            return Vec::new();
        }
        // All at once: an event is taken with all that came before it, whatever their queues.
        let mut queues: Vec<_> = self.queues.iter().map(Mutex::lock).collect();
        // While nobody can add: who does so afterwards says again that there are some.
        self.any.0.store(false, Ordering::Release);
        let mut all: Vec<Noted> = queues.iter_mut().flat_map(|queue| mem::take(&mut queue.events)).collect();
        drop(queues);
        all.sort_by_key(|noted| noted.came);
        all.split_off(all.len().saturating_sub(KEPT))
    }
}

/// Lets an event wait. A store that fails keeps nobody from cryptography.
pub(crate) fn add(world: &World, event: Waiting) {
    let now = world.wall().now_millis();
    let pending = world.pending();
    let since = {
        let mut queue = pending.queues.own().lock();
        match queue.events.len() {
            0 => queue.since = now,
            KEPT => drop(queue.events.pop_front()),
            _ => {}
        }
        queue.events.push_back(Noted { at: now, came: Instant::now(), event });
        queue.since
    };
    // Written seldom, as all threads read it.
    if !pending.any() {
        pending.any.0.store(true, Ordering::Release);
    }
    if now - since >= LONGEST {
        let _ = write(world);
    }
}

/// Forgets the events that wait, when the world is rewound to before them.
pub(super) fn forget(world: &World) {
    drop(world.pending().take());
}

/// Writes the events that wait, if there are any.
///
/// # Errors
/// The store fails.
pub(super) fn write(world: &World) -> Result<()> {
    if !world.pending().any() {
        return Ok(());
    }
    world.store().write(|tx| settle(tx, world))
}

/// The same in a transaction that notes something else. What it writes is undone with it.
pub(super) fn settle(tx: &mut Writer<'_>, world: &World) -> Result<()> {
    let events = world.pending().take();
    if events.is_empty() {
        return Ok(());
    }
    let clock = World::clock(tx)?;
    let record = |Noted { at, event: Waiting { node, command, session, handle, public }, .. }| {
        let event = Event { command, detail: Detail::Key { handle, public }, session };
        Aside { node, record: AuditRecord::new(clock.now(at), event, Ok(())) }
    };
    aside::add(tx, world, events.into_iter().map(record).collect())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU32;
    use std::thread;

    use super::*;

    fn event(node: &NodeId, handle: u32) -> Waiting {
        Waiting { node: node.clone(), command: Command::GenerateKey, session: 1, handle, public: 0 }
    }

    #[test]
    fn no_more_wait_than_are_kept_and_the_latest_do() {
        let world = World::ephemeral().unwrap();
        let node = NodeId::generate(world.entropy());
        for handle in 1..=3000 {
            add(&world, event(&node, handle));
            assert!(world.pending().queues.own().lock().events.len() <= KEPT);
        }
        let log = world.audit_log(&node, 0).unwrap();
        assert_eq!(log.last().map(|(_, record)| record.key()), Some(Some(3000)));
        assert!(world.pending().take().is_empty());
    }

    #[test]
    fn events_of_all_threads_are_taken_in_the_order_in_which_they_came() {
        let world = World::ephemeral().unwrap();
        let node = NodeId::generate(world.entropy());
        // One thread after the other, each with a queue of its own.
        for (thread, count) in [1000, 1000, 7, 7, 7].into_iter().enumerate() {
            let (world, node) = (&world, &node);
            thread::scope(|scope| {
                scope.spawn(move || {
                    (0..count).for_each(|number| add(world, event(node, 1000 * thread as u32 + number)))
                });
            });
        }
        let taken: Vec<u32> = world.pending().take().iter().map(|noted| noted.event.handle).collect();
        assert_eq!(taken.len(), KEPT);
        assert!(taken.is_sorted());
        assert_eq!(taken.last(), Some(&4006));
        assert!(world.pending().take().is_empty());
    }

    #[test]
    fn nothing_is_taken_before_what_came_earlier_to_another_queue() {
        const COUNT: u32 = 20_000;
        let world = World::ephemeral().unwrap();
        let node = NodeId::generate(world.entropy());
        let added = AtomicU32::new(0);
        let mut taken = Vec::new();
        thread::scope(|scope| {
            // Two threads add in turn.
            for parity in 0..2 {
                let (world, node, added) = (&world, &node, &added);
                scope.spawn(move || {
                    for number in (parity..COUNT).step_by(2) {
                        while added.load(Ordering::Acquire) != number {
                            thread::yield_now();
                        }
                        add(world, event(node, number));
                        added.store(number + 1, Ordering::Release);
                    }
                });
            }
            while added.load(Ordering::Acquire) < COUNT {
                taken.extend(world.pending().take().iter().map(|noted| noted.event.handle));
            }
        });
        assert!(taken.is_sorted());
    }
}
