//! Keys that come in pairs: RSA, elliptic curves, Edwards and Montgomery curves, and the lattices of ML-DSA and ML-KEM.
//!
//! A key is parsed once into a typed value that is `Send` and `Sync`; an operation then parses nothing. Signatures over long messages are made in
//! two steps: the message runs through [`crate::hash::Hasher`], and the key signs the digest. What signs whole messages only (pure Ed25519, Ed448, ML-DSA)
//! takes the message as one slice.

pub mod curve;
pub mod ec;
pub mod ed25519;
pub mod ed448;
pub mod ml_dsa;
pub mod ml_kem;
pub mod rsa;
pub mod x25519;
pub mod x448;

mod encoding;
mod lattice;
