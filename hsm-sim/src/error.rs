//! Everything that can go wrong in the HSM world, in three groups: what the management API refuses, what an HSM or a
//! client library answers, and what happens to the state itself. Each edge maps them once, exhaustively.

use std::net::Ipv4Addr;

use crate::backup::BackupState;
use crate::clock::SimTime;
use crate::cluster::ClusterState;
use crate::id::{BackupId, ClusterId, InvalidId, NodeId, SubnetId};
use crate::realm::AvailabilityZone;

/// Result of this crate's functions.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Any failure of the HSM world.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Error {
    /// The management API (cloudhsmv2) refuses.
    #[error(transparent)]
    Control(#[from] ControlError),
    /// An HSM, or the client library in front of it, refuses.
    #[error(transparent)]
    Hsm(#[from] HsmError),
    /// The state directory failed.
    #[error("the state directory failed: {0}")]
    Store(#[from] store::Error),
    /// A token refuses in a way that no HSM or tool has an answer for.
    #[error(transparent)]
    Token(crate::token::Error),
    /// A cryptographic primitive refused.
    #[error(transparent)]
    Crypto(#[from] crypto::Error),
    /// The master key file is missing, unreadable or another one.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The simulated clock was to be set to the past.
    #[error("the simulated clock shows {now} and cannot go back to {wanted}; restore a snapshot instead")]
    ClockBackwards {
        /// What it shows.
        now: SimTime,
        /// What it was to show.
        wanted: SimTime,
    },
    /// The simulated clock would pass the year 9999.
    #[error("the simulated clock cannot show {wanted}: its last moment is {last}", last = SimTime::LAST)]
    ClockTooFar {
        /// What it was to show.
        wanted: SimTime,
    },
    /// A row cannot be decoded or unsealed.
    #[error("row '{key}' of table {table} is damaged; restore the directory from a copy")]
    Corrupt {
        /// The table's number.
        table: u8,
        /// The row's key, printable.
        key: String,
    },
}

/// Refusals of the management API (spec of cloudhsmv2). `NotFound` variants become CloudHsmResourceNotFoundException, the
/// rest CloudHsmInvalidRequestException.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ControlError {
    /// A malformed identifier.
    #[error("{0}.")]
    InvalidId(#[from] InvalidId),
    /// No such cluster in the account and Region.
    #[error("Cluster '{0}' was not found.")]
    ClusterNotFound(ClusterId),
    /// No such backup in the account and Region.
    #[error("Backup '{0}' was not found.")]
    BackupNotFound(BackupId),
    /// No node of the cluster matches the id, ENI or address.
    #[error("HSM '{selector}' was not found in cluster '{cluster}'.")]
    HsmNotFound {
        /// The cluster that was searched.
        cluster: ClusterId,
        /// What was searched for.
        selector: String,
    },
    /// Not exactly one of HsmId, EniId and EniIp was given.
    #[error("Specify exactly one of HsmId, EniId and EniIp.")]
    HsmSelector,
    /// The cluster's state does not allow the operation.
    #[error("Cluster '{cluster}' is in state {state}; operation {operation} requires {requires}.")]
    ClusterState {
        /// The cluster.
        cluster: ClusterId,
        /// Its state.
        state: ClusterState,
        /// The refused operation.
        operation: &'static str,
        /// What it would need.
        requires: &'static str,
    },
    /// A second node before activation (documented text).
    #[error("Cluster '{0}' already contains an HSM but has not yet been fully activated")]
    NotYetActivated(ClusterId),
    /// The cluster has no node that could have made a certificate signing request.
    #[error("Cluster '{0}' has no certificate signing request yet. Create an HSM first.")]
    NoCsr(ClusterId),
    /// The cluster still has nodes.
    #[error("Cluster '{0}' cannot be deleted while it contains HSMs. Delete its HSMs first.")]
    HasHsms(ClusterId),
    /// The cluster has no subnet in the Availability Zone.
    #[error("Cluster '{cluster}' has no subnet in Availability Zone '{zone}'.")]
    ZoneNotMapped {
        /// The cluster.
        cluster: ClusterId,
        /// The zone asked for.
        zone: AvailabilityZone,
    },
    /// The subnet does not exist (any more).
    #[error("Subnet '{0}' does not exist.")]
    SubnetNotFound(SubnetId),
    /// The subnets cannot serve one cluster.
    #[error("The subnets must be in one VPC and each in a different Availability Zone; '{0}' is not.")]
    SubnetConflict(SubnetId),
    /// No subnets, or too many.
    #[error("Specify between 1 and 10 subnets.")]
    SubnetCount,
    /// No free address.
    #[error("Subnet '{0}' has no free IP address.")]
    SubnetFull(SubnetId),
    /// The wanted address is outside the subnet or taken.
    #[error("IP address {ip} is not available in subnet '{subnet}'.")]
    AddressUnavailable {
        /// The address.
        ip: Ipv4Addr,
        /// The node's subnet.
        subnet: SubnetId,
    },
    /// The HSM type is not offered.
    #[error("Provided HsmType is not supported.")]
    HsmType(String),
    /// The backup is not READY.
    #[error("Backup '{0}' is not READY.")]
    BackupNotReady(BackupId),
    /// The backup's state does not allow the operation.
    #[error("Backup '{backup}' is in state {state}; operation {operation} requires {requires}.", state = state.as_str())]
    BackupState {
        /// The backup.
        backup: BackupId,
        /// Its state.
        state: BackupState,
        /// The refused operation.
        operation: &'static str,
        /// What it would need.
        requires: &'static str,
    },
    /// The backup lies in another Region.
    #[error("Backup '{0}' is in another Region. Copy it to this Region first.")]
    BackupRegion(BackupId),
    /// CopyBackupToRegion within one Region.
    #[error("The backup is in Region '{0}' already.")]
    SameRegion(String),
    /// Another account's resource, which it does not share.
    #[error("You are not authorized to use '{0}'.")]
    AccessDenied(String),
    /// The node is being deleted already.
    #[error("HSM '{0}' is being deleted already.")]
    HsmBeingDeleted(NodeId),
    /// ModifyCluster without anything to modify.
    #[error("Specify HsmType, BackupRetentionPolicy or both.")]
    NothingToModify,
    /// A change of the HSM type that is not possible, or not any more.
    #[error("Cluster '{cluster}' cannot be changed from {from} to {to}.")]
    TypeChange {
        /// The cluster.
        cluster: ClusterId,
        /// Its type.
        from: String,
        /// The type asked for.
        to: String,
    },
    /// The backup's mode differs from the requested one.
    #[error("Backup '{0}' was taken from a cluster of another mode or HSM type.")]
    BackupMode(BackupId),
    /// Retention outside 7 to 379 days.
    #[error("The backup retention must be DAYS with a value between 7 and 379.")]
    Retention,
    /// More than 28 nodes, or a documented quota while quotas are on.
    #[error("The limit of {limit} {what} has been reached.")]
    Limit {
        /// What is limited, such as `HSMs in a cluster`.
        what: &'static str,
        /// How many are allowed.
        limit: u32,
    },
    /// InitializeCluster: the signed certificate or the trust anchor is not acceptable.
    #[error("{0}")]
    Certificate(crypto::x509::CertificateProblem),
    /// The operation fails because a fault says so.
    #[error("An internal error occurred. Retry the request.")]
    Injected,
}

/// What an HSM or a client library answers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HsmError {
    /// Login of a user who does not exist on the node (157, documented).
    #[error("HSM Error: user isn't initialized or user with this name doesn't exist")]
    UserUnknown,
    /// Wrong password (163, documented).
    #[error("HSM Error: RET_USER_LOGIN_FAILURE")]
    LoginFailure,
    /// Five wrong passwords: only a crypto officer's password change unlocks the account (inferred text).
    #[error("HSM Error: RET_USER_LOCKED")]
    UserLocked,
    /// The connection is not logged in on this node (inferred text).
    #[error("HSM Error: User is not logged in")]
    NotLoggedIn,
    /// The connection is logged in already.
    #[error("HSM Error: a user is already logged in on this connection")]
    AlreadyLoggedIn,
    /// Another session of this user is open on the node, so it can be neither changed nor deleted (seed 004).
    #[error("HSM Error: this user is logged in")]
    UserLoggedIn,
    /// The user owns keys and cannot be deleted (documented rule, inferred text).
    #[error("HSM Error: this user owns keys")]
    UserOwnsKeys,
    /// The name is taken on this node (inferred text).
    #[error("HSM Error: This user already exists")]
    UserExists,
    /// No such user (206, documented).
    #[error("HSM Error: This user doesn't exist")]
    NoSuchUser,
    /// The user's type does not fit (219, documented).
    #[error("HSM Error: Invalid User Type.")]
    InvalidUserType,
    /// The role may not do this.
    #[error("HSM Error: Operation is not permitted for this user")]
    PermissionDenied,
    /// Letters, digits and underscore, 1 to 31 of them.
    #[error("HSM Error: Invalid user name: use 1 to 31 letters, digits or underscores")]
    InvalidName,
    /// 7 to 32 characters.
    #[error("HSM Error: Invalid password: use 7 to 32 characters")]
    InvalidPassword,
    /// Unknown handle (168, documented).
    #[error("HSM Error: Invalid object handle is passed to this operation")]
    InvalidHandle,
    /// Neither owner nor shared (198, documented).
    #[error("HSM Error: Key Access is denied")]
    KeyAccessDenied,
    /// The attribute is unknown, or its value does not fit.
    #[error("HSM Error: Invalid attribute is passed to this operation")]
    InvalidAttribute,
    /// The key may not be used this way, or the size is not allowed (179, documented).
    #[error("HSM Error: This operation violates the current configured/FIPS policies")]
    PolicyViolation,
    /// The ciphertext or its authentication tag is wrong.
    #[error("HSM Error: the ciphertext is invalid")]
    InvalidCiphertext,
    /// More data than one call may carry (16 KiB for AES-GCM, documented).
    #[error("HSM Error: the data is too long")]
    DataTooLong,
    /// The node cannot be reached (0x30000085, documented).
    #[error("HSM CLUSTER ERROR: Server in cluster is unavailable")]
    NodeUnavailable,
    /// The node has too much to do (187, documented).
    #[error("HSM Error: HSM is already busy generating the keys(or random bytes) for another request.")]
    Busy,
    /// The key is on fewer nodes than it must be (documented rule, inferred text).
    #[error("HSM CLUSTER ERROR: the key is not on the required number of servers")]
    TooFewNodes,
    /// The signature is not the key's (27, documented).
    #[error("CSP Error: ERR_BAD_PKCS_DATA")]
    BadSignature,
    /// The node noticed tampering and destroyed all that it knew (157, inferred).
    #[error("HSM Error: user isn't initialized or user with this name doesn't exist")]
    Zeroized,
    /// No node of the cluster can be reached.
    #[error("LIQUIDSECURITY: Invalid Operation")]
    NoNode,
    /// The cluster does not exist (any more).
    #[error("HSM CLUSTER ERROR: cluster '{0}' does not exist")]
    NoCluster(ClusterId),
    /// The session was lost, for instance because the world was rewound.
    #[error("HSM Error: the session was lost; log in again")]
    SessionLost,
    /// The key limit of the HSM type is reached.
    #[error("HSM Error: no space left for keys on the HSM")]
    KeyStoreFull,
    /// The operation needs the approval of several officers, and this login has no approved token for it (documented).
    #[error("RET_MXN_AUTH_FAILED")]
    QuorumRequired,
    /// The key's users must approve what is done with it, and this login has no approved token for it (documented).
    #[error("RET_MXN_AUTH_FAILED")]
    KeyNotApproved,
    /// A token for a service or a key whose M value is at most 1, so that nothing needs approval (documented rule, inferred text).
    #[error("HSM Error: the service does not need quorum approval")]
    QuorumDisabled,
    /// An M value outside 1 to 8, or more than officers have registered keys (documented rule, inferred text).
    #[error("HSM Error: Invalid M value")]
    InvalidMValue,
    /// A validity of zero seconds.
    #[error("HSM Error: Invalid token timeout")]
    InvalidTimeout,
    /// No such token on the node; it may have expired or belong to a login that ended.
    #[error("HSM Error: no such quorum token")]
    NoQuorumToken,
    /// The node stores 1024 tokens that are all valid (documented limit).
    #[error("HSM Error: too many quorum tokens")]
    TooManyQuorumTokens,
    /// The approver has registered no key, or may not approve this service.
    #[error("HSM Error: this user cannot approve")]
    NotAnApprover,
    /// The public key is not one of RSA with 2048 bits (documented rule).
    #[error("HSM Error: Invalid public key: use RSA with 2048 bits")]
    InvalidPublicKey,
    /// A signature does not fit what was to be signed.
    #[error("HSM Error: signature verification failed")]
    SignatureInvalid,
    /// The user logs in with a second factor, and it is missing or wrong; it counts as a wrong password (inferred).
    #[error("HSM Error: two-factor authentication failed")]
    SecondFactorFailed,
    /// The HSM has no certificate of this kind.
    #[error("HSM Error: no such certificate")]
    NoCertificate,
    /// The key of a user with a second factor changes with its password only (documented).
    #[error("HSM Error: this user's key is changed with its password")]
    TwoFactorKey,
    /// The HSM has this trust anchor already (observed text).
    #[error("HSM Error: Trust anchor is already installed in Hsm.")]
    AnchorExists,
    /// The HSM keeps no more trust anchors (observed text).
    #[error("HSM Error: Maximum number of certificates registered.")]
    TooManyAnchors,
    /// The HSM has no trust anchor of this reference.
    #[error("HSM Error: no such trust anchor")]
    NoSuchAnchor,
    /// The last trust anchor while the HSM insists on client certificates (inferred).
    #[error("HSM Error: the last trust anchor cannot be deregistered while mtls is enforced")]
    AnchorInUse,
    /// The connection was made without a client certificate that leads to a trust anchor (observed text).
    #[error("HSM Error: Current connection must be mtls to set this enforcement.")]
    NotMutual,
    /// Only the officer `admin` may do this (documented rule, observed text).
    #[error("HSM Error: An Admin must be logged in to set policy on an HSM")]
    NotFirstOfficer,
    /// The HSM type cannot do this (documented rule, inferred text).
    #[error("HSM Error: this operation is not supported by the HSM type")]
    NotOfThisType,
    /// Nothing is brought from a cluster to one that is not a clone of it (documented rule, inferred text).
    #[error("HSM Error: The clusters do not descend from one backup")]
    NotClones,
}

/// Every answer of an HSM that has one text.
const KNOWN: &[HsmError] = &[
    HsmError::UserUnknown,
    HsmError::LoginFailure,
    HsmError::UserLocked,
    HsmError::NotLoggedIn,
    HsmError::AlreadyLoggedIn,
    HsmError::UserLoggedIn,
    HsmError::UserOwnsKeys,
    HsmError::UserExists,
    HsmError::NoSuchUser,
    HsmError::InvalidUserType,
    HsmError::PermissionDenied,
    HsmError::InvalidName,
    HsmError::InvalidPassword,
    HsmError::InvalidHandle,
    HsmError::KeyAccessDenied,
    HsmError::InvalidAttribute,
    HsmError::PolicyViolation,
    HsmError::InvalidCiphertext,
    HsmError::DataTooLong,
    HsmError::NodeUnavailable,
    HsmError::Busy,
    HsmError::TooFewNodes,
    HsmError::BadSignature,
    HsmError::Zeroized,
    HsmError::NoNode,
    HsmError::SessionLost,
    HsmError::KeyStoreFull,
    HsmError::QuorumRequired,
    HsmError::KeyNotApproved,
    HsmError::QuorumDisabled,
    HsmError::InvalidMValue,
    HsmError::InvalidTimeout,
    HsmError::NoQuorumToken,
    HsmError::TooManyQuorumTokens,
    HsmError::NotAnApprover,
    HsmError::InvalidPublicKey,
    HsmError::SignatureInvalid,
    HsmError::SecondFactorFailed,
    HsmError::NoCertificate,
    HsmError::TwoFactorKey,
    HsmError::AnchorExists,
    HsmError::TooManyAnchors,
    HsmError::NoSuchAnchor,
    HsmError::AnchorInUse,
    HsmError::NotMutual,
    HsmError::NotFirstOfficer,
    HsmError::NotOfThisType,
    HsmError::NotClones,
];

impl HsmError {
    /// Those that a command of an HSM answers by number; where two have one number, the first is meant.
    const CODED: [Self; 20] = [
        Self::UserUnknown,
        Self::LoginFailure,
        Self::UserLocked,
        Self::InvalidHandle,
        Self::PolicyViolation,
        Self::Busy,
        Self::KeyAccessDenied,
        Self::UserExists,
        Self::NoSuchUser,
        Self::InvalidUserType,
        Self::NotLoggedIn,
        Self::AlreadyLoggedIn,
        Self::UserLoggedIn,
        Self::UserOwnsKeys,
        Self::InvalidName,
        Self::InvalidPassword,
        Self::InvalidAttribute,
        Self::DataTooLong,
        Self::KeyStoreFull,
        Self::NodeUnavailable,
    ];

    /// The error of a number, as [`HsmError::code`] gives it.
    pub fn of_code(code: u32) -> Option<Self> {
        Self::CODED.into_iter().find(|error| error.code() == code)
    }

    /// What a numeric code of the tools means; none if no answer has it. Of answers that share one the documented text counts.
    pub fn text_of(code: u32) -> Option<String> {
        KNOWN.iter().find(|error| error.code() == code).map(Self::to_string)
    }

    /// The numeric code of the vendor's tools. Codes without a documented number are placeholders (inferred).
    pub const fn code(&self) -> u32 {
        match self {
            Self::UserUnknown | Self::Zeroized => 0x9d,
            Self::LoginFailure => 0xa3,
            Self::UserLocked => 0xa4,
            Self::InvalidHandle => 0xa8,
            Self::PolicyViolation => 0xb3,
            Self::Busy => 0xbb,
            Self::KeyAccessDenied => 0xc6,
            Self::UserExists => 0xcd,
            Self::NoSuchUser | Self::PermissionDenied => 0xce,
            Self::InvalidUserType => 0xdb,
            Self::NotLoggedIn => 0x94,
            Self::AlreadyLoggedIn => 0x93,
            Self::UserLoggedIn => 0x95,
            Self::UserOwnsKeys => 0x96,
            Self::InvalidName => 0x97,
            Self::InvalidPassword => 0x98,
            Self::InvalidAttribute => 0xa9,
            Self::InvalidCiphertext => 0xaa,
            Self::DataTooLong => 0xab,
            Self::SessionLost => 0xac,
            Self::KeyStoreFull => 0xad,
            Self::QuorumRequired | Self::KeyNotApproved => 0xb4,
            Self::QuorumDisabled => 0xb5,
            Self::InvalidMValue => 0xb6,
            Self::InvalidTimeout => 0xb7,
            Self::NoQuorumToken => 0xb8,
            Self::TooManyQuorumTokens => 0xb9,
            Self::NotAnApprover => 0xba,
            Self::InvalidPublicKey => 0xbc,
            Self::SignatureInvalid => 0xbd,
            Self::SecondFactorFailed => 0xbe,
            Self::TwoFactorKey => 0xbf,
            Self::NoCertificate => 0xc0,
            Self::AnchorExists => 0xd0,
            Self::TooManyAnchors => 0xd1,
            Self::NoSuchAnchor => 0xd2,
            Self::AnchorInUse => 0xd3,
            Self::NotMutual => 0xd4,
            Self::NotFirstOfficer => 0xd5,
            Self::NotOfThisType => 0xd6,
            Self::NotClones => 0xd7,
            Self::NodeUnavailable => 0x3000_0085,
            Self::NoNode => 0x3000_0086,
            Self::NoCluster(_) => 0x3000_0087,
            Self::TooFewNodes => 0x3000_0088,
            Self::BadSignature => 0x1b,
        }
    }
}

/// Why the master key cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// The key file cannot be read or written.
    #[error("cannot use the master key file {path}: {reason}")]
    File {
        /// The file.
        path: String,
        /// The operating system's reason.
        reason: String,
    },
    /// The file does not hold 32 bytes.
    #[error("the master key file {0} does not hold a 32-byte key")]
    Malformed(String),
    /// The state was sealed under another key.
    #[error("the master key file {0} does not belong to this directory's state; put the right file back")]
    Mismatch(String),
}
