//! The attributes of keys as this tool names them (documented), as one table.

use std::fmt;
use std::str::FromStr;

use hsm_sim::object::{Attribute, AttributeValue};
use hsm_sim::token::{self, Template, Value};

/// An attribute of every key, in the order of listings.
#[derive(Debug, Clone, Copy)]
pub(in crate::chsm) struct Row {
    pub(super) name: &'static str,
    /// As the management tools know it; none for what only PKCS#11 clients see.
    pub(super) attribute: Option<Attribute>,
    /// As a template names it; none for what cannot be given.
    given: Option<token::Attribute>,
}

const fn row(name: &'static str, attribute: Attribute, given: Option<token::Attribute>) -> Row {
    Row { name, attribute: Some(attribute), given }
}

/// Those of every key. What only some have follows them: [`super::shown`].
pub(super) const ROWS: [Row; 23] = [
    row("key-type", Attribute::KeyType, None),
    row("label", Attribute::Label, Some(token::Attribute::Label)),
    row("id", Attribute::Id, Some(token::Attribute::Id)),
    row("check-value", Attribute::Kcv, None),
    row("class", Attribute::Class, None),
    row("encrypt", Attribute::Encrypt, Some(token::Attribute::Encrypt)),
    row("decrypt", Attribute::Decrypt, Some(token::Attribute::Decrypt)),
    row("token", Attribute::Token, None),
    row("always-sensitive", Attribute::AlwaysSensitive, None),
    row("derive", Attribute::Derive, Some(token::Attribute::Derive)),
    row("destroyable", Attribute::Destroyable, Some(token::Attribute::Destroyable)),
    row("extractable", Attribute::Extractable, Some(token::Attribute::Extractable)),
    row("local", Attribute::Local, None),
    Row { name: "modifiable", attribute: None, given: Some(token::Attribute::Modifiable) },
    row("never-extractable", Attribute::NeverExtractable, None),
    row("private", Attribute::Private, Some(token::Attribute::Private)),
    row("sensitive", Attribute::Sensitive, Some(token::Attribute::Sensitive)),
    row("sign", Attribute::Sign, Some(token::Attribute::Sign)),
    row("trusted", Attribute::Trusted, Some(token::Attribute::Trusted)),
    row("unwrap", Attribute::Unwrap, Some(token::Attribute::Unwrap)),
    row("verify", Attribute::Verify, Some(token::Attribute::Verify)),
    row("wrap", Attribute::Wrap, Some(token::Attribute::Wrap)),
    row("wrap-with-trusted", Attribute::WrapWithTrusted, Some(token::Attribute::WrapWithTrusted)),
];

/// Names of what only some keys have.
pub(super) const MORE: [&str; 6] =
    ["key-length-bytes", "ec-point", "curve", "public-exponent", "modulus", "modulus-size-bits"];

/// `NAME=VALUE` of an attribute that is given to a new key.
#[derive(Debug, Clone)]
pub(in crate::chsm) struct Assignment {
    attribute: token::Attribute,
    value: Value,
}

/// What is wrong with a word.
#[derive(Debug, Clone, thiserror::Error)]
pub(in crate::chsm) enum Wrong {
    #[error("it must be <KEY_ATTRIBUTE_NAME>=<KEY_ATTRIBUTE_VALUE>")]
    Form,
    #[error("there is no key attribute '{0}'")]
    Name(String),
    #[error("the key attribute '{0}' cannot be set")]
    Fixed(String),
    #[error("the key attribute '{name}' cannot be '{value}'")]
    Value { name: String, value: String },
}

impl Row {
    /// The row of this name.
    pub(super) fn find(name: &str) -> Result<&'static Self, Wrong> {
        ROWS.iter().find(|row| row.name == name).ok_or_else(|| Wrong::Name(name.to_owned()))
    }

    /// A value as the management tools take it.
    pub(super) fn value(&self, text: &str) -> Result<AttributeValue, Wrong> {
        let wrong = || Wrong::Value { name: self.name.to_owned(), value: text.to_owned() };
        match self.name {
            "label" => Ok(AttributeValue::Text(text.to_owned())),
            "id" => Ok(AttributeValue::Bytes(hexadecimal(text).ok_or_else(wrong)?)),
            _ => Ok(AttributeValue::Flag(text.parse().map_err(|_| wrong())?)),
        }
    }
}

impl FromStr for Assignment {
    type Err = Wrong;

    fn from_str(text: &str) -> Result<Self, Wrong> {
        let (name, value) = text.split_once('=').ok_or(Wrong::Form)?;
        let row = Row::find(name)?;
        let attribute = row.given.ok_or_else(|| Wrong::Fixed(name.to_owned()))?;
        let value = match row.value(value)? {
            AttributeValue::Flag(value) => Value::Flag(value),
            AttributeValue::Text(text) => Value::bytes(text.as_bytes()),
            AttributeValue::Bytes(bytes) => Value::bytes(&bytes),
            AttributeValue::Number(number) => Value::Number(number.into()),
        };
        Ok(Self { attribute, value })
    }
}

/// A template with what was given; what is given twice has the last value.
pub(super) fn assigned(mut template: Template, assignments: &[Assignment]) -> Template {
    for Assignment { attribute, value } in assignments {
        template = template.iter().filter(|(known, _)| known != attribute).map(|(a, v)| (a, v.clone())).collect();
        template.push(*attribute, value.clone());
    }
    template
}

/// Bytes after `0x`.
pub(super) fn hexadecimal(text: &str) -> Option<Vec<u8>> {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    let digit = |at: usize| digits.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok());
    (digits.len().is_multiple_of(2)).then(|| (0..digits.len()).step_by(2).map(digit).collect()).flatten()
}

/// Bytes with `0x` before them, in the order of listings.
pub(in crate::chsm) struct Hex<'a>(pub(super) &'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("0x")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn assignments() {
        for (text, expected) in [
            ("sign=true", Ok(())),
            ("id=0x0aff", Ok(())),
            ("sign", Err("it must be <KEY_ATTRIBUTE_NAME>=<KEY_ATTRIBUTE_VALUE>")),
            ("sing=true", Err("there is no key attribute 'sing'")),
            ("local=true", Err("the key attribute 'local' cannot be set")),
            ("sign=yes", Err("the key attribute 'sign' cannot be 'yes'")),
            ("id=0x0", Err("the key attribute 'id' cannot be '0x0'")),
        ] {
            let read = text.parse::<Assignment>().map(drop).map_err(|wrong| wrong.to_string());
            assert_eq!(read, expected.map_err(str::to_owned), "{text}");
        }
    }

    #[test]
    fn the_last_value_of_an_attribute_counts() {
        let given = ["sign=true", "label=b", "sign=false"].map(|text| text.parse().unwrap());
        let template = assigned(Template::new().bytes(token::Attribute::Label, b"a"), &given);
        assert_eq!(template.len(), 2);
        assert_eq!(template.get(token::Attribute::Sign), Some(&Value::Flag(false)));
        assert_eq!(template.get(token::Attribute::Label), Some(&Value::bytes(b"b")));
    }
}
