//! A KMS endpoint as a target: AWS JSON 1.1 over HTTP/1.1, a kept connection for each worker, signed by Signature Version 4.

mod address;
mod answer;
mod caller;
mod connection;
mod keys;
mod operation;
mod sign;

use std::sync::Arc;

use serde_json::json;

pub use self::sign::Credentials;

use self::address::Address;
use self::caller::Caller;
use self::connection::Route;
use self::keys::Requests;
use self::operation::OPERATIONS;
use crate::error::{Error, Result};
use crate::plan::{Card, Plan};
use crate::target::{Description, Fault, Stop, Target, Worker, chosen};

/// Which endpoint, and with which keys.
#[derive(Debug, Clone)]
pub struct Options {
    /// `http://host:port` or `https://host`.
    pub url: String,
    /// Who calls.
    pub credentials: Credentials,
    /// The PEM text of the CAs to trust; those of the system without it.
    pub ca: Option<String>,
    /// Keys that exist; without any the run makes its own and schedules their deletion in the end.
    pub key_ids: Vec<String>,
    /// The custom key store in which the run makes its keys.
    pub store: Option<String>,
    /// The description of the run's keys.
    pub label: String,
}

/// A reachable endpoint.
pub struct Endpoint {
    options: Options,
    route: Route,
    caller: Caller,
    operations: Vec<&'static str>,
    /// Ids of keys whose deletion is to be scheduled.
    made: Vec<String>,
}

/// The names and meanings of the operations.
pub fn operations() -> impl Iterator<Item = (&'static [&'static str], &'static str)> {
    OPERATIONS.iter().map(|row| (row.names, row.about))
}

impl Endpoint {
    /// Finds the endpoint: asks it for a list of keys.
    ///
    /// # Errors
    /// The address has no sense, nobody answers there, or whoever answers refuses the caller.
    pub fn open(options: Options) -> Result<Self> {
        let address = Address::parse(&options.url)?;
        let unusable = |reason| Error::Unreachable { url: options.url.clone(), reason };
        let route = Route::new(address, options.ca.as_deref()).map_err(unusable)?;
        let mut caller = Caller::new(route.clone(), options.credentials.clone());
        caller.ask("ListKeys", &json!({ "Limit": 1 }))?;
        Ok(Self { options, route, caller, operations: Vec::new(), made: Vec::new() })
    }
}

impl Target for Endpoint {
    fn description(&self) -> Description {
        Description {
            kind: "kms",
            name: self.route.address.to_string(),
            about: format!("Region {}", self.options.credentials.region),
            operations: self.operations.clone(),
        }
    }

    fn prepare(&mut self, plan: &Plan, stop: &Stop) -> Result<Vec<Box<dyn Worker>>> {
        let rows = chosen(plan, "a KMS endpoint", OPERATIONS, |row| row.names)?;
        operation::check(plan, &rows)?;
        self.operations = rows.iter().filter_map(|row| row.names.first().copied()).collect();
        let keys = if self.options.key_ids.is_empty() {
            let mut maker = keys::Maker {
                caller: &mut self.caller,
                label: &self.options.label,
                store: self.options.store.as_deref(),
                made: &mut self.made,
                stop,
            };
            maker.make(plan, &rows)?
        } else {
            keys::existing(&mut self.caller, &self.options.key_ids, stop)?
        };
        let requests = rows.iter().map(|row| keys::requests(&mut self.caller, plan, row, &keys, stop));
        let requests: Arc<[Requests]> = requests.collect::<Result<_>>()?;
        let worker = |_| -> Box<dyn Worker> {
            let caller = Caller::new(self.route.clone(), self.options.credentials.clone());
            Box::new(Sender { caller, requests: Arc::clone(&requests) })
        };
        Ok((0..plan.threads).map(worker).collect())
    }

    fn clean_up(&mut self) -> Result<()> {
        let mut first = Ok(());
        for id in self.made.drain(..) {
            let body = json!({ "KeyId": id, "PendingWindowInDays": 7 });
            let done = self.caller.ask("ScheduleKeyDeletion", &body);
            first = first.and(done.map(drop));
        }
        first
    }
}

/// A worker with a connection of its own.
struct Sender {
    caller: Caller,
    requests: Arc<[Requests]>,
}

impl Worker for Sender {
    fn call(&mut self, card: Card) -> std::result::Result<(), Fault> {
        // Keys may be fewer than the plan's, if they were given, and operations without key or payload have one request for all.
        let of_step = &self.requests[card.step];
        let of_key = &of_step[card.key % of_step.len()];
        self.caller.send(&of_key[card.size % of_key.len()]).map(drop)
    }
}
