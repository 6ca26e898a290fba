//! Key pairs: making, giving, showing, signing, encrypting, agreeing.

use hsm_sim::token::{Error, Hash, Mechanism, MechanismType, ObjectHandle, Parameter};

use super::*;

const P256: &[u8] = &[6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];
const ED25519: &[u8] = &[6, 3, 0x2b, 0x65, 0x70];
const ED448: &[u8] = &[6, 3, 0x2b, 0x65, 0x71];

fn rsa(token: &Token, session: SessionId) -> (ObjectHandle, ObjectHandle) {
    let public = Template::new()
        .number(Attribute::ModulusBits, 1024)
        .bytes(Attribute::PublicExponent, &[1, 0, 1])
        .flag(Attribute::Encrypt, true)
        .flag(Attribute::Verify, true)
        .flag(Attribute::Wrap, true);
    let private = Template::new()
        .flag(Attribute::Sensitive, false)
        .flag(Attribute::Extractable, true)
        .flag(Attribute::Decrypt, true)
        .flag(Attribute::Sign, true)
        .flag(Attribute::Unwrap, true);
    token
        .application
        .generate_key_pair(session, &mechanism(MechanismType::RsaPkcsKeyPairGen), &public, &private)
        .unwrap()
}

fn pair(token: &Token, session: SessionId, kind: MechanismType, params: &[u8]) -> (ObjectHandle, ObjectHandle) {
    let public = Template::new().bytes(Attribute::EcParams, params);
    let private = Template::new()
        .flag(Attribute::Derive, true)
        .flag(Attribute::Sensitive, false)
        .flag(Attribute::Extractable, true);
    token.application.generate_key_pair(session, &mechanism(kind), &public, &private).unwrap()
}

#[test]
fn what_one_half_signs_the_other_verifies() {
    let (token, session) = generic();
    let application = &token.application;
    let rsa = rsa(&token, session);
    let ec = pair(&token, session, MechanismType::EcKeyPairGen, P256);
    let edwards = pair(&token, session, MechanismType::EcEdwardsKeyPairGen, ED25519);
    let long = pair(&token, session, MechanismType::EcEdwardsKeyPairGen, ED448);
    let eddsa = |prehash, context: &[u8]| {
        Mechanism::with(MechanismType::Eddsa, Parameter::Eddsa { prehash, context: context.to_vec() })
    };
    let pss = |hash, salt_len| Parameter::Pss { hash, mgf: hash, salt_len };
    for (keys, mechanism, length) in [
        (rsa, mechanism(MechanismType::RsaPkcs), 128),
        (rsa, mechanism(MechanismType::Sha256RsaPkcs), 128),
        (rsa, Mechanism::with(MechanismType::Sha256RsaPkcsPss, pss(Hash::Sha256, 20)), 128),
        (rsa, Mechanism::with(MechanismType::RsaPkcsPss, pss(Hash::Sha256, 32)), 128),
        (ec, mechanism(MechanismType::Ecdsa), 64),
        (ec, mechanism(MechanismType::EcdsaSha384), 64),
        (edwards, mechanism(MechanismType::Eddsa), 64),
        (edwards, eddsa(false, b""), 64),
        (edwards, eddsa(true, b"context"), 64),
        (long, mechanism(MechanismType::Eddsa), 114),
        (long, eddsa(false, b"context"), 114),
        (long, eddsa(true, b""), 114),
    ] {
        let data = [5; 32];
        application.sign_init(session, &mechanism, keys.1).unwrap();
        let signature = output(|out| application.sign(session, &data, out)).unwrap();
        assert_eq!(signature.len(), length, "{mechanism:?}");
        application.verify_init(session, &mechanism, keys.0).unwrap();
        application.verify(session, &data, &signature).unwrap();
        application.verify_init(session, &mechanism, keys.0).unwrap();
        refused(application.verify(session, &[6; 32], &signature), Error::SignatureInvalid);
        application.verify_init(session, &mechanism, keys.0).unwrap();
        refused(application.verify(session, &data, &signature[1..]), Error::SignatureLenRange);
        refused(application.sign_init(session, &mechanism, keys.0), Error::KeyFunctionNotPermitted);
    }
}

/// The variants of one key are different signatures (PKCS#11 v3.1 §6.3.15); Ed448 without parameter is that with the empty context.
#[test]
fn variants_of_edwards_signatures() {
    let (token, session) = generic();
    let application = &token.application;
    let variants = [None, Some((false, b"".as_slice())), Some((false, b"a")), Some((true, b"")), Some((true, b"a"))];
    for (params, alike) in [(ED25519, 0), (ED448, 1)] {
        let (public, private) = pair(&token, session, MechanismType::EcEdwardsKeyPairGen, params);
        let mechanism = |variant: Option<(bool, &[u8])>| {
            let parameter = variant
                .map_or(Parameter::None, |(prehash, context)| Parameter::Eddsa { prehash, context: context.to_vec() });
            Mechanism::with(MechanismType::Eddsa, parameter)
        };
        for (place, made) in variants.into_iter().enumerate() {
            application.sign_init(session, &mechanism(made), private).unwrap();
            let signature = output(|out| application.sign(session, b"data", out)).unwrap();
            for (other, checked) in variants.into_iter().enumerate() {
                application.verify_init(session, &mechanism(checked), public).unwrap();
                let same = place == other || place.max(other) <= alike;
                let expected = if same { Ok(()) } else { Err(Error::SignatureInvalid) };
                assert_eq!(application.verify(session, b"data", &signature), expected, "{made:?} {checked:?}");
            }
        }
    }
}

#[test]
fn only_algorithms_that_encrypt_have_keys_that_do() {
    let (token, session) = generic();
    let rsa = rsa(&token, session);
    let ec = pair(&token, session, MechanismType::EcKeyPairGen, P256);
    for (keys, encrypts) in [(rsa, true), (ec, false)] {
        assert_eq!(attribute(&token, session, keys.0, Attribute::Encrypt), Ok(Value::Flag(encrypts)));
        assert_eq!(attribute(&token, session, keys.1, Attribute::Decrypt), Ok(Value::Flag(encrypts)));
    }
}

#[test]
fn hashed_signatures_take_pieces_and_bare_ones_do_not() {
    let (token, session) = generic();
    let application = &token.application;
    let (public, private) = rsa(&token, session);
    let hashed = mechanism(MechanismType::Sha512RsaPkcs);
    application.sign_init(session, &hashed, private).unwrap();
    application.sign_update(session, b"one ").unwrap();
    application.sign_update(session, b"two").unwrap();
    let signature = output(|out| application.sign_final(session, out)).unwrap();
    application.verify_init(session, &hashed, public).unwrap();
    application.verify(session, b"one two", &signature).unwrap();
    application.sign_init(session, &mechanism(MechanismType::RsaPkcs), private).unwrap();
    refused(application.sign_update(session, b"one"), Error::FunctionNotSupported);
    let wrong = Parameter::Pss { hash: Hash::Sha1, mgf: Hash::Sha1, salt_len: 20 };
    let wrong = Mechanism::with(MechanismType::Sha256RsaPkcsPss, wrong);
    refused(application.sign_init(session, &wrong, private), Error::MechanismParamInvalid);
}

#[test]
fn rsa_encrypts() {
    let (token, session) = generic();
    let application = &token.application;
    let (public, private) = rsa(&token, session);
    let oaep = Parameter::Oaep { hash: Hash::Sha256, mgf: Hash::Sha1, label: b"label".to_vec() };
    for mechanism in [mechanism(MechanismType::RsaPkcs), Mechanism::with(MechanismType::RsaPkcsOaep, oaep)] {
        application.encrypt_init(session, &mechanism, public).unwrap();
        let sealed = output(|out| application.encrypt(session, b"tea", out)).unwrap();
        application.decrypt_init(session, &mechanism, private).unwrap();
        assert_eq!(output(|out| application.decrypt(session, &sealed, out)), Ok(b"tea".to_vec()));
        application.encrypt_init(session, &mechanism, public).unwrap();
        refused(output(|out| application.encrypt(session, &[1; 128], out)), Error::DataLenRange);
    }
}

#[test]
fn a_key_that_is_shown_can_be_given_again() {
    let (token, session) = generic();
    let application = &token.application;
    let (public, private) = rsa(&token, session);
    let take = |key, names: &[Attribute]| -> Template {
        let values = application.attributes(session, key, names).unwrap();
        names.iter().copied().zip(values.into_iter().map(Result::unwrap)).collect()
    };
    let public_parts =
        take(public, &[Attribute::Class, Attribute::KeyType, Attribute::Modulus, Attribute::PublicExponent]);
    let parts = [
        Attribute::Class,
        Attribute::KeyType,
        Attribute::Modulus,
        Attribute::PublicExponent,
        Attribute::PrivateExponent,
    ];
    let again = (
        application.create_object(session, &public_parts).unwrap(),
        application.create_object(session, &take(private, &parts)).unwrap(),
    );
    assert_eq!(attribute(&token, session, again.0, Attribute::ModulusBits), Ok(Value::Number(1024)));
    let mechanism = mechanism(MechanismType::Sha256RsaPkcs);
    application.sign_init(session, &mechanism, again.1).unwrap();
    let signature = output(|out| application.sign(session, b"data", out)).unwrap();
    application.verify_init(session, &mechanism, again.0).unwrap();
    application.verify(session, b"data", &signature).unwrap();

    let ec = pair(&token, session, MechanismType::EcKeyPairGen, P256);
    let point = take(ec.0, &[Attribute::Class, Attribute::KeyType, Attribute::EcParams, Attribute::EcPoint]);
    application.create_object(session, &point).unwrap();
    let number = take(ec.1, &[Attribute::Class, Attribute::KeyType, Attribute::EcParams, Attribute::Value]);
    application.create_object(session, &number).unwrap();
    let broken: Template = point
        .iter()
        .map(|(name, value)| {
            let value = if name == Attribute::EcPoint { Value::bytes(&[4; 65]) } else { value.clone() };
            (name, value)
        })
        .collect();
    refused(application.create_object(session, &broken), Error::AttributeValueInvalid);
}

#[test]
fn templates_of_pairs() {
    let (token, session) = generic();
    let application = &token.application;
    let rsa = mechanism(MechanismType::RsaPkcsKeyPairGen);
    let make = |public: &Template| application.generate_key_pair(session, &rsa, public, &Template::new());
    refused(make(&Template::new()), Error::TemplateIncomplete);
    refused(make(&Template::new().number(Attribute::ModulusBits, 1001)), Error::AttributeValueInvalid);
    let even = Template::new().number(Attribute::ModulusBits, 1024).bytes(Attribute::PublicExponent, &[2]);
    refused(make(&even), Error::AttributeValueInvalid);
    let ec = mechanism(MechanismType::EcKeyPairGen);
    let curve = Template::new().bytes(Attribute::EcParams, &[6, 1, 1]);
    refused(application.generate_key_pair(session, &ec, &curve, &Template::new()), Error::CurveNotSupported);
}

#[test]
fn two_parties_agree() {
    let (token, session) = generic();
    for (kind, params) in [
        (MechanismType::EcKeyPairGen, P256),
        (MechanismType::EcMontgomeryKeyPairGen, [6, 3, 0x2b, 0x65, 0x6e].as_slice()),
        (MechanismType::EcMontgomeryKeyPairGen, &[6, 3, 0x2b, 0x65, 0x6f]),
    ] {
        let (one, two) = (pair(&token, session, kind, params), pair(&token, session, kind, params));
        let point = |key| match attribute(&token, session, key, Attribute::EcPoint) {
            Ok(Value::Bytes(point)) => point.expose().to_vec(),
            other => panic!("{other:?}"),
        };
        for kdf in [1, 6] {
            let derive = |private, public| {
                let parameter = Parameter::Ecdh { kdf, shared: Vec::new(), public: point(public) };
                let template =
                    everything(Template::new().number(Attribute::KeyType, AES).number(Attribute::ValueLen, 16));
                let ecdh = Mechanism::with(MechanismType::EcdhDerive, parameter);
                let key = derive(&token, session, &ecdh, private, &template).unwrap();
                attribute(&token, session, key, Attribute::Value).unwrap()
            };
            assert_eq!(derive(one.1, two.0), derive(two.1, one.0));
        }
    }
}

#[test]
fn a_signature_gives_its_data_back() {
    let (token, session) = generic();
    let application = &token.application;
    let public = Template::new().number(Attribute::ModulusBits, 1024).flag(Attribute::VerifyRecover, true);
    let private = Template::new().flag(Attribute::SignRecover, true);
    let make = mechanism(MechanismType::RsaPkcsKeyPairGen);
    let (public, private) = application.generate_key_pair(session, &make, &public, &private).unwrap();
    let pkcs = mechanism(MechanismType::RsaPkcs);
    application.sign_recover_init(session, &pkcs, private).unwrap();
    let signature = output(|out| application.sign_recover(session, b"tea", out)).unwrap();
    application.verify_recover_init(session, &pkcs, public).unwrap();
    assert_eq!(output(|out| application.verify_recover(session, &signature, out)), Ok(b"tea".to_vec()));
    application.verify_recover_init(session, &pkcs, public).unwrap();
    refused(output(|out| application.verify_recover(session, &[1; 128], out)), Error::SignatureInvalid);
    let bare = mechanism(MechanismType::RsaX509);
    let block = [&[0], &[7; 127][..]].concat();
    application.sign_recover_init(session, &bare, private).unwrap();
    let signature = output(|out| application.sign_recover(session, &block, out)).unwrap();
    application.verify_recover_init(session, &bare, public).unwrap();
    assert_eq!(output(|out| application.verify_recover(session, &signature, out)), Ok(block));
    let hashed = mechanism(MechanismType::Sha256RsaPkcs);
    refused(application.sign_recover_init(session, &hashed, private), Error::MechanismInvalid);
}
