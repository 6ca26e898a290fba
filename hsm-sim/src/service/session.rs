//! A service at work on the cluster that it is connected to.

use std::ops::Deref;

use crate::client::{Access, Authority};
use crate::error::{HsmError, Result};
use crate::fault::ClientClass;
use crate::id::ClusterId;
use crate::object::Handle;
use crate::service::ServiceSession;
use crate::user::UserName;
use crate::world::World;

/// What the nodes say about a key, by its label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Material {
    /// How many nodes the cluster has.
    pub nodes: usize,
    /// How many of them answered.
    pub answered: usize,
    /// How many of those hold a key of this label that the service's user owns.
    pub holders: usize,
    /// Its handle.
    pub handle: Option<Handle>,
}

/// A service's use of its durable session. It does the same with keys as [`crate::client::Client`]: see [`Access`].
#[derive(Debug)]
pub struct Session {
    access: Access,
}

/// Goes on with the durable session that [`super::connect`] made, in any process.
///
/// # Errors
/// [`HsmError::NotLoggedIn`] when there is no session of this owner, or the store fails.
pub fn open(world: &World, cluster: &ClusterId, user: &str, owner: &str) -> Result<Session> {
    let name = user.parse::<UserName>().map_err(|_| HsmError::NotLoggedIn)?;
    let session = world.read(|rows| ServiceSession::load(rows, cluster, &name))?;
    if session.is_none_or(|session| session.owner != owner) {
        return Err(HsmError::NotLoggedIn.into());
    }
    let authority = Authority::Service { name, owner: owner.to_owned() };
    Ok(Session { access: Access::new(world, cluster, ClientClass::Kms, authority) })
}

impl Session {
    /// Where the key of this label is.
    ///
    /// # Errors
    /// The cluster does not exist, or the store fails.
    pub fn material(&self, label: &str) -> Result<Material> {
        self.access.material(label)
    }
}

impl Deref for Session {
    type Target = Access;

    fn deref(&self) -> &Access {
        &self.access
    }
}
