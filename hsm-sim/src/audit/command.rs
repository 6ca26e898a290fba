//! The management commands of an HSM: the numbers that its log gives them, and what makes it note them.

use serde::{Deserialize, Serialize};

macro_rules! commands {
    ($($(#[doc = $noted:literal])+ $name:ident = $text:literal, $number:literal;)*) => {
        /// A management command (documented, HSM audit log reference), and what makes an HSM note it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        pub enum Command {
            $($(#[doc = $noted])+ $name,)*
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
    /// The kind of command, and its number (documented; that of the end marker observed).
    pub const fn kind(self) -> (&'static str, u32) {
        match self {
            Self::StoreCertificate => ("CN_CERT_AUTH_CMD", 0x9),
            Self::EndMarker => ("SPECIAL", 0xffff),
            _ => ("CN_MGMT_CMD", 0x0),
        }
    }

    /// Those that can be told to fail: what a client asks for and an HSM carries out for it.
    pub const FALLIBLE: [Self; 15] = [
        Self::Login,
        Self::CreateUser,
        Self::CreateOfficer,
        Self::ChangePassword,
        Self::DeleteUser,
        Self::SetMValue,
        Self::GetToken,
        Self::ApproveToken,
        Self::DeleteToken,
        Self::GenerateKey,
        Self::GenerateKeyPair,
        Self::UnwrapKey,
        Self::ModifyObject,
        Self::ShareObject,
        Self::TombstoneObject,
    ];
}

// The numbers are those of the documented examples; where none shows a command its number is inferred, below 0x200. Rows are encoded in this
// order: new ones go to the end.
commands! {
    /// The first HSM of a cluster is made.
    InitToken = "CN_INIT_TOKEN", 0x1;
    /// A crypto user is created, or brought from another HSM or cluster.
    CreateUser = "CN_CREATE_USER", 0x3;
    /// The same of a crypto officer.
    CreateOfficer = "CN_CREATE_CO", 0x4;
    /// A password is changed; also KMS changes that of its user when it connects.
    ChangePassword = "CN_CHANGE_PSWD", 0x9;
    /// Somebody logs in, by any client.
    Login = "CN_LOGIN", 0xd;
    /// Somebody logs out.
    Logout = "CN_LOGOUT", 0xe;
    /// A key of a session is deleted.
    DestroyObject = "CN_DESTROY_OBJECT", 0x11;
    /// A public key, or another object that is no secret, is brought in as it is.
    CreateObject = "CN_CREATE_OBJECT", 0x10;
    /// A key is shared, or no longer.
    ShareObject = "CN_SHARE_OBJECT", 0x12;
    /// A secret key is made.
    GenerateKey = "CN_GENERATE_KEY", 0x17;
    /// A key pair is made.
    GenerateKeyPair = "CN_GENERATE_KEY_PAIR", 0x19;
    /// A key leaves wrapped.
    WrapKey = "CN_WRAP_KEY", 0x1a;
    /// A key arrives wrapped; a value that a client brings in is wrapped on its way.
    UnwrapKey = "CN_UNWRAP_KEY", 0x1b;
    /// The first HSM of a cluster is made.
    GeneratePasswordKey = "CN_GEN_PSWD_ENC_KEY", 0x1d;
    /// An AES key wraps or unwraps.
    AesWrap = "CN_NIST_AES_WRAP", 0x1e;
    /// The first HSM of a cluster is made.
    InitDone = "CN_INIT_DONE", 0x95;
    /// A user is deleted.
    DeleteUser = "CN_DELETE_USER", 0xa1;
    /// A key is brought from this HSM to others, or given out as a masked object.
    ExtractMasked = "CN_EXTRACT_MASKED_OBJECT_USER", 0xf0;
    /// A key is brought here from another HSM, or as a masked object.
    InsertMasked = "CN_INSERT_MASKED_OBJECT_USER", 0xf1;
    /// The first HSM of a cluster is made.
    CreateApplianceUser = "CN_CREATE_APPLIANCE_USER", 0xfc;
    /// The HSM is removed (observed).
    EndMarker = "END_MARKER_OPCODE", 0xffff;
    /// A connection ends while its user is logged in.
    AppFinalize = "CN_APP_FINALIZE", 0x101;
    /// An M value is set.
    SetMValue = "CN_SET_M_VALUE", 0x102;
    /// Approvals of quorum tokens are handed in.
    ApproveToken = "CN_APPROVE_TOKEN", 0x103;
    /// Quorum tokens are deleted.
    DeleteToken = "CN_DELETE_TOKEN", 0x104;
    /// A quorum token is asked for.
    GetToken = "CN_GET_TOKEN", 0x105;
    /// An attribute of a key is set.
    ModifyObject = "CN_MODIFY_OBJECT", 0x106;
    /// A key of the token is deleted.
    TombstoneObject = "CN_TOMBSTONE_OBJECT", 0x107;
    /// A key is derived from another one.
    DeriveKey = "CN_DERIVE_KEY", 0x108;
    /// A backup of this HSM is begun.
    BackupBegin = "CN_BACKUP_BEGIN", 0x109;
    /// And is complete.
    BackupEnd = "CN_BACKUP_END", 0x10a;
    /// The HSM is made of a backup: every one but the first of a new cluster (observed).
    RestoreBegin = "CN_RESTORE_BEGIN", 0x10b;
    /// And has all that the backup held.
    RestoreEnd = "CN_RESTORE_END", 0x10c;
    /// The customer's certificate of the cluster is installed.
    StoreCertificate = "CN_CERT_AUTH_STORE_CERT", 0x10d;
    /// The first HSM of a cluster is made.
    GenerateKeyKey = "CN_GEN_KEY_ENC_KEY", 0x10e;
    /// The last session of an application is closed while its user is logged in.
    CloseSession = "CN_CLOSE_SESSION", 0x10f;
}
