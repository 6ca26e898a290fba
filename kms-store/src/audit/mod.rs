//! The audit trail (CloudTrail, documented; spec-kms 7): every call leaves a record.
//!
//! The record of a mutation is a row of the mutation's own transaction, so it exists exactly when the mutation does. Records
//! of calls that change nothing, cryptographic ones above all, and of refused calls go through a bounded buffer into files
//! beside the state; a crash may lose the last second of those (documented).

mod event;
mod lookup_events;
mod trail;
mod value;

use hsm_sim::row::{self, Rows, Writer};
use hsm_sim::timeline::Place;
use hsm_sim::{Entropy, Realm, SimTime, World};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub(crate) use event::{Author, Event, long_date};
pub use event::{Call, KMS_SOURCE, RecordedEvent, Resource};
pub use lookup_events::{LookupAttribute, LookupEvents, LookupKey};
pub(crate) use trail::Trail;
pub use trail::TrailWriter;
pub use value::{Fields, Value};

use crate::caller::Caller;
use crate::error::Result;
use crate::kms::Kms;
use crate::table;

/// A record as a row.
#[derive(Debug, Serialize, Deserialize)]
struct StoredEvent<'a> {
    id: [u8; 16],
    #[serde(borrow)]
    event: Event<'a>,
}

/// Writes a record into the transaction of the mutation that it tells of.
pub(crate) fn write(tx: &mut Writer<'_>, entropy: &Entropy, realm: &Realm, event: Event<'_>) -> Result<()> {
    let mut key = realm.key().into_bytes();
    // Newest first: the scan goes upwards.
    key.extend_from_slice(&newest_first(event.time));
    key.extend_from_slice(&(!tx.seq().get()).to_be_bytes());
    let stem = key.len();
    for nth in (0..=u8::MAX).rev() {
        key.truncate(stem);
        key.push(nth);
        if tx.get(table::EVENT, &key)?.is_none() {
            break;
        }
    }
    let id = *new_id(entropy.bytes()).as_bytes();
    Ok(tx.put(table::EVENT, &key, &row::encode(&StoredEvent { id, event }))?)
}

fn newest_first(time: SimTime) -> [u8; 8] {
    (!(time.millis().cast_unsigned() ^ (1 << 63))).to_be_bytes()
}

fn new_id(random: [u8; 16]) -> Uuid {
    uuid::Builder::from_random_bytes(random).into_uuid()
}

/// When something happened: on the simulated clock, and in the world's history.
#[derive(Debug, Clone, Copy)]
pub(crate) struct When {
    time: SimTime,
    place: Place,
}

impl When {
    fn of(world: &World, rows: &impl Rows) -> Result<Self, hsm_sim::Error> {
        Ok(Self { time: world.now(rows)?, place: Place::of(rows)? })
    }
}

/// What a reading or computing call learns for its record.
pub(crate) struct Seen<'a> {
    /// The record so far.
    pub(crate) call: Call<'a>,
    /// The moment of the view that the call worked on.
    pub(crate) when: Option<When>,
}

impl Seen<'_> {
    /// Notes the moment of the view that the call works on, and tells its time.
    pub(crate) fn at(&mut self, world: &World, rows: &impl Rows) -> Result<SimTime> {
        Ok(self.when.insert(When::of(world, rows)?).time)
    }
}

impl Kms {
    /// Runs a mutation as one transaction with its audit record in it.
    pub(crate) fn mutate<'a, T: Send>(
        &self,
        caller: &'a Caller,
        call: Call<'a>,
        change: impl FnOnce(&mut Writer<'_>, SimTime, &mut Call<'a>) -> Result<T> + Send,
    ) -> Result<T> {
        match self.fail_if_told() {
            Ok(()) => self.mutate_in_spite_of_faults(caller, call, change),
            Err(error) => {
                let refusal = Err(error);
                self.observed(caller, Seen { call, when: None }, &refusal);
                refusal
            }
        }
    }

    /// As [`Kms::mutate`], for calls that ask the fault model at another moment.
    pub(crate) fn mutate_in_spite_of_faults<'a, T: Send>(
        &self,
        caller: &'a Caller,
        call: Call<'a>,
        change: impl FnOnce(&mut Writer<'_>, SimTime, &mut Call<'a>) -> Result<T> + Send,
    ) -> Result<T> {
        let mut recorded = call.clone();
        let result = self.world().write(|tx| {
            let now = self.world().now(tx)?;
            let value = change(tx, now, &mut recorded)?;
            let event = Event { time: now, author: Author::from(caller), call: recorded };
            write(tx, self.world().entropy(), &caller.realm, event)?;
            Ok(value)
        });
        if result.is_err() {
            self.observed(caller, Seen { call, when: None }, &result);
        }
        result
    }

    /// Runs a call that changes nothing and notes it in the trail.
    pub(crate) fn observe<'a, T>(
        &self,
        caller: &'a Caller,
        call: Call<'a>,
        look: impl FnOnce(&mut Seen<'a>) -> Result<T>,
    ) -> Result<T> {
        let mut seen = Seen { call, when: None };
        let result = self.fail_if_told().and_then(|()| look(&mut seen));
        self.observed(caller, seen, &result);
        result
    }

    /// Notes a call that changed nothing, or that failed.
    pub(crate) fn observed<T>(&self, caller: &Caller, seen: Seen<'_>, result: &Result<T>) {
        let Seen { mut call, when } = seen;
        if let Err(error) = result {
            call.fail(error);
        }
        // A store that cannot even tell the time has no place for records either.
        let when = when.map_or_else(|| self.world().read(|rows| When::of(self.world(), rows)), Ok);
        let Ok(When { time, place }) = when else { return };
        self.trail().push(&caller.realm, place, &Event { time, author: Author::from(caller), call });
    }

    /// Records a call of another service, such as cloudhsmv2: one that changed something durably, any other in the trail.
    ///
    /// # Errors
    /// The store fails.
    pub fn record(&self, caller: &Caller, call: Call<'_>) -> Result<()> {
        let durable = !call.read_only && call.error.is_none();
        if durable {
            return self.world().write(|tx| {
                let time = self.world().now(tx)?;
                write(tx, self.world().entropy(), &caller.realm, Event { time, author: Author::from(caller), call })
            });
        }
        let When { time, place } = self.world().read(|rows| When::of(self.world(), rows))?;
        self.trail().push(&caller.realm, place, &Event { time, author: Author::from(caller), call });
        Ok(())
    }

    /// Writes the buffered records to their files.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn flush_trail(&self) -> Result<()> {
        Ok(self.trail().flush().map_err(store::Error::from)?)
    }

    /// Starts the thread that writes buffered records to their files several times a second, until the guard is dropped.
    ///
    /// # Errors
    /// The thread cannot be started.
    pub fn start_trail_writer(&self) -> Result<TrailWriter> {
        Ok(TrailWriter::start(self.trail().clone()).map_err(store::Error::from)?)
    }
}
