//! Ed25519, pure, pre-hashed and under a context (RFC 8032, PKCS#11 v3.1 §6.3.15).
//!
//! AWS-LC signs whole messages twice as fast as the others; only ed25519-dalek offers Ed25519ph, and only AWS-LC's C interface Ed25519ctx. That one
//! refuses the empty context, which RFC 8032 §8.3 advises against and allows: there ed25519-dalek signs with a digest that begins with the domain.

use std::fmt;

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair as _, ParsedPublicKey};
use der::asn1::ObjectIdentifier;
use ed25519_dalek::hazmat::{ExpandedSecretKey, raw_sign, raw_verify};
use sha2::{
    Digest, Sha512,
    digest::{FixedOutput, HashMarker, Output, OutputSizeUser, Update, consts::U64},
};

use super::{
    curve::{Params, unwrap_bytes},
    encoding::{self, Envelope},
};
use crate::{Entropy, Error, Result, SecretBytes, raw};

const ALGORITHM: ObjectIdentifier = Params::Edwards25519.oid();
const SIGN: Error = Error::Primitive { operation: "sign with an Ed25519 key" };

/// Length of a signature in bytes.
pub const SIGNATURE_LEN: usize = 64;

/// An Ed25519 private key with its public key.
pub struct PrivateKey {
    seed: SecretBytes,
    pair: Ed25519KeyPair,
}

/// An Ed25519 public key.
pub struct PublicKey {
    bytes: [u8; 32],
    key: ParsedPublicKey,
}

impl PrivateKey {
    /// Makes a key.
    ///
    /// # Errors
    /// [`Error::Primitive`] when memory is exhausted.
    pub fn generate(entropy: &Entropy) -> Result<Self> {
        let mut seed = SecretBytes::new(vec![0; 32]);
        entropy.fill(seed.expose_mut());
        Self::new(seed.expose())
    }

    /// A key from its seed, the 32 bytes that RFC 8032 calls the private key.
    ///
    /// # Errors
    /// [`Error::KeyMaterial`] for another length.
    pub fn new(seed: &[u8]) -> Result<Self> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed)
            .map_err(|_| Error::KeyMaterial { problem: "an Ed25519 key has 32 bytes" })?;
        Ok(Self { seed: SecretBytes::from(seed), pair })
    }

    /// Reads an unencrypted PKCS#8 document (RFC 8410).
    ///
    /// # Errors
    /// [`Error::KeyMaterial`].
    pub fn from_pkcs8(document: &[u8]) -> Result<Self> {
        let key = Envelope::private(document)?.expect(ALGORITHM)?;
        Self::new(encoding::octets(key).ok_or(Error::KeyMaterial { problem: "an Ed25519 key has 32 bytes" })?)
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

    /// The 32 bytes of the public key.
    #[must_use]
    pub fn public_bytes(&self) -> &[u8] {
        self.pair.public_key().as_ref()
    }

    /// The public key.
    ///
    /// # Errors
    /// [`Error::Primitive`] when memory is exhausted.
    pub fn public_key(&self) -> Result<PublicKey> {
        PublicKey::new(self.public_bytes())
    }

    /// The signature of a message.
    ///
    /// # Errors
    /// [`Error::Primitive`] when memory is exhausted.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>> {
        self.pair.try_sign(message).map(|signature| signature.as_ref().to_vec()).map_err(|_| SIGN)
    }

    /// The Ed25519ctx signature of a message under a context of up to 255 bytes. With the empty one it is another signature than the pure one.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a longer context.
    pub fn sign_in_context(&self, message: &[u8], context: &[u8]) -> Result<Vec<u8>> {
        check_context(context)?;
        // Both have 32 bytes: `new` lets no other seed in.
        let seed: &[u8; 32] = self.seed.expose().try_into().map_err(|_| SIGN)?;
        let public: &[u8; 32] = self.public_bytes().try_into().map_err(|_| SIGN)?;
        if context.is_empty() {
            let public = ed25519_dalek::VerifyingKey::from_bytes(public).map_err(|_| SIGN)?;
            let signature = raw_sign::<EmptyContext>(&ExpandedSecretKey::from(seed), message, &public);
            return Ok(signature.to_bytes().to_vec());
        }
        raw::ed25519ctx_sign(seed, public, message, context).map(Vec::from)
    }

    /// The Ed25519ph signature of a message's SHA-512 digest under a context of up to 255 bytes.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a longer context.
    pub fn sign_prehashed(&self, digest: &[u8; 64], context: &[u8]) -> Result<Vec<u8>> {
        check_context(context)?;
        // The seed has 32 bytes: `new` lets no other in.
        let seed = <&[u8; 32]>::try_from(self.seed.expose()).map_err(|_| SIGN)?;
        let key = ed25519_dalek::SigningKey::from_bytes(seed);
        let signature = key.sign_prehashed(Digested(*digest), Some(context)).map_err(|_| SIGN)?;
        Ok(signature.to_bytes().to_vec())
    }
}

impl PublicKey {
    /// A key from its 32 bytes (RFC 8032), bare or in an OCTET STRING or BIT STRING.
    ///
    /// # Errors
    /// [`Error::KeyMaterial`] for another length.
    pub fn new(bytes: &[u8]) -> Result<Self> {
        let rejected = || Error::KeyMaterial { problem: "an Ed25519 public key has 32 bytes" };
        let bytes = unwrap_bytes(bytes).ok_or_else(rejected)?;
        let key = ParsedPublicKey::new(&ED25519, bytes).map_err(|_| rejected())?;
        Ok(Self { bytes, key })
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
        encoding::public(ALGORITHM, None, &self.bytes)
    }

    /// The 32 bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8; 32] {
        &self.bytes
    }

    /// Checks the signature of a message.
    ///
    /// # Errors
    /// [`Error::SignatureLength`], [`Error::SignatureInvalid`].
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<()> {
        fixed(signature)?;
        self.key.verify_sig(message, signature).map_err(|_| Error::SignatureInvalid)
    }

    /// Checks the Ed25519ctx signature of a message.
    ///
    /// # Errors
    /// [`Error::SignatureLength`], [`Error::SignatureInvalid`]; [`Error::Parameter`] for a context of more than 255 bytes.
    pub fn verify_in_context(&self, message: &[u8], context: &[u8], signature: &[u8]) -> Result<()> {
        check_context(context)?;
        let signature = fixed(signature)?;
        let valid = if context.is_empty() {
            let signature = ed25519_dalek::Signature::from_bytes(signature);
            ed25519_dalek::VerifyingKey::from_bytes(&self.bytes)
                .is_ok_and(|key| raw_verify::<EmptyContext>(&key, message, &signature).is_ok())
        } else {
            raw::ed25519ctx_verify(&self.bytes, message, context, signature)
        };
        if valid { Ok(()) } else { Err(Error::SignatureInvalid) }
    }

    /// Checks the Ed25519ph signature of a message's SHA-512 digest.
    ///
    /// # Errors
    /// [`Error::SignatureLength`], [`Error::SignatureInvalid`]; [`Error::Parameter`] for a context of more than 255 bytes.
    pub fn verify_prehashed(&self, digest: &[u8; 64], context: &[u8], signature: &[u8]) -> Result<()> {
        check_context(context)?;
        let signature = ed25519_dalek::Signature::from_bytes(fixed(signature)?);
        let key = ed25519_dalek::VerifyingKey::from_bytes(&self.bytes).map_err(|_| Error::SignatureInvalid)?;
        key.verify_prehashed_strict(Digested(*digest), Some(context), &signature).map_err(|_| Error::SignatureInvalid)
    }
}

fn fixed(signature: &[u8]) -> Result<&[u8; SIGNATURE_LEN]> {
    signature.try_into().map_err(|_| Error::SignatureLength { bytes: signature.len() })
}

fn check_context(context: &[u8]) -> Result<()> {
    if context.len() <= 255 { Ok(()) } else { Err(Error::Parameter { parameter: "context of more than 255 bytes" }) }
}

/// SHA-512 of `dom2(0, "")` and of what is added (RFC 8032 §2): what Ed25519ctx hashes with under the empty context.
struct EmptyContext(Sha512);

impl Default for EmptyContext {
    fn default() -> Self {
        Self(Sha512::new_with_prefix(b"SigEd25519 no Ed25519 collisions\0\0"))
    }
}

impl HashMarker for EmptyContext {}

impl OutputSizeUser for EmptyContext {
    type OutputSize = U64;
}

impl Update for EmptyContext {
    fn update(&mut self, data: &[u8]) {
        Update::update(&mut self.0, data);
    }
}

impl FixedOutput for EmptyContext {
    fn finalize_into(self, out: &mut Output<Self>) {
        FixedOutput::finalize_into(self.0, out);
    }
}

/// A finished digest in the shape of a running one, which is what ed25519-dalek asks for.
struct Digested([u8; 64]);

impl Default for Digested {
    fn default() -> Self {
        Self([0; 64])
    }
}

impl HashMarker for Digested {}

impl OutputSizeUser for Digested {
    type OutputSize = U64;
}

impl Update for Digested {
    /// Nothing is added to a finished digest; ed25519-dalek finalises it and no more.
    fn update(&mut self, _: &[u8]) {}
}

impl FixedOutput for Digested {
    fn finalize_into(self, out: &mut Output<Self>) {
        out.copy_from_slice(&self.0);
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ed25519::PrivateKey(<redacted>)")
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ed25519::PublicKey(..)")
    }
}
