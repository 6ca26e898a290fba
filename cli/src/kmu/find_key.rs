//! `findKey`: the handles of the keys that the user may use and that match every argument.

use hsm_sim::client::{Client, Query};
use hsm_sim::node::NodeResult;
use hsm_sim::object::{Attribute, AttributeValue, Class, KeyType};
use hsm_sim::{Error, Handle, HsmError};

use crate::kmu::named::{Known, Named};
use crate::kmu::session::{Refusal, Session};
use crate::kmu::status::{self, INDENT};
use crate::utility::Outcome;

pub(super) const KNOWN: Known = Known { values: &["c", "t", "l", "id", "sess", "u", "kcv"], switches: &[] };

const FUNCTION: &str = "Cfm3FindKey";

pub(super) fn run(session: &mut Session<'_>, arguments: &Named<'_>) -> Result<Outcome, Refusal> {
    let wanted = Wanted::read(arguments).ok_or(Refusal::Usage)?;
    let (found, nodes) = session.client.find(&wanted.query).map_err(Refusal::of(FUNCTION))?;
    let mut handles = Vec::new();
    for handle in found {
        if wanted.matches(&session.client, handle).map_err(Refusal::of(FUNCTION))? {
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
    check_value: Option<Vec<u8>>,
}

impl Wanted {
    /// `None` if an argument's value does not fit.
    fn read(arguments: &Named<'_>) -> Option<Self> {
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
            Some(word) => Some(hexadecimal(word)?),
        };
        let label = arguments.value("l").map(|word| word.to_string());
        let id = arguments.value("id").map(|word| word.as_bytes().to_vec());
        Some(Self { query: Query { label, class, key_type, id }, session_keys, users, check_value })
    }

    /// Whether a key that the query found fits the other arguments too. One that vanished meanwhile does not.
    fn matches(&self, client: &Client, handle: Handle) -> hsm_sim::Result<bool> {
        match self.fits(client, handle) {
            Err(Error::Hsm(HsmError::InvalidHandle)) => Ok(false),
            result => result,
        }
    }

    fn fits(&self, client: &Client, handle: Handle) -> hsm_sim::Result<bool> {
        if let Some(session_key) = self.session_keys
            && client.attribute(handle, Attribute::Token)? != AttributeValue::Flag(!session_key)
        {
            return Ok(false);
        }
        if let Some(check_value) = &self.check_value
            && client.attribute(handle, Attribute::Kcv)? != AttributeValue::Bytes(check_value.clone())
        {
            return Ok(false);
        }
        if !self.users.is_empty() {
            let info = client.key_info(handle)?;
            let public = client.attribute(handle, Attribute::Class)? == AttributeValue::Number(Class::Public.number());
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

fn hexadecimal(word: &str) -> Option<Vec<u8>> {
    let digits = word.strip_prefix("0x").unwrap_or(word).as_bytes();
    let pair = |pair: &[u8]| match pair {
        [high, low] => {
            let digit = |digit: u8| char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
            Some(digit(*high)? << 4 | digit(*low)?)
        }
        _ => None,
    };
    digits.chunks(2).map(pair).collect()
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
        assert_eq!(hexadecimal("0x1a4b31"), Some(vec![0x1a, 0x4b, 0x31]));
        assert_eq!(hexadecimal("1a4"), None);
        assert_eq!(hexadecimal("zz"), None);
    }
}
