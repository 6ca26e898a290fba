//! Signatures that carry their data.

use std::ptr;

use cryptoki_sys::*;

use super::*;

/// A small RSA pair that signs with recovery: public key, private key.
fn pair<G>(session: &Session<G>) -> (CK_OBJECT_HANDLE, CK_OBJECT_HANDLE) {
    let public = Template::default().number(CKA_MODULUS_BITS, 1024).flag(CKA_VERIFY_RECOVER);
    session.generate_pair(CKM_RSA_PKCS_KEY_PAIR_GEN, &public, &Template::default().flag(CKA_SIGN_RECOVER))
}

#[test]
fn a_signature_gives_its_data_back() {
    let session = session();
    let (public, private) = pair(&session);
    let session = session.handle;
    let mut mechanism = bare(CKM_RSA_PKCS);
    let sign = |out, length| call!(C_SignRecover(session, of(b"tea"), 3, out, length));
    let recover =
        |signature: &[u8], out, length| call!(C_VerifyRecover(session, of(signature), len(signature), out, length));
    assert_eq!(output(sign), Err(CKR_OPERATION_NOT_INITIALIZED));
    assert_eq!(call!(C_SignRecoverInit(session, &raw mut mechanism, private)), CKR_OK);
    assert_eq!(call!(C_SignRecoverInit(session, &raw mut mechanism, private)), CKR_OPERATION_ACTIVE);
    let mut short = 127;
    let mut room = [0; 128];
    assert_eq!(sign(room.as_mut_ptr(), &raw mut short), CKR_BUFFER_TOO_SMALL);
    assert_eq!(short, 128);
    let signature = output(sign).unwrap();
    assert_eq!(output(sign), Err(CKR_OPERATION_NOT_INITIALIZED));

    let verify_init = |mechanism: &mut CK_MECHANISM, key| call!(C_VerifyRecoverInit(session, mechanism, key));
    assert_eq!(verify_init(&mut mechanism, public), CKR_OK);
    assert_eq!(output(|out, length| recover(&signature, out, length)).unwrap(), b"tea");
    for (wrong, rv) in [(&signature[1..], CKR_SIGNATURE_LEN_RANGE), (&[1; 128], CKR_SIGNATURE_INVALID)] {
        assert_eq!(verify_init(&mut mechanism, public), CKR_OK);
        let mut length = 128;
        assert_eq!(recover(wrong, room.as_mut_ptr(), &raw mut length), rv);
        assert_eq!(recover(wrong, room.as_mut_ptr(), &raw mut length), CKR_OPERATION_NOT_INITIALIZED);
    }
    assert_eq!(verify_init(&mut mechanism, private), CKR_KEY_FUNCTION_NOT_PERMITTED);
    assert_eq!(verify_init(&mut mechanism, 4711), CKR_KEY_HANDLE_INVALID);
    assert_eq!(verify_init(&mut bare(CKM_SHA256_RSA_PKCS), public), CKR_MECHANISM_INVALID);
    assert_eq!(call!(C_VerifyRecoverInit(session, ptr::null_mut(), public)), CKR_ARGUMENTS_BAD);
    assert_eq!(call!(C_SignRecoverInit(4711, ptr::null_mut(), public)), CKR_SESSION_HANDLE_INVALID);
}
