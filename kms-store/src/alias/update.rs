//! UpdateAlias (documented): points an alias to another key. The present key may be in any state, the new one not pending
//! deletion. All keys are symmetric, so type and usage always agree.

use hsm_sim::Settings;

use crate::alias::{Alias, check_name, check_quota};
use crate::audit::Call;
use crate::caller::Caller;
use crate::error::Result;
use crate::key::{Aliases, Key, KeyOperation, refuse_alias_target};
use crate::kms::Kms;

impl Kms {
    /// Points an alias to another key.
    ///
    /// # Errors
    /// `ValidationException`, `NotAuthorizedException` for `alias/aws/`, `NotFoundException` for alias or key,
    /// `InvalidArnException`, `KMSInvalidStateException`, `LimitExceededException`.
    pub fn update_alias(&self, caller: &Caller, name: &str, target_key_id: &str) -> Result<()> {
        let call = Call::mutating("UpdateAlias").with("aliasName", name).with("targetKeyId", target_key_id);
        self.mutate(caller, call, |tx, now, call| {
            check_name(name)?;
            refuse_alias_target(target_key_id)?;
            let realm = &caller.realm;
            let mut alias = Alias::find(tx, realm, name)?;
            let key = Key::find(tx, now, realm, target_key_id, Aliases::Refused)?;
            call.key(key.arn.clone());
            key.allow(KeyOperation::PointAlias)?;
            let settings = Settings::load(tx)?;
            if alias.target != key.record.id {
                check_quota(tx, settings.quotas, realm, &key.record.id)?;
            }
            let late = !settings.consistency_delay.is_zero();
            let before = late.then(|| (now + settings.consistency_delay, alias.seen_target(now)));
            alias.remove(tx, realm)?;
            (alias.target, alias.updated, alias.before) = (key.record.id, now, before);
            alias.save(tx, realm)
        })
    }
}
