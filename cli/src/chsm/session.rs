//! A running tool: its connections to clusters, and as whom it is logged in to each.

use std::collections::BTreeMap;
use std::io;

use clap::ValueEnum as _;
use hsm_sim::admin::{self, Admin, Signatures};
use hsm_sim::keys::Keys;
use hsm_sim::{ClusterId, HsmError, Password, World};
use zeroize::Zeroizing;

use crate::chsm::Manner;
use crate::chsm::answer::{self, Answer, Refusal};
use crate::chsm::role::Role;
use crate::failure::Failure;
use crate::terminal::Terminal;
use crate::utility;

/// The tool's state between commands.
pub(super) struct Session<'a> {
    pub(super) world: World,
    pub(super) terminal: Terminal<'a>,
    /// The cluster of commands that name none.
    cluster: ClusterId,
    connections: BTreeMap<ClusterId, Connection>,
    needs_two: bool,
}

/// A connection to the HSMs of one cluster.
pub(super) struct Connection {
    /// What is done with keys, once something is; it lives no longer than the login.
    keys: Option<Keys>,
    pub(super) admin: Admin,
    user: Option<User>,
}

/// Who is logged in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct User {
    pub(super) name: String,
    pub(super) role: Role,
}

/// What a login takes.
pub(super) struct Credentials {
    pub(super) role: Role,
    pub(super) name: String,
    pub(super) password: Password,
    /// The second factor.
    pub(super) signatures: Option<Signatures>,
}

impl Credentials {
    /// Those of `CLOUDHSM_ROLE` and `CLOUDHSM_PIN`, with a prefix to the names (documented); `None` if neither is set.
    pub(super) fn of_environment(prefix: &str) -> Option<Result<Self, Refusal>> {
        let variable =
            |name: &str| std::env::var(format!("{prefix}CLOUDHSM_{name}")).ok().filter(|text| !text.is_empty());
        let (role, pin) = (variable("ROLE"), variable("PIN").map(Zeroizing::new));
        if role.is_none() && pin.is_none() {
            return None;
        }
        Some(Self::read(role.as_deref(), pin.as_ref().map(|pin| pin.as_str()), prefix))
    }

    fn read(role: Option<&str>, pin: Option<&str>, prefix: &str) -> Result<Self, Refusal> {
        let role = role.and_then(|role| Role::from_str(role, false).ok());
        let role = role.ok_or_else(|| Refusal::new(format!("{prefix}CLOUDHSM_ROLE must be admin or crypto-user")))?;
        let parts = pin.and_then(|pin| pin.split_once(':'));
        let (name, password) =
            parts.ok_or_else(|| Refusal::new(format!("{prefix}CLOUDHSM_PIN must be <user name>:<password>")))?;
        Ok(Self { role, name: name.to_owned(), password: Password::from(password), signatures: None })
    }
}

impl<'a> Session<'a> {
    /// Connects to the cluster.
    pub(super) fn start(world: &World, manner: &Manner, terminal: Terminal<'a>) -> Result<Self, Failure> {
        let cluster = match &manner.cluster_id {
            Some(cluster) => cluster.clone(),
            None => utility::oldest_usable(world)?,
        };
        let needs_two = !manner.disable_key_availability_check;
        let mut session = Self { world: world.clone(), terminal, cluster, connections: BTreeMap::new(), needs_two };
        session.connection(None).map_err(|refusal| Failure::new(refusal.to_string()))?;
        Ok(session)
    }

    /// The connection to a cluster, or to the one of commands that name none. It reaches the HSMs that the cluster has now.
    pub(super) fn connection(&mut self, cluster: Option<&ClusterId>) -> Result<&mut Connection, Refusal> {
        let cluster = cluster.unwrap_or(&self.cluster).clone();
        match self.connections.get_mut(&cluster) {
            Some(connection) => connection.admin.follow()?,
            None => {
                let connection = Connection { keys: None, admin: self.world.admin(&cluster)?, user: None };
                self.connections.insert(cluster.clone(), connection);
            }
        }
        self.connections.get_mut(&cluster).ok_or_else(|| HsmError::NoCluster(cluster).into())
    }

    /// Does something with the connections to two clusters.
    pub(super) fn with_both<T>(
        &mut self,
        one: &ClusterId,
        other: &ClusterId,
        act: impl FnOnce(&Connection, &Connection) -> T,
    ) -> Result<T, Refusal> {
        self.connection(Some(one))?;
        self.connection(Some(other))?;
        let connection = |cluster: &ClusterId| {
            self.connections.get(cluster).ok_or_else(|| Refusal::from(HsmError::NoCluster(cluster.clone())))
        };
        Ok(act(connection(one)?, connection(other)?))
    }

    /// The keys of the cluster, as a crypto user who is logged in.
    pub(super) fn keys(&mut self) -> Result<&Keys, Refusal> {
        let (world, needs_two) = (self.world.clone(), self.needs_two);
        let connection = self.connection(None)?;
        if connection.user()?.role != Role::CryptoUser {
            return Err(HsmError::PermissionDenied.into());
        }
        let keys = match connection.keys.take() {
            Some(keys) => keys,
            None => {
                let keys = Keys::connect(&world, connection.admin.cluster(), needs_two)?;
                keys.log_in_with(&connection.admin)?;
                keys
            }
        };
        Ok(connection.keys.insert(keys))
    }

    /// From now on commands that name no cluster mean this one; gives the one before.
    pub(super) fn turn_to(&mut self, cluster: ClusterId) -> ClusterId {
        std::mem::replace(&mut self.cluster, cluster)
    }

    /// Prints an answer; whether it is a good one.
    pub(super) fn print(&mut self, answer: &Answer) -> Result<bool, Failure> {
        let text = format!("{}\n", answer::render(answer));
        match self.terminal.print(&text) {
            Ok(()) => Ok(answer.is_ok()),
            // Nobody reads any more.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(answer.is_ok()),
            Err(error) => Err(error.into()),
        }
    }
}

impl Connection {
    /// Logs in on every HSM; one that accepts is enough to go on (inferred), and the others refuse what follows.
    pub(super) fn log_in(&mut self, credentials: &Credentials) -> Result<(), Refusal> {
        if self.user.is_some() {
            return Err(HsmError::AlreadyLoggedIn.into());
        }
        let Credentials { role, name, password, signatures } = credentials;
        let factors = admin::Credentials { password, signatures: signatures.as_ref() };
        let results = self.admin.login(role.login_type(), name, factors)?;
        if results.iter().all(|answer| answer.result.is_err()) {
            return Err(match answer::everywhere("Login", &results) {
                // A name of the other role is no more than wrong.
                Err(_) if results.iter().any(|answer| answer.result == Err(HsmError::InvalidUserType)) => {
                    HsmError::LoginFailure.into()
                }
                Err(refusal) => refusal,
                Ok(()) => HsmError::NoNode.into(),
            });
        }
        self.user = Some(User { name: name.to_lowercase(), role: *role });
        Ok(())
    }

    /// Logs out everywhere.
    pub(super) fn log_out(&mut self) -> Result<(), Refusal> {
        self.user.take().ok_or(HsmError::NotLoggedIn)?;
        self.keys = None;
        self.admin.logout()?;
        Ok(())
    }

    /// What was done with keys since the login, if anything was.
    pub(super) fn open_keys(&self) -> Option<&Keys> {
        self.keys.as_ref()
    }

    /// Who is logged in.
    pub(super) fn user(&self) -> Result<&User, Refusal> {
        self.user.as_ref().ok_or_else(|| HsmError::NotLoggedIn.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_of_the_environment() {
        let read = |role, pin| Credentials::read(role, pin, "").map_err(|refusal| refusal.to_string());
        let good = read(Some("crypto-user"), Some("cu1:pass:word")).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!((good.role, good.name.as_str(), good.password.expose()), (Role::CryptoUser, "cu1", "pass:word"));
        for (role, pin, expected) in [
            (None, Some("a:b"), "CLOUDHSM_ROLE must be admin or crypto-user"),
            (Some("CU"), Some("a:b"), "CLOUDHSM_ROLE must be admin or crypto-user"),
            (Some("admin"), None, "CLOUDHSM_PIN must be <user name>:<password>"),
            (Some("admin"), Some("password"), "CLOUDHSM_PIN must be <user name>:<password>"),
        ] {
            assert_eq!(read(role, pin).err().as_deref(), Some(expected));
        }
    }
}
