//! Digests and mask generation functions as this tool names them (documented).

use clap::ValueEnum;
use hsm_sim::token::Hash;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum HashFunction {
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
}

impl HashFunction {
    pub(super) const fn hash(self) -> Hash {
        match self {
            Self::Sha1 => Hash::Sha1,
            Self::Sha224 => Hash::Sha224,
            Self::Sha256 => Hash::Sha256,
            Self::Sha384 => Hash::Sha384,
            Self::Sha512 => Hash::Sha512,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Mgf {
    Mgf1Sha1,
    Mgf1Sha224,
    Mgf1Sha256,
    Mgf1Sha384,
    Mgf1Sha512,
}

impl Mgf {
    pub(super) const fn hash(self) -> Hash {
        match self {
            Self::Mgf1Sha1 => Hash::Sha1,
            Self::Mgf1Sha224 => Hash::Sha224,
            Self::Mgf1Sha256 => Hash::Sha256,
            Self::Mgf1Sha384 => Hash::Sha384,
            Self::Mgf1Sha512 => Hash::Sha512,
        }
    }
}
