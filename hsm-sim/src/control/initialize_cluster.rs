//! InitializeCluster.

use crypto::x509;

use crate::audit::{self, Command, Detail, Event};
use crate::cluster::{Certificates, Cluster, ClusterState};
use crate::control::{Control, Scene};
use crate::error::{ControlError, Error, Result};
use crate::id::ClusterId;
use crate::transition::{self, Shown, Transition};

const OPERATION: &str = "InitializeCluster";
const MESSAGE: &str = "Cluster is initializing. State will change to INITIALIZED upon completion.";

impl Control {
    /// Installs the customer's certificates: the cluster's request signed by the customer's CA, and that CA's certificate. Answers
    /// the transitional state and its message (documented).
    ///
    /// # Errors
    /// The cluster is not waiting for certificates, or they are not acceptable, or the store fails.
    pub fn initialize_cluster(
        &self,
        id: &ClusterId,
        signed_cert: &str,
        trust_anchor: &str,
    ) -> Result<(ClusterState, String)> {
        let (csr, now) = self.world.read(|rows| {
            let scene = self.present(rows, id)?;
            Ok::<_, Error>((waiting_csr(&scene)?, scene.now))
        })?;
        // The customer signs by the machine's clock; the world's may be elsewhere.
        let now = now.seconds().max(self.world.wall().now_millis().div_euclid(1000));
        x509::check_cluster_certificate(&csr, signed_cert, trust_anchor, now).map_err(ControlError::Certificate)?;
        self.world.write(|tx| {
            let scene = self.present(tx, id)?;
            // Another request may have been first, or another first node have made another request.
            if waiting_csr(&scene)? != csr {
                return Err(ControlError::NoCsr(id.clone()).into());
            }
            let cluster = Cluster {
                state: ClusterState::Initialized,
                state_message: None,
                hsm_certificates: scene.recorded.certificates.of_hsm(),
                certificates: Certificates {
                    cluster_certificate: Some(signed_cert.to_owned()),
                    trust_anchor: Some(trust_anchor.to_owned()),
                    ..Certificates::default()
                },
                ..scene.recorded
            };
            cluster.save(tx)?;
            for node in scene.view.active_nodes() {
                let event = Event { command: Command::StoreCertificate, detail: Detail::Minimal, session: 0 };
                audit::note(tx, &self.world, &node.id, event, Ok(()))?;
            }
            let shows = Shown::Cluster(ClusterState::InitializeInProgress, Some(MESSAGE.to_owned()));
            transition::begin(tx, Transition::InitializeCluster, id.as_str().as_bytes(), shows, scene.now)?;
            Ok((ClusterState::InitializeInProgress, MESSAGE.to_owned()))
        })
    }
}

fn waiting_csr(scene: &Scene) -> Result<String, ControlError> {
    let cluster = &scene.view.cluster;
    if cluster.state != ClusterState::Uninitialized {
        return Err(scene.wrong_state(OPERATION, "UNINITIALIZED"));
    }
    match &cluster.certificates.cluster_csr {
        Some(csr) if scene.view.active_nodes().next().is_some() => Ok(csr.clone()),
        _ => Err(ControlError::NoCsr(cluster.id.clone())),
    }
}
