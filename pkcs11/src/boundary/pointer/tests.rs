//! What is read and written through callers' pointers. Miri runs these too: nothing here calls C.

use std::ptr;

use hsm_sim::token::{
    self, Attribute, CounterForm, KdfField, MechanismType, MessageParameter, NonceGenerator, Parameter, Sealed,
    Template,
};

use super::*;
use crate::convert;

fn bytes(slice: &[u8]) -> Bytes {
    Array { pointer: slice.as_ptr(), count: slice.len() as Ulong }
}

#[test]
fn null_is_empty_or_a_bad_argument() {
    let array = |pointer, count| Array::<u8> { pointer, count };
    assert_eq!(array(ptr::null(), 0).get(), Ok(&[][..]));
    assert_eq!(array(ptr::null(), 1).get(), Err(Error::ARGUMENTS_BAD));
    let byte = 7_u8;
    assert_eq!(array(&raw const byte, 0).get(), Ok(&[][..]));
    assert_eq!(array(&raw const byte, Ulong::MAX).get(), Err(Error::ARGUMENTS_BAD));
    assert_eq!(array(&raw const byte, isize::MAX as Ulong).get(), Err(Error::ARGUMENTS_BAD));
    assert_eq!(In::<Ulong>(ptr::null()).get(), None);
    assert_eq!(Out::<Ulong>(ptr::null_mut()).write(1), Err(Error::ARGUMENTS_BAD));
}

#[test]
fn misaligned_elements_are_refused_and_structures_copied() {
    let memory = [0_u64; 4];
    let odd = memory.as_ptr().cast::<u8>().wrapping_add(1);
    let array = Array::<Ulong> { pointer: odd.cast(), count: 1 };
    assert_eq!(array.get(), Err(Error::ARGUMENTS_BAD));
    // Of none it does not matter where they are.
    assert_eq!(Array::<Ulong> { pointer: odd.cast(), count: 0 }.get(), Ok(&[][..]));
    assert_eq!(Array { pointer: odd, count: 8 }.parse::<Ulong>(), Some(0));
    assert_eq!(Array { pointer: odd, count: 9 }.parse::<Ulong>(), None);
    assert_eq!(Array { pointer: odd, count: 16 }.parse_array::<Ulong>(), Ok(Some(vec![0, 0])));
    assert_eq!(Array { pointer: odd, count: 15 }.parse_array::<Ulong>(), Ok(None));
}

#[test]
fn two_calls_give_the_length_and_then_the_output() {
    let mut memory = [0_u8; 4];
    let mut count: Ulong = 99;
    let produce = |out: Output<'_>| match out {
        Output::Length => Ok(3),
        Output::Buffer(buffer) if buffer.len() < 3 => Err(token::Error::BufferTooSmall { needed: 3 }),
        Output::Buffer(buffer) => {
            buffer[..3].copy_from_slice(b"abc");
            Ok(3)
        }
    };
    assert_eq!(Buffer::<u8> { pointer: ptr::null_mut(), count: &raw mut count }.with(produce), Ok(3));
    assert_eq!(count, 3);
    count = 2;
    let too_small = Buffer { pointer: memory.as_mut_ptr(), count: &raw mut count }.with(produce);
    assert_eq!((too_small, count), (Err(token::Error::BufferTooSmall { needed: 3 }.into()), 3));
    assert_eq!(Buffer { pointer: memory.as_mut_ptr(), count: &raw mut count }.with(produce), Ok(3));
    assert_eq!(&memory, b"abc\0");
    let no_length = Buffer { pointer: memory.as_mut_ptr(), count: ptr::null_mut() }.with(produce);
    assert_eq!(no_length, Err(Error::ARGUMENTS_BAD));
}

#[test]
fn input_in_the_output_buffer_is_copied() {
    let mut memory = *b"in place";
    let mut count: Ulong = 4;
    let out = Buffer { pointer: memory.as_mut_ptr(), count: &raw mut count };
    let overlapping = Array { pointer: memory.as_ptr().wrapping_add(3), count: 2 };
    assert!(matches!(overlapping.apart_from(&out), Ok(Cow::Owned(_))));
    let behind = Array { pointer: memory.as_ptr().wrapping_add(4), count: 4 };
    assert!(matches!(behind.apart_from(&out), Ok(Cow::Borrowed(_))));
    assert!(matches!(bytes(b"elsewhere").apart_from(&out), Ok(Cow::Borrowed(_))));
}

#[test]
fn attribute_values_tell_their_length() {
    let mut memory = [0_u8; 4];
    let mut value = Array { pointer: ptr::null(), count: 0 };
    assert_eq!((value.fill(b"abc"), value.count), (Ok(()), 3));
    let mut value = Array { pointer: memory.as_mut_ptr().cast_const(), count: 2 };
    assert_eq!((value.fill(b"abc"), value.count), (Err(Error::BufferTooSmall), ck::UNAVAILABLE));
    let mut value = Array { pointer: memory.as_mut_ptr().cast_const(), count: 4 };
    assert_eq!((value.fill(b"abc"), value.count), (Ok(()), 3));
    assert_eq!(&memory, b"abc\0");
}

/// A structure at an address where none should be, in memory that has room for it there.
fn misaligned<T>(memory: &mut [u64; 16], value: T) -> Bytes {
    assert!(size_of::<T>() < size_of_val(memory));
    let place = memory.as_mut_ptr().cast::<u8>().wrapping_add(1);
    // SAFETY: the memory has room for a `T` behind its first byte.
    unsafe { place.cast::<T>().write_unaligned(value) };
    Array { pointer: place, count: size_of::<T>() as Ulong }
}

fn parameter(kind: MechanismType, bytes: Bytes) -> Parameter {
    convert::mechanism(&ck::Mechanism { kind: kind.number(), parameter: bytes }).parameter
}

#[test]
fn parameters_are_read_wherever_they_lie() {
    let (iv, aad) = ([1_u8; 12], *b"header");
    let gcm = ck::GcmParams { iv: bytes(&iv), iv_bits: 96, aad: bytes(&aad), tag_bits: 128 };
    let read = |gcm: ck::GcmParams| parameter(MechanismType::AesGcm, misaligned(&mut [0; 16], gcm));
    assert_eq!(read(gcm), Parameter::Gcm { iv: iv.as_slice().into(), aad: aad.to_vec(), tag_bits: 128 });
    let nothing = Array { pointer: ptr::null(), count: 12 };
    assert_eq!(read(ck::GcmParams { iv: nothing, ..gcm }), Parameter::Malformed);
    let mut memory = [0; 16];
    let whole = misaligned(&mut memory, gcm);
    assert_eq!(parameter(MechanismType::AesGcm, whole.shortened(whole.count() - 1)), Parameter::Malformed);
}

#[test]
fn parameters_lead_to_structures_of_structures() {
    let format = ck::CounterFormat { little_endian: 1, bits: 16 };
    let fields = [
        ck::PrfDataParam {
            kind: ck::PRF_ITERATION,
            value: Array { pointer: (&raw const format).cast(), count: size_of_val(&format) as Ulong },
        },
        ck::PrfDataParam { kind: ck::PRF_BYTES, value: bytes(b"label") },
    ];
    let (class, mut handle): (Ulong, Ulong) = (4, 0);
    let class = Array { pointer: (&raw const class).cast(), count: size_of_val(&class) as Ulong };
    let template = [ck::Attribute { kind: 0, value: class }];
    let further =
        [ck::DerivedKey { template: Array { pointer: template.as_ptr(), count: 1 }, key: Out(&raw mut handle) }];
    let given = ck::CounterKdfParams {
        prf: 0x251,
        fields: ArrayAfterLen { count: 2, pointer: fields.as_ptr() },
        additional: ArrayAfterLen { count: 1, pointer: further.as_ptr() },
    };
    let mut memory = [0; 16];
    let mechanism =
        ck::Mechanism { kind: MechanismType::Sp800CounterKdf.number(), parameter: misaligned(&mut memory, given) };
    let expected = Parameter::CounterKdf {
        prf: 0x251,
        fields: vec![
            KdfField::Iteration(Some(CounterForm { little_endian: true, bits: 16 })),
            KdfField::Bytes(b"label".to_vec()),
        ],
        iv: Vec::new(),
        further: vec![Template::new().number(Attribute::Class, 4)],
    };
    assert_eq!(convert::mechanism(&mechanism).parameter, expected);
}

#[test]
fn what_the_token_made_is_written_into_the_parameter() {
    let (mut iv, mut tag, mut memory) = ([0_u8; 12], [0_u8; 16], [0; 16]);
    let given = ck::GcmMessageParams {
        iv: Array { pointer: iv.as_mut_ptr(), count: 12 },
        fixed_bits: 0,
        generator: 1,
        tag: Start(tag.as_mut_ptr()),
        tag_bits: 128,
    };
    let parameter = misaligned(&mut memory, given);
    let expected = MessageParameter::Gcm {
        iv: vec![0; 12],
        fixed_bits: 0,
        generator: NonceGenerator::Token,
        tag_bits: 128,
        tag: Vec::new(),
    };
    assert!(convert::message_to_seal(&parameter) == expected);
    let sealed = Sealed { length: 0, nonce: Some(vec![7; 12]), tag: Some(vec![9; 16]) };
    convert::tell_sealed(&parameter, &sealed);
    assert_eq!((iv, tag), ([7; 12], [9; 16]));
    // A tag of more bytes than any has is not looked for.
    let longer = ck::GcmMessageParams { tag_bits: 129, ..given };
    assert!(convert::message_to_open(&misaligned(&mut memory, longer)) == MessageParameter::Malformed);
}

#[test]
fn templates_are_read_and_answered_in_depth() {
    let (mut flag, mut label) = ([0xff_u8; 1], [0xff_u8; 5]);
    let mut inner = [
        ck::Attribute { kind: Attribute::Sensitive.number(), value: Array { pointer: flag.as_mut_ptr(), count: 1 } },
        ck::Attribute { kind: Attribute::Label.number(), value: Array { pointer: label.as_mut_ptr(), count: 5 } },
    ];
    let value = Array { pointer: inner.as_mut_ptr().cast::<u8>().cast_const(), count: size_of_val(&inner) as Ulong };
    let mut outer = ck::Attribute { kind: Attribute::WrapTemplate.number(), value };
    let template = Template::new().flag(Attribute::Sensitive, true).bytes(Attribute::Label, b"label");
    convert::answer(&mut outer, &token::Value::Template(template.clone())).unwrap();
    assert_eq!((flag, &label), ([1], b"label"));
    let given = Array { pointer: &raw const outer, count: 1 };
    let read = convert::template(&given).unwrap();
    assert!(read == Template::new().with(Attribute::WrapTemplate, token::Value::Template(template)));
}
