//! The arguments of one call, with its flaws.

use std::ptr;

use cryptoki_sys::*;
use hsm_sim::cluster::Personality;

use crate::flaw::Flaw;
use crate::objects::KeyKind;
use crate::row::Row;
use crate::world::{World, attribute};

/// A handle that names nothing.
const NOBODY: CK_ULONG = 0xdead_beef;
/// A mechanism of no token.
const NO_MECHANISM: CK_MECHANISM_TYPE = 0x7fff_fff0;

/// Vendor-defined (documented).
const CKM_CLOUDHSM_AES_KEY_WRAP_NO_PAD: CK_MECHANISM_TYPE = CKM_VENDOR_DEFINED | CKM_AES_KEY_WRAP;

static IV: [u8; 16] = [0; 16];
static DATA: [u8; 40] = [3; 40];

/// The arguments of one call. Pointers that it gives out are good as long as it lives.
pub(crate) struct Arguments<'a> {
    pub(crate) world: &'a World,
    row: &'a Row,
    flaws: &'a [Flaw],
    session: CK_SESSION_HANDLE,
    mechanism: CK_MECHANISM,
    templates: Vec<Vec<CK_ATTRIBUTE>>,
    flags: Box<[CK_BBOOL; 2]>,
    gcm: CK_GCM_PARAMS,
    message: CK_GCM_MESSAGE_PARAMS,
    iv_and_tag: Box<[u8; 28]>,
    out: Vec<u8>,
    out_len: CK_ULONG,
}

impl<'a> Arguments<'a> {
    pub(crate) fn new(world: &'a World, row: &'a Row, flaws: &'a [Flaw], session: CK_SESSION_HANDLE) -> Self {
        let mechanism = CK_MECHANISM { mechanism: 0, pParameter: ptr::null_mut(), ulParameterLen: 0 };
        // Token objects only where that is the flaw, or the token would fill; private ones likewise, where there are others.
        let is_private = flaws.contains(&Flaw::NotLoggedIn) || world.way.personality() == Personality::CloudHsm;
        let flags = [flaws.contains(&Flaw::ReadOnly).into(), is_private.into()];
        Self {
            world,
            row,
            flaws,
            session,
            mechanism,
            templates: Vec::new(),
            flags: Box::new(flags),
            gcm: CK_GCM_PARAMS::default(),
            message: CK_GCM_MESSAGE_PARAMS::default(),
            iv_and_tag: Box::new([0; 28]),
            out: vec![0; 4096],
            out_len: 0,
        }
    }

    pub(crate) fn has(&self, flaw: Flaw) -> bool {
        self.flaws.contains(&flaw)
    }

    pub(crate) fn session(&self) -> CK_SESSION_HANDLE {
        if self.has(Flaw::BadSession) { NOBODY } else { self.session }
    }

    pub(crate) fn slot(&self) -> CK_SLOT_ID {
        if self.has(Flaw::BadSlot) { NOBODY } else { self.world.slot }
    }

    pub(crate) fn key(&self) -> CK_OBJECT_HANDLE {
        let keys = self.world.keys(self.row.keys);
        match (self.has(Flaw::BadKey), self.has(Flaw::WrongKeyType), self.has(Flaw::NotPermitted)) {
            (true, _, _) => NOBODY,
            (false, false, false) => keys.good,
            (false, false, true) => keys.unpermitted,
            (false, true, false) => keys.other_type,
            (false, true, true) => keys.other_unpermitted,
        }
    }

    pub(crate) fn object(&self) -> CK_OBJECT_HANDLE {
        if self.has(Flaw::BadObject) { NOBODY } else { self.world.objects.token_object }
    }

    /// A key to be wrapped.
    pub(crate) fn wrapped(&self) -> CK_OBJECT_HANDLE {
        if self.has(Flaw::BadObject) { NOBODY } else { self.world.keys(KeyKind::Secret).good }
    }

    /// A mechanism with this many zeros as its parameter.
    pub(crate) fn mechanism(&mut self, kind: CK_MECHANISM_TYPE, parameter: usize) -> *mut CK_MECHANISM {
        if self.has(Flaw::NullMechanism) {
            return ptr::null_mut();
        }
        let bad = self.has(Flaw::BadParameter);
        let len = if bad && parameter > 0 { parameter - 1 } else { parameter + usize::from(bad) };
        self.mechanism = CK_MECHANISM {
            mechanism: if self.has(Flaw::BadMechanism) { NO_MECHANISM } else { kind },
            pParameter: if len == 0 { ptr::null_mut() } else { IV.as_ptr().cast_mut().cast() },
            ulParameterLen: len as CK_ULONG,
        };
        &raw mut self.mechanism
    }

    /// The wrapping of AES keys by AES that the token has.
    pub(crate) fn key_wrap(&mut self) -> *mut CK_MECHANISM {
        match self.world.way.personality() {
            Personality::Generic => self.mechanism(CKM_AES_KEY_WRAP, 8),
            Personality::CloudHsm => self.mechanism(CKM_CLOUDHSM_AES_KEY_WRAP_NO_PAD, 0),
        }
    }

    fn keep(&mut self, template: Vec<CK_ATTRIBUTE>) -> *mut CK_ATTRIBUTE {
        if self.has(Flaw::NullTemplate) {
            return ptr::null_mut();
        }
        self.templates.push(template);
        self.templates.last_mut().map_or(ptr::null_mut(), Vec::as_mut_ptr)
    }

    /// What every new object needs.
    fn of_new(&self) -> Vec<CK_ATTRIBUTE> {
        vec![attribute(CKA_TOKEN, &self.flags[0]), attribute(CKA_PRIVATE, &self.flags[1])]
    }

    /// Three attributes for a data object.
    pub(crate) fn data_object(&mut self) -> *mut CK_ATTRIBUTE {
        static CLASS: CK_OBJECT_CLASS = CKO_DATA;
        let template = [vec![attribute(CKA_CLASS, &CLASS)], self.of_new()].concat();
        self.keep(template)
    }

    /// Five attributes for a secret key of this type and length.
    pub(crate) fn secret_key(&mut self, key_type: &'static CK_KEY_TYPE) -> *mut CK_ATTRIBUTE {
        static CLASS: CK_OBJECT_CLASS = CKO_SECRET_KEY;
        static LEN: CK_ULONG = 32;
        let special =
            vec![attribute(CKA_CLASS, &CLASS), attribute(CKA_KEY_TYPE, key_type), attribute(CKA_VALUE_LEN, &LEN)];
        let template = [special, self.of_new()].concat();
        self.keep(template)
    }

    /// Four attributes for a secret key that brings its length along.
    pub(crate) fn any_secret(&mut self) -> *mut CK_ATTRIBUTE {
        static CLASS: CK_OBJECT_CLASS = CKO_SECRET_KEY;
        static KEY_TYPE: CK_KEY_TYPE = CKK_GENERIC_SECRET;
        let special = vec![attribute(CKA_CLASS, &CLASS), attribute(CKA_KEY_TYPE, &KEY_TYPE)];
        let template = [special, self.of_new()].concat();
        self.keep(template)
    }

    /// Three attributes for a public key.
    pub(crate) fn public_key(&mut self) -> *mut CK_ATTRIBUTE {
        static P256: [u8; 10] = [0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
        let template = [vec![attribute(CKA_EC_PARAMS, &P256)], self.of_new()].concat();
        self.keep(template)
    }

    /// Two attributes for any object.
    pub(crate) fn any_object(&mut self) -> *mut CK_ATTRIBUTE {
        let template = self.of_new();
        self.keep(template)
    }

    /// One attribute: a label.
    pub(crate) fn label(&mut self) -> *mut CK_ATTRIBUTE {
        self.keep(vec![attribute(CKA_LABEL, b"a label")])
    }

    /// One attribute: room for a label.
    pub(crate) fn room_for_label(&mut self) -> *mut CK_ATTRIBUTE {
        let len = if self.has(Flaw::SmallBuffer) { 1 } else { 64 };
        let room = CK_ATTRIBUTE { type_: CKA_LABEL, pValue: self.out.as_mut_ptr().cast(), ulValueLen: len };
        self.keep(vec![room])
    }

    /// Bytes that go in; as many as [`Self::data_len`] says.
    pub(crate) fn data(&self) -> *mut CK_BYTE {
        if self.has(Flaw::NullData) { ptr::null_mut() } else { DATA.as_ptr().cast_mut() }
    }

    pub(crate) fn data_len(&self) -> CK_ULONG {
        self.row.data_len
    }

    pub(crate) fn pin(&self) -> *mut CK_BYTE {
        match () {
            () if self.has(Flaw::NullData) => ptr::null_mut(),
            () if self.has(Flaw::WrongPin) => b"not-the-pin".as_ptr().cast_mut(),
            () => self.world.way.user_pin().as_ptr().cast_mut(),
        }
    }

    pub(crate) fn pin_len(&self) -> CK_ULONG {
        if self.has(Flaw::NullData) { 0 } else { self.world.way.user_pin().len() as CK_ULONG }
    }

    /// A PIN to be set: the one that is.
    pub(crate) fn new_pin(&self) -> *mut CK_BYTE {
        if self.has(Flaw::NullData) { ptr::null_mut() } else { self.world.way.user_pin().as_ptr().cast_mut() }
    }

    pub(crate) fn new_pin_len(&self) -> CK_ULONG {
        if self.has(Flaw::ShortPin) { 3 } else { self.world.way.user_pin().len() as CK_ULONG }
    }

    /// AES-GCM for one message.
    pub(crate) fn gcm_mechanism(&mut self) -> *mut CK_MECHANISM {
        if self.has(Flaw::NullMechanism) {
            return ptr::null_mut();
        }
        self.gcm = CK_GCM_PARAMS {
            pIv: self.iv_and_tag.as_mut_ptr(),
            ulIvLen: 12,
            ulIvBits: 96,
            pAAD: ptr::null_mut(),
            ulAADLen: 0,
            ulTagBits: 128,
        };
        self.mechanism = CK_MECHANISM {
            mechanism: if self.has(Flaw::BadMechanism) { NO_MECHANISM } else { CKM_AES_GCM },
            pParameter: (&raw mut self.gcm).cast(),
            ulParameterLen: size_of::<CK_GCM_PARAMS>() as CK_ULONG,
        };
        &raw mut self.mechanism
    }

    /// The parameter of a message under AES-GCM.
    pub(crate) fn message(&mut self) -> *mut std::ffi::c_void {
        let (iv, tag) = self.iv_and_tag.split_at_mut(12);
        self.message = CK_GCM_MESSAGE_PARAMS {
            pIv: iv.as_mut_ptr(),
            ulIvLen: 12,
            ulIvFixedBits: 0,
            ivGenerator: CKG_NO_GENERATE,
            pTag: tag.as_mut_ptr(),
            ulTagBits: 128,
        };
        (&raw mut self.message).cast()
    }

    pub(crate) fn message_len(&self) -> CK_ULONG {
        (size_of::<CK_GCM_MESSAGE_PARAMS>() - usize::from(self.has(Flaw::BadParameter))) as CK_ULONG
    }

    /// Room for an output that needs this many elements.
    pub(crate) fn out<T>(&mut self, needed: CK_ULONG) -> *mut T {
        self.out_len = if self.has(Flaw::SmallBuffer) { needed - 1 } else { needed };
        if self.has(Flaw::Query) { ptr::null_mut() } else { self.out.as_mut_ptr().cast() }
    }

    pub(crate) fn out_len(&mut self) -> *mut CK_ULONG {
        if self.has(Flaw::NullLength) { ptr::null_mut() } else { &raw mut self.out_len }
    }

    /// Where a result goes: a handle or a structure.
    pub(crate) fn result<T>(&mut self) -> *mut T {
        self.part(0)
    }

    /// Where a second result goes.
    pub(crate) fn other_result<T>(&mut self) -> *mut T {
        self.part(2048)
    }

    fn part<T>(&mut self, at: usize) -> *mut T {
        if self.has(Flaw::NullResult) { ptr::null_mut() } else { self.out[at..].as_mut_ptr().cast() }
    }

    /// A pointer that should be null.
    pub(crate) fn reserved<T>(&mut self) -> *mut T {
        if self.has(Flaw::Reserved) { self.out.as_mut_ptr().cast() } else { ptr::null_mut() }
    }
}
