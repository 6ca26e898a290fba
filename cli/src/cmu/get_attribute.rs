//! `getAttribute <key handle> <attribute id> [<filename>]`: an attribute of a key on each server, 512 for all of them.

use std::fs;

use hsm_sim::admin::{KeyAttribute, NodeResult};

use crate::attribute::{self, Selection};
use crate::cmu::report::{Failure, Report};
use crate::cmu::session::{Refusal, Session, succeeded};
use crate::terminal::Word;
use crate::utility::Outcome;

const REPORT: Report = Report { command: "getAttribute", failure: Failure::OneLine };

pub(super) fn run(session: &mut Session<'_>, arguments: &[Word]) -> Result<Outcome, Refusal> {
    let (handle, attribute, file) = match arguments {
        [handle, attribute] => (handle, attribute, None),
        [handle, attribute, file] => (handle, attribute, Some(file)),
        _ => return Err(Refusal::Usage),
    };
    let handle = attribute::handle(handle).ok_or(Refusal::Usage)?;
    let number = attribute.parse().map_err(|_| Refusal::Usage)?;
    let selection = Selection::from_number(number).map_err(hsm_sim::Error::from)?;
    let results = session.admins.each(|admin| admin.attribute(handle, number))?;
    let text = render(&results, selection);
    match file {
        Some(file) => fs::write(file.as_str(), text)?,
        None => session.terminal.print(&text)?,
    }
    Ok(Outcome::when(succeeded(&results)))
}

/// A block per server, each after a blank line (documented).
fn render(results: &[NodeResult<Vec<KeyAttribute>>], selection: Selection) -> String {
    let mut text = String::new();
    for node in results {
        match &node.result {
            Ok(values) => {
                text += &format!("\nAttribute Value on server {}({}):\n", node.server, node.ip);
                text += &selection.render(values);
            }
            Err(_) => text += &REPORT.line(node),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use hsm_sim::HsmError;
    use hsm_sim::object::{Attribute, AttributeValue};

    use super::*;
    use crate::cmu::report::samples::answers;

    #[test]
    fn documented_blocks() {
        let extractable = || vec![(Attribute::Extractable, AttributeValue::Flag(true))];
        let expected = "
Attribute Value on server 0(10.0.2.9):
OBJ_ATTR_EXTRACTABLE
0x00000001

Attribute Value on server 1(10.0.3.11):
OBJ_ATTR_EXTRACTABLE
0x00000001
getAttribute failed on server 2(10.0.1.12): HSM Error: Key Access is denied
";
        let results = answers([Ok(extractable()), Ok(extractable()), Err(HsmError::KeyAccessDenied)]);
        assert_eq!(render(&results, Selection::One(Attribute::Extractable)), expected);
    }
}
