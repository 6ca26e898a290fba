//! The handles by which an application names objects: given out once, and never to another object.
//!
//! They are spread over tables by what they name, and those of a session's objects by the session, so that sessions do not wait for
//! each other.

use std::collections::HashMap;

use crate::lock::{LANES, Lanes, RwLock};
use crate::object::Handle;
use crate::token::session_objects::place_of;
use crate::token::{Error, ObjectHandle, Result};

/// What an object handle names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Target {
    /// An object of the cluster.
    Token(Handle),
    /// An object of a session, by its own number.
    Session(u64),
    /// What the token keeps of the standard, by the profile's number.
    Profile(u64),
}

impl Target {
    /// Where its handle is given out.
    fn lane(self) -> usize {
        match self {
            Self::Token(handle) => handle.get() as usize,
            Self::Session(number) => place_of(number),
            Self::Profile(number) => number as usize,
        }
    }
}

/// The handles of one application on one cluster.
#[derive(Debug)]
pub(crate) struct Handles {
    /// The handles come after this number, those of the tables in turn.
    after: u64,
    tables: Lanes<RwLock<Table>>,
}

#[derive(Debug, Default)]
struct Table {
    given: u64,
    /// What the handles given out here name, each with whether the object is private.
    targets: HashMap<ObjectHandle, (Target, bool)>,
    /// The handles of the targets that belong here. One that became another object was given out elsewhere.
    numbers: HashMap<Target, ObjectHandle>,
}

impl Handles {
    /// None yet; all will be greater than `after`.
    pub(crate) fn after(after: u64) -> Self {
        Self { after, tables: Lanes::default() }
    }

    /// The handle of an object, a new one if it has none yet.
    pub(crate) fn of(&self, target: Target, private: bool) -> ObjectHandle {
        if let Some(handle) = self.tables.of(target.lane()).read().numbers.get(&target) {
            return *handle;
        }
        self.give(target, private)
    }

    /// The same for an object that is new.
    pub(crate) fn give(&self, target: Target, private: bool) -> ObjectHandle {
        let lane = target.lane();
        let mut table = self.tables.of(lane).write();
        let Table { given, targets, numbers } = &mut *table;
        *numbers.entry(target).or_insert_with(|| {
            let handle = ObjectHandle(self.after + 1 + *given * LANES as u64 + (lane % LANES) as u64);
            *given += 1;
            targets.insert(handle, (target, private));
            handle
        })
    }

    /// The table in which a handle was given out.
    fn table_of(&self, handle: ObjectHandle) -> &RwLock<Table> {
        let past = handle.0.wrapping_sub(self.after + 1);
        self.tables.of((past % LANES as u64) as usize)
    }

    /// What a handle names.
    ///
    /// # Errors
    /// [`Error::ObjectHandleInvalid`].
    pub(crate) fn target(&self, handle: ObjectHandle) -> Result<Target> {
        let table = self.table_of(handle).read();
        match table.targets.get(&handle) {
            Some((target, _)) => Ok(*target),
            None => Err(Error::ObjectHandleInvalid),
        }
    }

    /// From now on the handle names nothing; says what it named.
    pub(crate) fn forget(&self, handle: ObjectHandle) -> Option<Target> {
        let (target, _) = self.table_of(handle).write().targets.remove(&handle)?;
        self.unnumber(target, handle);
        Some(target)
    }

    /// The target has no handle any more, if it was this one.
    fn unnumber(&self, target: Target, handle: ObjectHandle) {
        let mut table = self.tables.of(target.lane()).write();
        if table.numbers.get(&target) == Some(&handle) {
            table.numbers.remove(&target);
        }
    }

    /// From now on these objects have no handle.
    pub(crate) fn forget_all(&self, gone: impl IntoIterator<Item = Target>) {
        for target in gone {
            let handle = self.tables.of(target.lane()).write().numbers.remove(&target);
            if let Some(handle) = handle {
                self.table_of(handle).write().targets.remove(&handle);
            }
        }
    }

    /// From now on handles of private objects name nothing.
    pub(crate) fn forget_private(&self) {
        for table in self.tables.iter() {
            let gone: Vec<(ObjectHandle, (Target, bool))> =
                table.write().targets.extract_if(|_, (_, private)| *private).collect();
            gone.into_iter().for_each(|(handle, (target, _))| self.unnumber(target, handle));
        }
    }

    /// An object keeps its handle and becomes another.
    pub(crate) fn becomes(&self, before: Target, after: Target) {
        let Some(handle) = self.tables.of(before.lane()).write().numbers.remove(&before) else { return };
        // In this order: who forgets the handle meanwhile finds the new target's number, or is seen here.
        // A search may have given the new object a handle already, which goes on naming it too.
        self.tables.of(after.lane()).write().numbers.insert(after, handle);
        if let Some((target, _)) = self.table_of(handle).write().targets.get_mut(&handle) {
            *target = after;
            return;
        }
        self.unnumber(after, handle);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::thread;

    use super::*;

    /// One of each kind, and more of them than there are tables.
    fn targets() -> Vec<Target> {
        let tokens = (1..40).map(|number| Target::Token(Handle::new(number)));
        let own = (0..40).map(|number| Target::Session(number << 45));
        tokens.chain(own).chain([Target::Profile(1)]).collect()
    }

    fn of_all(handles: &Handles) -> Vec<ObjectHandle> {
        targets().into_iter().map(|target| handles.of(target, false)).collect()
    }

    #[test]
    fn every_object_has_one_handle_and_every_handle_one_object() {
        let handles = Handles::after(7000);
        let given = of_all(&handles);
        assert!(given.iter().all(|handle| handle.0 > 7000));
        for (target, handle) in targets().into_iter().zip(&given) {
            assert_eq!(handles.of(target, false), *handle);
            assert_eq!(handles.target(*handle), Ok(target));
        }
        for stranger in [0, 6999, 7000, u64::MAX] {
            assert_eq!(handles.target(ObjectHandle(stranger)), Err(Error::ObjectHandleInvalid));
        }
    }

    #[test]
    fn a_handle_is_not_given_again() {
        let handles = Handles::after(0);
        let first = of_all(&handles);
        for handle in &first {
            assert!(handles.forget(*handle).is_some());
            assert_eq!(handles.forget(*handle), None);
        }
        let second = of_all(&handles);
        assert!(second.iter().all(|handle| !first.contains(handle)));
        handles.forget_all(targets());
        assert!(second.iter().all(|handle| handles.target(*handle).is_err()));
    }

    #[test]
    fn what_becomes_another_object_keeps_its_handle_and_goes_with_the_private_ones() {
        let handles = Handles::after(0);
        let (before, after) = (Target::Session(5 << 47), Target::Token(Handle::new(8)));
        let handle = handles.give(before, true);
        let public = handles.give(Target::Token(Handle::new(9)), false);
        handles.becomes(before, after);
        assert_eq!((handles.target(handle), handles.of(after, true)), (Ok(after), handle));
        assert_ne!(handles.of(before, true), handle, "another object may have the number");
        handles.forget_private();
        assert!(handles.target(handle).is_err());
        assert_ne!(handles.of(after, true), handle);
        assert!(handles.target(public).is_ok());
    }

    #[test]
    fn a_search_may_be_faster_than_the_object_that_becomes_another() {
        let handles = Handles::after(0);
        let (before, after) = (Target::Session(5 << 47), Target::Token(Handle::new(8)));
        let (kept, found) = (handles.give(before, false), handles.of(after, false));
        handles.becomes(before, after);
        assert_eq!([kept, found].map(|handle| handles.target(handle)), [Ok(after), Ok(after)]);
        handles.forget(found);
        assert_eq!((handles.target(kept), handles.of(after, false)), (Ok(after), kept));
    }

    /// Whoever is first, the new object has a handle that names it.
    #[test]
    fn a_handle_that_is_forgotten_while_its_object_becomes_another_names_nothing() {
        const ROUNDS: u64 = 20_000;
        let ways: [fn(&Handles, ObjectHandle); 2] =
            [|handles, handle| assert!(handles.forget(handle).is_some()), |handles, _| handles.forget_private()];
        for forget in ways {
            let handles = Handles::after(0);
            let (given, forgotten) = (AtomicU64::new(0), AtomicU64::new(0));
            let mut dangling = 0;
            thread::scope(|scope| {
                scope.spawn(|| {
                    for _ in 0..ROUNDS {
                        let handle = until(&given, |handle| handle != forgotten.load(Ordering::Relaxed));
                        forget(&handles, ObjectHandle(handle));
                        forgotten.store(handle, Ordering::Release);
                    }
                });
                for number in 1..=ROUNDS {
                    let (before, after) = (Target::Session(number), Target::Token(Handle::new(number as u32)));
                    let handle = handles.give(before, true);
                    given.store(handle.0, Ordering::Release);
                    handles.becomes(before, after);
                    until(&forgotten, |last| last == handle.0);
                    dangling += usize::from(handles.target(handles.of(after, false)) != Ok(after));
                }
            });
            assert_eq!(dangling, 0);
        }
    }

    /// Waits until a number is as it should be; the number.
    fn until(number: &AtomicU64, is_so: impl Fn(u64) -> bool) -> u64 {
        loop {
            match number.load(Ordering::Acquire) {
                number if is_so(number) => return number,
                _ => thread::yield_now(),
            }
        }
    }
}
