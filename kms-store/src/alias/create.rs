//! CreateAlias (documented).

use hsm_sim::Settings;

use crate::alias::{Alias, check_name, check_quota};
use crate::arn::alias_arn;
use crate::audit::Call;
use crate::caller::Caller;
use crate::error::{Error, Result};
use crate::key::{Aliases, Key, KeyOperation, refuse_alias_target};
use crate::kms::Kms;

impl Kms {
    /// Names a key. `name` begins with `alias/`; the target is a key id or ARN.
    ///
    /// # Errors
    /// `ValidationException`, `NotAuthorizedException` for `alias/aws/`, `NotFoundException`, `InvalidArnException`,
    /// `KMSInvalidStateException`, `AlreadyExistsException`, `LimitExceededException`.
    pub fn create_alias(&self, caller: &Caller, name: &str, target_key_id: &str) -> Result<()> {
        let call = Call::mutating("CreateAlias").with("aliasName", name).with("targetKeyId", target_key_id);
        self.mutate(caller, call, |tx, now, call| {
            check_name(name)?;
            refuse_alias_target(target_key_id)?;
            let realm = &caller.realm;
            let key = Key::find(tx, now, realm, target_key_id, Aliases::Refused)?;
            call.key(key.arn.clone());
            key.allow(KeyOperation::PointAlias)?;
            if Alias::load(tx, realm, name)?.is_some() {
                return Err(Error::AlreadyExists(alias_arn(realm, name)));
            }
            let settings = Settings::load(tx)?;
            check_quota(tx, settings.quotas, realm, &key.record.id)?;
            let late = !settings.consistency_delay.is_zero();
            let before = late.then(|| (now + settings.consistency_delay, None));
            Alias { name: name.to_owned(), target: key.record.id, created: now, updated: now, before }.save(tx, realm)
        })
    }
}
