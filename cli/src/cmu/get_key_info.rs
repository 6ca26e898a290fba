//! `getKeyInfo <key handle> [<file>]`: who may use a key, on each server. The handle may stand after `-k` (documented).

use std::fs;

use hsm_sim::admin::NodeResult;
use hsm_sim::client::KeyInfo;

use crate::attribute;
use crate::cmu::report::{Failure, Report};
use crate::cmu::session::{Refusal, Session, succeeded};
use crate::terminal::Word;
use crate::utility::Outcome;

const REPORT: Report = Report { command: "getKeyInfo", failure: Failure::OneLine };

pub(super) fn run(session: &mut Session<'_>, arguments: &[Word]) -> Result<Outcome, Refusal> {
    let arguments = match arguments {
        [option, rest @ ..] if option.as_str() == "-k" => rest,
        all => all,
    };
    let (handle, file) = match arguments {
        [handle] => (handle, None),
        [handle, file] => (handle, Some(file)),
        _ => return Err(Refusal::Usage),
    };
    let handle = attribute::handle(handle).ok_or(Refusal::Usage)?;
    let results = session.admins.each(|admin| admin.key_info(handle))?;
    let text = render(&results);
    match file {
        Some(file) => fs::write(file.as_str(), text)?,
        None => session.terminal.print(&text)?,
    }
    Ok(Outcome::when(succeeded(&results)))
}

/// A block per server (documented; the word for a session's key is inferred).
fn render(results: &[NodeResult<KeyInfo>]) -> String {
    let mut text = String::new();
    for node in results {
        let info = match &node.result {
            Ok(info) => info,
            Err(_) => {
                text += &REPORT.line(node);
                continue;
            }
        };
        let lifetime = if info.token { "Token/Flash Key" } else { "Session Key" };
        text += &format!("Key Info on server {}({}):\n\n        {lifetime},\n\n", node.server, node.ip);
        text += &format!("        Owned by user {}\n\n", info.owner);
        if !info.shared.is_empty() {
            text += &format!("        also, shared to following {} user(s):\n\n", info.shared.len());
            text.extend(info.shared.iter().map(|user| format!("{user:>18}\n")));
        }
        if info.approvals > 0 {
            text += &format!("         {} Users need to approve to use/manage this key\n", info.approvals);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use hsm_sim::HsmError;

    use super::*;
    use crate::cmu::report::samples::answers;

    #[test]
    fn documented_blocks() {
        let info =
            |shared: &[u32], approvals| Ok(KeyInfo { token: true, owner: 3, shared: shared.to_vec(), approvals });
        let expected = "\
Key Info on server 0(10.0.2.9):

        Token/Flash Key,

        Owned by user 3

        also, shared to following 2 user(s):

                 4
                 6
         2 Users need to approve to use/manage this key
Key Info on server 1(10.0.3.11):

        Token/Flash Key,

        Owned by user 3

getKeyInfo failed on server 2(10.0.1.12): HSM Error: Key Access is denied
";
        let results = answers([info(&[4, 6], 2), info(&[], 0), Err(HsmError::KeyAccessDenied)]);
        assert_eq!(render(&results), expected);
    }
}
