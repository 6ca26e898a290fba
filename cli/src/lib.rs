//! The `hsm-sim` program: the simulator itself (`up`), the three management tools, the tools for tokens and PKCS#11
//! programs, and the sub-commands that break, move and rewind the world of a state directory.

#![forbid(unsafe_code)]

pub mod args;
pub mod attribute;
pub mod audit;
pub mod bench;
pub mod chsm;
pub mod client_certificate;
pub mod clock;
pub mod cmu;
pub mod directory;
pub mod failure;
pub mod fault;
mod hardware;
pub mod kmu;
pub mod pkcs11;
mod quorum;
pub mod secret;
pub mod settings;
pub mod shell;
pub mod snapshot;
pub mod terminal;
pub mod token;
mod unseen;
pub mod up;
pub mod utility;
