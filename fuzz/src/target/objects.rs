//! One object from any template; what was made can be read, found, copied and destroyed.

use std::ptr;

use cryptoki_sys::*;
use hsm_sim::token::Attribute;

use crate::input::Input;
use crate::make::Maker;
use crate::memory::{Attributes, Memory};
use crate::module::{Module, call, with_module};
use crate::template::template;

pub(super) fn run(bytes: &[u8]) {
    with_module(|module, session| {
        let mut input = Input::new(bytes);
        let memory = &mut Memory::default();
        let maker = Maker { module, session, objects: &module.keys };
        for object in maker.make(&mut input) {
            read_all(module, session, object);
            let mut change = template(&mut input, memory);
            let (attributes, count) = (change.pointer(), change.count());
            call!(module, C_SetAttributeValue(session, object, attributes, count));
            read_all(module, session, object);
            let mut copy = 0;
            if call!(module, C_CopyObject(session, object, attributes, count, &raw mut copy)) == CKR_OK {
                read_all(module, session, copy);
            }
            find(module, session, object);
            destroy(module, session, object);
        }
    });
}

/// Every attribute: its length is asked for, then the value goes into a room of that length.
fn read_all(module: &Module, session: CK_SESSION_HANDLE, object: CK_OBJECT_HANDLE) {
    for attribute in Attribute::ALL {
        let name = attribute.number();
        let mut wanted = Attributes::default();
        wanted.push(name, ptr::null_mut(), 0);
        let rv = call!(module, C_GetAttributeValue(session, object, wanted.pointer(), 1));
        let told = wanted.list()[0].ulValueLen;
        if rv != CKR_OK {
            assert_eq!(told, CK_ULONG::MAX, "{attribute:?} was refused with {rv:#x} and has a length");
            continue;
        }
        let room = usize::try_from(told).expect("a length");
        let mut value = vec![0; room];
        let mut wanted = Attributes::default();
        wanted.push(name, value.as_mut_ptr(), room);
        let rv = call!(module, C_GetAttributeValue(session, object, wanted.pointer(), 1));
        assert_eq!((rv, wanted.list()[0].ulValueLen), (CKR_OK, told), "{attribute:?} of {room} bytes");
        if room > 0 {
            let mut wanted = Attributes::default();
            wanted.push(name, value.as_mut_ptr(), room - 1);
            let rv = call!(module, C_GetAttributeValue(session, object, wanted.pointer(), 1));
            assert_eq!(rv, CKR_BUFFER_TOO_SMALL, "{attribute:?} in one byte less than {room}");
        }
    }
}

/// Its own label and class find it, unless the label is not shown.
fn find(module: &Module, session: CK_SESSION_HANDLE, object: CK_OBJECT_HANDLE) {
    let mut label = [0_u8; 400];
    let mut wanted = Attributes::default();
    wanted.push(CKA_LABEL, label.as_mut_ptr(), label.len());
    if call!(module, C_GetAttributeValue(session, object, wanted.pointer(), 1)) != CKR_OK {
        return;
    }
    call!(module, C_FindObjectsInit(session, wanted.pointer(), 1));
    let mut found = [0; 512];
    let mut count = 0;
    let rv = call!(module, C_FindObjects(session, found.as_mut_ptr(), 512, &raw mut count));
    assert_eq!(rv, CKR_OK);
    let count = usize::try_from(count).expect("a count");
    assert!(found[..count].contains(&object), "an object is not found by its label");
    assert_eq!(call!(module, C_FindObjectsFinal(session)), CKR_OK);
}

fn destroy(module: &Module, session: CK_SESSION_HANDLE, object: CK_OBJECT_HANDLE) {
    if call!(module, C_DestroyObject(session, object)) == CKR_OK {
        let mut size = 0;
        let rv = call!(module, C_GetObjectSize(session, object, &raw mut size));
        assert_eq!(rv, CKR_OBJECT_HANDLE_INVALID, "a destroyed object answers");
    }
}
