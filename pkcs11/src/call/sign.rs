//! Signatures and codes, and checking them (PKCS#11 v3.0 §5.13, §5.15).

use hsm_sim::token::{ObjectHandle, OperationKind, Output, SessionId};

use crate::boundary::{Buffer, Bytes, In};
use crate::call::{absorb, in_operation, in_session, produce, starting, transform};
use crate::ck::{Mechanism, Ulong};
use crate::error::Result;
use crate::module::Module;

pub(crate) fn sign_init(module: &Module, session: Ulong, mechanism: In<Mechanism>, key: Ulong) -> Result<()> {
    let session = SessionId::new(session);
    let Some(mechanism) = starting(module, session, OperationKind::Sign, mechanism)? else { return Ok(()) };
    Ok(module.application().sign_init(session, &mechanism, ObjectHandle::new(key))?)
}

pub(crate) fn sign(module: &Module, session: Ulong, data: Bytes, mut out: Buffer<u8>) -> Result<()> {
    let session = SessionId::new(session);
    let step = |data: &[u8], out: Output<'_>| module.application().sign(session, data, out);
    transform(module, session, OperationKind::Sign, data, &mut out, step).map(|_| ())
}

pub(crate) fn sign_update(module: &Module, session: Ulong, data: Bytes) -> Result<()> {
    let session = SessionId::new(session);
    absorb(module, session, OperationKind::Sign, data, |data| module.application().sign_update(session, data))
}

pub(crate) fn sign_final(module: &Module, session: Ulong, out: Buffer<u8>) -> Result<()> {
    let session = SessionId::new(session);
    produce(module, session, OperationKind::Sign, out, |out| module.application().sign_final(session, out))
}

pub(crate) fn verify_init(module: &Module, session: Ulong, mechanism: In<Mechanism>, key: Ulong) -> Result<()> {
    let session = SessionId::new(session);
    let Some(mechanism) = starting(module, session, OperationKind::Verify, mechanism)? else { return Ok(()) };
    Ok(module.application().verify_init(session, &mechanism, ObjectHandle::new(key))?)
}

pub(crate) fn verify(module: &Module, session: Ulong, data: Bytes, signature: Bytes) -> Result<()> {
    let session = SessionId::new(session);
    let data = in_operation(module, session, OperationKind::Verify, data.get())?;
    let signature = in_operation(module, session, OperationKind::Verify, signature.get())?;
    Ok(module.application().verify(session, data, signature)?)
}

pub(crate) fn verify_update(module: &Module, session: Ulong, data: Bytes) -> Result<()> {
    let session = SessionId::new(session);
    absorb(module, session, OperationKind::Verify, data, |data| module.application().verify_update(session, data))
}

pub(crate) fn verify_final(module: &Module, session: Ulong, signature: Bytes) -> Result<()> {
    let session = SessionId::new(session);
    absorb(module, session, OperationKind::Verify, signature, |signature| {
        module.application().verify_final(session, signature)
    })
}

pub(crate) fn verify_signature_init(
    module: &Module,
    session: Ulong,
    mechanism: In<Mechanism>,
    key: Ulong,
    signature: Bytes,
) -> Result<()> {
    let session = SessionId::new(session);
    let signature = in_session(module, session, signature.get())?;
    let Some(mechanism) = starting(module, session, OperationKind::VerifySignature, mechanism)? else { return Ok(()) };
    Ok(module.application().verify_signature_init(session, &mechanism, ObjectHandle::new(key), signature)?)
}

pub(crate) fn verify_signature(module: &Module, session: Ulong, data: Bytes) -> Result<()> {
    let session = SessionId::new(session);
    let step = |data: &[u8]| module.application().verify_signature(session, data);
    absorb(module, session, OperationKind::VerifySignature, data, step)
}

pub(crate) fn verify_signature_update(module: &Module, session: Ulong, data: Bytes) -> Result<()> {
    let session = SessionId::new(session);
    let step = |data: &[u8]| module.application().verify_signature_update(session, data);
    absorb(module, session, OperationKind::VerifySignature, data, step)
}

pub(crate) fn verify_signature_final(module: &Module, session: Ulong) -> Result<()> {
    Ok(module.application().verify_signature_final(SessionId::new(session))?)
}
