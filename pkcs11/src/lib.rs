//! The simulated HSM cluster as a PKCS#11 module, `libhsm_sim_pkcs11.so`: PKCS#11 v2.40 and v3.0.
//!
//! It opens the state directory itself, beside any number of other processes that have it open. What it does is [`hsm_sim::token`]'s;
//! here is only the way there: a call of C enters through one gate (`boundary`), its arguments become typed values
//! (`convert`), one method is called (`call`), its result becomes a return code ([`error`]).
//!
//! Settings are variables of the environment, read at `C_Initialize`:
//!
//! | name | meaning |
//! |---|---|
//! | `HSM_SIM_DIR` | the state directory; else `hsm-sim` in the user's data directory |
//! | `HSM_SIM_CLUSTER` | the clusters to show as slots, ids with commas between them; else the oldest ACTIVE one |
//! | `HSM_SIM_TRACE` | `1` writes a line about every call to the standard error, any other path adds it to that file (`trace`) |
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
mod trace;
