//! The whole world without its secrets.

use std::collections::BTreeMap;

use hsm_sim::backup::Backup;
use hsm_sim::cluster::Personality;
use hsm_sim::inspect::{InspectedCluster, InspectedNode, InspectedObject, Inspection};
use hsm_sim::node::{Node, UserInfo};
use hsm_sim::performance::Profile;
use hsm_sim::{Realm, Settings};
use kms_store::{KeyMetadata, KeyStoreDescription};
use schemars::JsonSchema;
use serde::Serialize;

use super::{Clock, FaultEntry};

/// Everything that the simulator knows, without passwords, key values and private keys.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct State {
    clock: Clock,
    settings: SettingsEntry,
    /// Oldest first.
    faults: Vec<FaultEntry>,
    clusters: Vec<ClusterEntry>,
    backups: Vec<BackupEntry>,
    key_stores: Vec<KeyStoreEntry>,
    /// KMS keys.
    keys: Vec<KeyEntry>,
}

impl State {
    pub(crate) fn of(world: &Inspection, kms: kms_store::Inspection) -> Self {
        Self {
            clock: Clock::of(world.clock, world.now),
            settings: SettingsEntry::of(&world.settings, world.performance),
            faults: world.faults.iter().map(FaultEntry::of).collect(),
            clusters: world.clusters.iter().map(ClusterEntry::of).collect(),
            backups: world.backups.iter().map(BackupEntry::of).collect(),
            key_stores: kms.key_stores.into_iter().map(|(realm, store)| KeyStoreEntry::of(&realm, store)).collect(),
            keys: kms.keys.into_iter().map(|(realm, key)| KeyEntry::of(&realm, key)).collect(),
        }
    }
}

/// How the world behaves.
#[derive(Debug, Serialize, JsonSchema)]
struct SettingsEntry {
    connect_delay_millis: u128,
    strict_patterns: bool,
    newest_behaviour: bool,
    consistency_delay_millis: u128,
    quotas: bool,
    material_audit_period_millis: u128,
    lock_threshold: u32,
    /// The performance profile.
    performance: &'static str,
}

impl SettingsEntry {
    fn of(settings: &Settings, performance: Profile) -> Self {
        Self {
            connect_delay_millis: settings.connect_delay.as_millis(),
            strict_patterns: settings.strict_patterns,
            newest_behaviour: settings.newest_behaviour,
            consistency_delay_millis: settings.consistency_delay.as_millis(),
            quotas: settings.quotas,
            material_audit_period_millis: settings.material_audit_period.as_millis(),
            lock_threshold: settings.lock_threshold,
            performance: performance.name(),
        }
    }
}

/// A cluster.
#[derive(Debug, Serialize, JsonSchema)]
struct ClusterEntry {
    id: String,
    account: String,
    region: String,
    /// As DescribeClusters shows it.
    state: String,
    hsm_type: String,
    mode: String,
    /// `cloudhsm` or `generic`.
    personality: &'static str,
    /// Subnets by Availability Zone.
    subnets: BTreeMap<String, String>,
    hsms: Vec<HsmEntry>,
    /// Every object that any of its HSMs holds.
    objects: Vec<ObjectEntry>,
    /// Services that are logged in.
    services: Vec<ServiceEntry>,
}

impl ClusterEntry {
    fn of(inspected: &InspectedCluster) -> Self {
        let cluster = &inspected.view.cluster;
        Self {
            id: cluster.id.to_string(),
            account: cluster.realm.account().to_owned(),
            region: cluster.realm.region().to_owned(),
            state: cluster.state.as_str().to_owned(),
            hsm_type: cluster.hsm_type.clone(),
            mode: cluster.mode.as_str().to_owned(),
            personality: match cluster.personality {
                Personality::CloudHsm => "cloudhsm",
                Personality::Generic => "generic",
            },
            subnets: cluster.subnets.iter().map(|(zone, subnet)| (zone.to_string(), subnet.to_string())).collect(),
            hsms: inspected
                .view
                .nodes
                .iter()
                .zip(&inspected.nodes)
                .map(|(node, known)| HsmEntry::of(node, known))
                .collect(),
            objects: inspected.objects.iter().map(ObjectEntry::of).collect(),
            services: inspected
                .services
                .iter()
                .map(|(user, owner)| ServiceEntry { user: user.clone(), owner: owner.clone() })
                .collect(),
        }
    }
}

/// A service that is logged in.
#[derive(Debug, Serialize, JsonSchema)]
struct ServiceEntry {
    user: String,
    /// A key store's id.
    owner: String,
}

/// A node of a cluster.
#[derive(Debug, Serialize, JsonSchema)]
struct HsmEntry {
    id: String,
    /// As DescribeClusters shows it.
    state: String,
    availability_zone: String,
    ip: String,
    users: Vec<UserEntry>,
    /// Who is logged in, through how many connections.
    logins: BTreeMap<String, usize>,
}

impl HsmEntry {
    fn of(node: &Node, known: &InspectedNode) -> Self {
        Self {
            id: node.id.to_string(),
            state: node.state.as_str().to_owned(),
            availability_zone: node.zone.to_string(),
            ip: node.ip.to_string(),
            users: known.users.iter().map(UserEntry::of).collect(),
            logins: known.logins.clone(),
        }
    }
}

/// A user of an HSM.
#[derive(Debug, Serialize, JsonSchema)]
struct UserEntry {
    id: u32,
    name: String,
    role: &'static str,
    /// Wrong passwords since the last good one.
    failures: u32,
    two_factor: bool,
    /// Whether a key for approvals is registered.
    quorum_key: bool,
}

impl UserEntry {
    fn of(user: &UserInfo) -> Self {
        Self {
            id: user.id,
            name: user.name.to_string(),
            role: user.role.as_str(),
            failures: user.failures,
            two_factor: user.two_factor,
            quorum_key: user.mofn,
        }
    }
}

/// An object of a cluster, without its value.
#[derive(Debug, Serialize, JsonSchema)]
struct ObjectEntry {
    handle: u32,
    label: String,
    /// The number of its class (`CKO_…`).
    class: u32,
    /// The number of its key type (`CKK_…`).
    key_type: u32,
    /// The owner's user id.
    owner: u32,
    /// The ids of the users whom it is shared with.
    shared: Vec<u32>,
    extractable: bool,
    /// The HSMs that hold it.
    hsms: Vec<String>,
}

impl ObjectEntry {
    fn of(object: &InspectedObject) -> Self {
        Self {
            handle: object.handle.get(),
            label: object.label.clone(),
            class: object.class,
            key_type: object.key_type,
            owner: object.owner,
            shared: object.shared.clone(),
            extractable: object.extractable,
            hsms: object.nodes.iter().map(ToString::to_string).collect(),
        }
    }
}

/// A backup.
#[derive(Debug, Serialize, JsonSchema)]
struct BackupEntry {
    id: String,
    cluster: String,
    account: String,
    region: String,
    state: &'static str,
    created: String,
}

impl BackupEntry {
    fn of(backup: &Backup) -> Self {
        Self {
            id: backup.id.to_string(),
            cluster: backup.cluster.to_string(),
            account: backup.realm.account().to_owned(),
            region: backup.realm.region().to_owned(),
            state: backup.state.as_str(),
            created: backup.created.to_string(),
        }
    }
}

/// A custom key store.
#[derive(Debug, Serialize, JsonSchema)]
struct KeyStoreEntry {
    id: String,
    name: String,
    account: String,
    region: String,
    cluster: String,
    connection_state: &'static str,
    connection_error: Option<&'static str>,
}

impl KeyStoreEntry {
    fn of(realm: &Realm, store: KeyStoreDescription) -> Self {
        Self {
            id: store.id,
            name: store.name,
            account: realm.account().to_owned(),
            region: realm.region().to_owned(),
            cluster: store.cluster_id.to_string(),
            connection_state: store.state.as_str(),
            connection_error: store.error.map(|error| error.as_str()),
        }
    }
}

/// A KMS key.
#[derive(Debug, Serialize, JsonSchema)]
struct KeyEntry {
    arn: String,
    region: String,
    description: String,
    state: &'static str,
    origin: &'static str,
    key_store: Option<String>,
    created: String,
}

impl KeyEntry {
    fn of(realm: &Realm, key: KeyMetadata) -> Self {
        Self {
            state: key.state.as_str(),
            origin: key.origin.as_str(),
            arn: key.arn,
            region: realm.region().to_owned(),
            description: key.description,
            key_store: key.custom_key_store_id,
            created: key.created.to_string(),
        }
    }
}
