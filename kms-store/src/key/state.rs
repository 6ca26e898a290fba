//! Key states: what is visible, and which operation each state allows (KMS key-state page, documented).
//!
//! | operation                                  | Enabled | Disabled | PendingDeletion | PendingImport | Unavailable | Creating | Updating |
//! |--------------------------------------------|---------|----------|-----------------|---------------|-------------|----------|----------|
//! | CancelKeyDeletion                          | not pd  | not pd   | ok              | not pd        | not pd      | not pd   | not pd   |
//! | CreateAlias, UpdateAlias (the new key)     | ok      | ok       | invalid         | ok            | ok          | ok       | ok       |
//! | Encrypt, Decrypt, ReEncrypt, GenerateDataKey(WithoutPlaintext) | ok | disabled | invalid | invalid     | invalid     | invalid  | ok       |
//! | DescribeKey, ListAliases, DeleteAlias      | ok      | ok       | ok              | ok            | ok          | ok       | ok       |
//! | EnableKey, DisableKey                      | ok      | ok       | invalid         | invalid       | ok          | invalid  | invalid  |
//! | ScheduleKeyDeletion                        | ok      | ok       | invalid         | ok            | ok          | ok       | invalid  |
//!
//! "invalid" is KMSInvalidStateException with the state's sentence, "disabled" DisabledException, "not pd"
//! KMSInvalidStateException `… is not pending deletion.`

use std::fmt;

use crate::error::{Error, Result, StateProblem};
use crate::key_store::ConnectionState;

/// The state of a key as clients see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyState {
    /// Can be used.
    Enabled,
    /// Disabled on purpose.
    Disabled,
    /// Waits for its deletion.
    PendingDeletion,
    /// Has no imported material.
    PendingImport,
    /// Its key store is not connected, or its material is gone.
    Unavailable,
    /// Being created.
    Creating,
    /// Being updated.
    Updating,
}

impl KeyState {
    /// All states, in the order of the table's columns.
    pub const ALL: [Self; 7] = [
        Self::Enabled,
        Self::Disabled,
        Self::PendingDeletion,
        Self::PendingImport,
        Self::Unavailable,
        Self::Creating,
        Self::Updating,
    ];

    /// The name in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Enabled => "Enabled",
            Self::Disabled => "Disabled",
            Self::PendingDeletion => "PendingDeletion",
            Self::PendingImport => "PendingImport",
            Self::Unavailable => "Unavailable",
            Self::Creating => "Creating",
            Self::Updating => "Updating",
        }
    }

    /// How an error sentence about a key in this state ends (documented).
    pub(crate) const fn sentence(self) -> &'static str {
        match self {
            Self::Enabled => "is enabled.",
            Self::Disabled => "is disabled.",
            Self::PendingDeletion => "is pending deletion.",
            Self::PendingImport => "is pending import.",
            Self::Unavailable => "is unavailable.",
            Self::Creating => "is creating.",
            Self::Updating => "is updating.",
        }
    }
}

impl fmt::Display for KeyState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The state that KMS keeps for a key; what is visible follows from it and from the key store ([`visible`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Base {
    Enabled,
    Disabled,
    PendingDeletion,
}

/// The visible state: PendingDeletion wins, then missing material, then the connection (documented).
pub(crate) const fn visible(base: Base, material_missing: bool, connection: Option<ConnectionState>) -> KeyState {
    match (base, material_missing, connection) {
        (Base::PendingDeletion, _, _) => KeyState::PendingDeletion,
        (_, true, _) => KeyState::Unavailable,
        (Base::Enabled, false, None | Some(ConnectionState::Connected)) => KeyState::Enabled,
        (Base::Disabled, false, None | Some(ConnectionState::Connected)) => KeyState::Disabled,
        (_, false, Some(_)) => KeyState::Unavailable,
    }
}

/// The rows of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyOperation {
    CancelKeyDeletion,
    PointAlias,
    Cryptographic,
    Look,
    EnableOrDisable,
    ScheduleKeyDeletion,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cell {
    Ok,
    Disabled,
    Invalid,
    NotPending,
}

impl KeyOperation {
    const fn row(self) -> [Cell; 7] {
        use Cell::{Disabled, Invalid, NotPending, Ok};
        match self {
            Self::CancelKeyDeletion => [NotPending, NotPending, Ok, NotPending, NotPending, NotPending, NotPending],
            Self::PointAlias => [Ok, Ok, Invalid, Ok, Ok, Ok, Ok],
            Self::Cryptographic => [Ok, Disabled, Invalid, Invalid, Invalid, Invalid, Ok],
            Self::Look => [Ok, Ok, Ok, Ok, Ok, Ok, Ok],
            Self::EnableOrDisable => [Ok, Ok, Invalid, Invalid, Ok, Invalid, Invalid],
            Self::ScheduleKeyDeletion => [Ok, Ok, Invalid, Ok, Ok, Ok, Invalid],
        }
    }

    /// Whether the operation is allowed on a key in `state`; `arn` is for the error.
    ///
    /// # Errors
    /// `DisabledException` or `KMSInvalidStateException`, as the table says.
    pub(crate) fn check(self, state: KeyState, arn: impl FnOnce() -> String) -> Result<()> {
        match self.row()[state as usize] {
            Cell::Ok => Ok(()),
            Cell::Disabled => Err(Error::Disabled(arn())),
            Cell::Invalid => Err(StateProblem::Key { arn: arn(), state }.into()),
            Cell::NotPending => Err(StateProblem::NotPendingDeletion(arn()).into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The documented table once more, as codes: `.` ok, `1` DisabledException, `4` not pending deletion, `x` the state's own sentence.
    #[test]
    fn every_cell_of_the_table() {
        let table = [
            (KeyOperation::CancelKeyDeletion, "44.4444"),
            (KeyOperation::PointAlias, "..x...."),
            (KeyOperation::Cryptographic, ".1xxxx."),
            (KeyOperation::Look, "......."),
            (KeyOperation::EnableOrDisable, "..xx.xx"),
            (KeyOperation::ScheduleKeyDeletion, "..x...x"),
        ];
        for (operation, codes) in table {
            for (state, code) in KeyState::ALL.into_iter().zip(codes.chars()) {
                let outcome = operation.check(state, || "arn".to_owned());
                let expected = match code {
                    '.' => Ok(()),
                    '1' => Err(Error::Disabled("arn".to_owned())),
                    '4' => Err(StateProblem::NotPendingDeletion("arn".to_owned()).into()),
                    _ => Err(StateProblem::Key { arn: "arn".to_owned(), state }.into()),
                };
                assert_eq!(outcome, expected, "{operation:?} {state}");
            }
        }
    }

    #[test]
    fn visible_states() {
        for base in [Base::Enabled, Base::Disabled, Base::PendingDeletion] {
            let own = match base {
                Base::Enabled => KeyState::Enabled,
                Base::Disabled => KeyState::Disabled,
                Base::PendingDeletion => KeyState::PendingDeletion,
            };
            let hidden = if base == Base::PendingDeletion { own } else { KeyState::Unavailable };
            assert_eq!(visible(base, false, None), own);
            for connection in ConnectionState::ALL {
                let expected = if connection == ConnectionState::Connected { own } else { hidden };
                assert_eq!(visible(base, false, Some(connection)), expected, "{base:?} {connection}");
                assert_eq!(visible(base, true, Some(connection)), hidden, "{base:?} {connection}");
            }
        }
    }
}
