//! PEM texts: read as the tools of customers write them (text around the block, any line length, CRLF), written as `openssl` does.

use der::pem::{LineEnding, encode_string};
use rustls_pki_types::pem::{PemObject, SectionKind};

use crate::{Error, Result};

pub(super) const CERTIFICATE: &str = "CERTIFICATE";
pub(super) const REQUEST: &str = "CERTIFICATE REQUEST";

/// The PEM block `label` around `der`.
pub(super) fn write(label: &'static str, der: &[u8]) -> Result<String> {
    encode_string(label, LineEnding::LF, der).map_err(|error| Error::Malformed { label, reason: error.to_string() })
}

/// The contents of the one PEM block of `text`, which must bear `label`.
pub(super) fn read_one(label: &'static str, text: &str) -> Result<Vec<u8>> {
    let found = |found: String| Error::Pem { expected: label, found };
    // The reader skips blocks of labels that it does not know, so blocks are counted here.
    match text.matches("-----BEGIN ").count() {
        1 => {}
        0 => return Err(found("no PEM block".to_owned())),
        count => return Err(found(format!("{count} PEM blocks"))),
    }
    if !text.contains(&format!("-----BEGIN {label}-----")) {
        return Err(found("a block of another kind".to_owned()));
    }
    let (_kind, der) = <(SectionKind, Vec<u8>)>::from_pem_slice(text.as_bytes())
        .map_err(|error| found(format!("a damaged block ({error})")))?;
    Ok(der)
}
