//! Wrapping, unwrapping and deriving.

use hsm_sim::token::{
    CounterForm, Error, Hash, KdfField, Mechanism, MechanismType, ObjectHandle, Output, Parameter, Salt,
};

use super::*;

/// `CKK_DES`.
const DES: u64 = 0x13;

/// 32 bits, highest byte first.
const COUNTER: CounterForm = CounterForm { little_endian: false, bits: 32 };

fn unwrapped() -> Template {
    everything(Template::new().number(Attribute::Class, SECRET).number(Attribute::KeyType, AES))
}

/// RFC 3394 4.1.
#[test]
fn a_published_wrapping() {
    let (token, session) = generic();
    let application = &token.application;
    let by = secret(&token, session, AES, &hex("000102030405060708090a0b0c0d0e0f"));
    let key = secret(&token, session, AES, &hex("00112233445566778899aabbccddeeff"));
    let mechanism = mechanism(MechanismType::AesKeyWrap);
    let wrapped = output(|out| application.wrap_key(session, &mechanism, by, key, out)).unwrap();
    assert_eq!(wrapped, hex("1fa68b0a8112b447aef34bd8fb5a7b829d3e862371d2cfe5"));
    let again = application.unwrap_key(session, &mechanism, by, &wrapped, &unwrapped()).unwrap();
    assert_eq!(attribute(&token, session, again, Attribute::Value), attribute(&token, session, key, Attribute::Value));
    assert_eq!(attribute(&token, session, again, Attribute::Local), Ok(Value::Flag(false)));
}

#[test]
fn every_wrapping_mechanism_goes_there_and_back() {
    let (token, session) = generic();
    let application = &token.application;
    let by = aes(&token, session, 32);
    let gcm = Parameter::Gcm { iv: [1; 12].as_slice().into(), aad: Vec::new(), tag_bits: 128 };
    let key = aes(&token, session, 32);
    for mechanism in [
        mechanism(MechanismType::AesKeyWrap),
        Mechanism::with(MechanismType::AesKeyWrap, Parameter::Bytes(Vec::new())),
        mechanism(MechanismType::AesKeyWrapKwp),
        mechanism(MechanismType::AesKeyWrapPkcs7),
        mechanism(MechanismType::AesEcb),
        Mechanism::with(MechanismType::AesCbc, Parameter::Bytes(vec![2; 16])),
        Mechanism::with(MechanismType::AesCbcPad, Parameter::Bytes(vec![2; 16])),
        Mechanism::with(MechanismType::AesGcm, gcm),
        Mechanism::with(MechanismType::AesCtr, Parameter::Counter { bits: 128, block: [3; 16] }),
    ] {
        let wrapped = output(|out| application.wrap_key(session, &mechanism, by, key, out)).unwrap();
        let again = application.unwrap_key(session, &mechanism, by, &wrapped, &unwrapped()).unwrap();
        let value = |key| attribute(&token, session, key, Attribute::Value);
        assert_eq!(value(again), value(key), "{mechanism:?}");
        let damaged = application.unwrap_key(session, &mechanism, by, &wrapped[..wrapped.len() - 1], &unwrapped());
        assert!(matches!(damaged, Err(Error::WrappedKeyLenRange | Error::WrappedKeyInvalid)), "{damaged:?}");
    }
}

/// A key that is said not to be sensitive can be wrapped and read; one that is said to be sensitive cannot, unless it is extractable.
#[test]
fn single_des_wraps_what_is_not_sensitive() {
    let (token, session) = generic();
    let application = &token.application;
    let make = |template: Template| application.generate_key(session, &mechanism(MechanismType::DesKeyGen), &template);
    let by = make(Template::new().flag(Attribute::Wrap, true).flag(Attribute::Unwrap, true)).unwrap();
    let (open, hidden) =
        [false, true].map(|sensitive| make(Template::new().flag(Attribute::Sensitive, sensitive)).unwrap()).into();
    let ecb = mechanism(MechanismType::DesEcb);
    let wrapped = output(|out| application.wrap_key(session, &ecb, by, open, out)).unwrap();
    let template = Template::new().number(Attribute::Class, SECRET).number(Attribute::KeyType, DES);
    let again =
        application.unwrap_key(session, &ecb, by, &wrapped, &template.flag(Attribute::Sensitive, false)).unwrap();
    let value = |key| attribute(&token, session, key, Attribute::Value).unwrap();
    assert_eq!(value(again), value(open));
    refused(application.wrap_key(session, &ecb, by, hidden, Output::Length), Error::KeyUnextractable);
}

#[test]
fn who_may_be_wrapped_by_whom() {
    let (token, session) = generic();
    let application = &token.application;
    let by = aes(&token, session, 32);
    let key = aes(&token, session, 16);
    let kwp = mechanism(MechanismType::AesKeyWrapKwp);
    let wrap = |by, key| application.wrap_key(session, &kwp, by, key, Output::Length);
    refused(wrap(ObjectHandle::new(99), key), Error::WrappingKeyHandleInvalid);
    refused(wrap(by, ObjectHandle::new(99)), Error::KeyHandleInvalid);
    let generic = secret(&token, session, GENERIC, &[1; 16]);
    refused(wrap(generic, key), Error::WrappingKeyTypeInconsistent);
    let change = |key, name, value| {
        application.set_attributes(session, key, &Template::new().flag(name, value)).unwrap();
    };
    change(key, Attribute::WrapWithTrusted, true);
    refused(wrap(by, key), Error::KeyNotWrappable);
    change(generic, Attribute::Extractable, false);
    refused(wrap(by, generic), Error::KeyUnextractable);
    change(by, Attribute::Wrap, false);
    refused(wrap(by, key), Error::KeyFunctionNotPermitted);
    refused(
        application.unwrap_key(session, &kwp, ObjectHandle::new(99), &[0; 24], &unwrapped()),
        Error::UnwrappingKeyHandleInvalid,
    );
}

/// Raw RSA puts zeros in front of a key; its length says which of them are the key's (PKCS#11 v3.1 §6.1.8).
#[test]
fn a_secret_travels_under_raw_rsa() {
    let (token, session) = generic();
    let application = &token.application;
    let public = Template::new().number(Attribute::ModulusBits, 1024).flag(Attribute::Wrap, true);
    let private = Template::new().flag(Attribute::Unwrap, true);
    let make = mechanism(MechanismType::RsaPkcsKeyPairGen);
    let (by, back) = application.generate_key_pair(session, &make, &public, &private).unwrap();
    let bare = mechanism(MechanismType::RsaX509);
    let value = [&[0, 0], &[7; 14][..]].concat();
    let key = secret(&token, session, AES, &value);
    let wrapped = output(|out| application.wrap_key(session, &bare, by, key, out)).unwrap();
    let unwrap = |template: &Template| application.unwrap_key(session, &bare, back, &wrapped, template);
    let again = unwrap(&unwrapped().number(Attribute::ValueLen, 16)).unwrap();
    assert_eq!(attribute(&token, session, again, Attribute::Value), Ok(Value::bytes(&value)));
    refused(unwrap(&unwrapped()), Error::TemplateIncomplete);
    let generic_key = everything(Template::new().number(Attribute::Class, SECRET).number(Attribute::KeyType, 16));
    refused(unwrap(&generic_key.clone().number(Attribute::ValueLen, 8)), Error::WrappedKeyInvalid);
    refused(unwrap(&generic_key.number(Attribute::ValueLen, 129)), Error::WrappedKeyLenRange);
}

#[test]
fn a_private_key_travels_under_rsa() {
    let (token, session) = generic();
    let application = &token.application;
    let public = Template::new().number(Attribute::ModulusBits, 2048).flag(Attribute::Wrap, true);
    let private = Template::new().flag(Attribute::Unwrap, true);
    let rsa = mechanism(MechanismType::RsaPkcsKeyPairGen);
    let (public, private) = application.generate_key_pair(session, &rsa, &public, &private).unwrap();
    let ec = Template::new().bytes(Attribute::EcParams, &[6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7]);
    let open = Template::new().flag(Attribute::Extractable, true);
    let (verifier, signer) =
        application.generate_key_pair(session, &mechanism(MechanismType::EcKeyPairGen), &ec, &open).unwrap();
    let parameter = Parameter::RsaAesWrap { aes_bits: 256, hash: Hash::Sha256, mgf: Hash::Sha256, label: Vec::new() };
    let mechanism = Mechanism::with(MechanismType::RsaAesKeyWrap, parameter);
    let wrapped = output(|out| application.wrap_key(session, &mechanism, public, signer, out)).unwrap();
    let template =
        Template::new().number(Attribute::Class, 3).number(Attribute::KeyType, 3).flag(Attribute::Sign, true);
    let again = application.unwrap_key(session, &mechanism, private, &wrapped, &template).unwrap();
    let ecdsa = Mechanism::new(MechanismType::EcdsaSha256);
    application.sign_init(session, &ecdsa, again).unwrap();
    let signature = output(|out| application.sign(session, b"data", out)).unwrap();
    application.verify_init(session, &ecdsa, verifier).unwrap();
    application.verify(session, b"data", &signature).unwrap();
    refused(application.wrap_key(session, &mechanism, public, verifier, Output::Length), Error::KeyNotWrappable);
}

/// RFC 5869 A.1.
#[test]
fn a_published_derivation() {
    let (token, session) = generic();
    let base = secret(&token, session, GENERIC, &[0x0b; 22]);
    let parameter = Parameter::Hkdf {
        extract: true,
        expand: true,
        hash: Hash::Sha256,
        salt: Salt::Data(hex("000102030405060708090a0b0c")),
        info: hex("f0f1f2f3f4f5f6f7f8f9"),
    };
    let mechanism = Mechanism::with(MechanismType::HkdfDerive, parameter);
    let template = everything(Template::new().number(Attribute::ValueLen, 42));
    let key = derive(&token, session, &mechanism, base, &template).unwrap();
    let expected = hex("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
    assert_eq!(attribute(&token, session, key, Attribute::Value), Ok(Value::bytes(&expected)));
    // Without a length it is that of the digest.
    let key = derive(&token, session, &mechanism, base, &everything(Template::new())).unwrap();
    assert_eq!(attribute(&token, session, key, Attribute::Value), Ok(Value::bytes(&expected[..32])));
}

#[test]
fn simple_derivations() {
    let (token, session) = generic();
    let application = &token.application;
    let base = secret(&token, session, GENERIC, &[1, 2, 3, 4]);
    let other = secret(&token, session, GENERIC, &[9, 9]);
    let open = everything(Template::new());
    for (kind, parameter, expected) in [
        (MechanismType::ConcatenateBaseAndKey, Parameter::Key(other), vec![1, 2, 3, 4, 9, 9]),
        (MechanismType::ConcatenateBaseAndData, Parameter::Bytes(vec![7]), vec![1, 2, 3, 4, 7]),
        (MechanismType::ConcatenateDataAndBase, Parameter::Bytes(vec![7]), vec![7, 1, 2, 3, 4]),
        (MechanismType::XorBaseAndData, Parameter::Bytes(vec![1, 1, 1, 1]), vec![0, 3, 2, 5]),
    ] {
        let key = derive(&token, session, &Mechanism::with(kind, parameter), base, &open).unwrap();
        assert_eq!(attribute(&token, session, key, Attribute::Value), Ok(Value::bytes(&expected)), "{kind:?}");
    }
    let hashed = derive(&token, session, &mechanism(MechanismType::Sha256KeyDerivation), base, &open).unwrap();
    assert_eq!(attribute(&token, session, hashed, Attribute::ValueLen), Ok(Value::Number(32)));
    application.set_attributes(session, base, &Template::new().flag(Attribute::Sensitive, true)).unwrap();
    let join = Mechanism::with(MechanismType::ConcatenateBaseAndData, Parameter::Bytes(vec![7]));
    refused(application.derive_key(session, &join, base, &open), Error::TemplateInconsistent);
}

#[test]
fn counter_derivation_and_passwords() {
    let (token, session) = generic();
    let application = &token.application;
    let base = secret(&token, session, GENERIC, &[5; 32]);
    let fields = vec![
        KdfField::Iteration(Some(COUNTER)),
        KdfField::Bytes(b"label".to_vec()),
        KdfField::Length { segments: false, form: COUNTER },
    ];
    let parameter = Parameter::CounterKdf { prf: 0x251, fields, iv: Vec::new(), further: Vec::new() };
    let mechanism = Mechanism::with(MechanismType::Sp800CounterKdf, parameter);
    let template = everything(Template::new().number(Attribute::KeyType, AES).number(Attribute::ValueLen, 32));
    let derived = derive(&token, session, &mechanism, base, &template).unwrap();
    let block = [&[0, 0, 0, 1], b"label".as_slice(), &[0, 0, 1, 0]].concat();
    let expected = crypto::hmac_sha256(&[5; 32], &block);
    assert_eq!(attribute(&token, session, derived, Attribute::Value), Ok(Value::bytes(&expected)));

    // RFC 6070.
    let parameter = Parameter::Pbkdf2 {
        salt: b"salt".to_vec(),
        iterations: 2,
        prf: Hash::Sha1,
        password: b"password".as_slice().into(),
    };
    let mechanism = Mechanism::with(MechanismType::Pkcs5Pbkd2, parameter);
    let template = everything(Template::new().number(Attribute::ValueLen, 20));
    let key = application.generate_key(session, &mechanism, &template).unwrap();
    let expected = hex("ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957");
    let value = attribute(&token, session, key, Attribute::Value);
    assert_eq!(value, Ok(Value::bytes(&expected)));
}

/// Iterations count for each block of the key.
#[test]
fn a_password_takes_no_longer_than_seconds() {
    let (token, session) = generic();
    for (prf, iterations, length) in [
        (Hash::Sha1, 0, 20),
        (Hash::Sha1, 10_000_001, 20),
        (Hash::Sha1, 5_000_001, 21),
        (Hash::Sha512, 5_000_001, 65),
        (Hash::Sha256, u64::from(u32::MAX), 32),
        (Hash::Sha256, u64::MAX, 64),
    ] {
        let parameter =
            Parameter::Pbkdf2 { salt: b"salt".to_vec(), iterations, prf, password: b"password".as_slice().into() };
        let template = everything(Template::new().number(Attribute::ValueLen, length));
        let mechanism = Mechanism::with(MechanismType::Pkcs5Pbkd2, parameter);
        refused(token.application.generate_key(session, &mechanism, &template), Error::MechanismParamInvalid);
    }
}
