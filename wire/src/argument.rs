//! How the arguments and answers of calls travel.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_bytes::Bytes;

use crate::calls::named::*;

/// An argument, as a caller gives it.
pub trait Argument<'a>: Sized {
    /// As it travels. Bytes and text stay where they are, at both ends.
    type Frame: Serialize + Deserialize<'a>;

    fn to_frame(self) -> Self::Frame;
}

/// An argument that has travelled, lent to the callee.
pub(crate) trait Lend<'a, T> {
    fn lend(&'a self) -> T;
}

macro_rules! as_they_are {
    ($($kind:ty),*) => {
        $(impl Argument<'_> for $kind {
            type Frame = Self;

            fn to_frame(self) -> Self {
                self
            }
        }

        impl Lend<'_, Self> for $kind {
            fn lend(&self) -> Self {
                *self
            }
        })*
    };
}

as_they_are!(SlotId, SessionId, ObjectHandle, MechanismType, OperationKind, UserType, bool, usize, u64);

impl<'a> Argument<'a> for &'a [u8] {
    type Frame = &'a Bytes;

    fn to_frame(self) -> &'a Bytes {
        Bytes::new(self)
    }
}

impl<'a> Lend<'a, &'a [u8]> for &Bytes {
    fn lend(&'a self) -> &'a [u8] {
        self
    }
}

impl<'a> Argument<'a> for &'a str {
    type Frame = Self;

    fn to_frame(self) -> Self {
        self
    }
}

impl<'a> Lend<'a, &'a str> for &str {
    fn lend(&'a self) -> &'a str {
        self
    }
}

macro_rules! borrowed {
    ($($kind:ty),*) => {
        $(impl<'a> Argument<'a> for &'a $kind {
            type Frame = Cow<'a, $kind>;

            fn to_frame(self) -> Cow<'a, $kind> {
                Cow::Borrowed(self)
            }
        }

        impl<'a> Lend<'a, &'a $kind> for Cow<'_, $kind> {
            fn lend(&'a self) -> &'a $kind {
                self
            }
        })*
    };
}

borrowed!(Mechanism, MessageParameter, Template, [Attribute], [OperationKind]);

/// What a call answers beside the bytes that it wrote.
pub trait Answer {
    /// How many bytes it wrote.
    fn written(&self) -> usize;
}

impl Answer for usize {
    fn written(&self) -> usize {
        *self
    }
}

impl Answer for Sealed {
    fn written(&self) -> usize {
        self.length
    }
}

impl<T> Answer for (usize, T) {
    fn written(&self) -> usize {
        self.0
    }
}
