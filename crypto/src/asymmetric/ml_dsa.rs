//! ML-DSA signatures (FIPS 204, PKCS#11 v3.2 §6.67).
//!
//! AWS-LC is ten times as fast, but signs without a context and with its own randomness only; the rest is RustCrypto's, whose form of a key is made
//! when it is first needed.

use std::{fmt, sync::OnceLock};

use aws_lc_rs::{
    encoding::AsRawBytes,
    signature::{
        KeyPair as _, ML_DSA_44, ML_DSA_44_SIGNING, ML_DSA_65, ML_DSA_65_SIGNING, ML_DSA_87, ML_DSA_87_SIGNING,
        ParsedPublicKey, PqdsaKeyPair, PqdsaSigningAlgorithm, PqdsaVerificationAlgorithm,
    },
};
use der::asn1::ObjectIdentifier;
use ml_dsa::{B32, ExpandedSigningKey, MlDsa44, MlDsa65, MlDsa87, MlDsaParams, Signature, VerifyingKey};

use super::{
    encoding::{self, Envelope},
    lattice::Lattice,
};
use crate::{
    Entropy, Error, Result, SecretBytes,
    hash::{Hash, Output, Shake, shake},
};

const SIGN: Error = Error::Primitive { operation: "sign with an ML-DSA key" };
const REJECTED: Error = Error::KeyMaterial { problem: "it is not a key of this ML-DSA parameter set" };

/// Length of a seed in bytes.
pub const SEED_LEN: usize = 32;

/// A parameter set, by its number in FIPS 204.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names say it")]
pub enum ParameterSet {
    MlDsa44,
    MlDsa65,
    MlDsa87,
}

/// Where the randomness of a signature comes from (FIPS 204 §3.4, PKCS#11 `CK_HEDGE_TYPE`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Variant {
    /// From a generator and the message; the recommended one.
    Hedged,
    /// From the message alone: the same message has the same signature.
    Deterministic,
}

/// A private key with its public key.
pub struct PrivateKey {
    set: ParameterSet,
    pair: PqdsaKeyPair,
    seed: Option<SecretBytes>,
    expanded: SecretBytes,
    slow: OnceLock<SlowPrivate>,
}

/// A public key.
pub struct PublicKey {
    set: ParameterSet,
    bytes: Vec<u8>,
    key: ParsedPublicKey,
    slow: OnceLock<SlowPublic>,
}

/// RustCrypto's form of a private key.
enum SlowPrivate {
    MlDsa44(Box<ExpandedSigningKey<MlDsa44>>),
    MlDsa65(Box<ExpandedSigningKey<MlDsa65>>),
    MlDsa87(Box<ExpandedSigningKey<MlDsa87>>),
}

/// RustCrypto's form of a public key.
enum SlowPublic {
    MlDsa44(Box<VerifyingKey<MlDsa44>>),
    MlDsa65(Box<VerifyingKey<MlDsa65>>),
    MlDsa87(Box<VerifyingKey<MlDsa87>>),
}

impl ParameterSet {
    /// Every set.
    pub const ALL: [Self; 3] = [Self::MlDsa44, Self::MlDsa65, Self::MlDsa87];

    /// Length of a signature in bytes.
    #[must_use]
    pub fn signature_len(self) -> usize {
        self.signing().signature_len()
    }

    /// Length of a public key in bytes.
    #[must_use]
    pub fn public_key_len(self) -> usize {
        self.signing().public_key_len()
    }

    fn signing(self) -> &'static PqdsaSigningAlgorithm {
        match self {
            Self::MlDsa44 => &ML_DSA_44_SIGNING,
            Self::MlDsa65 => &ML_DSA_65_SIGNING,
            Self::MlDsa87 => &ML_DSA_87_SIGNING,
        }
    }

    fn verification(self) -> &'static PqdsaVerificationAlgorithm {
        match self {
            Self::MlDsa44 => &ML_DSA_44,
            Self::MlDsa65 => &ML_DSA_65,
            Self::MlDsa87 => &ML_DSA_87,
        }
    }

    /// RFC 9881 §2.
    const fn oid(self) -> ObjectIdentifier {
        match self {
            Self::MlDsa44 => ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.3.17"),
            Self::MlDsa65 => ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.3.18"),
            Self::MlDsa87 => ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.3.19"),
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
    /// [`Error::KeyMaterial`] unless the seed has 32 bytes.
    pub fn from_seed(set: ParameterSet, seed: &[u8]) -> Result<Self> {
        let pair = PqdsaKeyPair::from_seed(set.signing(), seed).map_err(|_| REJECTED)?;
        Self::with_pair(set, pair, Some(SecretBytes::from(seed)))
    }

    /// A key from its expanded form, which does not tell its seed.
    ///
    /// # Errors
    /// [`Error::KeyMaterial`] when it has the wrong length or is inconsistent.
    pub fn from_expanded(set: ParameterSet, expanded: &[u8]) -> Result<Self> {
        let pair = PqdsaKeyPair::from_raw_private_key(set.signing(), expanded).map_err(|_| REJECTED)?;
        let key = Self::with_pair(set, pair, None)?;
        // AWS-LC would take a seed here too, and would know it.
        if key.expanded.expose() == expanded { Ok(key) } else { Err(REJECTED) }
    }

    fn with_pair(set: ParameterSet, pair: PqdsaKeyPair, seed: Option<SecretBytes>) -> Result<Self> {
        let expanded = pair.private_key().as_raw_bytes().map_err(|_| REJECTED)?;
        let expanded = SecretBytes::from(expanded.as_ref());
        Ok(Self { set, pair, seed, expanded, slow: OnceLock::new() })
    }

    /// Reads an unencrypted PKCS#8 document with the seed, the expanded key or both (RFC 9881 §6).
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

    /// The bytes of the public key.
    #[must_use]
    pub fn public_bytes(&self) -> &[u8] {
        self.pair.public_key().as_ref()
    }

    /// The public key.
    ///
    /// # Errors
    /// [`Error::Primitive`] when memory is exhausted.
    pub fn public_key(&self) -> Result<PublicKey> {
        PublicKey::new(self.set, self.public_bytes())
    }

    /// The signature of a message under a context of up to 255 bytes.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a longer context.
    pub fn sign(&self, message: &[u8], context: &[u8], variant: Variant, entropy: &Entropy) -> Result<Vec<u8>> {
        let prefix = prefix(PURE, context)?;
        if variant == Variant::Hedged && context.is_empty() && !entropy.is_deterministic() {
            let mut signature = vec![0; self.set.signature_len()];
            self.pair.sign(message, &mut signature).map_err(|_| SIGN)?;
            return Ok(signature);
        }
        // FIPS 204 algorithm 2: what is signed is the prefix, the context and the message.
        Ok(self.sign_parts(&[&prefix, context, message], variant, entropy))
    }

    /// The signature of a message's digest under a context of up to 255 bytes: HashML-DSA.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a longer context, [`Error::HashUnsupported`] for a digest that HashML-DSA does not know,
    /// [`Error::DataLength`] for one of another length.
    pub fn sign_prehashed(
        &self,
        prehash: Prehash,
        digest: &[u8],
        context: &[u8],
        variant: Variant,
        entropy: &Entropy,
    ) -> Result<Vec<u8>> {
        let (prefix, oid) = (prefix(PREHASHED, context)?, prehash.identifier(digest)?);
        // FIPS 204 algorithm 4.
        Ok(self.sign_parts(&[&prefix, context, &oid, digest], variant, entropy))
    }

    fn sign_parts(&self, parts: &[&[u8]], variant: Variant, entropy: &Entropy) -> Vec<u8> {
        let random = match variant {
            Variant::Hedged => B32::from(entropy.bytes::<32>()),
            Variant::Deterministic => B32::default(),
        };
        match self.slow.get_or_init(|| self.expand()) {
            SlowPrivate::MlDsa44(key) => key.sign_internal(parts, &random).encode().to_vec(),
            SlowPrivate::MlDsa65(key) => key.sign_internal(parts, &random).encode().to_vec(),
            SlowPrivate::MlDsa87(key) => key.sign_internal(parts, &random).encode().to_vec(),
        }
    }

    fn expand(&self) -> SlowPrivate {
        match self.set {
            ParameterSet::MlDsa44 => SlowPrivate::MlDsa44(self.expand_as()),
            ParameterSet::MlDsa65 => SlowPrivate::MlDsa65(self.expand_as()),
            ParameterSet::MlDsa87 => SlowPrivate::MlDsa87(self.expand_as()),
        }
    }

    #[allow(deprecated, reason = "keys that were imported without their seed have no other form")]
    fn expand_as<P: MlDsaParams>(&self) -> Box<ExpandedSigningKey<P>> {
        if let Some(Ok(seed)) = self.seed.as_ref().map(|seed| B32::try_from(seed.expose())) {
            return Box::new(ExpandedSigningKey::from_seed(&seed));
        }
        // AWS-LC has accepted these bytes and has written them itself, so that length and coefficients are in range.
        let expanded = self.expanded.expose().try_into().expect("an expanded key of this parameter set");
        Box::new(ExpandedSigningKey::from_expanded(expanded))
    }
}

impl PublicKey {
    /// A key from its bytes.
    ///
    /// # Errors
    /// [`Error::KeyMaterial`] for the wrong length.
    pub fn new(set: ParameterSet, bytes: &[u8]) -> Result<Self> {
        if bytes.len() != set.public_key_len() {
            return Err(REJECTED);
        }
        let key = ParsedPublicKey::new(set.verification(), bytes).map_err(|_| REJECTED)?;
        Ok(Self { set, bytes: bytes.to_vec(), key, slow: OnceLock::new() })
    }

    /// Reads a `SubjectPublicKeyInfo` (RFC 9881 §4).
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

    /// Checks the signature of a message under a context.
    ///
    /// # Errors
    /// [`Error::SignatureLength`], [`Error::SignatureInvalid`]; [`Error::Parameter`] for a context of more than 255 bytes.
    pub fn verify(&self, message: &[u8], context: &[u8], signature: &[u8]) -> Result<()> {
        let prefix = prefix(PURE, context)?;
        self.check_length(signature)?;
        if context.is_empty() {
            return self.key.verify_sig(message, signature).map_err(|_| Error::SignatureInvalid);
        }
        self.verify_parts(&[&prefix, context, message], signature)
    }

    /// Checks the signature of a message's digest under a context: HashML-DSA.
    ///
    /// # Errors
    /// As [`PublicKey::verify`] and [`PrivateKey::sign_prehashed`].
    pub fn verify_prehashed(&self, prehash: Prehash, digest: &[u8], context: &[u8], signature: &[u8]) -> Result<()> {
        let (prefix, oid) = (prefix(PREHASHED, context)?, prehash.identifier(digest)?);
        self.check_length(signature)?;
        self.verify_parts(&[&prefix, context, &oid, digest], signature)
    }

    fn check_length(&self, signature: &[u8]) -> Result<()> {
        let fits = signature.len() == self.set.signature_len();
        if fits { Ok(()) } else { Err(Error::SignatureLength { bytes: signature.len() }) }
    }

    fn verify_parts(&self, parts: &[&[u8]], signature: &[u8]) -> Result<()> {
        let message = parts.concat();
        let valid = match self.slow.get_or_init(|| self.decode()) {
            SlowPublic::MlDsa44(key) => verifies(key, &message, signature),
            SlowPublic::MlDsa65(key) => verifies(key, &message, signature),
            SlowPublic::MlDsa87(key) => verifies(key, &message, signature),
        };
        if valid { Ok(()) } else { Err(Error::SignatureInvalid) }
    }

    fn decode(&self) -> SlowPublic {
        match self.set {
            ParameterSet::MlDsa44 => SlowPublic::MlDsa44(self.decode_as()),
            ParameterSet::MlDsa65 => SlowPublic::MlDsa65(self.decode_as()),
            ParameterSet::MlDsa87 => SlowPublic::MlDsa87(self.decode_as()),
        }
    }

    fn decode_as<P: MlDsaParams>(&self) -> Box<VerifyingKey<P>> {
        let bytes = self.bytes.as_slice().try_into().expect("`new` takes public keys of the set's length only");
        Box::new(VerifyingKey::decode(bytes))
    }
}

/// The message has its prefix and its context before it.
fn verifies<P: MlDsaParams>(key: &VerifyingKey<P>, message: &[u8], signature: &[u8]) -> bool {
    Signature::try_from(signature).is_ok_and(|signature| key.verify_internal(message, &signature))
}

/// The message itself is signed.
const PURE: u8 = 0;
/// Its digest is.
const PREHASHED: u8 = 1;

/// What stands before the context: what is signed, and the context's length.
fn prefix(signed: u8, context: &[u8]) -> Result<[u8; 2]> {
    let length =
        u8::try_from(context.len()).map_err(|_| Error::Parameter { parameter: "context of more than 255 bytes" })?;
    Ok([signed, length])
}

/// What HashML-DSA digests messages with (FIPS 204 §5.4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prehash {
    /// A digest.
    Hash(Hash),
    /// 256 bits of SHAKE128, or 512 bits of SHAKE256.
    Shake(Shake),
}

impl From<Hash> for Prehash {
    fn from(hash: Hash) -> Self {
        Self::Hash(hash)
    }
}

impl Prehash {
    /// The digest of a message.
    #[must_use]
    pub fn digest(self, message: &[u8]) -> Output {
        match self {
            Self::Hash(hash) => hash.digest(message),
            Self::Shake(Shake::Shake128) => Output::new(&shake::<32>(Shake::Shake128, message)),
            Self::Shake(Shake::Shake256) => Output::new(&shake::<64>(Shake::Shake256, message)),
        }
    }

    const fn output_len(self) -> usize {
        match self {
            Self::Hash(hash) => hash.output_len(),
            Self::Shake(Shake::Shake128) => 32,
            Self::Shake(Shake::Shake256) => 64,
        }
    }

    /// Whether HashML-DSA knows it; MD5 and SHA-1 have no place in it.
    ///
    /// # Errors
    /// [`Error::HashUnsupported`].
    pub fn check(self) -> Result<()> {
        self.number().map(drop)
    }

    /// What tells the algorithms of NIST apart.
    fn number(self) -> Result<u8> {
        Ok(match self {
            Self::Hash(Hash::Sha256) => 1,
            Self::Hash(Hash::Sha384) => 2,
            Self::Hash(Hash::Sha512) => 3,
            Self::Hash(Hash::Sha224) => 4,
            Self::Hash(Hash::Sha512_224) => 5,
            Self::Hash(Hash::Sha512_256) => 6,
            Self::Hash(Hash::Sha3_224) => 7,
            Self::Hash(Hash::Sha3_256) => 8,
            Self::Hash(Hash::Sha3_384) => 9,
            Self::Hash(Hash::Sha3_512) => 10,
            Self::Shake(Shake::Shake128) => 11,
            Self::Shake(Shake::Shake256) => 12,
            Self::Hash(hash @ (Hash::Md5 | Hash::Sha1)) => return Err(Error::HashUnsupported { hash }),
        })
    }

    /// The DER of the object identifier, whose last byte is that number.
    fn identifier(self, digest: &[u8]) -> Result<[u8; 11]> {
        let number = self.number()?;
        if digest.len() != self.output_len() {
            return Err(Error::DataLength { bytes: digest.len() });
        }
        Ok([0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, number])
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ml_dsa::PrivateKey(<{:?}>)", self.set)
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ml_dsa::PublicKey({:?})", self.set)
    }
}
