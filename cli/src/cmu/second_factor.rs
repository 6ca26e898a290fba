//! `-2fa <file>`: the servers' challenges go to a file, the officer signs them elsewhere and writes the signatures into it
//! (documented).

use std::collections::BTreeMap;
use std::fs;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hsm_sim::NodeId;
use hsm_sim::admin::{Admin, NewFactor, Signatures};
use serde::{Deserialize, Serialize};

use crate::cmu::session::{Refusal, Session};
use crate::failure::Failure;
use crate::terminal::Word;

/// The documented form of the file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct File {
    version: String,
    /// PEM; of the answer to a registration only.
    public_key: String,
    data: Vec<Challenge>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Challenge {
    hsm_id: String,
    digest: String,
    signature: String,
}

/// What the signatures are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// A login.
    Login,
    /// A key is registered.
    Registration,
}

/// What the officer wrote.
pub(super) struct Answer {
    pub(super) signatures: Signatures,
    public_key: String,
}

impl Answer {
    /// A user of two factors approves with the same key (documented).
    pub(super) fn as_new_factor(&self) -> NewFactor<'_> {
        NewFactor { public_key: self.public_key.as_bytes(), signatures: &self.signatures, quorum: true }
    }
}

/// The arguments without `-2fa <file>` at their end, and the file.
pub(super) fn argument(arguments: &[Word]) -> Result<(&[Word], Option<&Word>), Refusal> {
    match arguments {
        [rest @ .., option, file] if option.as_str() == "-2fa" => Ok((rest, Some(file))),
        [.., option] if option.as_str() == "-2fa" => Err(Refusal::Usage),
        all => Ok((all, None)),
    }
}

/// That a second factor is registered for an officer (documented).
pub(super) fn only_for_officers(kind: &Word, file: Option<&Word>) -> Result<(), Refusal> {
    if file.is_some() && kind.as_str() == "CU" { Err(Refusal::Usage) } else { Ok(()) }
}

/// Writes the challenges of the addressed servers to a file and reads what became of them.
pub(super) fn ask(session: &mut Session<'_>, file: &Word, purpose: Purpose) -> Result<Answer, Refusal> {
    let challenges = session.admins.each(Admin::challenge)?;
    let entry = |node: &hsm_sim::admin::NodeResult<hsm_sim::admin::Challenge>| {
        let digest = node.result.as_ref().ok()?;
        let hsm_id = node.node.as_str().to_owned();
        Some(Challenge { hsm_id, digest: STANDARD.encode(digest), signature: String::new() })
    };
    let data = challenges.iter().filter_map(entry).collect();
    write(file, &File { version: "1.0".to_owned(), public_key: String::new(), data })?;
    session.terminal.print(&instructions(file, purpose))?;
    let typed = session.terminal.ask("Enter filename:")?.unwrap_or_default();
    read(if typed.is_empty() { file } else { &typed })
}

/// The text of a registration is documented; that of a login differs by what it asks for (inferred).
fn instructions(file: &str, purpose: Purpose) -> String {
    let paste = match purpose {
        Purpose::Registration => {
            "Paste the signatures and the corresponding public key\ninto the authentication data file and"
        }
        Purpose::Login => "Paste the signatures into the authentication\ndata file and",
    };
    format!(
        "Authentication data written to: \"{file}\"\n\
         Generate Base64-encoded signatures for SHA256 digests in the authentication data\n\
         file. To generate the signatures, use the RSA private key, which is the second factor of\n\
         authentication for this user. {paste} provide the file path below.\n\
         Leave this field blank to use the path initially provided.\n"
    )
}

fn write(path: &str, file: &File) -> Result<(), Refusal> {
    let mut bytes = Vec::new();
    let indented = serde_json::ser::PrettyFormatter::with_indent(b"    ");
    let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, indented);
    file.serialize(&mut serializer).map_err(|error| Failure::new(error.to_string()))?;
    bytes.push(b'\n');
    Ok(fs::write(path, bytes)?)
}

fn read(path: &str) -> Result<Answer, Refusal> {
    let wrong = |what: &dyn std::fmt::Display| Failure::new(format!("the authentication data file is wrong: {what}"));
    let file: File = serde_json::from_str(&fs::read_to_string(path)?).map_err(|error| wrong(&error))?;
    let mut signatures: Signatures = BTreeMap::new();
    for Challenge { hsm_id, signature, .. } in file.data {
        let node: NodeId = hsm_id.parse().map_err(|error| wrong(&error))?;
        let signature = STANDARD.decode(signature.trim()).map_err(|error| wrong(&error))?;
        signatures.insert(node, signature);
    }
    Ok(Answer { signatures, public_key: file.public_key })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documented_instructions() {
        let expected = "\
Authentication data written to: \"/home/ec2-user/authdata\"
Generate Base64-encoded signatures for SHA256 digests in the authentication data
file. To generate the signatures, use the RSA private key, which is the second factor of
authentication for this user. Paste the signatures and the corresponding public key
into the authentication data file and provide the file path below.
Leave this field blank to use the path initially provided.
";
        assert_eq!(instructions("/home/ec2-user/authdata", Purpose::Registration), expected);
    }

    #[test]
    fn the_option_stands_last() {
        let words = |line: &str| crate::terminal::words(line).unwrap();
        let line = words("CO carol password -2fa /tmp/authdata");
        let (rest, file) = argument(&line).ok().unwrap();
        assert_eq!((rest.len(), file.map(|file| file.as_str())), (3, Some("/tmp/authdata")));
        assert!(argument(&words("CO carol password -2fa")).is_err());
        assert!(argument(&words("CO carol password")).ok().unwrap().1.is_none());
    }
}
