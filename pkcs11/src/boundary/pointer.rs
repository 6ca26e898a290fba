//! Pointers of C callers, each with its length.
//!
//! A value of these types exists only because a caller passed it, directly or inside a structure. The promise that makes
//! reading sound is the caller's (PKCS#11 v3.0 §5): what a pointer leads to is there, in the length given beside it, until the
//! call returns. Hence: nothing here outlives the call, null is always checked, a length is never added to another one, and
//! what may be misaligned is copied out rather than borrowed.

use std::borrow::Cow;
use std::ffi::{CStr, c_char, c_void};
use std::{ptr, slice};

use hsm_sim::token::Output;

use crate::ck::{self, Ulong};
use crate::error::{Error, Result};

/// Types that any bytes are a value of, so that a caller's memory can be copied into one.
///
/// # Safety
/// Only for types without invalid values: numbers, arrays and `repr(C)` structures of them, and pointers.
unsafe trait Plain: Copy {}

/// What a function's argument is in C, and what it becomes.
pub trait Single {
    /// The argument.
    type Abi;

    /// Takes the argument.
    ///
    /// # Safety
    /// It comes from a caller who keeps the promise of this module's head.
    unsafe fn from_abi(argument: Self::Abi) -> Self;
}

/// The same for two arguments that belong together.
pub trait Pair {
    /// The first argument.
    type First;
    /// The second argument.
    type Second;

    /// Takes the arguments.
    ///
    /// # Safety
    /// They come from a caller who keeps the promise of this module's head.
    unsafe fn from_abi(first: Self::First, second: Self::Second) -> Self;
}

macro_rules! by_value {
    ($($kind:ty)*) => {
        $(impl Single for $kind {
            type Abi = $kind;

            unsafe fn from_abi(argument: $kind) -> $kind {
                argument
            }
        })*
    };
}

by_value! { Ulong u8 }

/// No object is larger: it is what a process can address.
const LARGEST: usize = 1 << 47;

/// How many elements lie behind a pointer that is not null: none if the length cannot be a length.
fn extent<T>(pointer: *const T, count: Ulong) -> Result<usize> {
    let count = usize::try_from(count).map_err(|_| Error::ARGUMENTS_BAD)?;
    let Some(bytes) = count.checked_mul(size_of::<T>()) else { return Err(Error::ARGUMENTS_BAD) };
    // A wrong length is told before anybody makes room for as much.
    let fits = bytes <= LARGEST && pointer.addr().checked_add(bytes).is_some();
    if fits && pointer.is_aligned() { Ok(count) } else { Err(Error::ARGUMENTS_BAD) }
}

/// A pointer to one value that is read.
#[repr(transparent)]
#[derive(Debug, Clone, Copy)]
pub struct In<T>(*const T);

impl<T> In<T> {
    /// Whether it is null.
    pub fn is_null(self) -> bool {
        self.0.is_null()
    }
}

#[allow(private_bounds, reason = "the types that are read are this module's choice")]
impl<T: Plain> In<T> {
    /// The value; none if the pointer is null.
    pub fn get(self) -> Option<T> {
        // SAFETY: not null; the caller promises a `T` there; no alignment is needed and any bytes are a `T`.
        (!self.0.is_null()).then(|| unsafe { self.0.read_unaligned() })
    }
}

impl<T> Single for In<T> {
    type Abi = *const T;

    unsafe fn from_abi(argument: *const T) -> Self {
        Self(argument)
    }
}

/// A pointer to where one value goes.
#[repr(transparent)]
#[derive(Debug)]
pub struct Out<T>(*mut T);

impl<T> Clone for Out<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Out<T> {}

impl<T> Out<T> {
    /// Whether it is null.
    pub fn is_null(&self) -> bool {
        self.0.is_null()
    }

    /// Writes the value; a bad argument if the pointer is null.
    pub fn write(&mut self, value: T) -> Result<()> {
        if self.0.is_null() {
            return Err(Error::ARGUMENTS_BAD);
        }
        // SAFETY: not null; the caller promises room for a `T` there; no alignment is needed. What was there has no destructor.
        unsafe { self.0.write_unaligned(value) };
        Ok(())
    }
}

impl<T: Copy> Out<T> {
    /// Writes values one after the other, as many as the caller said elsewhere that there is room for.
    pub fn write_all(&mut self, values: &[T]) -> Result<()> {
        if values.is_empty() {
            return Ok(());
        }
        if self.0.is_null() {
            return Err(Error::ARGUMENTS_BAD);
        }
        // SAFETY: not null; the caller promises room for that many; no alignment is needed for bytes. `values` is the module's own
        // memory and does not overlap.
        unsafe { ptr::copy_nonoverlapping(values.as_ptr().cast::<u8>(), self.0.cast::<u8>(), size_of_val(values)) };
        Ok(())
    }
}

#[allow(private_bounds, reason = "the types that are read are this module's choice")]
impl<T: Plain> Out<T> {
    /// What is there now, of a structure that is partly read and partly written.
    pub fn current(&self) -> Option<T> {
        In(self.0.cast_const()).get()
    }
}

impl<T> Single for Out<T> {
    type Abi = *mut T;

    unsafe fn from_abi(argument: *mut T) -> Self {
        Self(argument)
    }
}

/// A text that ends with a zero.
#[repr(transparent)]
#[derive(Debug, Clone, Copy)]
pub struct Name(*const c_char);

impl Name {
    /// The text; none if the pointer is null.
    pub fn get(&self) -> Option<&CStr> {
        // SAFETY: not null; the caller promises a zero at the end.
        (!self.0.is_null()).then(|| unsafe { CStr::from_ptr(self.0) })
    }
}

impl Single for Name {
    type Abi = *const c_char;

    unsafe fn from_abi(argument: *const c_char) -> Self {
        Self(argument)
    }
}

/// A pointer that is only looked at, never followed: a function of the caller, a reserved field.
#[repr(transparent)]
#[derive(Debug, Clone, Copy)]
pub struct Callback(*const c_void);

impl Callback {
    /// Whether there is one.
    pub fn is_set(self) -> bool {
        !self.0.is_null()
    }
}

impl Single for Callback {
    type Abi = *const c_void;

    unsafe fn from_abi(argument: *const c_void) -> Self {
        Self(argument)
    }
}

/// Elements that are read: a pointer and their number.
#[repr(C)]
#[derive(Debug)]
pub struct Array<T> {
    pointer: *const T,
    count: Ulong,
}

/// Bytes that are read, and in attributes that are written: a pointer and its length.
pub type Bytes = Array<u8>;

impl<T> Clone for Array<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Array<T> {}

#[allow(private_bounds, reason = "the types that are read are this module's choice")]
impl<T: Plain> Array<T> {
    /// The elements; a bad argument if the pointer is null but the number is not.
    pub fn get(&self) -> Result<&[T]> {
        if self.count == 0 {
            return Ok(&[]);
        }
        if self.pointer.is_null() {
            return Err(Error::ARGUMENTS_BAD);
        }
        let count = extent(self.pointer, self.count)?;
        // SAFETY: not null, aligned, not larger than an object; the caller promises that many elements for the time of the
        // call, which the borrow of `self` does not outlive, and any bytes are a `T`.
        Ok(unsafe { slice::from_raw_parts(self.pointer, count) })
    }
}

impl<T> Array<T> {
    /// Whether the pointer is null.
    pub fn is_null(&self) -> bool {
        self.pointer.is_null()
    }

    /// The number of elements as given.
    pub fn count(&self) -> Ulong {
        self.count
    }
}

#[allow(private_bounds, reason = "the types that are read are this module's choice")]
impl Bytes {
    /// The bytes of a PIN; a bad argument if the pointer is null, which leaves the PIN to a keypad that no token here has.
    pub fn pin(&self) -> Result<&[u8]> {
        if self.is_null() { Err(Error::ARGUMENTS_BAD) } else { self.get() }
    }

    /// The bytes as one structure; nothing if they are not exactly that long.
    pub fn parse<T: Plain>(&self) -> Option<T> {
        if self.pointer.is_null() || usize::try_from(self.count) != Ok(size_of::<T>()) {
            return None;
        }
        // SAFETY: not null; the caller promises that many bytes; no alignment is needed and any bytes are a `T`.
        Some(unsafe { self.pointer.cast::<T>().read_unaligned() })
    }

    /// The bytes as elements one after the other, copied out; nothing if they are not a whole number of them.
    pub fn parse_array<T: Plain>(&self) -> Result<Option<Vec<T>>> {
        let bytes = self.get()?;
        if !bytes.len().is_multiple_of(size_of::<T>()) {
            return Ok(None);
        }
        let element = |chunk: &[u8]| {
            // SAFETY: the chunk is as long as a `T`; no alignment is needed and any bytes are a `T`.
            unsafe { chunk.as_ptr().cast::<T>().read_unaligned() }
        };
        Ok(Some(bytes.chunks_exact(size_of::<T>()).map(element).collect()))
    }

    /// The bytes, copied if they overlap the buffer for the output: clients encrypt in place.
    #[inline]
    pub fn apart_from(&self, out: &Buffer<u8>) -> Result<Cow<'_, [u8]>> {
        let bytes = self.get()?;
        if out.overlaps(bytes) { Ok(Cow::Owned(bytes.to_vec())) } else { Ok(Cow::Borrowed(bytes)) }
    }

    /// Writes the value of an attribute to where the pointer leads, in the room that the length tells.
    /// With a null pointer only the length is told. Answers the new length, or that the room is too small.
    pub fn fill(&mut self, value: &[u8]) -> Result<()> {
        let room = self.count;
        let len = value.len() as Ulong;
        if self.pointer.is_null() {
            self.count = len;
            return Ok(());
        }
        if room < len {
            self.count = ck::UNAVAILABLE;
            return Err(Error::BufferTooSmall);
        }
        // SAFETY: not null; the caller promises room for `room` bytes, which suffice, and that it may be written: this is
        // called on attributes of `C_GetAttributeValue` only. `value` is the module's own memory and does not overlap.
        unsafe { ptr::copy_nonoverlapping(value.as_ptr(), self.pointer.cast_mut(), value.len()) };
        self.count = len;
        Ok(())
    }

    /// Says that there is no value to tell.
    pub fn unavailable(&mut self) {
        self.count = ck::UNAVAILABLE;
    }

    /// The same bytes with another length: no more than there are.
    pub fn shortened(&self, count: Ulong) -> Self {
        Self { pointer: self.pointer, count: count.min(self.count) }
    }

    /// Tells a length.
    pub fn set_count(&mut self, count: Ulong) {
        self.count = count;
    }

    /// The attributes that an attribute's value consists of, to be filled in.
    pub fn nested(&mut self) -> Room<ck::Attribute> {
        let count = self.count / size_of::<ck::Attribute>() as Ulong;
        Room { pointer: self.pointer.cast_mut().cast(), count }
    }

    /// Writes bytes to the start of what the pointer leads to, as far as they fit: an IV that the HSM made.
    pub fn overwrite(&mut self, value: &[u8]) {
        if !self.pointer.is_null() && usize::try_from(self.count).is_ok_and(|room| room >= value.len()) {
            // SAFETY: as in `fill`; the standard lets the IV of this parameter be written.
            unsafe { ptr::copy_nonoverlapping(value.as_ptr(), self.pointer.cast_mut(), value.len()) };
        }
    }
}

impl<T> Pair for Array<T> {
    type First = *const T;
    type Second = Ulong;

    unsafe fn from_abi(pointer: *const T, count: Ulong) -> Self {
        Self { pointer, count }
    }
}

/// [`Array`] as a field of structures that name the number first.
#[repr(C)]
#[derive(Debug)]
pub struct ArrayAfterLen<T> {
    count: Ulong,
    pointer: *const T,
}

/// [`Bytes`] as a field of structures that name the length first.
pub type BytesAfterLen = ArrayAfterLen<u8>;

impl<T> Clone for ArrayAfterLen<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for ArrayAfterLen<T> {}

impl<T> ArrayAfterLen<T> {
    /// Pointer and number in the usual order.
    pub fn array(self) -> Array<T> {
        Array { pointer: self.pointer, count: self.count }
    }
}

/// Where bytes start whose length a structure tells elsewhere, or in another unit.
#[repr(transparent)]
#[derive(Debug, Clone, Copy)]
pub struct Start(*const u8);

impl Start {
    /// The bytes, with their length.
    pub fn bytes(self, count: Ulong) -> Bytes {
        Array { pointer: self.0, count }
    }
}

/// Elements that are written: a pointer and the number of those for which there is room.
#[derive(Debug)]
pub struct Room<T> {
    pointer: *mut T,
    count: Ulong,
}

impl<T> Room<T> {
    /// The elements; a bad argument if the pointer is null but the number is not.
    pub fn get(&mut self) -> Result<&mut [T]> {
        if self.count == 0 {
            return Ok(&mut []);
        }
        if self.pointer.is_null() {
            return Err(Error::ARGUMENTS_BAD);
        }
        let count = extent(self.pointer, self.count)?;
        // SAFETY: not null, aligned, not larger than an object; the caller promises that many elements, for this call alone.
        Ok(unsafe { slice::from_raw_parts_mut(self.pointer, count) })
    }

    /// The elements to be read.
    pub fn array(&self) -> Array<T> {
        Array { pointer: self.pointer, count: self.count }
    }
}

impl<T> Pair for Room<T> {
    type First = *mut T;
    type Second = Ulong;

    unsafe fn from_abi(pointer: *mut T, count: Ulong) -> Self {
        Self { pointer, count }
    }
}

/// An output of variable length (PKCS#11 v3.0 §5.2): a pointer, null if only the length is asked for, and a pointer to the room
/// there is, which becomes the length there was.
#[derive(Debug)]
pub struct Buffer<T> {
    pointer: *mut T,
    count: *mut Ulong,
}

impl<T> Buffer<T> {
    /// The room; none if only the length is asked for.
    #[inline]
    fn room(&self) -> Result<Option<usize>> {
        if self.count.is_null() {
            return Err(Error::ARGUMENTS_BAD);
        }
        if self.pointer.is_null() {
            return Ok(None);
        }
        // SAFETY: not null; the caller promises a length there; no alignment is needed.
        let count = unsafe { self.count.read_unaligned() };
        // Callers say "as much as you like" by the largest number.
        let most = (isize::MAX as usize - 1).min(usize::MAX - self.pointer.addr()) / size_of::<T>();
        let count = usize::try_from(count).map_or(most, |count| count.min(most));
        extent(self.pointer, count as Ulong).map(Some)
    }

    fn tell(&mut self, count: usize) {
        // SAFETY: `room` found it not null; the caller promises room for a length there; no alignment is needed.
        unsafe { self.count.write_unaligned(count as Ulong) };
    }

    /// The length that is told now; none if there is no room for one.
    pub fn told(&self) -> Option<Ulong> {
        // SAFETY: not null; the caller promises a length there; no alignment is needed.
        (!self.count.is_null()).then(|| unsafe { self.count.read_unaligned() })
    }

    /// Whether only the length is asked for.
    pub fn is_query(&self) -> bool {
        self.pointer.is_null()
    }

    /// Whether the pointers are as they must be, for calls that refuse before they write.
    pub fn check(&self) -> Result<()> {
        self.room().map(|_| ())
    }

    fn overlaps(&self, input: &[u8]) -> bool {
        match self.room() {
            Ok(Some(room)) => {
                let (start, input_start) = (self.pointer.addr(), input.as_ptr().addr());
                start < input_start + input.len() && input_start < start + room
            }
            _ => false,
        }
    }
}

impl<T: Copy> Buffer<T> {
    /// Writes these elements, if there is room.
    pub fn fill(&mut self, elements: &[T]) -> Result<()> {
        let room = self.room()?;
        self.tell(elements.len());
        match room {
            None => Ok(()),
            Some(room) if room < elements.len() => Err(Error::BufferTooSmall),
            Some(_) => {
                // SAFETY: `room` found the pointer not null and aligned; the caller promises room, which suffices. The elements
                // are the module's own memory.
                unsafe { ptr::copy_nonoverlapping(elements.as_ptr(), self.pointer, elements.len()) };
                Ok(())
            }
        }
    }
}

impl Buffer<u8> {
    /// Lets `produce` write, and tells the length that came out or that is needed.
    #[inline]
    pub fn with(&mut self, produce: impl FnOnce(Output<'_>) -> hsm_sim::token::Result<usize>) -> Result<usize> {
        let result = match self.room()? {
            None => produce(Output::Length),
            Some(room) => {
                // SAFETY: `room` found the pointer not null and no larger than an object; the caller promises room, for this
                // call alone, and no input overlaps it (`Bytes::apart_from`).
                let buffer = unsafe { slice::from_raw_parts_mut(self.pointer, room) };
                produce(Output::Buffer(buffer))
            }
        };
        match result {
            Ok(len) => self.tell(len),
            Err(hsm_sim::token::Error::BufferTooSmall { needed }) => self.tell(needed),
            Err(_) => {}
        }
        Ok(result?)
    }

    /// What was written: the first bytes of the buffer, none if only the length was asked for.
    pub fn written(&self, len: usize) -> Result<&[u8]> {
        match self.room()? {
            Some(room) if len <= room => {
                // SAFETY: as in `with`, which has just written that many bytes.
                Ok(unsafe { slice::from_raw_parts(self.pointer, len) })
            }
            _ => Ok(&[]),
        }
    }

    /// Whether neither output nor length is asked for.
    pub fn is_absent(&self) -> bool {
        self.pointer.is_null() && self.count.is_null()
    }
}

impl<T> Pair for Buffer<T> {
    type First = *mut T;
    type Second = *mut Ulong;

    unsafe fn from_abi(pointer: *mut T, count: *mut Ulong) -> Self {
        Self { pointer, count }
    }
}

macro_rules! plain {
    ($($kind:ty)*) => {
        $(
            // SAFETY: a number, an array, or a `repr(C)` structure of numbers, arrays and pointers: no invalid values.
            unsafe impl Plain for $kind {}
        )*
    };
}

plain! {
    u8 Ulong [u8; 32]
    ck::Version ck::Attribute ck::Mechanism ck::InitializeArgs
    ck::AesCtrParams ck::GcmParams ck::ShortGcmParams ck::CcmParams ck::ChaChaPolyParams
    ck::GcmMessageParams ck::CcmMessageParams ck::ChaChaPolyMessageParams
    ck::OaepParams ck::PssParams ck::RsaAesKeyWrapParams ck::EcdhParams ck::EddsaParams ck::SignContext ck::HashSignContext
    ck::StringData ck::CbcEncryptDataParams<16> ck::CbcEncryptDataParams<8> ck::HkdfParams ck::Pbkdf2Params
    ck::PrfDataParam ck::CounterKdfParams ck::FeedbackKdfParams ck::CounterFormat ck::LengthFormat ck::DerivedKey
    ck::TlsMasterParams ck::TlsExtendedMasterParams ck::TlsKeyMatParams ck::TlsKeyMatOut ck::TlsKdfParams ck::TlsMacParams
}

#[cfg(test)]
mod tests;
