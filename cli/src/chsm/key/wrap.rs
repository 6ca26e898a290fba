//! `key wrap …`: a key leaves the cluster under another one (documented mechanisms).

use std::path::PathBuf;

use clap::{Args, Subcommand};
use hsm_sim::token::{Mechanism, MechanismType, Parameter};
use serde::Serialize;

use crate::chsm::answer::{Answer, Data};
use crate::chsm::data;
use crate::chsm::hash::{HashFunction, Mgf};
use crate::chsm::key::attribute::{Hex, hexadecimal};
use crate::chsm::key::filter::{self, Filter};
use crate::chsm::key::shown::reference_of;
use crate::chsm::session::Session;
use crate::chsm::token_file::hand_in;

/// The bits of the AES key that RSA-AES makes for the purpose.
const AES_BITS: u64 = 256;

#[derive(Debug, Subcommand)]
pub(in crate::chsm) enum Command {
    /// Wrap with the AES-GCM mechanism
    AesGcm(Gcm),
    /// Wrap with the AES-NO-PAD mechanism
    AesNoPad(Keys),
    /// Wrap with the AES-PKCS5-PAD mechanism
    AesPkcs5Pad(Keys),
    /// Wrap with the AES-ZERO-PAD mechanism
    AesZeroPad(Keys),
    /// Wrap with the CLOUDHSM-AES-GCM mechanism
    CloudhsmAesGcm(Gcm),
    /// Wrap with the RSA-AES mechanism
    RsaAes(Rsa),
    /// Wrap with the RSA-OAEP mechanism
    RsaOaep(Rsa),
    /// Wrap with the RSA-PKCS mechanism
    RsaPkcs(Keys),
}

#[derive(Debug, Args)]
pub(in crate::chsm) struct Keys {
    /// Key reference (e.g. key-reference=0xabc) or space separated list of key attributes in the form of
    /// attr.KEY_ATTRIBUTE_NAME=KEY_ATTRIBUTE_VALUE to select a payload key
    #[arg(long, num_args = 1.., required = true)]
    payload_filter: Vec<Filter>,
    /// The same, to select a wrapping key
    #[arg(long, num_args = 1.., required = true)]
    wrapping_filter: Vec<Filter>,
    /// Path to the binary file where the wrapped key data will be saved
    #[arg(long)]
    path: Option<PathBuf>,
    /// File path of signed quorum token file to approve operation for wrapping key
    #[arg(long)]
    wrapping_approval: Option<PathBuf>,
    /// File path of signed quorum token file to approve operation for payload key
    #[arg(long)]
    payload_approval: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(in crate::chsm) struct Gcm {
    #[command(flatten)]
    keys: Keys,
    #[command(flatten)]
    parameter: GcmParameter,
}

/// What both directions of AES-GCM take.
#[derive(Debug, Args)]
pub(in crate::chsm) struct GcmParameter {
    /// Aes GCM Additional Authenticated Data (AAD) value, in hex
    #[arg(long, value_parser = hex)]
    aad: Option<Bytes>,
    /// Aes GCM tag length in bits
    #[arg(long)]
    tag_length_bits: u64,
}

/// Bytes in hexadecimal digits.
#[derive(Debug, Clone)]
pub(in crate::chsm) struct Bytes(pub(super) Vec<u8>);

pub(super) fn hex(text: &str) -> Result<Bytes, String> {
    hexadecimal(text).map(Bytes).ok_or_else(|| "not an even number of hexadecimal digits".to_owned())
}

#[derive(Debug, Args)]
pub(in crate::chsm) struct Rsa {
    #[command(flatten)]
    keys: Keys,
    #[command(flatten)]
    parameter: RsaParameter,
}

/// What both directions of the RSA mechanisms with OAEP take.
#[derive(Debug, Args)]
pub(in crate::chsm) struct RsaParameter {
    /// Hash algorithm
    #[arg(long)]
    hash_function: HashFunction,
    /// Mask Generation Function algorithm
    #[arg(long)]
    mgf: Mgf,
}

impl GcmParameter {
    pub(super) fn with(&self, iv: &[u8]) -> Mechanism {
        self.mechanism(MechanismType::AesGcm, iv)
    }

    /// The initial value is the HSM's and stands before the wrapped key (documented).
    pub(super) fn prefixed(&self) -> Mechanism {
        self.mechanism(MechanismType::CloudHsmAesGcm, &[])
    }

    fn mechanism(&self, kind: MechanismType, iv: &[u8]) -> Mechanism {
        let aad = self.aad.as_ref().map(|aad| aad.0.clone()).unwrap_or_default();
        Mechanism::with(kind, Parameter::Gcm { iv: iv.into(), aad, tag_bits: self.tag_length_bits })
    }
}

impl RsaParameter {
    pub(super) fn aes(&self) -> Mechanism {
        let (hash, mgf, label) = (self.hash_function.hash(), self.mgf.hash(), Vec::new());
        Mechanism::with(MechanismType::RsaAesKeyWrap, Parameter::RsaAesWrap { aes_bits: AES_BITS, hash, mgf, label })
    }

    pub(super) fn oaep(&self) -> Mechanism {
        let (hash, mgf, label) = (self.hash_function.hash(), self.mgf.hash(), Vec::new());
        Mechanism::with(MechanismType::RsaPkcsOaep, Parameter::Oaep { hash, mgf, label })
    }
}

#[derive(Serialize)]
struct Wrapped {
    payload_key_reference: String,
    wrapping_key_reference: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    iv: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    wrapped_key_data: Option<String>,
}

impl Command {
    pub(super) fn run(&self, session: &mut Session<'_>) -> Answer {
        match self {
            Self::AesGcm(Gcm { keys, parameter }) => {
                let iv = session.world.iv();
                keys.run(session, &parameter.with(&iv), Some(&iv))
            }
            Self::CloudhsmAesGcm(Gcm { keys, parameter }) => keys.run(session, &parameter.prefixed(), None),
            Self::AesNoPad(keys) => keys.run(session, &Mechanism::new(MechanismType::CloudHsmAesKeyWrapNoPad), None),
            Self::AesPkcs5Pad(keys) => {
                keys.run(session, &Mechanism::new(MechanismType::CloudHsmAesKeyWrapPkcs5Pad), None)
            }
            Self::AesZeroPad(keys) => {
                keys.run(session, &Mechanism::new(MechanismType::CloudHsmAesKeyWrapZeroPad), None)
            }
            Self::RsaAes(Rsa { keys, parameter }) => keys.run(session, &parameter.aes(), None),
            Self::RsaOaep(Rsa { keys, parameter }) => keys.run(session, &parameter.oaep(), None),
            Self::RsaPkcs(keys) => keys.run(session, &Mechanism::new(MechanismType::RsaPkcs), None),
        }
    }
}

impl Keys {
    fn run(&self, session: &mut Session<'_>, mechanism: &Mechanism, iv: Option<&[u8]>) -> Answer {
        let payload = filter::one(session, &self.payload_filter)?.key_reference;
        let wrapping = filter::one(session, &self.wrapping_filter)?.key_reference;
        for approval in [&self.wrapping_approval, &self.payload_approval] {
            hand_in(approval.as_deref(), &mut session.connection(None)?.admin)?;
        }
        let (wrapped, _) = session.keys()?.wrap(mechanism, wrapping, payload)?;
        if let Some(path) = &self.path {
            data::write_file(path, &wrapped)?;
        }
        Data::of(&Wrapped {
            payload_key_reference: reference_of(payload),
            wrapping_key_reference: reference_of(wrapping),
            iv: iv.map(|iv| Hex(iv).to_string()),
            wrapped_key_data: self.path.is_none().then(|| data::encode(&wrapped)),
            path: self.path.clone(),
        })
    }
}
