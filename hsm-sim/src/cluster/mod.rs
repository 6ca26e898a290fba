//! Clusters: the record, its states and its certificates.

mod identity;

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use store::{Seq, Table};

use crate::clock::SimTime;
use crate::error::{Error, Result};
use crate::id::{BackupId, ClusterId, SecurityGroupId, SubnetId, VpcId};
use crate::node::view::LayerId;
use crate::realm::{AvailabilityZone, Realm};
use crate::row::{self, Record, Rows, Writer};
use crate::vault::Sealed;

pub use identity::Identity;
pub(crate) use identity::KEY_CONTEXT;

/// The older HSM type.
pub(crate) const HSM1: &str = "hsm1.medium";
/// The newer one.
pub(crate) const HSM2: &str = "hsm2m.medium";

/// The states of a cluster (documented enumeration).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ClusterState {
    /// Being created.
    CreateInProgress,
    /// Created; waits for its first HSM and its certificates.
    Uninitialized,
    /// The certificates are being installed.
    InitializeInProgress,
    /// Certificates installed; waits for activation in the data plane.
    Initialized,
    /// In service.
    Active,
    /// The service detected trouble.
    Degraded,
    /// Being deleted.
    DeleteInProgress,
    /// Deleted, still listed for an hour (inferred).
    Deleted,
    /// HSMs are being added or removed. The service was seen to stay ACTIVE meanwhile; only a fault shows this.
    UpdateInProgress,
    /// Its HSM type is being changed.
    ModifyInProgress,
    /// Its HSM type is being changed back.
    RollbackInProgress,
}

impl ClusterState {
    /// All states, in the order of the documentation.
    pub const ALL: [Self; 11] = [
        Self::CreateInProgress,
        Self::Uninitialized,
        Self::InitializeInProgress,
        Self::Initialized,
        Self::Active,
        Self::UpdateInProgress,
        Self::ModifyInProgress,
        Self::RollbackInProgress,
        Self::DeleteInProgress,
        Self::Deleted,
        Self::Degraded,
    ];

    /// The state of a name.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }

    /// The name in the management API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CreateInProgress => "CREATE_IN_PROGRESS",
            Self::Uninitialized => "UNINITIALIZED",
            Self::InitializeInProgress => "INITIALIZE_IN_PROGRESS",
            Self::Initialized => "INITIALIZED",
            Self::Active => "ACTIVE",
            Self::Degraded => "DEGRADED",
            Self::DeleteInProgress => "DELETE_IN_PROGRESS",
            Self::Deleted => "DELETED",
            Self::UpdateInProgress => "UPDATE_IN_PROGRESS",
            Self::ModifyInProgress => "MODIFY_IN_PROGRESS",
            Self::RollbackInProgress => "ROLLBACK_IN_PROGRESS",
        }
    }
}

impl fmt::Display for ClusterState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a cluster behaves like for PKCS#11 clients; it does not change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Personality {
    /// As the CloudHSM client library.
    CloudHsm,
    /// As any token: initialisable, every mechanism.
    Generic,
}

/// FIPS or not, fixed at creation (documented).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mode {
    /// `FIPS`.
    Fips,
    /// `NON_FIPS`.
    NonFips,
}

impl Mode {
    /// The name in the management API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fips => "FIPS",
            Self::NonFips => "NON_FIPS",
        }
    }
}

/// The certificates that DescribeClusters shows, PEM (documented, spec of the management API).
///
/// `cluster_certificate` is the backup history: clusters are related exactly when they share it (seed 000).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Certificates {
    /// Made by the first node; shown until initialization.
    pub cluster_csr: Option<String>,
    /// The node's certificate, signed by its hardware key; shown until initialization.
    pub hsm_certificate: Option<String>,
    /// The hardware's certificate by the service's root; shown until initialization.
    pub aws_hardware_certificate: Option<String>,
    /// The hardware's certificate by the manufacturer; shown until initialization.
    pub manufacturer_hardware_certificate: Option<String>,
    /// The CSR signed by the customer; kept for ever and inherited by clones.
    pub cluster_certificate: Option<String>,
    /// The customer's CA certificate given to InitializeCluster; clients check the cluster against it.
    pub trust_anchor: Option<String>,
}

/// What the first node proved itself with, kept after initialization for those who ask the node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HsmCertificates {
    /// The hardware's, by the manufacturer, PEM.
    pub manufacturer_hardware: String,
    /// The cluster's, by the hardware, PEM.
    pub by_hardware: String,
}

impl Certificates {
    /// What the first node proves itself with, as long as it shows.
    pub(crate) fn of_hsm(&self) -> Option<HsmCertificates> {
        let manufacturer_hardware = self.manufacturer_hardware_certificate.clone()?;
        Some(HsmCertificates { manufacturer_hardware, by_hardware: self.hsm_certificate.clone()? })
    }

    /// Leaves out what the first node makes.
    pub(crate) fn hide_request(&mut self) {
        self.cluster_csr = None;
        self.hsm_certificate = None;
        self.aws_hardware_certificate = None;
        self.manufacturer_hardware_certificate = None;
    }
}

/// A cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cluster {
    /// Its id.
    pub id: ClusterId,
    /// The account and Region that it belongs to.
    pub realm: Realm,
    /// Recorded state.
    pub state: ClusterState,
    /// Explains the state.
    pub state_message: Option<String>,
    /// Creation.
    pub created: SimTime,
    /// The mutation that created it; orders clusters of one moment.
    pub opened: Seq,
    /// Deletion; the record stays, because backups outlive their cluster.
    pub deleted: Option<SimTime>,
    /// `hsm1.medium`, `hsm2m.medium`.
    pub hsm_type: String,
    /// FIPS or not.
    pub mode: Mode,
    /// What PKCS#11 clients meet.
    pub personality: Personality,
    /// The VPC of all its subnets.
    pub vpc: VpcId,
    /// One subnet per Availability Zone.
    pub subnets: BTreeMap<AvailabilityZone, SubnetId>,
    /// `cloudhsm-cluster-<id>-sg`.
    pub security_group: SecurityGroupId,
    /// Days that backups are kept.
    pub retention_days: u16,
    /// The backup that it was created from.
    pub source_backup: Option<BackupId>,
    /// The certificates of its present stage.
    pub certificates: Certificates,
    /// What the first node proved itself with; not in a cluster that was made from a backup.
    pub hsm_certificates: Option<HsmCertificates>,
    /// The cluster's private key (PKCS#8), sealed under the context `cluster-key`; clones inherit it with the certificate.
    pub private_key: Option<Sealed>,
    /// Where its nodes write objects that they share.
    pub layer: LayerId,
    /// Join order of the next node; the high bits of the handles made on it.
    pub next_index: u32,
    /// The handle counter that the first node starts with (a restored cluster goes on from its backup).
    pub first_counter: u32,
    /// Tags.
    pub tags: BTreeMap<String, String>,
}

impl Record for Cluster {
    const TABLE: Table = row::CLUSTER;
}

impl Cluster {
    /// Whether its HSMs are of the newer type, which alone has certificate objects, mutual TLS and the newer kinds of keys
    /// (documented).
    pub fn has_newer_hsms(&self) -> bool {
        self.hsm_type == HSM2
    }

    /// Reads a cluster's record, whatever its state.
    ///
    /// # Errors
    /// The store fails.
    pub fn load(rows: &impl Rows, id: &ClusterId) -> Result<Option<Self>> {
        row::load(rows, id.as_str().as_bytes())
    }

    /// Writes the record.
    ///
    /// # Errors
    /// The store fails.
    pub fn save(&self, tx: &mut Writer<'_>) -> Result<()> {
        row::save(tx, self.id.as_str().as_bytes(), self)
    }

    /// Whether two clusters are one or descend from one backup, which shows in their common certificate (seed 000).
    ///
    /// # Errors
    /// The store fails.
    pub fn are_clones(rows: &impl Rows, one: &ClusterId, other: &ClusterId) -> Result<bool> {
        let certificate = |id| {
            let cluster = Self::load(rows, id)?;
            Ok::<_, Error>(cluster.and_then(|cluster| cluster.certificates.cluster_certificate))
        };
        let (own, others) = (certificate(one)?, certificate(other)?);
        Ok(one == other || (own.is_some() && own == others))
    }

    /// The clusters of a realm, deleted ones too, in order of their ids.
    ///
    /// # Errors
    /// The store fails.
    pub fn of_realm(rows: &impl Rows, realm: &Realm) -> Result<Vec<Self>> {
        let ids = row::list_keys(rows, row::CLUSTER_BY_REALM, realm.key().as_bytes())?;
        ids.into_iter().filter_map(|id| row::load(rows, id.as_bytes()).transpose()).collect()
    }
}
