//! `aesWrapUnwrap`: the bytes of a file, wrapped or unwrapped by an AES key of the HSM (documented).

use std::fs;

use hsm_sim::keys::Padding;
use hsm_sim::{Handle, HsmError, SecretBytes};

use crate::kmu::argument::{Argument, Given};
use crate::kmu::command::{Command, group};
use crate::kmu::key_file;
use crate::kmu::session::{Refusal, Session};
use crate::kmu::status::{self, INDENT};
use crate::kmu::wrapping;
use crate::utility::Outcome;

pub(super) const COMMAND: Command = Command {
    name: "aesWrapUnwrap",
    group: group::CRYPTO,
    summary: "Does NIST AES Wrap/Unwrap",
    arguments: &[
        Argument::required("m", "wrap-unwrap mode", "specifies the mode: 1 wraps, 0 unwraps"),
        Argument::required("f", "file-to-wrap-unwrap", "specifies the file, of less than 4096 bytes"),
        Argument::required("w", "wrapping-key-handle", "specifies the handle of the AES key"),
        Argument::optional("i", "wrapping-IV", "specifies the IV in hexadecimal digits"),
        Argument::optional("out", "output-file", "specifies the file to write the result to"),
    ],
    run,
};

/// Documented.
const LIMIT: usize = 4096;

fn run(session: &mut Session<'_>, given: &Given<'_>) -> Result<Outcome, Refusal> {
    let key: Handle = given.required("w")?;
    let (function, usual, wraps) = match given.text("m") {
        "1" => ("Cfm3WrapHostKey", "wrapped_key", true),
        "0" => ("Cfm3UnWrapHostKey", "unwrapped_key", false),
        _ => return Err(Refusal::Usage),
    };
    let iv = match given.value("i") {
        Some(digits) => wrapping::hexadecimal(digits)?,
        None => {
            session.terminal.print(&format!(
                "\n{INDENT}Warning: IV (-i) is missing.\n{INDENT}         0xA6A6A6A6A6A6A6A6 is considered as default IV\n"
            ))?;
            Vec::new()
        }
    };
    let refused = Refusal::of(function);
    let bytes = key_file::read_secret(given.text("f"))?;
    let file = given.value("out").map_or(usual, |file| file.as_str());
    // If the command fails, the file is there and empty (documented).
    fs::write(file, b"")?;
    if bytes.len() >= LIMIT {
        return Err(refused(HsmError::DataTooLong.into()));
    }
    let mechanism = session.keys.key_wrap(Padding::Pkcs5, &iv);
    let result = if wraps {
        session.keys.wrap_bytes(&mechanism, key, bytes.expose()).map(SecretBytes::new)
    } else {
        session.keys.unwrap_bytes(&mechanism, key, bytes.expose())
    };
    let result = result.map_err(&refused)?;
    key_file::write_secret(file, &result)?;
    let row = |row: &[u8]| row.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(" ") + "\n";
    let rows: String = result.expose().chunks(8).map(row).collect();
    let returned = status::returned(INDENT, function, Ok(()));
    session.terminal.print(&format!("result data:\n{rows}\nresult written to file {file}\n\n{returned}"))?;
    Ok(Outcome::Done)
}
