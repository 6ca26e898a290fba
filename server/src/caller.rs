//! Who calls: what the signature and the connection say, for authorization, audit and the choice of the world.

use std::net::IpAddr;

use uuid::Uuid;

/// The author of a request and the circumstances that the audit trail records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Twelve digits.
    pub account_id: String,
    /// The credential scope's Region, `[a-z0-9-]{1,32}`.
    pub region: String,
    /// The access key id of the credential; `None` for an unsigned request in mode `off`.
    pub access_key_id: Option<String>,
    /// The id that the answer carries as `x-amzn-RequestId`.
    pub request_id: Uuid,
    /// The client's address.
    pub source_ip: IpAddr,
    /// The `User-Agent` header, empty when absent.
    pub user_agent: String,
}
