//! Secrets at rest: every secret in a row is sealed with AES-256-GCM under the directory's master key file.
//!
//! The subtle part is the first opening: the key is written to a temporary file, synced, linked under its name without
//! replacing another process's key, and the directory synced, all before any sealed row exists. A kill between two steps leaves
//! a directory that opens.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crypto::AesGcm;
use crypto::Entropy;
use crypto::SecretBytes;
use crypto::{HmacKey, hmac_sha256};
use serde::{Deserialize, Serialize};
use store::Store;

use crate::error::{Error, Result, VaultError};
use crate::row::{self, Rows};

/// The master key's file in the directory; it is there before anything is sealed.
pub const FILE_NAME: &str = "master.key";
const KEY_LENGTH: usize = 32;
const CHECK_KEY: &[u8] = b"master";

/// A sealed secret: IV, ciphertext and tag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sealed(#[serde(with = "serde_bytes")] Vec<u8>);

impl Sealed {
    /// No secret at all, which never opens.
    pub(crate) const fn nothing() -> Self {
        Self(Vec::new())
    }
}

/// Seals and unseals with the directory's master key.
#[derive(Debug)]
pub struct Vault {
    aead: AesGcm,
    index_key: HmacKey,
}

impl Vault {
    /// Opens the master key of a directory, making it at the first opening, and checks that it belongs to the state.
    ///
    /// # Errors
    /// The file cannot be used, or the state was sealed under another key.
    pub fn open(directory: &Path, store: &Store, entropy: &Entropy) -> Result<Self> {
        let path = directory.join(FILE_NAME);
        let stored_check =
            store.read(|rows| rows.get(row::KEY_CHECK, CHECK_KEY).map(|value| value.map(<[u8]>::to_vec)))??;
        let key = match read_key(&path) {
            Ok(key) => key,
            Err(error) if error.kind() == io::ErrorKind::NotFound && stored_check.is_none() => {
                create_key(directory, &path, entropy).map_err(|error| file_error(&path, &error))?
            }
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                return Err(VaultError::Malformed(path.display().to_string()).into());
            }
            Err(error) => return Err(file_error(&path, &error)),
        };
        let check = hmac_sha256(key.expose(), b"hsm-sim key check");
        let recorded = match stored_check {
            Some(recorded) => recorded,
            None => store.write(|tx| {
                // Another process may have been first since the check row was read.
                if let Some(other) = tx.get(row::KEY_CHECK, CHECK_KEY)? {
                    return Ok(other.to_vec());
                }
                tx.put(row::KEY_CHECK, CHECK_KEY, &check)?;
                Ok::<_, Error>(check.to_vec())
            })?,
        };
        if recorded != check {
            return Err(VaultError::Mismatch(path.display().to_string()).into());
        }
        Ok(Self {
            aead: AesGcm::new(&hmac_sha256(key.expose(), b"hsm-sim sealing"))?,
            index_key: HmacKey::new(&hmac_sha256(key.expose(), b"hsm-sim index")),
        })
    }

    /// Seals a secret for one place, which `context` names; it opens nowhere else.
    pub fn seal(&self, entropy: &Entropy, context: &[u8], secret: &[u8]) -> Sealed {
        let iv = entropy.iv(store::fork_generation());
        let mut out = Vec::with_capacity(iv.len() + secret.len() + 16);
        out.extend_from_slice(&iv);
        self.aead.seal_into(&iv, context, secret, &mut out);
        Sealed(out)
    }

    /// Opens a sealed secret.
    ///
    /// # Errors
    /// It was altered or belongs to another place.
    pub fn open_sealed(&self, context: &[u8], sealed: &Sealed) -> Result<SecretBytes, crypto::Error> {
        let (iv, rest) = sealed.0.split_first_chunk::<12>().ok_or(crypto::Error::NotAuthentic)?;
        self.aead.open(iv, context, rest)
    }

    /// A keyed hash, so that an index reveals nothing of the values it holds.
    pub fn index_hash(&self, value: &[u8]) -> [u8; 16] {
        let full = self.index_key.sign(value);
        let mut short = [0; 16];
        short.copy_from_slice(&full[..16]);
        short
    }
}

fn file_error(path: &Path, error: &io::Error) -> Error {
    VaultError::File { path: path.display().to_string(), reason: error.to_string() }.into()
}

fn read_key(path: &Path) -> io::Result<SecretBytes> {
    let mut bytes = Vec::with_capacity(KEY_LENGTH + 1);
    File::open(path)?.take(KEY_LENGTH as u64 + 1).read_to_end(&mut bytes)?;
    let key = SecretBytes::new(bytes);
    if key.expose().len() == KEY_LENGTH { Ok(key) } else { Err(io::ErrorKind::InvalidData.into()) }
}

fn create_key(directory: &Path, path: &Path, entropy: &Entropy) -> io::Result<SecretBytes> {
    let key = SecretBytes::new(entropy.bytes::<KEY_LENGTH>().to_vec());
    let temporary = temporary_path(directory);
    {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary)?;
        file.write_all(key.expose())?;
        file.sync_all()?;
    }
    let linked = fs::hard_link(&temporary, path);
    fs::remove_file(&temporary)?;
    match linked {
        Ok(()) => {
            File::open(directory)?.sync_all()?;
            Ok(key)
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => read_key(path),
        Err(error) => Err(error),
    }
}

/// Unique in the directory whoever else opens it: the name carries random bytes of the operating system, not of the world.
fn temporary_path(directory: &Path) -> PathBuf {
    let random = Entropy::system().bytes::<8>();
    directory.join(format!("{FILE_NAME}.{:016x}", u64::from_be_bytes(random)))
}
