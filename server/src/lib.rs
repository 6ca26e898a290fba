//! The HTTP endpoint of the simulator: AWS JSON 1.1 for kms, cloudhsmv2 and cloudtrail, and the control API.
//!
//! The way of a request: [`http`] reads it whole, [`protocol`] finds the operation's row by `X-Amz-Target`, parses the
//! body into that operation's typed request, [`sigv4`] tells who calls, the request's shape is validated, and the
//! operation (one file each under [`kms`], [`cloudhsmv2`], [`cloudtrail`]) answers. Whatever goes wrong leaves as a
//! [`ServiceError`], which knows its name, status and text in each service's manner. Nothing a client sends panics,
//! hangs or corrupts; a panic in a handler becomes that service's internal failure.
//!
//! Beside it, [`hsm`] is the port by which PKCS#11 modules on other machines reach the cluster.

#![forbid(unsafe_code)]

pub mod cloudhsmv2;
pub mod cloudtrail;
pub mod control;
pub mod hsm;
pub mod http;
pub mod kms;
pub mod protocol;
pub mod sigv4;

mod backend;
mod clock;
mod error;

pub use backend::Backend;
pub use clock::WallClock;
pub use error::{ServiceError, Wire};
pub use http::{Limits, Options, Server};
