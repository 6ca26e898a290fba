//! ListTags, TagResource and UntagResource, of clusters and backups.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use crate::backup::Backup;
use crate::control::Control;
use crate::control::describe_backups::present_backup;
use crate::error::{ControlError, Error, Result};
use crate::id::{BackupId, ClusterId, InvalidId};
use crate::row::{Rows, Writer};

/// Tags of one resource (documented).
const TAGS: usize = 50;

/// What can bear tags (documented).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resource {
    /// A cluster.
    Cluster(ClusterId),
    /// A backup.
    Backup(BackupId),
}

impl FromStr for Resource {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let invalid = || InvalidId { kind: "cluster or backup", text: text.to_owned() };
        let cluster = text.parse().map(Self::Cluster).ok();
        cluster.or_else(|| text.parse().map(Self::Backup).ok()).ok_or_else(invalid)
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cluster(id) => id.fmt(f),
            Self::Backup(id) => id.fmt(f),
        }
    }
}

impl Control {
    /// The tags of a resource, by key.
    ///
    /// # Errors
    /// The resource does not exist, or the store fails.
    pub fn tags(&self, resource: &Resource) -> Result<BTreeMap<String, String>> {
        self.world.read(|rows| match resource {
            Resource::Cluster(id) => Ok(self.present(rows, id)?.recorded.tags),
            Resource::Backup(id) => Ok(self.backup_in(rows, id)?.tags),
        })
    }

    /// Adds tags, or overwrites those of the same keys (documented).
    ///
    /// # Errors
    /// The resource does not exist or would bear more than 50 tags, or the store fails.
    pub fn tag_resource(&self, resource: &Resource, tags: &BTreeMap<String, String>) -> Result<()> {
        self.change_tags(resource, |present| {
            present.extend(tags.iter().map(|(key, value)| (key.clone(), value.clone())));
            if present.len() > TAGS {
                Err(ControlError::Limit { what: "tags of a resource", limit: 50 })
            } else {
                Ok(())
            }
        })
    }

    /// Removes the tags of these keys; a key that no tag has does no harm (inferred).
    ///
    /// # Errors
    /// The resource does not exist, or the store fails.
    pub fn untag_resource(&self, resource: &Resource, keys: &[String]) -> Result<()> {
        self.change_tags(resource, |present| {
            present.retain(|key, _| !keys.contains(key));
            Ok(())
        })
    }

    fn change_tags(
        &self,
        resource: &Resource,
        change: impl FnOnce(&mut BTreeMap<String, String>) -> Result<(), ControlError> + Send,
    ) -> Result<()> {
        self.world.write(|tx: &mut Writer<'_>| {
            match resource {
                Resource::Cluster(id) => {
                    let mut cluster = self.present(tx, id)?.recorded;
                    change(&mut cluster.tags)?;
                    cluster.save(tx)?;
                }
                Resource::Backup(id) => {
                    let mut tags = self.backup_in(tx, id)?.tags;
                    change(&mut tags)?;
                    self.rewrite(tx, id, |backup| backup.tags = tags)?;
                }
            }
            Ok::<_, Error>(())
        })
    }

    fn backup_in(&self, rows: &impl Rows, id: &BackupId) -> Result<Backup> {
        present_backup(rows, &self.world, &self.realm, id)
    }
}
