//! Every refusal of the service: one variant per exception of its model, so that the wire can map them exhaustively.
//!
//! Texts are recorded ones where a recording exists (documented); the others are ours (inferred) and may change.

use hsm_sim::ClusterId;
use hsm_sim::cluster::ClusterState;

use crate::key::KeyState;
use crate::key_store::ConnectionState;

/// Result of this crate's functions.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A refusal, named after the exception that a client sees.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Error {
    /// `ValidationException`: the request is well-formed but its members do not go together.
    #[error(transparent)]
    Validation(#[from] Invalid),
    /// `AlreadyExistsException`: an alias with this ARN exists (documented text).
    #[error("An alias with the name {0} already exists")]
    AlreadyExists(String),
    /// `AccessDeniedException`: the ciphertext names a key that this account and Region do not have (documented text).
    #[error(
        "The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access."
    )]
    AccessDenied,
    /// `CloudHsmClusterInUseException`.
    #[error(
        "The CloudHSM cluster '{cluster}' is already associated with custom key store '{key_store}', or shares a backup history with its cluster."
    )]
    CloudHsmClusterInUse {
        /// The cluster asked for.
        cluster: ClusterId,
        /// The key store that stands in the way.
        key_store: String,
    },
    /// `CloudHsmClusterInvalidConfigurationException`.
    #[error("The CloudHSM cluster '{cluster}' does not meet the configuration requirements: {problem}.")]
    CloudHsmClusterInvalidConfiguration {
        /// The cluster.
        cluster: ClusterId,
        /// What is missing.
        problem: ClusterProblem,
    },
    /// `CloudHsmClusterNotActiveException`.
    #[error("The CloudHSM cluster '{cluster}' is in state {state}. Initialize and activate it, then try again.")]
    CloudHsmClusterNotActive {
        /// The cluster.
        cluster: ClusterId,
        /// Its state.
        state: ClusterState,
    },
    /// `CloudHsmClusterNotFoundException`.
    #[error("The CloudHSM cluster '{0}' does not exist in this account and Region.")]
    CloudHsmClusterNotFound(String),
    /// `CloudHsmClusterNotRelatedException`.
    #[error(
        "The CloudHSM cluster '{cluster}' does not share a backup history with the original cluster of custom key store '{key_store}'."
    )]
    CloudHsmClusterNotRelated {
        /// The cluster asked for.
        cluster: ClusterId,
        /// The key store.
        key_store: String,
    },
    /// `CustomKeyStoreHasCMKsException`.
    #[error("The custom key store '{0}' contains KMS keys. Schedule their deletion and wait until they are deleted.")]
    CustomKeyStoreHasCmks(String),
    /// `CustomKeyStoreInvalidStateException`.
    #[error(transparent)]
    CustomKeyStoreInvalidState(#[from] StoreProblem),
    /// `CustomKeyStoreNameInUseException`.
    #[error("The custom key store name '{0}' is used by another custom key store in this account and Region.")]
    CustomKeyStoreNameInUse(String),
    /// `CustomKeyStoreNotFoundException`.
    #[error("The custom key store '{0}' does not exist in this account and Region.")]
    CustomKeyStoreNotFound(String),
    /// `DisabledException` (documented text).
    #[error("{0} is disabled.")]
    Disabled(String),
    /// `DryRunOperationException` (documented text): everything would have worked.
    #[error("The request would have succeeded, but the DryRun option is set.")]
    DryRunOperation,
    /// `IncorrectKeyException` (documented text).
    #[error("The key ID in the request does not identify a CMK that can perform this operation.")]
    IncorrectKey,
    /// `IncorrectTrustAnchorException`.
    #[error("The trust anchor certificate is not the one with which the CloudHSM cluster '{0}' was initialized.")]
    IncorrectTrustAnchor(ClusterId),
    /// `InvalidArnException`.
    #[error("Invalid arn {0}")]
    InvalidArn(String),
    /// `InvalidCiphertextException`, which carries no text (documented).
    #[error("the ciphertext or its encryption context is not valid")]
    InvalidCiphertext,
    /// `InvalidKeyUsageException` (documented text).
    #[error("Algorithm {algorithm} is incompatible with key spec SYMMETRIC_DEFAULT.")]
    InvalidKeyUsage {
        /// The algorithm asked for.
        algorithm: &'static str,
    },
    /// `InvalidMarkerException`.
    #[error("The marker is not valid.")]
    InvalidMarker,
    /// `KMSInvalidStateException`.
    #[error(transparent)]
    KmsInvalidState(#[from] StateProblem),
    /// `KMSInternalException`: a simulated internal error, or the state directory failed.
    #[error("The request was rejected because of an internal error. Try again.")]
    KmsInternal(Cause),
    /// `LimitExceededException`.
    #[error("The limit of {limit} {what} has been reached.")]
    LimitExceeded {
        /// What is limited.
        what: &'static str,
        /// How many are allowed.
        limit: usize,
    },
    /// `ThrottlingException`: the HSMs have too much to do (inferred text).
    #[error("The HSMs of the custom key store have too much to do. Try again.")]
    Throttling,
    /// `MalformedPolicyDocumentException`.
    #[error("The key policy is not a JSON object.")]
    MalformedPolicyDocument,
    /// `NotAuthorizedException`, for the reserved alias prefix, without text (inferred).
    #[error("aliases that begin with alias/aws/ are reserved")]
    NotAuthorized,
    /// `NotFoundException`.
    #[error(transparent)]
    NotFound(#[from] Missing),
    /// `TagException` (documented texts).
    #[error(transparent)]
    Tag(#[from] TagProblem),
    /// `UnsupportedOperationException`.
    #[error(transparent)]
    UnsupportedOperation(#[from] Unsupported),
    /// CloudTrail's `InvalidTimeRangeException`.
    #[error("The start time of the lookup is after its end time.")]
    InvalidTimeRange,
    /// CloudTrail's `InvalidNextTokenException`.
    #[error("The token is not valid.")]
    InvalidNextToken,
}

/// Why the service failed inside; kept for logs and never shown to the client.
#[derive(Debug, Clone, PartialEq)]
pub enum Cause {
    /// A fault that was set.
    Injected,
    /// The HSM world or the state directory failed.
    World(Box<hsm_sim::Error>),
    /// A row of this crate holds something impossible.
    Damaged(&'static str),
}

/// Requests whose members do not go together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    /// The kmsuser password is not 7 to 32 letters and digits (seed 004); the value is never shown.
    #[error(
        "1 validation error detected: Value at 'keyStorePassword' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[a-zA-Z0-9]{{7,32}}$"
    )]
    Password,
    /// DescribeCustomKeyStores takes an id or a name.
    #[error("Specify CustomKeyStoreId or CustomKeyStoreName, not both.")]
    TwoFilters,
    /// The window must be 7 to 30 days (documented rule, inferred text).
    #[error(
        "1 validation error detected: Value '{days}' at 'pendingWindowInDays' failed to satisfy constraint: Member must have value {bound}"
    )]
    PendingWindow {
        /// The value asked for.
        days: u16,
        /// The violated bound.
        bound: &'static str,
    },
    /// GenerateDataKey takes exactly one of KeySpec and NumberOfBytes (documented text).
    #[error("Please specify either number of bytes or key spec.")]
    DataKeyLength,
    /// GenerateRandom without a length (documented text).
    #[error("NumberOfBytes is required.")]
    NumberOfBytes,
    /// An alias without its prefix (documented text).
    #[error(
        "Alias must start with the prefix \"alias/\". Please see https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html"
    )]
    AliasPrefix,
    /// An alias must point to a key (documented rule).
    #[error("Aliases must refer to keys. Not aliases")]
    AliasTarget,
    /// CreateKey: a member that this origin needs is missing.
    #[error("{member} is required when Origin is {origin}.")]
    OriginNeeds {
        /// The member.
        member: &'static str,
        /// The origin.
        origin: &'static str,
    },
    /// CreateKey: a member that this origin does not allow.
    #[error("{member} is not valid when Origin is {origin}.")]
    OriginForbids {
        /// The member.
        member: &'static str,
        /// The origin.
        origin: &'static str,
    },
    /// CreateKey: KeySpec and CustomerMasterKeySpec disagree.
    #[error(
        "You cannot specify KeySpec and CustomerMasterKeySpec in the same request. CustomerMasterKeySpec is deprecated."
    )]
    TwoKeySpecs,
    /// CreateKey: a usage is needed for every asymmetric or HMAC key (documented text).
    #[error("You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.")]
    KeyUsageNeeded,
    /// CreateKey: the usage does not fit (documented text).
    #[error("KeyUsage {usage} is not compatible with KeySpec {spec}")]
    KeyUsage {
        /// The usage.
        usage: &'static str,
        /// The key spec.
        spec: &'static str,
    },
    /// The encryption context is too large (inferred limit: 8192 bytes serialized).
    #[error("The encryption context is larger than 8192 bytes.")]
    ContextTooLarge,
    /// Decrypt or ReEncrypt without ciphertext or, with IGNORE_CIPHERTEXT, without key (documented rule).
    #[error("{0} is required.")]
    Required(&'static str),
    /// DryRunModifiers without DryRun (documented rule).
    #[error("DryRunModifiers are valid only when DryRun is true.")]
    ModifierWithoutDryRun,
}

/// What a cluster lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ClusterProblem {
    /// Its subnets lie in fewer than two Availability Zones.
    #[error("it must have private subnets in at least two Availability Zones")]
    Zones,
    /// Its security group lost the rules for ports 2223 to 2225.
    #[error("its security group must allow inbound and outbound TCP traffic on ports 2223-2225 within the group")]
    SecurityGroup,
    /// Fewer than two active HSMs in different Availability Zones.
    #[error("it must contain at least two active HSMs in different Availability Zones")]
    TooFewHsms,
}

/// Why a key store's state forbids something.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreProblem {
    /// The connection state does not allow the operation.
    #[error(
        "The operation {operation} is not valid for custom key store '{id}' because its connection state is {state}."
    )]
    State {
        /// The key store.
        id: String,
        /// Its connection state.
        state: ConnectionState,
        /// The refused operation.
        operation: &'static str,
    },
    /// The key store is connected, but no HSM answers.
    #[error("KMS cannot communicate with your CloudHSM cluster. Custom key store '{0}' cannot be used at this time.")]
    Unreachable(String),
}

/// Why a key cannot be used or changed now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StateProblem {
    /// The key is in a state that the operation does not allow (documented texts).
    #[error("{arn} {}", state.sentence())]
    Key {
        /// The key's ARN.
        arn: String,
        /// Its state.
        state: KeyState,
    },
    /// CancelKeyDeletion of a key that nobody deletes (documented text).
    #[error("{0} is not pending deletion.")]
    NotPendingDeletion(String),
    /// The HSM no longer holds the key's material, or holds another key under its handle (text by analogy).
    #[error("{0} is unavailable.")]
    MaterialMissing(String),
    /// No HSM of the cluster answers (documented text).
    #[error("KMS cannot communicate with your CloudHSM cluster")]
    Unreachable,
}

/// What does not exist.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Missing {
    /// A key id that is no key id (documented text).
    #[error("Invalid keyId '{0}'")]
    KeyId(String),
    /// A key (documented text).
    #[error("Key '{0}' does not exist")]
    Key(String),
    /// An ARN of another Region (documented text).
    #[error("Invalid arn {0}")]
    Region(String),
    /// An alias, by ARN (documented text).
    #[error("Alias {0} is not found.")]
    Alias(String),
}

/// Tags that are refused (documented texts).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TagProblem {
    /// More than 50.
    #[error("Too many tags")]
    TooMany,
    /// One key twice.
    #[error("Duplicate tag keys")]
    Duplicate,
    /// A reserved key.
    #[error("Tags beginning with aws: are reserved")]
    Reserved,
}

/// What keys of a kind do not support.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unsupported {
    /// A key spec that keys of this origin cannot have.
    #[error("KeySpec {spec} is not supported for Origin {origin}.")]
    KeySpec {
        /// The key spec.
        spec: &'static str,
        /// The origin.
        origin: &'static str,
    },
    /// A key usage that keys of this origin cannot have.
    #[error("KeyUsage {usage} is not supported for Origin {origin}.")]
    KeyUsage {
        /// The usage.
        usage: &'static str,
        /// The origin.
        origin: &'static str,
    },
    /// Multi-Region keys.
    #[error("Multi-Region keys are not supported for Origin {0}.")]
    MultiRegion(&'static str),
    /// An origin that is not offered.
    #[error("Origin {0} is not supported.")]
    Origin(&'static str),
}

impl Error {
    /// The exception's name on the wire.
    pub const fn exception(&self) -> &'static str {
        match self {
            Self::Validation(_) => "ValidationException",
            Self::AlreadyExists(_) => "AlreadyExistsException",
            Self::AccessDenied => "AccessDeniedException",
            Self::CloudHsmClusterInUse { .. } => "CloudHsmClusterInUseException",
            Self::CloudHsmClusterInvalidConfiguration { .. } => "CloudHsmClusterInvalidConfigurationException",
            Self::CloudHsmClusterNotActive { .. } => "CloudHsmClusterNotActiveException",
            Self::CloudHsmClusterNotFound(_) => "CloudHsmClusterNotFoundException",
            Self::CloudHsmClusterNotRelated { .. } => "CloudHsmClusterNotRelatedException",
            Self::CustomKeyStoreHasCmks(_) => "CustomKeyStoreHasCMKsException",
            Self::CustomKeyStoreInvalidState(_) => "CustomKeyStoreInvalidStateException",
            Self::CustomKeyStoreNameInUse(_) => "CustomKeyStoreNameInUseException",
            Self::CustomKeyStoreNotFound(_) => "CustomKeyStoreNotFoundException",
            Self::Disabled(_) => "DisabledException",
            Self::DryRunOperation => "DryRunOperationException",
            Self::IncorrectKey => "IncorrectKeyException",
            Self::Throttling => "ThrottlingException",
            Self::IncorrectTrustAnchor(_) => "IncorrectTrustAnchorException",
            Self::InvalidArn(_) => "InvalidArnException",
            Self::InvalidCiphertext => "InvalidCiphertextException",
            Self::InvalidKeyUsage { .. } => "InvalidKeyUsageException",
            Self::InvalidMarker => "InvalidMarkerException",
            Self::KmsInvalidState(_) => "KMSInvalidStateException",
            Self::KmsInternal(_) => "KMSInternalException",
            Self::LimitExceeded { .. } => "LimitExceededException",
            Self::MalformedPolicyDocument => "MalformedPolicyDocumentException",
            Self::NotAuthorized => "NotAuthorizedException",
            Self::NotFound(_) => "NotFoundException",
            Self::Tag(_) => "TagException",
            Self::UnsupportedOperation(_) => "UnsupportedOperationException",
            Self::InvalidTimeRange => "InvalidTimeRangeException",
            Self::InvalidNextToken => "InvalidNextTokenException",
        }
    }

    /// The text that the client sees; some exceptions carry none (documented).
    pub fn message(&self) -> Option<String> {
        match self {
            Self::InvalidCiphertext | Self::NotAuthorized => None,
            other => Some(other.to_string()),
        }
    }

    /// Whether the service is to blame (HTTP 500) and not the client (HTTP 400).
    pub const fn is_fault(&self) -> bool {
        matches!(self, Self::KmsInternal(_))
    }

    pub(crate) const fn damaged(what: &'static str) -> Self {
        Self::KmsInternal(Cause::Damaged(what))
    }
}

impl From<hsm_sim::Error> for Error {
    fn from(error: hsm_sim::Error) -> Self {
        Self::KmsInternal(Cause::World(Box::new(error)))
    }
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        hsm_sim::Error::from(error).into()
    }
}

impl From<crypto::Error> for Error {
    fn from(error: crypto::Error) -> Self {
        hsm_sim::Error::from(error).into()
    }
}
