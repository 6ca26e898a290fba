//! `unWrapKey`: a key that a file holds wrapped (documented).

use std::fs;

use hsm_sim::keys::Made;
use hsm_sim::token::{Attribute, Template};
use hsm_sim::{Handle, HsmError};

use crate::kmu::argument::{Argument, Given};
use crate::kmu::command::{Command, group};
use crate::kmu::header;
use crate::kmu::session::{Refusal, Session};
use crate::kmu::status::{self, INDENT};
use crate::kmu::terms::{self, ATTEST, ID, M_VALUE, MIN_SRV, NEX, SESS, TIMEOUT, USERS};
use crate::kmu::wrapping::{self, AAD, GCM_IV, HASH, IV, IV_FILE, MECHANISM, NO_HEADER, TAG_SIZE};
use crate::utility::Outcome;

pub(super) const COMMAND: Command = Command {
    name: "unWrapKey",
    group: group::CARRYING,
    summary: "UnWraps a key into HSM using the specified handle",
    arguments: &[
        Argument::required("f", "key-file-name", "specifies the file that holds the wrapped key"),
        Argument::required("w", "wrapping-key-handle", "specifies the handle of the unwrapping key"),
        SESS,
        MIN_SRV,
        TIMEOUT,
        AAD,
        TAG_SIZE,
        IV_FILE,
        ATTEST,
        MECHANISM,
        HASH,
        NEX,
        USERS,
        M_VALUE,
        NO_HEADER,
        Argument::optional("l", "key-label", "specifies the label, with -noheader"),
        ID,
        Argument::optional(
            "kt",
            "key-type",
            "specifies the type, with -noheader: 0 RSA, 3 EC, 16 generic secret, 21 triple DES, 31 AES",
        ),
        Argument::optional("kc", "key-class", "specifies the class, with -noheader: 3 private, 4 secret"),
        IV,
    ],
    run,
};

fn run(session: &mut Session<'_>, given: &Given<'_>) -> Result<Outcome, Refusal> {
    let unwrapping: Handle = given.required("w")?;
    let terms = terms::terms(given, session.least)?;
    let contents = wrapping::read(given)?;
    let bare = given.has("noheader");
    let (function, key) = if bare {
        ("Cfm2UnWrapWithTemplate3", "Key Unwrapped. Key Handle:")
    } else {
        ("Cfm3UnWrapKey", "Key Unwrapped.  Key Handle:")
    };
    let refused = Refusal::of(function);
    let damaged = || refused(HsmError::InvalidCiphertext.into());
    let (template, mut wrapped) = if bare {
        (described(given)?, contents.expose())
    } else {
        header::read(contents.expose()).ok_or_else(damaged)?
    };
    let mut iv = Vec::new();
    if given.required::<u32>("m")? == 10 {
        match given.value("iv_file").filter(|_| bare) {
            Some(file) => iv = fs::read(file.as_str())?,
            None => {
                let (first, rest) = wrapped.split_at_checked(GCM_IV).ok_or_else(damaged)?;
                (iv, wrapped) = (first.to_vec(), rest);
            }
        }
    }
    let mechanism = wrapping::mechanism(&session.keys, given, &iv)?;
    let guarded = terms::guarded(given);
    // The header's label and id are the key's.
    let kept = |attribute| if bare { None } else { template.get(attribute).cloned() };
    let named =
        [Attribute::Label, Attribute::Id].into_iter().filter_map(|attribute| Some((attribute, kept(attribute)?)));
    let named = named.fold(Template::new(), |all, (attribute, value)| all.with(attribute, value));
    let template = terms::replaced(&template, &terms::replaced(&guarded, &named));
    // The id of a wrapped key may still be in the cluster.
    let terms = hsm_sim::keys::Terms { unique_id: bare, ..terms };
    let Made { handle, nodes } =
        session.keys.unwrap(&mechanism, unwrapping, wrapped, &template, &terms).map_err(&refused)?;
    let mut text = String::from("\n");
    if bare {
        text += &status::returned(INDENT, "Cfm3CreateUnwrapTemplate2", Ok(()));
    }
    text += &status::returned(INDENT, function, Ok(()));
    text += &terms::made(given, &format!("{key} {handle}"), &nodes);
    session.terminal.print(&text)?;
    Ok(Outcome::when(status::overall(&nodes).is_ok()))
}

/// What the arguments say of a key that comes without a header.
fn described(given: &Given<'_>) -> Result<Template, Refusal> {
    if given.value("l").is_none() {
        return Err(Refusal::Usage);
    }
    let (class, kind): (u64, u64) = (given.required("kc")?, given.required("kt")?);
    let (all, uses) = match (class, kind) {
        (4, 31) => (terms::SECRET, &[Attribute::Encrypt, Attribute::Decrypt, Attribute::Wrap, Attribute::Unwrap][..]),
        (4, 21) => (terms::SECRET, &[Attribute::Encrypt, Attribute::Decrypt][..]),
        (4, 16) => (terms::SECRET, &[Attribute::Sign, Attribute::Verify][..]),
        (3, 0) => (terms::PRIVATE, &[Attribute::Decrypt, Attribute::Sign][..]),
        (3, 3) => (terms::PRIVATE, &[Attribute::Sign][..]),
        _ => return Err(Refusal::Usage),
    };
    let template = Template::new().number(Attribute::Class, class).number(Attribute::KeyType, kind);
    Ok(terms::with_uses(template, all, uses))
}
