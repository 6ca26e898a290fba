//! How often the world was rewound. A snapshot's restore and a reset end every live session, as a power cut would; sessions
//! and logins carry the generation that they began in and are void in any other.

use crate::error::Result;
use crate::row::{self, Rows, Writer};

const KEY: &[u8] = b"count";

/// The present generation.
///
/// # Errors
/// The store fails or the row is damaged.
pub fn current(rows: &impl Rows) -> Result<u64> {
    match rows.get(row::REWINDS, KEY)? {
        None => Ok(0),
        Some(bytes) => Ok(u64::from_be_bytes(bytes.try_into().map_err(|_| row::corrupt(row::REWINDS, KEY))?)),
    }
}

/// Begins another generation and returns it; part of the transaction that rewinds the world.
///
/// # Errors
/// The store fails.
pub(crate) fn advance(tx: &mut Writer<'_>) -> Result<u64> {
    let next = current(tx)?.wrapping_add(1);
    tx.put(row::REWINDS, KEY, &next.to_be_bytes())?;
    Ok(next)
}
