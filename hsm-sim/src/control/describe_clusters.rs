//! DescribeClusters.

use std::time::Duration;

use crate::cluster::{Cluster, ClusterState};
use crate::control::{ClusterView, Control};
use crate::error::Result;
use crate::fault::FaultView;
use crate::id::{ClusterId, VpcId};
use crate::realm::Realm;
use crate::row::Rows;

/// How long a deleted cluster is still listed, on the simulated clock (inferred).
const LISTED_AFTER_DELETION: Duration = Duration::from_secs(3_600);

/// Which clusters: all members that are given must match, any value of a member does (inferred). An empty list matches nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClusterFilter {
    /// `clusterIds`.
    pub ids: Option<Vec<ClusterId>>,
    /// `vpcIds`.
    pub vpc_ids: Option<Vec<VpcId>>,
    /// `states`.
    pub states: Option<Vec<ClusterState>>,
}

impl ClusterFilter {
    fn accepts(&self, cluster: &Cluster) -> bool {
        self.ids.as_ref().is_none_or(|ids| ids.contains(&cluster.id))
            && self.vpc_ids.as_ref().is_none_or(|ids| ids.contains(&cluster.vpc))
            && self.states.as_ref().is_none_or(|states| states.contains(&cluster.state))
    }
}

impl Control {
    /// The clusters, oldest first, with deleted ones for an hour.
    ///
    /// # Errors
    /// The store fails.
    pub fn clusters(&self, filter: &ClusterFilter) -> Result<Vec<ClusterView>> {
        self.world.read(|rows| {
            let now = self.world.now(rows)?;
            let faults = FaultView::load(rows, now)?;
            let mut clusters = recorded(rows, &self.realm)?;
            clusters.retain(|cluster| match cluster.deleted {
                Some(deleted) => now < deleted + LISTED_AFTER_DELETION,
                None => faults.cluster_present(cluster),
            });
            let views = clusters.into_iter().map(|cluster| ClusterView::load(rows, cluster, &faults, now));
            let mut views = views.collect::<Result<Vec<_>>>()?;
            views.retain(|view| filter.accepts(&view.cluster));
            Ok(views)
        })
    }
}

/// The clusters of a realm that are there.
pub(super) fn of_realm(rows: &impl Rows, realm: &Realm, faults: &FaultView) -> Result<Vec<Cluster>> {
    let mut clusters = recorded(rows, realm)?;
    clusters.retain(|cluster| faults.cluster_present(cluster));
    Ok(clusters)
}

fn recorded(rows: &impl Rows, realm: &Realm) -> Result<Vec<Cluster>> {
    let mut clusters = Cluster::of_realm(rows, realm)?;
    clusters.sort_by_key(|cluster| (cluster.created, cluster.opened));
    Ok(clusters)
}
