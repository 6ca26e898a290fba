//! What listings tell of a user.

use crate::user::{Role, User, UserName};

/// A user as listings show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserInfo {
    /// The number by which keys name their owner.
    pub id: u32,
    /// The type.
    pub role: Role,
    /// The name.
    pub name: UserName,
    /// A key for quorum approvals is registered (`MofnPubKey`).
    pub mofn: bool,
    /// Wrong passwords (`LoginFailureCnt`).
    pub failures: u32,
    /// A second factor is registered.
    pub two_factor: bool,
}

impl UserInfo {
    pub(crate) fn of(user: &User) -> Self {
        Self {
            id: user.id,
            role: user.role,
            name: user.name.clone(),
            mofn: user.quorum_key().is_some(),
            failures: user.failures,
            two_factor: user.two_factor_key().is_some(),
        }
    }
}
