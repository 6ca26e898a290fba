//! Faults: as they are set, and as they are shown.

use hsm_sim::fault::{Fault, FaultRequest};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A fault to set. Which kind takes which members is in the list of kinds (`hsm-sim fault set --help`).
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FaultBody {
    /// What breaks, such as `node-down`.
    #[schemars(extend("enum" = kinds()))]
    pub(crate) kind: String,
    /// The cluster that it concerns.
    pub(crate) cluster: Option<String>,
    /// The node (HSM id) that it concerns.
    pub(crate) node: Option<String>,
    /// The subnet that it concerns.
    pub(crate) subnet: Option<String>,
    /// Which clients are cut off: `kms`, `pkcs11`, `tools` or `nodes`.
    pub(crate) from: Option<String>,
    /// How slow: `20ms`, `10ms..50ms` or `exponential=20ms`.
    pub(crate) delay: Option<String>,
    /// What fails: `kms:Encrypt`, `cloudhsm:CreateHsm`, `C_Sign`, `CN_LOGIN` and their like.
    pub(crate) operation: Option<String>,
    /// How it fails: `ThrottlingException`, `CKR_DEVICE_ERROR`, `187` and their like.
    pub(crate) code: Option<String>,
    /// The first call that fails, counted from now; without it the next one.
    pub(crate) call: Option<u32>,
    /// Heals by itself after this long, such as `10m`, on the simulated clock.
    pub(crate) r#for: Option<String>,
    /// Goes away after this many failures, for kinds that are used up.
    pub(crate) count: Option<u32>,
}

fn kinds() -> Vec<&'static str> {
    hsm_sim::fault::KINDS.iter().map(|kind| kind.name).collect()
}

impl FaultBody {
    /// The fault in the library's words; `for` is not among them.
    pub(crate) fn into_request(self) -> FaultRequest {
        let Self { kind, cluster, node, subnet, from, delay, operation, code, call, r#for: _, count } = self;
        FaultRequest { kind, cluster, node, subnet, from, delay, operation, code, call, count }
    }
}

/// A fault that is set; what does not apply is null.
#[derive(Debug, Serialize, JsonSchema)]
pub struct FaultEntry {
    id: String,
    kind: String,
    cluster: Option<String>,
    node: Option<String>,
    subnet: Option<String>,
    from: Option<String>,
    delay: Option<String>,
    operation: Option<String>,
    code: Option<String>,
    call: Option<u32>,
    /// Since when, on the simulated clock.
    since: String,
    /// When it heals by itself.
    until: Option<String>,
    /// How many more operations it hits.
    remaining: Option<u32>,
}

impl FaultEntry {
    /// As the control API and `hsm-sim fault list --json` show it.
    pub fn of(fault: &Fault) -> Self {
        let parts = fault.kind.parts();
        let part = |name: &str| parts.iter().find(|(known, _)| *known == name).map(|(_, word)| word.clone());
        Self {
            id: fault.id.to_string(),
            kind: fault.kind.name().to_owned(),
            cluster: part("cluster"),
            node: part("node"),
            subnet: part("subnet"),
            from: part("from"),
            delay: part("delay"),
            operation: part("operation"),
            code: part("code"),
            call: part("call").and_then(|call| call.parse().ok()),
            since: fault.since.to_string(),
            until: fault.until.map(|until| until.to_string()),
            remaining: fault.remaining,
        }
    }
}

/// The faults that are set, oldest first.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct FaultList {
    pub(crate) faults: Vec<FaultEntry>,
}
