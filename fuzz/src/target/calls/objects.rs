//! Objects: found, read, changed, copied, destroyed.

use std::ptr;

use cryptoki_sys::*;

use super::Client;
use crate::input::Input;
use crate::memory::{Attributes, Memory};
use crate::module::call;
use crate::template::template;

impl Client<'_> {
    pub(super) fn call_of_object(&mut self, input: &mut Input<'_>, session: CK_SESSION_HANDLE) {
        let module = self.module;
        let object = input.handle(&self.objects);
        let memory = &mut Memory::default();
        match input.below(8) {
            0 => {
                let mut template = template(input, memory);
                let mut made = 0;
                let (attributes, count) = (template.pointer(), template.count());
                if call!(module, C_CopyObject(session, object, attributes, count, &raw mut made)) == CKR_OK {
                    self.objects.push(made);
                }
            }
            1 => {
                call!(module, C_DestroyObject(session, object));
            }
            2 => {
                let mut size = 0;
                call!(module, C_GetObjectSize(session, object, &raw mut size));
            }
            3 => self.read(input, session, object),
            4 => {
                let mut template = template(input, memory);
                let (attributes, count) = (template.pointer(), template.count());
                call!(module, C_SetAttributeValue(session, object, attributes, count));
            }
            5 => {
                let mut template = template(input, memory);
                call!(module, C_FindObjectsInit(session, template.pointer(), template.count()));
            }
            6 => {
                let most = input.below(9);
                let mut found = vec![0; most];
                let mut count = 0;
                if call!(module, C_FindObjects(session, found.as_mut_ptr(), most as CK_ULONG, &raw mut count)) == CKR_OK
                {
                    let count = usize::try_from(count).expect("a count");
                    assert!(count <= most, "C_FindObjects told {count} objects of {most}");
                    self.objects.extend(&found[..count]);
                }
            }
            _ => {
                call!(module, C_FindObjectsFinal(session));
            }
        }
    }

    /// Reads attributes into rooms that fit or do not.
    fn read(&self, input: &mut Input<'_>, session: CK_SESSION_HANDLE, object: CK_OBJECT_HANDLE) {
        let memory = &mut Memory::default();
        let kinds = template(input, memory);
        let mut wanted = Attributes::default();
        let rooms: Vec<usize> = kinds.list().iter().map(|_| input.below(80)).collect();
        for (kind, room) in kinds.list().iter().zip(&rooms) {
            // Zeros: entries of templates whose lengths are asked for.
            let place = if input.rarely(4) { ptr::null_mut() } else { memory.bytes(&vec![0; *room]) };
            wanted.push(kind.type_, place, if place.is_null() { 0 } else { *room });
        }
        call!(self.module, C_GetAttributeValue(session, object, wanted.pointer(), wanted.count()));
        for (entry, room) in wanted.list().iter().zip(&rooms) {
            let fits =
                entry.pValue.is_null() || entry.ulValueLen == CK_ULONG::MAX || entry.ulValueLen <= *room as CK_ULONG;
            assert!(fits, "attribute {:#x} has {} bytes in a room of {room}", entry.type_, entry.ulValueLen);
        }
    }
}
