//! Faults as people and programs name them: a kind and the parts that it needs. One parser for the command line and the control API.

use std::time::Duration;

use serde::Deserialize;

use super::{FaultKind, FaultSpec};
use crate::id::InvalidId;

/// A fault to set, in words.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultRequest {
    /// The kind's name, such as `node-down`.
    pub kind: String,
    /// The cluster, for kinds that concern one.
    #[serde(default)]
    pub cluster: Option<String>,
    /// The node, for kinds that concern one.
    #[serde(default)]
    pub node: Option<String>,
    /// The subnet, for kinds that concern one.
    #[serde(default)]
    pub subnet: Option<String>,
    /// How many operations it hits, for kinds that are used up.
    #[serde(default)]
    pub count: Option<u32>,
}

/// Why a request names no fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FaultRequestError {
    /// Unknown kind.
    #[error("'{0}' is no kind of fault; the kinds are {kinds}", kinds = FaultRequest::KINDS.join(", "))]
    Kind(String),
    /// A part is missing.
    #[error("a {kind} fault needs its {part}")]
    Missing {
        /// The kind.
        kind: String,
        /// What is missing.
        part: &'static str,
    },
    /// A part that the kind does not have.
    #[error("a {kind} fault has no {part}")]
    Superfluous {
        /// The kind.
        kind: String,
        /// What was given.
        part: &'static str,
    },
    /// A count of a kind that is not used up.
    #[error("a {0} fault is a state and has no count; it ends when it is cleared or its time is over")]
    NotCounted(String),
    /// A fault that would do nothing.
    #[error("a fault with count 0 would do nothing")]
    NoCount,
    /// A malformed id.
    #[error(transparent)]
    Id(#[from] InvalidId),
}

impl FaultRequest {
    /// The names of the kinds.
    pub const KINDS: [&'static str; 13] = [
        "busy",
        "node-down",
        "node-failed",
        "node-removed",
        "cluster-deleted",
        "subnet-removed",
        "subnet-full",
        "security-group-rule-removed",
        "network-cut",
        "kms-internal-error",
        "store-failing",
        "cluster-degraded",
        "cluster-updating",
    ];

    /// The fault that is asked for, healing by itself after `lasts`.
    ///
    /// # Errors
    /// The kind is unknown, or its parts do not fit.
    pub fn spec(&self, lasts: Option<Duration>) -> Result<FaultSpec, FaultRequestError> {
        let kind = match self.kind.as_str() {
            "busy" => FaultKind::Busy { cluster: self.cluster()?, node: self.node()? },
            "node-down" => FaultKind::NodeDown { cluster: self.cluster()?, node: self.node()? },
            "node-failed" => FaultKind::NodeFailed { cluster: self.cluster()?, node: self.node()? },
            "node-removed" => FaultKind::NodeRemoved { cluster: self.cluster()?, node: self.node()? },
            "cluster-deleted" => FaultKind::ClusterDeleted { cluster: self.cluster()? },
            "subnet-removed" => FaultKind::SubnetRemoved { subnet: self.subnet()? },
            "subnet-full" => FaultKind::SubnetFull { subnet: self.subnet()? },
            "security-group-rule-removed" => FaultKind::SecurityGroupRuleRemoved { cluster: self.cluster()? },
            "network-cut" => FaultKind::NetworkCut { cluster: self.cluster()? },
            "kms-internal-error" => FaultKind::KmsInternalError,
            "store-failing" => FaultKind::StoreFailing,
            "cluster-degraded" => FaultKind::ClusterDegraded { cluster: self.cluster()? },
            "cluster-updating" => FaultKind::ClusterUpdating { cluster: self.cluster()? },
            other => return Err(FaultRequestError::Kind(other.to_owned())),
        };
        let parts = [
            ("cluster", self.cluster.is_some() && kind.cluster().is_none()),
            ("node", self.node.is_some() && kind.node().is_none()),
            ("subnet", self.subnet.is_some() && kind.subnet().is_none()),
        ];
        if let Some((part, _)) = parts.into_iter().find(|(_, superfluous)| *superfluous) {
            return Err(FaultRequestError::Superfluous { kind: self.kind.clone(), part });
        }
        match self.count {
            Some(_) if !kind.is_counted() => Err(FaultRequestError::NotCounted(self.kind.clone())),
            Some(0) => Err(FaultRequestError::NoCount),
            remaining => Ok(FaultSpec { kind, lasts, remaining }),
        }
    }

    fn cluster<T: std::str::FromStr<Err = InvalidId>>(&self) -> Result<T, FaultRequestError> {
        self.part(self.cluster.as_deref(), "cluster")
    }

    fn node<T: std::str::FromStr<Err = InvalidId>>(&self) -> Result<T, FaultRequestError> {
        self.part(self.node.as_deref(), "node")
    }

    fn subnet<T: std::str::FromStr<Err = InvalidId>>(&self) -> Result<T, FaultRequestError> {
        self.part(self.subnet.as_deref(), "subnet")
    }

    fn part<T>(&self, value: Option<&str>, part: &'static str) -> Result<T, FaultRequestError>
    where
        T: std::str::FromStr<Err = InvalidId>,
    {
        let missing = || FaultRequestError::Missing { kind: self.kind.clone(), part };
        Ok(value.ok_or_else(missing)?.parse()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(kind: &str) -> FaultRequest {
        FaultRequest { kind: kind.to_owned(), ..FaultRequest::default() }
    }

    #[test]
    fn every_kind_is_named_after_itself() {
        for kind in FaultRequest::KINDS {
            let full = FaultRequest {
                cluster: Some("cluster-igklspoyj5v".into()),
                node: Some("hsm-igklspoyj5v".into()),
                subnet: Some("subnet-49a1bc00".into()),
                ..request(kind)
            };
            // Leave out what the kind does not have, one part after the other.
            let mut fitting = full;
            let spec = loop {
                match fitting.spec(None) {
                    Err(FaultRequestError::Superfluous { part: "cluster", .. }) => fitting.cluster = None,
                    Err(FaultRequestError::Superfluous { part: "node", .. }) => fitting.node = None,
                    Err(FaultRequestError::Superfluous { .. }) => fitting.subnet = None,
                    other => break other,
                }
            };
            assert_eq!(spec.map(|spec| spec.kind.name()), Ok(kind));
        }
    }

    #[test]
    fn only_what_is_used_up_has_a_count() {
        let cluster = Some("cluster-igklspoyj5v".to_owned());
        let cut = FaultRequest { cluster, count: Some(3), ..request("network-cut") };
        assert_eq!(cut.spec(None), Err(FaultRequestError::NotCounted("network-cut".into())));
        for (kind, counted) in
            [("kms-internal-error", FaultKind::KmsInternalError), ("store-failing", FaultKind::StoreFailing)]
        {
            let with = |count| FaultRequest { count: Some(count), ..request(kind) }.spec(None);
            assert_eq!(with(0), Err(FaultRequestError::NoCount), "{kind}");
            assert_eq!(with(3), Ok(FaultSpec::new(counted).times(3)), "{kind}");
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        assert_eq!(request("fire").spec(None), Err(FaultRequestError::Kind("fire".into())));
        let missing = Err(FaultRequestError::Missing { kind: "node-down".into(), part: "cluster" });
        assert_eq!(request("node-down").spec(None), missing);
        let malformed = FaultRequest { cluster: Some("cluster".into()), ..request("network-cut") };
        assert!(matches!(malformed.spec(None), Err(FaultRequestError::Id(_))));
    }
}
