//! `key unwrap …`: a wrapped key comes into the cluster.

use clap::{Args, Subcommand, ValueEnum};
use hsm_sim::object::{Class, KeyType};
use hsm_sim::token::{Attribute, Mechanism, MechanismType};

use crate::chsm::answer::{Answer, Data};
use crate::chsm::data;
use crate::chsm::key::attribute::{Assignment, assigned};
use crate::chsm::key::filter::One;
use crate::chsm::key::generate_symmetric::Made;
use crate::chsm::key::new::{Lasting, Quorum, Users};
use crate::chsm::key::shown;
use crate::chsm::key::wrap::{Bytes, GcmParameter, RsaParameter, hex};
use crate::chsm::session::Session;
use crate::chsm::token_file::ApprovalFile;

#[derive(Debug, Subcommand)]
pub(in crate::chsm) enum Command {
    /// Unwrap with the AES-GCM mechanism
    AesGcm(Gcm),
    /// Unwrap with the AES-NO-PAD mechanism
    AesNoPad(Options),
    /// Unwrap with the AES-PKCS5-PAD mechanism
    AesPkcs5Pad(Options),
    /// Unwrap with the AES-ZERO-PAD mechanism
    AesZeroPad(Options),
    /// Unwrap with the CLOUDHSM-AES-GCM mechanism
    CloudhsmAesGcm(PrefixedGcm),
    /// Unwrap with the RSA-AES mechanism
    RsaAes(Rsa),
    /// Unwrap with the RSA-OAEP mechanism
    RsaOaep(Rsa),
    /// Unwrap with the RSA-PKCS mechanism
    RsaPkcs(Options),
}

#[derive(Debug, Args)]
pub(in crate::chsm) struct Options {
    #[command(flatten)]
    filter: One,
    #[command(flatten)]
    data: data::Data,
    /// Key type and class of wrapped key
    #[arg(long)]
    key_type_class: TypeClass,
    /// Label for the unwrapped key
    #[arg(long)]
    label: String,
    #[command(flatten)]
    lasting: Lasting,
    /// Space separated list of key attributes in the form of KEY_ATTRIBUTE_NAME=KEY_ATTRIBUTE_VALUE for the unwrapped key
    #[arg(long, num_args = 0..)]
    attributes: Vec<Assignment>,
    #[command(flatten)]
    users: Users,
    #[command(flatten)]
    quorum: Quorum,
    #[command(flatten)]
    approval: ApprovalFile,
}

#[derive(Debug, Args)]
pub(in crate::chsm) struct Gcm {
    #[command(flatten)]
    options: Options,
    #[command(flatten)]
    parameter: GcmParameter,
    /// Initial value used to wrap the key, in hex
    #[arg(long, value_parser = hex)]
    iv: Bytes,
}

#[derive(Debug, Args)]
pub(in crate::chsm) struct PrefixedGcm {
    #[command(flatten)]
    options: Options,
    #[command(flatten)]
    parameter: GcmParameter,
}

#[derive(Debug, Args)]
pub(in crate::chsm) struct Rsa {
    #[command(flatten)]
    options: Options,
    #[command(flatten)]
    parameter: RsaParameter,
}

/// Documented.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum TypeClass {
    Aes,
    Des3,
    EcPrivate,
    GenericSecret,
    RsaPrivate,
}

impl TypeClass {
    const fn numbers(self) -> (Class, KeyType) {
        match self {
            Self::Aes => (Class::Secret, KeyType::Aes),
            Self::Des3 => (Class::Secret, KeyType::TripleDes),
            Self::EcPrivate => (Class::Private, KeyType::Ec),
            Self::GenericSecret => (Class::Secret, KeyType::Generic),
            Self::RsaPrivate => (Class::Private, KeyType::Rsa),
        }
    }
}

impl Command {
    pub(super) fn run(&self, session: &mut Session<'_>) -> Answer {
        match self {
            Self::AesGcm(Gcm { options, parameter, iv }) => options.run(session, &parameter.with(&iv.0)),
            Self::CloudhsmAesGcm(PrefixedGcm { options, parameter }) => options.run(session, &parameter.prefixed()),
            Self::AesNoPad(options) => options.run(session, &Mechanism::new(MechanismType::CloudHsmAesKeyWrapNoPad)),
            Self::AesPkcs5Pad(options) => {
                options.run(session, &Mechanism::new(MechanismType::CloudHsmAesKeyWrapPkcs5Pad))
            }
            Self::AesZeroPad(options) => {
                options.run(session, &Mechanism::new(MechanismType::CloudHsmAesKeyWrapZeroPad))
            }
            Self::RsaAes(Rsa { options, parameter }) => options.run(session, &parameter.aes()),
            Self::RsaOaep(Rsa { options, parameter }) => options.run(session, &parameter.oaep()),
            Self::RsaPkcs(options) => options.run(session, &Mechanism::new(MechanismType::RsaPkcs)),
        }
    }
}

impl Options {
    fn run(&self, session: &mut Session<'_>, mechanism: &Mechanism) -> Answer {
        let by = self.filter.find(session)?.key_reference;
        let wrapped = self.data.read()?;
        let (class, key_type) = self.key_type_class.numbers();
        let template = self
            .lasting
            .template(&self.label)
            .number(Attribute::Class, class.number().into())
            .number(Attribute::KeyType, key_type.number().into());
        let template = assigned(template, &self.attributes);
        let terms = self.users.terms(session, self.quorum.values())?;
        self.approval.hand_in(&mut session.connection(None)?.admin)?;
        let handle = session.keys()?.unwrap(mechanism, by, &wrapped, &template, &terms)?.handle;
        Data::of(&Made { key: shown::one(session, handle)? })
    }
}
