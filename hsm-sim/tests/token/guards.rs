//! What guards keys: a login for each use, no wrapping by keys that decrypt, templates, objects that the token keeps itself.

use hsm_sim::token::{Error, Parameter};

use super::*;

const PROFILE: u64 = 9;
const EC_PRIVATE: u64 = 3;
const P256: &[u8] = &[6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];

#[test]
fn a_key_that_is_always_authenticated_asks_for_a_login_each_time() {
    let (token, session) = generic();
    let application = &token.application;
    let public = Template::new().bytes(Attribute::EcParams, P256);
    let private = Template::new().flag(Attribute::AlwaysAuthenticate, true);
    let pair = mechanism(MechanismType::EcKeyPairGen);
    let (_, signer) = application.generate_key_pair(session, &pair, &public, &private).unwrap();
    let ecdsa = mechanism(MechanismType::EcdsaSha256);
    let sign = || application.sign(session, b"data", Output::Buffer(&mut [0; 64]));
    let confirm = |pin| application.login(session, UserType::ContextSpecific, pin);

    refused(confirm(PIN), Error::OperationNotInitialized);
    application.sign_init(session, &ecdsa, signer).unwrap();
    refused(sign(), Error::UserNotLoggedIn);
    refused(confirm(b"wrong"), Error::PinIncorrect);
    refused(sign(), Error::UserNotLoggedIn);
    confirm(PIN).unwrap();
    assert_eq!(sign(), Ok(64));
    application.sign_init(session, &ecdsa, signer).unwrap();
    refused(application.sign_update(session, b"data"), Error::UserNotLoggedIn);
    application.cancel(session, hsm_sim::token::OperationKind::Sign).unwrap();
    refused(confirm(PIN), Error::OperationNotInitialized);

    // Of messages each.
    application.message_sign_init(session, &ecdsa, signer).unwrap();
    let sign = || application.sign_message(session, b"data", Output::Buffer(&mut [0; 64]));
    for _ in 0..2 {
        refused(sign(), Error::UserNotLoggedIn);
        refused(application.sign_message_begin(session), Error::UserNotLoggedIn);
        confirm(PIN).unwrap();
        assert_eq!(application.sign_message(session, b"data", Output::Length), Ok(64));
        assert_eq!(sign(), Ok(64));
    }
    confirm(PIN).unwrap();
    application.sign_message_begin(session).unwrap();
    application.sign_message_next(session, b"data").unwrap();
    assert_eq!(application.sign_message_last(session, b"", Output::Buffer(&mut [0; 64])), Ok(64));
    refused(sign(), Error::UserNotLoggedIn);
    application.message_sign_final(session).unwrap();
    refused(confirm(PIN), Error::OperationNotInitialized);
}

#[test]
fn a_key_that_decrypts_wraps_nothing_sensitive() {
    let (token, session) = generic();
    let application = &token.application;
    let make = |template: &Template| {
        let template = template.clone().number(Attribute::ValueLen, 32);
        application.generate_key(session, &mechanism(MechanismType::AesKeyGen), &template).unwrap()
    };
    let wraps = Template::new().flag(Attribute::Wrap, true);
    let open = Template::new().flag(Attribute::Extractable, true);
    let (sensitive, shown) = (make(&open), make(&open.clone().flag(Attribute::Sensitive, false)));
    let both = make(&wraps.clone().flag(Attribute::Decrypt, true));
    let only = make(&wraps);
    let iv = || Parameter::Bytes(vec![1; 16]);
    let gcm = Parameter::Gcm { iv: [1; 12].as_slice().into(), aad: Vec::new(), tag_bits: 128 };
    for (by_what, undone) in [
        (mechanism(MechanismType::AesEcb), true),
        (Mechanism::with(MechanismType::AesCbc, iv()), true),
        (Mechanism::with(MechanismType::AesCbcPad, iv()), true),
        (Mechanism::with(MechanismType::AesGcm, gcm), true),
        // These unwrap into the token and decrypt nothing.
        (mechanism(MechanismType::AesKeyWrap), false),
        (mechanism(MechanismType::AesKeyWrapKwp), false),
        (mechanism(MechanismType::AesKeyWrapPkcs7), false),
    ] {
        let wrap = |by, key| application.wrap_key(session, &by_what, by, key, Output::Length).map(|_| ());
        let answer = if undone { Err(Error::KeyNotWrappable) } else { Ok(()) };
        assert_eq!(wrap(both, sensitive), answer, "{by_what:?}");
        assert_eq!(wrap(both, shown), Ok(()), "{by_what:?}");
        assert_eq!(wrap(only, sensitive), Ok(()), "{by_what:?}");
    }
    // One of which nothing is said does all, and gives nothing away either.
    let silent = make(&Template::new());
    let wrap = |by_what, key| application.wrap_key(session, &mechanism(by_what), silent, key, Output::Length).map(drop);
    refused(wrap(MechanismType::AesEcb, sensitive), Error::KeyNotWrappable);
    assert_eq!(wrap(MechanismType::AesKeyWrap, sensitive), Ok(()));
    // One that is only said to wrap does no more than that.
    assert_eq!(attribute(&token, session, only, Attribute::Decrypt), Ok(Value::Flag(false)));
    // The client library of a cluster leaves it to trusted keys.
    let (token, session) = cloud(2);
    let template = |name| Template::new().number(Attribute::ValueLen, 32).flag(name, true);
    let make = |template: &Template| {
        token.application.generate_key(session, &mechanism(MechanismType::AesKeyGen), template).unwrap()
    };
    let both = make(&template(Attribute::Wrap).flag(Attribute::Decrypt, true));
    let key = make(&template(Attribute::Encrypt));
    let zero_pad = mechanism(MechanismType::CloudHsmAesKeyWrapZeroPad);
    assert!(token.application.wrap_key(session, &zero_pad, both, key, Output::Length).is_ok());
    let picky = make(&template(Attribute::WrapWithTrusted));
    refused(token.application.wrap_key(session, &zero_pad, both, picky, Output::Length), Error::KeyNotWrappable);
    let loosen = Template::new().flag(Attribute::WrapWithTrusted, false);
    refused(token.application.set_attributes(session, picky, &loosen), Error::AttributeReadOnly);
    let trust = Template::new().flag(Attribute::Trusted, true);
    refused(token.application.set_attributes(session, both, &trust), Error::AttributeReadOnly);
}

#[test]
fn a_key_does_what_its_list_of_mechanisms_allows() {
    let (token, session) = generic();
    let application = &token.application;
    let (ecb, cmac) = (MechanismType::AesEcb, MechanismType::AesCmac);
    for (list, encrypts) in [(None, true), (Some(vec![ecb]), true), (Some(vec![cmac]), false), (Some(vec![]), false)] {
        let template = everything(Template::new().number(Attribute::ValueLen, 16));
        let template = match &list {
            None => template,
            Some(list) => {
                let numbers = list.iter().map(|kind| kind.number()).collect();
                template.with(Attribute::AllowedMechanisms, Value::Numbers(numbers))
            }
        };
        let key = application.generate_key(session, &mechanism(MechanismType::AesKeyGen), &template).unwrap();
        let answer = application.encrypt_init(session, &mechanism(ecb), key).map(|_| ());
        assert_eq!(answer, if encrypts { Ok(()) } else { Err(Error::MechanismInvalid) }, "{list:?}");
        if encrypts {
            application.cancel(session, hsm_sim::token::OperationKind::Encrypt).unwrap();
        }
    }
}

#[test]
fn the_templates_of_a_wrapping_key_hold() {
    let (token, session) = generic();
    let application = &token.application;
    let only = Template::new().flag(Attribute::Encrypt, true);
    let becomes = Template::new().flag(Attribute::Sensitive, true).flag(Attribute::Extractable, false);
    let template = Template::new()
        .number(Attribute::ValueLen, 32)
        .flag(Attribute::Wrap, true)
        .flag(Attribute::Unwrap, true)
        .with(Attribute::WrapTemplate, Value::Template(only))
        .with(Attribute::UnwrapTemplate, Value::Template(becomes));
    let by = application.generate_key(session, &mechanism(MechanismType::AesKeyGen), &template).unwrap();
    let kwp = mechanism(MechanismType::AesKeyWrapKwp);
    let key = aes(&token, session, 16);
    let wrapped = output(|out| application.wrap_key(session, &kwp, by, key, out)).unwrap();
    application.set_attributes(session, key, &Template::new().flag(Attribute::Encrypt, false)).unwrap();
    refused(application.wrap_key(session, &kwp, by, key, Output::Length), Error::KeyHandleInvalid);
    let secret_aes = Template::new().number(Attribute::Class, SECRET).number(Attribute::KeyType, AES);
    let again = application.unwrap_key(session, &kwp, by, &wrapped, &secret_aes).unwrap();
    assert_eq!(attribute(&token, session, again, Attribute::Sensitive), Ok(Value::Flag(true)));
    assert_eq!(attribute(&token, session, again, Attribute::Extractable), Ok(Value::Flag(false)));
    let loose = secret_aes.flag(Attribute::Extractable, true);
    refused(application.unwrap_key(session, &kwp, by, &wrapped, &loose), Error::TemplateInconsistent);
}

#[test]
fn a_session_key_of_a_cluster_becomes_a_token_key_and_keeps_its_handle() {
    let (token, session) = cloud(2);
    let application = &token.application;
    let template = Template::new().number(Attribute::ValueLen, 32).bytes(Attribute::Label, b"promoted");
    let key = application.generate_key(session, &mechanism(MechanismType::AesKeyGen), &template).unwrap();
    let to = |value| application.set_attributes(session, key, &Template::new().flag(Attribute::Token, value));
    assert_eq!(to(true), Ok(()));
    refused(to(false), Error::AttributeReadOnly);
    let found = token.find(session, &Template::new().bytes(Attribute::Label, b"promoted"));
    assert_eq!(found, [key]);
    assert_eq!(attribute(&token, session, key, Attribute::Token), Ok(Value::Flag(true)));
    let other = token.other();
    let there = other.open_session(token.slot, true).unwrap();
    other.login(there, UserType::User, CLOUD_PIN).unwrap();
    assert_eq!(find(&other, there, &Template::new().bytes(Attribute::Label, b"promoted")).len(), 1);

    let (token, session) = generic();
    let key = aes(&token, session, 16);
    let keep = Template::new().flag(Attribute::Token, true);
    refused(token.application.set_attributes(session, key, &keep), Error::AttributeReadOnly);
}

#[test]
fn a_token_says_which_profiles_it_keeps() {
    let (token, session) = generic();
    let application = &token.application;
    let profiles = Template::new().number(Attribute::Class, PROFILE);
    let found = token.find(session, &profiles);
    let ids: Vec<_> = found.iter().map(|id| attribute(&token, session, *id, Attribute::ProfileId)).collect();
    assert_eq!(ids, [1, 2, 4].map(|id| Ok(Value::Number(id))));
    assert_eq!(token.find(session, &profiles.clone().number(Attribute::ProfileId, 2)), found[1..2]);
    refused(application.destroy_object(session, found[0]), Error::ActionProhibited);
    refused(application.copy_object(session, found[0], &Template::new()), Error::ActionProhibited);
    refused(application.set_attributes(session, found[0], &Template::new()), Error::ActionProhibited);
    refused(application.create_object(session, &profiles), Error::TemplateInconsistent);
    // Who does not ask for them does not meet them.
    assert_eq!(token.find(session, &Template::new()), []);
    let (token, session) = cloud(2);
    assert_eq!(token.find(session, &profiles), []);
}

/// Tables of both personalities: what changes after creation, who may, and what an object never had.
#[test]
fn attributes_change_as_the_tables_say() {
    type Change = (Attribute, Value, Option<Error>);
    let secret_rows: [(Personality, Vec<Change>); 2] = [
        (
            Personality::Generic,
            vec![
                (Attribute::Label, Value::bytes(b"new"), None),
                (Attribute::Id, Value::bytes(b"new"), None),
                (Attribute::Encrypt, Value::Flag(false), None),
                (Attribute::Sensitive, Value::Flag(true), None),
                (Attribute::Sensitive, Value::Flag(false), Some(Error::AttributeReadOnly)),
                (Attribute::Extractable, Value::Flag(false), None),
                (Attribute::Extractable, Value::Flag(true), Some(Error::AttributeReadOnly)),
                (Attribute::WrapWithTrusted, Value::Flag(true), None),
                (Attribute::WrapWithTrusted, Value::Flag(false), Some(Error::AttributeReadOnly)),
                (Attribute::Trusted, Value::Flag(true), Some(Error::AttributeReadOnly)),
                (Attribute::Private, Value::Flag(false), Some(Error::AttributeReadOnly)),
                (Attribute::Local, Value::Flag(false), Some(Error::AttributeReadOnly)),
                (Attribute::CheckValue, Value::bytes(b"abc"), Some(Error::AttributeReadOnly)),
                (Attribute::Modulus, Value::bytes(b"abc"), Some(Error::AttributeTypeInvalid)),
            ],
        ),
        (
            Personality::CloudHsm,
            vec![
                (Attribute::Label, Value::bytes(b"new"), None),
                (Attribute::Id, Value::bytes(b"new"), Some(Error::AttributeReadOnly)),
                (Attribute::Wrap, Value::Flag(true), None),
                (Attribute::Derive, Value::Flag(true), None),
                (Attribute::Extractable, Value::Flag(false), Some(Error::AttributeReadOnly)),
                (Attribute::Sensitive, Value::Flag(false), Some(Error::AttributeReadOnly)),
                (Attribute::WrapWithTrusted, Value::Flag(true), None),
                (Attribute::Trusted, Value::Flag(true), Some(Error::AttributeReadOnly)),
                (Attribute::StartDate, Value::bytes(b""), Some(Error::AttributeTypeInvalid)),
            ],
        ),
    ];
    for (personality, changes) in secret_rows {
        let (token, session) = if personality == Personality::Generic { generic() } else { cloud(2) };
        let template = Template::new().number(Attribute::ValueLen, 32);
        let template = if personality == Personality::Generic { everything(template) } else { template };
        let key = token.application.generate_key(session, &mechanism(MechanismType::AesKeyGen), &template).unwrap();
        for (name, value, refusal) in changes {
            let change = Template::new().with(name, value);
            let answer = token.application.set_attributes(session, key, &change);
            assert_eq!(answer, refusal.map_or(Ok(()), Err), "{personality:?} {change:?}");
        }
    }
}

#[test]
fn a_private_key_that_came_from_outside_was_never_guarded() {
    let (token, session) = generic();
    let template = Template::new()
        .number(Attribute::Class, EC_PRIVATE)
        .number(Attribute::KeyType, 3)
        .bytes(Attribute::EcParams, P256)
        .bytes(Attribute::Value, &[1; 32])
        .flag(Attribute::Sensitive, true)
        .flag(Attribute::Extractable, false);
    let key = token.application.create_object(session, &template).unwrap();
    for name in [Attribute::AlwaysSensitive, Attribute::NeverExtractable, Attribute::Local] {
        assert_eq!(attribute(&token, session, key, name), Ok(Value::Flag(false)), "{name:?}");
    }
}
