//! A simulated multi-node HSM cluster with CloudHSM semantics: clusters, nodes that each hold their own users and keys,
//! logins and lockout, key handles, backups, restore, faults and a clock that can be moved.
//!
//! A [`World`] is one state directory. The management API works on a [`realm::Realm`] of it ([`control`]), the management
//! utility on each node by itself ([`admin`]), applications and services through a logged-in session ([`client`],
//! [`service`]), the tools that manage keys with [`keys`], PKCS#11 clients as a [`token`].

#![forbid(unsafe_code)]

pub mod admin;
pub mod audit;
pub mod backup;
pub mod builder;
pub mod client;
pub mod clock;
pub mod cluster;
pub mod control;
mod error;
pub mod fault;
pub mod id;
pub mod inspect;
pub mod job;
pub mod keys;
pub mod lease;
mod lock;
pub mod mtls;
pub mod network;
pub mod node;
pub mod object;
pub mod performance;
pub mod quorum;
pub mod realm;
pub mod row;
pub mod service;
pub mod settings;
pub mod snapshot;
pub mod temporary;
pub mod timeline;
pub mod token;
pub mod transition;
pub mod user;
pub mod vault;
mod world;

pub use builder::{ActiveCluster, TestCluster};
pub use clock::SimTime;
pub use crypto::{Entropy, Password, SecretBytes};
pub use error::{ControlError, Error, HsmError, Result, VaultError};
pub use id::{BackupId, ClusterId, NodeId, SubnetId};
pub use object::{Handle, KeyTemplate};
pub use realm::Realm;
pub use settings::Settings;
pub use store::Durability;
pub use world::{World, WorldOptions};
