//! What the functions do: read the arguments, make one call of [`hsm_sim::token::Application`], write the result. One file per
//! chapter of the standard.

pub(crate) mod cipher;
pub(crate) mod digest;
pub(crate) mod dual;
pub(crate) mod general;
pub(crate) mod key;
pub(crate) mod object;
pub(crate) mod random;
pub(crate) mod session;
pub(crate) mod sign;
pub(crate) mod slot;

use hsm_sim::token::{self, OperationKind, SessionId};

use crate::boundary::{Buffer, Bytes};
use crate::error::{Error, Result};
use crate::module::Module;

/// What was wrong with the arguments counts only if the session exists (PKCS#11 v3.0 §5.1.7 names sessions first).
fn in_session<T>(module: &Module, session: SessionId, arguments: Result<T>) -> Result<T> {
    if arguments.is_err() {
        module.application().session_info(session)?;
    }
    arguments
}

/// The same for a step of an operation, which a bad argument ends (PKCS#11 v3.0 §5.2).
fn in_operation<T>(module: &Module, session: SessionId, kind: OperationKind, arguments: Result<T>) -> Result<T> {
    if arguments.is_err() {
        module.application().session_info(session)?;
        // The refusal of the arguments is what the caller learns, whether or not an operation was there to end.
        let _ = module.application().cancel(session, kind);
    }
    arguments
}

/// A step with input and output.
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
