//! What the utility says while it connects.

use hsm_sim::admin::{Server, ServerInfo};

const PORT: u16 = ServerInfo::PORT;

/// The connection to each server, then its encryption (documented; a server's number is its place in the configuration).
pub(super) fn render(servers: &[Server]) -> String {
    let mut text =
        "Connecting to the server(s), it may take time\ndepending on the server(s) load, please wait...\n".to_owned();
    for Server { ip, .. } in servers {
        text += &format!("\nConnecting to server '{ip}': hostname '{ip}', port {PORT}...\n");
        text += &format!("Connected to server '{ip}': hostname '{ip}', port {PORT}.\n");
    }
    text + &encrypted(servers)
}

/// One line per server whose connection is encrypted end to end (documented).
pub(super) fn encrypted(servers: &[Server]) -> String {
    servers.iter().map(|server| format!("E2E enabled on server {}({})\n", server.number, server.ip)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cmu::report::samples::servers;

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
        assert_eq!(render(&servers()), expected);
    }
}
