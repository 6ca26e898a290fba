//! Encryption: published vectors, pieces, buffers, and the rules of the two personalities.

use hsm_sim::token::{Error, Mechanism, MechanismType, OperationKind, Output, Parameter};

use super::*;

/// SP 800-38A F.1.1, F.2.1, F.5.1: AES-128.
#[test]
fn published_modes() {
    let (token, session) = generic();
    let application = &token.application;
    let key = secret(&token, session, AES, &hex("2b7e151628aed2a6abf7158809cf4f3c"));
    let plaintext = hex("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51");
    let iv = hex("000102030405060708090a0b0c0d0e0f");
    let block = hex("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff").try_into().unwrap();
    for (mechanism, expected) in [
        (Mechanism::new(MechanismType::AesEcb), "3ad77bb40d7a3660a89ecaf32466ef97f5d3d58503b9699de785895a96fdbaaf"),
        (
            Mechanism::with(MechanismType::AesCbc, Parameter::Bytes(iv)),
            "7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2",
        ),
        (
            Mechanism::with(MechanismType::AesCtr, Parameter::Counter { bits: 128, block }),
            "874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff",
        ),
    ] {
        application.encrypt_init(session, &mechanism, key).unwrap();
        assert_eq!(output(|out| application.encrypt(session, &plaintext, out)), Ok(hex(expected)));
        for size in [1, 7, 16, 31] {
            application.decrypt_init(session, &mechanism, key).unwrap();
            let mut decrypted = Vec::new();
            for piece in hex(expected).chunks(size) {
                decrypted.extend(output(|out| application.decrypt_update(session, piece, out)).unwrap());
            }
            decrypted.extend(output(|out| application.decrypt_final(session, out)).unwrap());
            assert_eq!(decrypted, plaintext, "{mechanism:?} in pieces of {size}");
        }
    }
}

fn gcm(iv: &[u8], aad: &[u8], tag_bits: u64) -> Mechanism {
    Mechanism::with(MechanismType::AesGcm, Parameter::Gcm { iv: iv.into(), aad: aad.to_vec(), tag_bits })
}

/// A client that is told nothing is needed allocates nothing, and its null pointer would be a question again.
#[test]
fn an_update_that_writes_nothing_asks_for_a_buffer() {
    let (token, session) = generic();
    let application = &token.application;
    let key = aes(&token, session, 16);
    application.encrypt_init(session, &Mechanism::new(MechanismType::AesEcb), key).unwrap();
    application.decrypt_init(session, &gcm(&[1; 12], b"", 128), key).unwrap();
    assert!(application.encrypt_update(session, b"short", Output::Length).unwrap() > 0);
    assert!(application.decrypt_update(session, &[0; 64], Output::Length).unwrap() > 0);
    assert_eq!(application.encrypt_update(session, b"short", Output::Buffer(&mut [])), Ok(0));
    assert_eq!(application.decrypt_update(session, &[0; 64], Output::Buffer(&mut [])), Ok(0));
}

#[test]
fn authenticated_encryption_gives_out_nothing_before_the_tag_is_checked() {
    let (token, session) = generic();
    let application = &token.application;
    let key = aes(&token, session, 32);
    for mechanism in [gcm(&[1; 12], b"with", 128), gcm(&[1; 7], b"", 96)] {
        application.encrypt_init(session, &mechanism, key).unwrap();
        let sealed = output(|out| application.encrypt(session, b"four pounds of tea", out)).unwrap();
        application.decrypt_init(session, &mechanism, key).unwrap();
        for piece in sealed.chunks(5) {
            assert_eq!(output(|out| application.decrypt_update(session, piece, out)), Ok(Vec::new()));
        }
        assert_eq!(output(|out| application.decrypt_final(session, out)), Ok(b"four pounds of tea".to_vec()));
        let mut altered = sealed;
        altered[3] ^= 1;
        application.decrypt_init(session, &mechanism, key).unwrap();
        refused(output(|out| application.decrypt(session, &altered, out)), Error::EncryptedDataInvalid);
        refused(application.decrypt(session, &altered, Output::Length), Error::OperationNotInitialized);
    }
    // A CCM nonce of 13 bytes leaves two for the length.
    let ccm = |data_len, nonce: &[u8]| {
        let parameter = Parameter::Ccm { data_len, nonce: nonce.into(), aad: Vec::new(), mac_len: 16 };
        Mechanism::with(MechanismType::AesCcm, parameter)
    };
    for wrong in [
        gcm(&[], b"", 128),
        gcm(&[1; 12], b"", 129),
        gcm(&[1; 12], b"", 0),
        ccm(1, &[1; 6]),
        ccm(1 << 16, &[1; 13]),
        ccm(u64::MAX, &[1; 8]),
    ] {
        refused(application.encrypt_init(session, &wrong, key), Error::MechanismParamInvalid);
        refused(application.decrypt_init(session, &wrong, key), Error::MechanismParamInvalid);
    }
}

/// What is kept of an ended operation does not show: each is as in a session of its own, whatever went before.
#[test]
fn operations_of_gcm_follow_each_other_as_if_each_were_the_first() {
    let (token, session) = generic();
    let application = &token.application;
    let [short, long] = [16, 32].map(|bytes| aes(&token, session, bytes));
    let plain = b"one message after the other";
    let in_one = |session, mechanism: &Mechanism, key| {
        application.encrypt_init(session, mechanism, key)?;
        output(|out| application.encrypt(session, plain, out))
    };
    let large = vec![5; 5000];
    for (mechanism, key) in [
        (gcm(&[1; 12], b"", 128), long),
        (gcm(&[2; 12], b"", 128), long),
        (gcm(&[3; 12], b"with", 96), long),
        (gcm(&[4; 9], &large, 128), long),
        (gcm(&[5; 12], b"", 128), short),
        (Mechanism::with(MechanismType::AesCbcPad, Parameter::Bytes(vec![6; 16])), short),
        (gcm(&[7; 12], b"more", 128), short),
    ] {
        let alone = token.session();
        let expected = in_one(alone, &mechanism, key).unwrap();
        assert_eq!(in_one(session, &mechanism, key).as_ref(), Ok(&expected), "{mechanism:?}");
        // A refused start, a cancelled one, one in pieces and one that fails leave nothing to the next.
        refused(application.encrypt_init(session, &gcm(&[8; 12], b"x", 7), key), Error::MechanismParamInvalid);
        refused(application.encrypt(session, plain, Output::Length), Error::OperationNotInitialized);
        application.encrypt_init(session, &gcm(&[8; 12], b"x", 128), key).unwrap();
        refused(application.encrypt_init(session, &mechanism, key), Error::OperationActive);
        application.cancel(session, OperationKind::Encrypt).unwrap();
        application.encrypt_init(session, &mechanism, key).unwrap();
        let mut pieces = output(|out| application.encrypt_update(session, plain, out)).unwrap();
        pieces.extend(output(|out| application.encrypt_final(session, out)).unwrap());
        assert_eq!(pieces, expected);
        for sealed in [&expected[..expected.len() - 1], &expected] {
            application.decrypt_init(session, &mechanism, key).unwrap();
            let opened = output(|out| application.decrypt(session, sealed, out));
            assert_eq!(opened.is_ok_and(|opened| opened == plain), sealed.len() == expected.len());
        }
        application.close_session(alone).unwrap();
    }
}

/// What a key was found good for is asked again when it may have changed, whoever changed it.
#[test]
fn permissions_are_those_of_the_moment() {
    let (token, session) = generic();
    let application = &token.application;
    let other = token.other();
    let elsewhere = other.open_session(token.slot, true).unwrap();
    other.login(elsewhere, UserType::User, PIN).unwrap();
    let uses = Template::new().flag(Attribute::Encrypt, true).flag(Attribute::Decrypt, false);
    let template = uses.number(Attribute::ValueLen, 16);
    for of_token in [true, false] {
        let template = template.clone().flag(Attribute::Token, of_token).bytes(Attribute::Label, b"changing");
        let key = application.generate_key(session, &mechanism(MechanismType::AesKeyGen), &template).unwrap();
        let encrypts = || {
            application.encrypt_init(session, &gcm(&[1; 12], b"", 128), key)?;
            application.encrypt(session, b"text", Output::Buffer(&mut [0; 20])).map(drop)
        };
        for _ in 0..2 {
            assert_eq!(encrypts(), Ok(()));
            let decrypts = application.decrypt_init(session, &gcm(&[1; 12], b"", 128), key);
            refused(decrypts, Error::KeyFunctionNotPermitted);
        }
        let never = Template::new().flag(Attribute::Encrypt, false);
        if of_token {
            let label = Template::new().bytes(Attribute::Label, b"changing");
            let [same] = find(&other, elsewhere, &label)[..] else { panic!("one key of this label") };
            other.set_attributes(elsewhere, same, &never).unwrap();
        } else {
            application.set_attributes(session, key, &never).unwrap();
        }
        refused(encrypts(), Error::KeyFunctionNotPermitted);
        application.destroy_object(session, key).unwrap();
        refused(encrypts(), Error::KeyHandleInvalid);
    }
}

#[test]
fn a_padded_plaintext_fits_into_its_own_length() {
    let (token, session) = generic();
    let application = &token.application;
    let key = aes(&token, session, 24);
    let mechanism = Mechanism::with(MechanismType::AesCbcPad, Parameter::Bytes(vec![3; 16]));
    for length in [0, 1, 15, 16, 17, 48] {
        let plaintext = vec![9; length];
        application.encrypt_init(session, &mechanism, key).unwrap();
        let sealed = output(|out| application.encrypt(session, &plaintext, out)).unwrap();
        assert_eq!(sealed.len(), (length / 16 + 1) * 16);
        application.decrypt_init(session, &mechanism, key).unwrap();
        let mut exact = vec![0; length];
        if length > 0 {
            let small = application.decrypt(session, &sealed, Output::Buffer(&mut exact[1..]));
            refused(small, Error::BufferTooSmall { needed: length });
        }
        assert_eq!(application.decrypt(session, &sealed, Output::Buffer(&mut exact)), Ok(length));
        assert_eq!(exact, plaintext);
    }
    application.decrypt_init(session, &mechanism, key).unwrap();
    refused(output(|out| application.decrypt(session, &[1; 15], out)), Error::EncryptedDataLenRange);
    let plain = Mechanism::with(MechanismType::AesCbc, Parameter::Bytes(vec![3; 16]));
    application.encrypt_init(session, &plain, key).unwrap();
    refused(output(|out| application.encrypt(session, &[1; 15], out)), Error::DataLenRange);
}

#[test]
fn one_piece_and_several_do_not_mix() {
    let (token, session) = generic();
    let application = &token.application;
    let key = aes(&token, session, 16);
    let ecb = mechanism(MechanismType::AesEcb);
    application.encrypt_init(session, &ecb, key).unwrap();
    output(|out| application.encrypt_update(session, &[0; 16], out)).unwrap();
    refused(application.encrypt(session, &[0; 16], Output::Length), Error::OperationActive);
    refused(application.encrypt_final(session, Output::Length), Error::OperationNotInitialized);
    application.encrypt_init(session, &ecb, key).unwrap();
    application.encrypt(session, &[0; 16], Output::Length).unwrap();
    refused(application.encrypt_update(session, &[0; 16], Output::Length), Error::OperationActive);
}

#[test]
fn a_cluster_makes_the_iv_itself() {
    let (token, session) = cloud(2);
    let application = &token.application;
    let key = aes(&token, session, 32);
    refused(application.encrypt_init(session, &gcm(&[1; 12], b"", 128), key), Error::MechanismParamInvalid);
    let iv = application.encrypt_init(session, &gcm(&[0; 12], b"aad", 128), key).unwrap().unwrap();
    assert_ne!(iv, [0; 12]);
    let sealed = output(|out| application.encrypt(session, b"order 17", out)).unwrap();
    application.decrypt_init(session, &gcm(&iv, b"aad", 128), key).unwrap();
    assert_eq!(output(|out| application.decrypt(session, &sealed, out)), Ok(b"order 17".to_vec()));
    application.encrypt_init(session, &gcm(&[0; 12], b"", 128), key).unwrap();
    refused(application.encrypt_update(session, b"piece", Output::Length), Error::MechanismInvalid);
    application.encrypt_init(session, &gcm(&[0; 12], b"", 128), key).unwrap();
    refused(application.encrypt(session, &[0; 16_300], Output::Length), Error::DataLenRange);
    refused(application.digest_init(session, &mechanism(MechanismType::Md5)), Error::MechanismInvalid);
}

#[test]
fn the_vendors_own_mode_puts_the_iv_in_front() {
    let (token, session) = cloud(2);
    let application = &token.application;
    let key = aes(&token, session, 32);
    let parameter = Parameter::Gcm { iv: Vec::new().into(), aad: b"aad".to_vec(), tag_bits: 128 };
    let mechanism = Mechanism::with(MechanismType::CloudHsmAesGcm, parameter);
    assert_eq!(application.encrypt_init(session, &mechanism, key), Ok(None));
    let sealed = output(|out| application.encrypt(session, b"order 17", out)).unwrap();
    assert_eq!(sealed.len(), 12 + 8 + 16);
    application.decrypt_init(session, &mechanism, key).unwrap();
    assert_eq!(output(|out| application.decrypt(session, &sealed, out)), Ok(b"order 17".to_vec()));
    let iv = sealed[..12].to_vec();
    let plain =
        Mechanism::with(MechanismType::AesGcm, Parameter::Gcm { iv: iv.into(), aad: b"aad".to_vec(), tag_bits: 128 });
    application.decrypt_init(session, &plain, key).unwrap();
    assert_eq!(output(|out| application.decrypt(session, &sealed[12..], out)), Ok(b"order 17".to_vec()));
    application.decrypt_init(session, &mechanism, key).unwrap();
    refused(output(|out| application.decrypt(session, &sealed[..11], out)), Error::EncryptedDataLenRange);
    let given = Parameter::Gcm { iv: [1; 12].as_slice().into(), aad: Vec::new(), tag_bits: 128 };
    let given = Mechanism::with(MechanismType::CloudHsmAesGcm, given);
    refused(application.encrypt_init(session, &given, key), Error::MechanismParamInvalid);
    let wrapped = output(|out| application.wrap_key(session, &mechanism, key, key, out)).unwrap();
    let template = everything(Template::new().number(Attribute::Class, SECRET).number(Attribute::KeyType, AES));
    let again = application.unwrap_key(session, &mechanism, key, &wrapped, &template).unwrap();
    assert_eq!(
        attribute(&token, session, again, Attribute::CheckValue),
        attribute(&token, session, key, Attribute::CheckValue)
    );
}
