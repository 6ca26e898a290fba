//! What a cluster proves itself with to its clients.

use crypto::SecretBytes;

use crate::cluster::Cluster;
use crate::error::Result;
use crate::id::ClusterId;
use crate::world::World;

/// Where a cluster's private key is sealed; clones inherit it.
pub(crate) const KEY_CONTEXT: &[u8] = b"cluster-key";

/// A cluster's certificate and the key in it: of the first HSM, cloned to the others (documented).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The cluster certificate, issued by the customer's CA, PEM.
    pub certificate: String,
    /// PKCS#8.
    pub private_key: SecretBytes,
}

impl Identity {
    /// That of a cluster; none before it is initialized.
    ///
    /// # Errors
    /// The store fails.
    pub fn of(world: &World, cluster: &ClusterId) -> Result<Option<Self>> {
        let cluster = world.read(|rows| Cluster::load(rows, cluster))?;
        let Some(Cluster { certificates, private_key: Some(key), .. }) = cluster else { return Ok(None) };
        let Some(certificate) = certificates.cluster_certificate else { return Ok(None) };
        let private_key = world.vault().open_sealed(KEY_CONTEXT, &key)?;
        Ok(Some(Self { certificate, private_key }))
    }
}
