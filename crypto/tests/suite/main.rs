//! Published vectors, properties and the `openssl` program as the judge of what this crate computes.
#![forbid(unsafe_code)]

mod aead;
mod certificates;
mod clients;
mod digest;
mod entropy;
mod key_pair;
mod openssl;
mod password;
mod problems;
mod world;

/// Bytes from hexadecimal digits.
fn hex(digits: &str) -> Vec<u8> {
    assert!(digits.len().is_multiple_of(2), "an odd number of digits: {digits}");
    (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).expect("a hex digit")).collect()
}
