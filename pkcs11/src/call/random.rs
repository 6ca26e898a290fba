//! Random bytes (PKCS#11 v3.0 §5.19).

use std::fs::OpenOptions;
use std::io::Write;

use hsm_sim::token::{self, SessionId};

use crate::boundary::{Bytes, Room};
use crate::call::in_session;
use crate::ck::Ulong;
use crate::error::Result;
use crate::module::Module;

/// The generator draws from the kernel's, which takes what is written to it and mixes it in.
pub(crate) fn seed_random(module: &Module, session: Ulong, seed: Bytes) -> Result<()> {
    let session = SessionId::new(session);
    let seed = in_session(module, session, seed.get())?;
    let kernel = OpenOptions::new().write(true).open("/dev/urandom");
    Ok(kernel.and_then(|mut kernel| kernel.write_all(seed)).map_err(|_| token::Error::RandomSeedNotSupported)?)
}

pub(crate) fn generate_random(module: &Module, session: Ulong, mut out: Room<u8>) -> Result<()> {
    let session = SessionId::new(session);
    let out = in_session(module, session, out.get())?;
    Ok(module.application().random(session, out)?)
}
