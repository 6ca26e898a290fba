//! Faults as people and programs name them: a kind and the parts that it needs. One parser for the command line and the control API.

use std::time::Duration;

use serde::Deserialize;

use super::{FaultKind, FaultSpec, KINDS, Part};

/// A fault to set, in words. Which kind has which parts is in [`KINDS`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FaultRequest {
    /// The kind's name, such as `node-down`.
    pub kind: String,
    /// The cluster.
    pub cluster: Option<String>,
    /// The node.
    pub node: Option<String>,
    /// The subnet.
    pub subnet: Option<String>,
    /// The class of clients that is cut off: `kms`, `pkcs11`, `tools` or `nodes`.
    pub from: Option<String>,
    /// How slow: `20ms`, `10ms..50ms` or `exponential=20ms`.
    pub delay: Option<String>,
    /// The operation that fails, such as `kms:Encrypt`, `cloudhsm:CreateHsm`, `C_Sign` or `CN_LOGIN`.
    pub operation: Option<String>,
    /// How it fails, such as `ThrottlingException`, `CKR_DEVICE_ERROR` or `187`.
    pub code: Option<String>,
    /// Which call is the first to fail; the next one is 1.
    pub call: Option<u32>,
    /// How many operations it hits, for kinds that are used up.
    pub count: Option<u32>,
}

/// Why a request names no fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FaultRequestError {
    /// Unknown kind.
    #[error("'{0}' is no kind of fault; the kinds are {kinds}", kinds = KINDS.iter().map(|kind| kind.name).collect::<Vec<_>>().join(", "))]
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
    /// A part that cannot be what was given.
    #[error("{part}: {reason}")]
    Malformed {
        /// Which part.
        part: &'static str,
        /// Why it is none.
        reason: String,
    },
    /// A count of a kind that is not used up.
    #[error("a {0} fault is a state and has no count; it ends when it is cleared or its time is over")]
    NotCounted(String),
    /// A fault that would do nothing.
    #[error("a fault with count 0 would do nothing")]
    NoCount,
}

impl FaultRequest {
    /// The fault that is asked for, healing by itself after `lasts`.
    ///
    /// # Errors
    /// The kind is unknown, or its parts do not fit.
    pub fn spec(&self, lasts: Option<Duration>) -> Result<FaultSpec, FaultRequestError> {
        let kind = FaultKind::of(self)?;
        let info = KINDS.iter().find(|info| info.name == self.kind);
        let has = |part: &str| info.is_some_and(|info| info.parts.iter().any(|(name, _)| *name == part));
        if let Some((part, _)) = self.parts().into_iter().find(|(part, word)| word.is_some() && !has(part)) {
            return Err(FaultRequestError::Superfluous { kind: self.kind.clone(), part });
        }
        match self.count {
            Some(_) if !kind.is_counted() => Err(FaultRequestError::NotCounted(self.kind.clone())),
            Some(0) => Err(FaultRequestError::NoCount),
            remaining => Ok(FaultSpec { kind, lasts, remaining }),
        }
    }

    /// The parts that are given, by name.
    fn parts(&self) -> [(&'static str, Option<String>); 8] {
        [
            ("cluster", self.cluster.clone()),
            ("node", self.node.clone()),
            ("subnet", self.subnet.clone()),
            ("from", self.from.clone()),
            ("delay", self.delay.clone()),
            ("operation", self.operation.clone()),
            ("code", self.code.clone()),
            ("call", self.call.map(|call| call.to_string())),
        ]
    }

    /// A part that the kind has.
    pub(super) fn part<P: Part>(&self) -> Result<P, FaultRequestError> {
        let word = self.parts().into_iter().find(|(name, _)| *name == P::NAME).and_then(|(_, word)| word);
        match word {
            Some(word) => P::read(&word).map_err(|reason| FaultRequestError::Malformed { part: P::NAME, reason }),
            None => P::absent().ok_or_else(|| FaultRequestError::Missing { kind: self.kind.clone(), part: P::NAME }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::KindInfo;

    fn request(kind: &str) -> FaultRequest {
        FaultRequest { kind: kind.to_owned(), ..FaultRequest::default() }
    }

    /// A request with a word for every part of its kind.
    fn full(kind: &KindInfo) -> FaultRequest {
        let mut request = request(kind.name);
        for (part, _) in kind.parts {
            let (place, word) = match *part {
                "cluster" => (&mut request.cluster, "cluster-igklspoyj5v"),
                "node" => (&mut request.node, "hsm-igklspoyj5v"),
                "subnet" => (&mut request.subnet, "subnet-49a1bc00"),
                "from" => (&mut request.from, "tools"),
                "delay" => (&mut request.delay, "10ms..50ms"),
                "operation" => (&mut request.operation, "kms:Encrypt"),
                "code" => (&mut request.code, "ThrottlingException"),
                "call" => {
                    request.call = Some(3);
                    continue;
                }
                other => panic!("a part without a word: {other}"),
            };
            *place = Some(word.to_owned());
        }
        request
    }

    #[test]
    fn every_kind_is_read_and_shows_its_parts() {
        for kind in KINDS {
            let request = full(kind);
            let spec = request.spec(None).unwrap();
            assert_eq!((spec.kind.name(), spec.kind.is_counted()), (kind.name, kind.counted));
            let given: Vec<(&str, String)> =
                request.parts().into_iter().filter_map(|(part, word)| Some((part, word?))).collect();
            let mut shown = spec.kind.parts();
            shown.sort_by_key(|(part, _)| given.iter().position(|(given, _)| given == part));
            assert_eq!(shown, given, "{}", kind.name);
            for (part, required) in kind.parts {
                let mut without = request.clone();
                match *part {
                    "cluster" => without.cluster = None,
                    "node" => without.node = None,
                    "subnet" => without.subnet = None,
                    "from" => without.from = None,
                    "delay" => without.delay = None,
                    "operation" => without.operation = None,
                    "code" => without.code = None,
                    _ => without.call = None,
                }
                let missing = FaultRequestError::Missing { kind: kind.name.to_owned(), part };
                assert_eq!(without.spec(None).err(), required.then_some(missing), "{} without {part}", kind.name);
            }
            if !kind.parts.iter().any(|(part, _)| *part == "subnet") {
                let superfluous = FaultRequest { subnet: Some("subnet-49a1bc00".to_owned()), ..request };
                let refused = FaultRequestError::Superfluous { kind: kind.name.to_owned(), part: "subnet" };
                assert_eq!(superfluous.spec(None), Err(refused));
            }
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
        assert!(matches!(malformed.spec(None), Err(FaultRequestError::Malformed { part: "cluster", .. })));
    }
}
