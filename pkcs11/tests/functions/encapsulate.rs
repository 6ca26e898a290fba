//! ML-KEM, and wrapping together with data.

use std::ptr;

use cryptoki_sys::*;

use super::*;

fn value<G>(session: &Session<G>, object: CK_OBJECT_HANDLE) -> Vec<u8> {
    let mut room = vec![0; 64];
    let mut attribute = CK_ATTRIBUTE { type_: CKA_VALUE, pValue: room.as_mut_ptr().cast(), ulValueLen: 64 };
    assert_eq!(call!(C_GetAttributeValue(session.handle, object, &raw mut attribute, 1)), CKR_OK);
    room.truncate(usize::try_from(attribute.ulValueLen).unwrap());
    room
}

/// A session's secret key that can be looked at.
fn shown() -> Template {
    Template::default().bytes(CKA_SENSITIVE, &[CK_FALSE]).flag(CKA_EXTRACTABLE)
}

#[test]
fn two_parties_share_a_key() {
    let session = session();
    for (set, length) in [(CKP_ML_KEM_512, 768), (CKP_ML_KEM_768, 1088), (CKP_ML_KEM_1024, 1568)] {
        let public = Template::default().number(CKA_PARAMETER_SET, set).flag(CKA_ENCAPSULATE);
        let private = Template::default().flag(CKA_DECAPSULATE);
        let (public, private) = session.generate_pair(CKM_ML_KEM_KEY_PAIR_GEN, &public, &private);
        for (key_type, wanted, bytes) in [(CKK_GENERIC_SECRET, None, 32), (CKK_AES, Some(16), 16), (CKK_AES, None, 32)]
        {
            let mut template = shown().number(CKA_KEY_TYPE, key_type);
            if let Some(wanted) = wanted {
                template = template.number(CKA_VALUE_LEN, wanted);
            }
            let mut template = template.attributes();
            let (attributes, count) = (template.as_mut_ptr(), len(&template));
            let key = std::cell::Cell::new(0);
            let ciphertext = output(|out, room| {
                let place = if out.is_null() { ptr::null_mut() } else { key.as_ptr() };
                let mut mechanism = bare(CKM_ML_KEM);
                call!(C_EncapsulateKey(session.handle, &raw mut mechanism, public, attributes, count, out, room, place))
            })
            .unwrap();
            assert_eq!(ciphertext.len(), length);
            let decapsulate = |ciphertext: &[u8]| {
                let (mut other, mut mechanism) = (0, bare(CKM_ML_KEM));
                let (data, size) = (of(ciphertext), len(ciphertext));
                let rv = call!(C_DecapsulateKey(
                    session.handle,
                    &raw mut mechanism,
                    private,
                    attributes,
                    count,
                    data,
                    size,
                    &raw mut other
                ));
                result(rv).map(|()| other)
            };
            let same = value(&session, decapsulate(&ciphertext).unwrap());
            assert_eq!((value(&session, key.get()), same.len()), (same.clone(), bytes));
            let mut forged = ciphertext.clone();
            forged[0] ^= 1;
            assert_ne!(value(&session, decapsulate(&forged).unwrap()), same, "a secret that nobody else knows");
            assert_eq!(decapsulate(&ciphertext[1..]), Err(CKR_WRAPPED_KEY_LEN_RANGE));
        }
    }
}

#[test]
fn keys_carry_templates_for_what_arrives() {
    let session = session();
    let inner = Template::default().number(CKA_KEY_TYPE, CKK_AES);
    let inner = inner.attributes();
    // SAFETY: the attributes live as long as the bytes that show them.
    let bytes = unsafe { std::slice::from_raw_parts(inner.as_ptr().cast::<u8>(), size_of_val(inner.as_slice())) };
    let public = Template::default()
        .number(CKA_PARAMETER_SET, CKP_ML_KEM_768)
        .flag(CKA_ENCAPSULATE)
        .bytes(CKA_ENCAPSULATE_TEMPLATE, bytes);
    let (public, _) = session.generate_pair(CKM_ML_KEM_KEY_PAIR_GEN, &public, &Template::default());
    let make = |template: &Template| {
        let (mut key, mut mechanism, mut room, mut size) = (0, bare(CKM_ML_KEM), [0; 1088], 1088);
        let mut template = template.attributes();
        let (attributes, count) = (template.as_mut_ptr(), len(&template));
        let (out, size) = (room.as_mut_ptr(), &raw mut size);
        let rv = call!(C_EncapsulateKey(
            session.handle,
            &raw mut mechanism,
            public,
            attributes,
            count,
            out,
            size,
            &raw mut key
        ));
        result(rv).map(|()| key)
    };
    let key = make(&Template::default()).unwrap();
    let mut key_type: CK_ULONG = 0;
    let mut attribute = CK_ATTRIBUTE { type_: CKA_KEY_TYPE, pValue: (&raw mut key_type).cast(), ulValueLen: 8 };
    assert_eq!(call!(C_GetAttributeValue(session.handle, key, &raw mut attribute, 1)), CKR_OK);
    assert_eq!(key_type, CKK_AES);
    assert_eq!(make(&Template::default().number(CKA_KEY_TYPE, CKK_GENERIC_SECRET)), Err(CKR_TEMPLATE_INCONSISTENT));
}

#[test]
fn a_wrapped_key_is_bound_to_data() {
    let session = session();
    let by = [CKA_WRAP, CKA_UNWRAP].into_iter().fold(Template::default().number(CKA_VALUE_LEN, 32), Template::flag);
    let wrapping = session.generate(CKM_AES_KEY_GEN, &by);
    let key = session.generate(CKM_AES_KEY_GEN, &shown().number(CKA_VALUE_LEN, 16));
    let mut iv = [4; 12];
    let mut gcm = CK_GCM_PARAMS {
        pIv: iv.as_mut_ptr(),
        ulIvLen: 12,
        ulIvBits: 96,
        pAAD: ptr::null_mut(),
        ulAADLen: 0,
        ulTagBits: 128,
    };
    let parameter = &raw mut gcm;
    let mechanism = || CK_MECHANISM {
        mechanism: CKM_AES_GCM,
        pParameter: parameter.cast(),
        ulParameterLen: size_of::<CK_GCM_PARAMS>() as CK_ULONG,
    };
    let wrap = |out, length| {
        call!(C_WrapKeyAuthenticated(session.handle, &mut mechanism(), wrapping, key, of(b"data"), 4, out, length))
    };
    let wrapped = output(wrap).unwrap();
    assert_eq!(wrapped.len(), 16 + 16, "the tag follows the key");
    let unwrap = |data: &[u8]| {
        let template = shown().number(CKA_CLASS, CKO_SECRET_KEY).number(CKA_KEY_TYPE, CKK_AES);
        let mut template = template.attributes();
        let (attributes, count) = (template.as_mut_ptr(), len(&template));
        let mut key = 0;
        let rv = call!(C_UnwrapKeyAuthenticated(
            session.handle,
            &mut mechanism(),
            wrapping,
            of(&wrapped),
            len(&wrapped),
            attributes,
            count,
            of(data),
            len(data),
            &raw mut key,
        ));
        result(rv).map(|()| key)
    };
    assert_eq!(value(&session, unwrap(b"data").unwrap()), value(&session, key));
    assert_eq!(unwrap(b"other data"), Err(CKR_WRAPPED_KEY_INVALID));
    let mut bare = bare(CKM_AES_ECB);
    let mut length = 0;
    let (bare, none, length) = (&raw mut bare, ptr::null_mut(), &raw mut length);
    let rv = call!(C_WrapKeyAuthenticated(session.handle, bare, wrapping, key, none, 0, none, length));
    assert_eq!(rv, CKR_MECHANISM_INVALID);
}

#[test]
fn nothing_is_asynchronous_or_validated() {
    let session = session();
    let (mut other, mut flags) = (0, 7);
    let wanted = CKF_SERIAL_SESSION | CKF_RW_SESSION | CKF_ASYNC_SESSION;
    let rv = call!(C_OpenSession(MODULE.slot, wanted, ptr::null_mut(), None, &raw mut other));
    assert_eq!(rv, CKR_SESSION_ASYNC_NOT_SUPPORTED);
    let session = session.handle;
    assert_eq!(call!(C_GetSessionValidationFlags(session, CKS_LAST_VALIDATION_OK, &raw mut flags)), CKR_OK);
    assert_eq!(flags, 0);
    assert_eq!(call!(C_AsyncGetID(session, ptr::null_mut(), &raw mut flags)), CKR_FUNCTION_NOT_SUPPORTED);
}
