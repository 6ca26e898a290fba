//! Which objects a command is about.

use std::str::FromStr;

use clap::{Args, ValueEnum};
use hsm_sim::object::Class;
use hsm_sim::token::{Attribute, Error, ObjectHandle, Template};
use hsm_sim::{Handle, SecretBytes};
use zeroize::Zeroizing;

use crate::failure::Failure;
use crate::token::describe::Object;
use crate::token::place::Session;

/// Names objects; several words narrow the choice.
#[derive(Debug, Default, Args)]
#[group(id = "selection", required = true, multiple = true)]
pub(super) struct Selection {
    /// The object's label
    #[arg(long)]
    label: Option<String>,
    /// The object's id, hexadecimal
    #[arg(long, value_name = "HEX")]
    id: Option<Hexadecimal>,
    /// The object's handle, as 'list' and the management utilities show it
    #[arg(long, value_name = "NUMBER")]
    handle: Option<Handle>,
    /// The kind of object
    #[arg(long, value_name = "CLASS")]
    class: Option<ClassName>,
}

/// A kind of objects, as people name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ClassName {
    /// Public keys
    Public,
    /// Private keys
    Private,
    /// Secret keys
    Secret,
    /// Certificates
    Certificate,
    /// Data objects
    Data,
}

impl ClassName {
    const fn class(self) -> Class {
        match self {
            Self::Public => Class::Public,
            Self::Private => Class::Private,
            Self::Secret => Class::Secret,
            Self::Certificate => Class::Certificate,
            Self::Data => Class::Data,
        }
    }
}

/// Bytes, written as hexadecimal digits, perhaps with colons or spaces between them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hexadecimal(pub(super) SecretBytes);

impl FromStr for Hexadecimal {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(text.len() / 2));
        let mut high = None;
        for character in text.chars().filter(|character| !character.is_ascii_whitespace() && *character != ':') {
            let digit = character.to_digit(16).and_then(|digit| u8::try_from(digit).ok());
            let digit = digit.ok_or("a character is not a hexadecimal digit")?;
            match high.take() {
                None => high = Some(digit << 4),
                Some(high) => bytes.push(high | digit),
            }
        }
        match high {
            None if !bytes.is_empty() => Ok(Self(SecretBytes::new(std::mem::take(&mut *bytes)))),
            _ => Err("not an even number of hexadecimal digits".to_owned()),
        }
    }
}

impl Selection {
    /// Every object that fits.
    pub(super) fn all(&self, session: &Session) -> Result<Vec<Object>, Failure> {
        let mut template = Template::new();
        if let Some(label) = &self.label {
            template = template.bytes(Attribute::Label, label.as_bytes());
        }
        if let Some(id) = &self.id {
            template = template.bytes(Attribute::Id, id.0.expose());
        }
        if let Some(class) = self.class {
            template = template.number(Attribute::Class, class.class().number().into());
        }
        let mut objects = objects(session, &template)?;
        objects.retain(|object| self.handle.is_none_or(|wanted| object.number == Some(wanted)));
        Ok(objects)
    }

    /// Every object that fits; there is one at least.
    pub(super) fn some(&self, session: &Session) -> Result<Vec<Object>, Failure> {
        let objects = self.all(session)?;
        if objects.is_empty() {
            let hint =
                if session.is_logged_in()? { "" } else { " (nobody is logged in: private objects are not seen)" };
            return Err(Failure::new(format!(
                "the token has no such object{hint}; 'hsm-sim token list --objects' shows all"
            )));
        }
        Ok(objects)
    }

    /// The one object that fits.
    pub(super) fn one(&self, session: &Session) -> Result<Object, Failure> {
        let mut objects = self.some(session)?;
        match (objects.pop(), objects.is_empty()) {
            (Some(object), true) => Ok(object),
            (last, _) => {
                objects.extend(last);
                Err(ambiguous(&objects, "say which with --class or --handle"))
            }
        }
    }
}

/// The refusal to choose.
pub(super) fn ambiguous(objects: &[Object], remedy: &str) -> Failure {
    let lines: String = objects.iter().map(|object| format!("\n  {object}")).collect();
    Failure::new(format!("several objects fit; {remedy}:{lines}"))
}

/// What there is to say of every object that has these attributes, in the token's order. One that somebody deletes meanwhile is none.
pub(super) fn objects(session: &Session, template: &Template) -> Result<Vec<Object>, Failure> {
    let mut objects = Vec::new();
    for handle in find(session, template)? {
        match Object::read(session, handle) {
            Ok(object) => objects.push(object),
            Err(Error::ObjectHandleInvalid) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(objects)
}

/// Every object that has these attributes, in the token's order.
pub(super) fn find(session: &Session, template: &Template) -> Result<Vec<ObjectHandle>, Failure> {
    let way = &session.token.way;
    way.find_init(session.id, template)?;
    let mut all = Vec::new();
    loop {
        let more = way.find(session.id, 1_000)?;
        if more.is_empty() {
            break;
        }
        all.extend(more);
    }
    way.find_final(session.id)?;
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_digits() {
        for (text, expected) in [
            ("0aFF", Some(&[0x0a, 0xff][..])),
            ("de:ad be:ef\n", Some(&[0xde, 0xad, 0xbe, 0xef])),
            ("", None),
            ("abc", None),
            ("0x12", None),
            ("zz", None),
        ] {
            let read = text.parse::<Hexadecimal>().ok();
            assert_eq!(read.as_ref().map(|read| read.0.expose()), expected, "{text}");
        }
    }
}
