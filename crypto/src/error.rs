//! What can go wrong in this crate.

/// An error of a cryptographic operation or of reading a certificate. None of them carries key material or plaintext.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An AES key is 16, 24 or 32 bytes long.
    #[error("an AES key has 16, 24 or 32 bytes, not {bytes}")]
    AesKeyLength {
        /// Length of the rejected key.
        bytes: usize,
    },
    /// The tag does not fit the key, the IV, the additional data and the ciphertext; nothing was decrypted.
    #[error("the ciphertext is not authentic: it, its additional data or the key is a different one")]
    NotAuthentic,
    /// RSA keys are generated with 2048, 3072 or 4096 bits.
    #[error("RSA keys are made with 2048, 3072 or 4096 bits, not {bits}")]
    RsaKeySize {
        /// The size that was asked for.
        bits: u32,
    },
    /// The PKCS#8 document does not hold an RSA private key that can be used.
    #[error("not a usable RSA private key in PKCS#8 form")]
    RsaKeyRejected,
    /// A primitive refused an operation on a key that it had accepted; it is out of memory or its generator failed.
    #[error("the cryptographic library failed to {operation}")]
    Primitive {
        /// What it was asked to do.
        operation: &'static str,
    },
    /// A text that should be exactly one PEM block of a kind is something else.
    #[error("expected one PEM block \"{expected}\", found {found}")]
    Pem {
        /// The label that was expected.
        expected: &'static str,
        /// What was there instead.
        found: String,
    },
    /// A PEM block holds bytes that are not the structure that its label promises.
    #[error("the {label} is malformed: {reason}")]
    Malformed {
        /// The label of the PEM block.
        label: &'static str,
        /// What the parser says.
        reason: String,
    },
    /// A certificate signing request is not signed by the key that it presents.
    #[error("the certificate signing request is not signed by its own key")]
    RequestSignature,
    /// A moment outside 1970-01-01 to 9999-12-31, or a validity that ends before it starts.
    #[error("a certificate cannot be valid from {not_before} to {not_after} (Unix seconds)")]
    Validity {
        /// Start, Unix seconds.
        not_before: i64,
        /// End, Unix seconds.
        not_after: i64,
    },
    /// A distinguished name holds text that cannot be written in its field.
    #[error("\"{value}\" cannot stand in a certificate's name as {attribute}")]
    Name {
        /// Short name of the field, such as `C`.
        attribute: &'static str,
        /// The text.
        value: String,
    },
}
