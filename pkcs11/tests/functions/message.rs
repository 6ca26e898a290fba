//! Message-based encryption and signatures.

use std::ptr;

use cryptoki_sys::*;

use super::*;

/// The parameter of a message with its memory.
struct Gcm {
    iv: [u8; 12],
    tag: [u8; 16],
    fixed_bits: CK_ULONG,
    generator: CK_GENERATOR_FUNCTION,
}

impl Gcm {
    fn new(iv: [u8; 12], fixed_bits: CK_ULONG, generator: CK_GENERATOR_FUNCTION) -> Self {
        Self { iv, tag: [0; 16], fixed_bits, generator }
    }

    fn parameter(&mut self) -> CK_GCM_MESSAGE_PARAMS {
        CK_GCM_MESSAGE_PARAMS {
            pIv: self.iv.as_mut_ptr(),
            ulIvLen: 12,
            ulIvFixedBits: self.fixed_bits,
            ivGenerator: self.generator,
            pTag: self.tag.as_mut_ptr(),
            ulTagBits: 128,
        }
    }
}

/// A parameter as the functions take it.
fn bytes_of<T>(parameter: &mut T) -> (*mut std::ffi::c_void, CK_ULONG) {
    ((&raw mut *parameter).cast(), size_of::<T>() as CK_ULONG)
}

fn aes<G>(session: &Session<G>) -> CK_OBJECT_HANDLE {
    let usages = [CKA_ENCRYPT, CKA_DECRYPT, CKA_SIGN, CKA_VERIFY];
    let template = usages.into_iter().fold(Template::default().number(CKA_VALUE_LEN, 32), Template::flag);
    session.generate(CKM_AES_KEY_GEN, &template)
}

const AAD: &[u8] = b"header";

#[test]
fn each_message_has_its_nonce_and_its_tag() {
    let session = session();
    let key = aes(&session);
    let session = session.handle;
    let mut mechanism = bare(CKM_AES_GCM);
    assert_eq!(call!(C_MessageEncryptInit(session, &raw mut mechanism, key)), CKR_OK);
    assert_eq!(call!(C_MessageDecryptInit(session, &raw mut mechanism, key)), CKR_OK);
    for (generator, fixed_bits) in [
        (CKG_NO_GENERATE, 0),
        (CKG_GENERATE, 32),
        (CKG_GENERATE_RANDOM, 0),
        (CKG_GENERATE_COUNTER, 64),
        (CKG_GENERATE_COUNTER_XOR, 32),
    ] {
        let mut nonces = Vec::new();
        for message in [b"first message".as_slice(), b"", b"the last"] {
            let mut gcm = Gcm::new([0x5a; 12], fixed_bits, generator);
            let mut parameter = gcm.parameter();
            let (pointer, size) = bytes_of(&mut parameter);
            let sealed = output(|out, length| {
                call!(C_EncryptMessage(
                    session,
                    pointer,
                    size,
                    of(AAD),
                    len(AAD),
                    of(message),
                    len(message),
                    out,
                    length
                ))
            })
            .unwrap();
            assert_eq!(sealed.len(), message.len());
            assert_ne!(gcm.tag, [0; 16]);
            let fixed = usize::try_from(fixed_bits / 8).unwrap();
            assert_eq!(gcm.iv[..fixed], [0x5a; 12][..fixed]);
            nonces.push(gcm.iv);

            let open = |gcm: &mut Gcm| {
                let mut parameter = gcm.parameter();
                let (pointer, size) = bytes_of(&mut parameter);
                output(|out, length| {
                    let (aad, data) = (of(AAD), of(&sealed));
                    call!(C_DecryptMessage(session, pointer, size, aad, len(AAD), data, len(&sealed), out, length))
                })
            };
            assert_eq!(open(&mut gcm).unwrap(), message);
            gcm.tag[3] ^= 1;
            assert_eq!(open(&mut gcm), Err(CKR_AEAD_DECRYPT_FAILED));
            gcm.tag[3] ^= 1;
            assert_eq!(open(&mut gcm).unwrap(), message, "the operation goes on");
        }
        nonces.dedup();
        assert_eq!(nonces.len(), if generator == CKG_NO_GENERATE { 1 } else { 3 }, "{generator}");
    }
    assert_eq!(call!(C_MessageEncryptFinal(session)), CKR_OK);
    assert_eq!(call!(C_MessageEncryptFinal(session)), CKR_OPERATION_NOT_INITIALIZED);
    assert_eq!(call!(C_MessageDecryptInit(session, ptr::null_mut(), key)), CKR_OK, "cancelled");
    assert_eq!(call!(C_MessageDecryptFinal(session)), CKR_OPERATION_NOT_INITIALIZED);
}

#[test]
fn messages_in_pieces() {
    let session = session();
    let key = aes(&session);
    let session = session.handle;
    let mut mechanism = bare(CKM_AES_GCM);
    assert_eq!(call!(C_MessageEncryptInit(session, &raw mut mechanism, key)), CKR_OK);
    let mut gcm = Gcm::new([7; 12], 96 - 32, CKG_GENERATE_COUNTER);
    let mut parameter = gcm.parameter();
    let (pointer, size) = bytes_of(&mut parameter);
    let next = |data: &[u8], flags| {
        output(|out, length| {
            call!(C_EncryptMessageNext(session, pointer, size, of(data), len(data), out, length, flags))
        })
    };
    let begin = || call!(C_EncryptMessageBegin(session, pointer, size, of(AAD), len(AAD)));
    assert_eq!(next(b"x", 0), Err(CKR_OPERATION_NOT_INITIALIZED));
    assert_eq!(begin(), CKR_OK);
    assert_eq!(gcm.iv, [7, 7, 7, 7, 7, 7, 7, 7, 0, 0, 0, 0]);
    assert_eq!(begin(), CKR_OPERATION_ACTIVE);
    assert_eq!(call!(C_MessageEncryptFinal(session)), CKR_OPERATION_ACTIVE);
    let sealed = [next(b"one ", 0).unwrap(), next(b"two", CKF_END_OF_MESSAGE).unwrap()].concat();
    assert_eq!(next(b"x", 0), Err(CKR_OPERATION_NOT_INITIALIZED));
    assert_eq!(call!(C_MessageEncryptFinal(session)), CKR_OK);

    assert_eq!(call!(C_MessageDecryptInit(session, &raw mut mechanism, key)), CKR_OK);
    let open = |flip: u8| {
        let mut tag = gcm.tag;
        tag[0] ^= flip;
        let mut again = Gcm { tag, ..Gcm::new(gcm.iv, 0, CKG_NO_GENERATE) };
        let mut parameter = again.parameter();
        let (pointer, size) = bytes_of(&mut parameter);
        assert_eq!(call!(C_DecryptMessageBegin(session, pointer, size, of(AAD), len(AAD))), CKR_OK);
        let next = |data: &[u8], flags| {
            output(|out, length| {
                call!(C_DecryptMessageNext(session, pointer, size, of(data), len(data), out, length, flags))
            })
        };
        assert_eq!(next(&sealed[..2], 0).unwrap(), b"", "nothing before the tag is checked");
        next(&sealed[2..], CKF_END_OF_MESSAGE)
    };
    // A longer tag than there is would be read from where there is none.
    let too_long = |bits| {
        let mut parameter =
            CK_GCM_MESSAGE_PARAMS { ulTagBits: bits, ..Gcm::new([7; 12], 0, CKG_NO_GENERATE).parameter() };
        let (pointer, size) = bytes_of(&mut parameter);
        let mut room = 64;
        let (data, out) = (of(&sealed), [0_u8; 64].as_mut_ptr());
        call!(C_DecryptMessage(session, pointer, size, of(AAD), len(AAD), data, len(&sealed), out, &raw mut room))
    };
    for bits in [129, 1 << 40, CK_ULONG::MAX] {
        assert_eq!(too_long(bits), CKR_MECHANISM_PARAM_INVALID, "{bits}");
    }
    assert_eq!(open(1), Err(CKR_AEAD_DECRYPT_FAILED));
    assert_eq!(open(0).unwrap(), b"one two");
    assert_eq!(call!(C_MessageDecryptFinal(session)), CKR_OK);
}

#[test]
fn other_ciphers_have_other_parameters() {
    let session = session();
    let (aes, chacha) = (aes(&session), session.generate(CKM_CHACHA20_KEY_GEN, &Template::default()));
    let session = session.handle;
    let (mut nonce, mut tag) = ([9_u8; 12], [0_u8; 16]);
    let mut ccm = CK_CCM_MESSAGE_PARAMS {
        ulDataLen: 4,
        pNonce: nonce.as_mut_ptr(),
        ulNonceLen: 12,
        ulNonceFixedBits: 0,
        nonceGenerator: CKG_NO_GENERATE,
        pMAC: tag.as_mut_ptr(),
        ulMACLen: 8,
    };
    let mut poly =
        CK_SALSA20_CHACHA20_POLY1305_MSG_PARAMS { pNonce: nonce.as_mut_ptr(), ulNonceLen: 12, pTag: tag.as_mut_ptr() };
    let mut poly_in_bits = CK_SALSA20_CHACHA20_POLY1305_MSG_PARAMS { ulNonceLen: 96, ..poly };
    for (mechanism, key, (pointer, size)) in [
        (CKM_AES_CCM, aes, bytes_of(&mut ccm)),
        (CKM_CHACHA20_POLY1305, chacha, bytes_of(&mut poly)),
        (CKM_CHACHA20_POLY1305, chacha, bytes_of(&mut poly_in_bits)),
    ] {
        assert_eq!(call!(C_MessageEncryptInit(session, &mut bare(mechanism), key)), CKR_OK);
        let sealed = output(|out, length| {
            call!(C_EncryptMessage(session, pointer, size, of(AAD), len(AAD), of(b"data"), 4, out, length))
        })
        .unwrap();
        assert_eq!(call!(C_MessageEncryptFinal(session)), CKR_OK);
        assert_eq!(call!(C_MessageDecryptInit(session, &mut bare(mechanism), key)), CKR_OK);
        let opened = output(|out, length| {
            call!(C_DecryptMessage(session, pointer, size, of(AAD), len(AAD), of(&sealed), 4, out, length))
        });
        assert_eq!(opened.unwrap(), b"data");
        let wrong = call!(C_DecryptMessageBegin(session, ptr::null_mut(), 0, ptr::null_mut(), 0));
        assert_eq!(wrong, CKR_MECHANISM_PARAM_INVALID);
        assert_eq!(call!(C_MessageDecryptFinal(session)), CKR_OK);
    }
    assert_eq!(call!(C_MessageEncryptInit(session, &mut bare(CKM_AES_CBC), aes)), CKR_MECHANISM_INVALID);
}

#[test]
fn messages_are_signed_one_after_the_other() {
    let session = session();
    let key = aes(&session);
    let ec = [0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
    let public = Template::default().bytes(CKA_EC_PARAMS, &ec).flag(CKA_VERIFY);
    let pair = session.generate_pair(CKM_EC_KEY_PAIR_GEN, &public, &Template::default().flag(CKA_SIGN));
    let session = session.handle;
    let none: *mut CK_BYTE = ptr::null_mut();
    for (mechanism, private, public, pieces) in
        [(CKM_AES_CMAC, key, key, true), (CKM_ECDSA_SHA256, pair.1, pair.0, true), (CKM_ECDSA, pair.1, pair.0, false)]
    {
        assert_eq!(call!(C_MessageSignInit(session, &mut bare(mechanism), private)), CKR_OK);
        assert_eq!(call!(C_MessageVerifyInit(session, &mut bare(mechanism), public)), CKR_OK);
        for message in [b"one message".as_slice(), b"another"] {
            let (data, length) = (of(message), len(message));
            let signature = output(|out, room| call!(C_SignMessage(session, none.cast(), 0, data, length, out, room)));
            let signature = signature.unwrap();
            let verify = |data, length| {
                call!(C_VerifyMessage(session, none.cast(), 0, data, length, of(&signature), len(&signature)))
            };
            assert_eq!(verify(data, length), CKR_OK);
            assert_eq!(verify(data, length - 1), CKR_SIGNATURE_INVALID);
        }
        let begun = if pieces { CKR_OK } else { CKR_FUNCTION_NOT_SUPPORTED };
        assert_eq!(call!(C_SignMessageBegin(session, none.cast(), 0)), begun);
        assert_eq!(call!(C_VerifyMessageBegin(session, none.cast(), 0)), begun);
        if pieces {
            let part = of(b"part");
            let next = |data, out, room| call!(C_SignMessageNext(session, none.cast(), 0, data, 4, out, room));
            assert_eq!(next(part, none, ptr::null_mut()), CKR_OK);
            assert_eq!(call!(C_MessageSignFinal(session)), CKR_OPERATION_ACTIVE);
            let signature = output(|out, room| next(part, out, room)).unwrap();
            let check = |data, signature: &[u8]| {
                let (pointer, length) = if signature.is_empty() { (none, 0) } else { (of(signature), len(signature)) };
                call!(C_VerifyMessageNext(session, none.cast(), 0, data, 4, pointer, length))
            };
            assert_eq!(check(part, &[]), CKR_OK);
            assert_eq!(check(part, &signature), CKR_OK);
            assert_eq!(check(part, &signature), CKR_OPERATION_NOT_INITIALIZED);
        }
        assert_eq!(call!(C_MessageSignFinal(session)), CKR_OK);
        assert_eq!(call!(C_MessageVerifyFinal(session)), CKR_OK);
    }
}

#[test]
fn mechanisms_say_that_they_are_for_messages() {
    drop(session());
    let flags = |mechanism| {
        let mut info = CK_MECHANISM_INFO::default();
        assert_eq!(call!(C_GetMechanismInfo(MODULE.slot, mechanism, &raw mut info)), CKR_OK);
        info.flags
            & (CKF_MESSAGE_ENCRYPT | CKF_MESSAGE_DECRYPT | CKF_MESSAGE_SIGN | CKF_MESSAGE_VERIFY | CKF_MULTI_MESSAGE)
    };
    let (sealing, signing) = (CKF_MESSAGE_ENCRYPT | CKF_MESSAGE_DECRYPT, CKF_MESSAGE_SIGN | CKF_MESSAGE_VERIFY);
    for (mechanism, expected) in [
        (CKM_AES_GCM, sealing | CKF_MULTI_MESSAGE),
        (CKM_CHACHA20_POLY1305, sealing | CKF_MULTI_MESSAGE),
        (CKM_SHA256_HMAC, signing | CKF_MULTI_MESSAGE),
        (CKM_RSA_PKCS, signing),
        (CKM_AES_GMAC, 0),
        (CKM_AES_CBC, 0),
        (CKM_SHA256, 0),
    ] {
        assert_eq!(flags(mechanism), expected, "{mechanism:#x}");
    }
}
