//! What a new key shall be.

use crate::error::HsmError;
use crate::object::{Flags, KeyType};

/// The longest label (documented).
pub(crate) const LABEL_LIMIT: usize = 127;

/// The wish for a symmetric token key. The defaults are those of key_mgmt_util's `genSymKey` (documented).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyTemplate {
    /// The algorithm.
    pub key_type: KeyType,
    /// Length of the value in bytes.
    pub length: usize,
    /// Free text.
    pub label: String,
    /// `CKA_ID`.
    pub id: Vec<u8>,
    /// The attributes that are true or false.
    pub flags: Flags,
    /// The ids of users who may use it too.
    pub shared: Vec<u32>,
}

impl KeyTemplate {
    /// An AES key of 16, 24 or 32 bytes.
    pub fn aes(bytes: usize, label: &str) -> Self {
        let flags = Flags::TOKEN
            | Flags::PRIVATE
            | Flags::SENSITIVE
            | Flags::ENCRYPT
            | Flags::DECRYPT
            | Flags::WRAP
            | Flags::UNWRAP
            | Flags::EXTRACTABLE
            | Flags::LOCAL
            | Flags::ALWAYS_SENSITIVE
            | Flags::DESTROYABLE;
        Self {
            key_type: KeyType::Aes,
            length: bytes,
            label: label.to_owned(),
            id: Vec::new(),
            flags,
            shared: Vec::new(),
        }
    }

    /// Whether the key can be wrapped out of the HSM.
    #[must_use]
    pub fn extractable(mut self, value: bool) -> Self {
        self.flags = self.flags.with(Flags::EXTRACTABLE, value).with(Flags::NEVER_EXTRACTABLE, !value);
        self
    }

    /// Its `CKA_ID`.
    #[must_use]
    pub fn id(mut self, id: &[u8]) -> Self {
        self.id = id.to_vec();
        self
    }

    /// The users, by id, who may use it too.
    #[must_use]
    pub fn shared_with(mut self, users: &[u32]) -> Self {
        self.shared = users.to_vec();
        self
    }

    /// Checks type, length and texts.
    ///
    /// # Errors
    /// [`HsmError::PolicyViolation`] for a type or size that the HSM does not make, [`HsmError::InvalidAttribute`] for a
    /// label that is too long.
    pub fn check(&self) -> Result<(), HsmError> {
        if self.key_type != KeyType::Aes || ![16, 24, 32].contains(&self.length) {
            return Err(HsmError::PolicyViolation);
        }
        if self.label.len() > LABEL_LIMIT || self.id.len() > LABEL_LIMIT {
            return Err(HsmError::InvalidAttribute);
        }
        Ok(())
    }
}
