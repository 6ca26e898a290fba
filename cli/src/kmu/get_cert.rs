//! `getCert`: a certificate of the cluster's first HSM that has it (documented).

use std::fs;

use hsm_sim::admin::CertificateKind;
use hsm_sim::{Error, HsmError};

use crate::kmu::argument::{Argument, Given};
use crate::kmu::command::{Command, group};
use crate::kmu::session::{Refusal, Session};
use crate::utility::Outcome;

pub(super) const COMMAND: Command = Command {
    name: "getCert",
    group: group::CERTIFICATES,
    summary: "Gets Partition Certificates stored on HSM",
    arguments: &[
        Argument::required("f", "file-name", "specifies the file to write the certificate to"),
        // The documentation's syntax says so, its sample and its list of parameters `-s`.
        Argument::optional("t", "certificate-type", "specifies the certificate, as -s"),
        Argument::optional(
            "s",
            "certificate-type",
            "specifies the certificate: 1 manufacturer's root, 2 manufacturer's hardware, 4 customer's root, 8 cluster by \
             customer's root, 16 cluster by manufacturer",
        ),
    ],
    run,
};

fn run(session: &mut Session<'_>, given: &Given<'_>) -> Result<Outcome, Refusal> {
    let number: u32 = match (given.number("s")?, given.number("t")?) {
        (Some(number), None) | (None, Some(number)) => number,
        _ => return Err(Refusal::Usage),
    };
    let kind = CertificateKind::of_number(number).ok_or(Refusal::Usage)?;
    let nodes = session.world.admin(&session.cluster)?.certificate(kind)?;
    let mut answer = HsmError::NoNode;
    for node in nodes {
        match node.result {
            Err(error) => answer = error,
            Ok(certificate) => {
                fs::write(given.text("f"), certificate)?;
                session.terminal.print("\nCfm3GetCert() returned 0 :HSM Return: SUCCESS\n")?;
                return Ok(Outcome::Done);
            }
        }
    }
    Err(Refusal::of("Cfm3GetCert")(Error::Hsm(answer)))
}
