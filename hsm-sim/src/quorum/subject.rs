//! What a quorum token is about.

use serde::{Deserialize, Serialize};

use crate::object::Handle;
use crate::quorum::Service;

/// What a token permits once it is approved: a change that officers must approve, or one operation with a key whose users must
/// (documented). Rows keep it by its place in this list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Subject {
    /// [`Service::UserManagement`].
    UserManagement,
    /// [`Service::Quorum`].
    Quorum,
    /// A cryptographic operation with the key: 1, `USE_KEY`.
    UseKey(Handle),
    /// Wrapping and unwrapping with it, wrapping it, sharing it and changing its attributes: 2, `MANAGE_KEY`.
    ManageKey(Handle),
}

impl Subject {
    /// The number that commands use (documented).
    pub const fn number(self) -> u16 {
        match self {
            Self::UseKey(_) => 1,
            Self::ManageKey(_) => 2,
            Self::UserManagement => Service::UserManagement.number(),
            Self::Quorum => Service::Quorum.number(),
        }
    }

    /// The key that it is about; of officers' services none.
    pub const fn key(self) -> Option<Handle> {
        match self {
            Self::UseKey(key) | Self::ManageKey(key) => Some(key),
            Self::UserManagement | Self::Quorum => None,
        }
    }

    /// The service with an M value of its own; of keys none.
    pub const fn service(self) -> Option<Service> {
        match self {
            Self::UserManagement => Some(Service::UserManagement),
            Self::Quorum => Some(Service::Quorum),
            Self::UseKey(_) | Self::ManageKey(_) => None,
        }
    }
}

impl From<Service> for Subject {
    fn from(service: Service) -> Self {
        match service {
            Service::UserManagement => Self::UserManagement,
            Service::Quorum => Self::Quorum,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::row;

    #[test]
    fn numbers_of_the_documentation() {
        let key = Handle::new(17);
        for (subject, number, service, handle) in [
            (Subject::UseKey(key), 1, None, Some(key)),
            (Subject::ManageKey(key), 2, None, Some(key)),
            (Subject::UserManagement, 3, Some(Service::UserManagement), None),
            (Subject::Quorum, 4, Some(Service::Quorum), None),
        ] {
            assert_eq!((subject.number(), subject.service(), subject.key()), (number, service, handle));
        }
    }

    /// Rows were written when there were services only.
    #[test]
    fn rows_of_services_are_read_as_subjects() {
        for service in Service::ALL {
            let read: Subject = row::decode(row::QUORUM_TOKENS, b"", &row::encode(&service)).unwrap();
            assert_eq!(read, Subject::from(service));
        }
    }
}
