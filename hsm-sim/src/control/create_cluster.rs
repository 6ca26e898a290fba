//! CreateCluster, also from a backup.

use std::collections::BTreeMap;

use crate::backup::{Backup, BackupState};
use crate::cluster::{Certificates, Cluster, ClusterState, HSM1, HSM2, Mode, Personality};
use crate::control::describe_backups::present_backup;
use crate::control::{ClusterView, Control, ResourcePolicy, describe_clusters, jobs};
use crate::error::{ControlError, Error, Result};
use crate::fault::FaultView;
use crate::id::{BackupId, ClusterId, SecurityGroupId, SubnetId};
use crate::network;
use crate::node::counter::FIRST_COUNTER;
use crate::node::view::LayerId;
use crate::realm::Realm;
use crate::row::{self, Rows, Writer};
use crate::settings::Settings;
use crate::transition::{self, Shown, Transition};

/// The HSM types on offer.
pub(super) const HSM_TYPES: [&str; 2] = [HSM1, HSM2];

pub(super) const RETENTION_DAYS: std::ops::RangeInclusive<u16> = 7..=379;
const DEFAULT_RETENTION_DAYS: u16 = 90;

/// Clusters per account and Region while quotas are on (documented).
const CLUSTER_QUOTA: u32 = 4;

/// What CreateCluster is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateCluster {
    /// `hsm1.medium` or `hsm2m.medium`.
    pub hsm_type: String,
    /// 1 to 10 subnets of one VPC, each in another Availability Zone.
    pub subnet_ids: Vec<SubnetId>,
    /// The backup to restore.
    pub source_backup: Option<BackupId>,
    /// Whose backup it is, if another account's that shares it (documented).
    pub source_owner: Option<Realm>,
    /// FIPS unless the backup says otherwise.
    pub mode: Option<Mode>,
    /// Days that backups are kept, 7 to 379; 90 if not given.
    pub retention_days: Option<u16>,
    /// Tags.
    pub tags: BTreeMap<String, String>,
    /// What PKCS#11 clients meet; a restored cluster keeps that of its backup.
    pub personality: Personality,
}

impl CreateCluster {
    /// An `hsm1.medium` cluster in these subnets.
    pub fn new(subnet_ids: Vec<SubnetId>) -> Self {
        Self {
            hsm_type: HSM1.to_owned(),
            subnet_ids,
            source_backup: None,
            source_owner: None,
            mode: None,
            retention_days: None,
            tags: BTreeMap::new(),
            personality: Personality::CloudHsm,
        }
    }

    /// The same from a backup.
    #[must_use]
    pub fn restoring(self, backup: BackupId) -> Self {
        Self { source_backup: Some(backup), ..self }
    }
}

impl Control {
    /// Creates a cluster without nodes. One from a backup is ACTIVE with the users and keys of its backup as soon as it gets a
    /// node; any other waits for its first node and InitializeCluster.
    ///
    /// # Errors
    /// The type, the retention, the subnets or the backup do not fit, a quota is reached, or the store fails.
    pub fn create_cluster(&self, request: CreateCluster) -> Result<ClusterView> {
        if !HSM_TYPES.contains(&request.hsm_type.as_str()) {
            return Err(ControlError::HsmType(request.hsm_type).into());
        }
        if request.retention_days.is_some_and(|days| !RETENTION_DAYS.contains(&days)) {
            return Err(ControlError::Retention.into());
        }
        self.world.write(|tx| {
            let cluster = self.new_cluster(tx, request)?;
            cluster.save(tx)?;
            let shows = Shown::Cluster(ClusterState::CreateInProgress, None);
            transition::begin(tx, Transition::CreateCluster, cluster.id.as_str().as_bytes(), shows, cluster.created)?;
            tx.put(row::CLUSTER_BY_REALM, format!("{}{}", self.realm.key(), cluster.id).as_bytes(), b"")?;
            if cluster.state == ClusterState::Active {
                jobs::schedule_daily_backup(tx, &cluster.id, cluster.created)?;
            }
            // The first answer names the transition (documented).
            Ok(ClusterView::of_record(Cluster { state: ClusterState::CreateInProgress, ..cluster }))
        })
    }

    fn new_cluster(&self, tx: &mut Writer<'_>, request: CreateCluster) -> Result<Cluster> {
        let now = self.world.now(tx)?;
        let settings = Settings::load(tx)?;
        let faults = FaultView::load(tx, now)?;
        if settings.quotas && describe_clusters::of_realm(tx, &self.realm, &faults)?.len() >= CLUSTER_QUOTA as usize {
            return Err(ControlError::Limit { what: "clusters in an account and Region", limit: CLUSTER_QUOTA }.into());
        }
        let source = request.source_backup.as_ref().map(|id| self.restorable(tx, id, request.source_owner.as_ref()));
        let source = source.transpose()?;
        let mode = mode(&request, source.as_ref())?;
        let (vpc, subnets) =
            network::map_zones(tx, &self.world, &self.realm, &request.subnet_ids, &faults, settings.strict_patterns)?;
        let entropy = self.world.entropy();
        let cluster = Cluster {
            id: ClusterId::generate(entropy),
            realm: self.realm.clone(),
            state: if source.is_some() { ClusterState::Active } else { ClusterState::Uninitialized },
            state_message: None,
            created: now,
            opened: tx.seq(),
            deleted: None,
            hsm_type: request.hsm_type,
            mode,
            personality: request.personality,
            vpc,
            subnets,
            security_group: SecurityGroupId::generate(entropy),
            retention_days: request.retention_days.unwrap_or(DEFAULT_RETENTION_DAYS),
            source_backup: request.source_backup,
            certificates: Certificates::default(),
            hsm_certificates: None,
            private_key: None,
            layer: LayerId::opened_by(tx.seq(), 0),
            next_index: 0,
            first_counter: FIRST_COUNTER,
            tags: request.tags,
        };
        Ok(match source {
            Some(backup) => inherit(cluster, backup),
            None => cluster,
        })
    }

    /// The backup, if it can be restored now: one of this account's, or one that its owner shares with this account.
    fn restorable(&self, rows: &impl Rows, id: &BackupId, owner: Option<&Realm>) -> Result<Backup> {
        let owner = owner.unwrap_or(&self.realm);
        if owner.region() != self.realm.region() {
            return Err(ControlError::BackupRegion(id.clone()).into());
        }
        let backup = present_backup(rows, &self.world, owner, id)?;
        let shared =
            || Ok::<_, Error>(ResourcePolicy::load(rows, id)?.is_some_and(|policy| policy.lets_restore(&self.realm)));
        if *owner != self.realm && !shared()? {
            return Err(ControlError::AccessDenied(id.to_string()).into());
        }
        match backup.state {
            BackupState::Ready => Ok(backup),
            BackupState::CreateInProgress | BackupState::PendingDeletion | BackupState::Deleted => {
                Err(ControlError::BackupNotReady(backup.id).into())
            }
        }
    }
}

/// The mode of the new cluster: hsm1.medium knows FIPS only, a backup restores into its own mode and never from hsm2m.medium
/// onto hsm1.medium (documented, the last inferred).
fn mode(request: &CreateCluster, source: Option<&Backup>) -> Result<Mode, ControlError> {
    if let Some(backup) = source {
        let other_mode = request.mode.is_some_and(|mode| mode != backup.mode);
        let older_type = backup.hsm_type == HSM2 && request.hsm_type == HSM1;
        return if other_mode || older_type {
            Err(ControlError::BackupMode(backup.id.clone()))
        } else {
            Ok(backup.mode)
        };
    }
    match request.mode {
        Some(Mode::NonFips) if request.hsm_type == HSM1 => Err(ControlError::HsmType(request.hsm_type.clone())),
        mode => Ok(mode.unwrap_or(Mode::Fips)),
    }
}

/// A clone shares the backup history: the certificate and the key.
fn inherit(cluster: Cluster, backup: Backup) -> Cluster {
    Cluster {
        personality: backup.personality,
        certificates: Certificates {
            cluster_certificate: backup.cluster_certificate,
            trust_anchor: backup.trust_anchor,
            ..Certificates::default()
        },
        private_key: backup.private_key,
        first_counter: backup.counter,
        ..cluster
    }
}
