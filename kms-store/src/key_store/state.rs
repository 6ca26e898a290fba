//! The connection state machine of a key store (KMS ConnectionState, documented).
//!
//! | from \ event  | Connect        | Connected | Failed | Disconnect    | Disconnected |
//! |---------------|----------------|-----------|--------|---------------|--------------|
//! | DISCONNECTED  | CONNECTING     |           |        | refused       |              |
//! | CONNECTING    | unchanged      | CONNECTED | FAILED | DISCONNECTING |              |
//! | CONNECTED     | unchanged      |           |        | DISCONNECTING |              |
//! | FAILED        | refused        |           |        | DISCONNECTING |              |
//! | DISCONNECTING | refused        |           |        | refused       | DISCONNECTED |
//!
//! An empty cell is an event that comes too late and changes nothing. CONNECTED is sticky: losing HSMs or the network does
//! not change it, only cryptographic operations fail (documented).

use std::fmt;

use serde::{Deserialize, Serialize};

/// Whether KMS is connected to the key store's cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ConnectionState {
    /// KMS is logged in and its keys can be used.
    Connected,
    /// The connection procedure is under way.
    Connecting,
    /// The connection procedure failed; disconnect before anything else.
    Failed,
    /// Never connected, or disconnected on purpose.
    Disconnected,
    /// KMS is logging out.
    Disconnecting,
}

/// Something that happens to a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ConnectionEvent {
    Connect,
    Connected,
    Failed,
    Disconnect,
    Disconnected,
}

/// What an event does to a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Transition {
    /// A new state.
    To(ConnectionState),
    /// Accepted without effect.
    Unchanged,
    /// `CustomKeyStoreInvalidStateException`.
    Refused,
    /// The event belongs to a procedure that was overtaken.
    Stale,
}

impl ConnectionState {
    /// All states.
    pub const ALL: [Self; 5] =
        [Self::Connected, Self::Connecting, Self::Failed, Self::Disconnected, Self::Disconnecting];

    /// The name in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Connected => "CONNECTED",
            Self::Connecting => "CONNECTING",
            Self::Failed => "FAILED",
            Self::Disconnected => "DISCONNECTED",
            Self::Disconnecting => "DISCONNECTING",
        }
    }

    pub(crate) const fn next(self, event: ConnectionEvent) -> Transition {
        use ConnectionEvent as Event;
        use Transition::{Refused, Stale, To, Unchanged};
        match (self, event) {
            (Self::Disconnected, Event::Connect) => To(Self::Connecting),
            (Self::Connecting | Self::Connected, Event::Connect) => Unchanged,
            (Self::Failed | Self::Disconnecting, Event::Connect) => Refused,
            (Self::Connecting, Event::Connected) => To(Self::Connected),
            (Self::Connecting, Event::Failed) => To(Self::Failed),
            (Self::Connecting | Self::Connected | Self::Failed, Event::Disconnect) => To(Self::Disconnecting),
            (Self::Disconnected | Self::Disconnecting, Event::Disconnect) => Refused,
            (Self::Disconnecting, Event::Disconnected) => To(Self::Disconnected),
            (_, Event::Connected | Event::Failed | Event::Disconnected) => Stale,
        }
    }
}

impl fmt::Display for ConnectionState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why the connection procedure failed (KMS ConnectionErrorCode, those of CloudHSM key stores).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ConnectionErrorCode {
    /// No cluster with the id.
    ClusterNotFound,
    /// The cluster has no active HSM.
    InsufficientCloudHsmHsms,
    /// A subnet of the cluster has no free address.
    InsufficientFreeAddressesInSubnet,
    /// Trouble on the side of KMS.
    InternalError,
    /// The stored kmsuser password is wrong.
    InvalidCredentials,
    /// No HSM can be reached.
    NetworkErrors,
    /// A subnet of the cluster was deleted.
    SubnetNotFound,
    /// Too many wrong passwords locked the kmsuser account.
    UserLockedOut,
    /// Somebody else is logged in as kmsuser.
    UserLoggedIn,
    /// An HSM has no crypto user kmsuser.
    UserNotFound,
}

impl ConnectionErrorCode {
    /// The name in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ClusterNotFound => "CLUSTER_NOT_FOUND",
            Self::InsufficientCloudHsmHsms => "INSUFFICIENT_CLOUDHSM_HSMS",
            Self::InsufficientFreeAddressesInSubnet => "INSUFFICIENT_FREE_ADDRESSES_IN_SUBNET",
            Self::InternalError => "INTERNAL_ERROR",
            Self::InvalidCredentials => "INVALID_CREDENTIALS",
            Self::NetworkErrors => "NETWORK_ERRORS",
            Self::SubnetNotFound => "SUBNET_NOT_FOUND",
            Self::UserLockedOut => "USER_LOCKED_OUT",
            Self::UserLoggedIn => "USER_LOGGED_IN",
            Self::UserNotFound => "USER_NOT_FOUND",
        }
    }
}

impl fmt::Display for ConnectionErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cell_of_the_machine() {
        use ConnectionState as S;
        use Transition::{Refused, Stale, To, Unchanged};
        let events = [
            ConnectionEvent::Connect,
            ConnectionEvent::Connected,
            ConnectionEvent::Failed,
            ConnectionEvent::Disconnect,
            ConnectionEvent::Disconnected,
        ];
        let table = [
            (S::Disconnected, [To(S::Connecting), Stale, Stale, Refused, Stale]),
            (S::Connecting, [Unchanged, To(S::Connected), To(S::Failed), To(S::Disconnecting), Stale]),
            (S::Connected, [Unchanged, Stale, Stale, To(S::Disconnecting), Stale]),
            (S::Failed, [Refused, Stale, Stale, To(S::Disconnecting), Stale]),
            (S::Disconnecting, [Refused, Stale, Stale, Refused, To(S::Disconnected)]),
        ];
        assert_eq!(table.len(), S::ALL.len());
        for (state, row) in table {
            for (event, expected) in events.into_iter().zip(row) {
                assert_eq!(state.next(event), expected, "{state} {event:?}");
            }
        }
    }
}
