//! `genRSAKeyPair`: an RSA key pair.

use hsm_sim::HsmError;
use hsm_sim::token::{Attribute, Mechanism, MechanismType};

use crate::kmu::argument::{Argument, Given};
use crate::kmu::command::{Command, group};
use crate::kmu::pair;
use crate::kmu::session::{Refusal, Session};
use crate::kmu::terms::{self, ATTEST, ID, LABEL, M_VALUE, MIN_SRV, NEX, SESS, TIMEOUT, USERS};
use crate::utility::Outcome;

pub(super) const COMMAND: Command = Command {
    name: "genRSAKeyPair",
    group: group::PAIRS,
    summary: "Generates an RSA Key Pair",
    arguments: &[
        Argument::required("m", "modulus length", "specifies the modulus length in bits, 2048 to 4096"),
        Argument::required("e", "public exponent", "specifies the public exponent, an odd number from 65537"),
        LABEL,
        ID,
        MIN_SRV,
        M_VALUE,
        NEX,
        SESS,
        TIMEOUT,
        USERS,
        ATTEST,
    ],
    run,
};

/// The least exponent (documented).
const LEAST_EXPONENT: u64 = 65_537;

fn run(session: &mut Session<'_>, given: &Given<'_>) -> Result<Outcome, Refusal> {
    let (bits, exponent): (u64, u64) = (given.required("m")?, given.required("e")?);
    if exponent < LEAST_EXPONENT || exponent.is_multiple_of(2) {
        return session.refuse_to_make(pair::FUNCTION, HsmError::PolicyViolation);
    }
    let exponent = exponent.to_be_bytes();
    let exponent = &exponent[exponent.iter().take_while(|byte| **byte == 0).count()..];
    let public = terms::template(given).number(Attribute::ModulusBits, bits).bytes(Attribute::PublicExponent, exponent);
    // Documented of the public key; the private one is for the opposite.
    let public = terms::with_uses(public, terms::PUBLIC, terms::RSA_PUBLIC);
    let private = terms::with_uses(terms::guarded(given), terms::PRIVATE, terms::RSA_PRIVATE);
    // FIPS primes (documented for the client library); `generic` tokens have it too.
    pair::generate(session, given, &Mechanism::new(MechanismType::RsaX931KeyPairGen), &public, &private)
}
