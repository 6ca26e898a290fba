//! `key generate-asymmetric-pair {rsa, ec}`.

use clap::{Args, Subcommand, ValueEnum};
use crypto::asymmetric::curve::{Curve as Weierstrass, Params};
use hsm_sim::token::{Attribute, Mechanism, MechanismType, Template};
use serde::Serialize;

use crate::chsm::answer::{Answer, Data};
use crate::chsm::key::attribute::{Assignment, assigned};
use crate::chsm::key::new::{Lasting, Users};
use crate::chsm::key::shown::{self, Shown};
use crate::chsm::session::Session;

#[derive(Debug, Subcommand)]
pub(in crate::chsm) enum Command {
    /// Generate an Elliptic-Curve Cryptography (ECC) key pair
    Ec(Ec),
    /// Generate an RSA key pair
    Rsa(Rsa),
}

#[derive(Debug, Args)]
pub(in crate::chsm) struct Ec {
    #[command(flatten)]
    pair: Pair,
    /// Elliptic curve used to generate the key pair
    #[arg(long)]
    curve: Curve,
}

#[derive(Debug, Args)]
pub(in crate::chsm) struct Rsa {
    #[command(flatten)]
    pair: Pair,
    /// Modulus size in bits used to generate the RSA key pair
    #[arg(long)]
    modulus_size_bits: u64,
    /// Public exponent used to generate the RSA key pair
    #[arg(long)]
    public_exponent: u32,
}

#[derive(Debug, Args)]
struct Pair {
    /// Label for the public key
    #[arg(long)]
    public_label: String,
    /// Label for the private key
    #[arg(long)]
    private_label: String,
    #[command(flatten)]
    lasting: Lasting,
    /// Space separated list of key attributes to set for the generated public key in the form of
    /// KEY_ATTRIBUTE_NAME=KEY_ATTRIBUTE_VALUE
    #[arg(long, num_args = 0..)]
    public_attributes: Vec<Assignment>,
    /// Space separated list of key attributes to set for the generated private key in the form of
    /// KEY_ATTRIBUTE_NAME=KEY_ATTRIBUTE_VALUE
    #[arg(long, num_args = 0..)]
    private_attributes: Vec<Assignment>,
    #[command(flatten)]
    users: Users,
    /// The quorum value for key management operations for the private key
    #[arg(long, default_value_t = 0)]
    manage_private_key_quorum_value: u8,
    /// The quorum value for key usage operations for the private key
    #[arg(long, default_value_t = 0)]
    use_private_key_quorum_value: u8,
}

/// Documented.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Curve {
    Prime256v1,
    Secp256r1,
    Secp224r1,
    Secp384r1,
    Secp256k1,
    Secp521r1,
}

impl Curve {
    const fn params(self) -> Params {
        Params::Weierstrass(match self {
            Self::Prime256v1 | Self::Secp256r1 => Weierstrass::P256,
            Self::Secp224r1 => Weierstrass::P224,
            Self::Secp384r1 => Weierstrass::P384,
            Self::Secp256k1 => Weierstrass::Secp256k1,
            Self::Secp521r1 => Weierstrass::P521,
        })
    }
}

#[derive(Serialize)]
struct Made {
    public_key: Shown,
    private_key: Shown,
}

impl Command {
    pub(super) fn run(&self, session: &mut Session<'_>) -> Answer {
        match self {
            Self::Ec(Ec { pair, curve }) => {
                let public = Template::new().bytes(Attribute::EcParams, &curve.params().to_der());
                pair.run(session, MechanismType::EcKeyPairGen, &public)
            }
            Self::Rsa(Rsa { pair, modulus_size_bits, public_exponent }) => {
                let exponent = public_exponent.to_be_bytes();
                let zeros = exponent.iter().take_while(|byte| **byte == 0).count();
                let public = Template::new()
                    .number(Attribute::ModulusBits, *modulus_size_bits)
                    .bytes(Attribute::PublicExponent, &exponent[zeros..]);
                pair.run(session, MechanismType::RsaPkcsKeyPairGen, &public)
            }
        }
    }
}

impl Pair {
    fn run(&self, session: &mut Session<'_>, mechanism: MechanismType, kind: &Template) -> Answer {
        let mut public = self.lasting.template(&self.public_label);
        kind.iter().for_each(|(attribute, value)| public.push(attribute, value.clone()));
        let public = assigned(public, &self.public_attributes);
        let private = assigned(self.lasting.template(&self.private_label), &self.private_attributes);
        session.keys()?;
        let quorum = (self.manage_private_key_quorum_value, self.use_private_key_quorum_value);
        let terms = self.users.terms(session, quorum)?;
        let made = session.keys()?.generate_pair(&Mechanism::new(mechanism), &public, &private, &terms)?;
        let (public_key, private_key) = (shown::one(session, made.public)?, shown::one(session, made.private)?);
        Data::of(&Made { public_key, private_key })
    }
}
