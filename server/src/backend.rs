//! What the operations work on: the key management service, and the HSM world that it serves.

use hsm_sim::World;
use hsm_sim::control::Control;
use kms_store::{Call, Caller, Kms};

use crate::ServiceError;
use crate::protocol::{Row, Service};

/// The simulated services behind the endpoint. Shared by all requests.
#[derive(Clone, Debug)]
pub struct Backend {
    kms: Kms,
}

impl Backend {
    /// The services of the world that `kms` serves.
    pub const fn new(kms: Kms) -> Self {
        Self { kms }
    }

    /// The key management service.
    pub const fn kms(&self) -> &Kms {
        &self.kms
    }

    /// The HSM world.
    pub fn world(&self) -> &World {
        self.kms.world()
    }

    /// The caller's clusters.
    pub(crate) fn clusters(&self, caller: &Caller) -> Control {
        self.world().control(caller.realm.clone())
    }

    /// Whether identifiers must match the models' patterns exactly (documented). A store that fails tells the operation itself.
    pub(crate) fn strict_patterns(&self) -> bool {
        self.world().settings().is_ok_and(|settings| settings.strict_patterns)
    }

    /// Notes a call that was refused before it reached its service: the audit trail has refusals too (documented).
    pub(crate) fn note_refusal(&self, caller: &Caller, service: Service, row: &Row, error: &ServiceError) {
        let mut call = Call::new(service.event_source(), row.name, row.read_only);
        call.error = Some(error.wire(service).into_record());
        self.note(caller, call);
    }

    /// Leaves a record in the audit trail. The call itself is over, so a record that cannot be written changes nothing for
    /// the client.
    pub(crate) fn note(&self, caller: &Caller, call: Call<'_>) {
        let _ = self.kms.record(caller, call);
    }
}
