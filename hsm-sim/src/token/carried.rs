//! Templates that keys carry: what they wrap must look so, what they unwrap or derive becomes so (PKCS#11 v3.1 §4.9, §4.10).

use crate::object::Object;
use crate::token::draft::{number, shown};
use crate::token::{Attribute, Error, Result, Template, Value};

/// A template that a key carries; none if it is empty.
pub(crate) fn template_of(object: &Object, attribute: Attribute) -> Option<Template> {
    match object.extra.get(number(attribute)).map(shown) {
        Some(Value::Template(template)) if !template.is_empty() => Some(template),
        _ => None,
    }
}

/// The caller's template with what the key's own one adds.
///
/// # Errors
/// [`Error::TemplateInconsistent`] when they contradict each other.
pub(crate) fn merged(given: &Template, key: &Object, attribute: Attribute) -> Result<Template> {
    let mut merged = given.clone();
    for (attribute, value) in template_of(key, attribute).iter().flat_map(Template::iter) {
        match given.get(attribute) {
            Some(same) if same == value => {}
            Some(_) => return Err(Error::TemplateInconsistent),
            None => merged.push(attribute, value.clone()),
        }
    }
    Ok(merged)
}
