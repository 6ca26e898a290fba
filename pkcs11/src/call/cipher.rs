//! Encryption and decryption (PKCS#11 v3.0 §5.8, §5.10).

use hsm_sim::token::{ObjectHandle, OperationKind, Output, SessionId};

use crate::boundary::{Buffer, Bytes, In};
use crate::call::{produce, starting, transform};
use crate::ck::{Mechanism, Ulong};
use crate::convert;
use crate::error::Result;
use crate::module::Module;

pub(crate) fn encrypt_init(module: &Module, session: Ulong, mechanism: In<Mechanism>, key: Ulong) -> Result<()> {
    let session = SessionId::new(session);
    let given = mechanism.get();
    if let Some((kind, parameter)) = given.as_ref().and_then(convert::gcm)
        && let Ok(gcm) = parameter.get()
    {
        let mut iv = [0; 12];
        if module.application().encrypt_init_gcm(session, kind, &gcm, ObjectHandle::new(key), &mut iv)? {
            parameter.tell_iv(&iv);
        }
        return Ok(());
    }
    let Some(mechanism) = starting(module, session, OperationKind::Encrypt, mechanism)? else { return Ok(()) };
    // An IV is made for GCM only.
    module.application().encrypt_init(session, &mechanism, ObjectHandle::new(key))?;
    Ok(())
}

pub(crate) fn encrypt(module: &Module, session: Ulong, data: Bytes, mut out: Buffer<u8>) -> Result<()> {
    let session = SessionId::new(session);
    let step = |data: &[u8], out: Output<'_>| module.application().encrypt(session, data, out);
    transform(module, session, OperationKind::Encrypt, data, &mut out, step).map(|_| ())
}

pub(crate) fn encrypt_update(module: &Module, session: Ulong, data: Bytes, mut out: Buffer<u8>) -> Result<()> {
    let session = SessionId::new(session);
    let step = |data: &[u8], out: Output<'_>| module.application().encrypt_update(session, data, out);
    transform(module, session, OperationKind::Encrypt, data, &mut out, step).map(|_| ())
}

pub(crate) fn encrypt_final(module: &Module, session: Ulong, out: Buffer<u8>) -> Result<()> {
    let session = SessionId::new(session);
    produce(module, session, OperationKind::Encrypt, out, |out| module.application().encrypt_final(session, out))
}

pub(crate) fn decrypt_init(module: &Module, session: Ulong, mechanism: In<Mechanism>, key: Ulong) -> Result<()> {
    let session = SessionId::new(session);
    if let Some((kind, parameter)) = mechanism.get().as_ref().and_then(convert::gcm)
        && let Ok(gcm) = parameter.get()
    {
        return Ok(module.application().decrypt_init_gcm(session, kind, &gcm, ObjectHandle::new(key))?);
    }
    let Some(mechanism) = starting(module, session, OperationKind::Decrypt, mechanism)? else { return Ok(()) };
    Ok(module.application().decrypt_init(session, &mechanism, ObjectHandle::new(key))?)
}

pub(crate) fn decrypt(module: &Module, session: Ulong, data: Bytes, mut out: Buffer<u8>) -> Result<()> {
    let session = SessionId::new(session);
    let step = |data: &[u8], out: Output<'_>| module.application().decrypt(session, data, out);
    transform(module, session, OperationKind::Decrypt, data, &mut out, step).map(|_| ())
}

pub(crate) fn decrypt_update(module: &Module, session: Ulong, data: Bytes, mut out: Buffer<u8>) -> Result<()> {
    let session = SessionId::new(session);
    let step = |data: &[u8], out: Output<'_>| module.application().decrypt_update(session, data, out);
    transform(module, session, OperationKind::Decrypt, data, &mut out, step).map(|_| ())
}

pub(crate) fn decrypt_final(module: &Module, session: Ulong, out: Buffer<u8>) -> Result<()> {
    let session = SessionId::new(session);
    produce(module, session, OperationKind::Decrypt, out, |out| module.application().decrypt_final(session, out))
}
