//! Who asks: what authentication and the connection say, for the choice of the realm and for the audit trail.

use hsm_sim::Realm;

/// The author of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Account and Region.
    pub realm: Realm,
    /// The access key id of the credential.
    pub access_key_id: String,
    /// The id that the answer carries as `x-amzn-RequestId`.
    pub request_id: String,
    /// The client's address.
    pub source_ip: String,
    /// The `User-Agent` header.
    pub user_agent: String,
}

impl Caller {
    /// A caller inside this process, for tests and setup; its access key id is the account number.
    pub fn internal(realm: Realm) -> Self {
        Self {
            access_key_id: realm.account().to_owned(),
            request_id: String::from("00000000-0000-4000-8000-000000000000"),
            source_ip: String::from("127.0.0.1"),
            user_agent: String::from("kms-store"),
            realm,
        }
    }
}

impl Default for Caller {
    fn default() -> Self {
        Self::internal(Realm::default())
    }
}
