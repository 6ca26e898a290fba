//! A cluster as one kind of client sees it at one moment.

use std::net::Ipv4Addr;

use crate::cluster::{Cluster, ClusterState};
use crate::error::{HsmError, Result};
use crate::fault::{ClientClass, FaultView};
use crate::id::{ClusterId, NodeId};
use crate::mtls::MutualTls;
use crate::node::strain::Strain;
use crate::node::{Node, NodeState};
use crate::performance::{Pace, Profile};
use crate::row::Rows;
use crate::world::World;

/// What one node answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeResult<T> {
    /// Its number in the tool: its place in join order among the nodes that the tool knows.
    pub server: usize,
    /// The node.
    pub node: NodeId,
    /// Its address.
    pub ip: Ipv4Addr,
    /// The answer.
    pub result: Result<T, HsmError>,
}

impl<T> NodeResult<T> {
    /// The same node with another form of its answer.
    pub fn map<U>(self, form: impl FnOnce(T) -> U) -> NodeResult<U> {
        NodeResult { server: self.server, node: self.node, ip: self.ip, result: self.result.map(form) }
    }
}

/// A cluster, all its nodes and the faults that stand between them and a client.
#[derive(Debug)]
pub(crate) struct Reach {
    pub(crate) cluster: Cluster,
    /// Every recorded node, in join order; also those that a fault hides.
    pub(crate) nodes: Vec<Node>,
    faults: FaultView,
    class: ClientClass,
    world: World,
    profile: Profile,
    /// Of the nodes that ask anything of clients.
    mutual_tls: Vec<(NodeId, MutualTls)>,
}

impl Reach {
    /// The cluster as clients of `class` see it.
    ///
    /// # Errors
    /// [`HsmError::NoCluster`], or the store fails.
    pub(crate) fn load(world: &World, rows: &impl Rows, id: &ClusterId, class: ClientClass) -> Result<Self> {
        let faults = FaultView::load(rows, world.now(rows)?)?;
        let cluster = Cluster::load(rows, id)?.filter(|cluster| faults.cluster_present(cluster));
        let cluster = cluster.ok_or_else(|| HsmError::NoCluster(id.clone()))?;
        let mut nodes = Node::of_cluster(rows, id)?;
        for node in &mut nodes {
            node.joining = faults.node_state(node) == NodeState::CreateInProgress;
        }
        let profile = Profile::load(rows)?;
        let mutual_tls = if cluster.has_newer_hsms() { MutualTls::of_cluster(rows, id)? } else { Vec::new() };
        Ok(Self { cluster, nodes, faults, class, world: world.clone(), profile, mutual_tls })
    }

    /// Whether what is reached changes only with a commit, and never with time alone.
    pub(crate) fn is_steady(&self) -> bool {
        self.faults.is_steady()
    }

    /// Whether the client can talk to a node. Nobody talks to a node before the cluster has its certificates (documented).
    pub(crate) fn reaches(&self, node: &Node) -> bool {
        self.is_reached_by(self.class, node)
    }

    /// The same for another kind of client.
    pub(crate) fn is_reached_by(&self, class: ClientClass, node: &Node) -> bool {
        let certified = match self.faults.cluster_state(&self.cluster) {
            ClusterState::CreateInProgress | ClusterState::Uninitialized | ClusterState::InitializeInProgress => false,
            ClusterState::Initialized
            | ClusterState::Active
            | ClusterState::UpdateInProgress
            | ClusterState::ModifyInProgress
            | ClusterState::RollbackInProgress
            | ClusterState::Degraded
            | ClusterState::DeleteInProgress
            | ClusterState::Deleted => true,
        };
        certified && self.faults.reaches(class, &self.cluster, node) && self.is_let_in(class, node)
    }

    /// Whether the node lets the client in. KMS has no certificate (documented), and of another kind of client none is known; nodes
    /// know each other.
    fn is_let_in(&self, class: ClientClass, node: &Node) -> bool {
        let Some(policy) = self.mutual_tls(node) else { return true };
        match class {
            ClientClass::Nodes => true,
            ClientClass::Tools | ClientClass::Pkcs11 if class == self.class => {
                policy.admits(self.world.client_certificate())
            }
            ClientClass::Tools | ClientClass::Pkcs11 | ClientClass::Kms => policy.admits(None),
        }
    }

    /// Whether any node lets the client in, as far as its certificate matters.
    pub(crate) fn lets_in(&self) -> bool {
        let mut nodes = self.present().peekable();
        nodes.peek().is_none() || nodes.any(|node| self.is_let_in(self.class, node))
    }

    /// What the node asks of clients, if anything.
    pub(crate) fn mutual_tls(&self, node: &Node) -> Option<&MutualTls> {
        self.mutual_tls.iter().find(|(id, _)| *id == node.id).map(|(_, policy)| policy)
    }

    /// Whether the client's connection to the node is mutual: it has a certificate that the node trusts.
    pub(crate) fn is_mutual(&self, node: &Node) -> bool {
        let client = self.world.client_certificate();
        self.mutual_tls(node).zip(client).is_some_and(|(policy, client)| policy.trusts(client))
    }

    /// That the node answers the client's requests.
    ///
    /// # Errors
    /// [`HsmError::NodeUnavailable`], [`HsmError::Zeroized`], [`HsmError::Busy`].
    pub(crate) fn answers(&self, node: &Node) -> Result<(), HsmError> {
        match self.reaches(node) {
            false => Err(HsmError::NodeUnavailable),
            true if self.faults.is_tampered(&node.id) => Err(HsmError::Zeroized),
            true if self.faults.is_busy(&node.id) => Err(HsmError::Busy),
            true => Ok(()),
        }
    }

    /// That the node, which answers, takes logins.
    ///
    /// # Errors
    /// [`HsmError::LoginFailure`] of a node that refuses all of them.
    pub(crate) fn takes_logins(&self, node: &Node) -> Result<(), HsmError> {
        if self.faults.refuses_logins(&node.id) { Err(HsmError::LoginFailure) } else { Ok(()) }
    }

    /// That the node has room for another key.
    ///
    /// # Errors
    /// [`HsmError::KeyStoreFull`].
    pub(crate) fn has_room(&self, node: &Node) -> Result<(), HsmError> {
        if self.faults.is_full(&node.id) { Err(HsmError::KeyStoreFull) } else { Ok(()) }
    }

    /// What keeps the node from answering at once.
    pub(crate) fn strain(&self, node: &Node) -> Option<Strain> {
        let pace = Pace::of(self.profile, self.world.directory(), &node.id, self.present().count());
        Strain::of(self.faults.delay(&node.id), pace)
    }

    /// The node of this id, if it answers.
    pub(crate) fn node(&self, id: &NodeId) -> Result<&Node, HsmError> {
        let node = self.nodes.iter().find(|node| node.id == *id).ok_or(HsmError::NodeUnavailable)?;
        self.answers(node).map(|()| node)
    }

    /// The nodes that are there, whether they can be talked to or not.
    pub(crate) fn present(&self) -> impl Iterator<Item = &Node> {
        self.nodes.iter().filter(|node| self.faults.node_present(node))
    }
}
