//! A load generator for PKCS#11 modules and KMS endpoints: the library behind `hsm-sim bench`.
//!
//! A [`plan::Plan`] says what to call, how often and for how long; a [`target::Target`] is a module or an endpoint, which makes its
//! keys and one worker per thread; [`run::run`] lets the workers work and answers a [`report::Report`]. Nothing here knows the
//! simulator: its module and its endpoint are driven as any other, and no state directory is opened beside them.
//!
//! # What is measured
//!
//! The *service time* of a call is from its start to its end. In a closed loop a worker makes one call after the other, so each start
//! is the end before it; the clock is read once per call, and choosing the call (a card of a shuffled deck made before the run) and
//! noting its time are inside. In an open loop calls have an intended start, whatever became of the others.
//!
//! The *latency* is what somebody who comes at his own time waits. In an open loop it is from the intended start to the end. In a
//! closed loop a call that takes long keeps its worker from making others (coordinated omission), so the calls that would have
//! waited are added as `hdrhistogram` does it: for each time longer than the interval, one shorter by an interval, and so on. The
//! interval is the time in which a worker would have started that operation again if every call took its operation's median.
//!
//! Measured calls take no lock and no memory of the generator's own; what the client library beneath takes is part of the target.

#![forbid(unsafe_code)]

pub mod error;
pub mod kms;
pub mod pkcs11;
pub mod plan;
pub mod report;
pub mod run;
pub mod target;

mod statistics;

pub use error::{Error, Result};
