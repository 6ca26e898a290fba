//! `wrapKey`: a key in a file, wrapped by another one (documented).

use std::fs;

use hsm_sim::Handle;

use crate::kmu::argument::{Argument, Given};
use crate::kmu::command::{Command, group};
use crate::kmu::header;
use crate::kmu::session::{Refusal, Session};
use crate::kmu::status::{self, INDENT};
use crate::kmu::wrapping::{self, AAD, GCM_IV, HASH, IV, IV_FILE, MECHANISM, NO_HEADER, TAG_SIZE};
use crate::utility::Outcome;

pub(super) const COMMAND: Command = Command {
    name: "wrapKey",
    group: group::CARRYING,
    summary: "Wraps a key from from HSM using the specified handle",
    arguments: &[
        Argument::required("k", "exported-key-handle", "specifies the handle of the key to export"),
        Argument::required("w", "wrapping-key-handle", "specifies the handle of the wrapping key"),
        Argument::required("out", "output-file", "specifies the file to write the wrapped key to"),
        MECHANISM,
        AAD,
        HASH,
        NO_HEADER,
        IV,
        IV_FILE,
        TAG_SIZE,
    ],
    run,
};

// As the documentation's sample says it.
const FUNCTION: &str = "Cfm2WrapKey";

fn run(session: &mut Session<'_>, given: &Given<'_>) -> Result<Outcome, Refusal> {
    let (key, wrapping): (Handle, Handle) = (given.required("k")?, given.required("w")?);
    let refused = Refusal::of(FUNCTION);
    let iv = session.world.entropy().bytes::<GCM_IV>();
    let mechanism = wrapping::mechanism(&session.keys, given, &iv)?;
    let (wrapped, _) = session.keys.wrap(&mechanism, wrapping, key).map_err(&refused)?;
    let mut contents = Vec::new();
    if !given.has("noheader") {
        contents.extend(header::write(&session.keys, key).map_err(&refused)?);
    }
    if wrapping::makes_iv(&mechanism) {
        match given.value("iv_file").filter(|_| given.has("noheader")) {
            Some(file) => fs::write(file.as_str(), iv)?,
            // In front, where unWrapKey looks for it.
            None => contents.extend(iv),
        }
    }
    contents.extend(wrapped);
    let file = given.text("out");
    fs::write(file, &contents)?;
    let returned = status::returned(INDENT, FUNCTION, Ok(()));
    // One quote only (documented).
    let written = format!("{INDENT}Wrapped Key written to file \"{file} length {}", contents.len());
    session.terminal.print(&format!("\n{INDENT}Key Wrapped.\n\n{written}\n\n{returned}"))?;
    Ok(Outcome::Done)
}
