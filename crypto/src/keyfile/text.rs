//! PEM files: any number of blocks, with whatever stands between them.

use der::pem::{LineEnding, encode_string};
use pem::Pem;

use super::{Certificate, Content, Entry, PrivateKey, PublicKey, encrypted};
use crate::{
    Error, Password, Result, SecretBytes,
    asymmetric::{ec, rsa},
};

const BEGIN: &[u8] = b"-----BEGIN ";

/// Whether a file has a PEM block.
pub(super) fn is_pem(file: &[u8]) -> bool {
    file.windows(BEGIN.len()).any(|window| window == BEGIN)
}

/// What the blocks of a file hold, in order; parameters of curves say nothing that the keys do not say.
pub(super) fn read(file: &[u8], password: Option<&Password>) -> Result<Vec<Entry>> {
    let blocks =
        pem::parse_many(file).map_err(|error| Error::Malformed { label: "PEM file", reason: error.to_string() })?;
    let mut entries = Vec::new();
    for block in blocks {
        if block.tag() != "EC PARAMETERS" {
            entries.push(content(block, password)?.into());
        }
    }
    if entries.is_empty() { Err(Error::FileUnrecognized) } else { Ok(entries) }
}

fn content(block: Pem, password: Option<&Password>) -> Result<Content> {
    let label = block.tag().to_owned();
    if block.headers().get("Proc-Type").is_some() {
        return Err(Error::FileEncryption { scheme: "PEM's own encryption (Proc-Type: 4,ENCRYPTED)".to_owned() });
    }
    let der = SecretBytes::new(block.into_contents());
    let der = der.expose();
    Ok(match label.as_str() {
        "CERTIFICATE" | "X509 CERTIFICATE" => Content::Certificate(Certificate::from_der(der)?),
        "PRIVATE KEY" => Content::PrivateKey(PrivateKey::from_pkcs8(der)?),
        "ENCRYPTED PRIVATE KEY" => {
            Content::PrivateKey(PrivateKey::from_pkcs8(encrypted::open(der, password)?.expose())?)
        }
        "RSA PRIVATE KEY" => Content::PrivateKey(PrivateKey::Rsa(rsa::PrivateKey::from_pkcs1(der)?)),
        "EC PRIVATE KEY" => Content::PrivateKey(PrivateKey::Ec(ec::PrivateKey::from_sec1(der)?)),
        "PUBLIC KEY" => Content::PublicKey(PublicKey::from_spki(der)?),
        "RSA PUBLIC KEY" => Content::PublicKey(PublicKey::from_pkcs1(der)?),
        other => return Err(Error::FileContents { found: format!("a PEM block '{other}'") }),
    })
}

/// The PEM block `label` around `der`.
pub(super) fn write(label: &'static str, der: &[u8]) -> Result<String> {
    encode_string(label, LineEnding::LF, der).map_err(|error| Error::Malformed { label, reason: error.to_string() })
}
