//! The management commands of an HSM and the numbers that its log gives them.

use serde::{Deserialize, Serialize};

use crate::user::Operation;

macro_rules! commands {
    ($($name:ident = $text:literal, $number:literal;)*) => {
        /// A management command (documented, HSM audit log reference).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        #[allow(missing_docs, reason = "the names are the log's")]
        pub enum Command {
            $($name,)*
        }

        impl Command {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The name, such as `CN_LOGIN`.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }

            /// The number.
            pub const fn number(self) -> u32 {
                match self {
                    $(Self::$name => $number,)*
                }
            }
        }
    };
}

impl Command {
    /// Those that can be told to fail.
    pub const FALLIBLE: [Self; 6] =
        [Self::Login, Self::CreateUser, Self::ChangePassword, Self::DeleteUser, Self::GenerateKey, Self::DestroyObject];

    /// The command that carries out what a tool asks, where it is one that the log has.
    pub(crate) const fn of(operation: Operation) -> Option<Self> {
        match operation {
            Operation::CreateUser => Some(Self::CreateUser),
            Operation::ChangeOwnPassword => Some(Self::ChangePassword),
            Operation::DeleteUser => Some(Self::DeleteUser),
            _ => None,
        }
    }
}

// The numbers are those of the documented examples; those of CN_CREATE_OBJECT and the end marker are inferred. Rows are encoded in this order: new
// ones go to the end.
commands! {
    InitToken = "CN_INIT_TOKEN", 0x1;
    CreateUser = "CN_CREATE_USER", 0x3;
    CreateOfficer = "CN_CREATE_CO", 0x4;
    ChangePassword = "CN_CHANGE_PSWD", 0x9;
    Login = "CN_LOGIN", 0xd;
    Logout = "CN_LOGOUT", 0xe;
    DestroyObject = "CN_DESTROY_OBJECT", 0x11;
    CreateObject = "CN_CREATE_OBJECT", 0x10;
    ShareObject = "CN_SHARE_OBJECT", 0x12;
    GenerateKey = "CN_GENERATE_KEY", 0x17;
    GenerateKeyPair = "CN_GENERATE_KEY_PAIR", 0x19;
    WrapKey = "CN_WRAP_KEY", 0x1a;
    UnwrapKey = "CN_UNWRAP_KEY", 0x1b;
    GeneratePasswordKey = "CN_GEN_PSWD_ENC_KEY", 0x1d;
    AesWrap = "CN_NIST_AES_WRAP", 0x1e;
    InitDone = "CN_INIT_DONE", 0x95;
    DeleteUser = "CN_DELETE_USER", 0xa1;
    ExtractMasked = "CN_EXTRACT_MASKED_OBJECT_USER", 0xf0;
    InsertMasked = "CN_INSERT_MASKED_OBJECT_USER", 0xf1;
    CreateApplianceUser = "CN_CREATE_APPLIANCE_USER", 0xfc;
    EndMarker = "END_MARKER_OPCODE", 0xffff;
}
