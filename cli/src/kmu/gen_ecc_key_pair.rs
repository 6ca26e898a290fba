//! `genECCKeyPair`: a key pair on an elliptic curve.

use hsm_sim::HsmError;
use hsm_sim::token::{Attribute, Mechanism, MechanismType};

use crypto::asymmetric::curve::{Curve, Params};

use crate::kmu::argument::{Argument, Given};
use crate::kmu::command::{Command, group};
use crate::kmu::pair;
use crate::kmu::session::{Refusal, Session};
use crate::kmu::terms::{self, ATTEST, ID, LABEL, M_VALUE, MIN_SRV, NEX, SESS, TIMEOUT, USERS};
use crate::utility::Outcome;

pub(super) const COMMAND: Command = Command {
    name: "genECCKeyPair",
    group: group::PAIRS,
    summary: "Generates an ECC Key Pair",
    arguments: &[
        Argument::required("i", "EC curve id", "specifies the curve: 2 prime256v1, 14 secp384r1, 16 secp256k1"),
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

fn run(session: &mut Session<'_>, given: &Given<'_>) -> Result<Outcome, Refusal> {
    let curve = match given.required::<u32>("i")? {
        2 => Curve::P256,
        14 => Curve::P384,
        16 => Curve::Secp256k1,
        // The others are known, and not valid on these HSMs (documented).
        _ => return session.refuse_to_make(pair::FUNCTION, HsmError::PolicyViolation),
    };
    let public = terms::template(given).bytes(Attribute::EcParams, &Params::Weierstrass(curve).to_der());
    let public = terms::with_uses(public, terms::PUBLIC, &[Attribute::Verify]);
    let private = terms::with_uses(terms::guarded(given), terms::PRIVATE, &[Attribute::Sign]);
    pair::generate(session, given, &Mechanism::new(MechanismType::EcKeyPairGen), &public, &private)
}
