//! `hsm-sim token show`.

use std::io::Write as _;

use clap::Args;
use hsm_sim::object::Class;
use hsm_sim::token::{Attribute, Error, Template, Value, class_name, key_type_name, mechanism_name};
use serde_json::{Map, Value as Json, json};

use crate::failure::Failure;
use crate::token::describe::{Object, hexadecimal};
use crate::token::place::{Login, Place};
use crate::token::select::Selection;

#[derive(Debug, Args)]
pub(super) struct Options {
    #[command(flatten)]
    selection: Selection,
    /// As a JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    login: Login,
}

pub(super) fn run(place: &Place, options: &Options) -> Result<(), Failure> {
    let session = place.session(&options.login)?;
    let object = options.selection.one(&session)?;
    let values = session.token.way.attributes(session.id, object.handle, Attribute::ALL)?;
    let mut shown = Vec::new();
    for (attribute, value) in Attribute::ALL.iter().zip(values) {
        let value = match value {
            Ok(value) if is_key_material(&object, *attribute) => hidden(&value),
            Ok(value) => json_of(*attribute, &value),
            Err(Error::AttributeSensitive) => json!("sensitive"),
            Err(Error::AttributeTypeInvalid) => continue,
            Err(error) => return Err(error.into()),
        };
        shown.push((attribute.to_string(), value));
    }
    let mut out = std::io::stdout();
    if options.json {
        writeln!(out, "{}", Json::Object(shown.into_iter().collect::<Map<_, _>>()))?;
        return Ok(());
    }
    let width = shown.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    for (name, value) in shown {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        writeln!(out, "{}", format!("{name:<width$}  {value}").trim_end())?;
    }
    Ok(())
}

/// What this command never shows, even if the token would: 'export' is for that.
fn is_key_material(object: &Object, attribute: Attribute) -> bool {
    let guarded = object.is(Class::Private) || object.is(Class::Secret);
    let parts = [
        Attribute::Value,
        Attribute::PrivateExponent,
        Attribute::Prime1,
        Attribute::Prime2,
        Attribute::Exponent1,
        Attribute::Exponent2,
        Attribute::Coefficient,
        Attribute::Seed,
    ];
    guarded && parts.contains(&attribute)
}

fn hidden(value: &Value) -> Json {
    match value {
        Value::Bytes(bytes) => json!(format!("{} bytes, not shown", bytes.len())),
        _ => json!("not shown"),
    }
}

fn json_of(attribute: Attribute, value: &Value) -> Json {
    match value {
        Value::Flag(flag) => json!(flag),
        Value::Number(_) if *value == Value::UNAVAILABLE => json!("unavailable"),
        Value::Number(number) => match attribute {
            Attribute::Class => named(*number, class_name),
            Attribute::KeyType => named(*number, key_type_name),
            Attribute::KeyGenMechanism | Attribute::NameHashAlgorithm => named(*number, mechanism_name),
            _ => json!(number),
        },
        Value::Bytes(bytes) => match attribute {
            Attribute::Label
            | Attribute::Application
            | Attribute::Url
            | Attribute::UniqueId
            | Attribute::StartDate
            | Attribute::EndDate => json!(String::from_utf8_lossy(bytes.expose())),
            _ => json!(hexadecimal(bytes.expose())),
        },
        Value::Numbers(numbers) => numbers.iter().map(|number| named(*number, mechanism_name)).collect(),
        Value::Template(template) => template_json(template),
    }
}

fn named(number: u64, name: impl Fn(u64) -> Option<&'static str>) -> Json {
    name(number).map_or_else(|| json!(format!("{number:#x}")), Json::from)
}

fn template_json(template: &Template) -> Json {
    let entry = |(attribute, value): (Attribute, &Value)| (attribute.to_string(), json_of(attribute, value));
    Json::Object(template.iter().map(entry).collect())
}
