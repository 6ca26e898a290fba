//! The structures that calls exchange. A pointer with its length beside it is one [`Bytes`] here: the layout is the same.
#![allow(missing_docs, reason = "the fields are those of the standard's structures")]

use super::{Bool, Ulong};
use crate::boundary::{Bytes, Callback};

/// `CK_VERSION`.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Version {
    pub major: u8,
    pub minor: u8,
}

/// `CK_INFO`.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct Info {
    pub cryptoki_version: Version,
    pub manufacturer_id: [u8; 32],
    pub flags: Ulong,
    pub library_description: [u8; 32],
    pub library_version: Version,
}

/// `CK_SLOT_INFO`.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct SlotInfo {
    pub slot_description: [u8; 64],
    pub manufacturer_id: [u8; 32],
    pub flags: Ulong,
    pub hardware_version: Version,
    pub firmware_version: Version,
}

/// `CK_TOKEN_INFO`.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct TokenInfo {
    pub label: [u8; 32],
    pub manufacturer_id: [u8; 32],
    pub model: [u8; 16],
    pub serial_number: [u8; 16],
    pub flags: Ulong,
    pub max_session_count: Ulong,
    pub session_count: Ulong,
    pub max_rw_session_count: Ulong,
    pub rw_session_count: Ulong,
    pub max_pin_len: Ulong,
    pub min_pin_len: Ulong,
    pub total_public_memory: Ulong,
    pub free_public_memory: Ulong,
    pub total_private_memory: Ulong,
    pub free_private_memory: Ulong,
    pub hardware_version: Version,
    pub firmware_version: Version,
    pub utc_time: [u8; 16],
}

/// `CK_SESSION_INFO`.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct SessionInfo {
    pub slot: Ulong,
    pub state: Ulong,
    pub flags: Ulong,
    pub device_error: Ulong,
}

/// `CK_MECHANISM_INFO`.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct MechanismInfo {
    pub min_key_size: Ulong,
    pub max_key_size: Ulong,
    pub flags: Ulong,
}

/// `CK_MECHANISM`.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct Mechanism {
    pub kind: Ulong,
    pub parameter: Bytes,
}

/// `CK_ATTRIBUTE`.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct Attribute {
    pub kind: Ulong,
    pub value: Bytes,
}

/// `CK_C_INITIALIZE_ARGS`.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct InitializeArgs {
    pub create_mutex: Callback,
    pub destroy_mutex: Callback,
    pub lock_mutex: Callback,
    pub unlock_mutex: Callback,
    pub flags: Ulong,
    pub reserved: Callback,
}

/// A text field: padded with spaces, not ended by a zero; cut between characters if it is too long.
pub fn text<const N: usize>(text: &str) -> [u8; N] {
    let mut field = [b' '; N];
    let end = text.floor_char_boundary(N);
    field[..end].copy_from_slice(&text.as_bytes()[..end]);
    field
}

/// `CK_BBOOL` of a truth.
pub const fn bool(value: bool) -> Bool {
    value as Bool
}
