//! A digest of data that arrives in pieces. Its state can be copied, saved and restored, also in another process.

use std::fmt;

use md5::Md5;
use sha1::Sha1;
use sha2::{
    Digest, Sha224, Sha256, Sha384, Sha512, Sha512_224, Sha512_256,
    digest::common::hazmat::{SerializableState, SerializedState},
};
use sha3::{Sha3_224, Sha3_256, Sha3_384, Sha3_512};

use super::{Hash, Output};
use crate::{Error, Result, SecretBytes};

/// A running digest.
#[derive(Clone)]
pub struct Hasher(State);

/// One table makes the states and what is the same for all of them.
macro_rules! states {
    ($($name:ident = $tag:literal,)*) => {
        #[derive(Clone)]
        enum State {
            $($name($name),)*
        }

        impl State {
            fn new(hash: Hash) -> Self {
                match hash {
                    $(Hash::$name => Self::$name($name::new()),)*
                }
            }

            fn hash(&self) -> Hash {
                match self {
                    $(Self::$name(_) => Hash::$name,)*
                }
            }

            fn update(&mut self, data: &[u8]) {
                match self {
                    $(Self::$name(state) => state.update(data),)*
                }
            }

            fn finish(self) -> Output {
                match self {
                    $(Self::$name(state) => Output::new(&state.finalize()),)*
                }
            }

            fn save(&self) -> Vec<u8> {
                match self {
                    $(Self::$name(state) => saved($tag, &state.serialize()),)*
                }
            }

            fn restore(tag: u8, state: &[u8]) -> Option<Self> {
                match tag {
                    $($tag => {
                        let state: &SerializedState<$name> = state.try_into().ok()?;
                        $name::deserialize(state).ok().map(Self::$name)
                    })*
                    _ => None,
                }
            }
        }
    };
}

// The numbers are part of the saved form.
states! {
    Md5 = 1,
    Sha1 = 2,
    Sha224 = 3,
    Sha256 = 4,
    Sha384 = 5,
    Sha512 = 6,
    Sha512_224 = 7,
    Sha512_256 = 8,
    Sha3_224 = 9,
    Sha3_256 = 10,
    Sha3_384 = 11,
    Sha3_512 = 12,
}

/// Version of the saved form: the states are those of the hash crates' present generation.
const FORMAT: u8 = 1;

fn saved(tag: u8, state: &[u8]) -> Vec<u8> {
    [&[FORMAT, tag], state].concat()
}

impl Hasher {
    /// Starts a digest.
    #[must_use]
    pub fn new(hash: Hash) -> Self {
        Self(State::new(hash))
    }

    /// The algorithm.
    #[must_use]
    pub fn hash(&self) -> Hash {
        self.0.hash()
    }

    /// Adds `data`.
    pub fn update(&mut self, data: &[u8]) {
        self.0.update(data);
    }

    /// The digest of all that was added.
    #[must_use]
    pub fn finish(self) -> Output {
        self.0.finish()
    }

    /// The state, to be restored by [`Hasher::restore`]. It holds up to a block of the digested data as it is: whoever digests secrets keeps it
    /// to himself.
    #[must_use]
    pub fn save(&self) -> SecretBytes {
        SecretBytes::new(self.0.save())
    }

    /// A digest that goes on where [`Hasher::save`] was called.
    ///
    /// # Errors
    /// [`Error::SavedState`] for bytes that were not made so.
    pub fn restore(saved: &[u8]) -> Result<Self> {
        match saved {
            [FORMAT, tag, state @ ..] => State::restore(*tag, state).map(Self).ok_or(Error::SavedState),
            _ => Err(Error::SavedState),
        }
    }
}

impl fmt::Debug for Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hasher({:?})", self.hash())
    }
}
