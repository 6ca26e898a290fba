//! The services behind the one endpoint and where their manners differ.

use super::Row;
use crate::{cloudhsmv2, cloudtrail, kms};

/// A service of the endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// Key Management Service.
    Kms,
    /// CloudHSM, API `cloudhsmv2`.
    CloudHsm,
    /// CloudTrail.
    CloudTrail,
}

impl Service {
    pub(super) const ALL: [Self; 3] = [Self::Kms, Self::CloudHsm, Self::CloudTrail];

    /// The service of a target's part before the last dot.
    pub fn of_prefix(prefix: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|service| service.target_prefix() == prefix)
    }

    /// `X-Amz-Target` up to the last dot.
    pub const fn target_prefix(self) -> &'static str {
        match self {
            Self::Kms => "TrentService",
            Self::CloudHsm => "BaldrApiService",
            Self::CloudTrail => "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101",
        }
    }

    /// The service's name in a credential scope (documented; cloudhsmv2 signs as `cloudhsm`).
    pub const fn signing_name(self) -> &'static str {
        match self {
            Self::Kms => "kms",
            Self::CloudHsm => "cloudhsm",
            Self::CloudTrail => "cloudtrail",
        }
    }

    /// The service's name in the audit trail (documented).
    pub const fn event_source(self) -> &'static str {
        match self {
            Self::Kms => "kms.amazonaws.com",
            Self::CloudHsm => "cloudhsm.amazonaws.com",
            Self::CloudTrail => "cloudtrail.amazonaws.com",
        }
    }

    /// The operations that are built.
    pub const fn rows(self) -> &'static [Row] {
        match self {
            Self::Kms => kms::ROWS,
            Self::CloudHsm => cloudhsmv2::ROWS,
            Self::CloudTrail => cloudtrail::ROWS,
        }
    }

    pub(crate) const fn message_member(self) -> &'static str {
        match self {
            Self::CloudHsm => "Message",
            Self::Kms | Self::CloudTrail => "message",
        }
    }

    pub(crate) const fn validation_error(self) -> &'static str {
        match self {
            Self::CloudHsm => "CloudHsmInvalidRequestException",
            Self::Kms | Self::CloudTrail => "ValidationException",
        }
    }

    pub(crate) const fn marker_error(self) -> &'static str {
        match self {
            Self::Kms => "InvalidMarkerException",
            Self::CloudHsm => "CloudHsmInvalidRequestException",
            Self::CloudTrail => "InvalidNextTokenException",
        }
    }

    pub(crate) const fn internal_error(self) -> &'static str {
        match self {
            Self::Kms => "KMSInternalException",
            Self::CloudHsm => "CloudHsmInternalFailureException",
            Self::CloudTrail => "InternalFailure",
        }
    }
}
