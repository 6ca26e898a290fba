//! Objects and finding them (PKCS#11 v3.0 §5.7).

use hsm_sim::token::{self, ObjectHandle, OperationKind, SessionId};

use crate::boundary::{Array, Out, Room};
use crate::call::{in_operation, in_session};
use crate::ck::{Attribute, Ulong};
use crate::convert;
use crate::error::{Error, Result};
use crate::module::Module;

pub(crate) fn create_object(
    module: &Module,
    session: Ulong,
    template: Array<Attribute>,
    mut object: Out<Ulong>,
) -> Result<()> {
    let session = SessionId::new(session);
    let template = in_session(module, session, present(&object).and_then(|()| convert::template(&template)))?;
    object.write(module.application().create_object(session, &template)?.get())
}

pub(crate) fn copy_object(
    module: &Module,
    session: Ulong,
    object: Ulong,
    template: Array<Attribute>,
    mut copy: Out<Ulong>,
) -> Result<()> {
    let session = SessionId::new(session);
    let template = in_session(module, session, present(&copy).and_then(|()| convert::template(&template)))?;
    copy.write(module.application().copy_object(session, ObjectHandle::new(object), &template)?.get())
}

pub(crate) fn destroy_object(module: &Module, session: Ulong, object: Ulong) -> Result<()> {
    Ok(module.application().destroy_object(SessionId::new(session), ObjectHandle::new(object))?)
}

pub(crate) fn get_object_size(module: &Module, session: Ulong, object: Ulong, mut size: Out<Ulong>) -> Result<()> {
    let session = SessionId::new(session);
    in_session(module, session, present(&size))?;
    size.write(module.application().object_size(session, ObjectHandle::new(object))?)
}

/// Every attribute is answered, whatever becomes of the others; the call's result is that of the first that failed.
pub(crate) fn get_attribute_value(
    module: &Module,
    session: Ulong,
    object: Ulong,
    mut template: Room<Attribute>,
) -> Result<()> {
    let session = SessionId::new(session);
    let attributes = in_session(module, session, template.get())?;
    let wanted: Vec<token::Attribute> =
        attributes.iter().map(|entry| token::Attribute::from_number(entry.kind)).collect();
    let values = module.application().attributes(session, ObjectHandle::new(object), &wanted)?;
    let mut result = Ok(());
    for (entry, value) in attributes.iter_mut().zip(values) {
        let answer = match value {
            Ok(value) => convert::answer(entry, &value),
            Err(error) => {
                entry.value.unavailable();
                Err(error.into())
            }
        };
        result = result.and(answer);
    }
    result
}

pub(crate) fn set_attribute_value(
    module: &Module,
    session: Ulong,
    object: Ulong,
    template: Array<Attribute>,
) -> Result<()> {
    let session = SessionId::new(session);
    let template = in_session(module, session, convert::template(&template))?;
    Ok(module.application().set_attributes(session, ObjectHandle::new(object), &template)?)
}

pub(crate) fn find_objects_init(module: &Module, session: Ulong, template: Array<Attribute>) -> Result<()> {
    let session = SessionId::new(session);
    let template = in_session(module, session, convert::template(&template))?;
    Ok(module.application().find_init(session, &template)?)
}

pub(crate) fn find_objects(
    module: &Module,
    session: Ulong,
    mut objects: Room<Ulong>,
    mut count: Out<Ulong>,
) -> Result<()> {
    let session = SessionId::new(session);
    let arguments = present(&count).and_then(|()| objects.get());
    let room = in_operation(module, session, OperationKind::Find, arguments)?;
    let found = module.application().find(session, room.len())?;
    for (place, object) in room.iter_mut().zip(&found) {
        *place = object.get();
    }
    count.write(found.len() as Ulong)
}

pub(crate) fn find_objects_final(module: &Module, session: Ulong) -> Result<()> {
    Ok(module.application().find_final(SessionId::new(session))?)
}

/// Where the result goes must be known before something is made.
pub(super) fn present<T>(out: &Out<T>) -> Result<()> {
    if out.is_null() { Err(Error::ARGUMENTS_BAD) } else { Ok(()) }
}
