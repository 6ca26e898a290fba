//! Ending operations without a result, two at a time, and saving them.

use std::ptr;

use cryptoki_sys::*;

use super::*;

/// A kind of operation: how it starts (with a null mechanism if the flag says so), and its flag of `C_SessionCancel`.
type Kind = (&'static str, fn(&Keys, bool) -> CK_RV, CK_FLAGS);

struct Keys {
    session: CK_SESSION_HANDLE,
    aes: CK_OBJECT_HANDLE,
    public: CK_OBJECT_HANDLE,
    private: CK_OBJECT_HANDLE,
}

/// The mechanism of a kind, or null.
fn mechanism(kind: CK_MECHANISM_TYPE, null: bool) -> *mut CK_MECHANISM {
    if null { ptr::null_mut() } else { Box::leak(Box::new(bare(kind))) }
}

const KINDS: &[Kind] = &[
    ("encrypt", |k, null| call!(C_EncryptInit(k.session, mechanism(CKM_AES_ECB, null), k.aes)), CKF_ENCRYPT),
    ("decrypt", |k, null| call!(C_DecryptInit(k.session, mechanism(CKM_AES_ECB, null), k.aes)), CKF_DECRYPT),
    ("digest", |k, null| call!(C_DigestInit(k.session, mechanism(CKM_SHA256, null))), CKF_DIGEST),
    ("sign", |k, null| call!(C_SignInit(k.session, mechanism(CKM_AES_CMAC, null), k.aes)), CKF_SIGN),
    ("verify", |k, null| call!(C_VerifyInit(k.session, mechanism(CKM_AES_CMAC, null), k.aes)), CKF_VERIFY),
    (
        "sign with recovery",
        |k, null| call!(C_SignRecoverInit(k.session, mechanism(CKM_RSA_PKCS, null), k.private)),
        CKF_SIGN_RECOVER,
    ),
    (
        "recover",
        |k, null| call!(C_VerifyRecoverInit(k.session, mechanism(CKM_RSA_PKCS, null), k.public)),
        CKF_VERIFY_RECOVER,
    ),
];

fn keys<G>(session: &Session<G>) -> Keys {
    let usages = [CKA_ENCRYPT, CKA_DECRYPT, CKA_SIGN, CKA_VERIFY];
    let template = usages.into_iter().fold(Template::default().number(CKA_VALUE_LEN, 32), Template::flag);
    let public = Template::default().number(CKA_MODULUS_BITS, 1024).flag(CKA_VERIFY_RECOVER);
    let private = Template::default().flag(CKA_SIGN_RECOVER);
    let (public, private) = session.generate_pair(CKM_RSA_PKCS_KEY_PAIR_GEN, &public, &private);
    Keys { session: session.handle, aes: session.generate(CKM_AES_KEY_GEN, &template), public, private }
}

#[test]
fn a_null_mechanism_ends_what_is_active() {
    let session = session();
    let keys = keys(&session);
    for (name, init, _) in KINDS {
        assert_eq!(init(&keys, true), CKR_ARGUMENTS_BAD, "{name}: nothing is active");
        assert_eq!(init(&keys, false), CKR_OK, "{name}");
        assert_eq!(init(&keys, false), CKR_OPERATION_ACTIVE, "{name}");
        assert_eq!(init(&keys, true), CKR_OK, "{name}");
        assert_eq!(init(&keys, false), CKR_OK, "{name}: it starts again");
    }
}

#[test]
fn flags_end_what_they_name_and_nothing_else() {
    let session = session();
    let keys = keys(&session);
    let cancel = |flags| call!(C_SessionCancel(keys.session, flags));
    let every = KINDS.iter().fold(CKF_FIND_OBJECTS, |flags, (_, _, flag)| flags | flag);
    assert_eq!(call!(C_SessionCancel(4711, every)), CKR_SESSION_HANDLE_INVALID);
    for (name, _, flag) in KINDS {
        for (_, init, _) in KINDS {
            assert_eq!(init(&keys, false), CKR_OK, "{name}");
        }
        assert_eq!(call!(C_FindObjectsInit(keys.session, ptr::null_mut(), 0)), CKR_OK);
        assert_eq!(cancel(0), CKR_OK);
        assert_eq!(cancel(*flag), CKR_OK);
        assert_eq!(cancel(*flag), CKR_OK, "{name}: what is not active is ignored");
        for (other, init, other_flag) in KINDS {
            let expected = if other_flag == flag { CKR_OK } else { CKR_OPERATION_ACTIVE };
            assert_eq!(init(&keys, false), expected, "{name}, {other}");
        }
        assert_eq!(cancel(every | CKF_GENERATE | CKF_WRAP), CKR_OK);
        assert_eq!(call!(C_FindObjectsFinal(keys.session)), CKR_OPERATION_NOT_INITIALIZED);
    }
}

#[test]
fn two_operations_in_one_pass() {
    let session = session();
    let keys = keys(&session);
    let session = keys.session;
    let data = [7_u8; 32];
    let start = |kind: usize| assert_eq!(KINDS[kind].1(&keys, false), CKR_OK, "{}", KINDS[kind].0);
    let [encrypt, decrypt, digest, sign, verify] = [0, 1, 2, 3, 4];
    let sealing = |out, length| call!(C_DigestEncryptUpdate(session, of(&data), 32, out, length));
    let signing = |out, length| call!(C_SignEncryptUpdate(session, of(&data), 32, out, length));
    let final_digest = || output(|out, length| call!(C_DigestFinal(session, out, length))).unwrap();

    assert_eq!(output(sealing), Err(CKR_OPERATION_NOT_INITIALIZED));
    start(encrypt);
    start(digest);
    let mut short = 31;
    let mut room = [0; 32];
    assert_eq!(sealing(room.as_mut_ptr(), &raw mut short), CKR_BUFFER_TOO_SMALL);
    let sealed = output(sealing).unwrap();
    assert_eq!(call!(C_EncryptFinal(session, ptr::null_mut(), &raw mut short)), CKR_OK);
    let first = final_digest();

    start(decrypt);
    start(digest);
    let opening = |out, length| call!(C_DecryptDigestUpdate(session, of(&sealed), 32, out, length));
    assert_eq!(output(opening).unwrap(), data);
    assert_eq!(final_digest(), first, "both saw the same plaintext, once");

    assert_eq!(call!(C_SessionCancel(session, CKF_ENCRYPT | CKF_DECRYPT)), CKR_OK);
    start(encrypt);
    start(sign);
    assert_eq!(output(signing).unwrap(), sealed);
    let code = output(|out, length| call!(C_SignFinal(session, out, length))).unwrap();
    start(decrypt);
    start(verify);
    let opening = |out, length| call!(C_DecryptVerifyUpdate(session, of(&sealed), 32, out, length));
    assert_eq!(output(opening).unwrap(), data);
    assert_eq!(call!(C_VerifyFinal(session, of(&code), len(&code))), CKR_OK);
}

#[test]
fn the_state_of_a_digest_goes_on_in_another_session() {
    let one = session();
    let two = open();
    let keys = keys(&one);
    let save = |out, length| call!(C_GetOperationState(one.handle, out, length));
    let restore = |state: &[u8]| call!(C_SetOperationState(two, of(state), len(state), 0, 0));
    let init = |session| call!(C_DigestInit(session, mechanism(CKM_SHA256, false)));
    let update = |session, data: &[u8]| call!(C_DigestUpdate(session, of(data), len(data)));
    let finish = |session| output(|out, length| call!(C_DigestFinal(session, out, length)));
    assert_eq!(output(save), Err(CKR_OPERATION_NOT_INITIALIZED));
    assert_eq!(init(one.handle), CKR_OK);
    assert_eq!(update(one.handle, b"one "), CKR_OK);
    let state = output(save).unwrap();
    assert_eq!(KINDS[0].1(&keys, false), CKR_OK);
    assert_eq!(output(save), Err(CKR_STATE_UNSAVEABLE));
    assert_eq!(restore(&state[1..]), CKR_SAVED_STATE_INVALID);
    assert_eq!(call!(C_SetOperationState(two, ptr::null_mut(), 8, 0, 0)), CKR_ARGUMENTS_BAD);
    assert_eq!(restore(&state), CKR_OK);
    for session in [one.handle, two] {
        assert_eq!(update(session, b"two"), CKR_OK);
    }
    assert_eq!(finish(one.handle).unwrap(), finish(two).unwrap());
}
