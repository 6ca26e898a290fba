//! The parts of a private key that an importer does not have (SP 800-56B Rev. 2 appendix C.2; RFC 8017 §3.2).

use crypto_bigint::{BoxedUint, NonZero, Odd};

use super::trim;
use crate::{Error, Result, SecretBytes};

/// The exponents and the coefficient of the Chinese remainder theorem.
pub(super) struct Crt {
    pub(super) exponent_1: SecretBytes,
    pub(super) exponent_2: SecretBytes,
    pub(super) coefficient: SecretBytes,
}

const REJECTED: Error = Error::KeyMaterial { problem: "the exponents do not belong to the modulus" };

/// The primes p > q of the modulus, from the exponents.
///
/// With a = (de - 1) · gcd(n - 1, de - 1), a multiple u · φ(n), the sum of the primes is n + 1 - φ(n), and u is ⌊a / n⌋ + 1 because the sum is so much
/// smaller than n. The primes are then the roots of x² - (p + q) x + n.
pub(super) fn recover(n: &[u8], e: &[u8], d: &[u8]) -> Result<(SecretBytes, SecretBytes)> {
    let (n, e, d) = (trim(n), trim(e), trim(d));
    // Wide enough for every product below: d · e has twice the width of n, times a divisor of n - 1 thrice.
    let width = limbs(n);
    if e.len() > n.len() || d.len() > n.len() {
        return Err(REJECTED);
    }
    let (n, e, d) = (number(n, 3 * width)?, number(e, 3 * width)?, number(d, 3 * width)?);
    let one = BoxedUint::one_with_precision(3 * width);
    let multiple = d.wrapping_mul(&e).wrapping_sub(&one);
    let divisor = gcd(&n.wrapping_sub(&one), &multiple)?;
    let a = multiple.wrapping_mul(&divisor);
    let modulus = NonZero::new(n.clone()).into_option().ok_or(REJECTED)?;
    let (m, r) = a.div_rem(&modulus);
    let u = NonZero::new(m.wrapping_add(&one)).into_option().ok_or(REJECTED)?;
    let sum = n.wrapping_sub(&r).wrapping_div(&u).wrapping_add(&one);
    let square = sum.wrapping_mul(&sum);
    let four_n = n.shl(2);
    if sum.bits() > width || square <= four_n {
        return Err(REJECTED);
    }
    let difference = square.wrapping_sub(&four_n).floor_sqrt();
    let p = sum.wrapping_add(&difference).shr(1);
    let q = sum.wrapping_sub(&difference).shr(1);
    if p.wrapping_mul(&q) != n {
        return Err(REJECTED);
    }
    Ok((bytes(&p), bytes(&q)))
}

/// d mod (p - 1), d mod (q - 1) and 1/q mod p.
pub(super) fn crt(d: &[u8], p: &[u8], q: &[u8]) -> Result<Crt> {
    let (d, p, q) = (trim(d), trim(p), trim(q));
    let rejected = || Error::KeyMaterial { problem: "the primes are not odd numbers of the right size" };
    let width = limbs(d).max(limbs(p)).max(limbs(q));
    let (d, p, q) = (number(d, width)?, number(p, width)?, number(q, width)?);
    if p.bits() < 4 || q.bits() < 4 {
        return Err(rejected());
    }
    let one = BoxedUint::one_with_precision(width);
    let reduced = |prime: &BoxedUint| {
        let modulus = NonZero::new(prime.wrapping_sub(&one)).into_option().ok_or_else(rejected)?;
        Ok::<_, Error>(d.rem(&modulus))
    };
    let (exponent_1, exponent_2) = (reduced(&p)?, reduced(&q)?);
    let odd = Odd::new(p.clone()).into_option().ok_or_else(rejected)?;
    let modulus = NonZero::new(p).into_option().ok_or_else(rejected)?;
    let coefficient = q.rem(&modulus).invert_odd_mod(&odd).into_option().ok_or_else(rejected)?;
    Ok(Crt { exponent_1: bytes(&exponent_1), exponent_2: bytes(&exponent_2), coefficient: bytes(&coefficient) })
}

/// The greatest common divisor, by Euclid: one of the numbers is public, and both belong to a key that is being imported, once.
fn gcd(a: &BoxedUint, b: &BoxedUint) -> Result<BoxedUint> {
    let (mut a, mut b) = (a.clone(), b.clone());
    while let Some(divisor) = NonZero::new(b.clone()).into_option() {
        let rest = a.rem_vartime(&divisor);
        a = std::mem::replace(&mut b, rest);
    }
    if a.bits() == 0 { Err(REJECTED) } else { Ok(a) }
}

/// The bits of the words that hold a number.
fn limbs(number: &[u8]) -> u32 {
    // A modulus has at most 8192 bits, and whatever is longer than the modulus is refused before.
    u32::try_from(number.len().div_ceil(8) * 64).unwrap_or(u32::MAX)
}

fn number(bytes: &[u8], width: u32) -> Result<BoxedUint> {
    BoxedUint::from_be_slice(bytes, width).map_err(|_| REJECTED)
}

fn bytes(number: &BoxedUint) -> SecretBytes {
    let padded = zeroize::Zeroizing::new(number.to_be_bytes().into_vec());
    SecretBytes::from(trim(&padded))
}
