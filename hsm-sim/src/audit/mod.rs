//! The audit log that each HSM writes of its management commands, in the form of the service's log streams (documented).
//!
//! An event is a row of the transaction that carries its command out, so it exists exactly when the command's effect does; that of a
//! command without a durable effect stands aside first and costs no wait for the disk. Keys of sessions and wrapping are noted without
//! keeping anybody waiting at all (`pending`); encrypting, signing and the like are not noted (documented). [`Command`] is the table of
//! what is noted. Each HSM keeps its latest events; the log outlives the HSM, as the service's does.

mod aside;
mod command;
mod log;
pub(crate) mod pending;
mod record;

use aside::Aside;
pub use command::Command;
pub use record::AuditRecord;
pub(crate) use record::Detail;

use crate::client::NodeResult;
use crate::error::{HsmError, Result};
use crate::id::NodeId;
use crate::object::{Class, Flags, Handle, Object};
use crate::row::Writer;
use crate::world::World;

/// A command, as it is noted on one or several nodes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Event<'a> {
    pub(crate) command: Command,
    pub(crate) detail: Detail<'a>,
    /// The number of the session that asked.
    pub(crate) session: u32,
}

/// Notes what a node answered to a command.
///
/// # Errors
/// The store fails.
pub(crate) fn note(
    tx: &mut Writer<'_>,
    world: &World,
    node: &NodeId,
    event: Event<'_>,
    answer: Result<(), &HsmError>,
) -> Result<()> {
    let Some(record) = next_record(tx, world, event, answer)? else { return Ok(()) };
    aside::settle(tx, world)?;
    log::append(tx, node, record)
}

/// Notes what a node answered to a command without a durable effect, without making the transaction one that waits for the disk.
///
/// # Errors
/// The store fails, or the directory cannot be written.
pub(crate) fn note_aside(
    tx: &mut Writer<'_>,
    world: &World,
    node: &NodeId,
    event: Event<'_>,
    answer: Result<(), &HsmError>,
) -> Result<()> {
    let Some(record) = next_record(tx, world, event, answer)? else { return Ok(()) };
    aside::add(tx, world, vec![Aside { node: node.clone(), record }])
}

/// What is to be noted of an answer, all that is pending noted before it. A node that was not reached knows of no command.
fn next_record(
    tx: &mut Writer<'_>,
    world: &World,
    event: Event<'_>,
    answer: Result<(), &HsmError>,
) -> Result<Option<AuditRecord>> {
    if answer == Err(&HsmError::NodeUnavailable) {
        return Ok(None);
    }
    pending::settle(tx, world)?;
    Ok(Some(AuditRecord::new(world.now(tx)?, event, answer)))
}

/// Brings all events into the rows, for a snapshot.
///
/// # Errors
/// The store fails.
pub(crate) fn settle(tx: &mut Writer<'_>, world: &World) -> Result<()> {
    pending::settle(tx, world)?;
    aside::settle(tx, world)
}

/// Forgets the events that are no rows, when the world is rewound to before them.
///
/// # Errors
/// The store fails.
pub(crate) fn rewound(tx: &mut Writer<'_>, world: &World) -> Result<()> {
    pending::forget(world);
    aside::forget(tx)
}

/// Notes what each node answered.
///
/// # Errors
/// The store fails.
pub(crate) fn note_each<T>(
    tx: &mut Writer<'_>,
    world: &World,
    results: &[NodeResult<T>],
    session: impl Fn(&NodeId) -> u32,
    (command, detail): (Command, Detail<'_>),
) -> Result<()> {
    for result in results {
        let event = Event { command, detail, session: session(&result.node) };
        note(tx, world, &result.node, event, result.result.as_ref().map(|_| ()))?;
    }
    Ok(())
}

/// What makes new objects, as far as they tell: what was not made in the HSM was brought in.
pub(crate) fn making(objects: &[Object]) -> Command {
    let local = objects.iter().all(|object| object.flags.has(Flags::LOCAL));
    match objects {
        [_, _] if local => Command::GenerateKeyPair,
        [object] if local && object.class == Class::Secret => Command::GenerateKey,
        [object, ..] if matches!(object.class, Class::Secret | Class::Private) => Command::UnwrapKey,
        _ => Command::CreateObject,
    }
}

/// How new objects are told of: a pair has two handles.
pub(crate) fn new_objects(command: Command, objects: &[Object], handles: &[Handle]) -> Detail<'static> {
    let handle_of = |class: Class| {
        let found = objects.iter().zip(handles).find(|(object, _)| object.class == class);
        found.map_or(0, |(_, handle)| handle.get())
    };
    match command {
        Command::GenerateKeyPair => Detail::Key { handle: handle_of(Class::Private), public: handle_of(Class::Public) },
        _ => Detail::Key { handle: handles.first().map_or(0, |handle| handle.get()), public: 0 },
    }
}

/// The node was started again: its events are numbered from 0.
///
/// # Errors
/// The store fails.
pub(crate) fn rebooted(tx: &mut Writer<'_>, world: &World, node: &NodeId) -> Result<()> {
    aside::settle(tx, world)?;
    log::rebooted(tx, node)
}

impl World {
    /// The HSMs that have an audit log, also those that are gone.
    ///
    /// # Errors
    /// The store fails.
    pub fn audited(&self) -> Result<Vec<NodeId>> {
        self.settle_events()?;
        self.read(|rows| log::nodes(rows))
    }

    /// The audit log of an HSM, oldest first: the events from the `from`-th on of those that it ever wrote, each with its number.
    ///
    /// # Errors
    /// The store fails.
    pub fn audit_log(&self, node: &NodeId, from: u64) -> Result<Vec<(u64, AuditRecord)>> {
        self.settle_events()?;
        self.read(|rows| log::read(rows, node, from))
    }

    fn settle_events(&self) -> Result<()> {
        pending::write(self)?;
        if self.read(|rows| aside::is_empty(rows, self))? {
            return Ok(());
        }
        // Past the fault model: the log of a failing store can be read.
        self.store().write(|tx| aside::settle(tx, self))
    }
}
