//! `genDSAKeyPair`: understood and refused, as by the newer HSM types, which have no DSA (inferred).

use hsm_sim::HsmError;

use crate::kmu::argument::{Argument, Given};
use crate::kmu::command::{Command, group};
use crate::kmu::pair;
use crate::kmu::session::{Refusal, Session};
use crate::kmu::terms::{self, ATTEST, ID, LABEL, M_VALUE, MIN_SRV, NEX, SESS, TIMEOUT, USERS};
use crate::utility::Outcome;

pub(super) const COMMAND: Command = Command {
    name: "genDSAKeyPair",
    group: group::PAIRS,
    summary: "Generates a DSA Key Pair",
    arguments: &[
        Argument::required("m", "modulus length", "specifies the modulus length in bits: 2048"),
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
    given.required::<u32>("m")?;
    terms::terms(given, session.least)?;
    session.refuse_to_make(pair::FUNCTION, HsmError::PolicyViolation)
}
