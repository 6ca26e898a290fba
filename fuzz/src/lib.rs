//! Harnesses: each takes arbitrary bytes, does with them what a client could, and panics if something happened that must not.
//!
//! What must not happen: a panic of the module (it answers `CKR_GENERAL_ERROR` then), a return code that the standard does not list
//! for the function, a byte written behind a buffer, a length told that was not there, pieces that give another result than the
//! whole. `tests/corpus.rs` runs every harness on its corpus and on seeded random bytes; `libfuzzer/` is for hours of libFuzzer.

#![allow(unsafe_code, reason = "C calls")]
#![deny(unsafe_op_in_unsafe_fn, clippy::undocumented_unsafe_blocks)]

mod input;
mod listed;
mod make;
mod memory;
mod message;
mod module;
mod parameter;
mod target;
mod template;

pub use target::{TARGETS, Target, run};
