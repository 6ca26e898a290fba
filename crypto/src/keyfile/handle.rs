//! Files that look like an RSA private key and name one in an HSM: the public half is real, and in place of the private exponent
//! stand a mark and the key's handle. TLS servers take such a file; an engine finds the key by it (documented for CloudHSM; the
//! layout is inferred).

use der::{Decode, Encode, asn1::UintRef};
use pkcs1::RsaPrivateKeyRef;

use super::text;
use crate::{Error, Result, asymmetric::rsa::PublicKey};

/// What a private exponent begins with that is none.
const MARK: [u8; 4] = [0xee, 0xfc, 0xfc, 0xea];
const LABEL: &str = "RSA PRIVATE KEY";

/// The PEM file that names the key of this handle.
///
/// # Errors
/// [`Error::Primitive`] when memory is exhausted.
pub fn write_handle(public: &PublicKey, handle: u32) -> Result<String> {
    let (modulus, exponent) = (public.modulus(), public.exponent());
    let named = [MARK, handle.to_be_bytes()].concat();
    let number = |bytes| UintRef::new(bytes).map_err(|_| Error::Primitive { operation: "write a key handle" });
    let one = number(&[1])?;
    let key = RsaPrivateKeyRef {
        modulus: number(&modulus)?,
        public_exponent: number(&exponent)?,
        private_exponent: number(&named)?,
        prime1: one,
        prime2: one,
        exponent1: one,
        exponent2: one,
        coefficient: one,
        other_prime_infos: None,
    };
    let der = key.to_der().map_err(|_| Error::Primitive { operation: "write a key handle" })?;
    text::write(LABEL, &der)
}

/// The handle of the key that a file names; none if the file holds something else, such as a real key.
pub fn read_handle(file: &[u8]) -> Option<u32> {
    let block = pem::parse_many(file).ok()?.into_iter().find(|block| block.tag() == LABEL)?;
    let key = RsaPrivateKeyRef::from_der(block.contents()).ok()?;
    let handle = key.private_exponent.as_bytes().strip_prefix(&MARK)?;
    Some(u32::from_be_bytes(handle.try_into().ok()?))
}
