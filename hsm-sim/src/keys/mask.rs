//! Masked objects: a key with all that is said of it, readable only by clusters of the same backup history (documented).

use crypto::{SecretBytes, Sha256};
use serde::{Deserialize, Serialize};

use crate::audit::Command;
use crate::cluster::Cluster;
use crate::error::{HsmError, Result};
use crate::keys::{Keys, Made, Right, Terms};
use crate::object::{Extra, Handle, Object, layer};
use crate::row;
use crate::user::Role;
use crate::vault::Sealed;

/// What is sealed.
#[derive(Serialize, Deserialize)]
struct Masked {
    object: Object,
    extra: Extra,
    #[serde(with = "crate::token::travel")]
    material: SecretBytes,
}

impl Keys {
    /// A key, masked; of those that are not extractable too. The owner may have it, and any officer (documented).
    ///
    /// # Errors
    /// [`HsmError::InvalidHandle`], [`HsmError::KeyAccessDenied`], [`HsmError::NotLoggedIn`], or no node can be used.
    pub fn mask(&self, handle: Handle) -> Result<Vec<u8>> {
        let object = match self.logged_in() {
            None => return Err(HsmError::NotLoggedIn.into()),
            Some(true) => {
                self.ask(handle, Right::Manage, None)?;
                self.object(handle)?
            }
            Some(false) => self.object_of_any(handle)?,
        };
        let material = self.world().vault().open_sealed(&Object::context(&object.unique), &object.material)?;
        let extra = object.extra.clone();
        let masked = SecretBytes::new(row::encode(&Masked { object, extra, material }));
        let sealed = self.world().vault().seal(self.world().entropy(), &self.context()?, masked.expose());
        Ok(row::encode(&sealed))
    }

    /// Makes a key of a masked object, under a new handle, with the owner and the users that it had (documented).
    ///
    /// # Errors
    /// [`HsmError::InvalidCiphertext`] for what no cluster of this backup history masked, and as [`Keys::generate`].
    pub fn unmask(&self, masked: &[u8], terms: &Terms) -> Result<Made> {
        let login = self.require_user()?;
        let unreadable = |_| HsmError::InvalidCiphertext;
        let sealed: Sealed = row::decode(row::OBJECT, b"masked", masked).map_err(unreadable)?;
        let opened = self.world().vault().open_sealed(&self.context()?, &sealed);
        let opened = opened.map_err(|_| HsmError::InvalidCiphertext)?;
        let Masked { mut object, extra, material } =
            row::decode(row::OBJECT, b"masked", opened.expose()).map_err(unreadable)?;
        object.extra = extra;
        object.handle = Handle::NONE;
        object.unique = self.world().entropy().bytes();
        let context = Object::context(&object.unique);
        object.material = self.world().vault().seal(self.world().entropy(), &context, material.expose());
        self.put(login, object, terms, Command::InsertMasked)
    }

    /// A key as one node holds it, for an officer.
    fn object_of_any(&self, handle: Handle) -> Result<Object> {
        self.with_client(|client| {
            client.ask(|rows, reach| {
                let mut answer = HsmError::NoNode;
                for node in reach.present() {
                    match client.logged_in_as(rows, &reach, node)? {
                        Err(error) => answer = error,
                        Ok(user) if !matches!(user.role, Role::Co | Role::Pco) => answer = HsmError::PermissionDenied,
                        Ok(_) => match layer::locate(rows, &node.view, handle)? {
                            Some(found) => return Ok(found.object),
                            None => answer = HsmError::InvalidHandle,
                        },
                    }
                }
                Err(answer.into())
            })
        })
    }

    /// Clusters of one backup history share their certificate (seed 000).
    fn context(&self) -> Result<Vec<u8>> {
        let id = &self.session.slot.cluster;
        let cluster = self.world().read(|rows| Cluster::load(rows, id))?;
        let cluster = cluster.ok_or_else(|| HsmError::NoCluster(id.clone()))?;
        let mut digest = Sha256::new();
        digest.update(cluster.certificates.cluster_certificate.unwrap_or_default().as_bytes());
        Ok([b"masked/".as_slice(), &digest.finish()].concat())
    }
}
