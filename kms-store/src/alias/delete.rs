//! DeleteAlias (documented): whatever the state of its key.

use crate::alias::{Alias, check_name};
use crate::audit::Call;
use crate::caller::Caller;
use crate::error::Result;
use crate::kms::Kms;

impl Kms {
    /// Deletes an alias.
    ///
    /// # Errors
    /// `ValidationException`, `NotAuthorizedException` for `alias/aws/`, `NotFoundException`.
    pub fn delete_alias(&self, caller: &Caller, name: &str) -> Result<()> {
        let call = Call::mutating("DeleteAlias").with("aliasName", name);
        self.mutate(caller, call, |tx, _, call| {
            check_name(name)?;
            let alias = Alias::find(tx, &caller.realm, name)?;
            call.key(alias.target.arn(&caller.realm));
            alias.remove(tx, &caller.realm)
        })
    }
}
