//! ML-KEM key encapsulation (FIPS 203, PKCS#11 v3.2 §6.68).
//!
//! AWS-LC decapsulates four times as fast, but knows expanded keys only; RustCrypto expands seeds, checks expanded keys, and encapsulates with given
//! randomness.
#![allow(deprecated, reason = "expanded keys exist, and no other name leads to them")]

use std::fmt;

use aws_lc_rs::kem::{self, Ciphertext, DecapsulationKey, EncapsulationKey, ML_KEM_512, ML_KEM_768, ML_KEM_1024};
use der::asn1::ObjectIdentifier;
use ml_kem::{B32, ExpandedKeyEncoding, Seed, TryKeyInit};
use zeroize::Zeroizing;

use super::{
    encoding::{self, Envelope},
    lattice::Lattice,
};
use crate::{Entropy, Error, Result, SecretBytes};

/// Evaluates an expression with the types of a parameter set, which have no common trait outside their crate.
macro_rules! with_set {
    ($set:expr, $types:ident => $body:expr) => {
        match $set {
            ParameterSet::MlKem512 => {
                use ml_kem::ml_kem_512 as $types;
                $body
            }
            ParameterSet::MlKem768 => {
                use ml_kem::ml_kem_768 as $types;
                $body
            }
            ParameterSet::MlKem1024 => {
                use ml_kem::ml_kem_1024 as $types;
                $body
            }
        }
    };
}

const REJECTED: Error = Error::KeyMaterial { problem: "it is not a key of this ML-KEM parameter set" };
const FAILED: Error = Error::Primitive { operation: "encapsulate a key" };

/// Length of a seed in bytes: d and z of FIPS 203.
pub const SEED_LEN: usize = 64;

/// Length of a shared secret in bytes.
pub const SECRET_LEN: usize = 32;

/// A parameter set, by its number in FIPS 203.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names say it")]
pub enum ParameterSet {
    MlKem512,
    MlKem768,
    MlKem1024,
}

/// A private key, which decapsulates.
pub struct PrivateKey {
    set: ParameterSet,
    key: DecapsulationKey,
    seed: Option<SecretBytes>,
    expanded: SecretBytes,
}

/// A public key, which encapsulates.
pub struct PublicKey {
    set: ParameterSet,
    bytes: Vec<u8>,
    key: EncapsulationKey,
}

impl ParameterSet {
    /// Every set.
    pub const ALL: [Self; 3] = [Self::MlKem512, Self::MlKem768, Self::MlKem1024];

    /// Length of a public key in bytes.
    #[must_use]
    pub const fn public_key_len(self) -> usize {
        384 * self.rank() + 32
    }

    /// Length of an expanded private key in bytes.
    #[must_use]
    pub const fn expanded_len(self) -> usize {
        768 * self.rank() + 96
    }

    /// Length of a ciphertext in bytes (FIPS 203 table 3).
    #[must_use]
    pub const fn ciphertext_len(self) -> usize {
        match self {
            Self::MlKem512 => 768,
            Self::MlKem768 => 1088,
            Self::MlKem1024 => 1568,
        }
    }

    /// k of FIPS 203.
    const fn rank(self) -> usize {
        match self {
            Self::MlKem512 => 2,
            Self::MlKem768 => 3,
            Self::MlKem1024 => 4,
        }
    }

    fn algorithm(self) -> &'static kem::Algorithm {
        match self {
            Self::MlKem512 => &ML_KEM_512,
            Self::MlKem768 => &ML_KEM_768,
            Self::MlKem1024 => &ML_KEM_1024,
        }
    }

    /// RFC 9935 §3.
    const fn oid(self) -> ObjectIdentifier {
        match self {
            Self::MlKem512 => ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.4.1"),
            Self::MlKem768 => ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.4.2"),
            Self::MlKem1024 => ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.4.3"),
        }
    }

    fn of(envelope: &Envelope<'_>) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|set| set.oid() == envelope.algorithm.oid);
        found.ok_or(Error::KeyMaterial { problem: "it is a key of another algorithm" })
    }
}

impl PrivateKey {
    /// Makes a key.
    ///
    /// # Errors
    /// [`Error::Primitive`] when memory is exhausted.
    pub fn generate(set: ParameterSet, entropy: &Entropy) -> Result<Self> {
        let mut seed = SecretBytes::new(vec![0; SEED_LEN]);
        entropy.fill(seed.expose_mut());
        Self::from_seed(set, seed.expose())
    }

    /// A key from its seed.
    ///
    /// # Errors
    /// [`Error::KeyMaterial`] unless the seed has 64 bytes.
    pub fn from_seed(set: ParameterSet, seed: &[u8]) -> Result<Self> {
        let bytes = Zeroizing::new(Seed::try_from(seed).map_err(|_| REJECTED)?);
        let expanded = with_set!(set, types => {
            let key = types::DecapsulationKey::from_seed(*bytes);
            SecretBytes::from(Zeroizing::new(key.to_expanded_bytes()).as_slice())
        });
        Self::with_expanded(set, expanded, Some(SecretBytes::from(seed)))
    }

    /// A key from its expanded form, which does not tell its seed.
    ///
    /// # Errors
    /// [`Error::KeyMaterial`] when it has the wrong length or is inconsistent (FIPS 203 §7.3).
    pub fn from_expanded(set: ParameterSet, expanded: &[u8]) -> Result<Self> {
        let sound = with_set!(set, types => {
            expanded.try_into().is_ok_and(|expanded| types::DecapsulationKey::from_expanded_bytes(expanded).is_ok())
        });
        if sound { Self::with_expanded(set, SecretBytes::from(expanded), None) } else { Err(REJECTED) }
    }

    fn with_expanded(set: ParameterSet, expanded: SecretBytes, seed: Option<SecretBytes>) -> Result<Self> {
        let key = DecapsulationKey::new(set.algorithm(), expanded.expose()).map_err(|_| REJECTED)?;
        Ok(Self { set, key, seed, expanded })
    }

    /// Reads an unencrypted PKCS#8 document with the seed, the expanded key or both (RFC 9935 §6).
    ///
    /// # Errors
    /// [`Error::KeyMaterial`].
    pub fn from_pkcs8(document: &[u8]) -> Result<Self> {
        let envelope = Envelope::private(document)?;
        let set = ParameterSet::of(&envelope)?;
        match Lattice::parse(envelope.key).ok_or(REJECTED)? {
            Lattice::Seed(seed) => Self::from_seed(set, seed),
            Lattice::Expanded(expanded) => Self::from_expanded(set, expanded),
            Lattice::Both { seed, expanded } => {
                let key = Self::from_seed(set, seed)?;
                if key.expanded.expose() == expanded { Ok(key) } else { Err(REJECTED) }
            }
        }
    }

    /// The unencrypted PKCS#8 document: the seed where it is known, else the expanded key.
    ///
    /// # Errors
    /// [`Error::Primitive`] when memory is exhausted.
    pub fn to_pkcs8(&self) -> Result<SecretBytes> {
        encoding::private(self.set.oid(), None, Lattice::to_der(self.seed.as_ref(), &self.expanded)?.expose())
    }

    /// The parameter set.
    #[must_use]
    pub fn set(&self) -> ParameterSet {
        self.set
    }

    /// The seed, unless the key was imported without it.
    #[must_use]
    pub fn seed(&self) -> Option<&SecretBytes> {
        self.seed.as_ref()
    }

    /// The expanded key.
    #[must_use]
    pub fn expanded(&self) -> &SecretBytes {
        &self.expanded
    }

    /// The bytes of the public key, which the expanded key contains after the 384 k bytes of its own part.
    #[must_use]
    pub fn public_bytes(&self) -> &[u8] {
        let start = 384 * self.set.rank();
        &self.expanded.expose()[start..start + self.set.public_key_len()]
    }

    /// The public key.
    ///
    /// # Errors
    /// [`Error::Primitive`] when memory is exhausted.
    pub fn public_key(&self) -> Result<PublicKey> {
        PublicKey::new(self.set, self.public_bytes())
    }

    /// The shared secret of a ciphertext. A forged one has a secret too, which nobody else knows (FIPS 203 §6.3).
    ///
    /// # Errors
    /// [`Error::CiphertextLength`].
    pub fn decapsulate(&self, ciphertext: &[u8]) -> Result<SecretBytes> {
        if ciphertext.len() != self.set.ciphertext_len() {
            return Err(Error::CiphertextLength { bytes: ciphertext.len() });
        }
        let secret = self.key.decapsulate(Ciphertext::from(ciphertext));
        secret.map(|secret| SecretBytes::from(secret.as_ref())).map_err(|_| Error::CiphertextInvalid)
    }
}

impl PublicKey {
    /// A key from its bytes.
    ///
    /// # Errors
    /// [`Error::KeyMaterial`] for the wrong length and for numbers that are not reduced (FIPS 203 §7.2).
    pub fn new(set: ParameterSet, bytes: &[u8]) -> Result<Self> {
        let sound = with_set!(set, types => types::EncapsulationKey::new_from_slice(bytes).is_ok());
        if !sound {
            return Err(REJECTED);
        }
        let key = EncapsulationKey::new(set.algorithm(), bytes).map_err(|_| REJECTED)?;
        Ok(Self { set, bytes: bytes.to_vec(), key })
    }

    /// Reads a `SubjectPublicKeyInfo` (RFC 9935 §4).
    ///
    /// # Errors
    /// [`Error::KeyMaterial`].
    pub fn from_spki(document: &[u8]) -> Result<Self> {
        let envelope = Envelope::public(document)?;
        Self::new(ParameterSet::of(&envelope)?, envelope.key)
    }

    /// The `SubjectPublicKeyInfo`.
    ///
    /// # Errors
    /// [`Error::Primitive`] when memory is exhausted.
    pub fn to_spki(&self) -> Result<Vec<u8>> {
        encoding::public(self.set.oid(), None, &self.bytes)
    }

    /// The parameter set.
    #[must_use]
    pub fn set(&self) -> ParameterSet {
        self.set
    }

    /// The bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// A fresh shared secret and its ciphertext.
    ///
    /// # Errors
    /// [`Error::Primitive`] when memory is exhausted.
    pub fn encapsulate(&self, entropy: &Entropy) -> Result<(Vec<u8>, SecretBytes)> {
        if !entropy.is_deterministic() {
            let (ciphertext, secret) = self.key.encapsulate().map_err(|_| FAILED)?;
            return Ok((ciphertext.as_ref().to_vec(), SecretBytes::from(secret.as_ref())));
        }
        self.encapsulate_with(&entropy.bytes())
    }

    /// The shared secret and the ciphertext that these random bytes lead to; for vectors, and for worlds that repeat.
    ///
    /// # Errors
    /// [`Error::Primitive`] when memory is exhausted.
    pub fn encapsulate_with(&self, random: &[u8; 32]) -> Result<(Vec<u8>, SecretBytes)> {
        with_set!(self.set, types => {
            let key = types::EncapsulationKey::new_from_slice(&self.bytes).map_err(|_| FAILED)?;
            let (ciphertext, secret) = key.encapsulate_deterministic(&B32::from(*random));
            let secret = Zeroizing::new(secret);
            Ok((ciphertext.to_vec(), SecretBytes::from(secret.as_slice())))
        })
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ml_kem::PrivateKey(<{:?}>)", self.set)
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ml_kem::PublicKey({:?})", self.set)
    }
}
