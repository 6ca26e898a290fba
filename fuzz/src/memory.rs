//! The memory of a caller: what goes in lies in blocks of its exact size, what comes out in blocks with a guard behind.

use std::any::Any;
use std::ptr;

use cryptoki_sys::{
    CK_ATTRIBUTE, CK_ATTRIBUTE_TYPE, CK_BYTE, CK_MECHANISM, CK_MECHANISM_TYPE, CK_RV, CK_ULONG, CKR_OK,
};

use crate::input::Input;

/// Keeps blocks alive while a call uses them.
#[derive(Default)]
pub(crate) struct Memory {
    blocks: Vec<Box<[u8]>>,
    values: Vec<Box<dyn Any>>,
}

impl Memory {
    /// Where a copy of these bytes lies; null for none.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> *mut CK_BYTE {
        if bytes.is_empty() {
            return ptr::null_mut();
        }
        self.blocks.push(bytes.into());
        self.blocks.last_mut().map_or(ptr::null_mut(), |block| block.as_mut_ptr())
    }

    /// Where a value lies.
    pub(crate) fn value<T: 'static>(&mut self, value: T) -> *mut T {
        self.values.push(Box::new(value));
        let place = self.values.last_mut().and_then(|value| value.downcast_mut::<T>());
        place.map_or(ptr::null_mut(), ptr::from_mut)
    }

    /// Where values lie one after the other; null for none.
    pub(crate) fn array<T: Clone + 'static>(&mut self, values: &[T]) -> *mut T {
        if values.is_empty() {
            return ptr::null_mut();
        }
        self.values.push(Box::new(values.to_vec().into_boxed_slice()));
        let place = self.values.last_mut().and_then(|value| value.downcast_mut::<Box<[T]>>());
        place.map_or(ptr::null_mut(), |values| values.as_mut_ptr())
    }

    /// A mechanism.
    pub(crate) fn mechanism(&mut self, kind: CK_MECHANISM_TYPE, parameter: Parameter) -> *mut CK_MECHANISM {
        let Parameter { pointer, len } = parameter;
        self.value(CK_MECHANISM { mechanism: kind, pParameter: pointer.cast(), ulParameterLen: len })
    }

    /// A parameter that is a structure, whose length may be told wrong: shorter, or by one byte longer than there is, since
    /// structures are read only when the length is theirs.
    pub(crate) fn structure<T: 'static>(&mut self, value: T, len: Option<usize>) -> Parameter {
        let len = len.unwrap_or(size_of::<T>()) as CK_ULONG;
        Parameter { pointer: self.value(value).cast(), len }
    }
}

/// The parameter of a mechanism: where it lies.
#[derive(Clone, Copy)]
pub(crate) struct Parameter {
    pub(crate) pointer: *mut CK_BYTE,
    pub(crate) len: CK_ULONG,
}

impl Parameter {
    pub(crate) const NONE: Self = Self { pointer: ptr::null_mut(), len: 0 };
}

/// What stands behind a buffer for an output.
const GUARD: [u8; 32] = [0xa5; 32];
/// What stands in it.
const FILL: u8 = 0x5a;

/// A buffer for an output, and its length.
pub(crate) struct Out {
    block: Vec<u8>,
    room: usize,
    is_null: bool,
    pub(crate) len: CK_ULONG,
}

impl Out {
    /// Room for this many bytes; none to ask for the length only.
    pub(crate) fn new(room: Option<usize>) -> Self {
        let len = room.unwrap_or(0);
        let mut block = vec![FILL; len];
        block.extend(GUARD);
        Self { block, room: len, is_null: room.is_none(), len: len as CK_ULONG }
    }

    pub(crate) fn pointer(&mut self) -> *mut CK_BYTE {
        if self.is_null { ptr::null_mut() } else { self.block.as_mut_ptr() }
    }

    /// What was written, after a call that succeeded.
    ///
    /// # Panics
    /// Bytes behind the room were written, or more was told than there is room for.
    pub(crate) fn written(&self, name: &str) -> &[u8] {
        self.check(name);
        let len = usize::try_from(self.len).expect("a length");
        assert!(self.is_null || len <= self.room, "{name} told {len} bytes and had room for {}", self.room);
        &self.block[..if self.is_null { 0 } else { len }]
    }

    /// # Panics
    /// Bytes behind the room were written.
    pub(crate) fn check(&self, name: &str) {
        assert_eq!(self.block[self.room..], GUARD, "{name} wrote behind its buffer");
    }
}

/// Room for any output here: a signature of ML-DSA-44 is the longest.
const AMPLE: usize = 2500;

/// A call of a function with an output, which may be asked for its length only, or have no room for it.
pub(crate) fn output(
    name: &str,
    input: &mut Input<'_>,
    f: impl FnOnce(*mut CK_BYTE, *mut CK_ULONG) -> CK_RV,
) -> Vec<u8> {
    let mut out = Out::new((!input.rarely(4)).then(|| if input.flag() { AMPLE } else { input.below(80) }));
    let told = if input.rarely(64) { ptr::null_mut() } else { &raw mut out.len };
    let pointer = out.pointer();
    let rv = f(pointer, told);
    if rv == CKR_OK && !told.is_null() {
        return out.written(name).to_vec();
    }
    out.check(name);
    Vec::new()
}

/// Templates with their values.
#[derive(Default)]
pub(crate) struct Attributes(Vec<CK_ATTRIBUTE>);

impl Attributes {
    pub(crate) fn push(&mut self, kind: CK_ATTRIBUTE_TYPE, pointer: *mut CK_BYTE, len: usize) {
        self.0.push(CK_ATTRIBUTE { type_: kind, pValue: pointer.cast(), ulValueLen: len as CK_ULONG });
    }

    pub(crate) fn pointer(&mut self) -> *mut CK_ATTRIBUTE {
        if self.0.is_empty() { ptr::null_mut() } else { self.0.as_mut_ptr() }
    }

    pub(crate) fn count(&self) -> CK_ULONG {
        self.0.len() as CK_ULONG
    }

    pub(crate) fn list(&self) -> &[CK_ATTRIBUTE] {
        &self.0
    }
}
