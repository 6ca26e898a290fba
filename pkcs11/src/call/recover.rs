//! Signatures that carry their data (PKCS#11 v3.0 §5.13.5, §5.15.5).

use hsm_sim::token::{ObjectHandle, OperationKind, Output, SessionId};

use crate::boundary::{Buffer, Bytes, In};
use crate::call::{starting, transform};
use crate::ck::{Mechanism, Ulong};
use crate::error::Result;
use crate::module::Module;

pub(crate) fn sign_recover_init(module: &Module, session: Ulong, mechanism: In<Mechanism>, key: Ulong) -> Result<()> {
    let session = SessionId::new(session);
    let Some(mechanism) = starting(module, session, OperationKind::SignRecover, mechanism)? else { return Ok(()) };
    Ok(module.application().sign_recover_init(session, &mechanism, ObjectHandle::new(key))?)
}

pub(crate) fn sign_recover(module: &Module, session: Ulong, data: Bytes, mut out: Buffer<u8>) -> Result<()> {
    let session = SessionId::new(session);
    let step = |data: &[u8], out: Output<'_>| module.application().sign_recover(session, data, out);
    transform(module, session, OperationKind::SignRecover, data, &mut out, step).map(|_| ())
}

pub(crate) fn verify_recover_init(module: &Module, session: Ulong, mechanism: In<Mechanism>, key: Ulong) -> Result<()> {
    let session = SessionId::new(session);
    let Some(mechanism) = starting(module, session, OperationKind::VerifyRecover, mechanism)? else { return Ok(()) };
    Ok(module.application().verify_recover_init(session, &mechanism, ObjectHandle::new(key))?)
}

pub(crate) fn verify_recover(module: &Module, session: Ulong, signature: Bytes, mut out: Buffer<u8>) -> Result<()> {
    let session = SessionId::new(session);
    let step = |signature: &[u8], out: Output<'_>| module.application().verify_recover(session, signature, out);
    transform(module, session, OperationKind::VerifyRecover, signature, &mut out, step).map(|_| ())
}
