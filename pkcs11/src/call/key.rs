//! Making, wrapping and deriving keys (PKCS#11 v3.0 §5.18).

use hsm_sim::token::{Derived, ObjectHandle, ParameterForm, SessionId};

use crate::boundary::{Array, Buffer, Bytes, In, Out};
use crate::call::in_session;
use crate::call::object::present;
use crate::ck::{Attribute, Mechanism, Ulong};
use crate::convert;
use crate::error::{Error, Result};
use crate::module::Module;

pub(super) fn required(mechanism: In<Mechanism>) -> Result<hsm_sim::token::Mechanism> {
    Ok(convert::mechanism(&mechanism.get().ok_or(Error::ARGUMENTS_BAD)?))
}

pub(crate) fn generate_key(
    module: &Module,
    session: Ulong,
    mechanism: In<Mechanism>,
    template: Array<Attribute>,
    mut key: Out<Ulong>,
) -> Result<()> {
    let session = SessionId::new(session);
    let mechanism = in_session(module, session, present(&key).and_then(|()| required(mechanism)))?;
    let template = in_session(module, session, convert::template(&template))?;
    key.write(module.application().generate_key(session, &mechanism, &template)?.get())
}

#[allow(clippy::too_many_arguments, reason = "the function's own")]
pub(crate) fn generate_key_pair(
    module: &Module,
    session: Ulong,
    mechanism: In<Mechanism>,
    public_template: Array<Attribute>,
    private_template: Array<Attribute>,
    mut public: Out<Ulong>,
    mut private: Out<Ulong>,
) -> Result<()> {
    let session = SessionId::new(session);
    in_session(module, session, present(&public).and_then(|()| present(&private)))?;
    let mechanism = in_session(module, session, required(mechanism))?;
    let public_template = in_session(module, session, convert::template(&public_template))?;
    let private_template = in_session(module, session, convert::template(&private_template))?;
    let pair = module.application().generate_key_pair(session, &mechanism, &public_template, &private_template)?;
    public.write(pair.0.get())?;
    private.write(pair.1.get())
}

pub(crate) fn wrap_key(
    module: &Module,
    session: Ulong,
    mechanism: In<Mechanism>,
    wrapping: Ulong,
    key: Ulong,
    mut out: Buffer<u8>,
) -> Result<()> {
    let session = SessionId::new(session);
    let mechanism = in_session(module, session, out.check().and_then(|()| required(mechanism)))?;
    let (wrapping, key) = (ObjectHandle::new(wrapping), ObjectHandle::new(key));
    out.with(|out| module.application().wrap_key(session, &mechanism, wrapping, key, out)).map(|_| ())
}

#[allow(clippy::too_many_arguments, reason = "the function's own")]
pub(crate) fn unwrap_key(
    module: &Module,
    session: Ulong,
    mechanism: In<Mechanism>,
    unwrapping: Ulong,
    wrapped: Bytes,
    template: Array<Attribute>,
    mut key: Out<Ulong>,
) -> Result<()> {
    let session = SessionId::new(session);
    let mechanism = in_session(module, session, present(&key).and_then(|()| required(mechanism)))?;
    let wrapped = in_session(module, session, wrapped.get())?;
    let template = in_session(module, session, convert::template(&template))?;
    let unwrapping = ObjectHandle::new(unwrapping);
    key.write(module.application().unwrap_key(session, &mechanism, unwrapping, wrapped, &template)?.get())
}

/// Some mechanisms tell all their keys through the parameter, and `key` may be null.
pub(crate) fn derive_key(
    module: &Module,
    session: Ulong,
    mechanism: In<Mechanism>,
    base: Ulong,
    template: Array<Attribute>,
    mut key: Out<Ulong>,
) -> Result<()> {
    let session = SessionId::new(session);
    let given = in_session(module, session, mechanism.get().ok_or(Error::ARGUMENTS_BAD))?;
    let mechanism = convert::mechanism(&given);
    if mechanism.kind.form() != ParameterForm::TlsKeys {
        in_session(module, session, present(&key))?;
    }
    let template = in_session(module, session, convert::template(&template))?;
    let derived = module.application().derive_key(session, &mechanism, ObjectHandle::new(base), &template);
    let derived = derived.map_err(Error::from);
    // After a failure the handles of further keys name nothing (PKCS#11 v3.1 §6.42).
    let told = convert::tell_derived(&given, mechanism.kind, derived.as_ref().unwrap_or(&Derived::default()));
    match derived.and_then(|derived| told.map(|()| derived))?.key {
        Some(handle) => key.write(handle.get()),
        None => Ok(()),
    }
}
