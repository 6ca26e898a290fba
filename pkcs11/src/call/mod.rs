//! What the functions do: read the arguments, make one call of [`hsm_sim::token::Application`], write the result. One file per
//! chapter of the standard.

pub(crate) mod cipher;
pub(crate) mod digest;
pub(crate) mod dual;
pub(crate) mod encapsulate;
pub(crate) mod general;
pub(crate) mod key;
pub(crate) mod message;
pub(crate) mod object;
pub(crate) mod random;
pub(crate) mod recover;
pub(crate) mod session;
pub(crate) mod sign;
pub(crate) mod slot;

use hsm_sim::token::{self, OperationKind, SessionId};

use crate::boundary::{Buffer, Bytes, In};
use crate::ck::Mechanism;
use crate::convert;
use crate::error::{Error, Result};
use crate::module::Module;

/// What was wrong with the arguments counts only if the session exists (PKCS#11 v3.0 §5.1.7 names sessions first).
#[inline(always)]
fn in_session<T>(module: &Module, session: SessionId, arguments: Result<T>) -> Result<T> {
    match arguments {
        Ok(arguments) => Ok(arguments),
        Err(error) => Err(refusal(module, session, None, error)),
    }
}

/// The same for a step of an operation, which a bad argument ends (PKCS#11 v3.0 §5.2).
#[inline(always)]
fn in_operation<T>(module: &Module, session: SessionId, kind: OperationKind, arguments: Result<T>) -> Result<T> {
    match arguments {
        Ok(arguments) => Ok(arguments),
        Err(error) => Err(refusal(module, session, Some(kind), error)),
    }
}

#[cold]
fn refusal(module: &Module, session: SessionId, ends: Option<OperationKind>, error: Error) -> Error {
    if let Err(error) = module.application().session_info(session) {
        return error.into();
    }
    if let Some(kind) = ends {
        // The refusal of the arguments is what the caller learns, whether or not an operation was there to end.
        let _ = module.application().cancel(session, kind);
    }
    error
}

/// The mechanism of an operation that starts. Without one, the active operation ends and nothing starts (PKCS#11 v3.0); where
/// none is active, it is the bad argument that v2.40 makes of it.
#[inline]
fn starting(
    module: &Module,
    session: SessionId,
    kind: OperationKind,
    mechanism: In<Mechanism>,
) -> Result<Option<token::Mechanism>> {
    if let Some(mechanism) = mechanism.get() {
        return Ok(Some(convert::mechanism(&mechanism)));
    }
    match module.application().cancel(session, kind) {
        Ok(()) => Ok(None),
        Err(token::Error::OperationNotInitialized) => Err(Error::ARGUMENTS_BAD),
        Err(error) => Err(error.into()),
    }
}

/// A step with input and output.
#[inline]
fn transform(
    module: &Module,
    session: SessionId,
    kind: OperationKind,
    data: Bytes,
    out: &mut Buffer<u8>,
    step: impl FnOnce(&[u8], token::Output<'_>) -> token::Result<usize>,
) -> Result<usize> {
    let arguments = out.check().and_then(|()| data.apart_from(out));
    let data = in_operation(module, session, kind, arguments)?;
    out.with(|out| step(&data, out))
}

/// A step with input.
#[inline]
fn absorb(
    module: &Module,
    session: SessionId,
    kind: OperationKind,
    data: Bytes,
    step: impl FnOnce(&[u8]) -> token::Result<()>,
) -> Result<()> {
    let data = in_operation(module, session, kind, data.get())?;
    step(data).map_err(Error::from)
}

/// A step with output.
#[inline]
fn produce(
    module: &Module,
    session: SessionId,
    kind: OperationKind,
    mut out: Buffer<u8>,
    step: impl FnOnce(token::Output<'_>) -> token::Result<usize>,
) -> Result<()> {
    in_operation(module, session, kind, out.check())?;
    out.with(step).map(|_| ())
}
