//! Templates of any attributes with any values; mostly of the attribute's form, so that they get past the first check.

use std::ptr;

use cryptoki_sys::*;
use hsm_sim::token::{Attribute, Form};

use crate::input::Input;
use crate::memory::{Attributes, Memory};

/// How deep templates lie in templates.
const MOST_NESTED: usize = 3;

/// The attributes that decide what becomes of an object.
const DECIDING: &[Attribute] = &[
    Attribute::Class,
    Attribute::KeyType,
    Attribute::Value,
    Attribute::ValueLen,
    Attribute::Token,
    Attribute::Private,
    Attribute::EcParams,
    Attribute::EcPoint,
    Attribute::Modulus,
    Attribute::ModulusBits,
    Attribute::PublicExponent,
    Attribute::PrivateExponent,
    Attribute::CertificateType,
    Attribute::Sensitive,
    Attribute::Extractable,
];

/// At most twelve attributes.
pub(crate) fn template(input: &mut Input<'_>, memory: &mut Memory) -> Attributes {
    nested(input, memory, 0)
}

fn nested(input: &mut Input<'_>, memory: &mut Memory, depth: usize) -> Attributes {
    let mut template = Attributes::default();
    for _ in 0..input.below(13) {
        let attribute = match input.below(8) {
            0 => Attribute::from_number(input.number()),
            1..4 => input.pick(DECIDING).unwrap_or(Attribute::Class),
            _ => input.pick(Attribute::ALL).unwrap_or(Attribute::Class),
        };
        let (pointer, len) = value(input, memory, attribute, depth);
        template.push(attribute.number(), pointer, len);
    }
    template
}

fn value(input: &mut Input<'_>, memory: &mut Memory, attribute: Attribute, depth: usize) -> (*mut CK_BYTE, usize) {
    if input.rarely(64) {
        // Nothing, with a length.
        return (ptr::null_mut(), usize::try_from(input.number()).unwrap_or(usize::MAX));
    }
    let bytes = match attribute.form() {
        Some(Form::Flag) => vec![if input.rarely(32) { input.byte() } else { input.byte() & 1 }],
        Some(Form::Number) => number(input, attribute).to_ne_bytes().to_vec(),
        Some(Form::Numbers) => (0..input.below(4)).flat_map(|_| input.number().to_ne_bytes()).collect(),
        // What looks like a template must be one: its pointers are followed.
        Some(Form::Template) if depth < MOST_NESTED && !input.rarely(16) => {
            let inner = nested(input, memory, depth + 1);
            let len = size_of_val(inner.list());
            return (memory.array(inner.list()).cast(), len);
        }
        Some(Form::Template) => input.bytes(size_of::<CK_ATTRIBUTE>() - 1),
        Some(Form::Bytes) | None => bytes(input, attribute),
    };
    let cut = if input.rarely(32) { input.below(bytes.len() + 1) } else { bytes.len() };
    // A cut template would still be one.
    let bytes = if attribute.form() == Some(Form::Template) { &bytes[..] } else { &bytes[..cut] };
    (memory.bytes(bytes), bytes.len())
}

fn number(input: &mut Input<'_>, attribute: Attribute) -> u64 {
    if input.rarely(16) && attribute != Attribute::ModulusBits {
        return input.number();
    }
    match attribute {
        Attribute::Class => input.below(9) as u64,
        Attribute::KeyType => {
            input.pick(&[31, 16, 0, 3, 0x40, 0x41, 21, 19, 0x42, 0x2b, 0x2a, 0x33, 0x49, 0x4a]).unwrap_or(0)
        }
        Attribute::CertificateType => input.below(3) as u64,
        // Larger RSA keys are only slower.
        Attribute::ModulusBits => input.pick(&[1024, 0, 1, 512, 1023, 1025, 8193, u64::MAX]).unwrap_or(1024),
        Attribute::ValueLen => input.pick(&[32, 16, 24, 1, 8, 64, 0, 17, 800, 801, u64::MAX]).unwrap_or(32),
        _ => input.number(),
    }
}

fn bytes(input: &mut Input<'_>, attribute: Attribute) -> Vec<u8> {
    const CURVES: &[&[u8]] = &[
        &[0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07],
        &[0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22],
        &[0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x0a],
        &[0x06, 0x03, 0x2b, 0x65, 0x70],
        &[0x06, 0x03, 0x2b, 0x65, 0x6e],
        &[0x13, 0x0c, b'e', b'd', b'w', b'a', b'r', b'd', b's', b'2', b'5', b'5', b'1', b'9'],
    ];
    match attribute {
        Attribute::EcParams if !input.rarely(4) => input.pick(CURVES).unwrap_or_default().to_vec(),
        Attribute::PublicExponent if input.flag() => vec![1, 0, 1],
        Attribute::Modulus | Attribute::PrivateExponent | Attribute::Prime1 | Attribute::Prime2 => input.bytes(260),
        Attribute::Label if input.flag() => b"label".to_vec(),
        _ => input.bytes(140),
    }
}
