//! Keys that arrive encapsulated, and keys wrapped together with data (PKCS#11 v3.2 §5.18).

use hsm_sim::token::{ObjectHandle, SessionId};

use crate::boundary::{Array, Buffer, Bytes, In, Out};
use crate::call::in_session;
use crate::call::key::required;
use crate::call::object::present;
use crate::ck::{Attribute, Mechanism, Ulong};
use crate::convert;
use crate::error::Result;
use crate::module::Module;

#[allow(clippy::too_many_arguments, reason = "the function's own")]
pub(crate) fn encapsulate_key(
    module: &Module,
    session: Ulong,
    mechanism: In<Mechanism>,
    public: Ulong,
    template: Array<Attribute>,
    mut out: Buffer<u8>,
    mut key: Out<Ulong>,
) -> Result<()> {
    let session = SessionId::new(session);
    let places = out.check().and_then(|()| if out.is_query() { Ok(()) } else { present(&key) });
    let mechanism = in_session(module, session, places.and_then(|()| required(mechanism)))?;
    let template = in_session(module, session, convert::template(&template))?;
    let mut made = None;
    out.with(|out| {
        let (length, key) =
            module.application().encapsulate_key(session, &mechanism, ObjectHandle::new(public), &template, out)?;
        made = key;
        Ok(length)
    })?;
    made.map_or(Ok(()), |made| key.write(made.get()))
}

#[allow(clippy::too_many_arguments, reason = "the function's own")]
pub(crate) fn decapsulate_key(
    module: &Module,
    session: Ulong,
    mechanism: In<Mechanism>,
    private: Ulong,
    template: Array<Attribute>,
    ciphertext: Bytes,
    mut key: Out<Ulong>,
) -> Result<()> {
    let session = SessionId::new(session);
    let mechanism = in_session(module, session, present(&key).and_then(|()| required(mechanism)))?;
    let ciphertext = in_session(module, session, ciphertext.get())?;
    let template = in_session(module, session, convert::template(&template))?;
    let private = ObjectHandle::new(private);
    key.write(module.application().decapsulate_key(session, &mechanism, private, &template, ciphertext)?.get())
}

#[allow(clippy::too_many_arguments, reason = "the function's own")]
pub(crate) fn wrap_key_authenticated(
    module: &Module,
    session: Ulong,
    mechanism: In<Mechanism>,
    wrapping: Ulong,
    key: Ulong,
    aad: Bytes,
    mut out: Buffer<u8>,
) -> Result<()> {
    let session = SessionId::new(session);
    let aad = in_session(module, session, out.check().and_then(|()| aad.apart_from(&out)))?;
    let mechanism = in_session(module, session, required(mechanism))?;
    let (wrapping, key) = (ObjectHandle::new(wrapping), ObjectHandle::new(key));
    out.with(|out| module.application().wrap_key_authenticated(session, &mechanism, wrapping, key, &aad, out))
        .map(|_| ())
}

#[allow(clippy::too_many_arguments, reason = "the function's own")]
pub(crate) fn unwrap_key_authenticated(
    module: &Module,
    session: Ulong,
    mechanism: In<Mechanism>,
    unwrapping: Ulong,
    wrapped: Bytes,
    template: Array<Attribute>,
    aad: Bytes,
    mut key: Out<Ulong>,
) -> Result<()> {
    let session = SessionId::new(session);
    let mechanism = in_session(module, session, present(&key).and_then(|()| required(mechanism)))?;
    let inputs = wrapped.get().and_then(|wrapped| Ok((wrapped, aad.get()?)));
    let (wrapped, aad) = in_session(module, session, inputs)?;
    let template = in_session(module, session, convert::template(&template))?;
    let unwrapping = ObjectHandle::new(unwrapping);
    let application = module.application();
    key.write(application.unwrap_key_authenticated(session, &mechanism, unwrapping, wrapped, &template, aad)?.get())
}
