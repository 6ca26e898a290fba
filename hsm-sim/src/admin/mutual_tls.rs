//! `cluster mtls …` of the newer tool: the trust anchors of clients, and whether each HSM insists on a client's certificate.

use crate::admin::{Admin, NodeResult};
use crate::error::{HsmError, Result};
use crate::mtls::{Anchor, Enforcement, MutualTls, Reference};
use crate::node::Node;
use crate::node::reach::Reach;
use crate::user::{ADMIN_ID, Operation};

impl Admin {
    /// What every addressed server asks of clients; needs no login (documented).
    ///
    /// # Errors
    /// The cluster does not exist, or the store fails. A server answers [`HsmError::NotOfThisType`] where its type has no mutual TLS.
    pub fn mutual_tls(&self) -> Result<Vec<NodeResult<MutualTls>>> {
        self.ask(|rows, reach| self.on_each(rows, &reach, Operation::Info, |_, node, _| Ok(policy(&reach, node))))
    }

    /// Gives every addressed server a trust anchor, under one reference. A server that has it already refuses, and those that lack it
    /// take it (observed).
    ///
    /// # Errors
    /// The cluster does not exist, or the store fails. What a server says is in its result: [`HsmError::AnchorExists`],
    /// [`HsmError::TooManyAnchors`], [`HsmError::NotOfThisType`], or the login does not permit it.
    pub fn register_trust_anchor(&mut self, anchor: &Anchor) -> Result<Vec<NodeResult<Reference>>> {
        self.tell(|tx, reach| {
            let known = reach.present().filter_map(|node| reach.mutual_tls(node)).flat_map(|policy| &policy.anchors);
            let reference = anchor.reference(known);
            self.change_each(tx, &reach, Operation::SetMutualTls, None, |tx, node, _| {
                let added = policy(&reach, node).and_then(|mut policy| {
                    let reference = reference.ok_or(HsmError::TooManyAnchors)?;
                    policy.add(anchor.at(reference))?;
                    Ok((policy, reference))
                });
                Ok(match added {
                    Err(error) => Err(error),
                    Ok((policy, reference)) => {
                        policy.save(tx, &Node::key(&self.cluster, &node.id))?;
                        Ok(reference)
                    }
                })
            })
        })
    }

    /// Takes a trust anchor from every addressed server.
    ///
    /// # Errors
    /// The cluster does not exist, or the store fails. What a server says is in its result: [`HsmError::NoSuchAnchor`],
    /// [`HsmError::AnchorInUse`], [`HsmError::NotOfThisType`], or the login does not permit it.
    pub fn deregister_trust_anchor(&mut self, reference: Reference) -> Result<Vec<NodeResult<()>>> {
        self.change_policy(|_, _, policy| policy.take_away(reference))
    }

    /// Lets every addressed server insist on clients' certificates, or no longer. Only the officer `admin` may do it, over a connection
    /// that is mutual itself (documented), so nobody locks himself out.
    ///
    /// # Errors
    /// The cluster does not exist, or the store fails. What a server says is in its result: [`HsmError::NotFirstOfficer`],
    /// [`HsmError::NotMutual`], [`HsmError::NotOfThisType`], or the login does not permit it.
    pub fn set_mtls_enforcement(&mut self, enforcement: Enforcement) -> Result<Vec<NodeResult<()>>> {
        self.change_policy(|reach, (node, user), policy| {
            if user != ADMIN_ID {
                return Err(HsmError::NotFirstOfficer);
            }
            if !reach.is_mutual(node) {
                return Err(HsmError::NotMutual);
            }
            policy.enforcement = enforcement;
            Ok(())
        })
    }

    /// Changes what every addressed server asks of clients; `change` is told the server and the number of who is logged in there.
    fn change_policy(
        &mut self,
        change: impl Fn(&Reach, (&Node, u32), &mut MutualTls) -> Result<(), HsmError> + Sync,
    ) -> Result<Vec<NodeResult<()>>> {
        self.tell(|tx, reach| {
            self.change_each(tx, &reach, Operation::SetMutualTls, None, |tx, node, users| {
                let user = self.logged_in(node, &users).map(|user| user.id);
                let changed = user.and_then(|user| {
                    let mut policy = policy(&reach, node)?;
                    change(&reach, (node, user), &mut policy)?;
                    Ok(policy)
                });
                Ok(match changed {
                    Err(error) => Err(error),
                    Ok(policy) => {
                        policy.save(tx, &Node::key(&self.cluster, &node.id))?;
                        Ok(())
                    }
                })
            })
        })
    }
}

fn policy(reach: &Reach, node: &Node) -> Result<MutualTls, HsmError> {
    if !reach.cluster.has_newer_hsms() {
        return Err(HsmError::NotOfThisType);
    }
    Ok(reach.mutual_tls(node).cloned().unwrap_or_default())
}
