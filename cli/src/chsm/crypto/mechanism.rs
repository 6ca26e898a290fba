//! Which mechanism of the token a command means.

use clap::{Args, ValueEnum};
use hsm_sim::token::{Mechanism, MechanismType, Parameter};

use crate::chsm::answer::Refusal;
use crate::chsm::data;
use crate::chsm::hash::{HashFunction, Mgf};
use crate::chsm::key::Filter;

/// What every command takes.
#[derive(Debug, Args)]
pub(in crate::chsm) struct Message {
    /// Key reference (e.g. key-reference=0xabc) or space separated list of key attributes in the form of
    /// attr.KEY_ATTRIBUTE_NAME=KEY_ATTRIBUTE_VALUE to select a matching key
    #[arg(long, num_args = 1.., required = true)]
    pub(super) key_filter: Vec<Filter>,
    #[command(flatten)]
    data: data::Data,
    /// The hash function
    #[arg(long)]
    hash_function: HashFunction,
    /// The type of data passed in, either raw or digest
    #[arg(long, default_value = "raw")]
    data_type: DataType,
}

/// What RSA-PKCS-PSS takes beside.
#[derive(Debug, Args)]
pub(in crate::chsm) struct Pss {
    /// The mask generation function
    #[arg(long)]
    mgf: Mgf,
    /// The salt length
    #[arg(long)]
    salt_length: u64,
}

/// Whether the data is hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum DataType {
    /// Not yet
    Raw,
    /// Already; for RSA-PKCS in the form of RFC 8017, Section 9.2
    Digest,
}

impl Message {
    pub(super) fn data(&self) -> Result<Vec<u8>, Refusal> {
        self.data.read()
    }

    pub(super) fn ecdsa(&self) -> Mechanism {
        let hashing = match self.hash_function {
            HashFunction::Sha1 => MechanismType::EcdsaSha1,
            HashFunction::Sha224 => MechanismType::EcdsaSha224,
            HashFunction::Sha256 => MechanismType::EcdsaSha256,
            HashFunction::Sha384 => MechanismType::EcdsaSha384,
            HashFunction::Sha512 => MechanismType::EcdsaSha512,
        };
        Mechanism::new(self.of(hashing, MechanismType::Ecdsa))
    }

    pub(super) fn rsa_pkcs(&self) -> Mechanism {
        let hashing = match self.hash_function {
            HashFunction::Sha1 => MechanismType::Sha1RsaPkcs,
            HashFunction::Sha224 => MechanismType::Sha224RsaPkcs,
            HashFunction::Sha256 => MechanismType::Sha256RsaPkcs,
            HashFunction::Sha384 => MechanismType::Sha384RsaPkcs,
            HashFunction::Sha512 => MechanismType::Sha512RsaPkcs,
        };
        Mechanism::new(self.of(hashing, MechanismType::RsaPkcs))
    }

    pub(super) fn rsa_pkcs_pss(&self, pss: &Pss) -> Mechanism {
        let hashing = match self.hash_function {
            HashFunction::Sha1 => MechanismType::Sha1RsaPkcsPss,
            HashFunction::Sha224 => MechanismType::Sha224RsaPkcsPss,
            HashFunction::Sha256 => MechanismType::Sha256RsaPkcsPss,
            HashFunction::Sha384 => MechanismType::Sha384RsaPkcsPss,
            HashFunction::Sha512 => MechanismType::Sha512RsaPkcsPss,
        };
        let (hash, mgf) = (self.hash_function.hash(), pss.mgf.hash());
        let parameter = Parameter::Pss { hash, mgf, salt_len: pss.salt_length };
        Mechanism::with(self.of(hashing, MechanismType::RsaPkcsPss), parameter)
    }

    const fn of(&self, hashing: MechanismType, bare: MechanismType) -> MechanismType {
        match self.data_type {
            DataType::Raw => hashing,
            DataType::Digest => bare,
        }
    }
}
