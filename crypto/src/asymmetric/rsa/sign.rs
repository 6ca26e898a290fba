//! RSA signatures: PKCS#1 v1.5 with and without our own `DigestInfo`, PSS with any pair of hashes, and the bare operation (PKCS#11 v3.1 §6.1.6 to
//! §6.1.10, RFC 8017 §8).

use subtle::ConstantTimeEq;

use super::{PrivateKey, PublicKey};
use crate::{
    Error, Result,
    hash::Hash,
    raw::{Key, Padding},
};

/// A signature scheme, and what its input is.
// The variant has a byte of its own, at the start. Left to the compiler it shares the last byte with a hash, is compared together with
// bytes that some variants leave undefined and that do not matter to the result, and valgrind reports it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Scheme {
    /// PKCS#1 v1.5 over any data of up to the modulus less 11 bytes, which is a DER `DigestInfo` if the caller follows the standard (`CKM_RSA_PKCS`).
    Pkcs1Data,
    /// PKCS#1 v1.5 over a digest of this hash; the `DigestInfo` is made here.
    Pkcs1(Hash),
    /// PSS over a digest.
    Pss {
        /// The hash that the digest is of.
        hash: Hash,
        /// The hash of the mask generation.
        mgf: Hash,
        /// Length of the salt in bytes.
        salt: u16,
    },
    /// The bare operation on a number of up to the length of the modulus, padded with zeros on its left, not zero (`CKM_RSA_X_509`).
    Bare,
}

impl PrivateKey {
    /// Whether the key is large enough for the scheme, which can be told before there is data.
    ///
    /// # Errors
    /// [`Error::Parameter`] when salt and hash are too long for the modulus, [`Error::KeySize`] when a `DigestInfo` is.
    pub fn check(&self, scheme: Scheme) -> Result<()> {
        check_scheme(&self.0, scheme)
    }

    /// The signature of a digest or of data, as the scheme has it.
    ///
    /// # Errors
    /// [`Error::DataLength`] when the input is not a digest of the hash or is too long for the modulus, [`Error::DataInvalid`] when it is the
    /// number zero or one not below the modulus, [`Error::Parameter`] when salt and hash are too long for the modulus, [`Error::KeySize`] when a `DigestInfo` is.
    pub fn sign(&self, scheme: Scheme, input: &[u8]) -> Result<Vec<u8>> {
        let key = &self.0;
        let mut signature = vec![0; key.size()];
        let out = signature.as_mut_slice();
        let failed = Error::Primitive { operation: "sign with an RSA key" };
        match scheme {
            Scheme::Pkcs1Data => {
                check_pkcs1_data(key, input)?;
                key.sign_raw(Padding::Pkcs1, input, out).ok_or(failed)?;
            }
            Scheme::Pkcs1(hash) => {
                let info = digest_info(key, hash, input)?;
                key.sign_raw(Padding::Pkcs1, info.as_slice(), out).ok_or(failed)?;
            }
            Scheme::Pss { hash, mgf, salt } => {
                check_pss(key, hash, salt, input)?;
                key.sign_pss(hash, mgf, salt, input, out).ok_or(failed)?;
            }
            Scheme::Bare => {
                let padded = left_pad(key, input)?;
                key.sign_raw(Padding::None, &padded, out).ok_or(Error::DataInvalid)?;
            }
        }
        Ok(signature)
    }
}

impl PublicKey {
    /// As [`PrivateKey::check`].
    ///
    /// # Errors
    /// As [`PrivateKey::check`].
    pub fn check(&self, scheme: Scheme) -> Result<()> {
        check_scheme(&self.0, scheme)
    }

    /// Checks the signature of a digest or of data, as the scheme has it.
    ///
    /// # Errors
    /// [`Error::SignatureLength`] and [`Error::SignatureInvalid`]; otherwise as [`PrivateKey::sign`].
    pub fn verify(&self, scheme: Scheme, input: &[u8], signature: &[u8]) -> Result<()> {
        let key = &self.0;
        match scheme {
            Scheme::Pkcs1Data => {
                check_pkcs1_data(key, input)?;
                same(&self.recover(scheme, signature)?, input)
            }
            Scheme::Pkcs1(hash) => {
                let info = digest_info(key, hash, input)?;
                same(&self.recover(Scheme::Pkcs1Data, signature)?, info.as_slice())
            }
            Scheme::Pss { hash, mgf, salt } => {
                check_pss(key, hash, salt, input)?;
                check_signature(key, signature)?;
                if key.verify_pss(hash, mgf, salt, input, signature) { Ok(()) } else { Err(Error::SignatureInvalid) }
            }
            Scheme::Bare => {
                let padded = left_pad(key, input)?;
                same(&self.recover(scheme, signature)?, &padded)
            }
        }
    }

    /// The data inside a signature (`C_VerifyRecover`); a bare signature gives as many bytes as the modulus has.
    ///
    /// # Errors
    /// [`Error::SignatureLength`]; [`Error::SignatureInvalid`] when the padding is wrong; [`Error::Parameter`] for a scheme that hides the data.
    pub fn recover(&self, scheme: Scheme, signature: &[u8]) -> Result<Vec<u8>> {
        let padding = match scheme {
            Scheme::Pkcs1Data => Padding::Pkcs1,
            Scheme::Bare => Padding::None,
            Scheme::Pkcs1(_) | Scheme::Pss { .. } => {
                return Err(Error::Parameter { parameter: "signature with recovery" });
            }
        };
        check_signature(&self.0, signature)?;
        let mut data = vec![0; self.0.size()];
        let length = self.0.verify_raw(padding, signature, &mut data).ok_or(Error::SignatureInvalid)?;
        data.truncate(length);
        Ok(data)
    }
}

fn same(found: &[u8], expected: &[u8]) -> Result<()> {
    if found.ct_eq(expected).into() { Ok(()) } else { Err(Error::SignatureInvalid) }
}

fn check_signature(key: &Key, signature: &[u8]) -> Result<()> {
    if signature.len() == key.size() { Ok(()) } else { Err(Error::SignatureLength { bytes: signature.len() }) }
}

fn check_pkcs1_data(key: &Key, data: &[u8]) -> Result<()> {
    if data.len() + 11 <= key.size() { Ok(()) } else { Err(Error::DataLength { bytes: data.len() }) }
}

fn check_scheme(key: &Key, scheme: Scheme) -> Result<()> {
    match scheme {
        Scheme::Pkcs1Data | Scheme::Bare => Ok(()),
        Scheme::Pkcs1(hash) => check_info(key, prefix(hash).len() + hash.output_len()),
        Scheme::Pss { hash, salt, .. } => check_salt(key, hash, salt),
    }
}

fn check_pss(key: &Key, hash: Hash, salt: u16, digest: &[u8]) -> Result<()> {
    if digest.len() != hash.output_len() {
        return Err(Error::DataLength { bytes: digest.len() });
    }
    check_salt(key, hash, salt)
}

/// RFC 8017 §9.1.1: hash, salt and two more bytes fit into the encoded message, which is one bit shorter than the modulus.
fn check_salt(key: &Key, hash: Hash, salt: u16) -> Result<()> {
    if hash.output_len() + usize::from(salt) + 2 > (key.bits() - 1).div_ceil(8) {
        return Err(Error::Parameter { parameter: "salt length" });
    }
    Ok(())
}

/// A number at the length of the modulus.
pub(super) fn left_pad(key: &Key, input: &[u8]) -> Result<Vec<u8>> {
    let missing = key.size().checked_sub(input.len()).ok_or(Error::DataLength { bytes: input.len() })?;
    let mut padded = vec![0; missing];
    padded.extend_from_slice(input);
    Ok(padded)
}

/// A `DigestInfo`, held inline.
struct DigestInfo {
    bytes: [u8; 19 + 64],
    length: usize,
}

impl DigestInfo {
    fn as_slice(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

/// The DER `DigestInfo` of a digest (RFC 8017 §9.2).
fn digest_info(key: &Key, hash: Hash, digest: &[u8]) -> Result<DigestInfo> {
    if digest.len() != hash.output_len() {
        return Err(Error::DataLength { bytes: digest.len() });
    }
    let prefix = prefix(hash);
    let mut info = DigestInfo { bytes: [0; 83], length: prefix.len() + digest.len() };
    info.bytes[..prefix.len()].copy_from_slice(prefix);
    info.bytes[prefix.len()..info.length].copy_from_slice(digest);
    check_info(key, info.length)?;
    Ok(info)
}

fn check_info(key: &Key, length: usize) -> Result<()> {
    if length + 11 > key.size() { Err(Error::KeySize { bits: key.bits() }) } else { Ok(()) }
}

/// What stands before the digest in a `DigestInfo`: RFC 8017 §9.2 note 1, and for SHA-3 the identifiers of NIST's computer security objects register.
#[rustfmt::skip]
const fn prefix(hash: Hash) -> &'static [u8] {
    match hash {
        Hash::Md5 => &[0x30, 0x20, 0x30, 0x0c, 6, 8, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 2, 5, 5, 0, 4, 0x10],
        Hash::Sha1 => &[0x30, 0x21, 0x30, 9, 6, 5, 0x2b, 0x0e, 3, 2, 0x1a, 5, 0, 4, 0x14],
        Hash::Sha256 => &[0x30, 0x31, 0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1, 5, 0, 4, 0x20],
        Hash::Sha384 => &[0x30, 0x41, 0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 2, 5, 0, 4, 0x30],
        Hash::Sha512 => &[0x30, 0x51, 0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 3, 5, 0, 4, 0x40],
        Hash::Sha224 => &[0x30, 0x2d, 0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 4, 5, 0, 4, 0x1c],
        Hash::Sha512_224 => &[0x30, 0x2d, 0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 5, 5, 0, 4, 0x1c],
        Hash::Sha512_256 => &[0x30, 0x31, 0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 6, 5, 0, 4, 0x20],
        Hash::Sha3_224 => &[0x30, 0x2d, 0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 7, 5, 0, 4, 0x1c],
        Hash::Sha3_256 => &[0x30, 0x31, 0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 8, 5, 0, 4, 0x20],
        Hash::Sha3_384 => &[0x30, 0x41, 0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 9, 5, 0, 4, 0x30],
        Hash::Sha3_512 => &[0x30, 0x51, 0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 10, 5, 0, 4, 0x40],
    }
}
