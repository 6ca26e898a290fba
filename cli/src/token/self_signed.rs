//! `hsm-sim token self-signed`: the private key never leaves the token; the certificate is written where tools find it.

use std::io::Write as _;
use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;
use crypto::asymmetric::curve::{Curve, Params};
use crypto::keyfile::Certificate;
use crypto::x509::{AlternativeName, SelfSigned, SignedBy, Subject, Unsigned, Validity};
use hsm_sim::cluster::Personality;
use hsm_sim::token::{Attribute, Mechanism, MechanismType, ObjectHandle, Output, Template};

use crate::failure::Failure;
use crate::token::describe::Object;
use crate::token::key;
use crate::token::place::{Login, Place, Session};
use crate::token::select::Hexadecimal;

const DAY_SECONDS: i64 = 24 * 3_600;

#[derive(Debug, Args)]
pub(super) struct Options {
    /// The certificate's subject: a common name, or fields as in /C=DE/O=Example/CN=localhost
    #[arg(long)]
    subject: Subject,
    /// Another name of the subject, such as DNS:localhost, IP:127.0.0.1, email:… or URI:…; several with commas between
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    san: Vec<AlternativeName>,
    /// For how many days it is valid
    #[arg(long, default_value_t = 365, value_parser = clap::value_parser!(u32).range(1..=36_500))]
    days: u32,
    /// The key: rsa:2048 to rsa:8192, ec:P-224, ec:P-256, ec:P-384, ec:P-521, ec:secp256k1, ed25519
    #[arg(long, value_name = "TYPE", default_value = "ec:P-256")]
    key: PairType,
    /// The certificate may sign others
    #[arg(long)]
    ca: bool,
    /// The label of keys and certificate; the default is the common name
    #[arg(long)]
    label: Option<String>,
    /// Their id; the default is the digest of the public key (of a cloudhsm token, random)
    #[arg(long, value_name = "HEX")]
    id: Option<Hexadecimal>,
    /// Write the certificate to this file too; the default is the standard output
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    login: Login,
}

/// A kind of key pairs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PairType {
    Rsa(u32),
    Ec(Curve),
    Ed25519,
}

impl FromStr for PairType {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let unknown = || format!("'{text}' is no type of key; rsa:2048, ec:P-256 and ed25519 are");
        match text.split_once(':') {
            None if text.eq_ignore_ascii_case("ed25519") => Ok(Self::Ed25519),
            Some(("rsa", bits)) => match bits.parse() {
                Ok(bits @ 1_024..=8_192) => Ok(Self::Rsa(bits)),
                _ => Err(unknown()),
            },
            Some(("ec", "P-224")) => Ok(Self::Ec(Curve::P224)),
            Some(("ec", "P-256")) => Ok(Self::Ec(Curve::P256)),
            Some(("ec", "P-384")) => Ok(Self::Ec(Curve::P384)),
            Some(("ec", "P-521")) => Ok(Self::Ec(Curve::P521)),
            Some(("ec", "secp256k1")) => Ok(Self::Ec(Curve::Secp256k1)),
            _ => Err(unknown()),
        }
    }
}

impl PairType {
    const fn generated_by(self) -> MechanismType {
        match self {
            Self::Rsa(_) => MechanismType::RsaPkcsKeyPairGen,
            Self::Ec(_) => MechanismType::EcKeyPairGen,
            Self::Ed25519 => MechanismType::EcEdwardsKeyPairGen,
        }
    }

    /// The digest fits the strength of the key (RFC 5480 §4).
    const fn signs_by(self) -> (MechanismType, SignedBy) {
        match self {
            Self::Rsa(_) => (MechanismType::Sha256RsaPkcs, SignedBy::RsaSha256),
            Self::Ec(Curve::P384) => (MechanismType::EcdsaSha384, SignedBy::EcdsaSha384),
            Self::Ec(Curve::P521) => (MechanismType::EcdsaSha512, SignedBy::EcdsaSha512),
            Self::Ec(_) => (MechanismType::EcdsaSha256, SignedBy::EcdsaSha256),
            Self::Ed25519 => (MechanismType::Eddsa, SignedBy::Ed25519),
        }
    }

    fn public_template(self, template: Template) -> Template {
        let template = template.flag(Attribute::Verify, true);
        match self {
            Self::Rsa(bits) => template
                .flag(Attribute::Encrypt, true)
                .number(Attribute::ModulusBits, bits.into())
                .bytes(Attribute::PublicExponent, &crypto::asymmetric::rsa::F4),
            Self::Ec(curve) => template.bytes(Attribute::EcParams, &Params::Weierstrass(curve).to_der()),
            Self::Ed25519 => template.bytes(Attribute::EcParams, &Params::Edwards25519.to_der()),
        }
    }

    fn private_template(self, template: Template) -> Template {
        template
            .flag(Attribute::Private, true)
            .flag(Attribute::Sensitive, true)
            .flag(Attribute::Extractable, false)
            .flag(Attribute::Sign, true)
            .flag(Attribute::Decrypt, matches!(self, Self::Rsa(_)))
    }
}

pub(super) fn run(place: &Place, options: &Options) -> Result<(), Failure> {
    let session = place.session(&options.login)?;
    let label = options.label.clone().or_else(|| options.subject.last_common_name().map(str::to_owned));
    let label = label.unwrap_or_default();
    // What the client library of `cloudhsm` makes keeps its id (documented), so that one is not the key's digest.
    let id = match (&options.id, session.personality) {
        (Some(id), _) => Some(id.0.expose().to_vec()),
        (None, Personality::CloudHsm) => Some(session.token.serial(session.id)?.to_vec()),
        (None, Personality::Generic) => None,
    };
    let named = |template: Template| {
        let template = template.flag(Attribute::Token, true).bytes(Attribute::Label, label.as_bytes());
        id.iter().fold(template, |template, id| template.bytes(Attribute::Id, id))
    };
    let (public, private) = session.token.way.generate_key_pair(
        session.id,
        &Mechanism::new(options.key.generated_by()),
        &options.key.public_template(named(Template::new())),
        &options.key.private_template(named(Template::new())),
    )?;
    let finished = finish(&session, options, &label, id.as_deref(), public, private);
    if finished.is_err() {
        // Half of what was asked for is of no use.
        session.token.way.destroy_object(session.id, private)?;
        session.token.way.destroy_object(session.id, public)?;
    }
    finished
}

fn finish(
    session: &Session,
    options: &Options,
    label: &str,
    id: Option<&[u8]>,
    public: ObjectHandle,
    private: ObjectHandle,
) -> Result<(), Failure> {
    let way = &session.token.way;
    let public_key = key::read_public(session, &Object::read(session, public)?)?;
    let id = match id {
        Some(id) => id.to_vec(),
        None => {
            let id = public_key.identifier()?.to_vec();
            for handle in [public, private] {
                way.set_attributes(session.id, handle, &Template::new().bytes(Attribute::Id, &id))?;
            }
            id
        }
    };
    let (mechanism, signed_by) = options.key.signs_by();
    let not_before = session.token.now()?;
    let unsigned = Unsigned::new(&SelfSigned {
        subject: &options.subject,
        alternative_names: &options.san,
        public_key_der: &public_key.to_spki()?,
        ca: options.ca,
        serial: session.token.serial(session.id)?,
        validity: Validity { not_before, not_after: not_before + i64::from(options.days) * DAY_SECONDS },
        signed_by,
    })?;
    way.sign_init(session.id, &Mechanism::new(mechanism), private)?;
    // No signature of a key that can be made is longer.
    let mut signature = vec![0; 1_024];
    let length = way.sign(session.id, unsigned.to_be_signed(), Output::Buffer(&mut signature))?;
    let certificate = Certificate::from_der(&unsigned.signed(&signature[..length])?)?;
    let pem = certificate.to_pem()?;
    if let Some(path) = &options.out {
        std::fs::write(path, &pem).map_err(|error| Failure::new(format!("{}: {error}", path.display())))?;
    }
    if session.personality == Personality::Generic {
        way.create_object(session.id, &key::certificate(&certificate, label, &id))?;
    }
    let mut out = std::io::stdout();
    match &options.out {
        None => out.write_all(pem.as_bytes())?,
        Some(_) => writeln!(out, "made {}", Object::read(session, private)?)?,
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_of_keys() {
        for (text, expected) in [
            ("rsa:3072", Some(PairType::Rsa(3_072))),
            ("ec:P-521", Some(PairType::Ec(Curve::P521))),
            ("ec:secp256k1", Some(PairType::Ec(Curve::Secp256k1))),
            ("Ed25519", Some(PairType::Ed25519)),
            ("rsa", None),
            ("rsa:512", None),
            ("ec:P-192", None),
        ] {
            assert_eq!(text.parse().ok(), expected, "{text}");
        }
    }
}
