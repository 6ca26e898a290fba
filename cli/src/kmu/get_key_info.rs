//! `getKeyInfo -k <key handle>`: who owns a key and whom it is shared with.

use hsm_sim::client::KeyInfo;

use crate::kmu::argument::{Argument, Given};
use crate::kmu::command::{Command, group};
use crate::kmu::session::{Refusal, Session};
use crate::kmu::status::{self, INDENT};
use crate::utility::Outcome;

pub(super) const COMMAND: Command = Command {
    name: "getKeyInfo",
    group: group::MANAGEMENT,
    summary: "Get Key Info about shared users/sessions",
    arguments: &[Argument::required("k", "key handle", "specifies the handle of the key")],
    run,
};

const FUNCTION: &str = "Cfm3GetKey";

fn run(session: &mut Session<'_>, arguments: &Given<'_>) -> Result<Outcome, Refusal> {
    let handle = arguments.required("k")?;
    let info = session.keys.key_info(handle).map_err(Refusal::of(FUNCTION))?;
    session.terminal.print(&render(&info))?;
    Ok(Outcome::Done)
}

/// Documented.
fn render(info: &KeyInfo) -> String {
    let mut text = format!("\n{}\n{INDENT}Owned by user {}\n", status::returned(INDENT, FUNCTION, Ok(())), info.owner);
    if !info.shared.is_empty() {
        text += &format!("\n{INDENT}also, shared to following {} user(s):\n\n", info.shared.len());
        text.extend(info.shared.iter().map(|user| format!("{INDENT}{user:>10}\n")));
    }
    if info.approvals > 0 {
        text += &format!("{INDENT} {} Users need to approve to use/manage this key\n", info.approvals);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documented_blocks() {
        let owned = "
        Cfm3GetKey returned: 0x00 : HSM Return: SUCCESS

        Owned by user 3
";
        let info = |shared: &[u32], approvals| KeyInfo { token: true, owner: 3, shared: shared.to_vec(), approvals };
        assert_eq!(render(&info(&[], 0)), owned);
        let shared = "
        also, shared to following 2 user(s):

                 4
                 5
";
        assert_eq!(render(&info(&[4, 5], 0)), format!("{owned}{shared}"));
        let approved = "         2 Users need to approve to use/manage this key\n";
        assert_eq!(render(&info(&[4, 5], 2)), format!("{owned}{shared}{approved}"));
    }
}
