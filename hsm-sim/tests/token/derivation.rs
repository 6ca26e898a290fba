//! Derivations that make several keys, those of TLS, and what derived keys are.

use hsm_sim::token::{CounterForm, Derived, Error, Hash, KdfField, MasterSeed, Parameter};

use super::*;

fn kdf(fields: Vec<KdfField>, further: Vec<Template>) -> Parameter {
    Parameter::CounterKdf { prf: 0x251, fields, iv: Vec::new(), further }
}

fn counter() -> KdfField {
    KdfField::Iteration(Some(CounterForm { little_endian: false, bits: 16 }))
}

fn open_key(length: u64) -> Template {
    everything(Template::new().number(Attribute::ValueLen, length))
}

fn value(token: &Token, session: SessionId, key: ObjectHandle) -> Vec<u8> {
    match attribute(token, session, key, Attribute::Value) {
        Ok(Value::Bytes(bytes)) => bytes.expose().to_vec(),
        other => panic!("{other:?}"),
    }
}

/// Each key starts with a block of its own (PKCS#11 v3.1 §6.42).
#[test]
fn one_derivation_makes_several_keys_or_none() {
    let (token, session) = generic();
    let base = secret(&token, session, GENERIC, &[5; 32]);
    let derive = |further: Vec<Template>| {
        let mechanism = Mechanism::with(MechanismType::Sp800CounterKdf, kdf(vec![counter()], further));
        token.application.derive_key(session, &mechanism, base, &open_key(16))
    };
    let Derived { key, further, .. } = derive(vec![open_key(40), open_key(1)]).unwrap();
    let block = |counter: u8| crypto::hmac_sha256(&[5; 32], &[0, counter]).to_vec();
    assert_eq!(value(&token, session, key.unwrap()), block(1)[..16]);
    assert_eq!(value(&token, session, further[0].unwrap()), [block(2), block(3)].concat()[..40]);
    assert_eq!(value(&token, session, further[1].unwrap()), block(4)[..1]);

    let before = token.find(session, &Template::new()).len();
    refused(derive(vec![open_key(16), Template::new()]), Error::TemplateIncomplete);
    let wrong = open_key(16).number(Attribute::KeyType, 999);
    refused(derive(vec![open_key(16), wrong]), Error::AttributeValueInvalid);
    assert_eq!(token.find(session, &Template::new()).len(), before);
}

#[test]
fn each_mode_takes_its_fields_and_no_others() {
    let (token, session) = generic();
    let base = secret(&token, session, GENERIC, &[5; 32]);
    let [previous, length] = [
        KdfField::Iteration(None),
        KdfField::Length { segments: false, form: CounterForm { little_endian: false, bits: 32 } },
    ];
    use MechanismType::{Sp800CounterKdf, Sp800DoublePipelineKdf, Sp800FeedbackKdf};
    for (kind, fields, fits) in [
        (Sp800CounterKdf, vec![counter()], true),
        (Sp800CounterKdf, vec![previous.clone()], false),
        (Sp800CounterKdf, vec![counter(), counter()], false),
        (Sp800CounterKdf, vec![length.clone()], false),
        (Sp800CounterKdf, vec![counter(), length.clone(), length.clone()], false),
        (Sp800FeedbackKdf, vec![previous.clone()], true),
        (Sp800FeedbackKdf, vec![counter()], false),
        (Sp800DoublePipelineKdf, vec![previous, length], true),
        (Sp800DoublePipelineKdf, vec![counter()], false),
    ] {
        let mechanism = Mechanism::with(kind, kdf(fields.clone(), Vec::new()));
        let derived = derive(&token, session, &mechanism, base, &open_key(16)).map(|_| ());
        assert_eq!(derived, if fits { Ok(()) } else { Err(Error::MechanismParamInvalid) }, "{kind:?} {fields:?}");
    }
}

/// The first vector for SHA-256 of the TLS 1.2 file of the NIST's validation program.
#[test]
fn the_secrets_and_keys_of_a_connection() {
    let (token, session) = generic();
    let premaster = secret(
        &token,
        session,
        GENERIC,
        &hex("f8938ecc9edebc5030c0c6a441e213cd24e6f770a50dda07876f8d55da062bcadb386b411fd4fe4313a604fce6c17fbc"),
    );
    let seed = MasterSeed::Randoms {
        client: hex("36c129d01a3200894b9179faac589d9835d58775f9b5ea3587cb8fd0364cae8c"),
        server: hex("f6c9575ed7ddd73e1f7d16eca115415812a43c2b747daaaae043abfb50053fce"),
    };
    let parameter = Parameter::TlsMaster { prf: Hash::Sha256, seed, tells_version: true };
    let mechanism = Mechanism::with(MechanismType::Tls12MasterKeyDerive, parameter);
    let open = everything(Template::new());
    let derived = token.application.derive_key(session, &mechanism, premaster, &open).unwrap();
    assert_eq!(derived.version, Some([0xf8, 0x93]));
    let master = derived.key.unwrap();
    let expected =
        hex("202c88c00f84a17a20027079604787461176455539e705be730890602c289a5001e34eeb3a043e5d52a65e66125188bf");
    assert_eq!(value(&token, session, master), expected);

    // Of an agreed secret no byte is told.
    let agreed = Mechanism { kind: MechanismType::Tls12MasterKeyDeriveDh, ..mechanism };
    refused(token.application.derive_key(session, &agreed, premaster, &open), Error::MechanismParamInvalid);

    let keys = |mac_bits, iv_bits| Parameter::TlsKeys {
        prf: Hash::Sha256,
        client: hex("62e1fd91f23f558a605f28478c58cf72637b89784d959df7e946d3f07bd1b616"),
        server: hex("ae6c806f8ad4d80784549dff28a4b58fd837681a51d928c3e30ee5ff14f39868"),
        mac_bits,
        key_bits: 128,
        iv_bits,
    };
    let mechanism = Mechanism::with(MechanismType::Tls12KeyAndMacDerive, keys(256, 128));
    let aes = Template::new().number(Attribute::KeyType, AES).number(Attribute::ValueLen, 16);
    let made = token.application.derive_key(session, &mechanism, master, &aes).unwrap();
    let block = hex(
        "d06139889fffac1e3a71865f504aa5d0d2a2e89506c6f2279b670c3e1b74f531016a2530c51a3a0f7e1d6590d0f0566b2f387f8d11fd4f731cdd572d2eae927f6f2f81410b25e6960be68985add6c38445ad9f8c64bf8068bf9a6679485d966f1ad6f68b43495b10a683755ea2b858d70ccac7ec8b053c6bd41ca299d4e51928",
    );
    let found: Vec<u8> = made
        .further
        .iter()
        .flat_map(|key| value(&token, session, key.unwrap()))
        .chain(made.ivs.clone().unwrap().0)
        .collect();
    assert_eq!(found, block[..112]);
    assert_eq!(made.ivs.unwrap().1, block[112..128]);
    assert_eq!(made.key, None);
    let flag = |key: Option<ObjectHandle>, name| attribute(&token, session, key.unwrap(), name);
    assert_eq!(flag(made.further[0], Attribute::Sign), Ok(Value::Flag(true)));
    assert_eq!(flag(made.further[0], Attribute::Encrypt), Ok(Value::Flag(false)));
    assert_eq!(flag(made.further[2], Attribute::Encrypt), Ok(Value::Flag(true)));
    assert_eq!(flag(made.further[2], Attribute::Sign), Ok(Value::Flag(false)));

    // Ciphers with authentication need no keys for codes.
    let mechanism = Mechanism::with(MechanismType::Tls12KeySafeDerive, keys(0, 0));
    let made = token.application.derive_key(session, &mechanism, master, &aes).unwrap();
    assert_eq!((&made.further[..2], &made.ivs), (&[None, None][..], &None));
    // All four are guarded as the master secret is.
    let hidden = aes.clone().flag(Attribute::Sensitive, true);
    refused(token.application.derive_key(session, &mechanism, master, &hidden), Error::TemplateInconsistent);
    let short = secret(&token, session, GENERIC, &[1; 47]);
    refused(token.application.derive_key(session, &mechanism, short, &aes), Error::KeySizeRange);
}

#[test]
fn a_premaster_secret_begins_with_the_version() {
    let (token, session) = generic();
    let mechanism = Mechanism::with(MechanismType::TlsPreMasterKeyGen, Parameter::Version([3, 3]));
    let open = everything(Template::new());
    let key = token.application.generate_key(session, &mechanism, &open).unwrap();
    let made = value(&token, session, key);
    assert_eq!((made.len(), &made[..2]), (48, &[3, 3][..]));
    let short = open.number(Attribute::ValueLen, 47);
    refused(token.application.generate_key(session, &mechanism, &short), Error::TemplateInconsistent);
}

/// Of the defaults that the standard leaves to the token.
#[test]
fn a_derived_key_is_for_what_its_template_names() {
    let (token, session) = generic();
    let shown = Template::new()
        .number(Attribute::Class, SECRET)
        .number(Attribute::KeyType, GENERIC)
        .bytes(Attribute::Value, &[1, 2, 3])
        .flag(Attribute::Private, false)
        .flag(Attribute::Derive, true);
    let base = token.application.create_object(session, &shown).unwrap();
    assert_eq!(attribute(&token, session, base, Attribute::Value), Ok(Value::bytes(&[1, 2, 3])));
    let mechanism = Mechanism::with(MechanismType::ConcatenateBaseAndData, Parameter::Bytes(vec![4]));
    for (template, encrypts, signs) in [
        (Template::new(), true, true),
        (Template::new().flag(Attribute::Encrypt, true), true, false),
        (Template::new().flag(Attribute::Derive, true), false, false),
    ] {
        let key = derive(&token, session, &mechanism, base, &template).unwrap();
        assert_eq!(attribute(&token, session, key, Attribute::Encrypt), Ok(Value::Flag(encrypts)), "{template:?}");
        assert_eq!(attribute(&token, session, key, Attribute::Sign), Ok(Value::Flag(signs)), "{template:?}");
    }
}

/// The template of the base is part of every key derived from it.
#[test]
fn a_base_says_what_is_derived_from_it() {
    let (token, session) = generic();
    let rule = Template::new().flag(Attribute::Sensitive, true).number(Attribute::ValueLen, 32);
    let template = Template::new()
        .number(Attribute::Class, SECRET)
        .number(Attribute::KeyType, GENERIC)
        .bytes(Attribute::Value, &[1; 16])
        .flag(Attribute::Derive, true)
        .with(Attribute::DeriveTemplate, Value::Template(rule));
    let base = token.application.create_object(session, &template).unwrap();
    let mechanism = mechanism(MechanismType::Sha256KeyDerivation);
    let key = derive(&token, session, &mechanism, base, &Template::new()).unwrap();
    assert_eq!(attribute(&token, session, key, Attribute::Sensitive), Ok(Value::Flag(true)));
    assert_eq!(attribute(&token, session, key, Attribute::ValueLen), Ok(Value::Number(32)));
    let other = Template::new().number(Attribute::ValueLen, 16);
    refused(token.application.derive_key(session, &mechanism, base, &other), Error::TemplateInconsistent);
}

#[test]
fn attributes_that_the_token_alone_decides() {
    let (token, session) = generic();
    let template = Template::new().number(Attribute::ValueLen, 16).bytes(Attribute::UniqueId, b"1");
    let generated = token.application.generate_key(session, &mechanism(MechanismType::AesKeyGen), &template);
    refused(generated, Error::AttributeTypeInvalid);
    let key = aes(&token, session, 16);
    // No list is not the empty list.
    assert_eq!(attribute(&token, session, key, Attribute::AllowedMechanisms), Err(Error::AttributeTypeInvalid));
}

/// What a key encrypts has to suffice for the derived key; too little is a fault of the parameter.
#[test]
fn encrypted_data_makes_no_longer_key() {
    let (token, session) = generic();
    let base = aes(&token, session, 32);
    let iv_and_data = |data: &[u8]| Parameter::IvAndData { iv: vec![0; 16], data: data.to_vec() };
    for (kind, parameter) in [
        (MechanismType::AesEcbEncryptData, Parameter::Bytes(vec![0; 16])),
        (MechanismType::AesEcbEncryptData, Parameter::Bytes(vec![0; 15])),
        (MechanismType::AesCbcEncryptData, iv_and_data(&[0; 16])),
        (MechanismType::AesCbcEncryptData, iv_and_data(&[0; 31])),
    ] {
        let template = Template::new().number(Attribute::KeyType, AES).number(Attribute::ValueLen, 32);
        let made = derive(&token, session, &Mechanism::with(kind, parameter.clone()), base, &template);
        assert_eq!(made, Err(Error::MechanismParamInvalid), "{parameter:?}");
    }
}

/// RFC 5705 4: the seed has the context after its length, or nothing. Computed with another implementation of HMAC.
#[test]
fn exporters_tell_contexts_apart() {
    let (token, session) = generic();
    let base = secret(&token, session, GENERIC, &[7; 48]);
    for (context, expected) in [
        (&b""[..], "65639c271e01c4c25e12449e4dd8a1ece3bda16723cd3a0916eba9545e9fc3fb"),
        (b"context", "a33c827f39a1ff4bd9636319299fa563edfdb235a6b451adf4a540ce0a713cb1"),
    ] {
        let parameter = Parameter::TlsKdf {
            prf: Hash::Sha256,
            label: b"EXPORTER-tests".to_vec(),
            client: vec![1; 32],
            server: vec![2; 32],
            context: context.to_vec(),
        };
        let exporter = Mechanism::with(MechanismType::TlsKdf, parameter);
        let key = derive(&token, session, &exporter, base, &open_key(32)).unwrap();
        assert_eq!(value(&token, session, key), hex(expected), "{context:?}");
    }
}
