//! `createPublicKey`: an RSA public key of its numbers. The documentation names the command; its arguments are inferred, the file of the modulus
//! is that of findKey.

use std::fs;

use crypto::asymmetric::rsa;
use crypto::keyfile::PublicKey;
use hsm_sim::HsmError;

use crate::kmu::argument::{Argument, Given};
use crate::kmu::command::{Command, group};
use crate::kmu::import_pub_key;
use crate::kmu::session::{Refusal, Session};
use crate::kmu::terms::{ID, LABEL, MIN_SRV, SESS, TIMEOUT};
use crate::kmu::wrapping::hexadecimal;
use crate::utility::Outcome;

pub(super) const COMMAND: Command = Command {
    name: "createPublicKey",
    group: group::CARRYING,
    summary: "Creates an RSA public key",
    arguments: &[
        LABEL,
        Argument::required("m", "modulus file", "specifies the file that holds the modulus in hexadecimal digits"),
        Argument::required("e", "public exponent", "specifies the public exponent, such as 65537"),
        SESS,
        ID,
        MIN_SRV,
        TIMEOUT,
    ],
    run,
};

fn run(session: &mut Session<'_>, given: &Given<'_>) -> Result<Outcome, Refusal> {
    let exponent: u64 = given.required("e")?;
    let digits = fs::read_to_string(given.text("m"))?;
    let modulus = hexadecimal(&digits.split_whitespace().collect::<String>()).map_err(|_| Refusal::Usage)?;
    let exponent = exponent.to_be_bytes();
    let significant = exponent.iter().position(|byte| *byte != 0).map_or(&[][..], |first| &exponent[first..]);
    match rsa::PublicKey::new(&modulus, significant) {
        Ok(key) => import_pub_key::create(session, given, &PublicKey::Rsa(key)),
        Err(_) => Err(Refusal::of(import_pub_key::FUNCTION)(HsmError::PolicyViolation.into())),
    }
}
