//! DescribeKey (documented).

use crate::audit::Call;
use crate::caller::Caller;
use crate::error::Result;
use crate::key::{Aliases, Key, KeyMetadata, KeyOperation};
use crate::kms::Kms;

impl Kms {
    /// Describes a key, by id, ARN, alias name or alias ARN.
    ///
    /// # Errors
    /// `NotFoundException`, `InvalidArnException`.
    pub fn describe_key(&self, caller: &Caller, key_id: &str) -> Result<KeyMetadata> {
        let call = Call::reading("DescribeKey").with("keyId", key_id);
        self.observe(caller, call, |seen| {
            self.world().read(|rows| {
                let now = seen.at(self.world(), rows)?;
                let key = Key::find(rows, now, &caller.realm, key_id, Aliases::Accepted)?;
                seen.call.key(key.arn.clone());
                key.allow(KeyOperation::Look)?;
                key.metadata(rows, &caller.realm)
            })
        })
    }
}
