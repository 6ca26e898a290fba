//! What the benchmarks of the token share: scenarios as data, and the edges they run through, from the bare primitive to the C
//! function list. An edge's cost is the difference to the edge below it.

#![deny(unsafe_code, unsafe_op_in_unsafe_fn, clippy::undocumented_unsafe_blocks)]

pub mod contest;
pub mod edges;
pub mod http;
pub mod library;
pub mod measure;
#[allow(unsafe_code, reason = "a C program that uses a PKCS#11 module")]
pub mod module;
#[allow(clippy::unwrap_used, reason = "whatever fails is a defect that ends the benchmark")]
pub mod network;
pub mod raw;
pub mod rival;
pub mod scenario;
