//! The key pair that `--auth strict` knows: made on the first start, kept with the directory.

use std::fmt;

use hsm_sim::row::{self, Record, Table};
use hsm_sim::vault::Sealed;
use hsm_sim::{Entropy, Error, Password, World};
use serde::{Deserialize, Serialize};

use crate::failure::Failure;

/// An access key id and its secret.
#[derive(Clone)]
pub(super) struct AccessKey {
    /// The id, such as `AKIA…`.
    pub(super) id: String,
    /// The secret.
    pub(super) secret: Password,
}

impl fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessKey").field("id", &self.id).finish_non_exhaustive()
    }
}

/// The pair of a directory; it follows neither snapshots nor reset, or clients would lose their credentials.
#[derive(Serialize, Deserialize)]
struct Stored {
    id: String,
    secret: Sealed,
}

impl Record for Stored {
    const TABLE: Table = Table::permanent(210);
}

const KEY: &[u8] = b"access-key";
const CONTEXT: &[u8] = b"access-key";

impl AccessKey {
    /// Reads `ID:SECRET`.
    ///
    /// # Errors
    /// One of the halves is missing.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            Some((id, secret)) if !id.is_empty() && !secret.is_empty() => {
                Ok(Self { id: id.to_owned(), secret: Password::new(secret.to_owned()) })
            }
            _ => Err("expected ID:SECRET".to_owned()),
        }
    }

    /// The directory's own pair, made if there is none.
    ///
    /// # Errors
    /// The directory cannot be used.
    pub(super) fn of_world(world: &World) -> Result<Self, Failure> {
        let new = Self::generate(world.entropy());
        let sealed = world.vault().seal(world.entropy(), CONTEXT, new.secret.expose().as_bytes());
        let stored = world.write(|tx| {
            if let Some(stored) = row::load::<Stored>(tx, KEY)? {
                return Ok::<_, Error>(stored);
            }
            let stored = Stored { id: new.id.clone(), secret: sealed };
            row::save(tx, KEY, &stored)?;
            Ok(stored)
        })?;
        let secret = world.vault().open_sealed(CONTEXT, &stored.secret).map_err(Error::from)?;
        let secret = String::from_utf8(secret.expose().to_vec()).map_err(|_| row::corrupt(Stored::TABLE, KEY))?;
        Ok(Self { id: stored.id, secret: Password::new(secret) })
    }

    fn generate(entropy: &Entropy) -> Self {
        let id = text(entropy, 16, b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567");
        let secret = text(entropy, 40, b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
        Self { id: format!("AKIA{id}"), secret: Password::new(secret) }
    }
}

/// `length` characters of an alphabet whose size is below 2³².
pub(super) fn text(entropy: &Entropy, length: usize, alphabet: &[u8]) -> String {
    let bound = u32::try_from(alphabet.len()).unwrap_or(u32::MAX);
    (0..length).map(|_| char::from(alphabet[entropy.below(bound) as usize])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_from_the_command_line() {
        assert_eq!(
            AccessKey::parse("AKIA1:s:t").map(|key| (key.id, key.secret.expose().to_owned())),
            Ok(("AKIA1".into(), "s:t".into()))
        );
        for text in ["", "AKIA1", ":secret", "AKIA1:"] {
            assert!(AccessKey::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_pair_stays_with_the_directory() -> Result<(), Failure> {
        let world = World::ephemeral()?;
        let first = AccessKey::of_world(&world)?;
        world.snapshots().reset()?;
        let second = AccessKey::of_world(&world)?;
        assert_eq!((first.id, first.secret.expose()), (second.id, second.secret.expose()));
        Ok(())
    }
}
