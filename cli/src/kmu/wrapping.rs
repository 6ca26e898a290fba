//! The mechanisms of `wrapKey` and `unWrapKey` by their numbers (documented).

use std::fs;

use hsm_sim::SecretBytes;
use hsm_sim::keys::{Keys, Padding};
use hsm_sim::token::{Hash, Mechanism, MechanismType, Parameter};

use crate::kmu::argument::{Argument, Given, Misfit};
use crate::kmu::session::Refusal;

pub(super) const MECHANISM: Argument = Argument::required(
    "m",
    "wrapping-mechanism",
    "specifies the mechanism: 4 AES_KEY_WRAP_PAD_PKCS5, 5 NIST_AES_WRAP_NO_PAD, 6 NIST_AES_WRAP_PAD, 7 RSA_AES, \
     8 RSA_OAEP, 10 AES_GCM, 12 RSA_PKCS",
);
pub(super) const AAD: Argument = Argument::optional(
    "aad",
    "additional authenticated data filename",
    "specifies the file of AES_GCM's additional data",
);
pub(super) const HASH: Argument = Argument::optional(
    "t",
    "hash-type",
    "specifies the digest of RSA_AES and RSA_OAEP: 2 SHA1, 3 SHA256, 4 SHA384, 5 SHA512, 6 SHA224",
);
pub(super) const NO_HEADER: Argument =
    Argument::switch("noheader", "leaves out the attributes of the key, for tools other than this one");
pub(super) const IV: Argument = Argument::optional("i", "IV", "specifies the IV of AES key wrap in hexadecimal digits");
pub(super) const IV_FILE: Argument = Argument::optional("iv_file", "IV file", "specifies the file of AES_GCM's IV");
pub(super) const TAG_SIZE: Argument =
    Argument::optional("tag_size", "num_tag_bytes", "specifies the size of AES_GCM's tag in bytes, from 8 to 16");

/// The length of the IVs that AES-GCM makes.
pub(super) const GCM_IV: usize = 12;

/// How to wrap or unwrap. `gcm_iv` is the IV of AES-GCM, which the one makes and the other reads.
pub(super) fn mechanism(keys: &Keys, given: &Given<'_>, gcm_iv: &[u8]) -> Result<Mechanism, Refusal> {
    let iv = match given.value("i") {
        Some(digits) => hexadecimal(digits)?,
        None => Vec::new(),
    };
    let number: u32 = given.required("m")?;
    // Only where there is no header, and only AES key wrap without padding or with that of PKCS #5 (documented).
    let may_give_iv = given.has("noheader") && matches!(number, 4 | 5);
    if !iv.is_empty() && !may_give_iv {
        return Err(Refusal::Usage);
    }
    Ok(match number {
        4 => keys.key_wrap(Padding::Pkcs5, &iv),
        5 => keys.key_wrap(Padding::None, &iv),
        6 => keys.key_wrap(Padding::Zeros, &[]),
        7 => {
            let hash = hash(given)?;
            let parameter = Parameter::RsaAesWrap { aes_bits: 256, hash, mgf: hash, label: Vec::new() };
            Mechanism { kind: MechanismType::RsaAesKeyWrap, parameter }
        }
        8 => {
            let hash = hash(given)?;
            let parameter = Parameter::Oaep { hash, mgf: hash, label: Vec::new() };
            Mechanism { kind: MechanismType::RsaPkcsOaep, parameter }
        }
        10 => {
            let tag: u64 = given.number("tag_size")?.unwrap_or(16);
            if !(8..=16).contains(&tag) {
                return Err(Refusal::Usage);
            }
            let aad = given.value("aad").map(|file| fs::read(file.as_str())).transpose()?.unwrap_or_default();
            let parameter = Parameter::Gcm { iv: gcm_iv.into(), aad, tag_bits: tag * 8 };
            Mechanism { kind: MechanismType::AesGcm, parameter }
        }
        12 => Mechanism::new(MechanismType::RsaPkcs),
        _ => return Err(Refusal::Usage),
    })
}

/// Whether the mechanism has an IV of its own making.
pub(super) fn makes_iv(mechanism: &Mechanism) -> bool {
    mechanism.kind == MechanismType::AesGcm
}

fn hash(given: &Given<'_>) -> Result<Hash, Misfit> {
    Ok(match given.number("t")?.unwrap_or(3) {
        2 => Hash::Sha1,
        3 => Hash::Sha256,
        4 => Hash::Sha384,
        5 => Hash::Sha512,
        6 => Hash::Sha224,
        _ => return Err(Misfit::Other),
    })
}

/// Bytes in hexadecimal digits, with or without `0x`.
pub(super) fn hexadecimal(digits: &str) -> Result<Vec<u8>, Misfit> {
    let digits = digits.strip_prefix("0x").unwrap_or(digits);
    let nibble = |digit: u8| char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pair = |pair: &[u8]| match pair {
        [high, low] => Some(nibble(*high)? << 4 | nibble(*low)?),
        _ => None,
    };
    digits.as_bytes().chunks(2).map(pair).collect::<Option<_>>().ok_or(Misfit::Other)
}

/// What a wrapped key's file holds.
pub(super) fn read(given: &Given<'_>) -> Result<SecretBytes, Refusal> {
    Ok(SecretBytes::new(fs::read(given.text("f"))?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits() {
        assert_eq!(hexadecimal("0xA6a6"), Ok(vec![0xa6, 0xa6]));
        assert_eq!(hexadecimal("1a4b31"), Ok(vec![0x1a, 0x4b, 0x31]));
        assert_eq!(hexadecimal("1a4"), Err(Misfit::Other));
        assert_eq!(hexadecimal("zz"), Err(Misfit::Other));
    }
}
