//! A realm's VPC and subnets: made when first used, foreign subnet ids registered on first use (documented).

use std::collections::BTreeMap;

use crate::error::{ControlError, Result};
use crate::fault::FaultView;
use crate::id::{SubnetId, VpcId};
use crate::network::Subnet;
use crate::realm::{AvailabilityZone, Realm};
use crate::row::Writer;
use crate::world::World;

/// How many subnets one cluster may have (documented).
const SUBNETS_PER_CLUSTER: std::ops::RangeInclusive<usize> = 1..=10;

/// The first subnet is `10.0.1.0/24`.
const FIRST_NUMBER: u16 = 1;

/// The subnets of the realm, the default ones made if there are none.
///
/// # Errors
/// The store fails.
pub(crate) fn defaults(tx: &mut Writer<'_>, world: &World, realm: &Realm) -> Result<Vec<Subnet>> {
    let known = Subnet::of_realm(tx, realm)?;
    if !known.is_empty() {
        return Ok(known);
    }
    let vpc = VpcId::generate(world.entropy());
    (FIRST_NUMBER..)
        .zip(realm.zones())
        .map(|(number, zone)| add(tx, world, realm, Place { id: None, vpc: vpc.clone(), zone, number }))
        .collect()
}

struct Place {
    /// `None` makes a default subnet.
    id: Option<SubnetId>,
    vpc: VpcId,
    zone: AvailabilityZone,
    number: u16,
}

fn add(tx: &mut Writer<'_>, world: &World, realm: &Realm, place: Place) -> Result<Subnet> {
    let default = place.id.is_none();
    let subnet = Subnet {
        id: place.id.unwrap_or_else(|| SubnetId::generate(world.entropy())),
        realm: realm.clone(),
        vpc: place.vpc,
        zone: place.zone,
        number: place.number,
        default,
        next_host: 0,
    };
    subnet.save(tx)?;
    Ok(subnet)
}

/// The VPC and the zone of each of a new cluster's subnets. Unknown ids are registered in a zone of their own, unless `strict`.
///
/// # Errors
/// The number of subnets is wrong, one does not exist, or two are in one zone.
pub(crate) fn map_zones(
    tx: &mut Writer<'_>,
    world: &World,
    realm: &Realm,
    ids: &[SubnetId],
    faults: &FaultView,
    strict: bool,
) -> Result<(VpcId, BTreeMap<AvailabilityZone, SubnetId>)> {
    if !SUBNETS_PER_CLUSTER.contains(&ids.len()) {
        return Err(ControlError::SubnetCount.into());
    }
    let mut known = defaults(tx, world, realm)?;
    let Some(vpc) = known.first().map(|subnet| subnet.vpc.clone()) else {
        return Err(ControlError::SubnetCount.into());
    };
    let mut map = BTreeMap::new();
    let mut unknown = Vec::new();
    for id in ids {
        if !faults.subnet_exists(id) {
            return Err(ControlError::SubnetNotFound(id.clone()).into());
        }
        match known.iter().find(|subnet| subnet.id == *id) {
            Some(subnet) => place(&mut map, subnet)?,
            None if strict => return Err(ControlError::SubnetNotFound(id.clone()).into()),
            None => unknown.push(id.clone()),
        }
    }
    for id in unknown {
        let free = realm.zones().into_iter().filter(|zone| !map.contains_key(zone));
        let zone = free.min_by_key(|zone| known.iter().filter(|subnet| subnet.zone == *zone).count());
        // The same unknown id twice ends here too: it is known by now.
        let again = known.iter().any(|subnet| subnet.id == id);
        let Some(zone) = zone.filter(|_| !again) else { return Err(ControlError::SubnetConflict(id).into()) };
        let number = known.iter().map(|subnet| subnet.number + 1).max().unwrap_or(FIRST_NUMBER);
        let subnet = add(tx, world, realm, Place { id: Some(id), vpc: vpc.clone(), zone, number })?;
        place(&mut map, &subnet)?;
        known.push(subnet);
    }
    Ok((vpc, map))
}

fn place(map: &mut BTreeMap<AvailabilityZone, SubnetId>, subnet: &Subnet) -> Result<()> {
    match map.insert(subnet.zone.clone(), subnet.id.clone()) {
        None => Ok(()),
        Some(_) => Err(ControlError::SubnetConflict(subnet.id.clone()).into()),
    }
}
