//! Keys that pass through the host: wrapped by a key of the HSM on one side of the way, in the clear on the other.

use std::fs;

use crypto::symmetric::{AesKey, KeyWrap};
use hsm_sim::keys::{Padding, Terms};
use hsm_sim::object::{Attribute, AttributeValue, Class};
use hsm_sim::token::Template;
use hsm_sim::{Handle, HsmError, SecretBytes};

use crate::failure::Failure;
use crate::kmu::argument::{Argument, Given};
use crate::kmu::session::{Refusal, Session};
use crate::kmu::status::{self, INDENT};
use crate::kmu::terms;
use crate::utility::Outcome;

pub(super) const WRAPPING_KEY: Argument =
    Argument::required("w", "wrapping key handle", "specifies the handle of the AES wrapping key");
pub(super) const HOST_KEY: Argument =
    Argument::optional("wk", "wrapping key file", "specifies a file with the same key, for the way outside of the HSM");
pub(super) const MECHANISM: Argument =
    Argument::optional("m", "wrapping mechanism", "specifies the wrapping mechanism: 4, NIST_AES_WRAP");

const ONLY_MECHANISM: u32 = 4;

/// Takes a key of a class out of the HSM: it comes wrapped, and the HSM or the key in a file unwraps it (documented).
pub(super) fn export(session: &mut Session<'_>, given: &Given<'_>, class: Class) -> Result<SecretBytes, Refusal> {
    let (key, wrapping): (Handle, Handle) = (given.required("k")?, given.required("w")?);
    if given.number("m")?.unwrap_or(ONLY_MECHANISM) != ONLY_MECHANISM {
        return Err(Refusal::Usage);
    }
    let refused = Refusal::of("Cfm3WrapKey");
    let wanted = AttributeValue::Number(class.number());
    if session.keys.attribute(key, Attribute::Class).map_err(&refused)? != wanted {
        return Err(refused(HsmError::PolicyViolation.into()));
    }
    let mechanism = session.keys.key_wrap(Padding::Pkcs5, &[]);
    let (wrapped, _) = session.keys.wrap(&mechanism, wrapping, key).map_err(&refused)?;
    session.terminal.print(&format!("\n{}", status::returned(INDENT, "Cfm3WrapKey", Ok(()))))?;
    if let Some(file) = given.value("wk") {
        return Ok(host_key(file)?.unwrap(KeyWrap::KW_PKCS7, &wrapped)?);
    }
    let function = "Cfm3UnWrapHostKey";
    let bytes = session.keys.unwrap_bytes(&mechanism, wrapping, &wrapped).map_err(Refusal::of(function))?;
    session.terminal.print(&format!("\n{}", status::returned(INDENT, function, Ok(()))))?;
    Ok(bytes)
}

/// Brings a key into the HSM: the HSM or the key in a file wraps it, and the HSM unwraps it (documented). `name` is what the
/// answer calls it.
pub(super) fn import(
    session: &mut Session<'_>,
    given: &Given<'_>,
    bytes: &SecretBytes,
    template: &Template,
    name: &str,
) -> Result<Outcome, Refusal> {
    let wrapping: Handle = given.required("w")?;
    let terms: Terms = terms::terms(given, session.least)?;
    let mechanism = session.keys.key_wrap(Padding::Pkcs5, &[]);
    let wrapped = match given.value("wk") {
        Some(file) => host_key(file)?.wrap(KeyWrap::KW_PKCS7, bytes.expose())?,
        None => {
            session.keys.wrap_bytes(&mechanism, wrapping, bytes.expose()).map_err(Refusal::of("Cfm3WrapHostKey"))?
        }
    };
    for function in ["Cfm3WrapHostKey", "Cfm3CreateUnwrapTemplate"] {
        session.terminal.print(&format!("\n{}", status::returned(INDENT, function, Ok(()))))?;
    }
    let function = "Cfm3UnWrapKey";
    let made = session.keys.unwrap(&mechanism, wrapping, &wrapped, template, &terms).map_err(Refusal::of(function))?;
    let key = format!("{name} Key Unwrapped.  Key Handle: {}", made.handle);
    let text = status::returned(INDENT, function, Ok(())) + &terms::made(given, &key, &made.nodes);
    session.terminal.print(&format!("\n{text}"))?;
    Ok(Outcome::when(status::overall(&made.nodes).is_ok()))
}

/// The AES key in a file, in the clear (documented).
fn host_key(file: &str) -> Result<AesKey, Failure> {
    let bytes = SecretBytes::new(fs::read(file)?);
    AesKey::new(bytes.expose()).map_err(|error| Failure::new(format!("{file}: {error}")))
}
