//! Where an operation's output goes: the convention of PKCS#11 v3.1 §5.2 for outputs of variable length, in one place.

use crate::token::{Error, Result};

/// The caller's buffer.
#[derive(Debug)]
pub enum Output<'a> {
    /// None: only the length is asked for; an upper bound will do. The operation stays active.
    Length,
    /// This one. If it is too small the operation stays active.
    Buffer(&'a mut [u8]),
}

impl Output<'_> {
    /// Writes what was computed.
    pub(crate) fn write(self, bytes: &[u8]) -> Result<usize> {
        match self {
            Self::Length => Ok(bytes.len()),
            Self::Buffer(buffer) => {
                let Some(room) = buffer.get_mut(..bytes.len()) else {
                    return Err(Error::BufferTooSmall { needed: bytes.len() });
                };
                room.copy_from_slice(bytes);
                Ok(bytes.len())
            }
        }
    }
}
