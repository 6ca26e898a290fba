//! The service through its public interface. One module per subject; `drill` is the world that they share.

mod aliases;
mod ciphers;
mod connection;
mod consistency;
mod drill;
mod key_errors;
mod key_store_errors;
mod material;
mod recovery;
mod trail;
