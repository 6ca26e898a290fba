//! Attributes and templates.

use hsm_sim::token::{self, Form, Template, Value};

use crate::boundary::Array;
use crate::ck::{self, Attribute, Ulong};
use crate::error::{Error, Result};

/// Templates within templates within templates are nobody's honest intention.
const MOST_NESTED: usize = 2;

/// The attributes of a template.
pub(crate) fn template(given: &Array<Attribute>) -> Result<Template> {
    given.get()?.iter().map(|attribute| read(attribute, 0)).collect()
}

fn read(attribute: &Attribute, depth: usize) -> Result<(token::Attribute, Value)> {
    let name = token::Attribute::from_number(attribute.kind);
    let bytes = attribute.value;
    if bytes.is_null() && bytes.count() != 0 {
        return Err(token::Error::AttributeValueInvalid.into());
    }
    let value = match name.form() {
        Some(Form::Flag) => match bytes.parse::<u8>() {
            Some(0) => Some(Value::Flag(false)),
            Some(1) => Some(Value::Flag(true)),
            _ => None,
        },
        Some(Form::Number) => bytes.parse::<Ulong>().map(Value::Number),
        Some(Form::Numbers) => bytes.parse_array::<Ulong>()?.map(Value::Numbers),
        Some(Form::Template) if depth < MOST_NESTED => match bytes.parse_array::<Attribute>()? {
            None => None,
            Some(nested) => {
                let template: Result<Template> = nested.iter().map(|attribute| read(attribute, depth + 1)).collect();
                Some(Value::Template(template?))
            }
        },
        Some(Form::Template) => None,
        Some(Form::Bytes) | None => Some(Value::bytes(bytes.get()?)),
    };
    value.map(|value| (name, value)).ok_or(Error::Token(token::Error::AttributeValueInvalid))
}

/// Writes a value to where an entry of `C_GetAttributeValue` wants it.
pub(crate) fn answer(entry: &mut Attribute, value: &Value) -> Result<()> {
    match value {
        Value::Flag(flag) => entry.value.fill(&[ck::bool(*flag)]),
        Value::Number(number) => entry.value.fill(&number.to_ne_bytes()),
        Value::Bytes(bytes) => entry.value.fill(bytes.expose()),
        Value::Numbers(numbers) => {
            let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_ne_bytes()).collect();
            entry.value.fill(&bytes)
        }
        Value::Template(template) => answer_template(entry, template),
    }
}

/// With a null pointer the length of the array, else the lengths and values of its entries (PKCS#11 v3.0 §5.7.5).
fn answer_template(entry: &mut Attribute, template: &Template) -> Result<()> {
    let len = (template.len() * size_of::<Attribute>()) as Ulong;
    if entry.value.is_null() {
        entry.value.set_count(len);
        return Ok(());
    }
    if entry.value.count() < len {
        entry.value.unavailable();
        return Err(Error::BufferTooSmall);
    }
    let mut room = entry.value.nested();
    let mut result = Ok(());
    for (place, (name, value)) in room.get()?.iter_mut().zip(template.iter()) {
        place.kind = name.number();
        result = result.and(answer(place, value));
    }
    entry.value.set_count(len);
    result
}
