//! Flags and small enumerations.
#![allow(missing_docs, reason = "the names are the standard's")]

use super::Ulong;

/// Of `C_GetSlotInfo`.
pub mod slot {
    use super::Ulong;
    pub const TOKEN_PRESENT: Ulong = 1;
    pub const HW_SLOT: Ulong = 1 << 2;
}

/// Of `C_GetTokenInfo`.
pub mod token {
    use super::Ulong;
    pub const RNG: Ulong = 1;
    pub const LOGIN_REQUIRED: Ulong = 1 << 2;
    pub const USER_PIN_INITIALIZED: Ulong = 1 << 3;
    pub const DUAL_CRYPTO_OPERATIONS: Ulong = 1 << 9;
    pub const TOKEN_INITIALIZED: Ulong = 1 << 10;
    pub const USER_PIN_COUNT_LOW: Ulong = 1 << 16;
    pub const USER_PIN_FINAL_TRY: Ulong = 1 << 17;
    pub const USER_PIN_LOCKED: Ulong = 1 << 18;
    pub const SO_PIN_COUNT_LOW: Ulong = 1 << 20;
    pub const SO_PIN_FINAL_TRY: Ulong = 1 << 21;
    pub const SO_PIN_LOCKED: Ulong = 1 << 22;
}

/// Of `C_GetMechanismInfo`.
pub mod mechanism {
    use super::Ulong;
    pub const HW: Ulong = 1;
    pub const MESSAGE_ENCRYPT: Ulong = 1 << 1;
    pub const MESSAGE_DECRYPT: Ulong = 1 << 2;
    pub const MESSAGE_SIGN: Ulong = 1 << 3;
    pub const MESSAGE_VERIFY: Ulong = 1 << 4;
    pub const MULTI_MESSAGE: Ulong = 1 << 5;
    pub const ENCRYPT: Ulong = 1 << 8;
    pub const DECRYPT: Ulong = 1 << 9;
    pub const DIGEST: Ulong = 1 << 10;
    pub const SIGN: Ulong = 1 << 11;
    pub const SIGN_RECOVER: Ulong = 1 << 12;
    pub const VERIFY: Ulong = 1 << 13;
    pub const VERIFY_RECOVER: Ulong = 1 << 14;
    pub const GENERATE: Ulong = 1 << 15;
    pub const GENERATE_KEY_PAIR: Ulong = 1 << 16;
    pub const WRAP: Ulong = 1 << 17;
    pub const UNWRAP: Ulong = 1 << 18;
    pub const DERIVE: Ulong = 1 << 19;
    pub const ENCAPSULATE: Ulong = 1 << 28;
    pub const DECAPSULATE: Ulong = 1 << 29;
    pub const EC_F_P: Ulong = 1 << 20;
    pub const EC_NAMEDCURVE: Ulong = 1 << 23;
    pub const EC_UNCOMPRESS: Ulong = 1 << 24;
}

/// Of sessions.
pub mod session {
    use super::Ulong;
    pub const RW_SESSION: Ulong = 1 << 1;
    pub const SERIAL_SESSION: Ulong = 1 << 2;
    pub const ASYNC_SESSION: Ulong = 1 << 3;

    /// Of `C_GetSessionValidationFlags`.
    pub const LAST_VALIDATION_OK: Ulong = 1;

    pub const RO_PUBLIC: Ulong = 0;
    pub const RO_USER: Ulong = 1;
    pub const RW_PUBLIC: Ulong = 2;
    pub const RW_USER: Ulong = 3;
    pub const RW_SO: Ulong = 4;
}

/// Of `C_SessionCancel`: the flags of the mechanisms, and the search.
pub mod cancel {
    use super::Ulong;
    pub use super::mechanism::{
        DECRYPT, DERIVE, DIGEST, ENCRYPT, GENERATE, GENERATE_KEY_PAIR, MESSAGE_DECRYPT, MESSAGE_ENCRYPT, MESSAGE_SIGN,
        MESSAGE_VERIFY, SIGN, SIGN_RECOVER, UNWRAP, VERIFY, VERIFY_RECOVER, WRAP,
    };
    pub const FIND_OBJECTS: Ulong = 1 << 6;
}

/// Of `C_Initialize`.
pub mod initialize {
    use super::Ulong;
    pub const CANNOT_CREATE_OS_THREADS: Ulong = 1;
    pub const OS_LOCKING_OK: Ulong = 1 << 1;
}

/// Of `C_GetInterface`.
pub mod interface {
    use super::Ulong;
    pub const FORK_SAFE: Ulong = 1;
}

/// Of `C_WaitForSlotEvent`.
pub const DONT_BLOCK: Ulong = 1;

/// Of `C_EncryptMessageNext` and `C_DecryptMessageNext`.
pub const END_OF_MESSAGE: Ulong = 1;

/// Types of users.
pub mod user {
    use super::Ulong;
    pub const SO: Ulong = 0;
    pub const USER: Ulong = 1;
    pub const CONTEXT_SPECIFIC: Ulong = 2;
}
