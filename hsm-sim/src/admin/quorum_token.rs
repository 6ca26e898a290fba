//! `getToken`: a quorum token of each server for this connection's login; and what an approved one permits.

use crate::admin::{Admin, NodeResult, by};
use crate::audit::Command;
use crate::error::{HsmError, Result};
use crate::node::Node;
use crate::object::{Object, layer};
use crate::quorum::{NodeTokens, QuorumPolicy, QuorumToken, Request, Service, Subject};
use crate::row::{Rows, Writer};
use crate::user::{NodeUsers, Operation, UserName};

/// That a change may be made; it names the approved token that the change uses up.
pub(super) struct Permit(Option<u32>);

impl Permit {
    /// Nobody must approve the change.
    pub(super) const fn not_needed() -> Self {
        Self(None)
    }

    /// Uses it up, in the transaction of the change.
    pub(super) fn spend(self, admin: &Admin, tx: &mut Writer<'_>, node: &Node) -> Result<()> {
        let Self(Some(id)) = self else { return Ok(()) };
        let mut tokens = admin.tokens(tx, node)?;
        tokens.drop_if(|token| token.id == id);
        tokens.save(tx, &admin.cluster, &node.id)
    }
}

/// How many must approve on a node what a token is for; nobody, when its key is gone.
pub(super) fn required(rows: &impl Rows, node: &Node, policy: &QuorumPolicy, subject: Subject) -> Result<u8> {
    match (subject.service(), subject.key()) {
        (Some(service), _) => Ok(policy.m_value(service)),
        (None, Some(key)) => Ok(layer::locate(rows, &node.view, key)?.map_or(0, |found| found.object.approvals())),
        (None, None) => Ok(0),
    }
}

impl Admin {
    /// Makes a token on every addressed server, where the service or the key needs approvals. It belongs to this connection's login
    /// and ends with it. `name` is whom the connection is logged in as (documented).
    ///
    /// # Errors
    /// The cluster does not exist, or the store fails. What a server says is in its result: [`HsmError::QuorumDisabled`],
    /// [`HsmError::TooManyQuorumTokens`], [`HsmError::InvalidHandle`], [`HsmError::KeyAccessDenied`] to whom the key is not shared
    /// with, or the login does not permit it.
    pub fn quorum_token(&mut self, subject: impl Into<Subject>, name: &str) -> Result<Vec<NodeResult<QuorumToken>>> {
        let subject = subject.into();
        let operation = if subject.key().is_some() { Operation::UseKeyQuorum } else { Operation::UseQuorum };
        let name = name.parse::<UserName>().map_err(|_| HsmError::NoSuchUser);
        self.tell(|tx, reach| {
            let now = self.world.now(tx)?;
            let actor = self.actor(tx)?;
            let noted = (Command::GetToken, by(&actor));
            self.change_each(tx, &reach, operation, Some(noted), |tx, node, users| {
                let name = match &name {
                    Ok(name) => name,
                    Err(error) => return Ok(Err(error.clone())),
                };
                let Some(login) = self.logins.get(&node.id) else { return Ok(Err(HsmError::NotLoggedIn)) };
                if login.name != *name {
                    return Ok(Err(HsmError::PermissionDenied));
                }
                if let Err(error) = self.may_ask(tx, node, &users, subject)? {
                    return Ok(Err(error));
                }
                let mut tokens = self.tokens(tx, node)?;
                let place = reach.present().position(|other| other.id == node.id).unwrap_or_default();
                let request = Request {
                    subject,
                    // No cluster has more than 28 nodes.
                    node: u32::try_from(place).unwrap_or(u32::MAX),
                    user: &login.name,
                    session: login.session(),
                    nonce: self.world.entropy().bytes(),
                };
                let made = tokens.add(&request, &users.policy.timeouts, now);
                if made.is_ok() {
                    tokens.save(tx, &self.cluster, &node.id)?;
                }
                Ok(made)
            })
        })
    }

    /// That a token for this would permit something here.
    fn may_ask(
        &self,
        rows: &impl Rows,
        node: &Node,
        users: &NodeUsers,
        subject: Subject,
    ) -> Result<Result<(), HsmError>> {
        if let Some(key) = subject.key() {
            let user = match self.logged_in(node, users) {
                Ok(user) => user.id,
                Err(error) => return Ok(Err(error)),
            };
            match layer::locate(rows, &node.view, key)? {
                None => return Ok(Err(HsmError::InvalidHandle)),
                Some(found) if !found.object.usable_by(user) => return Ok(Err(HsmError::KeyAccessDenied)),
                Some(_) => {}
            }
        }
        let needed = required(rows, node, &users.policy, subject)?;
        Ok(if needed < 2 { Err(HsmError::QuorumDisabled) } else { Ok(()) })
    }

    /// The tokens of a node that are valid now.
    pub(super) fn tokens(&self, rows: &impl Rows, node: &Node) -> Result<NodeTokens> {
        NodeTokens::valid(&self.world, rows, &self.cluster, &node.id)
    }

    /// That a change of this service may be made by this connection: nobody must approve, or a token of its login is approved.
    pub(super) fn permit(
        &self,
        rows: &impl Rows,
        node: &Node,
        policy: &QuorumPolicy,
        service: Service,
    ) -> Result<Result<Permit, HsmError>> {
        self.permit_with(rows, node, service.into(), policy.m_value(service))
    }

    /// The same of a change of a key.
    pub(super) fn permit_key(&self, rows: &impl Rows, node: &Node, key: &Object) -> Result<Result<Permit, HsmError>> {
        let permit = self.permit_with(rows, node, Subject::ManageKey(key.handle), key.approvals())?;
        Ok(permit.map_err(|_| HsmError::KeyNotApproved))
    }

    /// The same with as many approvals as given.
    pub(super) fn permit_with(
        &self,
        rows: &impl Rows,
        node: &Node,
        subject: Subject,
        needed: u8,
    ) -> Result<Result<Permit, HsmError>> {
        if needed < 2 {
            return Ok(Ok(Permit::not_needed()));
        }
        let Some(login) = self.logins.get(&node.id) else { return Ok(Err(HsmError::NotLoggedIn)) };
        let tokens = self.tokens(rows, node)?;
        let approved = tokens.approved(subject, &login.session(), needed);
        Ok(approved.map(|token| Permit(Some(token.id))).ok_or(HsmError::QuorumRequired))
    }
}
