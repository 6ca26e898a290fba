//! Messages that are encrypted and decrypted (PKCS#11 v3.0 §5.9, §5.11).

use hsm_sim::token::{MechanismType, ObjectHandle, OperationKind, Sealed, SessionId};

use crate::boundary::{Buffer, Bytes, In};
use crate::call::{in_session, starting};
use crate::ck::{self, Mechanism, Ulong};
use crate::convert;
use crate::error::Result;
use crate::module::Module;

/// The mechanism; its parameter is not looked at, each message has its own.
fn kind(
    module: &Module,
    session: SessionId,
    operation: OperationKind,
    mechanism: In<Mechanism>,
) -> Result<Option<MechanismType>> {
    Ok(starting(module, session, operation, mechanism)?.map(|mechanism| mechanism.kind))
}

pub(crate) fn message_encrypt_init(
    module: &Module,
    session: Ulong,
    mechanism: In<Mechanism>,
    key: Ulong,
) -> Result<()> {
    let session = SessionId::new(session);
    let Some(mechanism) = kind(module, session, OperationKind::MessageEncrypt, mechanism)? else { return Ok(()) };
    Ok(module.application().message_encrypt_init(session, mechanism, ObjectHandle::new(key))?)
}

pub(crate) fn encrypt_message(
    module: &Module,
    session: Ulong,
    parameter: Bytes,
    aad: Bytes,
    data: Bytes,
    mut out: Buffer<u8>,
) -> Result<()> {
    let session = SessionId::new(session);
    let inputs = out.check().and_then(|()| Ok((aad.apart_from(&out)?, data.apart_from(&out)?)));
    let (aad, data) = in_session(module, session, inputs)?;
    let given = convert::message_to_seal(&parameter);
    let mut sealed = Sealed::default();
    out.with(|out| {
        sealed = module.application().encrypt_message(session, &given, &aad, &data, out)?;
        Ok(sealed.length)
    })?;
    convert::tell_sealed(&parameter, &sealed);
    Ok(())
}

pub(crate) fn encrypt_message_begin(module: &Module, session: Ulong, parameter: Bytes, aad: Bytes) -> Result<()> {
    let session = SessionId::new(session);
    let aad = in_session(module, session, aad.get())?;
    let given = convert::message(&parameter);
    let nonce = module.application().encrypt_message_begin(session, &given, aad)?;
    convert::tell_sealed(&parameter, &Sealed { nonce, ..Sealed::default() });
    Ok(())
}

pub(crate) fn encrypt_message_next(
    module: &Module,
    session: Ulong,
    parameter: Bytes,
    data: Bytes,
    mut out: Buffer<u8>,
    flags: Ulong,
) -> Result<()> {
    let session = SessionId::new(session);
    let last = flags & ck::END_OF_MESSAGE != 0;
    let place = || if last { convert::has_room_for_tag(&parameter) } else { Ok(()) };
    let data = in_session(module, session, out.check().and_then(|()| place()).and_then(|()| data.apart_from(&out)))?;
    let mut sealed = Sealed::default();
    out.with(|out| {
        sealed = module.application().encrypt_message_next(session, &data, last, out)?;
        Ok(sealed.length)
    })?;
    convert::tell_sealed(&parameter, &sealed);
    Ok(())
}

pub(crate) fn message_encrypt_final(module: &Module, session: Ulong) -> Result<()> {
    Ok(module.application().message_encrypt_final(SessionId::new(session))?)
}

pub(crate) fn message_decrypt_init(
    module: &Module,
    session: Ulong,
    mechanism: In<Mechanism>,
    key: Ulong,
) -> Result<()> {
    let session = SessionId::new(session);
    let Some(mechanism) = kind(module, session, OperationKind::MessageDecrypt, mechanism)? else { return Ok(()) };
    Ok(module.application().message_decrypt_init(session, mechanism, ObjectHandle::new(key))?)
}

pub(crate) fn decrypt_message(
    module: &Module,
    session: Ulong,
    parameter: Bytes,
    aad: Bytes,
    ciphertext: Bytes,
    mut out: Buffer<u8>,
) -> Result<()> {
    let session = SessionId::new(session);
    let inputs = out.check().and_then(|()| Ok((aad.apart_from(&out)?, ciphertext.apart_from(&out)?)));
    let (aad, ciphertext) = in_session(module, session, inputs)?;
    let given = convert::message_to_open(&parameter);
    out.with(|out| module.application().decrypt_message(session, &given, &aad, &ciphertext, out)).map(|_| ())
}

pub(crate) fn decrypt_message_begin(module: &Module, session: Ulong, parameter: Bytes, aad: Bytes) -> Result<()> {
    let session = SessionId::new(session);
    let aad = in_session(module, session, aad.get())?;
    Ok(module.application().decrypt_message_begin(session, &convert::message(&parameter), aad)?)
}

pub(crate) fn decrypt_message_next(
    module: &Module,
    session: Ulong,
    parameter: Bytes,
    ciphertext: Bytes,
    mut out: Buffer<u8>,
    flags: Ulong,
) -> Result<()> {
    let session = SessionId::new(session);
    let ciphertext = in_session(module, session, out.check().and_then(|()| ciphertext.apart_from(&out)))?;
    let step = |out: hsm_sim::token::Output<'_>| match flags & ck::END_OF_MESSAGE {
        0 => module.application().decrypt_message_next(session, &ciphertext, out),
        _ => {
            let given = convert::message_to_open(&parameter);
            module.application().decrypt_message_last(session, &given, &ciphertext, out)
        }
    };
    out.with(step).map(|_| ())
}

pub(crate) fn message_decrypt_final(module: &Module, session: Ulong) -> Result<()> {
    Ok(module.application().message_decrypt_final(SessionId::new(session))?)
}
