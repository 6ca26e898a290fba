//! The little of a virtual network that clusters need: one VPC per account and Region with one subnet per Availability Zone, and
//! addresses for the nodes' network interfaces.

mod address;
mod register;

use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};
use store::Table;

pub(crate) use address::allocate;
pub(crate) use register::{defaults, map_zones};

use crate::error::Result;
use crate::id::{SubnetId, VpcId};
use crate::realm::{AvailabilityZone, Realm};
use crate::row::{self, Record, Rows, Writer};

/// A subnet, `10.x.y.0/24` of its VPC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subnet {
    /// Its id.
    pub id: SubnetId,
    /// The account and Region that it belongs to.
    pub realm: Realm,
    /// The VPC that it belongs to.
    pub vpc: VpcId,
    /// Where it is.
    pub zone: AvailabilityZone,
    /// Its number in the VPC, from 1: the middle of its addresses.
    pub number: u16,
    /// Whether it is one of the VPC's own, and not registered on first use.
    pub default: bool,
    /// Where the search for the next free host number starts, so that a replaced node gets a new address (documented).
    pub next_host: u8,
}

impl Record for Subnet {
    const TABLE: Table = row::SUBNET;
}

impl Subnet {
    fn key(realm: &Realm, id: &SubnetId) -> Vec<u8> {
        format!("{}{id}", realm.key()).into_bytes()
    }

    /// Reads one subnet of a realm.
    ///
    /// # Errors
    /// The store fails.
    pub fn load(rows: &impl Rows, realm: &Realm, id: &SubnetId) -> Result<Option<Self>> {
        row::load(rows, &Self::key(realm, id))
    }

    /// The subnets of a realm, in order of their numbers.
    ///
    /// # Errors
    /// The store fails.
    pub fn of_realm(rows: &impl Rows, realm: &Realm) -> Result<Vec<Self>> {
        let mut subnets: Vec<Self> =
            row::list(rows, realm.key().as_bytes())?.into_iter().map(|(_, subnet)| subnet).collect();
        subnets.sort_by_key(|subnet| subnet.number);
        Ok(subnets)
    }

    fn save(&self, tx: &mut Writer<'_>) -> Result<()> {
        row::save(tx, &Self::key(&self.realm, &self.id), self)
    }

    /// The address with this host number.
    pub const fn address(&self, host: u8) -> Ipv4Addr {
        let [high, low] = self.number.to_be_bytes();
        Ipv4Addr::new(10, high, low, host)
    }

    /// The addresses in CIDR notation, such as `10.0.1.0/24`.
    pub fn cidr(&self) -> String {
        format!("{}/24", self.address(0))
    }
}
