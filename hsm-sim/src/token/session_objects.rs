//! The objects of sessions, as one application has them on one cluster.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use crate::id::NodeId;
use crate::lock::{Apart, RwLock};
use crate::object::{Flags, Object};
use crate::token::session::{self, Session};
use crate::token::{Error, Result, SessionId};

/// How many numbers the objects of the sessions in one place of the table have.
const NUMBERS: u64 = 1 << 47;

/// An object of a session: it is on one node and goes with it.
#[derive(Debug)]
pub(crate) struct SessionObject {
    session: SessionId,
    pub(crate) node: NodeId,
    pub(crate) object: Arc<Object>,
}

/// The objects of sessions, by their own numbers. Those of one session stand together, so that closing it looks at no others.
#[derive(Debug, Default)]
pub(crate) struct SessionObjects {
    table: RwLock<Table>,
    /// What others read and only changes write.
    counts: Apart<Counts>,
    next: AtomicU64,
}

#[derive(Debug, Default)]
struct Counts {
    /// How many objects there are: where there are none, searches write no word that all sessions share.
    objects: AtomicUsize,
    /// How often one was destroyed or replaced.
    ends: AtomicU64,
}

#[derive(Debug, Default)]
struct Table {
    by_number: BTreeMap<u64, Arc<SessionObject>>,
    /// The nodes that may hold one, until they are gone: spares every sight the look at all objects.
    homes: Vec<NodeId>,
}

impl SessionObjects {
    /// Puts a session's object on a node; its number.
    pub(crate) fn add(&self, session: &Session, node: &NodeId, object: Object) -> u64 {
        session.makes_objects();
        let number = numbers(session.id).start + self.next.fetch_add(1, Ordering::Relaxed) % NUMBERS;
        let object = SessionObject { session: session.id, node: node.clone(), object: Arc::new(object) };
        self.change(|table| {
            if !table.homes.contains(node) {
                table.homes.push(node.clone());
            }
            table.by_number.insert(number, Arc::new(object));
        });
        number
    }

    /// Replaces an object by a changed one.
    ///
    /// # Errors
    /// [`Error::ObjectHandleInvalid`].
    pub(crate) fn replace(&self, number: u64, object: Object) -> Result<()> {
        self.end(|table| {
            let place = table.by_number.get_mut(&number).ok_or(Error::ObjectHandleInvalid)?;
            let (session, node) = (place.session, place.node.clone());
            *place = Arc::new(SessionObject { session, node, object: Arc::new(object) });
            Ok(())
        })
    }

    pub(crate) fn remove(&self, number: u64) {
        self.end(|table| table.by_number.remove(&number));
    }

    /// After a logout.
    pub(crate) fn remove_private(&self) {
        self.end(|table| table.by_number.retain(|_, object| !object.object.flags.has(Flags::PRIVATE)));
    }

    /// The objects of a session go with it; their numbers.
    pub(crate) fn remove_of_session(&self, session: &Session) -> Vec<u64> {
        if !session.made_objects() {
            return Vec::new();
        }
        let of_session = |object: &SessionObject| object.session == session.id;
        let gone: Vec<u64> = {
            let table = self.table.read();
            let there = table.by_number.range(numbers(session.id));
            there.filter(|(_, object)| of_session(object)).map(|(number, _)| *number).collect()
        };
        if !gone.is_empty() {
            self.end(|table| gone.iter().for_each(|number| drop(table.by_number.remove(number))));
        }
        gone
    }

    /// The objects of nodes go with them; their numbers.
    pub(crate) fn remove_of_nodes(&self, is_gone: impl Fn(&NodeId) -> bool) -> Vec<u64> {
        if !self.table.read().homes.iter().any(&is_gone) {
            return Vec::new();
        }
        self.end(|table| {
            table.homes.retain(|node| !is_gone(node));
            let there = table.by_number.iter().filter(|(_, object)| is_gone(&object.node));
            let gone: Vec<u64> = there.map(|(number, _)| *number).collect();
            gone.iter().for_each(|number| drop(table.by_number.remove(number)));
            gone
        })
    }

    /// One of them.
    pub(crate) fn get(&self, number: u64) -> Option<Arc<SessionObject>> {
        self.table.read().by_number.get(&number).cloned()
    }

    /// Those that pass a test, by number.
    pub(crate) fn list(&self, test: impl Fn(&SessionObject) -> bool) -> Vec<(u64, Arc<SessionObject>)> {
        if self.counts.0.objects.load(Ordering::Acquire) == 0 {
            return Vec::new();
        }
        let table = self.table.read();
        let shown = table.by_number.iter().filter(|(_, object)| test(object));
        shown.map(|(number, object)| (*number, Arc::clone(object))).collect()
    }

    /// The count that what was made of an object must still have, if it was read before the object was.
    #[inline]
    pub(crate) fn ends(&self) -> u64 {
        self.counts.0.ends.load(Ordering::Acquire)
    }

    /// Destroys objects, or replaces some.
    fn end<T>(&self, work: impl FnOnce(&mut Table) -> T) -> T {
        let result = self.change(work);
        self.counts.0.ends.fetch_add(1, Ordering::AcqRel);
        result
    }

    fn change<T>(&self, work: impl FnOnce(&mut Table) -> T) -> T {
        let mut table = self.table.write();
        let result = work(&mut table);
        self.counts.0.objects.store(table.by_number.len(), Ordering::Release);
        result
    }
}

/// The numbers that a session's objects may have.
fn numbers(session: SessionId) -> Range<u64> {
    let first = NUMBERS * session::place_of(session).map_or(0, |place| place as u64);
    first..first + NUMBERS
}
