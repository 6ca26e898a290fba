//! The simulated HSM cluster as a PKCS#11 module, `libhsm_sim_pkcs11.so`: PKCS#11 v2.40, v3.0 and v3.2.
//!
//! It opens the state directory itself, beside any number of other processes that have it open, or is the client of a server
//! ([`wire`]). What it does is [`hsm_sim::token`]'s; here is only the way there: a call of C enters through one gate (`boundary`), its arguments become typed values
//! (`convert`), one method is called (`call`), its result becomes a return code ([`error`]).
//!
//! Settings are read at `C_Initialize`: variables of the environment, and a TOML file at `HSM_SIM_CONFIG` or else at
//! `hsm-sim/pkcs11.toml` in the user's configuration directory. The environment wins; a key that is none is an error.
//!
//! | variable | key of the file | meaning |
//! |---|---|---|
//! | `HSM_SIM_DIR` | `directory` | the state directory; else `hsm-sim` in the user's data directory |
//! | `HSM_SIM_SERVER` | `server` | a server to reach instead, `tls://host:port`; of the file it counts only without `HSM_SIM_DIR` |
//! | `HSM_SIM_CA` | `ca` | the file of the customer CA's certificate, by which the server proves to be the cluster; needed with a server |
//! | `HSM_SIM_CLIENT_CERT`, `HSM_SIM_CLIENT_KEY` | `client_cert`, `client_key` | the client's certificate chain and its key, PEM, for HSMs that insist on mutual TLS |
//! | `HSM_SIM_CLUSTER` | `clusters` | the clusters to show as slots (a server: one), ids with commas between them, a list in the file; else the oldest ACTIVE one |
//! | `HSM_SIM_TRACE` | `trace` | `1` (`true`) writes a line about every call to the standard error, a path adds it to that file (`trace`) |
//! | | `disable_key_availability_check` | `true`: token keys of a `cloudhsm` cluster need not be on two HSMs (documented switch of the client library) |
//! | | `retry` | `"standard"`: a server that does not answer is tried again for a second and a half; `"off"`: it is not |
//!
//! An empty directory gets a cluster of one HSM whose token waits to be initialised.

#![deny(unsafe_code, unsafe_op_in_unsafe_fn, clippy::undocumented_unsafe_blocks)]

#[allow(unsafe_code, reason = "the one place that meets C")]
pub mod boundary;
mod call;
pub mod ck;
mod convert;
pub mod error;
mod module;
mod process;
mod settings;
mod trace;
