//! The handles by which an application names objects: given out once, and never to another object.

use std::collections::HashMap;

use crate::lock::RwLock;
use crate::object::Handle;
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

/// The handles of one application on one cluster.
#[derive(Debug)]
pub(crate) struct Handles(RwLock<Table>);

#[derive(Debug)]
struct Table {
    last: u64,
    /// With each whether the object is private.
    targets: HashMap<ObjectHandle, (Target, bool)>,
    numbers: HashMap<Target, ObjectHandle>,
}

impl Handles {
    /// None yet; the first will be one more than `last`.
    pub(crate) fn after(last: u64) -> Self {
        Self(RwLock::new(Table { last, targets: HashMap::default(), numbers: HashMap::default() }))
    }

    /// The handle of an object, a new one if it has none yet.
    pub(crate) fn of(&self, target: Target, private: bool) -> ObjectHandle {
        if let Some(handle) = self.0.read().numbers.get(&target) {
            return *handle;
        }
        let mut table = self.0.write();
        if let Some(handle) = table.numbers.get(&target) {
            return *handle;
        }
        table.last += 1;
        let handle = ObjectHandle(table.last);
        table.numbers.insert(target, handle);
        table.targets.insert(handle, (target, private));
        handle
    }

    /// What a handle names.
    ///
    /// # Errors
    /// [`Error::ObjectHandleInvalid`].
    pub(crate) fn target(&self, handle: ObjectHandle) -> Result<Target> {
        self.0.read().targets.get(&handle).map(|(target, _)| *target).ok_or(Error::ObjectHandleInvalid)
    }

    /// From now on the handle names nothing; says what it named.
    pub(crate) fn forget(&self, handle: ObjectHandle) -> Option<Target> {
        let mut table = self.0.write();
        let (target, _) = table.targets.remove(&handle)?;
        table.numbers.remove(&target);
        Some(target)
    }

    /// From now on these objects have no handle.
    pub(crate) fn forget_all(&self, gone: impl IntoIterator<Item = Target>) {
        let mut table = self.0.write();
        for target in gone {
            if let Some(handle) = table.numbers.remove(&target) {
                table.targets.remove(&handle);
            }
        }
    }

    /// From now on handles of private objects name nothing.
    pub(crate) fn forget_private(&self) {
        let mut table = self.0.write();
        let Table { targets, numbers, .. } = &mut *table;
        targets.retain(|_, (_, private)| !*private);
        numbers.retain(|_, handle| targets.contains_key(handle));
    }

    /// An object keeps its handle and becomes another.
    pub(crate) fn becomes(&self, before: Target, after: Target) {
        let mut table = self.0.write();
        if let Some(handle) = table.numbers.remove(&before)
            && let Some((target, _)) = table.targets.get_mut(&handle)
        {
            *target = after;
            table.numbers.insert(after, handle);
        }
    }
}
