//! Keys: made, wrapped, derived, encapsulated.

use cryptoki_sys::*;

use crate::flaw::Flaw::*;
use crate::objects::KeyKind;
use crate::row::{Row, row};

static AES: CK_KEY_TYPE = CKK_AES;
static SECRET: CK_KEY_TYPE = CKK_GENERIC_SECRET;

pub(super) fn rows() -> Vec<Row> {
    vec![
        row!(
            C_GenerateKey,
            [BadSession, NullMechanism, NullTemplate, NullResult, BadMechanism, BadParameter, ReadOnly, NotLoggedIn],
            |a| (a.session(), a.mechanism(CKM_AES_KEY_GEN, 0), a.secret_key(&AES), 5, a.result())
        ),
        row!(
            C_GenerateKeyPair,
            [BadSession, NullMechanism, NullTemplate, NullResult, BadMechanism, BadParameter, ReadOnly, NotLoggedIn],
            |a| (
                a.session(),
                a.mechanism(CKM_EC_KEY_PAIR_GEN, 0),
                a.public_key(),
                3,
                a.any_object(),
                2,
                a.result(),
                a.other_result()
            )
        ),
        row!(
            C_WrapKey,
            [
                BadSession,
                NullMechanism,
                NullLength,
                BadKey,
                BadMechanism,
                WrongKeyType,
                NotPermitted,
                BadParameter,
                SmallBuffer,
                Query,
                BadObject
            ],
            |a| (a.session(), a.key_wrap(), a.key(), a.wrapped(), a.out(40), a.out_len())
        )
        .codes(&[
            (BadKey, CKR_WRAPPING_KEY_HANDLE_INVALID),
            (WrongKeyType, CKR_WRAPPING_KEY_TYPE_INCONSISTENT),
            (BadObject, CKR_KEY_HANDLE_INVALID),
        ]),
        row!(
            C_UnwrapKey,
            [
                BadSession,
                NullMechanism,
                NullData,
                NullTemplate,
                NullResult,
                BadKey,
                BadMechanism,
                WrongKeyType,
                NotPermitted,
                BadParameter,
                ReadOnly,
                NotLoggedIn
            ],
            |a| (a.session(), a.key_wrap(), a.key(), a.data(), a.data_len(), a.any_secret(), 4, a.result())
        )
        .data_len(40)
        .answers(CKR_WRAPPED_KEY_INVALID)
        .codes(&[(BadKey, CKR_UNWRAPPING_KEY_HANDLE_INVALID), (WrongKeyType, CKR_UNWRAPPING_KEY_TYPE_INCONSISTENT)])
        // The key is private there.
        .in_cloud(None, &[(NotLoggedIn, CKR_UNWRAPPING_KEY_HANDLE_INVALID)]),
        row!(
            C_DeriveKey,
            [
                BadSession,
                NullMechanism,
                NullTemplate,
                NullResult,
                BadKey,
                BadMechanism,
                WrongKeyType,
                NotPermitted,
                BadParameter,
                ReadOnly,
                NotLoggedIn
            ],
            |a| (a.session(), a.mechanism(CKM_SHA256_KEY_DERIVATION, 0), a.key(), a.secret_key(&SECRET), 5, a.result())
        )
        .keys(KeyKind::Secret)
        .without_mechanism_in_cloud(),
    ]
}
