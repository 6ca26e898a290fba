//! Objects: templates, attributes, changing, copying, destroying, finding.

use std::thread;

use hsm_sim::token::{Attribute, Error, ObjectHandle, Template, Value};

use super::*;

/// The object identifier of P-256.
const P256: &[u8] = &[6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];

#[test]
fn templates_are_refused_for_what_is_wrong_with_them() {
    let (token, session) = generic();
    let secret = || Template::new().number(Attribute::Class, SECRET);
    let aes = || secret().number(Attribute::KeyType, AES);
    let value = [7; 16];
    for (template, error) in [
        (Template::new(), Error::TemplateIncomplete),
        (secret(), Error::TemplateIncomplete),
        (aes(), Error::TemplateIncomplete),
        (aes().bytes(Attribute::Value, &[7; 17]), Error::AttributeValueInvalid),
        (aes().bytes(Attribute::Value, &value).bytes(Attribute::Value, &[8; 16]), Error::TemplateInconsistent),
        (aes().bytes(Attribute::Value, &value).number(Attribute::ValueLen, 16), Error::AttributeReadOnly),
        (aes().bytes(Attribute::Value, &value).flag(Attribute::Local, true), Error::AttributeReadOnly),
        (aes().bytes(Attribute::Value, &value).flag(Attribute::Unknown(0x9999), true), Error::AttributeTypeInvalid),
        (aes().bytes(Attribute::Value, &value).bytes(Attribute::Modulus, &value), Error::AttributeTypeInvalid),
        (aes().bytes(Attribute::Value, &value).number(Attribute::Label, 1), Error::AttributeValueInvalid),
        (aes().bytes(Attribute::Value, &value).bytes(Attribute::Label, b"\xff"), Error::AttributeValueInvalid),
        (aes().bytes(Attribute::Value, &value).bytes(Attribute::StartDate, b"tomorrow"), Error::AttributeValueInvalid),
        (aes().bytes(Attribute::Value, &value).bytes(Attribute::CheckValue, b"abc"), Error::AttributeValueInvalid),
        (aes().bytes(Attribute::Value, &value).flag(Attribute::Trusted, true), Error::AttributeReadOnly),
        (secret().number(Attribute::KeyType, 0).bytes(Attribute::Value, &value), Error::TemplateInconsistent),
        (secret().number(Attribute::KeyType, 0x7777).bytes(Attribute::Value, &value), Error::AttributeValueInvalid),
        (Template::new().number(Attribute::Class, 0x7777), Error::AttributeValueInvalid),
    ] {
        let made = token.application.create_object(session, &template);
        assert_eq!(made, Err(error), "{template:?}");
    }
}

#[test]
fn an_attribute_given_twice_alike_is_given_once() {
    let (token, session) = generic();
    let aes = Template::new().number(Attribute::Class, SECRET).number(Attribute::KeyType, AES);
    let template = aes.bytes(Attribute::Value, &[7; 16]).flag(Attribute::Encrypt, true).flag(Attribute::Encrypt, true);
    let made = token.application.create_object(session, &template).unwrap();
    assert_eq!(attribute(&token, session, made, Attribute::Encrypt), Ok(Value::Flag(true)));
}

#[test]
fn data_objects_of_a_mebibyte() {
    let (token, session) = generic();
    let value = vec![5; 1 << 20];
    let template = Template::new().number(Attribute::Class, 0).flag(Attribute::Token, true);
    let made = token.application.create_object(session, &template.clone().bytes(Attribute::Value, &value)).unwrap();
    assert_eq!(attribute(&token, session, made, Attribute::Value), Ok(Value::bytes(&value)));
    let larger = token.application.create_object(session, &template.bytes(Attribute::Value, &[0; 3 << 20]));
    assert_eq!(larger, Err(Error::AttributeValueInvalid));
}

#[test]
fn how_a_key_was_born() {
    let (token, session) = generic();
    let flags = |key| {
        [Attribute::Local, Attribute::AlwaysSensitive, Attribute::NeverExtractable]
            .map(|name| attribute(&token, session, key, name).unwrap() == Value::Flag(true))
    };
    let template = Template::new().number(Attribute::ValueLen, 32);
    let made = token.application.generate_key(session, &mechanism(MechanismType::AesKeyGen), &template).unwrap();
    assert_eq!(flags(made), [true; 3]);
    assert_eq!(attribute(&token, session, made, Attribute::KeyGenMechanism), Ok(Value::Number(0x1080)));
    assert_eq!(flags(aes(&token, session, 16)), [true, false, false]);
    let given = secret(&token, session, AES, &[1; 16]);
    assert_eq!(flags(given), [false; 3]);
    assert_eq!(attribute(&token, session, given, Attribute::KeyGenMechanism), Ok(Value::UNAVAILABLE));
}

#[test]
fn values_are_shown_unless_they_are_sensitive() {
    let (token, session) = generic();
    let open = secret(&token, session, AES, &[1; 16]);
    assert_eq!(attribute(&token, session, open, Attribute::Value), Ok(Value::bytes(&[1; 16])));
    assert_eq!(
        attribute(&token, session, open, Attribute::CheckValue),
        Ok(Value::bytes(&crypto::aes_kcv(&[1; 16]).unwrap()))
    );
    let answers = |key| {
        let asked = [Attribute::Label, Attribute::Value, Attribute::Modulus, Attribute::ValueLen];
        token.application.attributes(session, key, &asked).unwrap()
    };
    for change in [(Attribute::Sensitive, true), (Attribute::Extractable, false)] {
        let key = secret(&token, session, AES, &[1; 16]);
        token.application.set_attributes(session, key, &Template::new().flag(change.0, change.1)).unwrap();
        assert_eq!(
            answers(key),
            [
                Ok(Value::bytes(b"")),
                Err(Error::AttributeSensitive),
                Err(Error::AttributeTypeInvalid),
                Ok(Value::Number(16))
            ]
        );
        let back = token.application.set_attributes(session, key, &Template::new().flag(change.0, !change.1));
        refused(back, Error::AttributeReadOnly);
    }
}

#[test]
fn changes_are_made_wholly_or_not_at_all() {
    let (token, session) = generic();
    for of_token in [false, true] {
        let template = everything(Template::new().number(Attribute::ValueLen, 16)).flag(Attribute::Token, of_token);
        let key = token.application.generate_key(session, &mechanism(MechanismType::AesKeyGen), &template).unwrap();
        let mixed = Template::new().bytes(Attribute::Label, b"new").number(Attribute::KeyType, AES);
        refused(token.application.set_attributes(session, key, &mixed), Error::AttributeReadOnly);
        assert_eq!(attribute(&token, session, key, Attribute::Label), Ok(Value::bytes(b"")));
        let change = Template::new().bytes(Attribute::Label, b"new").flag(Attribute::Encrypt, false);
        token.application.set_attributes(session, key, &change).unwrap();
        assert_eq!(attribute(&token, session, key, Attribute::Label), Ok(Value::bytes(b"new")));
        let gcm = mechanism(MechanismType::AesEcb);
        refused(token.application.encrypt_init(session, &gcm, key), Error::KeyFunctionNotPermitted);
    }
}

#[test]
fn copies_change_where_an_object_lives_and_no_more() {
    let (token, session) = generic();
    let key = secret(&token, session, AES, &[1; 16]);
    let template = Template::new().flag(Attribute::Token, true).bytes(Attribute::Label, b"copy");
    let copy = token.application.copy_object(session, key, &template).unwrap();
    assert_eq!(attribute(&token, session, copy, Attribute::Value), Ok(Value::bytes(&[1; 16])));
    assert_eq!(attribute(&token, session, copy, Attribute::Token), Ok(Value::Flag(true)));
    refused(
        token.application.copy_object(session, key, &Template::new().bytes(Attribute::Value, &[2; 16])),
        Error::AttributeReadOnly,
    );
    let fixed = Template::new().flag(Attribute::Copyable, false);
    token.application.set_attributes(session, key, &fixed).unwrap();
    refused(token.application.copy_object(session, key, &template), Error::ActionProhibited);
}

#[test]
fn sessions_that_only_read_leave_the_token_as_it_is() {
    let (token, session) = generic();
    let template = Template::new().number(Attribute::ValueLen, 16).flag(Attribute::Token, true);
    let key = token.application.generate_key(session, &mechanism(MechanismType::AesKeyGen), &template).unwrap();
    let reader = token.application.open_session(token.slot, false).unwrap();
    let application = &token.application;
    refused(application.generate_key(reader, &mechanism(MechanismType::AesKeyGen), &template), Error::SessionReadOnly);
    refused(application.destroy_object(reader, key), Error::SessionReadOnly);
    refused(
        application.set_attributes(reader, key, &Template::new().bytes(Attribute::Label, b"x")),
        Error::SessionReadOnly,
    );
    aes(&token, reader, 16);
    application.destroy_object(session, key).unwrap();
    refused(attribute(&token, session, key, Attribute::Class), Error::ObjectHandleInvalid);
}

#[test]
fn objects_are_found_by_any_template() {
    let (token, session) = generic();
    let made: Vec<ObjectHandle> = (0..6_u8)
        .map(|number| {
            let template = Template::new()
                .number(Attribute::ValueLen, 16)
                .flag(Attribute::Token, number % 2 == 0)
                .bytes(Attribute::Label, if number < 3 { b"low" } else { b"high" })
                .bytes(Attribute::Id, &[number]);
            token.application.generate_key(session, &mechanism(MechanismType::AesKeyGen), &template).unwrap()
        })
        .collect();
    let data =
        Template::new().number(Attribute::Class, 0).flag(Attribute::Token, true).bytes(Attribute::Value, b"text");
    let data = token.application.create_object(session, &data).unwrap();
    let template = Template::new;
    for (wanted, expected) in [
        (template().bytes(Attribute::Label, b"low"), vec![made[0], made[2], made[1]]),
        (template().bytes(Attribute::Id, &[4]), vec![made[4]]),
        (template().flag(Attribute::Token, false), vec![made[1], made[3], made[5]]),
        (template().flag(Attribute::Token, true).number(Attribute::KeyType, AES), vec![made[0], made[2], made[4]]),
        (template().number(Attribute::Class, 0), vec![data]),
        (template().bytes(Attribute::Value, b"text"), vec![data]),
        (template().bytes(Attribute::Label, b"none"), vec![]),
        (template().flag(Attribute::Unknown(0x1234), true), vec![]),
    ] {
        assert_eq!(token.find(session, &wanted), expected, "{wanted:?}");
    }
    assert_eq!(token.find(session, &template()).len(), 7);
}

/// A search that an index answers finds what reading every object's attributes finds.
#[test]
fn indexed_searches_agree_with_the_attributes() {
    let (token, session) = generic();
    let named = || Template::new().flag(Attribute::Token, true).bytes(Attribute::Label, b"same");
    let key = || named().number(Attribute::ValueLen, 16).bytes(Attribute::Id, b"1");
    let make = |kind, template: Template| token.application.generate_key(session, &mechanism(kind), &template).unwrap();
    let mut objects = vec![
        make(MechanismType::AesKeyGen, key().flag(Attribute::Sensitive, false)),
        make(MechanismType::AesKeyGen, key().flag(Attribute::Private, false).flag(Attribute::Encrypt, false)),
        make(MechanismType::GenericSecretKeyGen, key().flag(Attribute::Copyable, false)),
    ];
    let curve = named().bytes(Attribute::EcParams, P256).bytes(Attribute::Id, b"1");
    let pair = mechanism(MechanismType::EcKeyPairGen);
    let (public, private) = token.application.generate_key_pair(session, &pair, &curve, &named()).unwrap();
    objects.extend([public, private]);
    let data = named().number(Attribute::Class, 0).bytes(Attribute::Value, b"text");
    objects.push(token.application.create_object(session, &data).unwrap());

    let read = |object: ObjectHandle, asked: Attribute| attribute(&token, session, object, asked);
    let asked = [
        Attribute::Class,
        Attribute::KeyType,
        Attribute::Token,
        Attribute::Private,
        Attribute::Modifiable,
        Attribute::Copyable,
        Attribute::Encrypt,
        Attribute::Sensitive,
        Attribute::Trusted,
        Attribute::Label,
        Attribute::Id,
        Attribute::ValueLen,
        Attribute::CheckValue,
        Attribute::EcParams,
        Attribute::UniqueId,
        Attribute::Value,
    ];
    let mut searches = 0;
    for (base, value) in [(Attribute::Label, b"same".as_slice()), (Attribute::Id, b"1"), (Attribute::Id, b"2")] {
        for object in &objects {
            for asked in asked.into_iter().filter(|asked| *asked != base) {
                let Ok(wanted) = read(*object, asked) else { continue };
                let template = Template::new().bytes(base, value).with(asked, wanted.clone());
                let fits = |object: &&ObjectHandle| {
                    read(**object, base) == Ok(Value::bytes(value)) && read(**object, asked) == Ok(wanted.clone())
                };
                let expected: Vec<ObjectHandle> = objects.iter().filter(fits).copied().collect();
                assert_eq!(token.find(session, &template), expected, "{template:?}");
                searches += 1;
            }
        }
    }
    assert!(searches > 150, "{searches}");
}

#[test]
fn a_search_is_decided_when_it_starts() {
    let (token, session) = generic();
    let keys: Vec<ObjectHandle> = (0..5).map(|_| aes(&token, session, 16)).collect();
    let application = &token.application;
    refused(application.find(session, 1), Error::OperationNotInitialized);
    application.find_init(session, &Template::new()).unwrap();
    refused(application.find_init(session, &Template::new()), Error::OperationActive);
    assert_eq!(application.find(session, 0).unwrap(), []);
    assert_eq!(application.find(session, 2).unwrap(), keys[..2]);
    application.destroy_object(session, keys[0]).unwrap();
    aes(&token, session, 16);
    assert_eq!(application.find(session, 9).unwrap(), keys[2..]);
    assert_eq!(application.find(session, 9).unwrap(), []);
    application.find_final(session).unwrap();
    refused(application.find_final(session), Error::OperationNotInitialized);
}

#[test]
fn certificates_are_objects_of_the_token() {
    let (token, session) = generic();
    let certificate = Template::new()
        .number(Attribute::Class, 1)
        .number(Attribute::CertificateType, 0)
        .flag(Attribute::Token, true)
        .bytes(Attribute::Subject, b"0\0")
        .bytes(Attribute::Id, b"7");
    refused(token.application.create_object(session, &certificate), Error::TemplateIncomplete);
    let certificate = certificate.bytes(Attribute::Value, b"DER");
    let made = token.application.create_object(session, &certificate).unwrap();
    assert_eq!(attribute(&token, session, made, Attribute::Value), Ok(Value::bytes(b"DER")));
    assert_eq!(attribute(&token, session, made, Attribute::Private), Ok(Value::Flag(false)));
    token.application.logout(session).unwrap();
    assert_eq!(token.find(session, &Template::new().number(Attribute::Class, 1)).len(), 1);
}

/// The table of the client library's certificates, its limit, and who may do what.
#[test]
fn a_cluster_keeps_certificates_for_everybody() {
    let x509 = || Template::new().number(Attribute::Class, 1).number(Attribute::CertificateType, 0);
    let whole = || x509().bytes(Attribute::Subject, b"0\0").bytes(Attribute::Value, b"DER");
    let (older, session) = cloud(2);
    refused(older.application.create_object(session, &whole()), Error::TemplateInconsistent);

    let world = World::ephemeral().unwrap();
    let cluster = ActiveCluster::builder().nodes(2).kmsuser("kmsPswd1").hsm_type("hsm2m.medium");
    let token = Token::on(cluster.build_in(&world, &Realm::default()).unwrap());
    // Nobody is logged in.
    let session = token.session();
    let create = |template: &Template| token.application.create_object(session, template);
    refused(create(&x509().bytes(Attribute::Value, b"DER")), Error::TemplateIncomplete);
    for (name, value) in [
        (Attribute::Token, Value::Flag(false)),
        (Attribute::Modifiable, Value::Flag(false)),
        (Attribute::Private, Value::Flag(true)),
        (Attribute::Copyable, Value::Flag(true)),
        (Attribute::Destroyable, Value::Flag(false)),
        (Attribute::CertificateCategory, Value::Number(1)),
        (Attribute::Label, Value::bytes(&[b'l'; 128])),
        (Attribute::Id, Value::bytes(&[1; 129])),
        (Attribute::PublicKeyInfo, Value::bytes(&[1; 16 * 1024 + 1])),
        (Attribute::Issuer, Value::bytes(&[1; 32 * 1024 + 1])),
    ] {
        let template = whole().with(name, value);
        assert_eq!(create(&template), Err(Error::AttributeValueInvalid), "{name:?}");
    }
    refused(create(&whole().bytes(Attribute::Url, b"http://")), Error::TemplateInconsistent);

    let first = create(&whole().bytes(Attribute::Label, b"first").bytes(Attribute::Id, &[1; 128])).unwrap();
    for (name, value) in [
        (Attribute::Token, Value::Flag(true)),
        (Attribute::Private, Value::Flag(false)),
        (Attribute::Copyable, Value::Flag(false)),
        (Attribute::Trusted, Value::Flag(false)),
        (Attribute::Modifiable, Value::Flag(true)),
        (Attribute::Destroyable, Value::Flag(true)),
        (Attribute::Issuer, Value::bytes(b"")),
        (Attribute::Value, Value::bytes(b"DER")),
    ] {
        assert_eq!(attribute(&token, session, first, name), Ok(value), "{name:?}");
    }
    // Another application, with a login, changes and destroys what nobody owns.
    let other = token.other();
    let there = other.open_session(token.slot, true).unwrap();
    other.login(there, UserType::User, CLOUD_PIN).unwrap();
    let found = find(&other, there, &Template::new().number(Attribute::Class, 1))[0];
    let set = |name, value: &[u8]| other.set_attributes(there, found, &Template::new().bytes(name, value));
    set(Attribute::Id, b"7").unwrap();
    refused(set(Attribute::Id, &[1; 129]), Error::AttributeValueInvalid);
    refused(set(Attribute::Value, b"other"), Error::AttributeReadOnly);
    assert_eq!(attribute(&token, session, first, Attribute::Id), Ok(Value::bytes(b"7")));
    let mine = other.create_object(there, &whole()).unwrap();
    for _ in 2..60 {
        create(&whole()).unwrap();
    }
    assert!(matches!(create(&whole()), Err(Error::FunctionFailed(_))));
    other.destroy_object(there, found).unwrap();
    refused(token.application.object_size(session, first), Error::ObjectHandleInvalid);
    create(&whole()).unwrap();
    assert_eq!(find(&other, there, &Template::new()).len(), 60);
    assert_eq!(find(&other, there, &Template::new().number(Attribute::Class, SECRET)), []);
    assert_eq!(token.find(session, &Template::new()).len(), 60);
    other.destroy_object(there, mine).unwrap();
}

#[test]
fn a_session_key_that_another_session_ends_is_used_no_more() {
    let (token, session) = generic();
    let (application, other) = (&token.application, token.session());
    let ecb = Mechanism::new(MechanismType::AesEcb);
    let encrypts = |key| {
        application.encrypt_init(session, &ecb, key)?;
        output(|out| application.encrypt(session, &[0; 16], out))
    };
    let make = |session| {
        let key = aes(&token, session, 32);
        encrypts(key).unwrap();
        key
    };
    let (kept, destroyed, forbidden) = (make(other), make(other), make(other));
    application.destroy_object(other, destroyed).unwrap();
    refused(encrypts(destroyed), Error::KeyHandleInvalid);
    application.set_attributes(other, forbidden, &Template::new().flag(Attribute::Encrypt, false)).unwrap();
    refused(encrypts(forbidden), Error::KeyFunctionNotPermitted);
    encrypts(kept).unwrap();
    application.close_session(other).unwrap();
    refused(encrypts(kept), Error::KeyHandleInvalid);
    refused(encrypts(forbidden), Error::KeyHandleInvalid);
}

#[test]
fn objects_of_many_sessions_are_found_in_all_and_go_with_their_own() {
    let (token, session) = generic();
    let application = &token.application;
    let template = |private| {
        let template = Template::new().number(Attribute::ValueLen, 16).bytes(Attribute::Label, b"of a session");
        template.flag(Attribute::Private, private)
    };
    let label = Template::new().bytes(Attribute::Label, b"of a session");
    let count = || find(application, session, &label).len();
    // On threads of their own too, whose sessions stand elsewhere in the table.
    let open = || {
        let other = token.session();
        for private in [false, true] {
            application.generate_key(other, &mechanism(MechanismType::AesKeyGen), &template(private)).unwrap();
        }
        other
    };
    let mut sessions: Vec<SessionId> = (0..20).map(|_| open()).collect();
    sessions.extend((0..20).map(|_| thread::scope(|scope| scope.spawn(open).join().unwrap())));
    assert_eq!(count(), 80);
    let all = find(application, session, &label);
    assert!(all.iter().enumerate().all(|(place, handle)| !all[..place].contains(handle)));
    for gone in sessions.drain(..).step_by(2) {
        application.close_session(gone).unwrap();
    }
    assert_eq!(count(), 40);
    application.logout(session).unwrap();
    assert_eq!(count(), 20);
    application.login(session, UserType::User, PIN).unwrap();
    assert_eq!(count(), 20);
}

#[test]
fn what_one_application_commits_the_next_call_of_another_sees() {
    let (token, session) = generic();
    let other = token.other();
    let there = other.open_session(token.slot, true).unwrap();
    other.login(there, UserType::User, PIN).unwrap();
    let template = everything(Template::new().number(Attribute::ValueLen, 16))
        .flag(Attribute::Token, true)
        .bytes(Attribute::Label, b"shared");
    let key = token.application.generate_key(session, &mechanism(MechanismType::AesKeyGen), &template).unwrap();
    let found = find(&other, there, &Template::new().bytes(Attribute::Label, b"shared"))[0];
    other.encrypt_init(there, &mechanism(MechanismType::AesEcb), found).unwrap();
    output(|out| other.encrypt(there, &[0; 16], out)).unwrap();
    token.application.destroy_object(session, key).unwrap();
    refused(other.encrypt_init(there, &mechanism(MechanismType::AesEcb), found), Error::KeyHandleInvalid);
}
