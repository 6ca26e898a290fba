//! Key pairs: what the commands that generate them have in common.

use hsm_sim::token::{Mechanism, Template};

use crate::kmu::argument::Given;
use crate::kmu::session::{Refusal, Session};
use crate::kmu::status::{self, INDENT};
use crate::kmu::terms;
use crate::utility::Outcome;

pub(super) const FUNCTION: &str = "Cfm3GenerateKeyPair";

/// Makes a pair and says so (documented).
pub(super) fn generate(
    session: &mut Session<'_>,
    given: &Given<'_>,
    mechanism: &Mechanism,
    public: &Template,
    private: &Template,
) -> Result<Outcome, Refusal> {
    let terms = terms::terms(given, session.least)?;
    match session.keys.generate_pair(mechanism, public, private, &terms) {
        Err(hsm_sim::Error::Hsm(error)) => session.refuse_to_make(FUNCTION, error),
        Err(error) => Err(Refusal::of(FUNCTION)(error)),
        Ok(made) => {
            let keys =
                format!("{FUNCTION}:    public key handle: {}    private key handle: {}", made.public, made.private);
            let text = status::returned(INDENT, FUNCTION, Ok(())) + &terms::made(given, &keys, &made.nodes);
            session.terminal.print(&format!("\n{text}"))?;
            Ok(Outcome::when(status::overall(&made.nodes).is_ok()))
        }
    }
}
