//! The return codes that the standard lists for each function (PKCS#11 v3.1 §5.4 to §5.22, and v3.2).

use cryptoki_sys::*;

/// Of every function that works on a session.
const SESSION: &[CK_RV] =
    &[CKR_SESSION_HANDLE_INVALID, CKR_SESSION_CLOSED, CKR_DEVICE_ERROR, CKR_DEVICE_MEMORY, CKR_DEVICE_REMOVED];
/// Of every function that works on a slot.
const SLOT: &[CK_RV] = &[
    CKR_SLOT_ID_INVALID,
    CKR_TOKEN_NOT_PRESENT,
    CKR_TOKEN_NOT_RECOGNIZED,
    CKR_DEVICE_ERROR,
    CKR_DEVICE_MEMORY,
    CKR_DEVICE_REMOVED,
];
/// Of every function that writes an output of variable length.
const OUT: &[CK_RV] = &[CKR_BUFFER_TOO_SMALL];
/// Of every function that starts an operation with a key.
const START: &[CK_RV] = &[
    CKR_KEY_FUNCTION_NOT_PERMITTED,
    CKR_KEY_HANDLE_INVALID,
    CKR_KEY_SIZE_RANGE,
    CKR_KEY_TYPE_INCONSISTENT,
    CKR_MECHANISM_INVALID,
    CKR_MECHANISM_PARAM_INVALID,
    CKR_OPERATION_ACTIVE,
    CKR_OPERATION_CANCEL_FAILED,
    CKR_PIN_EXPIRED,
    CKR_USER_NOT_LOGGED_IN,
];
/// Of every step of an operation. The standard does not list "active" for steps; it is the answer when one-piece and multi-part
/// calls mix (documented for the call order; inferred).
const STEP: &[CK_RV] = &[CKR_OPERATION_NOT_INITIALIZED, CKR_OPERATION_ACTIVE, CKR_USER_NOT_LOGGED_IN];
const DATA: &[CK_RV] = &[CKR_DATA_INVALID, CKR_DATA_LEN_RANGE];
const CIPHERTEXT: &[CK_RV] = &[CKR_ENCRYPTED_DATA_INVALID, CKR_ENCRYPTED_DATA_LEN_RANGE];
const SIGNATURE: &[CK_RV] = &[CKR_SIGNATURE_INVALID, CKR_SIGNATURE_LEN_RANGE];
/// A mechanism that takes no pieces (of the real client library, documented).
const NO_PIECES: &[CK_RV] = &[CKR_MECHANISM_INVALID];
/// Of every function that takes the template of an object.
const TEMPLATE: &[CK_RV] = &[
    CKR_ATTRIBUTE_READ_ONLY,
    CKR_ATTRIBUTE_TYPE_INVALID,
    CKR_ATTRIBUTE_VALUE_INVALID,
    CKR_CURVE_NOT_SUPPORTED,
    CKR_DOMAIN_PARAMS_INVALID,
    CKR_PARAMETER_SET_NOT_SUPPORTED,
    CKR_PIN_EXPIRED,
    CKR_SESSION_READ_ONLY,
    CKR_TEMPLATE_INCOMPLETE,
    CKR_TEMPLATE_INCONSISTENT,
    CKR_TOKEN_WRITE_PROTECTED,
    CKR_USER_NOT_LOGGED_IN,
];
const MAKE: &[CK_RV] = &[CKR_MECHANISM_INVALID, CKR_MECHANISM_PARAM_INVALID, CKR_OPERATION_ACTIVE, CKR_KEY_SIZE_RANGE];
/// Of every step with a message: its parameter is a mechanism's, and a counter may have no further nonce (inferred; the standard
/// lists neither).
const MESSAGE: &[CK_RV] = &[CKR_MECHANISM_PARAM_INVALID, CKR_KEY_EXHAUSTED];
/// A message that is not what was sealed.
const OPENED: &[CK_RV] = &[CKR_AEAD_DECRYPT_FAILED];
/// Of what makes a key of another one.
const KEY: &[CK_RV] = &[CKR_KEY_FUNCTION_NOT_PERMITTED, CKR_KEY_HANDLE_INVALID, CKR_KEY_TYPE_INCONSISTENT];
/// Of what wraps a key.
const WRAPPING: &[CK_RV] = &[
    CKR_KEY_FUNCTION_NOT_PERMITTED,
    CKR_KEY_HANDLE_INVALID,
    CKR_KEY_NOT_WRAPPABLE,
    CKR_KEY_UNEXTRACTABLE,
    CKR_PIN_EXPIRED,
    CKR_USER_NOT_LOGGED_IN,
    CKR_WRAPPING_KEY_HANDLE_INVALID,
    CKR_WRAPPING_KEY_SIZE_RANGE,
    CKR_WRAPPING_KEY_TYPE_INCONSISTENT,
];
/// Of what unwraps one.
const UNWRAPPING: &[CK_RV] = &[
    CKR_KEY_FUNCTION_NOT_PERMITTED,
    CKR_UNWRAPPING_KEY_HANDLE_INVALID,
    CKR_UNWRAPPING_KEY_SIZE_RANGE,
    CKR_UNWRAPPING_KEY_TYPE_INCONSISTENT,
    CKR_WRAPPED_KEY_INVALID,
    CKR_WRAPPED_KEY_LEN_RANGE,
];
const PIN: &[CK_RV] = &[CKR_PIN_INVALID, CKR_PIN_LEN_RANGE, CKR_PIN_INCORRECT, CKR_PIN_LOCKED];

/// Whether a function may answer a code. `CKR_GENERAL_ERROR` is nobody's answer here: it would be a panic or a failing disk.
pub(crate) fn permits(function: &str, rv: CK_RV) -> bool {
    const ALWAYS: &[CK_RV] = &[
        CKR_OK,
        CKR_ARGUMENTS_BAD,
        CKR_HOST_MEMORY,
        CKR_FUNCTION_FAILED,
        CKR_FUNCTION_CANCELED,
        CKR_FUNCTION_NOT_SUPPORTED,
        CKR_CRYPTOKI_NOT_INITIALIZED,
    ];
    ALWAYS.contains(&rv) || groups(function).iter().any(|group| group.contains(&rv))
}

fn groups(function: &str) -> &'static [&'static [CK_RV]] {
    match function {
        "C_GetSlotInfo" | "C_GetTokenInfo" | "C_CloseAllSessions" => &[SLOT],
        "C_GetSlotList" => &[OUT],
        "C_GetMechanismList" => &[SLOT, OUT],
        "C_GetMechanismInfo" => &[SLOT, &[CKR_MECHANISM_INVALID]],
        "C_InitToken" => &[SLOT, PIN, &[CKR_SESSION_EXISTS, CKR_TOKEN_WRITE_PROTECTED]],
        "C_InitPIN" => &[SESSION, PIN, &[CKR_SESSION_READ_ONLY, CKR_USER_NOT_LOGGED_IN, CKR_TOKEN_WRITE_PROTECTED]],
        "C_SetPIN" => {
            &[SESSION, PIN, &[CKR_SESSION_READ_ONLY, CKR_TOKEN_WRITE_PROTECTED, CKR_USER_PIN_NOT_INITIALIZED]]
        }
        "C_OpenSession" => &[
            SLOT,
            &[
                CKR_SESSION_ASYNC_NOT_SUPPORTED,
                CKR_SESSION_COUNT,
                CKR_SESSION_PARALLEL_NOT_SUPPORTED,
                CKR_SESSION_READ_WRITE_SO_EXISTS,
                CKR_TOKEN_WRITE_PROTECTED,
            ],
        ],
        "C_CloseSession" | "C_GetSessionInfo" | "C_GenerateRandom" => &[SESSION],
        "C_SeedRandom" => &[SESSION, &[CKR_RANDOM_SEED_NOT_SUPPORTED, CKR_OPERATION_ACTIVE]],
        "C_GetOperationState" => &[SESSION, OUT, &[CKR_OPERATION_NOT_INITIALIZED, CKR_STATE_UNSAVEABLE]],
        "C_SetOperationState" => {
            &[SESSION, &[CKR_KEY_CHANGED, CKR_KEY_NEEDED, CKR_KEY_NOT_NEEDED, CKR_SAVED_STATE_INVALID]]
        }
        "C_Login" | "C_LoginUser" => &[
            SESSION,
            PIN,
            &[
                CKR_OPERATION_NOT_INITIALIZED,
                CKR_SESSION_READ_ONLY_EXISTS,
                CKR_USER_ALREADY_LOGGED_IN,
                CKR_USER_ANOTHER_ALREADY_LOGGED_IN,
                CKR_USER_PIN_NOT_INITIALIZED,
                CKR_USER_TOO_MANY_TYPES,
                CKR_USER_TYPE_INVALID,
            ],
        ],
        "C_Logout" => &[SESSION, &[CKR_USER_NOT_LOGGED_IN]],
        "C_SessionCancel" => &[SESSION, &[CKR_OPERATION_CANCEL_FAILED]],
        "C_CreateObject" => &[SESSION, TEMPLATE],
        "C_CopyObject" => &[SESSION, TEMPLATE, &[CKR_ACTION_PROHIBITED, CKR_OBJECT_HANDLE_INVALID]],
        "C_DestroyObject" => &[
            SESSION,
            &[CKR_ACTION_PROHIBITED, CKR_OBJECT_HANDLE_INVALID, CKR_SESSION_READ_ONLY, CKR_TOKEN_WRITE_PROTECTED],
        ],
        "C_GetObjectSize" => &[SESSION, &[CKR_INFORMATION_SENSITIVE, CKR_OBJECT_HANDLE_INVALID]],
        "C_GetAttributeValue" => {
            &[SESSION, OUT, &[CKR_ATTRIBUTE_SENSITIVE, CKR_ATTRIBUTE_TYPE_INVALID, CKR_OBJECT_HANDLE_INVALID]]
        }
        "C_SetAttributeValue" => &[SESSION, TEMPLATE, &[CKR_ACTION_PROHIBITED, CKR_OBJECT_HANDLE_INVALID]],
        "C_FindObjectsInit" => {
            &[SESSION, &[CKR_ATTRIBUTE_TYPE_INVALID, CKR_ATTRIBUTE_VALUE_INVALID, CKR_OPERATION_ACTIVE]]
        }
        "C_FindObjects" | "C_FindObjectsFinal" => &[SESSION, &[CKR_OPERATION_NOT_INITIALIZED]],
        "C_EncryptInit"
        | "C_DecryptInit"
        | "C_SignInit"
        | "C_VerifyInit"
        | "C_SignRecoverInit"
        | "C_VerifyRecoverInit"
        | "C_DigestInit"
        | "C_MessageEncryptInit"
        | "C_MessageDecryptInit"
        | "C_MessageSignInit"
        | "C_MessageVerifyInit" => &[SESSION, START],
        "C_VerifySignatureInit" => &[SESSION, START, SIGNATURE],
        "C_Encrypt" | "C_EncryptUpdate" | "C_EncryptFinal" => &[SESSION, STEP, DATA, OUT, NO_PIECES],
        "C_Decrypt" | "C_DecryptUpdate" | "C_DecryptFinal" => &[SESSION, STEP, CIPHERTEXT, OUT, NO_PIECES],
        "C_Digest" | "C_DigestFinal" => &[SESSION, STEP, OUT],
        "C_DigestUpdate" => &[SESSION, STEP],
        "C_DigestKey" => &[SESSION, STEP, &[CKR_KEY_HANDLE_INVALID, CKR_KEY_INDIGESTIBLE, CKR_KEY_SIZE_RANGE]],
        "C_Sign" | "C_SignUpdate" | "C_SignFinal" | "C_SignRecover" => &[SESSION, STEP, DATA, OUT],
        "C_Verify"
        | "C_VerifyFinal"
        | "C_VerifyUpdate"
        | "C_VerifySignature"
        | "C_VerifySignatureUpdate"
        | "C_VerifySignatureFinal" => &[SESSION, STEP, DATA, SIGNATURE],
        "C_VerifyRecover" => &[SESSION, STEP, DATA, SIGNATURE, OUT],
        "C_EncryptMessage" | "C_EncryptMessageNext" => &[SESSION, STEP, DATA, OUT, MESSAGE],
        "C_DecryptMessage" | "C_DecryptMessageNext" => &[SESSION, STEP, CIPHERTEXT, OUT, MESSAGE, OPENED],
        "C_EncryptMessageBegin" | "C_DecryptMessageBegin" | "C_SignMessageBegin" | "C_VerifyMessageBegin" => {
            &[SESSION, STEP, DATA, MESSAGE, NO_PIECES]
        }
        "C_SignMessage" | "C_SignMessageNext" => &[SESSION, STEP, DATA, OUT, MESSAGE],
        "C_VerifyMessage" | "C_VerifyMessageNext" => &[SESSION, STEP, DATA, SIGNATURE, MESSAGE],
        "C_MessageEncryptFinal" | "C_MessageDecryptFinal" | "C_MessageSignFinal" | "C_MessageVerifyFinal" => {
            &[SESSION, STEP]
        }
        "C_GetSessionValidationFlags" => &[SESSION],
        "C_AsyncComplete" | "C_AsyncGetID" | "C_AsyncJoin" => &[SESSION, &[CKR_SESSION_ASYNC_NOT_SUPPORTED]],
        "C_DigestEncryptUpdate" | "C_SignEncryptUpdate" => &[SESSION, STEP, DATA, OUT, NO_PIECES],
        "C_DecryptDigestUpdate" | "C_DecryptVerifyUpdate" => &[SESSION, STEP, CIPHERTEXT, DATA, OUT, NO_PIECES],
        "C_GenerateKey" | "C_GenerateKeyPair" => &[SESSION, TEMPLATE, MAKE],
        "C_WrapKey" => &[SESSION, OUT, MAKE, WRAPPING],
        "C_UnwrapKey" => &[SESSION, TEMPLATE, MAKE, UNWRAPPING],
        "C_WrapKeyAuthenticated" => &[SESSION, OUT, MAKE, WRAPPING],
        "C_UnwrapKeyAuthenticated" => &[SESSION, TEMPLATE, MAKE, UNWRAPPING, OPENED],
        "C_EncapsulateKey" => &[SESSION, OUT, TEMPLATE, MAKE, KEY],
        "C_DecapsulateKey" => &[SESSION, TEMPLATE, MAKE, KEY, &[CKR_WRAPPED_KEY_INVALID, CKR_WRAPPED_KEY_LEN_RANGE]],
        "C_DeriveKey" => &[SESSION, TEMPLATE, MAKE, KEY],
        "C_GetFunctionStatus" | "C_CancelFunction" => &[SESSION, &[CKR_FUNCTION_NOT_PARALLEL]],
        "C_WaitForSlotEvent" => &[&[CKR_NO_EVENT]],
        _ => &[],
    }
}
