//! `setAttribute <key handle> <attribute id> [<value>]`: cautions first.

use hsm_sim::object::{Attribute, AttributeValue};

use crate::attribute;
use crate::cmu::caution;
use crate::cmu::report::{Failure, Report};
use crate::cmu::session::{Refusal, Session};
use crate::terminal::Word;
use crate::utility::Outcome;

const REPORT: Report = Report { command: "setAttribute", failure: Failure::Verb("setting attribute") };

pub(super) fn run(session: &mut Session<'_>, arguments: &[Word]) -> Result<Outcome, Refusal> {
    let (handle, number, given) = match arguments {
        [handle, number] => (handle, number, None),
        [handle, number, value] => (handle, number, Some(value.to_string())),
        _ => return Err(Refusal::Usage),
    };
    let handle = attribute::handle(handle).ok_or(Refusal::Usage)?;
    let number = number.parse().map_err(|_| Refusal::Usage)?;
    let attribute = Attribute::from_number(number).map_err(hsm_sim::Error::from)?;
    let text = match given {
        Some(text) => text,
        None => ask(session, attribute)?,
    };
    let value = value(attribute, text).ok_or(Refusal::Usage)?;
    if !caution::confirmed(session)? {
        return Ok(Outcome::Done);
    }
    session.change(&REPORT, |admin| admin.set_attribute(handle, attribute, &value))
}

/// The question of the other utility (documented there).
fn ask(session: &mut Session<'_>, attribute: Attribute) -> Result<String, Refusal> {
    let question = if attribute.flag().is_some() {
        session.terminal.print(" This attribute is defined as a boolean value.\n")?;
        "  Enter the boolean attribute value (0 or 1):"
    } else {
        "  Enter the attribute value:"
    };
    session.terminal.ask(question)?.ok_or(Refusal::Usage)
}

/// A truth is 0 or 1; everything else is text.
fn value(attribute: Attribute, text: String) -> Option<AttributeValue> {
    match (attribute.flag(), text.as_str()) {
        (None, _) => Some(AttributeValue::Text(text)),
        (Some(_), "0") => Some(AttributeValue::Flag(false)),
        (Some(_), "1") => Some(AttributeValue::Flag(true)),
        (Some(_), _) => None,
    }
}
