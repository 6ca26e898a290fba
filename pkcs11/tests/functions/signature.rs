//! ML-DSA, and checking a signature that comes before its data.

use std::ptr;

use cryptoki_sys::*;

use super::*;

#[test]
fn ml_dsa_signs() {
    let session = session();
    let context = b"context";
    for (set, length) in [(CKP_ML_DSA_44, 2420), (CKP_ML_DSA_65, 3309), (CKP_ML_DSA_87, 4627)] {
        let public = Template::default().number(CKA_PARAMETER_SET, set).flag(CKA_VERIFY);
        let pair = session.generate_pair(CKM_ML_DSA_KEY_PAIR_GEN, &public, &Template::default().flag(CKA_SIGN));
        let session = session.handle;
        let mut pure = CK_SIGN_ADDITIONAL_CONTEXT {
            hedgeVariant: CKH_DETERMINISTIC_REQUIRED,
            pContext: of(context),
            ulContextLen: len(context),
        };
        let mut hashed = CK_HASH_SIGN_ADDITIONAL_CONTEXT {
            hedgeVariant: CKH_HEDGE_REQUIRED,
            pContext: of(context),
            ulContextLen: len(context),
            hash: CKM_SHA256,
        };
        let (pure, hashed) = (&raw mut pure, &raw mut hashed);
        let with = |mechanism, parameter: *mut std::ffi::c_void, size: usize| CK_MECHANISM {
            mechanism,
            pParameter: parameter,
            ulParameterLen: size as CK_ULONG,
        };
        let pure_size = size_of::<CK_SIGN_ADDITIONAL_CONTEXT>();
        for (mut mechanism, repeats) in [
            (bare(CKM_ML_DSA), false),
            (with(CKM_ML_DSA, pure.cast(), pure_size), true),
            (bare(CKM_HASH_ML_DSA_SHA3_512), false),
            (with(CKM_HASH_ML_DSA_SHA256, pure.cast(), pure_size), true),
            (with(CKM_HASH_ML_DSA, hashed.cast(), size_of::<CK_HASH_SIGN_ADDITIONAL_CONTEXT>()), false),
        ] {
            let mechanism = &raw mut mechanism;
            // As long as a digest of SHA-256, for the mechanism that takes one.
            let data = [5_u8; 32];
            let sign = || {
                assert_eq!(call!(C_SignInit(session, mechanism, pair.1)), CKR_OK);
                output(|out, room| call!(C_Sign(session, of(&data), 32, out, room))).unwrap()
            };
            let signature = sign();
            assert_eq!(signature.len(), length);
            assert_eq!(sign() == signature, repeats);

            let start = || call!(C_VerifySignatureInit(session, mechanism, pair.0, of(&signature), len(&signature)));
            assert_eq!(start(), CKR_OK);
            assert_eq!(call!(C_VerifySignature(session, of(&data), 32)), CKR_OK);
            assert_eq!(start(), CKR_OK);
            assert_eq!(call!(C_VerifySignature(session, of(&data), 31)), wrong_length(mechanism));
            assert_eq!(call!(C_VerifySignature(session, of(&data), 32)), CKR_OPERATION_NOT_INITIALIZED);
        }
    }
}

/// Other data has another signature; what is no digest is refused before.
fn wrong_length(mechanism: *const CK_MECHANISM) -> CK_RV {
    // SAFETY: of the caller's own mechanism.
    if unsafe { (*mechanism).mechanism } == CKM_HASH_ML_DSA { CKR_DATA_LEN_RANGE } else { CKR_SIGNATURE_INVALID }
}

#[test]
fn pieces_come_after_their_signature() {
    let session = session();
    let public = Template::default().number(CKA_PARAMETER_SET, CKP_ML_DSA_44).flag(CKA_VERIFY);
    let pair = session.generate_pair(CKM_ML_DSA_KEY_PAIR_GEN, &public, &Template::default().flag(CKA_SIGN));
    let session = session.handle;
    for kind in [CKM_ML_DSA, CKM_HASH_ML_DSA_SHA512] {
        let mut mechanism = bare(kind);
        let mechanism = &raw mut mechanism;
        assert_eq!(call!(C_SignInit(session, mechanism, pair.1)), CKR_OK);
        assert_eq!(call!(C_SignUpdate(session, of(b"one "), 4)), CKR_OK);
        assert_eq!(call!(C_SignUpdate(session, of(b"two"), 3)), CKR_OK);
        let signature = output(|out, room| call!(C_SignFinal(session, out, room))).unwrap();
        let start = || call!(C_VerifySignatureInit(session, mechanism, pair.0, of(&signature), len(&signature)));
        assert_eq!(call!(C_VerifySignatureFinal(session)), CKR_OPERATION_NOT_INITIALIZED);
        assert_eq!(start(), CKR_OK);
        assert_eq!(start(), CKR_OPERATION_ACTIVE);
        assert_eq!(call!(C_VerifySignatureUpdate(session, of(b"one t"), 5)), CKR_OK);
        assert_eq!(call!(C_VerifySignature(session, of(b"wo"), 2)), CKR_OPERATION_ACTIVE);
        assert_eq!(start(), CKR_OK, "the refused step ended it");
        assert_eq!(call!(C_VerifySignatureUpdate(session, of(b"one two"), 7)), CKR_OK);
        assert_eq!(call!(C_VerifySignatureFinal(session)), CKR_OK);
        assert_eq!(start(), CKR_OK);
        assert_eq!(call!(C_SessionCancel(session, CKF_VERIFY)), CKR_OK);
        assert_eq!(call!(C_VerifySignatureFinal(session)), CKR_OPERATION_NOT_INITIALIZED);
        assert_eq!(start(), CKR_OK);
        let cancelled = call!(C_VerifySignatureInit(session, ptr::null_mut(), 0, ptr::null_mut(), 0));
        assert_eq!(cancelled, CKR_OK);
    }
}
