//! `getToken`: a quorum token of each server for this connection's login; and what an approved one permits.

use crate::admin::{Admin, NodeResult, by};
use crate::audit::Command;
use crate::error::{HsmError, Result};
use crate::node::{Node, login};
use crate::quorum::{NodeTokens, QuorumPolicy, QuorumToken, Request, Service};
use crate::row::{Rows, Writer};
use crate::user::{Operation, UserName};

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

impl Admin {
    /// Makes a token on every addressed server, where the service needs approvals. It belongs to this connection's login and
    /// ends with it. `name` is whom the connection is logged in as (documented).
    ///
    /// # Errors
    /// The cluster does not exist, or the store fails. What a server says is in its result: [`HsmError::QuorumDisabled`],
    /// [`HsmError::TooManyQuorumTokens`], or the login does not permit it.
    pub fn quorum_token(&mut self, service: Service, name: &str) -> Result<Vec<NodeResult<QuorumToken>>> {
        let name = name.parse::<UserName>().map_err(|_| HsmError::NoSuchUser);
        self.tell(|tx, reach| {
            let now = self.world.now(tx)?;
            let actor = self.actor(tx)?;
            let noted = (Command::GetToken, by(&actor));
            self.change_each(tx, &reach, Operation::UseQuorum, Some(noted), |tx, node, users| {
                let name = match &name {
                    Ok(name) => name,
                    Err(error) => return Ok(Err(error.clone())),
                };
                let Some(login) = self.logins.get(&node.id) else { return Ok(Err(HsmError::NotLoggedIn)) };
                if login.name != *name {
                    return Ok(Err(HsmError::PermissionDenied));
                }
                if users.policy.m_value(service) < 2 {
                    return Ok(Err(HsmError::QuorumDisabled));
                }
                let mut tokens = self.tokens(tx, node)?;
                let place = reach.present().position(|other| other.id == node.id).unwrap_or_default();
                let request = Request {
                    service,
                    // No cluster has more than 28 nodes.
                    node: u32::try_from(place).unwrap_or(u32::MAX),
                    user: &login.name,
                    session: login.session(),
                    nonce: self.world.entropy().bytes(),
                };
                let made = tokens.add(&request, &users.policy, now);
                if made.is_ok() {
                    tokens.save(tx, &self.cluster, &node.id)?;
                }
                Ok(made)
            })
        })
    }

    /// The tokens of a node that are valid now.
    pub(super) fn tokens(&self, rows: &impl Rows, node: &Node) -> Result<NodeTokens> {
        let now = self.world.now(rows)?;
        NodeTokens::load(rows, &self.cluster, &node.id, now, |token| {
            login::is_live(&self.world, rows, &self.cluster, &node.id, &token.user, &token.session)
        })
    }

    /// That a change of this service may be made by this connection: nobody must approve, or a token of its login is approved.
    pub(super) fn permit(
        &self,
        rows: &impl Rows,
        node: &Node,
        policy: &QuorumPolicy,
        service: Service,
    ) -> Result<Result<Permit, HsmError>> {
        self.permit_with(rows, node, service, policy.m_value(service))
    }

    /// The same with as many approvals as given.
    pub(super) fn permit_with(
        &self,
        rows: &impl Rows,
        node: &Node,
        service: Service,
        needed: u8,
    ) -> Result<Result<Permit, HsmError>> {
        if needed < 2 {
            return Ok(Ok(Permit::not_needed()));
        }
        let session = self.logins.get(&node.id).map(login::Login::session);
        let tokens = self.tokens(rows, node)?;
        let approved = tokens.all().iter().find(|token| {
            token.service == service && Some(token.session) == session && token.approvers.len() >= usize::from(needed)
        });
        Ok(approved.map(|token| Permit(Some(token.id))).ok_or(HsmError::QuorumRequired))
    }
}
