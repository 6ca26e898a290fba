//! `findKey`: the handles of the keys that the user may use and that match every argument.

use std::fs;

use hsm_sim::keys::{Keys, Query};
use hsm_sim::node::NodeResult;
use hsm_sim::object::{Attribute, AttributeValue, Class, KeyType};
use hsm_sim::{Error, Handle, HsmError};

use crate::kmu::argument::{Argument, Given};
use crate::kmu::command::{Command, group};
use crate::kmu::session::{Refusal, Session};
use crate::kmu::status::{self, INDENT};
use crate::kmu::wrapping::hexadecimal;
use crate::utility::Outcome;

pub(super) const COMMAND: Command = Command {
    name: "findKey",
    group: group::MANAGEMENT,
    summary: "Find Key",
    arguments: &[
        Argument::optional("c", "key class", "finds keys of a class: 2 public, 3 private, 4 secret"),
        Argument::optional(
            "t",
            "key type",
            "finds keys of a type: 0 RSA, 1 DSA, 3 EC, 16 generic secret, 18 RC4, 21 triple DES, 31 AES",
        ),
        Argument::optional("l", "key label", "finds keys of a label"),
        Argument::optional("id", "key ID", "finds the keys of an ID"),
        Argument::optional("sess", "0 | 1", "finds keys of this session (1) or of the cluster (0)"),
        Argument::optional("u", "user-ids", "finds keys that all these users can use, with commas between"),
        Argument::optional("m", "modulus file", "finds keys of the modulus in a file"),
        Argument::optional("kcv", "key check value", "finds keys of a check value"),
    ],
    run,
};

const FUNCTION: &str = "Cfm3FindKey";

fn run(session: &mut Session<'_>, arguments: &Given<'_>) -> Result<Outcome, Refusal> {
    let modulus = arguments.value("m").map(|file| fs::read_to_string(file.as_str())).transpose()?;
    let wanted = Wanted::read(arguments, modulus.as_deref()).ok_or(Refusal::Usage)?;
    let (found, nodes) = session.keys.find(&wanted.query).map_err(Refusal::of(FUNCTION))?;
    let mut handles = Vec::new();
    for handle in found {
        if wanted.matches(&session.keys, handle).map_err(Refusal::of(FUNCTION))? {
            handles.push(handle);
        }
    }
    session.terminal.print(&render(&handles, &nodes))?;
    Ok(Outcome::when(status::overall(&nodes).is_ok()))
}

/// The arguments.
struct Wanted {
    query: Query,
    session_keys: Option<bool>,
    users: Vec<u32>,
    modulus: Option<Vec<u8>>,
    check_value: Option<Vec<u8>>,
}

impl Wanted {
    /// `None` if an argument's value does not fit. `modulus` is that of a file, in hexadecimal digits.
    fn read(arguments: &Given<'_>, modulus: Option<&str>) -> Option<Self> {
        let class = match arguments.value("c") {
            None => None,
            Some(word) => Some(class(word)?),
        };
        let key_type = match arguments.value("t") {
            None => None,
            Some(word) => Some(key_type(word)?),
        };
        let session_keys = match arguments.value("sess").map(|word| word.as_str()) {
            None => None,
            Some("0") => Some(false),
            Some("1") => Some(true),
            Some(_) => return None,
        };
        let users = match arguments.value("u") {
            None => Vec::new(),
            Some(word) => word.split(',').map(|id| id.parse().ok()).collect::<Option<_>>()?,
        };
        let check_value = match arguments.value("kcv") {
            None => None,
            Some(word) => Some(hexadecimal(word).ok()?),
        };
        let modulus = match modulus {
            None => None,
            Some(digits) => Some(hexadecimal(&digits.split_whitespace().collect::<String>()).ok()?),
        };
        let label = arguments.value("l").map(|word| word.to_string());
        let id = arguments.value("id").map(|word| word.as_bytes().to_vec());
        Some(Self { query: Query { label, class, key_type, id }, session_keys, users, modulus, check_value })
    }

    /// Whether a key that the query found fits the other arguments too. One that vanished meanwhile does not.
    fn matches(&self, keys: &Keys, handle: Handle) -> hsm_sim::Result<bool> {
        match self.fits(keys, handle) {
            Err(Error::Hsm(HsmError::InvalidHandle)) => Ok(false),
            result => result,
        }
    }

    fn fits(&self, keys: &Keys, handle: Handle) -> hsm_sim::Result<bool> {
        if let Some(session_key) = self.session_keys
            && keys.attribute(handle, Attribute::Token)? != AttributeValue::Flag(!session_key)
        {
            return Ok(false);
        }
        if let Some(modulus) = &self.modulus
            && keys.attribute(handle, Attribute::Modulus).ok() != Some(AttributeValue::Bytes(modulus.clone()))
        {
            return Ok(false);
        }
        if let Some(check_value) = &self.check_value
            && keys.attribute(handle, Attribute::Kcv)? != AttributeValue::Bytes(check_value.clone())
        {
            return Ok(false);
        }
        if !self.users.is_empty() {
            let info = keys.key_info(handle)?;
            let public = keys.attribute(handle, Attribute::Class)? == AttributeValue::Number(Class::Public.number());
            let may_use = |user: &u32| public || info.owner == *user || info.shared.contains(user);
            return Ok(self.users.iter().all(may_use));
        }
        Ok(true)
    }
}

fn class(word: &str) -> Option<Class> {
    [Class::Public, Class::Private, Class::Secret].into_iter().find(|class| class.number().to_string() == word)
}

fn key_type(word: &str) -> Option<KeyType> {
    let types = [KeyType::Rsa, KeyType::Ec, KeyType::Generic, KeyType::TripleDes, KeyType::Aes];
    types.into_iter().find(|key_type| key_type.number().to_string() == word)
}

/// Documented; `0::` is followed by the last index.
fn render(handles: &[Handle], nodes: &[NodeResult<()>]) -> String {
    let mut text = format!("\nTotal number of keys present {}\n\n", handles.len());
    if let Some(last) = handles.len().checked_sub(1) {
        let handles: Vec<String> = handles.iter().map(Handle::to_string).collect();
        text += &format!(" number of keys matched from start index 0::{last}\n{}\n\n", handles.join(", "));
    }
    text += &status::cluster(INDENT, nodes);
    format!("{text}\n{}", status::returned(INDENT, FUNCTION, status::overall(nodes)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kmu::status::answers;

    #[test]
    fn documented_transcripts() {
        let handles: Vec<Handle> = [6, 7, 524_296, 262_154].into_iter().map(Handle::new).collect();
        let expected = "
Total number of keys present 4

 number of keys matched from start index 0::3
6, 7, 524296, 262154

        Cluster Error Status
        Node id 0 and err state 0x00000000 : HSM Return: SUCCESS
        Node id 1 and err state 0x00000000 : HSM Return: SUCCESS

        Cfm3FindKey returned: 0x00 : HSM Return: SUCCESS
";
        assert_eq!(render(&handles, &answers([Ok(()), Ok(())])), expected);
        let nothing = "
Total number of keys present 0

        Cluster Error Status
        Node id 0 and err state 0x00000000 : HSM Return: SUCCESS

        Cfm3FindKey returned: 0x00 : HSM Return: SUCCESS
";
        assert_eq!(render(&[], &answers([Ok(())])), nothing);
    }

    #[test]
    fn values_of_arguments() {
        assert_eq!(class("4"), Some(Class::Secret));
        assert_eq!(class("5"), None);
        assert_eq!(key_type("31"), Some(KeyType::Aes));
    }
}
