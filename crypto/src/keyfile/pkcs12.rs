//! PKCS#12 (RFC 7292).

use p12_keystore::{Pkcs12Archive, error::Error as Pkcs12Error};

use super::{Certificate, Content, Entry, PrivateKey};
use crate::{Error, Password, Result};

/// The version that a PFX starts with.
pub(super) const VERSION: u8 = 3;

/// Keys, then certificates, in the file's order. Without a password the empty one is tried, which some tools write.
pub(super) fn read(file: &[u8], password: Option<&Password>) -> Result<Vec<Entry>> {
    let text = password.map_or("", Password::expose);
    let archive = Pkcs12Archive::from_pkcs12(file, text).map_err(|error| refusal(&error, password.is_some()))?;
    let mut entries = Vec::with_capacity(archive.keys.len() + archive.certs.len());
    for bag in &archive.keys {
        let content = Content::PrivateKey(PrivateKey::from_pkcs8(bag.key.as_der())?);
        entries.push(Entry { content, name: bag.friendly_name.clone() });
    }
    for bag in &archive.certs {
        let content = Content::Certificate(Certificate::from_der(bag.cert.as_der())?);
        entries.push(Entry { content, name: bag.friendly_name.clone() });
    }
    if entries.is_empty() {
        let found = if archive.secrets.is_empty() { "an empty PKCS#12 archive" } else { "only secret keys in PKCS#12" };
        return Err(Error::FileContents { found: found.to_owned() });
    }
    Ok(entries)
}

fn refusal(error: &Pkcs12Error, password_given: bool) -> Error {
    match error {
        // A wrong password shows as a wrong code, or without one as padding or contents that make no sense.
        Pkcs12Error::MacError(_) | Pkcs12Error::UnpadError | Pkcs12Error::Pkcs5Error(_) if !password_given => {
            Error::FilePasswordNeeded
        }
        Pkcs12Error::MacError(_) | Pkcs12Error::UnpadError | Pkcs12Error::Pkcs5Error(_) => Error::FilePasswordWrong,
        Pkcs12Error::UnsupportedEncryptionScheme | Pkcs12Error::UnsupportedMacAlgorithm => {
            Error::FileEncryption { scheme: "a cipher or code of PKCS#12".to_owned() }
        }
        other => Error::Malformed { label: "PKCS#12 archive", reason: other.to_string() },
    }
}
