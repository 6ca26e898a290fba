//! Filters: which keys a command means (documented).

use std::str::FromStr;

use clap::Args;
use hsm_sim::Handle;

use crate::chsm::answer::Refusal;
use crate::chsm::key::attribute::{MORE, Row, Wrong};
use crate::chsm::key::shown::{self, Shown};
use crate::chsm::session::Session;

/// `--filter`, of commands that are about one key.
#[derive(Debug, Args)]
pub(in crate::chsm) struct One {
    /// Key reference (e.g. key-reference=0xabc) or space separated list of key attributes in the form of
    /// attr.KEY_ATTRIBUTE_NAME=KEY_ATTRIBUTE_VALUE to select a matching key
    #[arg(long, num_args = 1.., required = true)]
    filter: Vec<Filter>,
}

impl One {
    pub(super) fn find(&self, session: &mut Session<'_>) -> Result<Shown, Refusal> {
        one(session, &self.filter)
    }
}

/// One word of a filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::chsm) enum Filter {
    Reference(Handle),
    Attribute { name: String, value: String },
}

impl FromStr for Filter {
    type Err = Wrong;

    fn from_str(text: &str) -> Result<Self, Wrong> {
        let (name, value) = text.split_once('=').ok_or(Wrong::Form)?;
        let wrong = || Wrong::Value { name: name.to_owned(), value: value.to_owned() };
        if name == "key-reference" {
            let digits = value.strip_prefix("0x").ok_or_else(wrong)?;
            return Ok(Self::Reference(Handle::new(u32::from_str_radix(digits, 16).map_err(|_| wrong())?)));
        }
        let name = name.strip_prefix("attr.").ok_or(Wrong::Form)?;
        if !MORE.contains(&name) {
            Row::find(name)?;
        }
        Ok(Self::Attribute { name: name.to_owned(), value: value.to_owned() })
    }
}

impl Filter {
    fn fits(&self, key: &Shown) -> bool {
        match self {
            Self::Reference(handle) => key.key_reference == *handle,
            Self::Attribute { name, value } => {
                key.attributes.get(name).is_some_and(|found| found.to_string() == *value)
            }
        }
    }
}

/// The keys that fit all of a filter.
pub(super) fn all(session: &mut Session<'_>, filter: &[Filter]) -> Result<Vec<Shown>, Refusal> {
    let mut keys = shown::all(session)?;
    keys.retain(|key| filter.iter().all(|word| word.fits(key)));
    Ok(keys)
}

/// The one key that fits.
pub(super) fn one(session: &mut Session<'_>, filter: &[Filter]) -> Result<Shown, Refusal> {
    let mut keys = all(session, filter)?;
    match (keys.pop(), keys.len()) {
        (Some(key), 0) => Ok(key),
        // Documented; of none inferred.
        (last, more) => Err(Refusal::new(format!(
            "Key selection criteria matched {} keys. Refine selection criteria to select a single key.",
            more + usize::from(last.is_some())
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_a_filter() {
        assert_eq!("key-reference=0x2a".parse::<Filter>().unwrap(), Filter::Reference(Handle::new(42)));
        let label = Filter::Attribute { name: "label".to_owned(), value: "a=b".to_owned() };
        assert_eq!("attr.label=a=b".parse::<Filter>().unwrap(), label);
        for wrong in ["key-reference=42", "key-reference=0xzz", "label=a", "attr.labels=a", "attr.label", ""] {
            assert!(wrong.parse::<Filter>().is_err(), "{wrong}");
        }
    }
}
