//! The clusters that connections can reach, and what each proves itself with.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use hsm_sim::cluster::Identity;
use hsm_sim::token::{Application, Options};
use hsm_sim::{ClusterId, World};

/// The identities that were used, with the certificate that each was made from.
#[derive(Debug, Default)]
pub(super) struct Identities(Mutex<HashMap<ClusterId, (String, wire::Identity)>>);

impl Identities {
    /// The cluster for a connection: the one whose id the client gave as the name of the server (SNI), or else the one that a token
    /// application shows by default. None if there is no such ACTIVE cluster.
    pub(super) fn find(&self, world: &World, name: Option<&str>) -> Option<(ClusterId, wire::Identity)> {
        let named: Vec<ClusterId> = name.and_then(|name| name.parse().ok()).into_iter().collect();
        let options = Options { clusters: named, ..Options::default() };
        // Whatever fails here, the client learns no more than that there is no cluster.
        let cluster = Application::shown(world, &options).ok()?.into_iter().next()?;
        let Identity { certificate, private_key } = Identity::of(world, &cluster).ok()??;
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let identity = match known.get(&cluster) {
            Some((of, identity)) if *of == certificate => identity.clone(),
            _ => {
                let identity = wire::Identity::new(&certificate, &private_key).ok()?;
                known.insert(cluster.clone(), (certificate, identity.clone()));
                identity
            }
        };
        Some((cluster, identity))
    }
}
