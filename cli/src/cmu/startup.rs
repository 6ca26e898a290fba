//! What the utility says while it connects.

use hsm_sim::admin::{Admins, Server, ServerInfo};

const PORT: u16 = ServerInfo::PORT;

/// The state of every server, by number.
pub(super) fn states(admins: &Admins) -> hsm_sim::Result<Vec<ServerInfo>> {
    admins.servers().map(|server| admins.info(server.number)).collect()
}

/// The state of every server that commands go to.
pub(super) fn addressed(admins: &Admins) -> hsm_sim::Result<Vec<ServerInfo>> {
    admins.addressed().map(|server| admins.info(server.number)).collect()
}

/// The connection to each server (documented; a server's number is its place in the configuration).
pub(super) fn render(servers: &[ServerInfo]) -> String {
    let mut text =
        "Connecting to the server(s), it may take time\ndepending on the server(s) load, please wait...\n".to_owned();
    for ServerInfo { server: Server { ip, .. }, connected, .. } in servers {
        text += &format!("\nConnecting to server '{ip}': hostname '{ip}', port {PORT}...\n");
        // The text of a failure is inferred.
        let outcome = if *connected { "Connected" } else { "Failed to connect" };
        text += &format!("{outcome} to server '{ip}': hostname '{ip}', port {PORT}.\n");
    }
    text
}

/// One line per server that is connected, each encrypted end to end (documented).
pub(super) fn encrypted(servers: &[ServerInfo]) -> String {
    let connected = servers.iter().filter(|info| info.connected);
    connected
        .map(|ServerInfo { server, .. }| format!("E2E enabled on server {}({})\n", server.number, server.ip))
        .collect()
}

#[cfg(test)]
mod tests {
    use hsm_sim::cluster::Mode;

    use super::*;
    use crate::cmu::report::samples::servers;

    fn connected(server: Server) -> ServerInfo {
        ServerInfo { server, connected: true, mode: Mode::Fips, login: None }
    }

    #[test]
    fn three_servers() {
        let expected = "\
Connecting to the server(s), it may take time
depending on the server(s) load, please wait...

Connecting to server '10.0.2.9': hostname '10.0.2.9', port 2225...
Connected to server '10.0.2.9': hostname '10.0.2.9', port 2225.

Connecting to server '10.0.3.11': hostname '10.0.3.11', port 2225...
Connected to server '10.0.3.11': hostname '10.0.3.11', port 2225.

Connecting to server '10.0.1.12': hostname '10.0.1.12', port 2225...
Connected to server '10.0.1.12': hostname '10.0.1.12', port 2225.
E2E enabled on server 0(10.0.2.9)
E2E enabled on server 1(10.0.3.11)
E2E enabled on server 2(10.0.1.12)
";
        let states: Vec<ServerInfo> = servers().into_iter().map(connected).collect();
        assert_eq!(render(&states) + &encrypted(&states), expected);
    }

    #[test]
    fn a_server_that_is_down() {
        let mut states: Vec<ServerInfo> = servers().into_iter().take(2).map(connected).collect();
        states[0].connected = false;
        let text = render(&states) + &encrypted(&states);
        assert!(text.contains("Failed to connect to server '10.0.2.9': hostname '10.0.2.9', port 2225.\n"), "{text}");
        assert!(text.ends_with("port 2225.\nE2E enabled on server 1(10.0.3.11)\n"), "{text}");
    }
}
