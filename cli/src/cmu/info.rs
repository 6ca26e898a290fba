//! `info server <server number>`: the connection to one server; needs no login (documented).

use hsm_sim::admin::{Server, ServerInfo};

use crate::cmu::command::exactly;
use crate::cmu::server::number;
use crate::cmu::session::{Refusal, Session};
use crate::terminal::Word;
use crate::utility::Outcome;

pub(super) fn run(session: &mut Session<'_>, arguments: &[Word]) -> Result<Outcome, Refusal> {
    let [word, server] = exactly(arguments)?;
    if word.as_str() != "server" {
        return Err(Refusal::Usage);
    }
    let server = number(session, server)?;
    let info = session.admins.info(server)?;
    session.terminal.print(&render(&info))?;
    Ok(Outcome::Done)
}

/// Documented columns; `Disconnected` and `Not logged in` are inferred.
fn render(info: &ServerInfo) -> String {
    let ServerInfo { server: Server { number, node, ip }, connected, login, .. } = info;
    let port = ServerInfo::PORT;
    let ip = ip.to_string();
    let state = if *connected { "Connected" } else { "Disconnected" };
    let login = match login {
        Some((name, role)) => format!("Logged in as '{}({role})'", name.as_str()),
        None => "Not logged in".to_owned(),
    };
    format!(
        "Id      Name                    Hostname         Port   State           Partition               LoginState\n\
         {number:<8}{ip:<24}{ip:<16}{port:<8}{state:<16}{node:<24}{login}\n",
        node = node.as_str()
    )
}

#[cfg(test)]
mod tests {
    use hsm_sim::cluster::Mode;
    use hsm_sim::user::Role;

    use super::*;

    #[test]
    fn documented_table() {
        let server = Server { number: 0, node: "hsm-udw0tkfg1ab".parse().unwrap(), ip: [10, 0, 0, 1].into() };
        let login = Some(("testuser".parse().unwrap(), Role::Cu));
        let info = ServerInfo { server, connected: true, mode: Mode::Fips, login };
        let heading = "Id      Name                    Hostname         Port   State           Partition               LoginState\n";
        let row = "0       10.0.0.1                10.0.0.1        2225    Connected       hsm-udw0tkfg1ab         Logged in as 'testuser(CU)'\n";
        assert_eq!(render(&info), format!("{heading}{row}"));
        let row = "0       10.0.0.1                10.0.0.1        2225    Disconnected    hsm-udw0tkfg1ab         Not logged in\n";
        assert_eq!(render(&ServerInfo { connected: false, login: None, ..info }), format!("{heading}{row}"));
    }
}
