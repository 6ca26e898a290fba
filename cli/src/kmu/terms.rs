//! What the commands that make keys have in common.

use hsm_sim::keys::Terms;
use hsm_sim::node::NodeResult;
use hsm_sim::token::{Attribute, Template, Value};

use crate::kmu::argument::{Argument, Given, Misfit};
use crate::kmu::status::{self, INDENT};

pub(super) const LABEL: Argument = Argument::required("l", "key label", "specifies the key label");
pub(super) const ID: Argument = Argument::optional("id", "key ID", "specifies the key ID");
pub(super) const MIN_SRV: Argument = Argument::optional(
    "min_srv",
    "minimum number of servers",
    "specifies on how many servers the key must arrive within the timeout",
);
pub(super) const M_VALUE: Argument = Argument::optional(
    "m_value",
    "0..8",
    "specifies the number of users who must approve the use of the key; they are shared it with -u",
);
pub(super) const NEX: Argument = Argument::switch("nex", "makes the key nonextractable");
pub(super) const SESS: Argument = Argument::switch("sess", "makes a key of this session");
pub(super) const TIMEOUT: Argument =
    Argument::optional("timeout", "number of seconds", "specifies how long to wait for the servers of -min_srv");
pub(super) const USERS: Argument =
    Argument::optional("u", "user-ids", "specifies the users to share the key with, with commas between");
pub(super) const ATTEST: Argument = Argument::switch("attest", "checks the firmware's answer");

/// The terms of new keys. `least` is the configured minimum of servers: the larger of both counts (documented).
pub(super) fn terms(given: &Given<'_>, least: usize) -> Result<Terms, Misfit> {
    let shared = match given.value("u") {
        None => Vec::new(),
        Some(list) => list.split(',').map(|id| id.parse().map_err(|_| Misfit::Other)).collect::<Result<_, _>>()?,
    };
    let servers: Option<usize> = given.number("min_srv")?;
    // Whatever is reached is reached at once, so nothing waits for it; the rules of the argument hold all the same.
    if given.number::<u64>("timeout")?.is_some() && servers.is_none() {
        return Err(Misfit::Other);
    }
    let approvals = given.number("m_value")?.unwrap_or(0);
    Ok(Terms { shared, approvals, servers: servers.unwrap_or(0).max(least), unique_id: true })
}

/// The attributes that the arguments give a key.
pub(super) fn template(given: &Given<'_>) -> Template {
    Template::new()
        .flag(Attribute::Token, !given.has("sess"))
        .flag(Attribute::Private, true)
        .bytes(Attribute::Label, given.text("l").as_bytes())
        .bytes(Attribute::Id, given.text("id").as_bytes())
}

/// The same of a private or secret key, which nobody reads.
pub(super) fn guarded(given: &Given<'_>) -> Template {
    template(given).flag(Attribute::Sensitive, true).flag(Attribute::Extractable, !given.has("nex"))
}

/// What a secret key may be for.
pub(super) const SECRET: &[Attribute] = &[
    Attribute::Encrypt,
    Attribute::Decrypt,
    Attribute::Wrap,
    Attribute::Unwrap,
    Attribute::Sign,
    Attribute::Verify,
    Attribute::Derive,
];
/// What a public key may be for.
pub(super) const PUBLIC: &[Attribute] = &[Attribute::Encrypt, Attribute::Verify, Attribute::Wrap, Attribute::Derive];
/// What a private key may be for.
pub(super) const PRIVATE: &[Attribute] = &[Attribute::Decrypt, Attribute::Sign, Attribute::Unwrap, Attribute::Derive];

/// What a public RSA key is for unless somebody changes it (documented sample).
pub(super) const RSA_PUBLIC: &[Attribute] = &[Attribute::Encrypt, Attribute::Verify, Attribute::Wrap];
/// What a private RSA key is for: the other half of the same (inferred).
pub(super) const RSA_PRIVATE: &[Attribute] = &[Attribute::Decrypt, Attribute::Sign, Attribute::Unwrap];

/// Says of each of `all` uses whether it is among `uses`.
pub(super) fn with_uses(template: Template, all: &[Attribute], uses: &[Attribute]) -> Template {
    all.iter().fold(template, |template, usage| template.flag(*usage, uses.contains(usage)))
}

/// A template with other values of some attributes.
pub(super) fn replaced(template: &Template, values: &Template) -> Template {
    let kept = template.iter().filter(|(attribute, _)| values.get(*attribute).is_none());
    kept.fold(values.clone(), |result, (attribute, value): (Attribute, &Value)| result.with(attribute, value.clone()))
}

/// What follows the lines about the functions: the new keys, and the nodes (documented).
pub(super) fn made<T>(given: &Given<'_>, keys: &str, nodes: &[NodeResult<T>]) -> String {
    let attested = if given.has("attest") { format!("{INDENT}Attestation Check : [PASS]\n\n") } else { String::new() };
    format!("\n{INDENT}{keys}\n\n{attested}{}", status::cluster(INDENT, nodes))
}
