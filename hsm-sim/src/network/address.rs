//! Addresses of the nodes' network interfaces.

use std::collections::HashSet;
use std::net::Ipv4Addr;

use crate::error::{ControlError, Result};
use crate::fault::FaultView;
use crate::network::Subnet;
use crate::node::Node;
use crate::row::{self, Writer};

/// The first host number that is free for interfaces; the network reserves 0 to 3 and 255 (documented).
const FIRST_HOST: u8 = 4;
const LAST_HOST: u8 = 254;

/// Takes an address in the subnet: the wanted one, or the next free one.
///
/// # Errors
/// The subnet was removed or has no free address, or the wanted one is taken or foreign.
pub(crate) fn allocate(
    tx: &mut Writer<'_>,
    faults: &FaultView,
    mut subnet: Subnet,
    wanted: Option<Ipv4Addr>,
) -> Result<Ipv4Addr> {
    if !faults.subnet_exists(&subnet.id) {
        return Err(ControlError::SubnetNotFound(subnet.id).into());
    }
    if !faults.subnet_free(&subnet.id) {
        return Err(ControlError::SubnetFull(subnet.id).into());
    }
    let taken = taken_addresses(tx, &subnet)?;
    if let Some(ip) = wanted {
        let host = ip.octets()[3];
        let usable = subnet.address(host) == ip && (FIRST_HOST..=LAST_HOST).contains(&host) && !taken.contains(&ip);
        return if usable { Ok(ip) } else { Err(ControlError::AddressUnavailable { ip, subnet: subnet.id }.into()) };
    }
    let start = subnet.next_host.clamp(FIRST_HOST, LAST_HOST);
    let free = (start..=LAST_HOST).chain(FIRST_HOST..start).find(|host| !taken.contains(&subnet.address(*host)));
    let Some(host) = free else { return Err(ControlError::SubnetFull(subnet.id).into()) };
    let ip = subnet.address(host);
    subnet.next_host = if host == LAST_HOST { FIRST_HOST } else { host + 1 };
    subnet.save(tx)?;
    Ok(ip)
}

fn taken_addresses(tx: &Writer<'_>, subnet: &Subnet) -> Result<HashSet<Ipv4Addr>> {
    let nodes = row::list::<Node>(tx, b"")?;
    Ok(nodes.into_iter().filter(|(_, node)| node.subnet == subnet.id).map(|(_, node)| node.ip).collect())
}
