//! A look at everything in a world at one moment, for people who look for what went wrong. It holds no secrets and asks no node:
//! what is shown is what is recorded, faults apply to states only.

use std::collections::BTreeMap;

use crate::backup::Backup;
use crate::clock::{ClockSetting, SimTime};
use crate::cluster::Cluster;
use crate::control::ClusterView;
use crate::error::Result;
use crate::fault::{Fault, FaultView};
use crate::id::NodeId;
use crate::node::{Node, UserInfo, login};
use crate::object::{Flags, Handle, Object, layer};
use crate::performance::Profile;
use crate::row::{self, Rows};
use crate::service::ServiceSession;
use crate::settings::Settings;
use crate::user::NodeUsers;
use crate::world::World;

/// Everything in a world.
#[derive(Debug, Clone, PartialEq)]
pub struct Inspection {
    /// What the simulated clock shows.
    pub now: SimTime,
    /// How it runs.
    pub clock: ClockSetting,
    /// The settings in force.
    pub settings: Settings,
    /// How fast the HSMs are.
    pub performance: Profile,
    /// The faults in force, oldest first.
    pub faults: Vec<Fault>,
    /// The clusters that are there, in order of their ids.
    pub clusters: Vec<InspectedCluster>,
    /// The backups that are there, also of clusters that are gone.
    pub backups: Vec<Backup>,
}

/// A cluster and what its nodes hold.
#[derive(Debug, Clone, PartialEq)]
pub struct InspectedCluster {
    /// As the management API shows it.
    pub view: ClusterView,
    /// What each of its nodes knows, in the same order.
    pub nodes: Vec<InspectedNode>,
    /// Every object that any of them holds, by handle.
    pub objects: Vec<InspectedObject>,
    /// The services that are connected: the user and the owner, such as a key store's id.
    pub services: Vec<(String, String)>,
}

/// What a node knows.
#[derive(Debug, Clone, PartialEq)]
pub struct InspectedNode {
    /// Its users.
    pub users: Vec<UserInfo>,
    /// Who is logged in, through how many connections.
    pub logins: BTreeMap<String, usize>,
}

/// An object without its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InspectedObject {
    /// Its handle.
    pub handle: Handle,
    /// The label, as text.
    pub label: String,
    /// The number of its class (`CKO_…`).
    pub class: u32,
    /// The number of its key type (`CKK_…`).
    pub key_type: u32,
    /// The user id of the owner.
    pub owner: u32,
    /// The ids of the users who may use it too.
    pub shared: Vec<u32>,
    /// Whether its value may leave the HSM.
    pub extractable: bool,
    /// The nodes that hold it, and in the same form; a node that holds another version has an entry of its own.
    pub nodes: Vec<NodeId>,
}

impl World {
    /// Everything at one moment.
    ///
    /// # Errors
    /// The store fails.
    pub fn inspect(&self) -> Result<Inspection> {
        let faults = self.faults().list()?;
        self.read(|rows| {
            let now = self.now(rows)?;
            let view = FaultView::load(rows, now)?;
            let mut clusters = Vec::new();
            for (_, cluster) in row::list::<Cluster>(rows, b"")? {
                if view.cluster_present(&cluster) && cluster.deleted.is_none() {
                    clusters.push(self.inspect_cluster(rows, ClusterView::load(rows, cluster, &view, now)?)?);
                }
            }
            let mut backups = Vec::new();
            let mut realms: Vec<_> =
                row::list::<Backup>(rows, b"")?.into_iter().map(|(_, backup)| backup.realm).collect();
            realms.sort_by_key(|realm| realm.key());
            realms.dedup();
            for realm in realms {
                backups.extend(Backup::of_realm(rows, &realm, now)?);
            }
            let (clock, settings) = (Self::clock(rows)?, Settings::load(rows)?);
            let performance = Profile::load(rows)?;
            Ok(Inspection { now, clock, settings, performance, faults, clusters, backups })
        })
    }

    fn inspect_cluster(&self, rows: &impl Rows, view: ClusterView) -> Result<InspectedCluster> {
        let id = &view.cluster.id;
        let mut nodes = Vec::with_capacity(view.nodes.len());
        for node in &view.nodes {
            let users = NodeUsers::load(rows, id, &node.id)?.users.iter().map(UserInfo::of).collect();
            nodes.push(InspectedNode { users, logins: login::logged_in(self, rows, id, &node.id)? });
        }
        let objects = objects(rows, &view.nodes)?;
        let services = ServiceSession::of_cluster(rows, id)?;
        Ok(InspectedCluster { view, nodes, objects, services })
    }
}

/// The objects of some nodes; nodes that nothing set apart are read once.
fn objects(rows: &impl Rows, nodes: &[Node]) -> Result<Vec<InspectedObject>> {
    let mut read: Vec<(&Node, Vec<Object>)> = Vec::new();
    let mut objects: Vec<InspectedObject> = Vec::new();
    let mut places: BTreeMap<Handle, Vec<usize>> = BTreeMap::new();
    for node in nodes {
        let same = read.iter().position(|(other, _)| other.view.steps().eq(node.view.steps()));
        let place = match same {
            Some(place) => place,
            None => {
                let found = layer::all(rows, &node.view)?;
                read.push((node, found.into_iter().map(|located| located.object).collect()));
                read.len() - 1
            }
        };
        for object in &read[place].1 {
            let shown = InspectedObject {
                handle: object.handle,
                label: object.label.clone(),
                class: object.class.number(),
                key_type: object.key_type.number(),
                owner: object.owner,
                shared: object.shared.clone(),
                extractable: object.flags.has(Flags::EXTRACTABLE),
                nodes: Vec::new(),
            };
            let known = places.entry(object.handle).or_default();
            let same = known
                .iter()
                .copied()
                .find(|place| InspectedObject { nodes: Vec::new(), ..objects[*place].clone() } == shown);
            let place = same.unwrap_or_else(|| {
                objects.push(shown);
                known.push(objects.len() - 1);
                objects.len() - 1
            });
            objects[place].nodes.push(node.id.clone());
        }
    }
    objects.sort_by_key(|object| object.handle);
    Ok(objects)
}
