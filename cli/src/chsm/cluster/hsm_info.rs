//! `cluster hsm-info`: what the hardware says of itself; no login is needed (documented).

use hsm_sim::HsmError;
use hsm_sim::admin::Server;
use serde::Serialize;

use crate::chsm::answer::{Answer, Data};
use crate::chsm::session::Session;
use crate::hardware::serial_number;

#[derive(Serialize)]
struct Listing {
    hsms: Vec<Hardware>,
}

/// Documented values, but for the serial number.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Hardware {
    vendor: &'static str,
    model: &'static str,
    serial_number: String,
    hardware_version_major: &'static str,
    hardware_version_minor: &'static str,
    firmware_version_major: &'static str,
    firmware_version_minor: &'static str,
    firmware_build_number: &'static str,
    firmware_id: &'static str,
    fips_state: &'static str,
}

pub(super) fn run(session: &mut Session<'_>) -> Answer {
    let admin = &session.connection(None)?.admin;
    let mut hsms = Vec::new();
    for server in admin.servers() {
        if admin.info(server.number)?.connected {
            hsms.push(hardware(server));
        }
    }
    if hsms.is_empty() { Err(HsmError::NoNode.into()) } else { Data::of(&Listing { hsms }) }
}

fn hardware(server: &Server) -> Hardware {
    Hardware {
        vendor: "Marvell Semiconductors, Inc.",
        model: "NITROX-III CNN35XX-NFBE",
        serial_number: serial_number("5.3G1941", server.node.as_str()),
        hardware_version_major: "5",
        hardware_version_minor: "3",
        firmware_version_major: "2",
        firmware_version_minor: "6",
        firmware_build_number: "16",
        firmware_id: "CNN35XX-NFBE-FW-2.06-16",
        fips_state: "2 [FIPS mode with single factor authentication]",
    }
}
