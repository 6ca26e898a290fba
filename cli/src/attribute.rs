//! Attributes of keys as the two utilities write them: the name, and below it the value.

use hsm_sim::object::attribute::ALL_ATTRIBUTES;
use hsm_sim::object::{Attribute, AttributeValue};
use hsm_sim::{Handle, HsmError};

/// Attributes of one key with their values.
pub type Values = Vec<(Attribute, AttributeValue)>;

/// What `512` dumps, in the documentation's order.
const DUMPED: [Attribute; 20] = [
    Attribute::Class,
    Attribute::KeyType,
    Attribute::Token,
    Attribute::Private,
    Attribute::Encrypt,
    Attribute::Decrypt,
    Attribute::Wrap,
    Attribute::Unwrap,
    Attribute::Sign,
    Attribute::Verify,
    Attribute::Local,
    Attribute::Sensitive,
    Attribute::Extractable,
    Attribute::Label,
    Attribute::Id,
    Attribute::ValueLen,
    Attribute::Kcv,
    Attribute::Modulus,
    Attribute::ModulusBits,
    Attribute::PublicExponent,
];

/// What an attribute's description takes, and the fields that have one length whatever is in them. The documentation's samples
/// say 444 bytes of a symmetric key, 529 of one on P-256, 731 of a public RSA key; how the 288 of label and id are shared is
/// inferred.
const FIELD_HEADER: usize = 8;
const LABEL_FIELD: usize = 256;
const ID_FIELD: usize = 32;

/// What a command asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Selection {
    /// Every attribute, `512`.
    All,
    /// One, whose value is written in its long form.
    One(Attribute),
}

impl Selection {
    /// The selection that a number means.
    ///
    /// # Errors
    /// No attribute has this number.
    pub fn from_number(number: u32) -> Result<Self, HsmError> {
        if number == ALL_ATTRIBUTES {
            return Ok(Self::All);
        }
        Attribute::from_number(number).map(Self::One)
    }

    /// The attributes.
    pub fn attributes(&self) -> &[Attribute] {
        match self {
            Self::All => &DUMPED,
            Self::One(attribute) => std::slice::from_ref(attribute),
        }
    }

    /// Names and values on alternating lines (documented); values that were not asked for are left out.
    pub fn render(self, values: &Values) -> String {
        let lines = |wanted: &Attribute| {
            let (attribute, value) = values.iter().find(|(attribute, _)| attribute == wanted)?;
            Some(format!("{}\n{}\n", attribute.name(), self.value(*attribute, value)))
        };
        self.attributes().iter().filter_map(lines).collect()
    }

    /// How large the tools say that the values are: what the HSM sends, not what is written (documented samples).
    pub fn size(values: &Values) -> usize {
        let size = |attribute: Attribute, value: &AttributeValue| match (attribute, value) {
            (Attribute::Label, _) => LABEL_FIELD,
            (Attribute::Id, _) => ID_FIELD,
            (Attribute::ValueLen | Attribute::ModulusBits, _) => 4,
            (_, AttributeValue::Flag(_) | AttributeValue::Number(_)) => 1,
            (_, AttributeValue::Text(text)) => text.len(),
            (_, AttributeValue::Bytes(bytes)) => bytes.len(),
        };
        values.iter().map(|(attribute, value)| FIELD_HEADER + size(*attribute, value)).sum()
    }

    /// A truth, a class or a type has 2 digits in a dump and 8 when it is read alone (documented).
    fn value(self, attribute: Attribute, value: &AttributeValue) -> String {
        let short = self == Self::All && !matches!(attribute, Attribute::ValueLen | Attribute::ModulusBits);
        let number = |number: u32| if short { format!("{number:#04x}") } else { format!("{number:#010x}") };
        match value {
            AttributeValue::Flag(value) => number(u32::from(*value)),
            AttributeValue::Number(value) => number(*value),
            AttributeValue::Text(text) => text.clone(),
            AttributeValue::Bytes(bytes) if attribute == Attribute::Id => String::from_utf8_lossy(bytes).into_owned(),
            // A modulus or a point has no prefix (documented samples).
            AttributeValue::Bytes(bytes) if attribute == Attribute::Modulus => hexadecimal(bytes),
            AttributeValue::Bytes(bytes) => format!("0x{}", hexadecimal(bytes)),
        }
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A key handle as commands take it.
pub fn handle(word: &str) -> Option<Handle> {
    word.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alone() {
        for (attribute, value, expected) in [
            (Attribute::Extractable, AttributeValue::Flag(true), "OBJ_ATTR_EXTRACTABLE\n0x00000001\n"),
            (Attribute::KeyType, AttributeValue::Number(21), "OBJ_ATTR_KEY_TYPE\n0x00000015\n"),
            (Attribute::Label, AttributeValue::Text("aes256".to_owned()), "OBJ_ATTR_LABEL\naes256\n"),
            (Attribute::Id, AttributeValue::Bytes(b"test_01".to_vec()), "OBJ_ATTR_ID\ntest_01\n"),
            (Attribute::Kcv, AttributeValue::Bytes(vec![0x1a, 0x4b, 0x31]), "OBJ_ATTR_KCV\n0x1a4b31\n"),
            (Attribute::Modulus, AttributeValue::Bytes(vec![0x91, 0x62]), "OBJ_ATTR_MODULUS\n9162\n"),
            (Attribute::ModulusBits, AttributeValue::Number(2048), "OBJ_ATTR_MODULUS_BITS\n0x00000800\n"),
            (Attribute::PublicExponent, AttributeValue::Bytes(vec![1, 0, 5]), "OBJ_ATTR_PUBLIC_EXPONENT\n0x010005\n"),
        ] {
            assert_eq!(Selection::One(attribute).render(&vec![(attribute, value)]), expected);
        }
    }

    #[test]
    fn documented_dump() {
        let value = |attribute| match attribute {
            Attribute::Class => AttributeValue::Number(4),
            Attribute::KeyType => AttributeValue::Number(0x15),
            Attribute::Sign | Attribute::Verify => AttributeValue::Flag(false),
            Attribute::Label => AttributeValue::Text("aes256".to_owned()),
            Attribute::Id => AttributeValue::Bytes(b"test_01".to_vec()),
            Attribute::ValueLen => AttributeValue::Number(0x20),
            Attribute::Kcv => AttributeValue::Bytes(vec![0x1a, 0x4b, 0x31]),
            _ => AttributeValue::Flag(true),
        };
        let values = DUMPED[..17].iter().map(|attribute| (*attribute, value(*attribute))).collect();
        let expected = "\
OBJ_ATTR_CLASS
0x04
OBJ_ATTR_KEY_TYPE
0x15
OBJ_ATTR_TOKEN
0x01
OBJ_ATTR_PRIVATE
0x01
OBJ_ATTR_ENCRYPT
0x01
OBJ_ATTR_DECRYPT
0x01
OBJ_ATTR_WRAP
0x01
OBJ_ATTR_UNWRAP
0x01
OBJ_ATTR_SIGN
0x00
OBJ_ATTR_VERIFY
0x00
OBJ_ATTR_LOCAL
0x01
OBJ_ATTR_SENSITIVE
0x01
OBJ_ATTR_EXTRACTABLE
0x01
OBJ_ATTR_LABEL
aes256
OBJ_ATTR_ID
test_01
OBJ_ATTR_VALUE_LEN
0x00000020
OBJ_ATTR_KCV
0x1a4b31
";
        assert_eq!(Selection::All.render(&values), expected);
    }

    #[test]
    fn documented_sizes() {
        let value = |attribute| match attribute {
            Attribute::Label => AttributeValue::Text("3DES_shared".to_owned()),
            Attribute::Id => AttributeValue::Bytes(Vec::new()),
            Attribute::Kcv => AttributeValue::Bytes(vec![0; 3]),
            Attribute::Class | Attribute::KeyType | Attribute::ValueLen => AttributeValue::Number(4),
            _ => AttributeValue::Flag(true),
        };
        let of = |pair: &[(Attribute, AttributeValue)]| {
            let alike = DUMPED[..17].iter().map(|attribute| (*attribute, value(*attribute)));
            Selection::size(&alike.chain(pair.iter().cloned()).collect())
        };
        let number = |length| (Attribute::Modulus, AttributeValue::Bytes(vec![0; length]));
        let bits = (Attribute::ModulusBits, AttributeValue::Number(0x19f));
        let exponent = (Attribute::PublicExponent, AttributeValue::Bytes(vec![1, 0, 1]));
        assert_eq!(of(&[]), 444);
        assert_eq!(of(&[number(65), bits.clone()]), 529);
        assert_eq!(of(&[number(256), bits, exponent]), 731);
    }

    #[test]
    fn numbers() {
        assert_eq!(Selection::from_number(512), Ok(Selection::All));
        assert_eq!(Selection::from_number(354), Ok(Selection::One(Attribute::Extractable)));
        assert_eq!(Selection::from_number(9999), Err(HsmError::InvalidAttribute));
    }
}
