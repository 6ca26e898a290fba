//! Ed448, pure, under a context and pre-hashed (RFC 8032, PKCS#11 v3.1 §6.3.15): ed448-goldilocks's, the one safe interface that has it.

use std::fmt;

use der::asn1::ObjectIdentifier;
use ed448_goldilocks::{EdwardsPoint, PreHash, Signature, SigningKey, VerifyingKey};

use super::{
    curve::{Params, unwrap_bytes},
    encoding::{self, Envelope},
};
use crate::{
    Entropy, Error, Result, SecretBytes,
    hash::{Shake, shake},
};

const ALGORITHM: ObjectIdentifier = Params::Edwards448.oid();
const SIGN: Error = Error::Primitive { operation: "sign with an Ed448 key" };
const REJECTED: Error = Error::KeyMaterial { problem: "an Ed448 key has 57 bytes" };

/// Length of a private and of a public key in bytes.
const KEY_LEN: usize = 57;

/// Length of a signature in bytes.
pub const SIGNATURE_LEN: usize = 114;

/// An Ed448 private key with its public key.
pub struct PrivateKey {
    seed: SecretBytes,
    key: Box<SigningKey>,
}

/// An Ed448 public key.
pub struct PublicKey(Box<VerifyingKey>);

impl PrivateKey {
    /// Makes a key.
    ///
    /// # Errors
    /// [`Error::Primitive`] when memory is exhausted.
    pub fn generate(entropy: &Entropy) -> Result<Self> {
        let mut seed = SecretBytes::new(vec![0; KEY_LEN]);
        entropy.fill(seed.expose_mut());
        Self::new(seed.expose())
    }

    /// A key from its seed, the 57 bytes that RFC 8032 calls the private key.
    ///
    /// # Errors
    /// [`Error::KeyMaterial`] for another length.
    pub fn new(seed: &[u8]) -> Result<Self> {
        let key = SigningKey::try_from(seed).map_err(|_| REJECTED)?;
        Ok(Self { seed: SecretBytes::from(seed), key: Box::new(key) })
    }

    /// Reads an unencrypted PKCS#8 document (RFC 8410).
    ///
    /// # Errors
    /// [`Error::KeyMaterial`].
    pub fn from_pkcs8(document: &[u8]) -> Result<Self> {
        let key = Envelope::private(document)?.expect(ALGORITHM)?;
        Self::new(encoding::octets(key).ok_or(REJECTED)?)
    }

    /// The unencrypted PKCS#8 document.
    ///
    /// # Errors
    /// [`Error::Primitive`] when memory is exhausted.
    pub fn to_pkcs8(&self) -> Result<SecretBytes> {
        let key = SecretBytes::new(encoding::octet_string(self.seed.expose())?);
        encoding::private(ALGORITHM, None, key.expose())
    }

    /// The seed.
    #[must_use]
    pub fn seed(&self) -> &SecretBytes {
        &self.seed
    }

    /// The public key.
    #[must_use]
    pub fn public_key(&self) -> PublicKey {
        PublicKey(Box::new(self.key.verifying_key()))
    }

    /// The signature of a message under a context of up to 255 bytes; the usual one is empty.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a longer context.
    pub fn sign(&self, message: &[u8], context: &[u8]) -> Result<Vec<u8>> {
        check_context(context)?;
        self.key.sign_ctx(context, message).map(|signature| signature.to_bytes().to_vec()).map_err(|_| SIGN)
    }

    /// The Ed448ph signature of a message under a context of up to 255 bytes.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a longer context.
    pub fn sign_prehashed(&self, message: &[u8], context: &[u8]) -> Result<Vec<u8>> {
        check_context(context)?;
        let signature = self.key.sign_prehashed(Some(context), Digested::of(message)).map_err(|_| SIGN)?;
        Ok(signature.to_bytes().to_vec())
    }
}

impl PublicKey {
    /// A key from its 57 bytes (RFC 8032), bare or in an OCTET STRING or BIT STRING.
    ///
    /// # Errors
    /// [`Error::KeyMaterial`] for another length and for what is no point of the curve.
    pub fn new(bytes: &[u8]) -> Result<Self> {
        let bytes = unwrap_bytes::<KEY_LEN>(bytes).ok_or(REJECTED)?;
        let key = VerifyingKey::from_bytes(&bytes).ok().filter(|_| is_canonical(&bytes));
        key.map(|key| Self(Box::new(key))).ok_or(Error::KeyMaterial { problem: "it is not a point of the curve" })
    }

    /// Reads a `SubjectPublicKeyInfo`.
    ///
    /// # Errors
    /// [`Error::KeyMaterial`].
    pub fn from_spki(document: &[u8]) -> Result<Self> {
        Self::new(Envelope::public(document)?.expect(ALGORITHM)?)
    }

    /// The `SubjectPublicKeyInfo`.
    ///
    /// # Errors
    /// [`Error::Primitive`] when memory is exhausted.
    pub fn to_spki(&self) -> Result<Vec<u8>> {
        encoding::public(ALGORITHM, None, self.bytes())
    }

    /// The 57 bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// Checks the signature of a message under a context.
    ///
    /// # Errors
    /// [`Error::SignatureLength`], [`Error::SignatureInvalid`]; [`Error::Parameter`] for a context of more than 255 bytes.
    pub fn verify(&self, message: &[u8], context: &[u8], signature: &[u8]) -> Result<()> {
        check_context(context)?;
        self.0.verify_ctx(&read(signature)?, context, message).map_err(|_| Error::SignatureInvalid)
    }

    /// Checks the Ed448ph signature of a message under a context.
    ///
    /// # Errors
    /// As [`PublicKey::verify`].
    pub fn verify_prehashed(&self, message: &[u8], context: &[u8], signature: &[u8]) -> Result<()> {
        check_context(context)?;
        let signature = read(signature)?;
        self.0.verify_prehashed(&signature, Some(context), Digested::of(message)).map_err(|_| Error::SignatureInvalid)
    }
}

fn read(signature: &[u8]) -> Result<Signature> {
    let bytes: &[u8; SIGNATURE_LEN] =
        signature.try_into().map_err(|_| Error::SignatureLength { bytes: signature.len() })?;
    let signature = Signature::try_from(bytes.as_slice()).map_err(|_| Error::SignatureInvalid)?;
    if is_canonical(signature.r_bytes()) { Ok(signature) } else { Err(Error::SignatureInvalid) }
}

/// Whether a point is encoded in the one way that RFC 8032 §5.2.2 gives it; the crate ignores unused bits.
fn is_canonical(point: &[u8; KEY_LEN]) -> bool {
    EdwardsPoint::try_from(point.as_slice())
        .is_ok_and(|decoded| decoded.to_affine().compress().as_bytes().as_slice() == point.as_slice())
}

fn check_context(context: &[u8]) -> Result<()> {
    if context.len() <= 255 { Ok(()) } else { Err(Error::Parameter { parameter: "context of more than 255 bytes" }) }
}

/// The digest of a message in the shape that ed448-goldilocks asks for.
struct Digested([u8; 64]);

impl Digested {
    fn of(message: &[u8]) -> Self {
        Self(shake(Shake::Shake256, message))
    }
}

impl PreHash for Digested {
    fn fill_bytes(&mut self, out: &mut [u8]) {
        out.copy_from_slice(&self.0);
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ed448::PrivateKey(<redacted>)")
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ed448::PublicKey(..)")
    }
}
