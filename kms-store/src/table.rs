//! The tables of this crate, beside those of the HSM world in the same directory.

use hsm_sim::row::{FIRST_FOREIGN_TABLE, Table};

macro_rules! tables {
    ($($(#[$doc:meta])* $name:ident = $offset:literal;)*) => {
        $($(#[$doc])* pub(crate) const $name: Table = Table::new(FIRST_FOREIGN_TABLE + $offset);)*
    };
}

tables! {
    /// Key stores by `account/region/id`: what every request needs.
    KEY_STORE = 0;
    /// Their certificates and passwords, by the same key.
    CREDENTIALS = 1;
    /// KMS keys by `account/region/id bytes`: what every request needs.
    KEY = 2;
    /// Their descriptions, policies and tags, by the same key.
    DETAILS = 3;
    /// `account/region/key store id/key id bytes` of every key in a key store.
    KEY_BY_STORE = 4;
    /// HSM keys whose creation has begun, by the key's row key.
    INTENT = 5;
    /// Aliases by `account/region/name`.
    ALIAS = 6;
    /// `account/region/key id bytes/name` of every alias.
    ALIAS_BY_KEY = 7;
    /// Audit records of mutations by `account/region/|time|number`.
    EVENT = 8;
}
