//! `listUsers`: the users of the cluster, as one node sees them (documented: even where nodes differ).

use hsm_sim::node::UserInfo;

use crate::cmu::yes_or_no;
use crate::kmu::argument::Given;
use crate::kmu::command::{Command, group};
use crate::kmu::session::{Refusal, Session};
use crate::kmu::status::{self, INDENT};
use crate::utility::Outcome;

pub(super) const COMMAND: Command = Command {
    name: "listUsers",
    group: group::CONFIGURATION,
    summary: "Lists all users of a partition",
    arguments: &[],
    run,
};

const FUNCTION: &str = "Cfm3ListUsers";

fn run(session: &mut Session<'_>, _: &Given<'_>) -> Result<Outcome, Refusal> {
    let users = session.keys.list_users().map_err(Refusal::of(FUNCTION))?;
    session.terminal.print(&render(&users))?;
    Ok(Outcome::Done)
}

/// Documented columns.
fn render(users: &[UserInfo]) -> String {
    let mut text = format!("\n{INDENT}Number Of Users found {}\n\n", users.len());
    text += INDENT;
    text += "Index       User ID     User Type       User Name           MofnPubKey    LoginFailureCnt         2FA\n";
    text.extend(users.iter().enumerate().map(|(position, user)| row(position + 1, user)));
    text + "\n" + &status::returned(INDENT, FUNCTION, Ok(()))
}

fn row(index: usize, user: &UserInfo) -> String {
    let UserInfo { id, role, name, mofn, failures, two_factor } = user;
    let (role, name, mofn, two_factor) = (role.as_str(), name.as_str(), yes_or_no(*mofn), yes_or_no(*two_factor));
    format!("{INDENT}{index:<5}{id:>13}      {role:<16}{name:<26}{mofn:<3}{failures:>15}{two_factor:>17}\n")
}

#[cfg(test)]
mod tests {
    use hsm_sim::user::Role;

    use super::*;

    fn user(id: u32, role: Role, name: &str, mofn: bool) -> UserInfo {
        UserInfo { id, role, name: name.parse().unwrap(), mofn, failures: 0, two_factor: false }
    }

    #[test]
    fn documented_table() {
        let users = [
            user(1, Role::Pco, "admin", false),
            user(2, Role::Au, "app_user", false),
            user(3, Role::Cu, "alice", true),
        ];
        let expected = "
        Number Of Users found 3

        Index       User ID     User Type       User Name           MofnPubKey    LoginFailureCnt         2FA
        1                1      PCO             admin                     NO               0               NO
        2                2      AU              app_user                  NO               0               NO
        3                3      CU              alice                     YES              0               NO

        Cfm3ListUsers returned: 0x00 : HSM Return: SUCCESS
";
        assert_eq!(render(&users), expected);
    }
}
