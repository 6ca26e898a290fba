//! Cryptographic operations: what they answer and every exception.

use hsm_sim::fault::{FaultKind, FaultSpec};
use kms_store::{
    Caller, CreateKey, DataKeyLength, Decrypt, Encrypt, EncryptionAlgorithm, EncryptionContext, Error, GenerateDataKey,
    KeyMetadata, ReEncrypt,
};

use crate::drill::{Drill, exception};

fn context(pairs: &[(&str, &str)]) -> EncryptionContext {
    pairs.iter().copied().collect()
}

/// A key in the HSMs and one of KMS itself.
fn keys(drill: &Drill) -> [KeyMetadata; 2] {
    [drill.create_key().unwrap(), drill.kms().create_key(drill.caller(), &CreateKey::default()).unwrap()]
}

#[test]
fn round_trips() {
    let drill = Drill::new();
    let (kms, caller) = (drill.kms(), drill.caller());
    for key in keys(&drill) {
        for plaintext in [&b""[..], b"x", &[7; 4096]] {
            let request = Encrypt { context: context(&[("a", "1"), ("b", "2")]), ..Encrypt::new(&key.arn, plaintext) };
            let sealed = kms.encrypt(caller, &request).unwrap();
            assert_eq!(sealed.key_arn, key.arn);
            assert!(sealed.ciphertext.len() <= 6144);
            assert_ne!(sealed.ciphertext, kms.encrypt(caller, &request).unwrap().ciphertext, "a fresh IV each time");
            let decrypt = |request: &Decrypt<'_>| kms.decrypt(caller, request);
            let good = Decrypt { context: context(&[("b", "2"), ("a", "1")]), ..Decrypt::new(&sealed.ciphertext) };
            let opened = decrypt(&good).unwrap();
            assert_eq!((opened.plaintext.expose(), opened.key_arn), (plaintext, key.arn.clone()));
            assert_eq!(opened.key_material_id, key.material_id);

            for wrong in [&[][..], &[("a", "1")], &[("a", "1"), ("b", "3")], &[("a", "1"), ("B", "2")]] {
                let request = Decrypt { context: context(wrong), ..good.clone() };
                assert_eq!(decrypt(&request), Err(Error::InvalidCiphertext), "{wrong:?}");
            }
            for place in [0, 20, 34, sealed.ciphertext.len() - 1] {
                let mut tampered = sealed.ciphertext.clone();
                tampered[place] ^= 1;
                let refused = decrypt(&Decrypt { ciphertext: Some(&tampered), ..good.clone() });
                assert_eq!(refused, Err(Error::InvalidCiphertext), "byte {place}");
            }
            let truncated = &sealed.ciphertext[..sealed.ciphertext.len() - 1];
            assert_eq!(decrypt(&Decrypt { ciphertext: Some(truncated), ..good }), Err(Error::InvalidCiphertext));
        }
    }
}

#[test]
fn the_key_of_a_ciphertext() {
    let drill = Drill::new();
    let (kms, caller) = (drill.kms(), drill.caller());
    let [hsm, own] = keys(&drill);
    kms.create_alias(caller, "alias/hsm", &hsm.arn).unwrap();
    let ciphertext = drill.encrypt("alias/hsm", b"plain").unwrap();
    let open =
        |caller: &Caller, key_id: Option<&str>| kms.decrypt(caller, &Decrypt { key_id, ..Decrypt::new(&ciphertext) });
    assert_eq!(open(caller, Some("alias/hsm")).unwrap().key_arn, hsm.arn);
    assert_eq!(exception(open(caller, Some(&own.arn))), "IncorrectKeyException");
    assert_eq!(exception(open(caller, Some("alias/none"))), "NotFoundException");
    assert_eq!(exception(open(caller, Some("arn:aws:kms:x"))), "InvalidArnException");
    let elsewhere = Caller::internal(hsm_sim::Realm::new("111122223333", "eu-west-1").unwrap());
    assert_eq!(exception(open(&elsewhere, None)), "AccessDeniedException");
    let mut unknown = ciphertext.clone();
    unknown[1] ^= 1;
    assert_eq!(exception(drill.decrypt(&unknown)), "AccessDeniedException");
}

#[test]
fn re_encryption() {
    let drill = Drill::new();
    let (kms, caller) = (drill.kms(), drill.caller());
    let [hsm, own] = keys(&drill);
    let ciphertext = drill.encrypt(&hsm.arn, b"plain").unwrap();
    let request = ReEncrypt { destination_context: context(&[("a", "1")]), ..ReEncrypt::new(&ciphertext, &own.arn) };
    let moved = kms.re_encrypt(caller, &request).unwrap();
    assert_eq!((&moved.source_key_arn, &moved.key_arn), (&hsm.arn, &own.arn));
    assert_eq!((moved.source_key_material_id, moved.destination_key_material_id), (None, own.material_id.clone()));
    let opened = kms.decrypt(caller, &Decrypt { context: context(&[("a", "1")]), ..Decrypt::new(&moved.ciphertext) });
    assert_eq!(opened.unwrap().plaintext.expose(), b"plain");

    let refused = |request: &ReEncrypt<'_>| exception(kms.re_encrypt(caller, request));
    let base = ReEncrypt::new(&ciphertext, &own.arn);
    assert_eq!(refused(&ReEncrypt { source_key_id: Some(&own.arn), ..base.clone() }), "IncorrectKeyException");
    assert_eq!(
        refused(&ReEncrypt { source_context: context(&[("a", "1")]), ..base.clone() }),
        "InvalidCiphertextException"
    );
    assert_eq!(refused(&ReEncrypt { destination_key_id: "alias/none", ..base.clone() }), "NotFoundException");
    assert_eq!(refused(&ReEncrypt { ciphertext: None, ..base.clone() }), "ValidationException");
    assert_eq!(refused(&ReEncrypt { dry_run: true, ..base.clone() }), "DryRunOperationException");
    let algorithm = Some(EncryptionAlgorithm::RsaesOaepSha256);
    assert_eq!(refused(&ReEncrypt { destination_algorithm: algorithm, ..base.clone() }), "InvalidKeyUsageException");
    kms.disable_key(caller, &own.arn).unwrap();
    assert_eq!(refused(&base), "DisabledException");
    kms.schedule_key_deletion(caller, &own.arn, None).unwrap();
    assert_eq!(refused(&base), "KMSInvalidStateException");
}

#[test]
fn data_keys() {
    let drill = Drill::new();
    let (kms, caller) = (drill.kms(), drill.caller());
    for key in keys(&drill) {
        for (length, bytes) in
            [(DataKeyLength::Aes128, 16), (DataKeyLength::Aes256, 32), (DataKeyLength::Bytes(1024), 1024)]
        {
            let request = GenerateDataKey { length: &[length], ..GenerateDataKey::aes_256(&key.arn) };
            let made = kms.generate_data_key(caller, &request).unwrap();
            assert_eq!(made.plaintext.len(), bytes);
            assert_eq!(drill.decrypt(&made.sealed.ciphertext).unwrap(), made.plaintext.expose());
            assert_eq!(made.sealed.key_material_id, key.material_id);
        }
        let sealed = kms.generate_data_key_without_plaintext(caller, &GenerateDataKey::aes_256(&key.arn)).unwrap();
        assert_eq!(drill.decrypt(&sealed.ciphertext).unwrap().len(), 32);
    }
    let key = drill.create_key().unwrap().arn;
    let good = GenerateDataKey::aes_256(&key);
    for length in [&[][..], &[DataKeyLength::Aes128, DataKeyLength::Bytes(5)]] {
        let error = kms.generate_data_key(caller, &GenerateDataKey { length, ..good.clone() }).unwrap_err();
        assert_eq!(error.to_string(), "Please specify either number of bytes or key spec.");
    }
    let dry = GenerateDataKey { dry_run: true, ..good };
    assert_eq!(exception(kms.generate_data_key(caller, &dry)), "DryRunOperationException");
    assert_eq!(exception(kms.generate_data_key_without_plaintext(caller, &dry)), "DryRunOperationException");
}

#[test]
fn random_bytes() {
    let drill = Drill::new();
    let random = |bytes, store| drill.kms().generate_random(drill.caller(), bytes, store);
    assert_eq!(random(Some(1024), None).unwrap().len(), 1024);
    assert_eq!(random(Some(7), Some(drill.id())).unwrap().len(), 7);
    assert_eq!(exception(random(None, None)), "ValidationException");
    assert_eq!(exception(random(Some(1), Some("cks-00000000000000000"))), "CustomKeyStoreNotFoundException");
    drill.fault(FaultKind::NetworkCut { cluster: drill.cluster_id() });
    assert_eq!(exception(random(Some(1), Some(drill.id()))), "CustomKeyStoreInvalidStateException");
    drill.heal();
    drill.disconnect();
    assert_eq!(exception(random(Some(1), Some(drill.id()))), "CustomKeyStoreInvalidStateException");
}

#[test]
fn refusals_of_encrypt_and_decrypt() {
    let drill = Drill::new();
    let (kms, caller) = (drill.kms(), drill.caller());
    let key = drill.create_key().unwrap().arn;
    let encrypt = Encrypt::new(&key, b"x");
    let ciphertext = kms.encrypt(caller, &encrypt).unwrap().ciphertext;
    let decrypt = Decrypt::new(&ciphertext);
    let algorithm = Some(EncryptionAlgorithm::RsaesOaepSha1);
    let error = kms.encrypt(caller, &Encrypt { algorithm, ..encrypt.clone() }).unwrap_err();
    assert_eq!(error.to_string(), "Algorithm RSAES_OAEP_SHA_1 is incompatible with key spec SYMMETRIC_DEFAULT.");
    assert_eq!(exception(kms.decrypt(caller, &Decrypt { algorithm, ..decrypt.clone() })), "InvalidKeyUsageException");
    let huge = context(&[("k", &"v".repeat(8192))]);
    assert_eq!(exception(kms.encrypt(caller, &Encrypt { context: huge, ..encrypt.clone() })), "ValidationException");

    // Dry runs: the same refusals, and otherwise their own.
    assert_eq!(
        exception(kms.encrypt(caller, &Encrypt { dry_run: true, ..encrypt.clone() })),
        "DryRunOperationException"
    );
    assert_eq!(
        exception(kms.decrypt(caller, &Decrypt { dry_run: true, ..decrypt.clone() })),
        "DryRunOperationException"
    );
    let ignoring = Decrypt { ciphertext: None, dry_run: true, ignore_ciphertext: true, ..decrypt.clone() };
    assert_eq!(exception(kms.decrypt(caller, &ignoring)), "ValidationException");
    let ignoring = Decrypt { key_id: Some(&key), ..ignoring };
    assert_eq!(exception(kms.decrypt(caller, &ignoring)), "DryRunOperationException");
    assert_eq!(exception(kms.decrypt(caller, &Decrypt { dry_run: false, ..ignoring })), "ValidationException");
    assert_eq!(exception(kms.decrypt(caller, &Decrypt { ciphertext: None, ..decrypt.clone() })), "ValidationException");
    drill.fault(FaultKind::NetworkCut { cluster: drill.cluster_id() });
    assert_eq!(
        exception(kms.encrypt(caller, &Encrypt { dry_run: true, ..encrypt.clone() })),
        "KMSInvalidStateException"
    );
    drill.heal();

    // An internal error in KMS, twice; then it is used up.
    drill.world().faults().set(&FaultSpec::new(FaultKind::KmsInternalError).times(2)).unwrap();
    assert_eq!(exception(kms.encrypt(caller, &encrypt)), "KMSInternalException");
    assert_eq!(exception(kms.decrypt(caller, &decrypt)), "KMSInternalException");
    kms.decrypt(caller, &decrypt).unwrap();
}
