//! Sessions: each an entry of its own in a table that grows by blocks, so that looking one up touches nothing that other
//! sessions write to.

use std::fmt;
use std::ops::Deref;
use std::sync::atomic::{AtomicU8, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, RwLockReadGuard};

use try_lock::Locked;

use crate::lock::{Lanes, Mutex, RwLock, Tried};
use crate::token::keys::Recent;
use crate::token::operation::Operations;
use crate::token::slot::{Login, Sight, Slot};
use crate::token::{Error, Result, SessionId};
use crate::world::World;

/// Entries in a block.
const BLOCK: usize = 128;
/// How far apart blocks begin: what is spread over the places of sessions is then spread also where each thread, with a block of its
/// own, has few of them.
const STRIDE: usize = 7;
/// Blocks in the table; together 65,536 sessions.
const BLOCKS: usize = 512;
/// The bits of a session's number that say where it is; the others say which use of the place it is.
const PLACE_BITS: u32 = 16;

/// An open session.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) id: SessionId,
    pub(crate) slot: Arc<Slot>,
    pub(crate) read_write: bool,
    pub(crate) objects: OwnObjects,
    /// What the slot said last.
    sight: Tried<Option<Arc<Sight>>>,
}

/// What only one call at a time may use.
#[derive(Debug, Default)]
pub(crate) struct State {
    login: Login,
    pub(crate) operations: Operations,
    pub(crate) recent: Recent,
}

impl State {
    /// What was begun with a user's keys does not outlive the login.
    #[inline]
    fn follow(&mut self, login: Login) {
        if self.login != login {
            self.turn_to(login);
        }
    }

    #[cold]
    fn turn_to(&mut self, login: Login) {
        if self.login.who().is_some() {
            *self = Self::default();
        }
        self.login = login;
    }
}

impl Session {
    /// Where it is in its application's table.
    pub(crate) fn place(&self) -> usize {
        place_of(self.id).unwrap_or(0)
    }

    /// Works with the nodes that can be used now. The calls of a session share no word with other sessions here, unless two of one
    /// session come at once.
    ///
    /// # Errors
    /// As [`Slot::sight`], and what the work returns.
    pub(crate) fn with_sight<T>(&self, world: &World, work: impl FnOnce(&Sight) -> Result<T>) -> Result<T> {
        match self.sight.try_lock() {
            Some(mut last) => work(self.slot.sight_again(world, &mut last)?),
            None => work(&*self.slot.sight(world)?),
        }
    }
}

/// Whether a session ever made an object of its own, which spares others the look among those of all when they close, and whether it
/// may still do so.
#[derive(Debug, Default)]
pub(crate) struct OwnObjects(AtomicU8);

impl OwnObjects {
    const MADE: u8 = 1;
    const ENDED: u8 = 2;

    /// The session is about to make one.
    ///
    /// # Errors
    /// [`Error::SessionHandleInvalid`] when it was closed.
    pub(crate) fn makes_one(&self) -> Result<()> {
        let before = self.0.fetch_or(Self::MADE, Ordering::AcqRel);
        if before & Self::ENDED == 0 { Ok(()) } else { Err(Error::SessionHandleInvalid) }
    }

    /// Whether it makes none any more.
    pub(crate) fn have_ended(&self) -> bool {
        self.0.load(Ordering::Acquire) & Self::ENDED != 0
    }

    /// From now on it makes none; whether it ever made one.
    pub(crate) fn end(&self) -> bool {
        self.0.fetch_or(Self::ENDED, Ordering::AcqRel) & Self::MADE != 0
    }
}

/// Where the session of this number is in its application's table.
#[inline]
pub(crate) fn place_of(id: SessionId) -> Option<usize> {
    usize::try_from(id.0.checked_sub(1)? & ((1 << PLACE_BITS) - 1)).ok()
}

/// A session that is looked at; closing it waits.
#[derive(Debug)]
pub(crate) struct InUse<'a>(RwLockReadGuard<'a, Option<Arc<Session>>>);

impl Deref for InUse<'_> {
    type Target = Session;

    fn deref(&self) -> &Session {
        self.0
            .as_ref()
            .expect("`Sessions::using` makes it of an entry that holds a session, and its lock keeps it there")
    }
}

/// What those who work in a session need: the session once more, so that one lock is enough for a call.
#[derive(Debug)]
struct Seat {
    session: Arc<Session>,
    /// Made when it is first needed: many sessions are only opened and closed.
    state: Option<Box<State>>,
}

/// A session in which a call works; closing it waits.
#[derive(Debug)]
pub(crate) struct Entered<'a>(Locked<'a, Option<Seat>>);

impl Entered<'_> {
    /// The session and its state, without what belonged to a login that ended.
    #[inline]
    pub(crate) fn parts(&mut self) -> (&Session, &mut State) {
        let seat =
            self.0.as_mut().expect("`Sessions::enter` makes it of a seat that is there, and its lock keeps it there");
        let state = seat.state.get_or_insert_default();
        state.follow(seat.session.slot.login());
        (&seat.session, state)
    }
}

/// On a cache line of its own, so that sessions do not disturb each other.
#[derive(Default)]
#[repr(align(128))]
struct Entry {
    uses: AtomicU32,
    session: RwLock<Option<Arc<Session>>>,
    /// Taken before the other lock.
    seat: Tried<Option<Seat>>,
}

/// The sessions of an application.
pub(crate) struct Sessions {
    blocks: [OnceLock<Box<[Entry]>>; BLOCKS],
    /// Free places, in lists of which a thread prefers one.
    free: Lanes<Mutex<Vec<usize>>>,
    /// How many blocks have given their places to the lists.
    taken: AtomicUsize,
    /// What the numbers start after.
    numbering: u64,
}

impl Sessions {
    /// None yet.
    pub(crate) fn new(numbering: u64) -> Self {
        Self {
            blocks: [const { OnceLock::new() }; BLOCKS],
            free: Lanes::default(),
            taken: AtomicUsize::new(0),
            numbering,
        }
    }

    /// Opens a session.
    ///
    /// # Errors
    /// [`Error::SessionCount`] when the table is full.
    pub(crate) fn open(&self, slot: &Arc<Slot>, read_write: bool) -> Result<SessionId> {
        let place = self.free_place()?;
        let block = self.blocks[place / BLOCK].get_or_init(|| (0..BLOCK).map(|_| Entry::default()).collect());
        let entry = &block[place % BLOCK];
        let uses = entry.uses.fetch_add(1, Ordering::Relaxed).wrapping_add(1);
        let id = SessionId(self.numbering + (u64::from(uses) << PLACE_BITS | place as u64) + 1);
        let session = Arc::new(Session {
            id,
            slot: Arc::clone(slot),
            read_write,
            objects: OwnObjects::default(),
            sight: Tried::default(),
        });
        *entry.seat.wait() = Some(Seat { session: Arc::clone(&session), state: None });
        *entry.session.write() = Some(session);
        Ok(id)
    }

    /// A place that nobody has: of this thread's list, of a block that no list has yet, or of the other lists.
    fn free_place(&self) -> Result<usize> {
        for free in self.free.own_first() {
            let mut free = free.lock();
            if let Some(place) = free.pop() {
                return Ok(place);
            }
            let more = |taken| (taken < BLOCKS).then_some(taken + 1);
            if let Ok(block) = self.taken.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more) {
                free.extend(places(block).rev());
                return free.pop().ok_or(Error::SessionCount);
            }
        }
        Err(Error::SessionCount)
    }

    #[inline]
    fn entry(&self, id: SessionId) -> Result<(usize, &Entry)> {
        let Some(place) = place_of(id) else { return Err(Error::SessionHandleInvalid) };
        let block = self.blocks.get(place / BLOCK).and_then(OnceLock::get);
        match block.and_then(|block| block.get(place % BLOCK)) {
            Some(entry) => Ok((place, entry)),
            None => Err(Error::SessionHandleInvalid),
        }
    }

    /// The session of this number.
    ///
    /// # Errors
    /// [`Error::SessionHandleInvalid`].
    pub(crate) fn get(&self, id: SessionId) -> Result<Arc<Session>> {
        let (_, entry) = self.entry(id)?;
        let session = entry.session.read();
        session.as_ref().filter(|session| session.id == id).cloned().ok_or(Error::SessionHandleInvalid)
    }

    /// The session of this number, to look at it, without a share in it: its caller must not look sessions up meanwhile, which would
    /// wait for whoever closes this one.
    ///
    /// # Errors
    /// [`Error::SessionHandleInvalid`].
    pub(crate) fn using(&self, id: SessionId) -> Result<InUse<'_>> {
        let (_, entry) = self.entry(id)?;
        let session = entry.session.read();
        match session.as_ref() {
            Some(found) if found.id == id => Ok(InUse(session)),
            _ => Err(Error::SessionHandleInvalid),
        }
    }

    /// The session of this number, to work in it.
    ///
    /// # Errors
    /// [`Error::SessionHandleInvalid`], [`Error::OperationActive`] when another thread works in the same session.
    #[inline]
    pub(crate) fn enter(&self, id: SessionId) -> Result<Entered<'_>> {
        let (_, entry) = self.entry(id)?;
        match entry.seat.try_lock() {
            Some(seat) if seat.as_ref().is_some_and(|seat| seat.session.id == id) => Ok(Entered(seat)),
            Some(_) => Err(Error::SessionHandleInvalid),
            None => self.using(id).and(Err(Error::OperationActive)),
        }
    }

    /// Closes a session and returns it.
    ///
    /// # Errors
    /// [`Error::SessionHandleInvalid`].
    pub(crate) fn close(&self, id: SessionId) -> Result<Arc<Session>> {
        let (place, entry) = self.entry(id)?;
        let mut seat = entry.seat.wait();
        let closed = entry.session.write().take_if(|session| session.id == id).ok_or(Error::SessionHandleInvalid)?;
        *seat = None;
        drop(seat);
        self.free.own().lock().push(place);
        Ok(closed)
    }

    /// Every open session.
    pub(crate) fn all(&self) -> Vec<Arc<Session>> {
        let blocks = self.blocks.iter().filter_map(OnceLock::get);
        blocks.flat_map(|block| block.iter()).filter_map(|entry| entry.session.read().clone()).collect()
    }
}

/// The places of a block in the order in which they are taken.
fn places(block: usize) -> impl DoubleEndedIterator<Item = usize> {
    (0..BLOCK).map(move |number| block * BLOCK + (block * STRIDE + number) % BLOCK)
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sessions({} blocks used)", self.taken.load(Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::lock::LANES;

    #[test]
    fn the_first_places_of_blocks_and_neighbours_in_a_block_are_in_different_lanes() {
        let lanes = |places: Vec<usize>| places.into_iter().map(|place| place % LANES).collect::<HashSet<_>>().len();
        assert_eq!(lanes((0..LANES).filter_map(|block| places(block).next()).collect()), LANES);
        assert_eq!(lanes(places(3).take(LANES).collect()), LANES);
    }

    #[test]
    fn every_place_is_in_one_block() {
        let all: HashSet<usize> = (0..BLOCKS).flat_map(places).collect();
        assert_eq!(all.len(), BLOCKS * BLOCK);
        assert!(all.iter().all(|place| *place < BLOCKS * BLOCK));
    }
}
