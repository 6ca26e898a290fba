//! Digests (PKCS#11 v3.0 §5.12).

use hsm_sim::token::{ObjectHandle, OperationKind, Output, SessionId};

use crate::boundary::{Buffer, Bytes, In};
use crate::call::{absorb, produce, starting, transform};
use crate::ck::{Mechanism, Ulong};
use crate::error::Result;
use crate::module::Module;

pub(crate) fn digest_init(module: &Module, session: Ulong, mechanism: In<Mechanism>) -> Result<()> {
    let session = SessionId::new(session);
    let Some(mechanism) = starting(module, session, OperationKind::Digest, mechanism)? else { return Ok(()) };
    Ok(module.application().digest_init(session, &mechanism)?)
}

pub(crate) fn digest(module: &Module, session: Ulong, data: Bytes, mut out: Buffer<u8>) -> Result<()> {
    let session = SessionId::new(session);
    let step = |data: &[u8], out: Output<'_>| module.application().digest(session, data, out);
    transform(module, session, OperationKind::Digest, data, &mut out, step).map(|_| ())
}

pub(crate) fn digest_update(module: &Module, session: Ulong, data: Bytes) -> Result<()> {
    let session = SessionId::new(session);
    absorb(module, session, OperationKind::Digest, data, |data| module.application().digest_update(session, data))
}

pub(crate) fn digest_key(module: &Module, session: Ulong, key: Ulong) -> Result<()> {
    Ok(module.application().digest_key(SessionId::new(session), ObjectHandle::new(key))?)
}

pub(crate) fn digest_final(module: &Module, session: Ulong, out: Buffer<u8>) -> Result<()> {
    let session = SessionId::new(session);
    produce(module, session, OperationKind::Digest, out, |out| module.application().digest_final(session, out))
}
