//! Types for what must not leak: wiped on drop, redacted in `Debug`, compared in constant time, opened only by `expose`.

use std::fmt;

use subtle::ConstantTimeEq;
use zeroize::{ZeroizeOnDrop, Zeroizing, optimization_barrier};

/// Secret bytes, such as key material or a decrypted plaintext.
#[derive(Clone)]
pub struct SecretBytes(Vec<u8>);

impl SecretBytes {
    /// Takes over `bytes`; the vector's own buffer is wiped when this value is dropped.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The bytes. Whoever copies them answers for the copy.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// The bytes, to be filled or changed in place.
    pub fn expose_mut(&mut self) -> &mut [u8] {
        &mut self.0
    }

    /// Keeps the first `length` bytes; the rest stays in the spare capacity, which is wiped with them.
    pub(crate) fn truncate(&mut self, length: usize) {
        self.0.truncate(length);
    }

    /// Number of bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are no bytes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// `Zeroize` of a vector writes one volatile byte after the other, which costs more than decrypting it; this is a `memset` that the compiler
/// may not leave out.
impl Drop for SecretBytes {
    fn drop(&mut self) {
        self.0.fill(0);
        // The spare capacity may hold secrets too; filling it up does not reallocate.
        self.0.resize(self.0.capacity(), 0);
        optimization_barrier(self.0.as_slice());
    }
}

impl ZeroizeOnDrop for SecretBytes {}

impl From<Vec<u8>> for SecretBytes {
    fn from(bytes: Vec<u8>) -> Self {
        Self::new(bytes)
    }
}

impl From<&[u8]> for SecretBytes {
    fn from(bytes: &[u8]) -> Self {
        Self::new(bytes.to_vec())
    }
}

impl PartialEq for SecretBytes {
    fn eq(&self, other: &Self) -> bool {
        self.expose().ct_eq(other.expose()).into()
    }
}

impl Eq for SecretBytes {}

impl fmt::Debug for SecretBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretBytes(<{} bytes>)", self.len())
    }
}

/// A password or PIN.
#[derive(Clone)]
pub struct Password(Zeroizing<String>);

impl Password {
    /// Takes over `text`; its own buffer is wiped when this value is dropped.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The text. Whoever copies it answers for the copy.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for Password {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl From<&str> for Password {
    fn from(text: &str) -> Self {
        Self::new(text.to_owned())
    }
}

impl PartialEq for Password {
    fn eq(&self, other: &Self) -> bool {
        self.expose().as_bytes().ct_eq(other.expose().as_bytes()).into()
    }
}

impl Eq for Password {}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(<redacted>)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_never_show_in_debug() {
        let bytes = SecretBytes::new(b"top secret".to_vec());
        let password = Password::from("hunter2hunter2");
        assert_eq!(format!("{bytes:?}"), "SecretBytes(<10 bytes>)");
        assert_eq!(format!("{password:?}"), "Password(<redacted>)");
        assert_eq!(format!("{:#?}", Some((bytes, password))).matches("secret").count(), 0);
    }

    #[test]
    fn equality_is_by_content() {
        for (a, b, equal) in [("", "", true), ("a", "a", true), ("a", "b", false), ("a", "ab", false)] {
            assert_eq!(Password::from(a) == Password::from(b), equal, "{a:?} {b:?}");
            assert_eq!(SecretBytes::from(a.as_bytes()) == SecretBytes::from(b.as_bytes()), equal, "{a:?} {b:?}");
        }
    }
}
