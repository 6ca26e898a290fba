//! Distinguished names, in the order in which they are written.

use std::fmt;
use std::str::FromStr;

use der::{
    Decode, Encode, Tag,
    asn1::{Any, ObjectIdentifier, PrintableStringRef, SetOfVec},
};
use x509_cert::{
    attr::AttributeTypeAndValue,
    name::{Name, RdnSequence, RelativeDistinguishedName},
};

use crate::{Error, Result};

/// A field of a distinguished name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// `C`: two letters.
    Country,
    /// `ST`.
    State,
    /// `L`.
    Locality,
    /// `O`.
    Organization,
    /// `OU`.
    OrganizationalUnit,
    /// `CN`.
    CommonName,
}

impl Field {
    /// Short name, as the `openssl` program prints it.
    #[must_use]
    pub fn short_name(self) -> &'static str {
        match self {
            Self::Country => "C",
            Self::State => "ST",
            Self::Locality => "L",
            Self::Organization => "O",
            Self::OrganizationalUnit => "OU",
            Self::CommonName => "CN",
        }
    }

    const ALL: [Self; 6] =
        [Self::Country, Self::State, Self::Locality, Self::Organization, Self::OrganizationalUnit, Self::CommonName];

    /// Object identifier under `2.5.4` (RFC 5280, appendix A).
    fn oid(self) -> ObjectIdentifier {
        ObjectIdentifier::new_unwrap(match self {
            Self::CommonName => "2.5.4.3",
            Self::Country => "2.5.4.6",
            Self::Locality => "2.5.4.7",
            Self::State => "2.5.4.8",
            Self::Organization => "2.5.4.10",
            Self::OrganizationalUnit => "2.5.4.11",
        })
    }
}

/// A distinguished name: fields in order, each any number of times. `Display` prints the one-line form of the `openssl` program,
/// `/C=US/O=Example/CN=name`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Subject(Vec<(Field, String)>);

impl Subject {
    /// A name without fields.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A name of nothing but a common name.
    #[must_use]
    pub fn common_name(name: &str) -> Self {
        Self::new().with(Field::CommonName, name)
    }

    /// The name with one more field at its end.
    #[must_use]
    pub fn with(mut self, field: Field, value: &str) -> Self {
        self.0.push((field, value.to_owned()));
        self
    }

    /// The common name, the last one of several.
    #[must_use]
    pub fn last_common_name(&self) -> Option<&str> {
        self.0.iter().rev().find(|(field, _)| *field == Field::CommonName).map(|(_, value)| value.as_str())
    }

    /// The name of a cluster's request and certificate (documented):
    /// `/C=US/ST=CA/O=Cavium/OU=N3FIPS/L=SanJose/CN=HSM:<identifier>:PARTN:<partition>, for FIPS mode`.
    #[must_use]
    pub fn cluster(hsm_identifier: &str, partition: &str) -> Self {
        Self::cavium(&format!("HSM:{hsm_identifier}:PARTN:{partition}, for FIPS mode"))
    }

    /// The name of the hardware certificates of an HSM (inferred): the cluster's name without its partition.
    #[must_use]
    pub fn hardware(hsm_identifier: &str) -> Self {
        Self::cavium(&format!("HSM:{hsm_identifier}, for FIPS mode"))
    }

    /// The name of the AWS root of hardware certificates: `AWS_CloudHSM_Root-G1` (documented), the other fields inferred.
    #[must_use]
    pub fn aws_root() -> Self {
        Self::new()
            .with(Field::Country, "US")
            .with(Field::Organization, "Amazon Web Services INC")
            .with(Field::OrganizationalUnit, "CloudHSM")
            .with(Field::CommonName, "AWS_CloudHSM_Root-G1")
    }

    /// The name of the manufacturer's root of hardware certificates (inferred).
    #[must_use]
    pub fn manufacturer_root() -> Self {
        Self::cavium("localca.liquidsecurity.cavium.com")
    }

    fn cavium(common_name: &str) -> Self {
        Self::new()
            .with(Field::Country, "US")
            .with(Field::State, "CA")
            .with(Field::Organization, "Cavium")
            .with(Field::OrganizationalUnit, "N3FIPS")
            .with(Field::Locality, "SanJose")
            .with(Field::CommonName, common_name)
    }

    /// The X.501 name.
    pub(super) fn to_name(&self) -> Result<Name> {
        let mut sequence = RdnSequence::default();
        for (field, value) in &self.0 {
            let refused = || Error::Name { attribute: field.short_name(), value: value.clone() };
            let one = attribute(*field, value).ok_or_else(refused)?;
            let set = SetOfVec::from_iter([one]).map_err(|_| refused())?;
            sequence.push(RelativeDistinguishedName::from(set));
        }
        // A name is its sequence; the type merely promises that somebody looked at it.
        let whole = || Error::Name { attribute: "name", value: self.to_string() };
        Name::from_der(&sequence.to_der().map_err(|_| whole())?).map_err(|_| whole())
    }
}

/// `/C=US/CN=name` as `openssl` takes it, `C=US,CN=name`, or a common name alone. A backslash takes away the meaning of what follows.
impl FromStr for Subject {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let refused = || Error::Name { attribute: "name", value: text.to_owned() };
        if !text.contains('=') {
            let fits = !text.starts_with('/') && attribute(Field::CommonName, text).is_some();
            return if fits { Ok(Self::common_name(text)) } else { Err(refused()) };
        }
        let (text, separator) = text.strip_prefix('/').map_or((text, ','), |rest| (rest, '/'));
        let mut subject = Self::new();
        for part in split(text, separator) {
            let (name, value) = part.split_once('=').ok_or_else(refused)?;
            let field = Field::ALL.into_iter().find(|field| field.short_name() == name.trim()).ok_or_else(refused)?;
            // Whether the value fits its field is seen here and not only when the certificate is made.
            attribute(field, value).ok_or(Error::Name { attribute: field.short_name(), value: value.to_owned() })?;
            subject = subject.with(field, value);
        }
        Ok(subject)
    }
}

/// The parts between separators, without the backslashes.
fn split(text: &str, separator: char) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        let literal = if character == '\\' { characters.next() } else { None };
        if literal.is_none() && character == separator {
            parts.push(String::new());
        } else if let Some(part) = parts.last_mut() {
            part.push(literal.unwrap_or(character));
        }
    }
    parts
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|(field, value)| write!(f, "/{}={value}", field.short_name()))
    }
}

/// A country is a PrintableString of two characters, everything else a UTF8String of 1 to 64, as `openssl req` writes and limits them.
fn attribute(field: Field, value: &str) -> Option<AttributeTypeAndValue> {
    let value = match field {
        Field::Country if value.len() == 2 => Any::encode_from(&PrintableStringRef::new(value).ok()?).ok()?,
        Field::Country => return None,
        _ if (1..=64).contains(&value.chars().count()) => Any::new(Tag::Utf8String, value.as_bytes()).ok()?,
        _ => return None,
    };
    Some(AttributeTypeAndValue { oid: field.oid(), value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_as_people_write_them() {
        for (text, expected) in [
            ("server", "/CN=server"),
            ("/C=DE/O=Example/CN=server", "/C=DE/O=Example/CN=server"),
            ("CN=server,O=Example", "/CN=server/O=Example"),
            (r"O=Example\, Inc.,CN=a=b", "/O=Example, Inc./CN=a=b"),
            (r"/CN=one\/two", "/CN=one/two"),
        ] {
            assert_eq!(text.parse::<Subject>().map(|subject| subject.to_string()).as_deref(), Ok(expected), "{text}");
        }
        for text in ["", "/", "/CN", "C=Germany", "X=1", "CN=", "CN=a,,CN=b"] {
            assert!(text.parse::<Subject>().is_err(), "{text}");
        }
    }
}
