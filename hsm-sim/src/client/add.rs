//! Bringing new objects to a cluster: made on one node, then brought to all others under the same handle (documented).

use store::Writer;

use crate::audit::{self, Command, Detail};
use crate::client::quota::{Count, Quota};
use crate::client::{Access, NodeResult, first};
use crate::error::{HsmError, Result};
use crate::fault;
use crate::id::NodeId;
use crate::node::reach::Reach;
use crate::node::{HandleCounter, Node};
use crate::object::index::{self, By};
use crate::object::layer::{self, Change};
use crate::object::{Class, Handle, NOBODY, Object};
use crate::settings::Settings;
use crate::user::{NodeUsers, Role};

/// What is wished of new keys beyond what they are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Terms {
    /// The ids of the crypto users who may use them too; public keys everybody may use anyway.
    pub shared: Vec<u32>,
    /// How many of the owner and those users must approve what is done with them; 0 for none.
    pub approvals: u8,
    /// On how many nodes they must arrive, or else they are not made.
    pub servers: usize,
    /// No other object of the cluster may have their id.
    pub unique_id: bool,
}

/// The most users that a key's use may need (documented).
const MOST_APPROVALS: u8 = 8;

/// Objects that were added.
#[derive(Debug)]
pub(crate) struct Added {
    /// Their handles, the same on every node.
    pub(crate) handles: Vec<Handle>,
    /// Where they are, and why they are not elsewhere.
    pub(crate) nodes: Vec<NodeResult<()>>,
}

impl Access {
    /// Adds objects on every node that is reached and has a crypto user of their owner's number: keys name their owner by number,
    /// and users are numbered by each node, so where numbers differ a key becomes somebody else's (documented). An object without an owner is the user's; one without a handle
    /// gets one. `command` is what makes them; `taker` says as whom a node takes them, given as whom the connection is logged in there.
    ///
    /// # Errors
    /// [`HsmError::KeyStoreFull`] where quotas apply, [`HsmError::NoSuchUser`] when they shall be shared with somebody who is no
    /// other crypto user, [`HsmError::PolicyViolation`] for more approvals than users, [`HsmError::InvalidAttribute`] for an id
    /// that is taken, [`HsmError::TooFewNodes`], the command is told to fail, or no node can be used.
    pub(crate) fn add(
        &self,
        tx: &mut Writer<'_>,
        reach: &mut Reach,
        objects: &[Object],
        terms: &Terms,
        command: Command,
        taker: impl Fn(Result<u32, HsmError>) -> Result<u32, HsmError>,
    ) -> Result<Added> {
        if let Some(error) = fault::command_fails(tx, self.world(), command)? {
            return Err(error.into());
        }
        let mut takers = Vec::new();
        for (server, node) in reach.present().enumerate() {
            let result = taker(self.user_on(tx, reach, node)?).and_then(|user| reach.has_room(node).map(|()| user));
            takers.push(NodeResult { server, node: node.id.clone(), ip: node.ip, result });
        }
        let turn = self.turn(takers.len());
        let in_turn = (0..takers.len()).map(|place| &takers[(place + turn) % takers.len()]);
        let (maker, user) = first(in_turn.map(|taker| taker.result.clone().map(|user| (taker.node.clone(), user))))?;
        let is_crypto_user = |node: &NodeId, id: u32| -> Result<bool> {
            let users = NodeUsers::load(tx, self.cluster(), node)?;
            Ok(users.by_id(id).is_some_and(|user| user.role == Role::Cu))
        };
        for id in &terms.shared {
            if *id == user || !is_crypto_user(&maker, *id)? {
                return Err(HsmError::NoSuchUser.into());
            }
        }
        let most = if terms.shared.is_empty() { 0 } else { terms.shared.len() + 1 };
        if usize::from(terms.approvals) > most || terms.approvals > MOST_APPROVALS {
            return Err(HsmError::PolicyViolation.into());
        }
        let owner = objects.iter().map(|object| object.owner).find(|owner| *owner != NOBODY).unwrap_or(user);
        let mut nodes: Vec<NodeResult<()>> = Vec::with_capacity(takers.len());
        for taker in takers {
            // Only crypto users use keys, so one who is logged in there is one.
            let takes = owner == NOBODY || taker.result == Ok(owner) || is_crypto_user(&taker.node, owner)?;
            let result = taker.result.clone().and(if takes { Ok(()) } else { Err(HsmError::NoSuchUser) });
            nodes.push(NodeResult { result, ..taker.map(drop) });
        }
        if nodes.iter().filter(|node| node.result.is_ok()).count() < terms.servers.max(1) {
            return Err(HsmError::TooFewNodes.into());
        }
        self.require_room(tx, reach, &maker, objects)?;
        if terms.unique_id && self.has_id(tx, reach, objects)? {
            return Err(HsmError::InvalidAttribute.into());
        }
        let mut shared = terms.shared.clone();
        shared.sort_unstable();
        shared.dedup();
        let mut handles = Vec::with_capacity(objects.len());
        for object in objects {
            let mut object = Object { owner, ..object.clone() };
            if object.class != Class::Public && !terms.shared.is_empty() {
                object.shared.clone_from(&shared);
                object.set_approvals(terms.approvals);
            }
            if object.handle == Handle::NONE || taken(tx, &reach.nodes, object.handle)? {
                object.handle = self.next_handle(tx, &reach.nodes, &maker)?;
            }
            handles.push(object.handle);
            self.change(tx, reach, object.handle, &nodes, &Change::Put(object))?;
        }
        let detail = audit::new_objects(command, objects, &handles);
        self.note_new(tx, &maker, &nodes, (command, detail))?;
        Ok(Added { handles, nodes })
    }

    /// Whether another object of the cluster has the id of one of these.
    pub(crate) fn has_id(&self, tx: &Writer<'_>, reach: &Reach, objects: &[Object]) -> Result<bool> {
        for object in objects.iter().filter(|object| !object.id.is_empty()) {
            for node in &reach.nodes {
                if !index::outlines(tx, self.world().vault(), &node.view, By::Id(&object.id))?.is_empty() {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// Notes that objects were made on one node and brought to others.
    fn note_new(
        &self,
        tx: &mut Writer<'_>,
        maker: &NodeId,
        nodes: &[NodeResult<()>],
        (command, detail): (Command, Detail<'_>),
    ) -> Result<()> {
        let (made, brought): (Vec<_>, Vec<_>) = nodes.iter().cloned().partition(|answer| answer.node == *maker);
        let session = |node: &NodeId| self.session_number(node);
        audit::note_each(tx, self.world(), &made, session, (command, detail))?;
        if brought.iter().any(|answer| answer.result.is_ok()) {
            audit::note_each(tx, self.world(), &made, session, (Command::ExtractMasked, detail))?;
        }
        audit::note_each(tx, self.world(), &brought, session, (Command::InsertMasked, detail))
    }

    /// Writes one change of a handle on the nodes that answered well; the others miss it.
    pub(crate) fn change(
        &self,
        tx: &mut Writer<'_>,
        reach: &mut Reach,
        handle: Handle,
        results: &[NodeResult<()>],
        change: &Change,
    ) -> Result<()> {
        let reached = |node: &Node| results.iter().any(|answer| answer.node == node.id && answer.result.is_ok());
        let changes: Vec<Change> =
            reach.nodes.iter().map(|node| if reached(node) { change.clone() } else { Change::Missed }).collect();
        layer::write(tx, self.world().vault(), reach.cluster.layer, &mut reach.nodes, handle, &changes)
    }

    /// The next handle of the making node that no node of the cluster uses.
    pub(crate) fn next_handle(&self, tx: &mut Writer<'_>, nodes: &[Node], maker: &NodeId) -> Result<Handle> {
        let Some(node) = nodes.iter().find(|node| node.id == *maker) else {
            return Err(HsmError::NodeUnavailable.into());
        };
        let mut counter = HandleCounter::load(tx, self.cluster(), maker)?;
        loop {
            let handle = Handle::made_on(node.index, counter.next);
            counter.next = counter.next.wrapping_add(1);
            if !taken(tx, nodes, handle)? {
                counter.save(tx, self.cluster(), maker)?;
                return Ok(handle);
            }
        }
    }

    /// Keys per HSM type (documented), where quotas apply.
    fn require_room(&self, tx: &Writer<'_>, reach: &Reach, maker: &NodeId, objects: &[Object]) -> Result<()> {
        let Some(node) = reach.nodes.iter().find(|node| node.id == *maker) else { return Ok(()) };
        if !Settings::load(tx)?.quotas {
            return Ok(());
        }
        let held = layer::all(tx, &node.view)?;
        let held = Count::of(held.iter().map(|found| &found.object));
        let fits = Quota::of(&reach.cluster.hsm_type).admits(held, Count::of(objects));
        if fits { Ok(()) } else { Err(HsmError::KeyStoreFull.into()) }
    }
}

fn taken(tx: &Writer<'_>, nodes: &[Node], handle: Handle) -> Result<bool> {
    for node in nodes {
        if layer::locate(tx, &node.view, handle)?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}
