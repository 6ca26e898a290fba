//! What `user replicate` and `key replicate` share: two clusters of one backup history, each with its own login (documented).

use clap::Args;
use hsm_sim::admin::NodeResult;
use hsm_sim::cluster::Cluster;
use hsm_sim::{ClusterId, HsmError};

use crate::chsm::answer::{Refusal, counted};
use crate::chsm::session::{Connection, Credentials, Session};

#[derive(Debug, Args)]
pub(super) struct Clusters {
    /// Source cluster ID
    #[arg(long)]
    source_cluster_id: ClusterId,
    /// Destination cluster ID
    #[arg(long)]
    destination_cluster_id: ClusterId,
}

impl Clusters {
    /// Makes the source the cluster that commands mean, and gives the one before.
    pub(super) fn turn_to_source(&self, session: &mut Session<'_>) -> ClusterId {
        session.turn_to(self.source_cluster_id.clone())
    }

    /// Makes the destination the cluster that commands mean.
    pub(super) fn turn_to_destination(&self, session: &mut Session<'_>) {
        session.turn_to(self.destination_cluster_id.clone());
    }

    /// Brings something from the source to the destination.
    pub(super) fn bring(
        &self,
        what: &str,
        session: &mut Session<'_>,
        act: impl FnOnce(&Connection, &Connection) -> hsm_sim::Result<Vec<NodeResult<()>>>,
    ) -> Result<(), Refusal> {
        let Self { source_cluster_id: source, destination_cluster_id: destination } = self;
        if !session.world.read(|rows| Cluster::are_clones(rows, source, destination))? {
            return Err(HsmError::NotClones.into());
        }
        if let Some(credentials) = Credentials::of_environment("DESTINATION_") {
            session.connection(Some(destination))?.log_in(&credentials?)?;
        }
        session.connection(Some(destination))?.user()?;
        session.connection(Some(source))?.user()?;
        let results = session.with_both(source, destination, act)??;
        counted(what, &results)
    }
}
