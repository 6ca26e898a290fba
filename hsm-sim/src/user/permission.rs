//! Who may do what (documented, users of the management utility).
//!
//! | operation                    | nobody | PRECO | PCO | CO | CU | AU |
//! |------------------------------|--------|-------|-----|----|----|----|
//! | server information           | yes    | yes   | yes | yes| yes| yes|
//! | list users                   | yes    | yes   | yes | yes| yes| yes|
//! | change the own password      |        | yes   | yes | yes| yes|    |
//! | change another's password    |        |       | yes | yes|    |    |
//! | create, delete users         |        |       | yes | yes|    |    |
//! | find all keys of a user      |        |       | yes | yes|    | yes|
//! | read or set `TRUSTED`        |        |       | yes | yes|    |    |
//! | read attributes (own, shared)|        |       |     |    | yes|    |
//! | generate, find, delete, use  |        |       |     |    | yes|    |
//!
//! Listing users without a login is documented for both generations of tools. The appliance user changes nothing
//! (inferred: nobody can be logged in as it).

use crate::user::Role;

/// What a connection may ask of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operation {
    /// Server information.
    Info,
    /// Users and their states.
    ListUsers,
    /// The user's own password.
    ChangeOwnPassword,
    /// Somebody else's password.
    ChangeAnyPassword,
    /// A new user.
    CreateUser,
    /// Removing a user.
    DeleteUser,
    /// The handles of any user's keys.
    FindAllKeys,
    /// The attribute `TRUSTED` of any key.
    Trusted,
    /// Attributes of keys that the user owns or shares.
    ReadAttributes,
    /// Everything else that is done with keys.
    UseKeys,
}

impl Operation {
    /// Every operation.
    pub const ALL: [Self; 10] = [
        Self::Info,
        Self::ListUsers,
        Self::ChangeOwnPassword,
        Self::ChangeAnyPassword,
        Self::CreateUser,
        Self::DeleteUser,
        Self::FindAllKeys,
        Self::Trusted,
        Self::ReadAttributes,
        Self::UseKeys,
    ];
}

/// Whether a logged-in user of this type, or nobody, may do this.
pub const fn permits(role: Option<Role>, operation: Operation) -> bool {
    use Role::{Au, Co, Cu, Pco, Preco};
    match operation {
        Operation::Info | Operation::ListUsers => true,
        Operation::ChangeOwnPassword => matches!(role, Some(Preco | Pco | Co | Cu)),
        Operation::ChangeAnyPassword | Operation::CreateUser | Operation::DeleteUser | Operation::Trusted => {
            matches!(role, Some(Pco | Co))
        }
        Operation::FindAllKeys => matches!(role, Some(Pco | Co | Au)),
        Operation::ReadAttributes | Operation::UseKeys => matches!(role, Some(Cu)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table of the module's documentation, column by column.
    #[test]
    fn the_code_is_the_documented_table() {
        let rows: [(&[Operation], [bool; 6]); 9] = [
            (&[Operation::Info], [true; 6]),
            (&[Operation::ListUsers], [true; 6]),
            (&[Operation::ChangeOwnPassword], [false, true, true, true, true, false]),
            (&[Operation::ChangeAnyPassword], [false, false, true, true, false, false]),
            (&[Operation::CreateUser, Operation::DeleteUser], [false, false, true, true, false, false]),
            (&[Operation::FindAllKeys], [false, false, true, true, false, true]),
            (&[Operation::Trusted], [false, false, true, true, false, false]),
            (&[Operation::ReadAttributes], [false, false, false, false, true, false]),
            (&[Operation::UseKeys], [false, false, false, false, true, false]),
        ];
        let mut seen = 0;
        for (operations, expected) in rows {
            for operation in operations {
                seen += 1;
                for (role, permitted) in std::iter::once(None).chain(Role::ALL.map(Some)).zip(expected) {
                    assert_eq!(permits(role, *operation), permitted, "{role:?} {operation:?}");
                }
            }
        }
        assert_eq!(seen, Operation::ALL.len());
    }
}
