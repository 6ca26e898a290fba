//! RSA keys of 512 to 8192 bits: made, imported from whatever parts there are, exported (PKCS#11 v3.1 §6.1, RFC 8017).

mod aes_wrap;
mod encoding;
mod encrypt;
mod primes;
mod sign;

use std::fmt;

pub use self::{
    encrypt::{Encryption, Oaep},
    sign::Scheme,
};
use crate::{
    Error, Result, SecretBytes,
    raw::{Key, Part, PrivateParts},
};

/// The smallest and the largest modulus, in bits. Keys below 2048 bits are broken or close to it; old certificates and test programs have them.
pub const BITS: std::ops::RangeInclusive<usize> = 512..=8192;

/// 65537, the public exponent that everybody uses.
pub const F4: [u8; 3] = [1, 0, 1];

/// An RSA public key.
#[derive(Debug)]
pub struct PublicKey(Key);

/// An RSA private key with its primes, and its public key.
pub struct PrivateKey(Key);

/// All parts of a private key, big-endian without leading zeros.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Components {
    /// n.
    pub modulus: Vec<u8>,
    /// e.
    pub public_exponent: Vec<u8>,
    /// d.
    pub private_exponent: SecretBytes,
    /// p.
    pub prime_1: SecretBytes,
    /// q.
    pub prime_2: SecretBytes,
    /// d mod (p - 1).
    pub exponent_1: SecretBytes,
    /// d mod (q - 1).
    pub exponent_2: SecretBytes,
    /// 1/q mod p.
    pub coefficient: SecretBytes,
}

/// The parts of a private key that an importer has, big-endian; leading zeros do not matter.
#[derive(Clone, Copy, Default)]
pub struct Import<'a> {
    /// n.
    pub modulus: &'a [u8],
    /// e.
    pub public_exponent: &'a [u8],
    /// d.
    pub private_exponent: &'a [u8],
    /// p and q; without them they are computed from the rest.
    pub primes: Option<(&'a [u8], &'a [u8])>,
    /// d mod (p - 1), d mod (q - 1) and 1/q mod p; without them they are computed. They count only beside the primes.
    pub crt: Option<(&'a [u8], &'a [u8], &'a [u8])>,
}

impl PublicKey {
    /// A public key from its modulus and exponent, big-endian.
    ///
    /// # Errors
    /// [`Error::KeySize`] unless the modulus has 512 to 8192 bits; [`Error::KeyMaterial`] when the two cannot be a key.
    pub fn new(modulus: &[u8], exponent: &[u8]) -> Result<Self> {
        check_bits(modulus)?;
        Key::public(modulus, exponent).map(Self)
    }

    /// Bytes of the modulus, of a signature and of a ciphertext.
    #[must_use]
    pub fn size(&self) -> usize {
        self.0.size()
    }

    /// Bits of the modulus.
    #[must_use]
    pub fn bits(&self) -> usize {
        self.0.bits()
    }

    /// The modulus, big-endian without leading zeros.
    #[must_use]
    pub fn modulus(&self) -> Vec<u8> {
        public_part(&self.0, Part::Modulus)
    }

    /// The public exponent, big-endian without leading zeros.
    #[must_use]
    pub fn exponent(&self) -> Vec<u8> {
        public_part(&self.0, Part::PublicExponent)
    }
}

impl PrivateKey {
    /// Makes a key of 512 to 8192 bits, a multiple of 128, with an odd public exponent of 3 to 2^32 - 1. 2048 bits take about 60 ms, 4096 most of
    /// a second, 8192 six or more. The key is not repeatable, also in the deterministic mode: the library takes its own random bytes.
    ///
    /// # Errors
    /// [`Error::KeySize`] for another size, [`Error::Parameter`] for another exponent.
    pub fn generate(bits: u32, public_exponent: &[u8]) -> Result<Self> {
        if !BITS.contains(&(bits as usize)) || !bits.is_multiple_of(128) {
            return Err(Error::KeySize { bits: bits as usize });
        }
        let exponent = trim(public_exponent);
        let odd = exponent.last().is_some_and(|last| last % 2 == 1);
        if !odd || exponent.len() > 4 || exponent == [1] {
            return Err(Error::Parameter { parameter: "public exponent" });
        }
        Key::generate(bits, exponent).map(Self)
    }

    /// A key from its parts; what is missing is computed.
    ///
    /// # Errors
    /// [`Error::KeySize`] unless the modulus has 512 to 8192 bits; [`Error::KeyMaterial`] when the parts do not belong together.
    pub fn import(parts: &Import<'_>) -> Result<Self> {
        check_bits(parts.modulus)?;
        let (n, e, d) = (parts.modulus, parts.public_exponent, parts.private_exponent);
        let (p, q) = parts.primes.unwrap_or_default();
        if [e, d, p, q].iter().any(|part| trim(part).len() > trim(n).len()) {
            return Err(Error::KeyMaterial { problem: "a part of the RSA key is longer than its modulus" });
        }
        if let (Some((p, q)), Some((dp, dq, qinv))) = (parts.primes, parts.crt) {
            return Key::private(&PrivateParts { n, e, d, p, q, dp, dq, qinv }).map(Self);
        }
        let (p, q) = match parts.primes {
            Some((p, q)) => (SecretBytes::from(p), SecretBytes::from(q)),
            None => primes::recover(n, e, d)?,
        };
        let crt = primes::crt(d, p.expose(), q.expose())?;
        Key::private(&PrivateParts {
            n,
            e,
            d,
            p: p.expose(),
            q: q.expose(),
            dp: crt.exponent_1.expose(),
            dq: crt.exponent_2.expose(),
            qinv: crt.coefficient.expose(),
        })
        .map(Self)
    }

    /// All parts, to be stored or wrapped.
    #[must_use]
    pub fn components(&self) -> Components {
        Components {
            modulus: public_part(&self.0, Part::Modulus),
            public_exponent: public_part(&self.0, Part::PublicExponent),
            private_exponent: part(&self.0, Part::PrivateExponent),
            prime_1: part(&self.0, Part::Prime1),
            prime_2: part(&self.0, Part::Prime2),
            exponent_1: part(&self.0, Part::Exponent1),
            exponent_2: part(&self.0, Part::Exponent2),
            coefficient: part(&self.0, Part::Coefficient),
        }
    }

    /// The public key.
    ///
    /// # Errors
    /// [`Error::Primitive`] when memory is exhausted.
    pub fn public_key(&self) -> Result<PublicKey> {
        let (modulus, exponent) = (public_part(&self.0, Part::Modulus), public_part(&self.0, Part::PublicExponent));
        Key::public(&modulus, &exponent).map(PublicKey)
    }

    /// Bytes of the modulus, of a signature and of a ciphertext.
    #[must_use]
    pub fn size(&self) -> usize {
        self.0.size()
    }

    /// Bits of the modulus.
    #[must_use]
    pub fn bits(&self) -> usize {
        self.0.bits()
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rsa::PrivateKey(<{} bits>)", self.bits())
    }
}

impl fmt::Debug for Import<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rsa::Import(<{} bits>)", bits(self.modulus))
    }
}

/// A part that every private key has: [`PrivateKey::import`] and generation make no key without them.
fn part(key: &Key, which: Part) -> SecretBytes {
    key.part(which).unwrap_or_else(|| SecretBytes::new(Vec::new()))
}

/// A part that every key has.
fn public_part(key: &Key, which: Part) -> Vec<u8> {
    part(key, which).expose().to_vec()
}

fn check_bits(modulus: &[u8]) -> Result<()> {
    let bits = bits(modulus);
    if BITS.contains(&bits) { Ok(()) } else { Err(Error::KeySize { bits }) }
}

fn bits(number: &[u8]) -> usize {
    let number = trim(number);
    number.first().map_or(0, |first| number.len() * 8 - first.leading_zeros() as usize)
}

/// A big-endian number without leading zeros.
fn trim(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    &number[zeros..]
}
