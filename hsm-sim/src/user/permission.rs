//! Who may do what: one table (documented, users of the management utility).
//!
//! Listing users and the state of quorum approvals without a login is documented for the newer generation of tools. Nobody
//! knows the appliance user's password, so its column is what the service may do. Zeroizing a node without a login, which the
//! documentation mentions, is not offered.

use crate::user::Role;

/// What a connection may ask of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operation {
    /// Server information and certificates.
    Info,
    /// Users and their states.
    ListUsers,
    /// M values, token timeouts and tokens.
    ReadQuorum,
    /// The user's own password and second factor.
    ChangeOwnPassword,
    /// Somebody else's password and second factor.
    ChangeAnyPassword,
    /// A new user.
    CreateUser,
    /// Removing a user.
    DeleteUser,
    /// Copying a user with its password to another node.
    SyncUser,
    /// The own key for approvals; crypto users approve the use of keys (newer documentation).
    RegisterQuorumKey,
    /// M values and token timeouts.
    SetQuorum,
    /// Trust anchors of clients, and whether their certificates are insisted on.
    SetMutualTls,
    /// Asking for a quorum token of a service, and deleting others' tokens.
    UseQuorum,
    /// Asking for a quorum token of a key.
    UseKeyQuorum,
    /// Handing in approvals and deleting the own tokens.
    ApproveTokens,
    /// The handles of any user's keys, and the hash over all.
    FindAllKeys,
    /// Copying a key to another node.
    SyncKey,
    /// The attribute `TRUSTED` of any key.
    Trusted,
    /// Attributes of keys that the user owns or shares.
    ReadAttributes,
    /// Everything else that is done with keys.
    UseKeys,
}

const YES: bool = true;
const NO_: bool = false;

impl Operation {
    /// Every operation.
    pub const ALL: [Self; 19] = [
        Self::Info,
        Self::ListUsers,
        Self::ReadQuorum,
        Self::ChangeOwnPassword,
        Self::ChangeAnyPassword,
        Self::CreateUser,
        Self::DeleteUser,
        Self::SyncUser,
        Self::RegisterQuorumKey,
        Self::SetQuorum,
        Self::SetMutualTls,
        Self::UseQuorum,
        Self::UseKeyQuorum,
        Self::ApproveTokens,
        Self::FindAllKeys,
        Self::SyncKey,
        Self::Trusted,
        Self::ReadAttributes,
        Self::UseKeys,
    ];

    /// The table: nobody, then the roles in their order.
    #[rustfmt::skip]
    const fn permitted(self) -> [bool; 6] {
        match self {
            //                         nobody PRECO  PCO  CO   CU   AU
            Self::Info              => [YES,  YES,  YES, YES, YES, YES],
            Self::ListUsers         => [YES,  YES,  YES, YES, YES, YES],
            Self::ReadQuorum        => [YES,  YES,  YES, YES, YES, YES],
            Self::ChangeOwnPassword => [NO_,  YES,  YES, YES, YES, YES],
            Self::ChangeAnyPassword => [NO_,  NO_,  YES, YES, NO_, NO_],
            Self::CreateUser        => [NO_,  NO_,  YES, YES, NO_, NO_],
            Self::DeleteUser        => [NO_,  NO_,  YES, YES, NO_, NO_],
            Self::SyncUser          => [NO_,  NO_,  YES, YES, NO_, NO_],
            Self::RegisterQuorumKey => [NO_,  NO_,  YES, YES, YES, NO_],
            Self::SetQuorum         => [NO_,  NO_,  YES, YES, NO_, NO_],
            Self::SetMutualTls      => [NO_,  NO_,  YES, YES, NO_, NO_],
            Self::UseQuorum         => [NO_,  NO_,  YES, YES, NO_, NO_],
            Self::UseKeyQuorum      => [NO_,  NO_,  NO_, NO_, YES, NO_],
            Self::ApproveTokens     => [NO_,  NO_,  YES, YES, YES, NO_],
            Self::FindAllKeys       => [NO_,  NO_,  YES, YES, NO_, YES],
            Self::SyncKey           => [NO_,  NO_,  YES, YES, YES, YES],
            Self::Trusted           => [NO_,  NO_,  YES, YES, NO_, NO_],
            Self::ReadAttributes    => [NO_,  NO_,  NO_, NO_, YES, NO_],
            Self::UseKeys           => [NO_,  NO_,  NO_, NO_, YES, NO_],
        }
    }
}

/// Whether a logged-in user of this type, or nobody, may do this.
pub const fn permits(role: Option<Role>, operation: Operation) -> bool {
    let column = match role {
        None => 0,
        Some(Role::Preco) => 1,
        Some(Role::Pco) => 2,
        Some(Role::Co) => 3,
        Some(Role::Cu) => 4,
        Some(Role::Au) => 5,
    };
    operation.permitted()[column]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The documented table read the other way round: what each kind of user may do.
    #[test]
    fn every_cell() {
        use Operation::*;
        let nobody = vec![Info, ListUsers, ReadQuorum];
        let with = |more: &[Operation]| [&nobody[..], more].concat();
        let officer = with(&[
            ChangeOwnPassword,
            ChangeAnyPassword,
            CreateUser,
            DeleteUser,
            SyncUser,
            RegisterQuorumKey,
            SetQuorum,
            SetMutualTls,
            UseQuorum,
            ApproveTokens,
            FindAllKeys,
            SyncKey,
            Trusted,
        ]);
        let crypto_user = with(&[
            ChangeOwnPassword,
            RegisterQuorumKey,
            UseKeyQuorum,
            ApproveTokens,
            SyncKey,
            ReadAttributes,
            UseKeys,
        ]);
        let columns = [
            (None, nobody.clone()),
            (Some(Role::Preco), with(&[ChangeOwnPassword])),
            (Some(Role::Pco), officer.clone()),
            (Some(Role::Co), officer),
            (Some(Role::Cu), crypto_user),
            (Some(Role::Au), with(&[ChangeOwnPassword, FindAllKeys, SyncKey])),
        ];
        for (role, allowed) in columns {
            for operation in Operation::ALL {
                assert_eq!(permits(role, operation), allowed.contains(&operation), "{role:?} {operation:?}");
            }
        }
    }
}
