//! Who computes on which curve.

use aws_lc_rs::{
    agreement::{self, ECDH_P256, ECDH_P384, ECDH_P521, UnparsedPublicKey},
    digest::{self, Digest, SHA256, SHA384, SHA512},
    encoding::{AsDer, PublicKeyX509Der},
    signature::{
        ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED,
        ECDSA_P384_SHA384_FIXED_SIGNING, ECDSA_P521_SHA512_FIXED, ECDSA_P521_SHA512_FIXED_SIGNING, EcdsaKeyPair,
        EcdsaSigningAlgorithm, EcdsaVerificationAlgorithm, ParsedPublicKey,
    },
};
use k256::ecdsa::signature::hazmat::{PrehashSigner, PrehashVerifier};

use super::super::{curve::Curve, encoding::Envelope};
use crate::{Error, Result, SecretBytes};

const SIGN: Error = Error::Primitive { operation: "sign with an elliptic-curve key" };
const REJECTED: Error = Error::KeyMaterial { problem: "the number is not between 0 and the order of the curve" };

/// What AWS-LC knows of one of its curves.
pub(super) struct AwsLcCurve {
    agreement: &'static agreement::Algorithm,
    /// The hash whose digests are as long as the order; those of P-521 are the longest that there are.
    hash: &'static digest::Algorithm,
    signing: &'static EcdsaSigningAlgorithm,
    verification: &'static EcdsaVerificationAlgorithm,
}

static P256: AwsLcCurve = AwsLcCurve {
    agreement: &ECDH_P256,
    hash: &SHA256,
    signing: &ECDSA_P256_SHA256_FIXED_SIGNING,
    verification: &ECDSA_P256_SHA256_FIXED,
};
static P384: AwsLcCurve = AwsLcCurve {
    agreement: &ECDH_P384,
    hash: &SHA384,
    signing: &ECDSA_P384_SHA384_FIXED_SIGNING,
    verification: &ECDSA_P384_SHA384_FIXED,
};
static P521: AwsLcCurve = AwsLcCurve {
    agreement: &ECDH_P521,
    hash: &SHA512,
    signing: &ECDSA_P521_SHA512_FIXED_SIGNING,
    verification: &ECDSA_P521_SHA512_FIXED,
};

/// What the crates of RustCrypto do alike, each with types of its own.
macro_rules! rust_crypto {
    (private $variant:ident = $crate_:ident, $scalar:expr) => {{
        let secret = $crate_::SecretKey::from_slice($scalar).map_err(|_| REJECTED)?;
        let signing = $crate_::ecdsa::SigningKey::from(&secret);
        let point = signing.verifying_key().to_sec1_point(false).as_bytes().to_vec();
        Ok((Self::$variant { signing, secret }, point))
    }};
    (public $variant:ident = $crate_:ident, $point:expr) => {{
        let key = $crate_::ecdsa::VerifyingKey::from_sec1_bytes($point).ok()?;
        let point = key.to_sec1_point(false).as_bytes().to_vec();
        Some((Self::$variant(key), point))
    }};
    (sign $crate_:ident, $key:expr, $digest:expr) => {{
        let signature: $crate_::ecdsa::Signature = $key.sign_prehash(&$digest).map_err(|_| SIGN)?;
        Ok(signature.to_vec())
    }};
    (agree $crate_:ident, $key:expr, $peer:expr) => {{
        let peer = $crate_::PublicKey::from_sec1_bytes($peer).ok()?;
        Some(SecretBytes::from($key.diffie_hellman(&peer).raw_secret_bytes().as_slice()))
    }};
}

/// A parsed private key.
pub(super) enum PrivateEngine {
    AwsLc { algorithm: &'static AwsLcCurve, signing: EcdsaKeyPair, agreement: agreement::PrivateKey },
    P224 { signing: p224::ecdsa::SigningKey, secret: p224::SecretKey },
    Secp256k1 { signing: k256::ecdsa::SigningKey, secret: k256::SecretKey },
}

/// A parsed public key.
pub(super) enum PublicEngine {
    AwsLc { algorithm: &'static AwsLcCurve, key: ParsedPublicKey },
    P224(p224::ecdsa::VerifyingKey),
    Secp256k1(k256::ecdsa::VerifyingKey),
}

impl PrivateEngine {
    /// Parses a number of the order's length; also its public point, uncompressed.
    pub(super) fn new(curve: Curve, scalar: &[u8]) -> Result<(Self, Vec<u8>)> {
        match curve {
            Curve::P256 => Self::aws_lc(&P256, scalar),
            Curve::P384 => Self::aws_lc(&P384, scalar),
            Curve::P521 => Self::aws_lc(&P521, scalar),
            Curve::P224 => rust_crypto!(private P224 = p224, scalar),
            Curve::Secp256k1 => rust_crypto!(private Secp256k1 = k256, scalar),
        }
    }

    fn aws_lc(algorithm: &'static AwsLcCurve, scalar: &[u8]) -> Result<(Self, Vec<u8>)> {
        let agreement = agreement::PrivateKey::from_private_key(algorithm.agreement, scalar).map_err(|_| REJECTED)?;
        let public = agreement.compute_public_key().map_err(|_| REJECTED)?;
        let signing = EcdsaKeyPair::from_private_key_and_public_key(algorithm.signing, scalar, public.as_ref())
            .map_err(|_| REJECTED)?;
        Ok((Self::AwsLc { algorithm, signing, agreement }, public.as_ref().to_vec()))
    }

    /// r | s.
    pub(super) fn sign(&self, scalar: &[u8], digest: &[u8]) -> Result<Vec<u8>> {
        match self {
            Self::AwsLc { algorithm, signing, .. } => match normalise(digest, algorithm) {
                Some(digest) => {
                    signing.sign_digest(&digest).map(|signature| signature.as_ref().to_vec()).map_err(|_| SIGN)
                }
                None => {
                    let signing = p521::ecdsa::SigningKey::from_slice(scalar).map_err(|_| SIGN)?;
                    let signature: p521::ecdsa::Signature =
                        signing.sign_prehash(&leftmost_521(digest)).map_err(|_| SIGN)?;
                    Ok(signature.to_vec())
                }
            },
            Self::P224 { signing, .. } => rust_crypto!(sign p224, signing, fit::<28>(digest)),
            Self::Secp256k1 { signing, .. } => rust_crypto!(sign k256, signing, fit::<32>(digest)),
        }
    }

    /// The x coordinate of the shared point.
    pub(super) fn agree(&self, peer: &[u8]) -> Option<SecretBytes> {
        match self {
            Self::AwsLc { algorithm, agreement, .. } => {
                // AWS-LC would also take a whole SubjectPublicKeyInfo and the hybrid encoding.
                if !matches!(peer.first(), Some(2..=4)) {
                    return None;
                }
                let peer = UnparsedPublicKey::new(algorithm.agreement, peer);
                agreement::agree(agreement, peer, (), |secret| Ok(SecretBytes::from(secret))).ok()
            }
            Self::P224 { secret, .. } => rust_crypto!(agree p224, secret, peer),
            Self::Secp256k1 { secret, .. } => rust_crypto!(agree k256, secret, peer),
        }
    }
}

impl PublicEngine {
    /// Parses a point, compressed or not; also the point uncompressed.
    pub(super) fn new(curve: Curve, point: &[u8]) -> Option<(Self, Vec<u8>)> {
        match curve {
            Curve::P256 => Self::aws_lc(&P256, point),
            Curve::P384 => Self::aws_lc(&P384, point),
            Curve::P521 => Self::aws_lc(&P521, point),
            Curve::P224 => rust_crypto!(public P224 = p224, point),
            Curve::Secp256k1 => rust_crypto!(public Secp256k1 = k256, point),
        }
    }

    fn aws_lc(algorithm: &'static AwsLcCurve, point: &[u8]) -> Option<(Self, Vec<u8>)> {
        let key = ParsedPublicKey::new(algorithm.verification, point).ok()?;
        let document: PublicKeyX509Der<'_> = key.as_der().ok()?;
        let point = Envelope::public(document.as_ref()).ok()?.key.to_vec();
        Some((Self::AwsLc { algorithm, key }, point))
    }

    /// Whether r | s, of full length, is a signature of the digest.
    pub(super) fn verify(&self, point: &[u8], digest: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::AwsLc { algorithm, key } => match normalise(digest, algorithm) {
                Some(digest) => key.verify_digest_sig(&digest, signature).is_ok(),
                None => {
                    let (Ok(key), Ok(signature)) = (
                        p521::ecdsa::VerifyingKey::from_sec1_bytes(point),
                        p521::ecdsa::Signature::from_slice(signature),
                    ) else {
                        return false;
                    };
                    key.verify_prehash(&leftmost_521(digest), &signature).is_ok()
                }
            },
            Self::P224(key) => p224::ecdsa::Signature::from_slice(signature)
                .is_ok_and(|signature| key.verify_prehash(&fit::<28>(digest), &signature).is_ok()),
            // Both s and its negative are signatures of ECDSA; the crate takes only the smaller.
            Self::Secp256k1(key) => k256::ecdsa::Signature::from_slice(signature)
                .is_ok_and(|signature| key.verify_prehash(&fit::<32>(digest), &signature.normalize_s()).is_ok()),
        }
    }
}

/// The digest at the length that the curve's hash has, as the number that ECDSA makes of it: cut on the right or padded on the left. None: P-521 takes
/// 521 bits, and no hash is that long.
fn normalise(digest: &[u8], algorithm: &AwsLcCurve) -> Option<Digest> {
    let digest = match algorithm.hash.output_len() {
        32 => Digest::import_less_safe(&fit::<32>(digest), algorithm.hash),
        48 => Digest::import_less_safe(&fit::<48>(digest), algorithm.hash),
        _ if digest.len() <= 64 => Digest::import_less_safe(&fit::<64>(digest), algorithm.hash),
        _ => return None,
    };
    digest.ok()
}

/// The leftmost `N` bytes, padded with zeros on the left when there are fewer.
fn fit<const N: usize>(digest: &[u8]) -> [u8; N] {
    let digest = &digest[..digest.len().min(N)];
    let mut fitted = [0; N];
    fitted[N - digest.len()..].copy_from_slice(digest);
    fitted
}

/// The leftmost 521 bits of a longer digest as a number: 66 bytes hold seven bits too many, 65 one too few.
fn leftmost_521(digest: &[u8]) -> [u8; 66] {
    let mut number = fit::<66>(digest);
    if digest.len() >= 66 {
        let mut carry = 0;
        for byte in &mut number {
            (*byte, carry) = ((*byte >> 7) | (carry << 1), *byte);
        }
    }
    number
}
