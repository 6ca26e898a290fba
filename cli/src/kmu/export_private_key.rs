//! `exportPrivateKey`: a private key in the clear, as PEM (documented).

use crypto::keyfile::PrivateKey;
use hsm_sim::object::Class;

use crate::kmu::argument::{Argument, Given};
use crate::kmu::command::{Command, group};
use crate::kmu::session::{Refusal, Session};
use crate::kmu::{host_key, key_file};
use crate::utility::Outcome;

pub(super) const COMMAND: Command = Command {
    name: "exportPrivateKey",
    group: group::CARRYING,
    summary: "Exports RSA/DSA/EC private key",
    arguments: &[
        Argument::required("k", "private key handle", "specifies the handle of the private key to export"),
        host_key::WRAPPING_KEY,
        Argument::required("out", "key file", "specifies the file to write the key to"),
        host_key::MECHANISM,
        host_key::HOST_KEY,
    ],
    run,
};

fn run(session: &mut Session<'_>, given: &Given<'_>) -> Result<Outcome, Refusal> {
    let key = host_key::export(session, given, Class::Private)?;
    let file = given.text("out");
    key_file::write_secret(file, &PrivateKey::from_pkcs8(key.expose())?.to_pem()?)?;
    session.terminal.print(&format!("\nPEM formatted private key is written to {file}\n"))?;
    Ok(Outcome::Done)
}
