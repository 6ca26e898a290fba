//! What can be wrong with a call.

use cryptoki_sys::*;

/// One thing that is wrong with a call, or with the state that it meets. Those that come first in this list are refused first,
/// as far as they have a rank.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Flaw {
    /// The session's handle names none.
    BadSession,
    /// The input's pointer is null, its length is not.
    NullData,
    /// The same of a template.
    NullTemplate,
    /// No mechanism, where that is no way to cancel.
    NullMechanism,
    /// Nowhere for the length.
    NullLength,
    /// Nowhere for the result.
    NullResult,
    /// The operation that the function starts is active.
    Active,
    /// The operation that the function needs is not.
    NotActive,
    /// The second operation of a dual function is not.
    OtherNotActive,
    /// The key's handle names none.
    BadKey,
    /// The mechanism's number is nobody's.
    BadMechanism,
    /// The mechanism does not work with such keys.
    WrongKeyType,
    /// The key lacks the attribute for this use.
    NotPermitted,
    /// The mechanism's parameter has a wrong length.
    BadParameter,
    /// Only the length of the output is asked for.
    Query,
    /// The output has one byte less than it needs.
    SmallBuffer,

    // Without a rank among others.
    /// The object's handle names none.
    BadObject,
    /// There is no such slot.
    BadSlot,
    /// Nobody is logged in.
    NotLoggedIn,
    /// The one who logs in is logged in.
    SameUser,
    /// Another one is.
    OtherUser,
    /// The session only reads.
    ReadOnly,
    /// The wrong PIN.
    WrongPin,
    /// A PIN that is too short to be set.
    ShortPin,
    /// No such type of user.
    BadUserType,
    /// A pointer is set that must be null.
    Reserved,
    /// Flags that do not go.
    BadFlags,
}

impl Flaw {
    /// Whether its place among other flaws is certain.
    pub(crate) fn has_rank(self) -> bool {
        self <= Self::SmallBuffer
    }

    /// The code, where the row says nothing else.
    pub(crate) fn code(self) -> CK_RV {
        match self {
            Self::BadSession => CKR_SESSION_HANDLE_INVALID,
            Self::NullData | Self::NullTemplate | Self::NullMechanism | Self::NullLength | Self::NullResult => {
                CKR_ARGUMENTS_BAD
            }
            Self::Active => CKR_OPERATION_ACTIVE,
            Self::NotActive | Self::OtherNotActive => CKR_OPERATION_NOT_INITIALIZED,
            Self::BadKey => CKR_KEY_HANDLE_INVALID,
            Self::BadMechanism => CKR_MECHANISM_INVALID,
            Self::WrongKeyType => CKR_KEY_TYPE_INCONSISTENT,
            Self::NotPermitted => CKR_KEY_FUNCTION_NOT_PERMITTED,
            Self::BadParameter => CKR_MECHANISM_PARAM_INVALID,
            Self::SmallBuffer => CKR_BUFFER_TOO_SMALL,
            Self::Query => CKR_OK,
            Self::BadObject => CKR_OBJECT_HANDLE_INVALID,
            Self::BadSlot => CKR_SLOT_ID_INVALID,
            Self::NotLoggedIn => CKR_USER_NOT_LOGGED_IN,
            Self::SameUser => CKR_USER_ALREADY_LOGGED_IN,
            Self::OtherUser => CKR_USER_ANOTHER_ALREADY_LOGGED_IN,
            Self::ReadOnly => CKR_SESSION_READ_ONLY,
            Self::WrongPin => CKR_PIN_INCORRECT,
            Self::ShortPin => CKR_PIN_LEN_RANGE,
            Self::BadUserType => CKR_USER_TYPE_INVALID,
            Self::Reserved | Self::BadFlags => CKR_ARGUMENTS_BAD,
        }
    }

    /// Whether a call with this flaw leaves operations as they are.
    pub(crate) fn leaves_operations(self) -> bool {
        matches!(self, Self::BadSession | Self::Active | Self::SmallBuffer | Self::Query | Self::BadFlags)
    }
}
