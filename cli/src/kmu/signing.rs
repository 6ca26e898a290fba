//! The mechanisms of `sign` and `verify` by their numbers (documented), and the form that signatures have in files.

use crypto::asymmetric::ec;
use crypto::keyfile::PublicKey;
use hsm_sim::object::{Attribute, AttributeValue, KeyType};
use hsm_sim::token::{Hash, Mechanism, MechanismType, Parameter};
use hsm_sim::{Handle, HsmError, Result};

use hsm_sim::keys::Keys;

use crate::kmu::argument::{Argument, Misfit};

pub(super) const MECHANISM: Argument = Argument::required(
    "m",
    "signature mechanism",
    "specifies the mechanism: RSA_PKCS with SHA1 0, SHA256 1, SHA384 2, SHA512 3, SHA224 4; RSA_PKCS_PSS with SHA1 5, \
     SHA256 6, SHA384 7, SHA512 8, SHA224 9; ECDSA with SHA1 15, SHA224 16, SHA256 17, SHA384 18, SHA512 19",
);

/// The mechanism of a number.
pub(super) fn mechanism(number: u32) -> Result<Mechanism, Misfit> {
    let pss = |kind, hash: Hash| Mechanism {
        kind,
        parameter: Parameter::Pss { hash, mgf: hash, salt_len: hash.output_len() as u64 },
    };
    Ok(match number {
        0 => Mechanism::new(MechanismType::Sha1RsaPkcs),
        1 => Mechanism::new(MechanismType::Sha256RsaPkcs),
        2 => Mechanism::new(MechanismType::Sha384RsaPkcs),
        3 => Mechanism::new(MechanismType::Sha512RsaPkcs),
        4 => Mechanism::new(MechanismType::Sha224RsaPkcs),
        5 => pss(MechanismType::Sha1RsaPkcsPss, Hash::Sha1),
        6 => pss(MechanismType::Sha256RsaPkcsPss, Hash::Sha256),
        7 => pss(MechanismType::Sha384RsaPkcsPss, Hash::Sha384),
        8 => pss(MechanismType::Sha512RsaPkcsPss, Hash::Sha512),
        9 => pss(MechanismType::Sha224RsaPkcsPss, Hash::Sha224),
        15 => Mechanism::new(MechanismType::EcdsaSha1),
        16 => Mechanism::new(MechanismType::EcdsaSha224),
        17 => Mechanism::new(MechanismType::EcdsaSha256),
        18 => Mechanism::new(MechanismType::EcdsaSha384),
        19 => Mechanism::new(MechanismType::EcdsaSha512),
        _ => return Err(Misfit::Other),
    })
}

/// A signature as files have it: of ECDSA the DER that other tools read.
pub(super) fn to_file(keys: &Keys, key: Handle, signature: Vec<u8>) -> Result<Vec<u8>> {
    let elliptic = keys.attribute(key, Attribute::KeyType)? == AttributeValue::Number(KeyType::Ec.number());
    Ok(if elliptic { ec::signature_to_der(&signature)? } else { signature })
}

/// A signature as the HSM takes it, from a file.
pub(super) fn from_file(keys: &Keys, key: Handle, file: Vec<u8>) -> Result<Vec<u8>> {
    match keys.public_key(key)? {
        PublicKey::Ec(key) => Ok(ec::signature_from_der(key.curve(), &file).map_err(|_| HsmError::BadSignature)?),
        PublicKey::Rsa(_) | PublicKey::Ed25519(_) | PublicKey::Ed448(_) | PublicKey::X25519(_) | PublicKey::X448(_) => {
            Ok(file)
        }
    }
}
