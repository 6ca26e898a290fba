//! Digests and codes over published values; states of operations.

use hsm_sim::token::{Error, Mechanism, MechanismType, OperationKind, Output, Parameter};

use super::*;

/// FIPS 180-4 and FIPS 202 examples: "abc".
#[test]
fn published_digests() {
    let (token, session) = generic();
    for (kind, expected) in [
        (MechanismType::Md5, "900150983cd24fb0d6963f7d28e17f72"),
        (MechanismType::Sha1, "a9993e364706816aba3e25717850c26c9cd0d89d"),
        (MechanismType::Sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (MechanismType::Sha3x256, "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532"),
    ] {
        token.application.digest_init(session, &mechanism(kind)).unwrap();
        assert_eq!(output(|out| token.application.digest(session, b"abc", out)), Ok(hex(expected)), "{kind:?}");
        token.application.digest_init(session, &mechanism(kind)).unwrap();
        token.application.digest_update(session, b"a").unwrap();
        token.application.digest_update(session, b"").unwrap();
        token.application.digest_update(session, b"bc").unwrap();
        assert_eq!(output(|out| token.application.digest_final(session, out)), Ok(hex(expected)), "{kind:?}");
    }
}

#[test]
fn what_ends_an_operation_and_what_does_not() {
    let (token, session) = generic();
    let application = &token.application;
    let sha = mechanism(MechanismType::Sha256);
    let mut small = [0; 31];
    refused(application.digest(session, b"", Output::Length), Error::OperationNotInitialized);
    application.digest_init(session, &sha).unwrap();
    refused(application.digest_init(session, &sha), Error::OperationActive);
    assert_eq!(application.digest(session, b"abc", Output::Length), Ok(32));
    refused(application.digest(session, b"abc", Output::Buffer(&mut small)), Error::BufferTooSmall { needed: 32 });
    application.digest_update(session, b"abc").unwrap();
    refused(application.digest(session, b"abc", Output::Length), Error::OperationActive);
    refused(application.digest_update(session, b"abc"), Error::OperationNotInitialized);
    application.digest_init(session, &sha).unwrap();
    application.cancel(session, OperationKind::Digest).unwrap();
    refused(application.cancel(session, OperationKind::Digest), Error::OperationNotInitialized);
}

#[test]
fn a_saved_digest_goes_on_in_another_session() {
    let (token, session) = generic();
    let application = &token.application;
    application.digest_init(session, &mechanism(MechanismType::Sha256)).unwrap();
    application.digest_update(session, b"a").unwrap();
    let state = output(|out| application.operation_state(session, out)).unwrap();
    let other = token.session();
    application.set_operation_state(other, &state).unwrap();
    application.digest_update(other, b"bc").unwrap();
    let expected = hex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_eq!(output(|out| application.digest_final(other, out)), Ok(expected));
    refused(application.set_operation_state(other, b"nonsense"), Error::SavedStateInvalid);

    // Beside an operation with a key, of messages too, it is not saved.
    let key = aes(&token, session, 16);
    let save = || output(|out| application.operation_state(session, out));
    application.message_encrypt_init(session, MechanismType::AesGcm, key).unwrap();
    refused(save(), Error::StateUnsaveable);
    application.message_encrypt_final(session).unwrap();
    assert!(save().is_ok());
}

#[test]
fn a_digest_and_a_code_run_side_by_side() {
    let (token, session) = generic();
    let application = &token.application;
    let key = secret(&token, session, GENERIC, &[0x0b; 20]);
    application.digest_init(session, &mechanism(MechanismType::Sha1)).unwrap();
    application.sign_init(session, &mechanism(MechanismType::Sha256Hmac), key).unwrap();
    application.digest_update(session, b"abc").unwrap();
    application.sign_update(session, b"Hi There").unwrap();
    // RFC 4231 case 1.
    let expected = hex("b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    assert_eq!(output(|out| application.sign_final(session, out)), Ok(expected.clone()));
    assert_eq!(output(|out| application.digest_final(session, out)).unwrap().len(), 20);

    application.verify_init(session, &mechanism(MechanismType::Sha256Hmac), key).unwrap();
    application.verify(session, b"Hi There", &expected).unwrap();
    application.verify_init(session, &mechanism(MechanismType::Sha256Hmac), key).unwrap();
    refused(application.verify(session, b"Hi there", &expected), Error::SignatureInvalid);
    refused(application.verify(session, b"Hi There", &expected), Error::OperationNotInitialized);
    let general = Mechanism::with(MechanismType::Sha256HmacGeneral, Parameter::Number(8));
    application.sign_init(session, &general, key).unwrap();
    assert_eq!(output(|out| application.sign(session, b"Hi There", out)), Ok(expected[..8].to_vec()));
    let general = Mechanism::with(MechanismType::Sha256HmacGeneral, Parameter::Number(33));
    refused(application.sign_init(session, &general, key), Error::MechanismParamInvalid);
}

/// Test case 1 of GCM's specification: key, IV and data are zeros and empty.
#[test]
fn a_gmac_has_the_length_that_its_parameter_says() {
    let (token, session) = generic();
    let application = &token.application;
    let key = secret(&token, session, AES, &[0; 16]);
    let whole = hex("58e2fccefa7e3061367f1d57a4e7455a");
    let gcm = |tag_bits| Parameter::Gcm { iv: [0; 12].as_slice().into(), aad: Vec::new(), tag_bits };
    for (parameter, length) in [(Parameter::Bytes(vec![0; 12]), 16), (gcm(128), 16), (gcm(96), 12), (gcm(32), 4)] {
        let gmac = Mechanism::with(MechanismType::AesGmac, parameter);
        application.sign_init(session, &gmac, key).unwrap();
        assert_eq!(output(|out| application.sign(session, b"", out)), Ok(whole[..length].to_vec()), "{gmac:?}");
        application.verify_init(session, &gmac, key).unwrap();
        application.verify(session, b"", &whole[..length]).unwrap();
    }
    for parameter in [
        Parameter::None,
        Parameter::Bytes(Vec::new()),
        Parameter::Bytes(vec![0]),
        gcm(0),
        gcm(100),
        gcm(136),
        Parameter::Gcm { iv: Vec::new().into(), aad: Vec::new(), tag_bits: 128 },
        Parameter::Gcm { iv: [0; 12].as_slice().into(), aad: vec![1], tag_bits: 128 },
    ] {
        let gmac = Mechanism::with(MechanismType::AesGmac, parameter);
        refused(application.sign_init(session, &gmac, key), Error::MechanismParamInvalid);
    }
}

#[test]
fn refusals_of_initialisation_in_their_order() {
    let (token, session) = generic();
    let application = &token.application;
    let aes = aes(&token, session, 16);
    let hmac = mechanism(MechanismType::Sha256Hmac);
    refused(application.sign_init(session, &hmac, ObjectHandle::new(999)), Error::KeyHandleInvalid);
    refused(application.sign_init(session, &mechanism(MechanismType::Sha256), aes), Error::MechanismInvalid);
    refused(application.sign_init(session, &hmac, aes), Error::KeyTypeInconsistent);
    let key = secret(&token, session, GENERIC, &[1; 32]);
    application.set_attributes(session, key, &Template::new().flag(Attribute::Sign, false)).unwrap();
    refused(application.sign_init(session, &hmac, key), Error::KeyFunctionNotPermitted);
    let wrong = Mechanism::with(MechanismType::Sha256Hmac, Parameter::Number(3));
    refused(application.verify_init(session, &wrong, key), Error::MechanismParamInvalid);
}

#[test]
fn random_bytes_come_from_an_hsm() {
    let (token, session) = generic();
    let mut bytes = [0; 40_000];
    token.application.random(session, &mut bytes).unwrap();
    assert!(bytes.chunks(32).all(|piece| piece.iter().any(|byte| *byte != 0)));
    token.application.random(session, &mut []).unwrap();
}
