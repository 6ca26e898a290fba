//! ModifyCluster: another retention period, or another HSM type.
//!
//! A cluster goes from hsm1.medium to hsm2m.medium and, for a day, back again (the way documented, the day inferred). Its users and keys stay; a
//! backup is taken first (documented).

use std::time::Duration;

use serde::{Deserialize, Serialize};
use store::Table;

use crate::backup::{Backup, BackupCause};
use crate::clock::SimTime;
use crate::cluster::{Cluster, ClusterState, HSM1, HSM2};
use crate::control::create_cluster::{HSM_TYPES, RETENTION_DAYS};
use crate::control::{ClusterView, Control, Scene, take_backup};
use crate::error::{ControlError, Result};
use crate::id::ClusterId;
use crate::row::{self, Record, Rows, Writer};
use crate::transition::{self, Shown, Transition};

const OPERATION: &str = "ModifyCluster";
/// How long a changed type can be taken back (inferred).
const ROLLBACK_WINDOW: Duration = Duration::from_secs(24 * 3_600);

/// What ModifyCluster is asked for; what is not given stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ModifyCluster {
    /// The HSM type.
    pub hsm_type: Option<String>,
    /// Days that backups are kept, 7 to 379.
    pub retention_days: Option<u16>,
}

/// A change of a cluster's type that can be taken back.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct TypeChange {
    former: String,
    pub(super) until: SimTime,
}

impl Record for TypeChange {
    const TABLE: Table = row::TYPE_CHANGE;
}

impl TypeChange {
    pub(super) fn load(rows: &impl Rows, cluster: &ClusterId) -> Result<Option<Self>> {
        row::load(rows, cluster.as_str().as_bytes())
    }

    pub(super) fn forget(tx: &mut Writer<'_>, cluster: &ClusterId) -> Result<()> {
        row::remove::<Self>(tx, cluster.as_str().as_bytes())?;
        Ok(())
    }

    pub(super) fn is_open(&self, now: SimTime) -> bool {
        now < self.until
    }
}

impl Control {
    /// Changes the retention period, the HSM type, or both.
    ///
    /// # Errors
    /// Nothing is asked for, the values do not fit, the cluster does not exist or its state does not allow it, or the store fails.
    pub fn modify_cluster(&self, id: &ClusterId, request: &ModifyCluster) -> Result<ClusterView> {
        if *request == ModifyCluster::default() {
            return Err(ControlError::NothingToModify.into());
        }
        if request.retention_days.is_some_and(|days| !RETENTION_DAYS.contains(&days)) {
            return Err(ControlError::Retention.into());
        }
        self.world.write(|tx| {
            let mut scene = self.present(tx, id)?;
            if scene.view.cluster.state == ClusterState::DeleteInProgress {
                return Err(scene.wrong_state(OPERATION, "another state").into());
            }
            if let Some(hsm_type) = &request.hsm_type {
                self.change_type(tx, &mut scene, hsm_type)?;
            }
            let cluster = Cluster {
                retention_days: request.retention_days.unwrap_or(scene.recorded.retention_days),
                ..scene.recorded
            };
            cluster.save(tx)?;
            Ok(self.present(tx, id)?.view)
        })
    }

    fn change_type(&self, tx: &mut Writer<'_>, scene: &mut Scene, hsm_type: &str) -> Result<()> {
        let id = scene.recorded.id.clone();
        if !HSM_TYPES.contains(&hsm_type) {
            return Err(ControlError::HsmType(hsm_type.to_owned()).into());
        }
        if scene.view.cluster.state != ClusterState::Active {
            return Err(scene.wrong_state(OPERATION, "ACTIVE").into());
        }
        let former = std::mem::replace(&mut scene.recorded.hsm_type, hsm_type.to_owned());
        let shows = match (former.as_str(), hsm_type) {
            (HSM1, HSM2) => {
                if let Some(node) = take_backup::best_source(scene) {
                    let before = Cluster { hsm_type: former.clone(), ..scene.recorded.clone() };
                    Backup::take(tx, &self.world, &before, node, BackupCause::TypeChanged, scene.now)?;
                }
                let change = TypeChange { former, until: scene.now + ROLLBACK_WINDOW };
                row::save(tx, id.as_str().as_bytes(), &change)?;
                ClusterState::ModifyInProgress
            }
            _ if TypeChange::load(tx, &id)?
                .is_some_and(|change| change.former == hsm_type && change.is_open(scene.now)) =>
            {
                TypeChange::forget(tx, &id)?;
                ClusterState::RollbackInProgress
            }
            _ => return Err(ControlError::TypeChange { cluster: id, from: former, to: hsm_type.to_owned() }.into()),
        };
        transition::begin(
            tx,
            Transition::ModifyCluster,
            id.as_str().as_bytes(),
            Shown::Cluster(shows, None),
            scene.now,
        )?;
        Ok(())
    }
}
