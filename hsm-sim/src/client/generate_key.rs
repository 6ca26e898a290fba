//! Making a key: on one node, then on all others under the same handle (documented).

use std::collections::BTreeSet;

use crypto::{SecretBytes, aes_kcv};
use store::Writer;

use crate::audit::{self, Command, Detail};
use crate::client::access::first;
use crate::client::{Access, NodeResult};
use crate::error::{HsmError, Result};
use crate::fault;
use crate::id::NodeId;
use crate::node::reach::Reach;
use crate::node::{HandleCounter, Node};
use crate::object::layer::{self, Change};
use crate::object::{Class, Extra, Handle, KeyTemplate, Object};
use crate::settings::Settings;
use crate::user::{NodeUsers, Role};
use crate::vault::Sealed;

/// A key that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Created {
    /// Its handle, the same on every node.
    pub handle: Handle,
    /// Where it is, and why it is not elsewhere.
    pub nodes: Vec<NodeResult<()>>,
}

/// A key that has no handle yet.
struct NewKey<'a> {
    template: &'a KeyTemplate,
    unique: [u8; 16],
    kcv: [u8; 3],
    material: Sealed,
}

impl Access {
    /// Makes a key on one node and brings it to every other one that is reached and where the owner exists.
    ///
    /// # Errors
    /// [`HsmError::PolicyViolation`] for a key that the HSM does not make, [`HsmError::KeyStoreFull`] where quotas apply,
    /// [`HsmError::NoSuchUser`] when it shall be shared with a user who does not exist, or no node can be used.
    pub fn generate_key(&self, template: &KeyTemplate) -> Result<Created> {
        template.check()?;
        let mut value = vec![0; template.length];
        self.world().entropy().fill(&mut value);
        let value = SecretBytes::new(value);
        let unique = self.world().entropy().bytes();
        let material = self.world().vault().seal(self.world().entropy(), &Object::context(&unique), value.expose());
        let key = NewKey { template, unique, kcv: aes_kcv(value.expose())?, material };
        self.world().write(|tx| self.create(tx, &key))
    }

    fn create(&self, tx: &mut Writer<'_>, key: &NewKey<'_>) -> Result<Created> {
        if let Some(error) = fault::command_fails(tx, self.world(), Command::GenerateKey)? {
            return Err(error.into());
        }
        let reach = self.reach(tx)?;
        let mut owners = self.on_each(tx, &reach, |node, user| Ok(reach.has_room(node).map(|()| user)))?;
        let turn = self.turn(owners.len());
        owners.rotate_left(turn);
        let (maker, owner) =
            first(owners.iter().map(|answer| answer.result.clone().map(|user| (answer.node.clone(), user))))?;
        owners.rotate_right(turn);

        let users = NodeUsers::load(tx, self.cluster(), &maker)?;
        let is_crypto_user = |users: &NodeUsers, id: u32| users.by_id(id).is_some_and(|user| user.role == Role::Cu);
        if !key.template.shared.iter().all(|id| is_crypto_user(&users, *id)) {
            return Err(HsmError::NoSuchUser.into());
        }
        let handle = self.next_handle(tx, &reach.nodes, &maker)?;
        let object = Object {
            handle,
            unique: key.unique,
            class: Class::Secret,
            key_type: key.template.key_type,
            label: key.template.label.clone(),
            id: key.template.id.clone(),
            flags: key.template.flags,
            value_len: u32::try_from(key.template.length).map_err(|_| HsmError::PolicyViolation)?,
            owner,
            shared: key.template.shared.iter().copied().collect::<BTreeSet<_>>().into_iter().collect(),
            kcv: key.kcv,
            material: key.material.clone(),
            extra: Extra::default(),
        };
        for answer in &mut owners {
            if answer.result.is_ok() && !is_crypto_user(&NodeUsers::load(tx, self.cluster(), &answer.node)?, owner) {
                // Keys name their owner by number, and users are numbered by each node (documented).
                answer.result = Err(HsmError::NoSuchUser);
            }
        }
        let nodes: Vec<NodeResult<()>> = owners
            .into_iter()
            .map(|answer| NodeResult {
                server: answer.server,
                node: answer.node,
                ip: answer.ip,
                result: answer.result.map(|_| ()),
            })
            .collect();
        self.change(tx, reach, handle, &nodes, &Change::Put(object))?;
        let made = Detail::Key { handle: handle.get(), public: 0 };
        self.note_new(tx, &maker, &nodes, Command::GenerateKey, made)?;
        Ok(Created { handle, nodes })
    }

    /// Notes that a key was made on one node and brought to others.
    pub(crate) fn note_new(
        &self,
        tx: &mut Writer<'_>,
        maker: &NodeId,
        nodes: &[NodeResult<()>],
        command: Command,
        detail: Detail<'_>,
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
        mut reach: Reach,
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
        self.check_capacity(tx, node)?;
        loop {
            let handle = Handle::made_on(node.index, counter.next);
            counter.next = counter.next.wrapping_add(1);
            let mut taken = false;
            for node in nodes {
                taken = taken || layer::locate(tx, &node.view, handle)?.is_some();
            }
            if !taken {
                counter.save(tx, self.cluster(), maker)?;
                return Ok(handle);
            }
        }
    }

    /// Keys per HSM type (documented), where quotas apply.
    fn check_capacity(&self, tx: &Writer<'_>, node: &Node) -> Result<()> {
        if !Settings::load(tx)?.quotas {
            return Ok(());
        }
        let reach = self.reach(tx)?;
        let limit = if reach.cluster.hsm_type == "hsm1.medium" { 3_300 } else { 16_666 };
        if layer::all(tx, &node.view)?.len() >= limit { Err(HsmError::KeyStoreFull.into()) } else { Ok(()) }
    }
}
