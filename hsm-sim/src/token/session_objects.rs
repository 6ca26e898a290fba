//! The objects of sessions, as one application has them on one cluster.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use crate::id::NodeId;
use crate::lock::{Apart, LANES, Lanes, RwLock};
use crate::object::{Flags, Object};
use crate::token::session::{self, Session};
use crate::token::{Error, Result, SessionId};

/// How many numbers the objects of the sessions in one place of the table have.
const NUMBERS: u64 = 1 << 47;
/// Of all numbers; the last one is none.
const ALL: Range<u64> = 0..u64::MAX;

/// An object of a session: it is on one node and goes with it.
#[derive(Debug)]
pub(crate) struct SessionObject {
    session: SessionId,
    pub(crate) node: NodeId,
    pub(crate) object: Arc<Object>,
}

/// The objects of sessions, by their own numbers. They are spread over tables by session; in these those of one session stand together,
/// so that closing it looks at no others.
#[derive(Debug, Default)]
pub(crate) struct SessionObjects {
    tables: Lanes<RwLock<Table>>,
    quiet: Apart<Quiet>,
}

/// What many read and few changes write.
#[derive(Debug, Default)]
struct Quiet {
    /// A bit for each table that may hold an object: where there are none, searches look at no table.
    filled: AtomicUsize,
    /// How often one was destroyed or replaced.
    ends: AtomicU64,
}

#[derive(Debug, Default)]
struct Table {
    by_number: BTreeMap<u64, Arc<SessionObject>>,
    made: u64,
    /// The nodes that may hold one, until they are gone: spares every sight the look at all objects.
    homes: Vec<NodeId>,
}

impl Table {
    /// Removes the objects that pass a test from among those of these numbers; their numbers.
    fn remove(&mut self, among: Range<u64>, test: impl Fn(&SessionObject) -> bool) -> Vec<u64> {
        let passing = self.by_number.range(among).filter(|(_, object)| test(object));
        let gone: Vec<u64> = passing.map(|(number, _)| *number).collect();
        gone.iter().for_each(|number| drop(self.by_number.remove(number)));
        gone
    }
}

impl SessionObjects {
    /// Puts a session's object on a node; its number.
    ///
    /// # Errors
    /// [`Error::SessionHandleInvalid`] when the session was closed meanwhile.
    pub(crate) fn add(&self, session: &Session, node: &NodeId, object: Object) -> Result<u64> {
        let object = SessionObject { session: session.id, node: node.clone(), object: Arc::new(object) };
        let (object, place) = (Arc::new(object), session.place());
        let mut table = self.tables.of(place).write();
        // With the lock, for which who closes the session waits if this is first.
        session.objects.makes_one()?;
        let number = numbers(session.id).start + table.made % NUMBERS;
        table.made += 1;
        if !table.homes.contains(node) {
            table.homes.push(node.clone());
        }
        table.by_number.insert(number, object);
        let filled = &self.quiet.0.filled;
        if filled.load(Ordering::Relaxed) & bit(place) == 0 {
            filled.fetch_or(bit(place), Ordering::AcqRel);
        }
        Ok(number)
    }

    /// Replaces an object by a changed one.
    ///
    /// # Errors
    /// [`Error::ObjectHandleInvalid`].
    pub(crate) fn replace(&self, number: u64, object: Object) -> Result<()> {
        self.end(place_of(number), |table| {
            let place = table.by_number.get_mut(&number).ok_or(Error::ObjectHandleInvalid)?;
            let (session, node) = (place.session, place.node.clone());
            *place = Arc::new(SessionObject { session, node, object: Arc::new(object) });
            Ok(())
        })
    }

    pub(crate) fn remove(&self, number: u64) {
        self.end(place_of(number), |table| table.by_number.remove(&number));
    }

    /// After a logout.
    pub(crate) fn remove_private(&self) {
        let private = |object: &SessionObject| object.object.flags.has(Flags::PRIVATE);
        (0..LANES).for_each(|place| drop(self.end(place, |table| table.remove(ALL, private))));
    }

    /// The objects of a session go with it, and it makes no more; their numbers.
    pub(crate) fn remove_of_session(&self, session: &Session) -> Vec<u64> {
        if !session.objects.end() {
            return Vec::new();
        }
        let mut table = self.tables.of(session.place()).write();
        let gone = table.remove(numbers(session.id), |object| object.session == session.id);
        if table.by_number.is_empty() {
            self.quiet.0.filled.fetch_and(!bit(session.place()), Ordering::AcqRel);
        }
        drop(table);
        if !gone.is_empty() {
            self.quiet.0.ends.fetch_add(1, Ordering::AcqRel);
        }
        gone
    }

    /// The objects of nodes go with them; their numbers.
    pub(crate) fn remove_of_nodes(&self, is_gone: impl Fn(&NodeId) -> bool) -> Vec<u64> {
        let touched = |place: &usize| self.tables.of(*place).read().homes.iter().any(&is_gone);
        let remove = |place| {
            self.end(place, |table| {
                table.homes.retain(|node| !is_gone(node));
                table.remove(ALL, |object| is_gone(&object.node))
            })
        };
        (0..LANES).filter(touched).flat_map(remove).collect()
    }

    /// One of them.
    pub(crate) fn get(&self, number: u64) -> Option<Arc<SessionObject>> {
        self.tables.of(place_of(number)).read().by_number.get(&number).cloned()
    }

    /// Those that pass a test, by number.
    pub(crate) fn list(&self, test: impl Fn(&SessionObject) -> bool) -> Vec<(u64, Arc<SessionObject>)> {
        let filled = self.quiet.0.filled.load(Ordering::Acquire);
        let mut shown = Vec::new();
        for place in (0..LANES).filter(|place| filled & bit(*place) != 0) {
            let table = self.tables.of(place).read();
            let passing = table.by_number.iter().filter(|(_, object)| test(object));
            shown.extend(passing.map(|(number, object)| (*number, Arc::clone(object))));
        }
        shown.sort_unstable_by_key(|(number, _)| *number);
        shown
    }

    /// The count that what was made of an object must still have, if it was read before the object was.
    #[inline]
    pub(crate) fn ends(&self) -> u64 {
        self.quiet.0.ends.load(Ordering::Acquire)
    }

    /// Destroys objects of a table, or replaces some.
    fn end<T>(&self, place: usize, work: impl FnOnce(&mut Table) -> T) -> T {
        let result = work(&mut self.tables.of(place).write());
        self.quiet.0.ends.fetch_add(1, Ordering::AcqRel);
        result
    }
}

/// Of the table where the objects of the session in this place are.
fn bit(place: usize) -> usize {
    1 << (place % LANES)
}

/// The place of the session whose object has this number.
pub(crate) fn place_of(number: u64) -> usize {
    (number / NUMBERS) as usize
}

/// The numbers that a session's objects may have.
fn numbers(session: SessionId) -> Range<u64> {
    let first = NUMBERS * session::place_of(session).map_or(0, |place| place as u64);
    first..first + NUMBERS
}
