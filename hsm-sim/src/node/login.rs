//! Logins of tools and applications: a presence row each, gone with its process.
//!
//! Entering happens inside the state's write transaction that checked the password, and so does every check of who is logged
//! in. Write transactions exclude each other across processes, so nobody slips in between a check and its consequence.
//! Passwords are hashed before that transaction; inside it the verifier is compared again, and the whole is repeated when it
//! changed meanwhile.

use std::collections::{BTreeMap, HashMap};

use crypto::{Password, Verifier};
use store::{Rows, Ticket, Writer};

use crate::audit::{self, Command, Detail, Event};
use crate::error::{HsmError, Result};
use crate::fault::{self, ClientClass};
use crate::id::{ClusterId, NodeId};
use crate::node::generation;
use crate::node::reach::Reach;
use crate::node::strain;
use crate::service;
use crate::settings::Settings;
use crate::user::{LoginType, NodeUsers, SigningKey, UserName};
use crate::world::World;

/// A user logged in on a node through one connection of this process.
#[derive(Debug, Clone)]
pub(crate) struct Login {
    /// Who.
    pub(crate) name: UserName,
    /// The password that was in force.
    pub(crate) verifier: [u8; 16],
    generation: u64,
    token: [u8; 16],
    ticket: Ticket,
}

impl Login {
    /// Whether the world was rewound since.
    pub(crate) fn is_void(&self, generation: u64) -> bool {
        self.generation != generation
    }

    /// What tells it from every other login.
    pub(crate) fn session(&self) -> [u8; 16] {
        self.token
    }

    /// The number of its session, as the audit log shows it.
    pub(crate) fn number(&self) -> u32 {
        session_number(&self.token)
    }
}

/// Ends logins.
///
/// # Errors
/// The store fails.
pub(crate) fn end<'l>(world: &World, logins: impl IntoIterator<Item = &'l Login>) -> Result<()> {
    let mut logins = logins.into_iter().peekable();
    if logins.peek().is_none() {
        return Ok(());
    }
    world.presence().update(|presence| logins.try_for_each(|login| presence.leave(&login.ticket).map(drop)))?;
    Ok(())
}

/// Who logs in, and with what.
#[derive(Clone, Copy)]
pub(crate) struct Credentials<'a> {
    pub(crate) login_type: LoginType,
    pub(crate) name: &'a str,
    pub(crate) password: &'a Password,
    /// Answers to the nodes' challenges, for a user with a second factor.
    pub(crate) answers: Option<&'a Answers>,
}

/// Session numbers have 28 bits (documented examples).
fn session_number(token: &[u8; 16]) -> u32 {
    let [first, second, third, fourth, ..] = *token;
    u32::from_be_bytes([first & 0x0f, second, third, fourth])
}

/// Notes by which command these logins of a connection ended. A store that fails does not keep anybody logged in.
pub(crate) fn note_ends<'l>(
    world: &World,
    cluster: &ClusterId,
    command: Command,
    logins: impl IntoIterator<Item = (&'l NodeId, &'l Login)>,
) {
    let ends: Vec<(&NodeId, &Login)> = logins.into_iter().collect();
    if ends.is_empty() {
        return;
    }
    let _ = world.write(|tx| {
        for (node, login) in &ends {
            let role = NodeUsers::load(tx, cluster, node)?.find(&login.name).map(|user| user.role);
            let lost = login.is_void(generation::current(tx)?);
            let Some(role) = role.filter(|_| !lost) else { continue };
            let detail = Detail::User { name: login.name.as_str(), role };
            let event = Event { command, detail, session: login.number() };
            audit::note_aside(tx, world, node, event, Ok(()))?;
        }
        Ok::<_, crate::Error>(())
    });
}

/// What each node was asked to be signed, and the signature.
pub(crate) type Answers = BTreeMap<NodeId, Answer>;

/// A signed challenge.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) challenge: [u8; 32],
    pub(crate) signature: Vec<u8>,
}

impl Answer {
    pub(crate) fn is_signed_by(&self, key: &SigningKey) -> bool {
        key.verifies(&self.challenge, &self.signature)
    }
}

/// Logs a user in on each of some nodes by itself: the answers are in the order of `nodes`.
///
/// # Errors
/// The cluster does not exist, or the store fails.
pub(crate) fn log_in(
    world: &World,
    cluster: &ClusterId,
    class: ClientClass,
    nodes: &[NodeId],
    credentials: Credentials<'_>,
) -> Result<Vec<Result<Login, HsmError>>> {
    let Credentials { login_type, name, password, answers } = credentials;
    // No user can have an impossible name.
    let Ok(name) = name.parse::<UserName>() else { return Ok(vec![Err(HsmError::UserUnknown); nodes.len()]) };
    strain::bear_each(world, cluster, class, |node| nodes.contains(node))?;
    let mut known = world.read(|rows| Known::load(rows, cluster, nodes, &name))?;
    world.presence().ready()?;
    loop {
        let verdicts = known.verdicts(&[password]);
        let factors = known.factors(answers);
        let mut tickets = Vec::new();
        let attempt =
            Attempt { world, cluster, class, login_type, name: &name, verdicts: &verdicts, factors: &factors };
        match world.write(|tx| attempt.run(tx, nodes, &mut tickets)) {
            Ok(Some(logins)) => return Ok(logins),
            Ok(None) => known = world.read(|rows| Known::load(rows, cluster, nodes, &name))?,
            Err(error) => {
                // What the transaction undid must not stay visible; if this fails too, the rows end with the process.
                let _ =
                    world.presence().update(|presence| tickets.iter().try_for_each(|t| presence.leave(t).map(|_| ())));
                return Err(error);
            }
        }
    }
}

/// What some nodes know of a user.
pub(crate) struct Known {
    verifiers: HashMap<[u8; 16], Verifier>,
    second_factors: BTreeMap<NodeId, SigningKey>,
}

impl Known {
    pub(crate) fn load(rows: &impl Rows, cluster: &ClusterId, nodes: &[NodeId], name: &UserName) -> Result<Self> {
        let mut known = Self { verifiers: HashMap::new(), second_factors: BTreeMap::new() };
        for node in nodes {
            let users = NodeUsers::load(rows, cluster, node)?;
            let Some(user) = users.find(name) else { continue };
            if let Some(verifier) = &user.verifier {
                known.verifiers.insert(verifier.id(), verifier.clone());
            }
            if let Some(key) = user.two_factor_key() {
                known.second_factors.insert(node.clone(), key.clone());
            }
        }
        Ok(known)
    }

    /// Which of some passwords fits each verifier: the first one's place. Slow, so never called in a transaction.
    pub(crate) fn verdicts(&self, passwords: &[&Password]) -> HashMap<[u8; 16], Option<usize>> {
        let fits = |verifier: &Verifier| passwords.iter().position(|password| verifier.verify(password));
        self.verifiers.iter().map(|(id, verifier)| (*id, fits(verifier))).collect()
    }

    /// The second factors, checked. Slow too.
    fn factors(&self, answers: Option<&Answers>) -> BTreeMap<NodeId, Factor> {
        let factor = |(node, key): (&NodeId, &SigningKey)| {
            let answer = answers.and_then(|answers| answers.get(node));
            let fits = answer.is_some_and(|answer| answer.is_signed_by(key));
            (node.clone(), Factor { key: key.clone(), fits })
        };
        self.second_factors.iter().map(factor).collect()
    }
}

/// The second factor of a user on one node.
struct Factor {
    key: SigningKey,
    /// Whether the node's challenge is signed by it.
    fits: bool,
}

struct Attempt<'a> {
    world: &'a World,
    cluster: &'a ClusterId,
    class: ClientClass,
    login_type: LoginType,
    name: &'a UserName,
    verdicts: &'a HashMap<[u8; 16], Option<usize>>,
    factors: &'a BTreeMap<NodeId, Factor>,
}

impl Attempt<'_> {
    /// `None` when a password or a second factor changed since it was checked.
    fn run(
        &self,
        tx: &mut Writer<'_>,
        nodes: &[NodeId],
        tickets: &mut Vec<Ticket>,
    ) -> Result<Option<Vec<Result<Login, HsmError>>>> {
        // Before any strike is written: what is written stays, also when the whole is repeated.
        let mut users = Vec::with_capacity(nodes.len());
        for id in nodes {
            let of_node = NodeUsers::load(tx, self.cluster, id)?;
            if let Some(user) = of_node.find(self.name) {
                let checked = self.factors.get(id).map(|factor| &factor.key);
                if user.verifier_id().is_some_and(|verifier| !self.verdicts.contains_key(&verifier))
                    || user.two_factor_key() != checked
                {
                    return Ok(None);
                }
            }
            users.push(of_node);
        }
        let reach = Reach::load(self.world, tx, self.cluster, self.class)?;
        let threshold = Settings::load(tx)?.lock_threshold;
        let mut checks = Vec::with_capacity(nodes.len());
        for (id, users) in nodes.iter().zip(users) {
            checks.push(self.check(tx, &reach, id, users, threshold)?);
        }
        // A login without strikes to write or clear does not wait for the disk.
        let note = if checks.iter().any(|check| check.counted) { audit::note } else { audit::note_aside };
        let generation = generation::current(tx)?;
        let logins = self.world.presence().update(|presence| {
            let mut logins = Vec::with_capacity(nodes.len());
            for (id, check) in nodes.iter().zip(checks) {
                logins.push(match check.answer {
                    Err(error) => Err(error),
                    Ok(verifier) => {
                        let token = self.world.entropy().bytes();
                        let value = [generation.to_be_bytes().as_slice(), &token].concat();
                        let ticket = presence.enter(&key(self.cluster, id, self.name), &value)?;
                        tickets.push(ticket.clone());
                        Ok(Login { name: self.name.clone(), verifier, generation, token, ticket })
                    }
                });
            }
            Ok::<_, crate::Error>(logins)
        })?;
        for (id, login) in nodes.iter().zip(&logins) {
            let detail = Detail::User { name: self.name.as_str(), role: self.login_type.role() };
            let session = match login {
                Ok(login) => login.number(),
                Err(_) => session_number(&self.world.entropy().bytes()),
            };
            let event = Event { command: Command::Login, detail, session };
            note(tx, self.world, id, event, login.as_ref().map(|_| ()))?;
        }
        Ok(Some(logins))
    }

    /// What one node says.
    fn check(
        &self,
        tx: &mut Writer<'_>,
        reach: &Reach,
        id: &NodeId,
        mut users: NodeUsers,
        threshold: u32,
    ) -> Result<Check> {
        let node = match reach.node(id) {
            Ok(node) => node,
            Err(error) => return Ok(Check::refused(error)),
        };
        if let Err(error) = reach.takes_logins(node) {
            return Ok(Check::refused(error));
        }
        if let Some(error) = fault::command_fails(tx, self.world, Command::Login)? {
            return Ok(Check::refused(error));
        }
        if service::protects(tx, reach, node, &users, self.name)? {
            return Ok(Check::refused(HsmError::UserLoggedIn));
        }
        let Some(user) = users.find_mut(self.name) else { return Ok(Check::refused(HsmError::UserUnknown)) };
        if user.role.login_type() != self.login_type {
            return Ok(Check::refused(HsmError::InvalidUserType));
        }
        if user.is_locked(threshold) {
            return Ok(Check::refused(HsmError::UserLocked));
        }
        // The appliance user has no verifier: no password fits.
        let accepted = user.verifier_id().filter(|verifier| self.verdicts.get(verifier).copied().flatten().is_some());
        let second = self.factors.get(id).is_none_or(|factor| factor.fits);
        let answer = match accepted {
            None => Err(HsmError::LoginFailure),
            Some(_) if !second => Err(HsmError::SecondFactorFailed),
            Some(verifier) => Ok(verifier),
        };
        let before = user.failures;
        match answer {
            Ok(_) => user.failures = 0,
            Err(_) => user.strike(threshold),
        }
        let counted = user.failures != before;
        if counted {
            users.save(tx, self.cluster, id)?;
        }
        Ok(Check { answer, counted })
    }
}

/// What a node says of a login.
struct Check {
    /// The verifier that accepted the password.
    answer: Result<[u8; 16], HsmError>,
    /// Whether it counted a strike, or forgot those that there were.
    counted: bool,
}

impl Check {
    fn refused(error: HsmError) -> Self {
        Self { answer: Err(error), counted: false }
    }
}

fn key(cluster: &ClusterId, node: &NodeId, name: &UserName) -> Vec<u8> {
    format!("login/{cluster}/{node}/{}/", name.key()).into_bytes()
}

/// Whether the login of this session still is.
///
/// # Errors
/// The store fails.
pub(crate) fn is_live(
    world: &World,
    rows: &impl Rows,
    cluster: &ClusterId,
    node: &NodeId,
    name: &UserName,
    session: &[u8; 16],
) -> Result<bool> {
    let value = [generation::current(rows)?.to_be_bytes().as_slice(), session].concat();
    Ok(world.presence().view(&key(cluster, node, name))?.iter().any(|entry| entry.value == value))
}

/// Whether a user is logged in on a node through any connection but `own`. Asked inside a write transaction, the answer holds
/// until it ends (but for logouts).
///
/// # Errors
/// The store fails.
pub(crate) fn is_logged_in(
    world: &World,
    rows: &impl Rows,
    cluster: &ClusterId,
    node: &NodeId,
    name: &UserName,
    own: Option<&Login>,
) -> Result<bool> {
    let generation = generation::current(rows)?.to_be_bytes();
    let entries = world.presence().view(&key(cluster, node, name))?;
    Ok(entries.iter().any(|entry| {
        let live = entry.value.starts_with(&generation);
        live && own.is_none_or(|own| entry.value.get(8..) != Some(own.token.as_slice()))
    }))
}

/// Who is logged in on a node, through how many connections of any process.
///
/// # Errors
/// The store fails.
pub(crate) fn logged_in(
    world: &World,
    rows: &impl Rows,
    cluster: &ClusterId,
    node: &NodeId,
) -> Result<BTreeMap<String, usize>> {
    let generation = generation::current(rows)?.to_be_bytes();
    let prefix = format!("login/{cluster}/{node}/").into_bytes();
    let mut logins = BTreeMap::new();
    for entry in world.presence().view(&prefix)? {
        let tail = entry.key.get(prefix.len()..).unwrap_or_default();
        let name = tail.split(|byte| *byte == b'/').next().unwrap_or_default();
        if entry.value.starts_with(&generation) {
            *logins.entry(String::from_utf8_lossy(name).into_owned()).or_default() += 1;
        }
    }
    Ok(logins)
}
