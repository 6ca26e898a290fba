//! Messages that are signed, and their signatures checked (PKCS#11 v3.0 §5.14, §5.16).

use hsm_sim::token::{ObjectHandle, OperationKind, SessionId};

use crate::boundary::{Buffer, Bytes, In};
use crate::call::{in_session, starting};
use crate::ck::{Mechanism, Ulong};
use crate::convert;
use crate::error::Result;
use crate::module::Module;

pub(crate) fn message_sign_init(module: &Module, session: Ulong, mechanism: In<Mechanism>, key: Ulong) -> Result<()> {
    let session = SessionId::new(session);
    let Some(mechanism) = starting(module, session, OperationKind::MessageSign, mechanism)? else { return Ok(()) };
    Ok(module.application().message_sign_init(session, &mechanism, ObjectHandle::new(key))?)
}

pub(crate) fn sign_message(
    module: &Module,
    session: Ulong,
    parameter: Bytes,
    data: Bytes,
    mut out: Buffer<u8>,
) -> Result<()> {
    let session = SessionId::new(session);
    let inputs = out.check().and_then(|()| convert::no_message_parameter(&parameter));
    let data = in_session(module, session, inputs.and_then(|()| data.apart_from(&out)))?;
    out.with(|out| module.application().sign_message(session, &data, out)).map(|_| ())
}

pub(crate) fn sign_message_begin(module: &Module, session: Ulong, parameter: Bytes) -> Result<()> {
    let session = SessionId::new(session);
    in_session(module, session, convert::no_message_parameter(&parameter))?;
    Ok(module.application().sign_message_begin(session)?)
}

/// Only the last piece has a place for the signature, or for its length.
pub(crate) fn sign_message_next(
    module: &Module,
    session: Ulong,
    parameter: Bytes,
    data: Bytes,
    mut out: Buffer<u8>,
) -> Result<()> {
    let session = SessionId::new(session);
    in_session(module, session, convert::no_message_parameter(&parameter))?;
    if out.is_absent() {
        let data = in_session(module, session, data.get())?;
        return Ok(module.application().sign_message_next(session, data)?);
    }
    let data = in_session(module, session, out.check().and_then(|()| data.apart_from(&out)))?;
    out.with(|out| module.application().sign_message_last(session, &data, out)).map(|_| ())
}

pub(crate) fn message_sign_final(module: &Module, session: Ulong) -> Result<()> {
    Ok(module.application().message_sign_final(SessionId::new(session))?)
}

pub(crate) fn message_verify_init(module: &Module, session: Ulong, mechanism: In<Mechanism>, key: Ulong) -> Result<()> {
    let session = SessionId::new(session);
    let Some(mechanism) = starting(module, session, OperationKind::MessageVerify, mechanism)? else { return Ok(()) };
    Ok(module.application().message_verify_init(session, &mechanism, ObjectHandle::new(key))?)
}

pub(crate) fn verify_message(
    module: &Module,
    session: Ulong,
    parameter: Bytes,
    data: Bytes,
    signature: Bytes,
) -> Result<()> {
    let session = SessionId::new(session);
    let inputs = convert::no_message_parameter(&parameter).and_then(|()| Ok((data.get()?, signature.get()?)));
    let (data, signature) = in_session(module, session, inputs)?;
    Ok(module.application().verify_message(session, data, signature)?)
}

pub(crate) fn verify_message_begin(module: &Module, session: Ulong, parameter: Bytes) -> Result<()> {
    let session = SessionId::new(session);
    in_session(module, session, convert::no_message_parameter(&parameter))?;
    Ok(module.application().verify_message_begin(session)?)
}

/// Only the last piece has a signature.
pub(crate) fn verify_message_next(
    module: &Module,
    session: Ulong,
    parameter: Bytes,
    data: Bytes,
    signature: Bytes,
) -> Result<()> {
    let session = SessionId::new(session);
    let inputs = convert::no_message_parameter(&parameter).and_then(|()| Ok((data.get()?, signature.get()?)));
    let (data, given) = in_session(module, session, inputs)?;
    if signature.is_null() {
        Ok(module.application().verify_message_next(session, data)?)
    } else {
        Ok(module.application().verify_message_last(session, data, given)?)
    }
}

pub(crate) fn message_verify_final(module: &Module, session: Ulong) -> Result<()> {
    Ok(module.application().message_verify_final(SessionId::new(session))?)
}
