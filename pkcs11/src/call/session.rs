//! Sessions and logins (PKCS#11 v3.0 §5.6).

use hsm_sim::token::{self, OperationKind, SessionId, SessionState, SlotId, UserType};

use crate::boundary::{Buffer, Bytes, In, Name, Out};
use crate::call::in_session;
use crate::ck::{self, SessionInfo, Ulong};
use crate::error::{Error, Result};
use crate::module::Module;

pub(crate) fn open_session(
    module: &Module,
    slot: Ulong,
    flags: Ulong,
    _application: In<u8>,
    _notify: In<u8>,
    mut session: Out<Ulong>,
) -> Result<()> {
    let slot = SlotId::new(slot);
    if session.is_null() {
        return Err(Error::ARGUMENTS_BAD);
    }
    if flags & ck::session::SERIAL_SESSION == 0 {
        return Err(token::Error::SessionParallelNotSupported.into());
    }
    if flags & ck::session::ASYNC_SESSION != 0 {
        return Err(Error::NotAsynchronous);
    }
    let opened = module.application().open_session(slot, flags & ck::session::RW_SESSION != 0)?;
    session.write(opened.get())
}

pub(crate) fn close_session(module: &Module, session: Ulong) -> Result<()> {
    Ok(module.application().close_session(SessionId::new(session))?)
}

pub(crate) fn close_all_sessions(module: &Module, slot: Ulong) -> Result<()> {
    Ok(module.application().close_all_sessions(SlotId::new(slot))?)
}

pub(crate) fn get_session_info(module: &Module, session: Ulong, mut out: Out<SessionInfo>) -> Result<()> {
    let info = module.application().session_info(SessionId::new(session))?;
    let read_write = if info.read_write { ck::session::RW_SESSION } else { 0 };
    out.write(SessionInfo {
        slot: info.slot.get(),
        state: match info.state {
            SessionState::ReadOnlyPublic => ck::session::RO_PUBLIC,
            SessionState::ReadOnlyUser => ck::session::RO_USER,
            SessionState::ReadWritePublic => ck::session::RW_PUBLIC,
            SessionState::ReadWriteUser => ck::session::RW_USER,
            SessionState::ReadWriteSecurityOfficer => ck::session::RW_SO,
        },
        flags: ck::session::SERIAL_SESSION | read_write,
        device_error: 0,
    })
}

pub(crate) fn get_operation_state(module: &Module, session: Ulong, mut state: Buffer<u8>) -> Result<()> {
    let session = SessionId::new(session);
    in_session(module, session, state.check())?;
    state.with(|out| module.application().operation_state(session, out)).map(|_| ())
}

/// Only the states of digests can be saved, which need no key.
pub(crate) fn set_operation_state(
    module: &Module,
    session: Ulong,
    state: Bytes,
    _encryption: Ulong,
    _authentication: Ulong,
) -> Result<()> {
    let session = SessionId::new(session);
    let state = in_session(module, session, state.get())?;
    Ok(module.application().set_operation_state(session, state)?)
}

fn user_type(number: Ulong) -> Result<UserType> {
    match number {
        ck::user::SO => Ok(UserType::SecurityOfficer),
        ck::user::USER => Ok(UserType::User),
        ck::user::CONTEXT_SPECIFIC => Ok(UserType::ContextSpecific),
        _ => Err(token::Error::UserTypeInvalid.into()),
    }
}

pub(crate) fn login(module: &Module, session: Ulong, user: Ulong, pin: Bytes) -> Result<()> {
    let session = SessionId::new(session);
    let user = in_session(module, session, user_type(user))?;
    let pin = in_session(module, session, pin.pin())?;
    Ok(module.application().login(session, user, pin)?)
}

pub(crate) fn login_user(module: &Module, session: Ulong, user: Ulong, pin: Bytes, name: Bytes) -> Result<()> {
    let session = SessionId::new(session);
    let user = in_session(module, session, user_type(user))?;
    let pin = in_session(module, session, pin.pin())?;
    let name = in_session(module, session, name.get())?;
    Ok(module.application().login_user(session, user, pin, name)?)
}

pub(crate) fn logout(module: &Module, session: Ulong) -> Result<()> {
    Ok(module.application().logout(SessionId::new(session))?)
}

/// The flags of operations; those of calls that begin and end at once have nothing to cancel.
const CANCELLED: [(Ulong, OperationKind); 13] = {
    use ck::cancel as flag;
    [
        (flag::FIND_OBJECTS, OperationKind::Find),
        (flag::ENCRYPT, OperationKind::Encrypt),
        (flag::DECRYPT, OperationKind::Decrypt),
        (flag::DIGEST, OperationKind::Digest),
        (flag::SIGN, OperationKind::Sign),
        (flag::SIGN_RECOVER, OperationKind::SignRecover),
        (flag::VERIFY, OperationKind::Verify),
        (flag::VERIFY, OperationKind::VerifySignature),
        (flag::VERIFY_RECOVER, OperationKind::VerifyRecover),
        (flag::MESSAGE_ENCRYPT, OperationKind::MessageEncrypt),
        (flag::MESSAGE_DECRYPT, OperationKind::MessageDecrypt),
        (flag::MESSAGE_SIGN, OperationKind::MessageSign),
        (flag::MESSAGE_VERIFY, OperationKind::MessageVerify),
    ]
};

pub(crate) fn session_cancel(module: &Module, session: Ulong, flags: Ulong) -> Result<()> {
    let kinds: Vec<OperationKind> =
        CANCELLED.iter().filter(|(flag, _)| flags & flag != 0).map(|(_, kind)| *kind).collect();
    Ok(module.application().cancel_all(SessionId::new(session), &kinds)?)
}

/// `C_GetFunctionStatus` and `C_CancelFunction`, which are of the past.
pub(crate) fn not_parallel(module: &Module, session: Ulong) -> Result<()> {
    module.application().session_info(SessionId::new(session))?;
    Err(Error::NotParallel)
}

/// No operation here is done in a validated way, and none asks for it (PKCS#11 v3.2 §5.6.11).
pub(crate) fn get_session_validation_flags(
    module: &Module,
    session: Ulong,
    kind: Ulong,
    mut flags: Out<Ulong>,
) -> Result<()> {
    module.application().session_info(SessionId::new(session))?;
    // 0 names no kind of flags, and some ask with it to see whether the function is there.
    if kind > ck::session::LAST_VALIDATION_OK {
        return Err(Error::ARGUMENTS_BAD);
    }
    flags.write(0)
}

/// Sessions are never asynchronous: `C_OpenSession` refuses to make them so.
#[allow(clippy::needless_pass_by_value, reason = "every function owns its arguments")]
pub(crate) fn not_asynchronous(module: &Module, session: Ulong, _function: Name, _result: In<u8>) -> Result<()> {
    module.application().session_info(SessionId::new(session))?;
    Err(token::Error::FunctionNotSupported.into())
}

/// The same of `C_AsyncJoin`.
#[allow(clippy::needless_pass_by_value, reason = "every function owns its arguments")]
pub(crate) fn no_join(module: &Module, session: Ulong, _function: Name, _id: Ulong, _data: Bytes) -> Result<()> {
    module.application().session_info(SessionId::new(session))?;
    Err(token::Error::FunctionNotSupported.into())
}
