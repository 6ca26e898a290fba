//! What KMS knows of a key store's cluster: its certificates, and the password of kmsuser.
//!
//! Between the two halves of a rotation there are two passwords, because nobody can know which one an HSM holds if the
//! process dies there (seed 004; two-party commit). Each is sealed and never leaves this module unsealed but as a `Password`.

use hsm_sim::row::{self, Record, Rows, Table, Writer};
use hsm_sim::vault::Sealed;
use hsm_sim::{Entropy, Password, Realm, World};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Invalid, Result};
use crate::key_store::KeyStoreId;
use crate::table;

/// Length of the passwords that KMS makes up, the longest that an HSM takes (documented).
const GENERATED_LENGTH: usize = 32;

/// Certificates and passwords of a key store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Credentials {
    /// As given to CreateCustomKeyStore.
    pub(crate) trust_anchor: String,
    /// The cluster certificate of the original cluster: the backup history that related clusters share.
    pub(crate) history: String,
    current: Sealed,
    next: Option<Sealed>,
}

impl Record for Credentials {
    const TABLE: Table = table::CREDENTIALS;
}

impl Credentials {
    pub(crate) fn new(
        world: &World,
        id: &KeyStoreId,
        trust_anchor: String,
        history: String,
        password: &Password,
    ) -> Self {
        Self { trust_anchor, history, current: seal(world, id, password), next: None }
    }

    pub(crate) fn load(rows: &impl Rows, realm: &Realm, id: &KeyStoreId) -> Result<Self> {
        row::load(rows, &id.row_key(realm))?.ok_or(Error::damaged("a key store without credentials"))
    }

    pub(crate) fn save(&self, tx: &mut Writer<'_>, realm: &Realm, id: &KeyStoreId) -> Result<()> {
        Ok(row::save(tx, &id.row_key(realm), self)?)
    }

    pub(crate) fn current(&self, world: &World, id: &KeyStoreId) -> Result<Password> {
        open(world, id, &self.current)
    }

    /// The password that a rotation is about to set, if one is under way.
    pub(crate) fn next(&self, world: &World, id: &KeyStoreId) -> Result<Option<Password>> {
        self.next.as_ref().map(|sealed| open(world, id, sealed)).transpose()
    }

    /// UpdateCustomKeyStore: the customer says what the password is now.
    pub(crate) fn set(&mut self, world: &World, id: &KeyStoreId, password: &Password) {
        self.current = seal(world, id, password);
        self.next = None;
    }

    /// The first half of a rotation.
    pub(crate) fn prepare(&mut self, world: &World, id: &KeyStoreId, next: &Password) {
        self.next = Some(seal(world, id, next));
    }

    /// The second half: the HSMs hold `next`, if it is still the one that this rotation prepared.
    pub(crate) fn settle(&mut self, world: &World, id: &KeyStoreId, next: &Password) -> Result<()> {
        if self.next(world, id)?.as_ref() == Some(next)
            && let Some(sealed) = self.next.take()
        {
            self.current = sealed;
        }
        Ok(())
    }

    /// No HSM took `next`.
    pub(crate) fn abandon(&mut self) {
        self.next = None;
    }
}

fn context(id: &KeyStoreId) -> Vec<u8> {
    format!("kmsuser/{id}").into_bytes()
}

fn seal(world: &World, id: &KeyStoreId, password: &Password) -> Sealed {
    world.vault().seal(world.entropy(), &context(id), password.expose().as_bytes())
}

fn open(world: &World, id: &KeyStoreId, sealed: &Sealed) -> Result<Password> {
    let secret = world.vault().open_sealed(&context(id), sealed)?;
    let text = std::str::from_utf8(secret.expose()).map_err(|_| Error::damaged("a password that is no text"))?;
    Ok(Password::from(text))
}

/// The rule of the kmsuser password: 7 to 32 letters and digits (seed 004).
pub(crate) fn check_password(password: &Password) -> Result<()> {
    let text = password.expose();
    if (7..=32).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        Ok(())
    } else {
        Err(Invalid::Password.into())
    }
}

/// A password that only KMS knows.
pub(crate) fn generate_password(entropy: &Entropy) -> Password {
    const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    // Reserved up front, so that no half-written copy of the secret stays behind in a buffer that was too small.
    let mut text = String::with_capacity(GENERATED_LENGTH);
    for _ in 0..GENERATED_LENGTH {
        text.push(char::from(ALPHABET[entropy.below(62) as usize]));
    }
    Password::new(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords() {
        for (text, good) in [
            ("kmsPswd", true),
            ("1234567", true),
            ("123456", false),
            ("12345678901234567890123456789012", true),
            ("123456789012345678901234567890123", false),
            ("kms-Pswd", false),
            ("kmsPswdé", false),
        ] {
            assert_eq!(check_password(&Password::from(text)).is_ok(), good, "{text}");
        }
        let made = generate_password(&Entropy::seeded(1));
        assert_eq!(check_password(&made), Ok(()));
        assert_ne!(made, generate_password(&Entropy::seeded(2)));
    }
}
