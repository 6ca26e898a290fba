//! `approveToken`: approvers' signatures are handed in.

use std::collections::HashMap;

use crypto::sha256;
use store::Writer;

use crate::admin::quorum_token::required;
use crate::admin::{Admin, NodeResult, by};
use crate::audit::Command;
use crate::error::{HsmError, Result};
use crate::node::Node;
use crate::object::layer;
use crate::quorum::{Approval, Subject};
use crate::row::Rows;
use crate::user::{NodeUsers, Operation, Role, SigningKey, User, UserName};

/// Keys that approvals name, each with whether it made the signature.
type Verdicts = HashMap<usize, Vec<(SigningKey, bool)>>;

impl Admin {
    /// Hands in approvals on every addressed server. `signed` is what the approvers signed: a file with the tokens of all servers,
    /// or of some; each server looks for its own in it. A server takes all of the approvals or none.
    ///
    /// # Errors
    /// The cluster does not exist, or the store fails. What a server says is in its result: [`HsmError::NoQuorumToken`],
    /// [`HsmError::NoSuchUser`], [`HsmError::InvalidUserType`], [`HsmError::NotAnApprover`], [`HsmError::SignatureInvalid`], or
    /// the login does not permit it.
    pub fn approve_tokens(&mut self, signed: &[u8], approvals: &[Approval]) -> Result<Vec<NodeResult<()>>> {
        loop {
            let verdicts = self.verify(signed, approvals)?;
            let results = self.tell(|tx, reach| {
                // Before anything is written: what is written stays, also when the whole is repeated.
                for server in self.addressed() {
                    let users = NodeUsers::load(tx, &self.cluster, &server.node)?;
                    if approvers(&users, approvals, &verdicts) == Ok(None) {
                        return Ok(None);
                    }
                }
                let actor = self.actor(tx)?;
                let noted = (Command::ApproveToken, by(&actor));
                let results =
                    self.change_each(tx, &reach, Operation::ApproveTokens, Some(noted), |tx, node, users| {
                        match approvers(&users, approvals, &verdicts) {
                            Ok(approvers) => self.approve(tx, node, &users, signed, &approvers.unwrap_or_default()),
                            Err(error) => Ok(Err(error)),
                        }
                    })?;
                Ok(Some(results))
            })?;
            if let Some(results) = results {
                return Ok(results);
            }
        }
    }

    fn approve(
        &self,
        tx: &mut Writer<'_>,
        node: &Node,
        users: &NodeUsers,
        signed: &[u8],
        approvers: &[&User],
    ) -> Result<Result<(), HsmError>> {
        let now = self.world.now(tx)?;
        let names: Vec<UserName> = approvers.iter().map(|user| user.name.clone()).collect();
        let mut tokens = self.tokens(tx, node)?;
        let mut approved = false;
        for token in tokens.all_mut().iter_mut().filter(|token| token.is_in(signed)) {
            for approver in approvers {
                if !may_approve(tx, node, approver, token.subject)? {
                    return Ok(Err(HsmError::NotAnApprover));
                }
            }
            let required = required(tx, node, &users.policy, token.subject)?;
            token.approve(&names, required, &users.policy.timeouts, now);
            approved = true;
        }
        if !approved {
            return Ok(Err(HsmError::NoQuorumToken));
        }
        tokens.save(tx, &self.cluster, &node.id)?;
        Ok(Ok(()))
    }

    /// Checks the signatures by every key that an approver has on some server; slow, so outside of transactions.
    fn verify(&self, signed: &[u8], approvals: &[Approval]) -> Result<Verdicts> {
        let keys = self.world.read(|rows| self.keys_of(rows, approvals))?;
        let digest = sha256(signed);
        let verdict = |(at, key): (usize, SigningKey)| {
            let fits = approvals.get(at).is_some_and(|approval| key.verifies(&digest, &approval.signature));
            (at, (key, fits))
        };
        let mut verdicts = Verdicts::new();
        for (at, verdict) in keys.into_iter().map(verdict) {
            verdicts.entry(at).or_default().push(verdict);
        }
        Ok(verdicts)
    }

    /// The different keys of the approvers, with the place of the approval.
    fn keys_of(&self, rows: &impl Rows, approvals: &[Approval]) -> Result<Vec<(usize, SigningKey)>> {
        let mut keys: Vec<(usize, SigningKey)> = Vec::new();
        for server in self.addressed() {
            let users = NodeUsers::load(rows, &self.cluster, &server.node)?;
            for (at, approval) in approvals.iter().enumerate() {
                let Ok(name) = approval.name.parse::<UserName>() else { continue };
                let key = users.find(&name).and_then(|user| user.quorum_key());
                keys.extend(key.map(|key| (at, key.clone())).filter(|pair| !keys.contains(pair)));
            }
        }
        Ok(keys)
    }
}

/// Who has approved, or why the approvals are not accepted; `None` when a key changed since it was checked.
fn approvers<'u>(
    users: &'u NodeUsers,
    approvals: &[Approval],
    verdicts: &Verdicts,
) -> Result<Option<Vec<&'u User>>, HsmError> {
    let mut approvers = Vec::with_capacity(approvals.len());
    for (at, approval) in approvals.iter().enumerate() {
        let name = approval.name.parse::<UserName>().map_err(|_| HsmError::NoSuchUser)?;
        let user = users.find(&name).ok_or(HsmError::NoSuchUser)?;
        if user.role.login_type() != approval.login_type {
            return Err(HsmError::InvalidUserType);
        }
        let key = user.quorum_key().ok_or(HsmError::NotAnApprover)?;
        let verdict = verdicts.get(&at).and_then(|known| known.iter().find(|(known, _)| known == key));
        match verdict {
            None => return Ok(None),
            Some((_, false)) => return Err(HsmError::SignatureInvalid),
            Some((_, true)) => approvers.push(user),
        }
    }
    Ok(Some(approvers))
}

/// Officers approve services; a key's owner and those it is shared with approve what is done with it (documented).
fn may_approve(rows: &impl Rows, node: &Node, approver: &User, subject: Subject) -> Result<bool> {
    let Some(key) = subject.key() else { return Ok(matches!(approver.role, Role::Pco | Role::Co)) };
    let found = layer::locate(rows, &node.view, key)?;
    Ok(approver.role == Role::Cu && found.is_some_and(|found| found.object.usable_by(approver.id)))
}
