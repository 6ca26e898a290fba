//! Key Management Service: one operation, one file, named after it.

#![allow(missing_docs, reason = "members bear the names under which the service's API reference documents them")]

pub mod cancel_key_deletion;
pub mod connect_custom_key_store;
pub mod create_alias;
pub mod create_custom_key_store;
pub mod create_key;
pub mod decrypt;
pub mod delete_alias;
pub mod delete_custom_key_store;
pub mod describe_custom_key_stores;
pub mod describe_key;
pub mod disable_key;
pub mod disconnect_custom_key_store;
pub mod enable_key;
pub mod encrypt;
pub mod generate_data_key;
pub mod generate_data_key_without_plaintext;
pub mod generate_random;
pub mod list_aliases;
pub mod list_keys;
pub mod re_encrypt;
pub mod schedule_key_deletion;
pub mod shapes;
pub mod update_alias;
pub mod update_custom_key_store;

mod metadata;

use serde::Serialize;

pub use self::metadata::KeyMetadata;
use crate::protocol::Row;

/// The operations that are built.
pub const ROWS: &[Row] = &[
    Row::changing::<cancel_key_deletion::Request>(),
    Row::changing::<connect_custom_key_store::Request>(),
    Row::changing::<create_alias::Request>(),
    Row::changing::<create_custom_key_store::Request>(),
    Row::changing::<create_key::Request>(),
    Row::reading::<decrypt::Request>(),
    Row::changing::<delete_alias::Request>(),
    Row::changing::<delete_custom_key_store::Request>(),
    Row::reading::<describe_custom_key_stores::Request>(),
    Row::reading::<describe_key::Request>(),
    Row::changing::<disable_key::Request>(),
    Row::changing::<disconnect_custom_key_store::Request>(),
    Row::changing::<enable_key::Request>(),
    Row::reading::<encrypt::Request>(),
    Row::reading::<generate_data_key::Request>(),
    Row::reading::<generate_data_key_without_plaintext::Request>(),
    Row::reading::<generate_random::Request>(),
    Row::reading::<list_aliases::Request>(),
    Row::reading::<list_keys::Request>(),
    Row::reading::<re_encrypt::Request>(),
    Row::changing::<schedule_key_deletion::Request>(),
    Row::changing::<update_alias::Request>(),
    Row::changing::<update_custom_key_store::Request>(),
];

/// The answer `{}` of the custom key store operations (seed 000).
#[derive(Serialize)]
pub struct Empty {}
