//! Making objects in each of the ways there are.

use cryptoki_sys::*;

use crate::input::Input;
use crate::memory::{Memory, output};
use crate::module::{Module, call, len};
use crate::parameter;
use crate::template::template;

/// A session that makes objects, of those it knows.
pub(crate) struct Maker<'a> {
    pub(crate) module: &'a Module,
    pub(crate) session: CK_SESSION_HANDLE,
    pub(crate) objects: &'a [CK_OBJECT_HANDLE],
}

impl Maker<'_> {
    /// One try; the objects that were made.
    pub(crate) fn make(&self, input: &mut Input<'_>) -> Vec<CK_OBJECT_HANDLE> {
        let (module, session) = (self.module, self.session);
        let memory = &mut Memory::default();
        let how = input.below(11);
        let mut first = template(input, memory);
        let (attributes, count) = (first.pointer(), first.count());
        let mut made: CK_OBJECT_HANDLE = 0;
        let place = &raw mut made;
        if how < 3 {
            let rv = call!(module, C_CreateObject(session, attributes, count, place));
            return result(rv, &[made]);
        }
        let mechanism = parameter::mechanism(input, memory, &module.mechanisms, self.objects);
        let object = input.handle(self.objects);
        let rv = match how {
            3 => call!(module, C_GenerateKey(session, mechanism, attributes, count, place)),
            4 => {
                let mut second = template(input, memory);
                let (others, other_count) = (second.pointer(), second.count());
                let mut private = 0;
                let other = &raw mut private;
                let rv = call!(
                    module,
                    C_GenerateKeyPair(session, mechanism, attributes, count, others, other_count, place, other)
                );
                return result(rv, &[made, private]);
            }
            5..8 => call!(module, C_DeriveKey(session, mechanism, object, attributes, count, place)),
            8 => {
                let (bytes, length) = wrapped(input, memory);
                if input.flag() {
                    call!(module, C_UnwrapKey(session, mechanism, object, bytes, length, attributes, count, place))
                } else {
                    let aad = input.bytes(40);
                    let (aad, aad_len) = (memory.bytes(&aad), len(&aad));
                    call!(
                        module,
                        C_UnwrapKeyAuthenticated(
                            session, mechanism, object, bytes, length, attributes, count, aad, aad_len, place
                        )
                    )
                }
            }
            9 => {
                let ciphertext = output("C_EncapsulateKey", input, |out, out_len| {
                    call!(module, C_EncapsulateKey(session, mechanism, object, attributes, count, out, out_len, place))
                });
                assert!(made == 0 || !ciphertext.is_empty(), "a key without its ciphertext");
                CKR_OK
            }
            _ => {
                let (bytes, length) = wrapped(input, memory);
                call!(module, C_DecapsulateKey(session, mechanism, object, attributes, count, bytes, length, place))
            }
        };
        result(rv, &[made])
    }

    /// Wraps one key by another.
    pub(crate) fn wrap(&self, input: &mut Input<'_>) {
        let (module, session) = (self.module, self.session);
        let memory = &mut Memory::default();
        let mechanism = parameter::mechanism(input, memory, &module.mechanisms, self.objects);
        let (wrapping, key) = (input.handle(self.objects), input.handle(self.objects));
        if input.flag() {
            output("C_WrapKey", input, |out, out_len| {
                call!(module, C_WrapKey(session, mechanism, wrapping, key, out, out_len))
            });
        } else {
            let aad = input.bytes(40);
            let (aad, aad_len) = (memory.bytes(&aad), len(&aad));
            output("C_WrapKeyAuthenticated", input, |out, out_len| {
                call!(module, C_WrapKeyAuthenticated(session, mechanism, wrapping, key, aad, aad_len, out, out_len))
            });
        }
    }
}

/// What may be a wrapped key, or the ciphertext of an encapsulated one.
fn wrapped(input: &mut Input<'_>, memory: &mut Memory) -> (*mut CK_BYTE, CK_ULONG) {
    /// The ciphertext of ML-KEM-512.
    const CIPHERTEXT: usize = 768;
    let mut bytes = input.bytes(300);
    if input.rarely(4) {
        bytes.resize(CIPHERTEXT, 1);
    }
    (memory.bytes(&bytes), len(&bytes))
}

fn result(rv: CK_RV, made: &[CK_OBJECT_HANDLE]) -> Vec<CK_OBJECT_HANDLE> {
    if rv == CKR_OK { made.iter().copied().filter(|object| *object != 0).collect() } else { Vec::new() }
}
