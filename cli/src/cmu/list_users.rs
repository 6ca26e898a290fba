//! `listUsers`: the users of each server; needs no login (documented).

use hsm_sim::node::{NodeResult, UserInfo};

use crate::cmu::command::exactly;
use crate::cmu::report::{Failure, Report};
use crate::cmu::session::{Refusal, Session, succeeded};
use crate::terminal::Word;
use crate::utility::Outcome;

const REPORT: Report = Report { command: "listUsers", failure: Failure::OneLine };

pub(super) fn run(session: &mut Session<'_>, arguments: &[Word]) -> Result<Outcome, Refusal> {
    let [] = exactly(arguments)?;
    let results = session.admins.each(|admin| admin.list_users())?;
    session.terminal.print(&render(&results))?;
    Ok(Outcome::when(succeeded(&results)))
}

/// One table per server (documented columns).
fn render(results: &[NodeResult<Vec<UserInfo>>]) -> String {
    let mut text = String::new();
    for node in results {
        match &node.result {
            Ok(users) => {
                text += &format!("Users on server {}({}):\n", node.server, node.ip);
                text += &format!("Number of users found:{}\n\n", users.len());
                text += "    User Id             User Type       User Name                          MofnPubKey    LoginFailureCnt         2FA\n";
                text.extend(users.iter().map(row));
            }
            Err(_) => text += &REPORT.line(node),
        }
    }
    text
}

fn row(user: &UserInfo) -> String {
    let UserInfo { id, role, name, mofn, failures, two_factor } = user;
    let (role, name, mofn, two_factor) = (role.as_str(), name.as_str(), yes_or_no(*mofn), yes_or_no(*two_factor));
    format!("{id:>10}              {role:<16}{name:<35}{mofn:>8}{failures:>16}{two_factor:>17}\n")
}

/// A truth as the utilities write it (documented).
pub(crate) fn yes_or_no(value: bool) -> &'static str {
    if value { "YES" } else { "NO" }
}

#[cfg(test)]
mod tests {
    use hsm_sim::HsmError;
    use hsm_sim::user::Role;

    use super::*;
    use crate::cmu::report::samples::answers;

    fn user(id: u32, role: Role, name: &str, mofn: bool, failures: u32) -> UserInfo {
        UserInfo { id, role, name: name.parse().unwrap(), mofn, failures, two_factor: false }
    }

    #[test]
    fn documented_tables() {
        let first = vec![
            user(1, Role::Pco, "admin", true, 0),
            user(2, Role::Au, "app_user", false, 0),
            user(3, Role::Co, "alice", false, 0),
        ];
        let second = vec![user(1, Role::Preco, "admin", false, 12), user(2, Role::Au, "app_user", false, 0)];
        let expected = "\
Users on server 0(10.0.2.9):
Number of users found:3

    User Id             User Type       User Name                          MofnPubKey    LoginFailureCnt         2FA
         1              PCO             admin                                   YES               0               NO
         2              AU              app_user                                 NO               0               NO
         3              CO              alice                                    NO               0               NO
Users on server 1(10.0.3.11):
Number of users found:2

    User Id             User Type       User Name                          MofnPubKey    LoginFailureCnt         2FA
         1              PRECO           admin                                    NO              12               NO
         2              AU              app_user                                 NO               0               NO
listUsers failed on server 2(10.0.1.12): HSM CLUSTER ERROR: Server in cluster is unavailable
";
        assert_eq!(render(&answers([Ok(first), Ok(second), Err(HsmError::NodeUnavailable)])), expected);
    }

    #[test]
    fn the_longest_name_keeps_the_columns() {
        let row = row(&user(4, Role::Cu, "abcdefghijklmnopqrstuvwxyz01234", true, 5));
        assert_eq!(row.find("YES"), Some(80));
        assert_eq!(row.len(), 117);
    }
}
