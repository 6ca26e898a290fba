//! Connecting: the service logs in on every node that it reaches and sets a password that only it knows (seed 004).

use std::collections::HashMap;

use crypto::{Password, Verifier};
use serde::{Deserialize, Serialize};
use store::{Table, Writer};

use crate::audit::{self, Command, Detail, Event};
use crate::error::{HsmError, Result};
use crate::fault::ClientClass;
use crate::id::{ClusterId, NodeId};
use crate::node::login::{self, Known};
use crate::node::reach::Reach;
use crate::node::strain;
use crate::row::{self, Record};
use crate::service::{SESSION_NUMBER, ServiceSession};
use crate::settings::Settings;
use crate::user::{NodeUsers, Role, UserName};
use crate::world::World;

/// Why a service cannot connect; when nodes answer differently the first of this order counts (inferred).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, thiserror::Error)]
pub enum ConnectRefusal {
    /// No active node can be reached.
    #[error("no active HSM of the cluster can be reached")]
    NoNodeReachable,
    /// The crypto user does not exist on a node.
    #[error("the crypto user does not exist on every HSM")]
    UserNotFound,
    /// Somebody else is logged in as the user.
    #[error("the crypto user is logged in elsewhere")]
    UserLoggedIn,
    /// The account is locked on a node.
    #[error("the crypto user's account is locked")]
    UserLockedOut,
    /// A node refuses the password.
    #[error("an HSM refuses the crypto user's password")]
    InvalidCredentials,
}

/// Who logs in, and with which passwords.
#[derive(Debug, Clone, Copy)]
pub struct Login<'a> {
    /// The crypto user.
    pub user: &'a str,
    /// The password that should be in force.
    pub current: &'a Password,
    /// The password that is set.
    pub next: &'a Password,
    /// Who will hold the session, such as a key store's id.
    pub owner: &'a str,
    /// Tells this attempt from others of the world. One that runs again after a crash bears its old number.
    pub attempt: u64,
}

/// The refusal of an attempt, committed with its strikes, so that the attempt does not strike again when it is made again.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Refused {
    attempt: u64,
    refusal: ConnectRefusal,
}

impl Record for Refused {
    const TABLE: Table = row::SERVICE_REFUSAL;
}

/// Logs the service in and sets the password `next` on every node that it reaches.
///
/// A node where `next` is in force already, because an earlier attempt was interrupted, counts as good. A node that refuses
/// both passwords counts one wrong password, and no second one when the same attempt runs again. When any node refuses, no node
/// is changed otherwise and nobody is logged in.
///
/// # Errors
/// The cluster does not exist, or the store fails.
pub fn connect(world: &World, cluster: &ClusterId, login: &Login<'_>) -> Result<Result<(), ConnectRefusal>> {
    let Ok(name) = login.user.parse::<UserName>() else { return Ok(Err(ConnectRefusal::UserNotFound)) };
    let verifier = Verifier::new(login.next, world.entropy());
    strain::bear_each(world, cluster, ClientClass::Kms, |_| true)?;
    loop {
        let known = world.read(|rows| {
            let reach = Reach::load(world, rows, cluster, ClientClass::Kms)?;
            let nodes: Vec<NodeId> = reach.nodes.into_iter().map(|node| node.id).collect();
            Known::load(rows, cluster, &nodes, &name)
        })?;
        let verdicts = known.verdicts(&[login.current, login.next]);
        let attempt = Attempt { world, cluster, name: &name, login, verifier: &verifier, verdicts: &verdicts };
        if let Some(outcome) = world.write(|tx| attempt.run(tx))? {
            return Ok(outcome);
        }
    }
}

/// Ends the service's session; a session of another owner stays.
///
/// # Errors
/// The store fails.
pub fn disconnect(tx: &mut Writer<'_>, cluster: &ClusterId, user: &str, owner: &str) -> Result<()> {
    let Ok(name) = user.parse::<UserName>() else { return Ok(()) };
    if ServiceSession::load(tx, cluster, &name)?.is_some_and(|session| session.owner == owner) {
        row::remove::<ServiceSession>(tx, &ServiceSession::key(cluster, &name))?;
    }
    Ok(())
}

/// What the node says to the service.
const fn told(refusal: ConnectRefusal) -> HsmError {
    match refusal {
        ConnectRefusal::NoNodeReachable => HsmError::NodeUnavailable,
        ConnectRefusal::UserNotFound => HsmError::UserUnknown,
        ConnectRefusal::UserLoggedIn => HsmError::UserLoggedIn,
        ConnectRefusal::UserLockedOut => HsmError::UserLocked,
        ConnectRefusal::InvalidCredentials => HsmError::LoginFailure,
    }
}

struct Attempt<'a> {
    world: &'a World,
    cluster: &'a ClusterId,
    name: &'a UserName,
    login: &'a Login<'a>,
    verifier: &'a Verifier,
    verdicts: &'a HashMap<[u8; 16], Option<usize>>,
}

impl Attempt<'_> {
    /// `None` when a password changed since it was checked.
    fn run(&self, tx: &mut Writer<'_>) -> Result<Option<Result<(), ConnectRefusal>>> {
        let key = ServiceSession::key(self.cluster, self.name);
        let earlier = row::load::<Refused>(tx, &key)?.filter(|earlier| earlier.attempt == self.login.attempt);
        if let Some(Refused { refusal, .. }) = earlier {
            return Ok(Some(Err(refusal)));
        }
        let reach = Reach::load(self.world, tx, self.cluster, ClientClass::Kms)?;
        let threshold = Settings::load(tx)?.lock_threshold;
        let session = ServiceSession::load(tx, self.cluster, self.name)?;
        let foreign = session.filter(|session| session.owner != self.login.owner);
        let mut reached = Vec::new();
        for node in reach.nodes.iter().filter(|node| reach.reaches(node)) {
            reached.push((node, NodeUsers::load(tx, self.cluster, &node.id)?));
        }

        // A changed password must be noticed before any strike is written.
        let mut fits = Vec::with_capacity(reached.len());
        for (_, users) in &reached {
            let verifier = users.find(self.name).and_then(|user| user.verifier_id());
            fits.push(match verifier.map(|verifier| self.verdicts.get(&verifier)) {
                None => false,
                Some(None) => return Ok(None),
                Some(Some(place)) => place.is_some(),
            });
        }

        let mut refusal = reached.is_empty().then_some(ConnectRefusal::NoNodeReachable);
        for ((node, users), fits) in reached.iter_mut().zip(fits) {
            let elsewhere = login::is_logged_in(self.world, tx, self.cluster, &node.id, self.name, None)?
                || foreign.as_ref().is_some_and(|session| session.is_on(&reach, node, users, self.name));
            let answer = match users.find_mut(self.name).filter(|user| user.role == Role::Cu) {
                _ if reach.answers(node) == Err(HsmError::Zeroized) => Some(ConnectRefusal::UserNotFound),
                _ if reach.takes_logins(node).is_err() => Some(ConnectRefusal::InvalidCredentials),
                None => Some(ConnectRefusal::UserNotFound),
                Some(_) if elsewhere => Some(ConnectRefusal::UserLoggedIn),
                Some(user) if user.is_locked(threshold) => Some(ConnectRefusal::UserLockedOut),
                // A service has no second factor.
                Some(user) if fits && user.two_factor_key().is_none() => {
                    user.failures = 0;
                    None
                }
                Some(user) => {
                    user.strike(threshold);
                    Some(ConnectRefusal::InvalidCredentials)
                }
            };
            let error = answer.map(told);
            let detail = Detail::User { name: self.name.as_str(), role: Role::Cu };
            let event = Event { command: Command::Login, detail, session: SESSION_NUMBER };
            audit::note(tx, self.world, &node.id, event, error.as_ref().map_or(Ok(()), Err))?;
            refusal = refusal.into_iter().chain(answer).min();
        }
        for (node, users) in &mut reached {
            if refusal.is_none()
                && let Some(user) = users.find_mut(self.name)
            {
                user.set_password(self.verifier.clone());
                let detail = Detail::User { name: self.name.as_str(), role: Role::Cu };
                let event = Event { command: Command::ChangePassword, detail, session: SESSION_NUMBER };
                audit::note(tx, self.world, &node.id, event, Ok(()))?;
            }
            if NodeUsers::load(tx, self.cluster, &node.id)? != *users {
                users.save(tx, self.cluster, &node.id)?;
            }
        }
        if let Some(refusal) = refusal {
            row::save(tx, &key, &Refused { attempt: self.login.attempt, refusal })?;
            return Ok(Some(Err(refusal)));
        }
        row::remove::<Refused>(tx, &key)?;
        let session = ServiceSession { owner: self.login.owner.to_owned(), verifier: self.verifier.id() };
        session.save(tx, self.cluster, self.name)?;
        Ok(Some(Ok(())))
    }
}
