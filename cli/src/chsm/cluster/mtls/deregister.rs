//! `cluster mtls deregister-trust-anchor`: again, it finishes what it began.

use clap::Args;
use hsm_sim::HsmError;
use hsm_sim::mtls::Reference;

use crate::chsm::answer::{Answer, Data, everywhere, finish};
use crate::chsm::cluster::mtls::list::reference_of;
use crate::chsm::session::Session;

#[derive(Debug, Args)]
pub(in crate::chsm) struct Options {
    /// A hexadecimal or decimal certificate reference
    #[arg(long, value_parser = reference)]
    certificate_reference: Reference,
}

fn reference(text: &str) -> Result<Reference, String> {
    let parsed = match text.strip_prefix("0x") {
        Some(digits) => Reference::from_str_radix(digits, 16),
        None => text.parse(),
    };
    parsed.map_err(|error| error.to_string())
}

impl Options {
    pub(super) fn run(&self, session: &mut Session<'_>) -> Answer {
        let connection = session.connection(None)?;
        connection.user()?;
        let mut results = connection.admin.deregister_trust_anchor(self.certificate_reference)?;
        finish(&mut results, |answer| answer.result == Err(HsmError::NoSuchAnchor));
        everywhere("Trust anchor deregistration", &results)?;
        // Documented.
        let reference = reference_of(self.certificate_reference);
        Data::message(&format!("Trust anchor with reference {reference} deregistered successfully"))
    }
}
