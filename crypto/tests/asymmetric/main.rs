//! Published vectors (Wycheproof, RFC), properties, and the `openssl` program as the judge of the mechanisms with key pairs.
#![forbid(unsafe_code)]

mod ec;
mod edwards;
mod lattice;
mod openssl;
mod rsa;
mod rsa_import;

use hsm_sim_crypto::hash::Hash;
use wycheproof::HashFunction;

/// Bytes from hexadecimal digits.
fn hex(digits: &str) -> Vec<u8> {
    assert!(digits.len().is_multiple_of(2), "an odd number of digits: {digits}");
    (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).expect("a hex digit")).collect()
}

/// Our name of a hash of the vectors; the SHAKEs have none.
fn hash(name: HashFunction) -> Option<Hash> {
    Some(match name {
        HashFunction::Sha1 => Hash::Sha1,
        HashFunction::Sha2_224 => Hash::Sha224,
        HashFunction::Sha2_256 => Hash::Sha256,
        HashFunction::Sha2_384 => Hash::Sha384,
        HashFunction::Sha2_512 => Hash::Sha512,
        HashFunction::Sha2_512_224 => Hash::Sha512_224,
        HashFunction::Sha2_512_256 => Hash::Sha512_256,
        HashFunction::Sha3_224 => Hash::Sha3_224,
        HashFunction::Sha3_256 => Hash::Sha3_256,
        HashFunction::Sha3_384 => Hash::Sha3_384,
        HashFunction::Sha3_512 => Hash::Sha3_512,
        HashFunction::Shake128 | HashFunction::Shake256 => return None,
    })
}
