//! Encrypted PKCS#8 (RFC 5958 §3) under PBES2 (RFC 8018 §6.2).

use der::{
    Decode, Encode, Sequence,
    asn1::{Any, ObjectIdentifier, OctetStringRef},
};
use pkcs5::{EncryptionScheme, pbes2};
use x509_cert::spki::AlgorithmIdentifier;

use crate::{Error, Password, Result, SecretBytes};

const PBES2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.5.13");

/// More rounds than any tool asks for by default, by a factor of ten; they take seconds.
const MOST_ROUNDS: u32 = 10_000_000;

/// Memory that scrypt may take, in bytes: eight times what `openssl` allows itself.
const MOST_MEMORY: u64 = 256 << 20;

/// Repetitions of that work.
const MOST_PARALLEL: u16 = 16;

/// `EncryptedPrivateKeyInfo`.
#[derive(Sequence)]
struct Document<'a> {
    algorithm: AlgorithmIdentifier<Any>,
    ciphertext: &'a OctetStringRef,
}

/// Whether the bytes are such a document.
pub(super) fn is_document(file: &[u8]) -> bool {
    Document::from_der(file).is_ok()
}

/// The PKCS#8 document inside.
pub(super) fn open(file: &[u8], password: Option<&Password>) -> Result<SecretBytes> {
    let document = Document::from_der(file).map_err(|_| Error::FileUnrecognized)?;
    let unsupported = || Error::FileEncryption { scheme: scheme_name(document.algorithm.oid) };
    if document.algorithm.oid != PBES2 {
        return Err(unsupported());
    }
    let algorithm = document.algorithm.to_der().map_err(|_| unsupported())?;
    let scheme = EncryptionScheme::from_der(&algorithm).map_err(|_| unsupported())?;
    let EncryptionScheme::Pbes2(parameters) = &scheme else { return Err(unsupported()) };
    if !affordable(&parameters.kdf) {
        return Err(Error::FileEncryption { scheme: "a password hash of unreasonable cost".to_owned() });
    }
    let password = password.ok_or(Error::FilePasswordNeeded)?;
    match scheme.decrypt(password.expose(), document.ciphertext.as_bytes()) {
        Ok(document) => Ok(SecretBytes::new(document)),
        Err(pkcs5::Error::UnsupportedAlgorithm { .. } | pkcs5::Error::NoPbes1CryptSupport) => Err(unsupported()),
        Err(_) => Err(Error::FilePasswordWrong),
    }
}

fn affordable(kdf: &pbes2::Kdf) -> bool {
    match kdf {
        pbes2::Kdf::Pbkdf2(parameters) => parameters.iteration_count <= MOST_ROUNDS,
        pbes2::Kdf::Scrypt(parameters) => {
            let block = 128 * u64::from(parameters.block_size);
            let memory = block.checked_mul(parameters.cost_parameter);
            memory.is_some_and(|memory| memory <= MOST_MEMORY) && parameters.parallelization <= MOST_PARALLEL
        }
        _ => false,
    }
}

fn scheme_name(oid: ObjectIdentifier) -> String {
    match oid.to_string().as_str() {
        "1.2.840.113549.1.5.3" => "pbeWithMD5AndDES-CBC".to_owned(),
        "1.2.840.113549.1.5.10" => "pbeWithSHA1AndDES-CBC".to_owned(),
        "1.2.840.113549.1.12.1.3" => "pbeWithSHA1And3-KeyTripleDES-CBC".to_owned(),
        other => format!("the scheme {other}"),
    }
}
