//! What `wrapKey` writes before a wrapped key: its attributes, so that `unWrapKey` makes the same key of it. The real layout is not
//! documented; this one is lines of names and values, as `getAttribute` writes them, and a line that ends them.

use hsm_sim::keys::Keys;
use hsm_sim::object::{Attribute as Shown, AttributeValue};
use hsm_sim::token::{Attribute, Template};
use hsm_sim::{Handle, Result};

const FIRST: &str = "HSM-SIM WRAPPED KEY 1\n";
const LAST: &str = "END OF ATTRIBUTES\n";

/// The attributes that are true or false, and what PKCS#11 calls them.
const FLAGS: [(Shown, Attribute); 8] = [
    (Shown::Encrypt, Attribute::Encrypt),
    (Shown::Decrypt, Attribute::Decrypt),
    (Shown::Wrap, Attribute::Wrap),
    (Shown::Unwrap, Attribute::Unwrap),
    (Shown::Sign, Attribute::Sign),
    (Shown::Verify, Attribute::Verify),
    (Shown::Derive, Attribute::Derive),
    (Shown::WrapWithTrusted, Attribute::WrapWithTrusted),
];

/// The header of a key.
pub(super) fn write(keys: &Keys, key: Handle) -> Result<Vec<u8>> {
    let mut text = FIRST.to_owned();
    for attribute in
        [Shown::Class, Shown::KeyType, Shown::Label, Shown::Id].into_iter().chain(FLAGS.map(|(shown, _)| shown))
    {
        let value = match keys.attribute(key, attribute)? {
            AttributeValue::Flag(value) => u32::from(value).to_string(),
            AttributeValue::Number(value) => value.to_string(),
            // Whatever they hold stands on one line.
            AttributeValue::Text(value) => digits(value.as_bytes()),
            AttributeValue::Bytes(value) => digits(&value),
        };
        text += &format!("{}\n{value}\n", attribute.name());
    }
    Ok((text + LAST).into_bytes())
}

/// The attributes of a file that begins with a header, and the wrapped key after it; none if it has no good header.
pub(super) fn read(file: &[u8]) -> Option<(Template, &[u8])> {
    let end = file.windows(LAST.len()).position(|window| window == LAST.as_bytes())?;
    let text = std::str::from_utf8(&file[..end]).ok()?.strip_prefix(FIRST)?;
    let lines: Vec<&str> = text.lines().collect();
    let value = |wanted: Shown| {
        let mut pairs = lines.chunks_exact(2);
        pairs.find(|pair| pair[0] == wanted.name()).map(|pair| pair[1])
    };
    let class: u64 = value(Shown::Class)?.parse().ok()?;
    let mut template = Template::new()
        .number(Attribute::Class, class)
        .number(Attribute::KeyType, value(Shown::KeyType)?.parse().ok()?)
        .bytes(Attribute::Label, &bytes(value(Shown::Label)?)?)
        .bytes(Attribute::Id, &bytes(value(Shown::Id)?)?);
    for (shown, attribute) in FLAGS {
        // Private keys are not asked to encrypt, verify and wrap.
        let asked = class == u64::from(hsm_sim::object::Class::Secret.number())
            || !matches!(attribute, Attribute::Encrypt | Attribute::Verify | Attribute::Wrap);
        if asked {
            template = template.flag(attribute, value(shown)? == "1");
        }
    }
    Some((template, &file[end + LAST.len()..]))
}

fn digits(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes(digits: &str) -> Option<Vec<u8>> {
    super::wrapping::hexadecimal(digits).ok()
}
