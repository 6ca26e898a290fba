//! The slots of an application: a list that only grows, so that finding one writes to nothing.

use std::iter;
use std::sync::{Arc, MutexGuard, OnceLock};

use crate::lock::Mutex;
use crate::token::SlotId;
use crate::token::slot::Slot;

type Link = OnceLock<Box<Member>>;

#[derive(Debug)]
struct Member {
    slot: Arc<Slot>,
    next: Link,
}

/// The slots of an application.
#[derive(Debug, Default)]
pub(crate) struct Slots {
    first: Link,
    adding: Mutex<()>,
}

impl Slots {
    /// The slots that there are, by number.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<Slot>> {
        let members = iter::successors(self.first.get(), |member| member.next.get());
        members.map(|member| &member.slot)
    }

    /// Lets nobody else add slots meanwhile.
    pub(crate) fn adding(&self) -> Adding<'_> {
        Adding { slots: self, _alone: self.adding.lock() }
    }
}

/// The one who adds slots.
#[derive(Debug)]
pub(crate) struct Adding<'a> {
    slots: &'a Slots,
    _alone: MutexGuard<'a, ()>,
}

impl Adding<'_> {
    /// The number of the slot that is added next.
    pub(crate) fn next(&self) -> SlotId {
        SlotId(self.slots.iter().count() as u64)
    }

    /// Adds a slot, which has that number.
    pub(crate) fn add(&self, slot: Arc<Slot>) {
        let mut link = &self.slots.first;
        let mut new = Box::new(Member { slot, next: Link::new() });
        // The end stays the end while nobody else adds.
        while let Err(refused) = link.set(new) {
            new = refused;
            match link.get() {
                Some(member) => link = &member.next,
                None => return,
            }
        }
    }
}
