//! The module under programs that know nothing of it: each client in its own file, each case by every way to the cluster.

#[path = "../common/mod.rs"]
mod common;
mod gnutls;
mod java;
mod node;
mod openssl;
mod pkcs11_tool;
mod python;
mod run;
mod together;
mod token;
mod way;
