//! What can go wrong in this crate.

/// An error of a cryptographic operation or of reading a certificate. None of them carries key material or plaintext.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
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
    /// Data to encrypt, to sign, to wrap or to derive from has a length that the mechanism cannot take (`CKR_DATA_LEN_RANGE`).
    #[error("the mechanism cannot take data of {bytes} bytes")]
    DataLength {
        /// Length of the rejected data.
        bytes: usize,
    },
    /// Data to encrypt or to sign has the right length, but not a value that the key can take (`CKR_DATA_INVALID`).
    #[error("the mechanism cannot take this data with this key")]
    DataInvalid,
    /// A ciphertext or wrapped key has a length that the mechanism never produces (`CKR_ENCRYPTED_DATA_LEN_RANGE`).
    #[error("no ciphertext of this mechanism has {bytes} bytes")]
    CiphertextLength {
        /// Length of the rejected ciphertext.
        bytes: usize,
    },
    /// The padding or the integrity check of a ciphertext or wrapped key is wrong (`CKR_ENCRYPTED_DATA_INVALID`).
    #[error("the ciphertext is not valid: it is damaged or the key is a different one")]
    CiphertextInvalid,
    /// A signature or MAC of a length that the mechanism never produces (`CKR_SIGNATURE_LEN_RANGE`).
    #[error("no signature of this mechanism has {bytes} bytes")]
    SignatureLength {
        /// Length of the rejected signature.
        bytes: usize,
    },
    /// The signature or MAC is not that of the data under this key (`CKR_SIGNATURE_INVALID`).
    #[error("the signature is not that of this data under this key")]
    SignatureInvalid,
    /// A parameter of the mechanism is out of its range (`CKR_MECHANISM_PARAM_INVALID`).
    #[error("the mechanism cannot work with this {parameter}")]
    Parameter {
        /// Which one, such as `IV length`.
        parameter: &'static str,
    },
    /// The kind of key does not exist with this size, or the mechanism does not take it (`CKR_KEY_SIZE_RANGE`).
    #[error("the mechanism cannot work with a key of {bits} bits")]
    KeySize {
        /// Size of the rejected key.
        bits: usize,
    },
    /// The parts of an imported key do not make a key (`CKR_ATTRIBUTE_VALUE_INVALID`).
    #[error("the key material is not a valid key: {problem}")]
    KeyMaterial {
        /// What is wrong with it; never part of the key.
        problem: &'static str,
    },
    /// The elliptic curve is not one that this crate knows (`CKR_CURVE_NOT_SUPPORTED`).
    #[error("the elliptic curve is not supported")]
    CurveUnsupported,
    /// The mechanism exists, but not with this digest (`CKR_MECHANISM_PARAM_INVALID`).
    #[error("the mechanism cannot work with {hash:?}")]
    HashUnsupported {
        /// The digest that was asked for.
        hash: crate::hash::Hash,
    },
    /// The caller's buffer is too small; the operation can be repeated with a larger one (`CKR_BUFFER_TOO_SMALL`).
    #[error("the output needs {needed} bytes")]
    OutputTooSmall {
        /// The size that suffices.
        needed: usize,
    },
    /// The saved state of a digest was not written by this version of the crate (`CKR_SAVED_STATE_INVALID`).
    #[error("not the saved state of a digest")]
    SavedState,
    /// A file holds no key and no certificate in any form that is known.
    #[error(
        "no key or certificate was recognised; PEM, PKCS#8, PKCS#1, SEC1, SubjectPublicKeyInfo, X.509 and PKCS#12 are"
    )]
    FileUnrecognized,
    /// A file holds something that is recognised, but neither a key nor a certificate, or a key of another algorithm.
    #[error("the file holds {found}, which cannot be imported")]
    FileContents {
        /// What it is, such as `a CERTIFICATE REQUEST`.
        found: String,
    },
    /// A file is encrypted and no password was given.
    #[error("the file is encrypted; its password is needed")]
    FilePasswordNeeded,
    /// A file is not decrypted by the password that was given.
    #[error("the password of the file is wrong, or the file is damaged")]
    FilePasswordWrong,
    /// A file is encrypted by a scheme that is not supported.
    #[error("the file is encrypted by {scheme}, which is not supported; 'openssl pkcs8 -topk8' writes it anew")]
    FileEncryption {
        /// Its name or its object identifier.
        scheme: String,
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
