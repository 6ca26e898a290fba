//! Who calls: AWS Signature Version 4 in three strictnesses.
//!
//! `strict` verifies the whole signature against the configured key pairs, the window of five minutes included;
//! `parse` wants a well-formed header and believes it; `off` also takes requests without one. An access key id of
//! twelve digits is the account, any other belongs to the default account; the Region is the credential scope's
//! (documented). Query-string signatures are not supported.

mod authorization;
mod canonical;
mod signing_key;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use crypto::{HmacKey, Password};
use hyper::HeaderMap;
use time::format_description::BorrowedFormatItem;
use time::format_description::well_known::Rfc2822;
use time::macros::format_description;
use time::{Date, Month, OffsetDateTime, Time, UtcOffset};

use self::authorization::{Authorization, incomplete};
use self::signing_key::SigningKeys;
use crate::ServiceError;

/// The account of access key ids that are not twelve digits (documented).
pub use hsm_sim::realm::DEFAULT_ACCOUNT;

const WINDOW_MINUTES: i64 = 5;
const TIMESTAMP: &[BorrowedFormatItem<'_>] = format_description!("[year][month][day]T[hour][minute][second]Z");

/// How a signature is judged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Verified against the configured key pairs.
    Strict,
    /// Well-formed, any secret.
    #[default]
    Parse,
    /// Taken when well-formed, not needed.
    Off,
}

/// Judges signatures.
#[derive(Clone, Debug)]
pub struct Authenticator {
    mode: Mode,
    keys: BTreeMap<String, Password>,
    default_region: String,
    derived: Arc<SigningKeys>,
}

/// What a signature says about its author.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Twelve digits.
    pub account_id: String,
    /// The credential scope's Region.
    pub region: String,
    /// The access key id; `None` for an unsigned request.
    pub access_key_id: Option<String>,
}

/// The parts of a request that a signature covers.
pub struct SignedRequest<'a> {
    /// The HTTP method.
    pub method: &'a str,
    /// The path as sent.
    pub path: &'a str,
    /// The query as sent, empty when absent.
    pub query: &'a str,
    /// All headers.
    pub headers: &'a HeaderMap,
    /// The whole body.
    pub body: &'a [u8],
}

impl Authenticator {
    /// Judges in `mode`; unsigned requests belong to `default_region`.
    pub fn new(mode: Mode, default_region: impl Into<String>) -> Self {
        Self { mode, keys: BTreeMap::new(), default_region: default_region.into(), derived: Arc::default() }
    }

    /// Knows one more key pair, for [`Mode::Strict`].
    #[must_use]
    pub fn with_key(mut self, access_key_id: impl Into<String>, secret: Password) -> Self {
        self.keys.insert(access_key_id.into(), secret);
        self
    }

    /// The author of `request` to the service that signs as `signing_name`, at `now` seconds since 1970.
    ///
    /// # Errors
    /// The signature errors of [`ServiceError`].
    pub fn authenticate(
        &self,
        request: &SignedRequest<'_>,
        signing_name: &str,
        now: i64,
    ) -> Result<Identity, ServiceError> {
        let parsed = match request.headers.get(hyper::header::AUTHORIZATION) {
            None => Err(ServiceError::MissingAuthenticationToken),
            Some(header) => match header.to_str() {
                Ok(text) => Authorization::parse(text),
                Err(_) => Err(incomplete(&["Authorization header must be visible ASCII."])),
            },
        };
        let parts = match (parsed, self.mode) {
            (Ok(parts), _) => parts,
            (Err(_), Mode::Off) => {
                let region = self.default_region.clone();
                return Ok(Identity { account_id: DEFAULT_ACCOUNT.to_owned(), region, access_key_id: None });
            }
            (Err(error), Mode::Strict | Mode::Parse) => return Err(error),
        };
        match self.mode {
            Mode::Strict => self.verify(request, &parts, signing_name, now)?,
            Mode::Parse => drop(timestamp(request.headers)?),
            Mode::Off => {}
        }
        Ok(Identity {
            account_id: account(parts.access_key_id).to_owned(),
            region: parts.region.to_owned(),
            access_key_id: Some(parts.access_key_id.to_owned()),
        })
    }

    fn verify(
        &self,
        request: &SignedRequest<'_>,
        parts: &Authorization<'_>,
        service: &str,
        now: i64,
    ) -> Result<(), ServiceError> {
        let secret = self.keys.get(parts.access_key_id).ok_or(ServiceError::UnrecognizedClient)?;
        let signed = |name: &str| parts.signed_headers.split(';').any(|header| header == name);
        if !signed("host") || !(signed("x-amz-date") || signed("date")) {
            return invalid("'Host' and 'X-Amz-Date' or 'Date' must be signed headers in the AWS Authorization.");
        }
        if parts.service != service {
            return invalid(format!("Credential should be scoped to correct service: '{service}'."));
        }
        let (timestamp, moment) = timestamp(request.headers)?;
        if !timestamp.starts_with(parts.date) {
            return invalid(format!(
                "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '{}' != '{}', from '{timestamp}'.",
                parts.date,
                &timestamp[..8]
            ));
        }
        check_window(&timestamp, moment, now)?;
        let text = canonical::text_to_sign(request, parts, &timestamp);
        let verify = |key: &HmacKey| key.verify(text.as_bytes(), &parts.signature);
        if !self.derived.of(parts, secret.expose(), verify) {
            return invalid(
                "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and \
                 signing method. Consult the service documentation for details.",
            );
        }
        Ok(())
    }
}

/// The account that an access key id belongs to (documented).
pub fn account(access_key_id: &str) -> &str {
    let is_account = access_key_id.len() == 12 && access_key_id.bytes().all(|b| b.is_ascii_digit());
    if is_account { access_key_id } else { DEFAULT_ACCOUNT }
}

/// The request's moment as `yyyymmddThhmmssZ` and in seconds since 1970, from `X-Amz-Date`, else `Date`.
fn timestamp(headers: &HeaderMap) -> Result<(Cow<'_, str>, i64), ServiceError> {
    let missing =
        || incomplete(&["Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."]);
    let malformed = || incomplete(&["Date must be in ISO-8601 'basic format' (yyyymmddThhmmssZ) or RFC 2822."]);
    let value = headers.get("x-amz-date").or_else(|| headers.get(hyper::header::DATE)).ok_or_else(missing)?;
    let text = value.to_str().map_err(|_| malformed())?.trim();
    if let Some(moment) = basic_format(text) {
        return Ok((Cow::Borrowed(text), moment));
    }
    let moment = OffsetDateTime::parse(text, &Rfc2822).map_err(|_| malformed())?.to_offset(UtcOffset::UTC);
    Ok((Cow::Owned(moment.format(TIMESTAMP).map_err(|_| malformed())?), moment.unix_timestamp()))
}

/// The seconds since 1970 of `yyyymmddThhmmssZ`. By hand, as every request has one and the general parser takes several times as long.
fn basic_format(text: &str) -> Option<i64> {
    let text: &[u8; 16] = text.as_bytes().try_into().ok()?;
    let pair = |at: usize| match text[at..at + 2] {
        [tens @ b'0'..=b'9', ones @ b'0'..=b'9'] => Some((tens - b'0') * 10 + (ones - b'0')),
        _ => None,
    };
    let year = i32::from(pair(0)?) * 100 + i32::from(pair(2)?);
    let date = Date::from_calendar_date(year, Month::try_from(pair(4)?).ok()?, pair(6)?).ok()?;
    let time = Time::from_hms(pair(9)?, pair(11)?, pair(13)?).ok()?;
    (text[8] == b'T' && text[15] == b'Z').then(|| OffsetDateTime::new_utc(date, time).unix_timestamp())
}

fn check_window(timestamp: &str, moment: i64, now: i64) -> Result<(), ServiceError> {
    let window = WINDOW_MINUTES * 60;
    if moment < now - window {
        let (earliest, now) = (iso(now - window), iso(now));
        return invalid(format!(
            "Signature expired: {timestamp} is now earlier than {earliest} ({now} - {WINDOW_MINUTES} min.)"
        ));
    }
    if moment > now + window {
        let (latest, now) = (iso(now + window), iso(now));
        return invalid(format!(
            "Signature not yet current: {timestamp} is still later than {latest} ({now} + {WINDOW_MINUTES} min.)"
        ));
    }
    Ok(())
}

fn iso(seconds: i64) -> String {
    let moment = OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    moment.format(TIMESTAMP).unwrap_or_default()
}

fn invalid<T>(text: impl Into<String>) -> Result<T, ServiceError> {
    Err(ServiceError::InvalidSignature(text.into()))
}

/// Whether `name` can stand in a list of signed headers.
fn shape_of_header_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_.".contains(&b))
}

#[cfg(test)]
mod tests;
