//! Random bytes (PKCS#11 v3.0 §5.19).

use hsm_sim::token::SessionId;

use crate::boundary::{Bytes, Room};
use crate::call::in_session;
use crate::ck::Ulong;
use crate::error::Result;
use crate::module::Module;

pub(crate) fn seed_random(module: &Module, session: Ulong, seed: Bytes) -> Result<()> {
    let session = SessionId::new(session);
    let seed = in_session(module, session, seed.get())?;
    Ok(module.application().seed_random(session, seed)?)
}

pub(crate) fn generate_random(module: &Module, session: Ulong, mut out: Room<u8>) -> Result<()> {
    let session = SessionId::new(session);
    let out = in_session(module, session, out.get())?;
    Ok(module.application().random(session, out)?)
}
