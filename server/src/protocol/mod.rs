//! AWS JSON 1.1: a table of operations, each parsed into its own type straight from the body.
//!
//! The order of checks (inferred): JSON and types, signature, shape, rules about members, then the operation itself.

pub mod paging;
mod row;
mod service;
pub mod shape;
mod told;
mod value;
mod violations;

pub use row::{Call, Operation, Row, Runs, find, target};
pub use service::Service;
pub use told::check_operation;
pub use value::{Blob, Object, SecretBlob, SecretText, StringMap, Timestamp};
pub use violations::Violations;
