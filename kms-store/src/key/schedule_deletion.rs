//! ScheduleKeyDeletion (documented): effective at once, deleted by a job when the waiting period is over.

use std::time::Duration;

use hsm_sim::{SimTime, job};

use crate::audit::{Call, long_date};
use crate::caller::Caller;
use crate::error::{Invalid, Result};
use crate::job::Work;
use crate::key::{Aliases, HsmDeletion, Key, KeyOperation, KeyState, Life};
use crate::kms::Kms;

const DAY: Duration = Duration::from_secs(24 * 3_600);
/// The shortest, the usual and the longest waiting period, in days (documented).
const WINDOW: (u16, u16, u16) = (7, 30, 30);

/// A deletion that was scheduled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeletionScheduled {
    /// `KeyId`: the key's ARN.
    pub arn: String,
    /// `DeletionDate`.
    pub deletion_date: SimTime,
    /// `KeyState`.
    pub state: KeyState,
    /// `PendingWindowInDays`.
    pub window_days: u16,
}

impl Kms {
    /// Schedules the deletion of a key, after 30 days unless another waiting period is given.
    ///
    /// # Errors
    /// `ValidationException` for a period outside 7 to 30 days, `NotFoundException`, `InvalidArnException`,
    /// `KMSInvalidStateException`.
    pub fn schedule_key_deletion(
        &self,
        caller: &Caller,
        key_id: &str,
        window_days: Option<u16>,
    ) -> Result<DeletionScheduled> {
        let days = window_days.unwrap_or(WINDOW.1);
        let call =
            Call::mutating("ScheduleKeyDeletion").with("keyId", key_id).with("pendingWindowInDays", i64::from(days));
        self.mutate(caller, call, |tx, now, call| {
            if days < WINDOW.0 {
                return Err(Invalid::PendingWindow { days, bound: "greater than or equal to 7" }.into());
            }
            if days > WINDOW.2 {
                return Err(Invalid::PendingWindow { days, bound: "less than or equal to 30" }.into());
            }
            let mut key = Key::find(tx, now, &caller.realm, key_id, Aliases::Refused)?;
            call.key(key.arn.clone());
            key.allow(KeyOperation::ScheduleKeyDeletion)?;
            let date = now + DAY * u32::from(days);
            let work = Work::DeleteKey { realm: caller.realm.clone(), key: key.record.id };
            let job = job::schedule(tx, date, job::KMS, work.encode())?;
            key.record.life = Life::PendingDeletion { date, job, deletion: HsmDeletion::NotTried };
            key.record.save(tx, &caller.realm)?;

            key.note_backing_in(call);
            call.respond("keyId", key.arn.clone());
            call.respond("keyState", KeyState::PendingDeletion.as_str());
            call.respond("deletionDate", long_date(date));
            call.respond("pendingWindowInDays", i64::from(days));
            Ok(DeletionScheduled {
                arn: key.arn,
                deletion_date: date,
                state: KeyState::PendingDeletion,
                window_days: days,
            })
        })
    }
}
