//! `getHSMInfo`: what the hardware of each server says of itself; needs no login.

use hsm_sim::admin::{Server, ServerInfo};
use hsm_sim::cluster::Mode;

use crate::cmu::command::exactly;
use crate::cmu::report::{Failure, Report};
use crate::cmu::session::{Refusal, Session};
use crate::cmu::startup;
use crate::hardware;
use crate::terminal::Word;
use crate::utility::Outcome;

const REPORT: Report = Report { command: "getHSMInfo", failure: Failure::OneLine };
/// The documentation blots it out; it says the versions below (inferred).
const FIRMWARE_ID: &str = "CNN35XX-NFBE-FW-2.03-13";

pub(super) fn run(session: &mut Session<'_>, arguments: &[Word]) -> Result<Outcome, Refusal> {
    let [] = exactly(arguments)?;
    let servers = startup::addressed(&session.admins)?;
    session.terminal.print(&format!("Getting HSM Info on {} nodes\n", servers.len()))?;
    for info in &servers {
        session.terminal.print(&render(info))?;
    }
    Ok(Outcome::when(servers.iter().all(|info| info.connected)))
}

/// A block per server (documented; its values too, but for the serial number).
fn render(info: &ServerInfo) -> String {
    let ServerInfo { server, connected, mode, .. } = info;
    if !connected {
        return REPORT.unavailable(server);
    }
    format!("                *** Server {} HSM Info ***\n{}", server.number, block(server, *mode))
}

/// The same without its heading, as the key management utility shows it.
pub(crate) fn block(server: &Server, mode: Mode) -> String {
    let fips = match mode {
        Mode::Fips => "2 [FIPS mode with single factor authentication]",
        // Inferred.
        Mode::NonFips => "0 [Non-FIPS mode with single factor authentication]",
    };
    let serial = hardware::serial_number("3.0A0101", server.node.as_str());
    let sections: [&[(&str, &str)]; 8] = [
        &[("Label", "cavium"), ("Model", "NITROX-III CNN35XX-NFBE")],
        &[("Serial Number", &serial), ("HSM Flags", "0"), ("FIPS state", fips)],
        &[
            ("Manufacturer ID", ""),
            ("Device ID", "10"),
            ("Class Code", "100000"),
            ("System vendor ID", "177D"),
            ("SubSystem ID", "10"),
        ],
        &[
            ("TotalPublicMemory", "560596"),
            ("FreePublicMemory", "294568"),
            ("TotalPrivateMemory", "0"),
            ("FreePrivateMemory", "0"),
        ],
        &[("Hardware Major", "3"), ("Hardware Minor", "0")],
        &[("Firmware Major", "2"), ("Firmware Minor", "03")],
        &[("Temperature", "56 C")],
        &[("Build Number", "13")],
    ];
    let line = |(name, value): &(&str, &str)| format!("        {name:<21}:{value}\n");
    let mut text = String::new();
    for (place, section) in sections.iter().enumerate() {
        // Before the memory stand two blank lines (documented).
        text += if place == 3 { "\n\n" } else { "\n" };
        text.extend(section.iter().map(line));
    }
    text + "\n" + &line(&("Firmware ID", FIRMWARE_ID)) + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cmu::report::samples::servers;

    #[test]
    fn documented_block() {
        let server = servers().remove(0);
        let serial = hardware::serial_number("3.0A0101", server.node.as_str());
        let expected = format!(
            "                *** Server 0 HSM Info ***

        Label                :cavium
        Model                :NITROX-III CNN35XX-NFBE

        Serial Number        :{serial}
        HSM Flags            :0
        FIPS state           :2 [FIPS mode with single factor authentication]

        Manufacturer ID      :
        Device ID            :10
        Class Code           :100000
        System vendor ID     :177D
        SubSystem ID         :10


        TotalPublicMemory    :560596
        FreePublicMemory     :294568
        TotalPrivateMemory   :0
        FreePrivateMemory    :0

        Hardware Major       :3
        Hardware Minor       :0

        Firmware Major       :2
        Firmware Minor       :03

        Temperature          :56 C

        Build Number         :13

        Firmware ID          :{firmware}

",
            firmware = FIRMWARE_ID
        );
        let info = ServerInfo { server, connected: true, mode: Mode::Fips, login: None };
        assert_eq!(render(&info), expected);
        let down = "getHSMInfo failed on server 0(10.0.2.9): HSM CLUSTER ERROR: Server in cluster is unavailable\n";
        assert_eq!(render(&ServerInfo { connected: false, ..info }), down);
    }
}
