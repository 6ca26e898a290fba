//! `genSymKey`: a symmetric key.

use hsm_sim::HsmError;
use hsm_sim::token::{Attribute, Mechanism, MechanismType};

use crate::kmu::argument::{Argument, Given};
use crate::kmu::command::{Command, group};
use crate::kmu::session::{Refusal, Session};
use crate::kmu::status::{self, INDENT};
use crate::kmu::terms::{self, ATTEST, ID, LABEL, M_VALUE, MIN_SRV, NEX, SESS, TIMEOUT, USERS};
use crate::utility::Outcome;

pub(super) const COMMAND: Command = Command {
    name: "genSymKey",
    group: group::SECRETS,
    summary: "Generates a Symmetric keys",
    arguments: &[
        Argument::required("t", "key-type", "specifies the type: 16 generic secret, 18 RC4, 21 triple DES, 31 AES"),
        Argument::required("s", "key-size", "specifies the size in bytes"),
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

const FUNCTION: &str = "Cfm3GenerateSymmetricKey";

fn run(session: &mut Session<'_>, given: &Given<'_>) -> Result<Outcome, Refusal> {
    let (kind, size): (u32, u64) = (given.required("t")?, given.required("s")?);
    let terms = terms::terms(given, session.least)?;
    let (mechanism, uses) = match kind {
        31 => (
            MechanismType::AesKeyGen,
            &[Attribute::Encrypt, Attribute::Decrypt, Attribute::Wrap, Attribute::Unwrap][..],
        ),
        // Documented without wrapping.
        21 => (MechanismType::Des3KeyGen, &[Attribute::Encrypt, Attribute::Decrypt][..]),
        // Inferred: a generic secret is for HMAC.
        16 => (MechanismType::GenericSecretKeyGen, &[Attribute::Sign, Attribute::Verify][..]),
        // Not on these HSMs (documented).
        18 => return session.refuse_to_make(FUNCTION, HsmError::PolicyViolation),
        _ => return Err(Refusal::Usage),
    };
    let template = terms::with_uses(terms::guarded(given), terms::SECRET, uses);
    // Triple DES keys have one size, which PKCS#11 does not name.
    let template = match (kind, size) {
        (21, 24) => template,
        (21, _) => return session.refuse_to_make(FUNCTION, HsmError::PolicyViolation),
        (_, size) => template.number(Attribute::ValueLen, size),
    };
    match session.keys.generate(&Mechanism::new(mechanism), &template, &terms) {
        Err(hsm_sim::Error::Hsm(error)) => session.refuse_to_make(FUNCTION, error),
        Err(error) => Err(Refusal::of(FUNCTION)(error)),
        Ok(made) => {
            let key = format!("Symmetric Key Created.  Key Handle: {}", made.handle);
            let text = status::returned(INDENT, FUNCTION, Ok(())) + &terms::made(given, &key, &made.nodes);
            session.terminal.print(&format!("\n{text}"))?;
            Ok(Outcome::when(status::overall(&made.nodes).is_ok()))
        }
    }
}
