//! SP 800-108 with the fields of PKCS#11.

use hsm_sim_crypto::{
    Error,
    hash::{Hash, Hmac},
    kdf::{Field, IntegerFormat, LengthMethod, Mode, sp800_108},
    symmetric::{AesKey, MacKey},
};
use proptest::prelude::*;

use crate::{bytes, hex};

const fn big(bits: u32) -> IntegerFormat {
    IntegerFormat { little_endian: false, bits }
}

const fn little(bits: u32) -> IntegerFormat {
    IntegerFormat { little_endian: true, bits }
}

fn cmac(key: &str) -> MacKey {
    MacKey::Cmac(AesKey::new(&hex(key)).expect("an AES key"))
}

fn hmac(hash: Hash, key: &str) -> MacKey {
    MacKey::Hmac(Hmac::new(hash, &hex(key)))
}

fn one_key(prf: &MacKey, mode: Mode<'_>, fields: &[Field<'_>], length: usize) -> Result<Vec<u8>, Error> {
    sp800_108(prf, mode, fields, &[length]).map(|keys| keys[0].expose().to_vec())
}

/// NIST CAVP, KDFCTR_gen: the counter before and in the middle of the fixed data.
#[test]
fn counter_mode_of_the_validation_program() {
    let fixed = hex(
        "e323cdfa7873a0d72cd86ffb4468744f097db60498f7d0e3a43bafd2d1af675e4a88338723b1236199705357c47bf1d89b2f4617a340980e6331625c",
    );
    let fields = [Field::Iteration(Some(big(8))), Field::Bytes(&fixed)];
    let prf = cmac("682e814d872397eba71170a693514904");
    let expected = "dac9b6ca405749cfb065a0f1e42c7c4224d3d5db32fdafe9dee6ca193316f2c7";
    assert_eq!(one_key(&prf, Mode::Counter, &fields, 32), Ok(hex(expected)));

    let fixed = hex(
        "46f88b5af7fb9e29262dd4e010143a0a9c465c627450ec74ab7251889529193e995c4b56ff55bc2fc8992a0df1ee8056f6816b7614fba4c12d3be1a5",
    );
    let fields = [Field::Iteration(Some(big(8))), Field::Bytes(&fixed)];
    let prf = cmac("7aa9973481d560f3be217ac3341144d8");
    assert_eq!(one_key(&prf, Mode::Counter, &fields, 20), Ok(hex("1746ae4f09903f74bfbe1b8ae2b79d74576a3b09")));

    let before =
        hex("12001770c21f11aa22a4eb8eac1e06777848357a7d870505b71b51a18a7650b2a00195faf3043401510a0ae8c731bf5267ea");
    let after = hex("641c3e38bbaa1f47e53f");
    let fields = [Field::Bytes(&before), Field::Iteration(Some(big(16))), Field::Bytes(&after)];
    let prf = hmac(Hash::Sha224, "8bdce32f26ecd4b2c88141cc3f34d8cf44d9e653edd97437d8cd572c");
    let expected = "f344f22aa78d6aef01032b892a9f8f21efaf659b6b3338c95365afa37fca21b5";
    assert_eq!(one_key(&prf, Mode::Counter, &fields, 32), Ok(hex(expected)));
}

/// NIST CAVP, KDFFeedback_gen: the counter before and after the iteration variable.
#[test]
fn feedback_mode_of_the_validation_program() {
    let fixed =
        hex("3c999c95f49c48696f83011ffe578b985e2b1ae9b6512f85aa0a2e54fa4a454d3bb772194e106783e34b5d5ed8b6e0a877f35f");
    let iv = hex("5c09bad80e140f4b45890d1260cc058d");
    let fields = [Field::Counter(big(8)), Field::Iteration(None), Field::Bytes(&fixed)];
    let expected = "2fae1240da52986a2b7deddc35b9c17b754aee15e63a4a365be0a8c41512234ae28aa9617509d152fbd0b87c7961c8e466165722b72f8887f83ae4ebe72cec04da1c72674b1a";
    let prf = cmac("df99682e93bee8426a27ce8991929aca");
    assert_eq!(one_key(&prf, Mode::Feedback { iv: &iv }, &fields, 70), Ok(hex(expected)));

    let fixed =
        hex("53b89c18690e2057a1d167822e636de50be0018532c431f7f5e37f77139220d5e042599ebe266af5767ee18cd2c5c19a1f0f80");
    let iv = hex("9f575d9059d3e0c0803f08112f8a806de3c3471912cdf42b095388b14b33508e");
    let fields = [Field::Iteration(None), Field::Counter(big(32)), Field::Bytes(&fixed)];
    let expected = "bd1476f43a4e315747cf5918e0ea5bc0d98769457477c3ab18b742def0e079a933b756365afb5541f253fee43c6fd788a44041038509e9eeb68f7d65ffbb5f95";
    let prf = hmac(Hash::Sha256, "93f698e842eed75394d629d957e2e89c6e741f810b623c8b901e38376d068e7b");
    assert_eq!(one_key(&prf, Mode::Feedback { iv: &iv }, &fields, 64), Ok(hex(expected)));
}

/// NIST CAVP, KDFDblPipeline_gen: the counter before and after the iteration variable.
#[test]
fn double_pipeline_mode_of_the_validation_program() {
    let fixed =
        hex("a19d29ed42b369494d6547d8b5f1203078f2e49a85bd4cc8ff71657c10dca7f78f4bb7429063976b1124b031edfeffe2cc5951");
    let fields = [Field::Counter(big(8)), Field::Iteration(None), Field::Bytes(&fixed)];
    let expected = "de6dee3c072fdd13b14f593a6ecef83e83b8af85149be566e32ffcceafa09e6727f642b4ccd106de370cab0d24cc77ea8a309ed0ccde326110b7bc58b07a7f82f2016df6433e";
    let prf = cmac("d92dc7b9d007fc49734bc931ef8554e9");
    assert_eq!(one_key(&prf, Mode::DoublePipeline, &fields, 70), Ok(hex(expected)));

    let fixed =
        hex("d39a29c988bce8c616c9eed55d2a4b7c44337cb8afc4b72aaf0230ba9b31bbfd25bfe442ba1f1f341ab992c9db1b974efa86f4");
    let fields = [Field::Iteration(None), Field::Counter(big(24)), Field::Bytes(&fixed)];
    let expected = "b4f293e997de0907df297aad03693bcca7623c12446c3efb45414271fb845574eb69065b5f4f23a0d61d22d03a94d6b72e545c2fcbfd102cf4dd757d4234f895";
    let prf = hmac(Hash::Sha256, "b9ae7bfefd01bd135efef7b58058d7a8be563b471124efa4eacca983cd56a921");
    assert_eq!(one_key(&prf, Mode::DoublePipeline, &fields, 64), Ok(hex(expected)));
}

/// The example of PKCS#11 v3.1 §2.42.7: keys of 48 and 16 bytes over HMAC-SHA-256 take three segments, and the length field tells 512 or 768 bits.
#[test]
fn each_key_starts_with_a_fresh_segment() {
    let key = Hmac::new(Hash::Sha256, b"base key");
    let prf = MacKey::Hmac(Hmac::new(Hash::Sha256, b"base key"));
    for (method, bits) in [(LengthMethod::SumOfKeys, 512_u32), (LengthMethod::SumOfSegments, 768)] {
        for format in [big(32), little(32)] {
            let fields = [Field::Bytes(b"label"), Field::Iteration(Some(little(16))), Field::Length(format, method)];
            let keys = sp800_108(&prf, Mode::Counter, &fields, &[48, 16]).expect("two keys");
            let bits = if format.little_endian { bits.to_le_bytes() } else { bits.to_be_bytes() };
            let segment = |counter: u8| key.sign(&[b"label", &[counter, 0][..], &bits].concat()).to_vec();
            assert_eq!(keys[0].expose(), &[segment(1), segment(2)].concat()[..48]);
            assert_eq!(keys[1].expose(), &segment(3)[..16]);
        }
    }
}

#[test]
fn fields_that_a_mode_does_not_allow() {
    let prf = hmac(Hash::Sha256, "00");
    let refused = |mode, fields: &[Field<'_>]| {
        let answer = one_key(&prf, mode, fields, 16);
        assert!(matches!(answer, Err(Error::Parameter { .. })), "{mode:?} {fields:?}: {answer:?}");
    };
    let counter = Field::Iteration(Some(big(8)));
    for mode in [Mode::Counter, Mode::Feedback { iv: b"iv" }, Mode::DoublePipeline] {
        let iteration = if mode == Mode::Counter { counter } else { Field::Iteration(None) };
        let length = Field::Length(big(16), LengthMethod::SumOfKeys);
        assert!(one_key(&prf, mode, &[iteration, length], 16).is_ok());
        refused(mode, &[]);
        refused(mode, &[Field::Bytes(b"label")]);
        refused(mode, &[iteration, iteration]);
        refused(mode, &[iteration, length, length]);
        // 128 bits do not fit in one byte as a signed number, but they do as a length; 256 do not.
        assert!(one_key(&prf, mode, &[iteration, Field::Length(big(8), LengthMethod::SumOfKeys)], 16).is_ok());
        refused(mode, &[iteration, Field::Length(big(8), LengthMethod::SumOfSegments)]);
        for bits in [0, 7, 12, 72, u32::MAX] {
            refused(mode, &[iteration, Field::Length(big(bits), LengthMethod::SumOfKeys)]);
        }
    }
    refused(Mode::Counter, &[Field::Iteration(None)]);
    refused(Mode::Counter, &[counter, Field::Counter(big(8))]);
    for mode in [Mode::Feedback { iv: b"" }, Mode::DoublePipeline] {
        refused(mode, &[counter]);
        refused(mode, &[Field::Iteration(None), Field::Counter(big(8)), Field::Counter(big(8))]);
        for bits in [0, 9, 40] {
            refused(mode, &[Field::Iteration(None), Field::Counter(big(bits))]);
        }
    }
    for bits in [0, 9, 40] {
        refused(Mode::Counter, &[Field::Iteration(Some(big(bits)))]);
    }
}

#[test]
fn a_counter_suffices_or_not() {
    let prf = hmac(Hash::Sha256, "00");
    let fields = [Field::Iteration(Some(big(8)))];
    assert!(sp800_108(&prf, Mode::Counter, &fields, &[255 * 32]).is_ok());
    assert!(sp800_108(&prf, Mode::Counter, &fields, &[1; 255]).is_ok());
    for lengths in [&[255 * 32 + 1][..], &[1; 256], &[1, 255 * 32], &[usize::MAX, 2]] {
        let refused = sp800_108(&prf, Mode::Counter, &fields, lengths);
        assert!(matches!(refused, Err(Error::KeySize { .. })));
    }
    assert_eq!(sp800_108(&prf, Mode::Counter, &fields, &[]), Ok(vec![]));
}

proptest! {
    /// Without a counter, the modes are short to write down.
    #[test]
    fn the_definitions(key in bytes(), iv in bytes(), fixed in bytes(), length in 1..200_usize) {
        let prf = MacKey::Hmac(Hmac::new(Hash::Sha384, &key));
        let mac = Hmac::new(Hash::Sha384, &key);
        let fields = [Field::Iteration(None), Field::Bytes(&fixed)];

        let (mut expected, mut previous) = (Vec::new(), iv.clone());
        while expected.len() < length {
            previous = mac.sign(&[previous, fixed.clone()].concat()).to_vec();
            expected.extend_from_slice(&previous);
        }
        expected.truncate(length);
        prop_assert_eq!(one_key(&prf, Mode::Feedback { iv: &iv }, &fields, length), Ok(expected));

        let (mut expected, mut chain) = (Vec::new(), fixed.clone());
        while expected.len() < length {
            chain = mac.sign(&chain).to_vec();
            expected.extend_from_slice(&mac.sign(&[chain.clone(), fixed.clone()].concat()));
        }
        expected.truncate(length);
        prop_assert_eq!(one_key(&prf, Mode::DoublePipeline, &fields, length), Ok(expected));
    }
}
