//! CreateHsm: the first node of a cluster, one more node beside others, or one restored from the latest backup.

use std::net::Ipv4Addr;

use crypto::Verifier;

use crate::audit::{self, Command, Detail, Event};
use crate::backup::{self, Backup, BackupCause};
use crate::cluster::{Cluster, ClusterState};
use crate::control::authority::Identity;
use crate::control::{Control, Scene, describe_clusters, is_activated, jobs, take_backup};
use crate::error::{ControlError, Result};
use crate::fault::ClientClass;
use crate::id::{ClusterId, EniId, NodeId, SubnetId};
use crate::mtls::MutualTls;
use crate::network::{self, Subnet};
use crate::node::counter::HandleCounter;
use crate::node::view::{LayerId, Step, View};
use crate::node::{Node, NodeState};
use crate::realm::AvailabilityZone;
use crate::row::{self, Rows, Seq, Writer};
use crate::settings::Settings;
use crate::transition::{self, Durations, Shown, Transition};
use crate::user::{NodeUsers, Role};

const OPERATION: &str = "CreateHsm";
/// The session in which an HSM is initialized (documented example).
const BIRTH_SESSION: u32 = 0x0100_4001;
const MESSAGE: &str = "HSM created.";
/// Nodes of one cluster (documented).
const NODES_PER_CLUSTER: u32 = 28;
/// Nodes of an account and Region while quotas are on (documented).
const NODE_QUOTA: u32 = 6;

/// Where the contents of the new node come from.
enum Plan {
    /// A factory-new node; `identity` when it is the first one and makes the cluster's key.
    New { identity: bool },
    /// A copy of a node.
    Join(Box<Node>),
    /// A restored backup.
    Restore(Box<Backup>),
}

/// What is slow to make, made before the transaction.
struct Prepared {
    node: NodeId,
    admin: Verifier,
    identity: Option<Identity>,
}

impl Control {
    /// Adds a node. A cluster's first node makes the cluster's key and certificate request; every further one is a copy of an
    /// active node, backed up first; with all nodes gone the latest backup is restored (documented).
    ///
    /// # Errors
    /// The cluster does not exist or its state, zone, subnet or address does not allow it, a limit is reached, or the store fails.
    pub fn create_hsm(&self, id: &ClusterId, zone: &AvailabilityZone, ip: Option<Ipv4Addr>) -> Result<Node> {
        let mut prepared = None;
        loop {
            // The state may change while keys are made; then the plan is made anew.
            if let Some(node) = self.world.write(|tx| self.add_node(tx, id, zone, ip, prepared.as_ref()))? {
                return Ok(Node { state: NodeState::CreateInProgress, state_message: None, ..node });
            }
            let plan = self.world.read(|rows| self.plan(rows, &self.present(rows, id)?))?;
            if let Plan::New { identity } = plan {
                let node = NodeId::generate(self.world.entropy());
                let identity = identity.then(|| Identity::make(&self.world, &node)).transpose()?;
                let admin = Verifier::new(&NodeUsers::default_password(), self.world.entropy());
                prepared = Some(Prepared { node, admin, identity });
            }
        }
    }

    /// The transaction: `None` when something must be prepared first.
    fn add_node(
        &self,
        tx: &mut Writer<'_>,
        id: &ClusterId,
        zone: &AvailabilityZone,
        ip: Option<Ipv4Addr>,
        prepared: Option<&Prepared>,
    ) -> Result<Option<Node>> {
        let mut scene = self.present(tx, id)?;
        let subnet = self.subnet(tx, &scene, zone)?;
        let plan = self.plan(tx, &scene)?;
        let prepared = match (&plan, prepared) {
            (Plan::New { identity: false }, Some(prepared)) => Some(prepared),
            (Plan::New { identity: true }, Some(prepared)) if prepared.identity.is_some() => Some(prepared),
            (Plan::New { .. }, _) => return Ok(None),
            (Plan::Join(_) | Plan::Restore(_), _) => None,
        };
        let subnet_id = subnet.id.clone();
        let ip = network::allocate(tx, &scene.faults, subnet, ip)?;
        let node_id = prepared.map_or_else(|| NodeId::generate(self.world.entropy()), |prepared| prepared.node.clone());
        let Contents { view, users, mutual_tls } = self.contents(tx, &mut scene, &plan, prepared)?;
        let node = self.new_node(&scene, zone, Place { id: node_id, subnet: subnet_id, ip }, view);
        node.save(tx)?;
        self.note_birth(tx, &node.id, &plan)?;
        users.save(tx, id, &node.id)?;
        mutual_tls.save(tx, &Node::key(id, &node.id))?;
        HandleCounter { next: scene.recorded.first_counter }.save(tx, id, &node.id)?;
        let shows = Shown::Node(NodeState::CreateInProgress);
        let lasts = transition::begin(tx, Transition::CreateHsm, &Node::key(id, &node.id), shows, scene.now)?;
        let cloned_after = Durations::load(tx)?.of(Transition::CloneUsers);
        if matches!(plan, Plan::Join(_)) && !cloned_after.is_zero() && cloned_after < lasts {
            jobs::schedule_clone(tx, &node, scene.now + cloned_after)?;
        }
        let cluster = Cluster { next_index: node.index + 1, ..scene.recorded };
        cluster.save(tx)?;
        Ok(Some(node))
    }

    /// What the log of a cluster's first HSM begins with (documented), and those of copies (observed).
    fn note_birth(&self, tx: &mut Writer<'_>, node: &NodeId, plan: &Plan) -> Result<()> {
        let appliance = Detail::User { name: "app_user", role: Role::Au };
        let made = [
            (Command::InitToken, Detail::Minimal),
            (Command::GeneratePasswordKey, Detail::Minimal),
            (Command::CreateApplianceUser, appliance),
            (Command::InitDone, Detail::Minimal),
            (Command::GenerateKeyKey, Detail::Minimal),
        ];
        let copied = [(Command::RestoreBegin, Detail::Minimal), (Command::RestoreEnd, Detail::Minimal)];
        let events = match plan {
            Plan::New { .. } => &made[..],
            Plan::Join(_) | Plan::Restore(_) => &copied,
        };
        for &(command, detail) in events {
            let event = Event { command, detail, session: BIRTH_SESSION };
            audit::note(tx, &self.world, node, event, Ok(()))?;
        }
        Ok(())
    }

    fn new_node(&self, scene: &Scene, zone: &AvailabilityZone, place: Place, view: View) -> Node {
        Node {
            id: place.id,
            cluster: scene.recorded.id.clone(),
            index: scene.recorded.next_index,
            state: NodeState::Active,
            state_message: Some(MESSAGE.to_owned()),
            created: scene.now,
            zone: zone.clone(),
            subnet: place.subnet,
            eni: EniId::generate(self.world.entropy()),
            ip: place.ip,
            view,
            joining: false,
        }
    }

    fn subnet(&self, rows: &impl Rows, scene: &Scene, zone: &AvailabilityZone) -> Result<Subnet> {
        let cluster = &scene.view.cluster;
        let Some(id) = cluster.subnets.get(zone) else {
            return Err(ControlError::ZoneNotMapped { cluster: cluster.id.clone(), zone: zone.clone() }.into());
        };
        let subnet = Subnet::load(rows, &self.realm, id)?;
        Ok(subnet.ok_or_else(|| ControlError::SubnetNotFound(id.clone()))?)
    }

    /// Which kind of node the cluster needs next.
    fn plan(&self, rows: &impl Rows, scene: &Scene) -> Result<Plan> {
        let cluster = &scene.view.cluster;
        let nodes = &scene.view.nodes;
        self.check_limits(rows, scene)?;
        match cluster.state {
            ClusterState::Uninitialized | ClusterState::Initialized | ClusterState::InitializeInProgress
                if !nodes.is_empty() =>
            {
                Err(ControlError::NotYetActivated(cluster.id.clone()).into())
            }
            ClusterState::Uninitialized => Ok(Plan::New { identity: true }),
            // Its only node was removed before activation: a new one starts over with the installed certificates (inferred).
            ClusterState::Initialized if !is_activated(&scene.recorded) => Ok(Plan::New { identity: false }),
            ClusterState::Active | ClusterState::Degraded => match source_of_join(scene) {
                // It is the best one there is.
                Some(source) if scene.faults.is_apart(ClientClass::Nodes, cluster, source) => {
                    Err(ControlError::Injected.into())
                }
                Some(source) => Ok(Plan::Join(Box::new(source.clone()))),
                None => Ok(Plan::Restore(Box::new(latest(rows, scene)?))),
            },
            ClusterState::CreateInProgress
            | ClusterState::InitializeInProgress
            | ClusterState::Initialized
            | ClusterState::UpdateInProgress
            | ClusterState::ModifyInProgress
            | ClusterState::RollbackInProgress
            | ClusterState::DeleteInProgress
            | ClusterState::Deleted => Err(scene.wrong_state(OPERATION, "UNINITIALIZED or ACTIVE").into()),
        }
    }

    fn check_limits(&self, rows: &impl Rows, scene: &Scene) -> Result<()> {
        if scene.view.nodes.len() >= NODES_PER_CLUSTER as usize {
            return Err(ControlError::Limit { what: "HSMs in a cluster", limit: NODES_PER_CLUSTER }.into());
        }
        if !Settings::load(rows)?.quotas {
            return Ok(());
        }
        let mut nodes = 0;
        for cluster in describe_clusters::of_realm(rows, &self.realm, &scene.faults)? {
            nodes += Node::of_cluster(rows, &cluster.id)?.len();
        }
        if nodes >= NODE_QUOTA as usize {
            return Err(ControlError::Limit { what: "HSMs in an account and Region", limit: NODE_QUOTA }.into());
        }
        Ok(())
    }

    /// What the new node holds; changes the cluster where the plan says so.
    fn contents(
        &self,
        tx: &mut Writer<'_>,
        scene: &mut Scene,
        plan: &Plan,
        prepared: Option<&Prepared>,
    ) -> Result<Contents> {
        let own = LayerId::opened_by(tx.seq(), 1);
        let cluster = &mut scene.recorded;
        match plan {
            Plan::New { .. } => {
                if let Some(identity) = prepared.and_then(|prepared| prepared.identity.as_ref()) {
                    cluster.private_key = Some(identity.private_key.clone());
                    cluster.certificates = identity.certificates.clone();
                }
                let users = prepared.map(|prepared| NodeUsers::fresh(prepared.admin.clone())).unwrap_or_default();
                Ok(Contents { view: View::new(own, cluster.layer), users, mutual_tls: MutualTls::default() })
            }
            Plan::Join(source) => {
                let fresh = Backup::take(tx, &self.world, cluster, source, BackupCause::NodeAdded, scene.now);
                let backup = match backup::unless_failing(fresh)? {
                    Some(fresh) => fresh,
                    // The users are then those of the latest one (inferred); keys come from the other nodes.
                    None => Backup::latest(tx, cluster, scene.now)?.ok_or(ControlError::Injected)?,
                };
                Contents::of(tx, backup, without_empty_steps(tx, source.view.joined_by(own, tx.seq()))?)
            }
            Plan::Restore(backup) => {
                let shared = LayerId::opened_by(tx.seq(), 0);
                cluster.layer = shared;
                // All that are recorded: a fault that hides a node may heal.
                for node in Node::of_cluster(tx, &cluster.id)? {
                    follow(tx, node, shared)?;
                }
                let view = without_empty_steps(tx, View::restored(own, shared, &backup.view))?;
                Contents::of(tx, (**backup).clone(), view)
            }
        }
    }
}

/// What a new node holds.
struct Contents {
    view: View,
    users: NodeUsers,
    mutual_tls: MutualTls,
}

impl Contents {
    /// What is not keys is the backup's.
    fn of(rows: &impl Rows, backup: Backup, view: View) -> Result<Self> {
        let mutual_tls = MutualTls::load(rows, backup.id.as_str().as_bytes())?;
        Ok(Self { view, users: backup.users, mutual_tls })
    }
}

/// A node beside which a new one joins: an active one, else one that is being made, whose contents are settled.
fn source_of_join(scene: &Scene) -> Option<&Node> {
    take_backup::best_source(scene).or_else(|| take_backup::best_in(scene, NodeState::CreateInProgress))
}

struct Place {
    id: NodeId,
    subnet: SubnetId,
    ip: Ipv4Addr,
}

/// The backup that a cluster without an active node goes on from: its own latest one, else the one that it was created from.
fn latest(rows: &impl Rows, scene: &Scene) -> Result<Backup> {
    let cluster = &scene.view.cluster;
    if let Some(backup) = Backup::latest(rows, cluster, scene.now)? {
        return Ok(backup);
    }
    let source = cluster.source_backup.as_ref().map(|id| Backup::load(rows, id)).transpose()?.flatten();
    match (source, &cluster.source_backup) {
        (Some(backup), _) => Ok(backup),
        (None, Some(id)) => Err(ControlError::BackupNotFound(id.clone()).into()),
        (None, None) => Err(scene.wrong_state(OPERATION, "a READY backup of the cluster").into()),
    }
}

/// Leaves out the past layers in which nothing was ever written, so that chains stay short however often a cluster is restored.
fn without_empty_steps(rows: &impl Rows, mut view: View) -> Result<View> {
    let mut chain = Vec::with_capacity(view.chain.len());
    for step in view.chain {
        let present = step.until == Seq::MAX;
        if present || rows.scan_at(row::OBJECT, &step.layer.key(), None, step.until)?.next().transpose()?.is_some() {
            chain.push(step);
        }
    }
    view.chain = chain;
    Ok(view)
}

/// A node that is still there, though out of service, keeps what it sees and from now on shares the fresh layer.
fn follow(tx: &mut Writer<'_>, mut node: Node, shared: LayerId) -> Result<()> {
    let now = tx.seq();
    let frozen = node.view.chain.into_iter().map(|step| Step { until: step.until.min(now), ..step });
    node.view.chain = std::iter::once(Step { layer: shared, until: Seq::MAX }).chain(frozen).collect();
    node.save(tx)
}
