//! Reads a request's body whole, within its limits.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::HeaderMap;
use hyper::body::{Body, Incoming};
use hyper::header::EXPECT;

use crate::ServiceError;

/// How much of a body that is too long is read and thrown away, so that the client gets to read the answer and can
/// go on with its connection.
const DRAIN: usize = 16 << 20;

/// The whole body, at most `limit` bytes of it, within `timeout`.
///
/// # Errors
/// [`ServiceError::TooLarge`] or [`ServiceError::Incomplete`].
pub(super) async fn read(
    headers: &HeaderMap,
    body: Incoming,
    limit: usize,
    timeout: Duration,
) -> Result<Bytes, ServiceError> {
    let announced = body.size_hint().lower();
    let too_long = announced > u64::try_from(limit).unwrap_or(u64::MAX);
    // A client that asks first is told before it sends; one that announces a flood is not read either.
    if too_long && (headers.contains_key(EXPECT) || announced > DRAIN as u64) {
        return Err(ServiceError::TooLarge { limit });
    }
    tokio::time::timeout(timeout, collect(body, limit))
        .await
        .unwrap_or(Err(ServiceError::Incomplete("it took too long")))
}

async fn collect(mut body: Incoming, limit: usize) -> Result<Bytes, ServiceError> {
    let mut first = Bytes::new();
    let mut rest = BytesMut::new();
    let mut length = 0;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| ServiceError::Incomplete("the connection ended"))?;
        let Ok(data) = frame.into_data() else { continue };
        length += data.len();
        if length > DRAIN {
            return Err(ServiceError::TooLarge { limit });
        }
        if length > limit {
            (first, rest) = (Bytes::new(), BytesMut::new());
        } else if first.is_empty() {
            first = data;
        } else {
            // More than one frame is rare: small requests arrive in one and are not copied.
            if rest.is_empty() {
                rest.extend_from_slice(&first);
            }
            rest.extend_from_slice(&data);
        }
    }
    match () {
        () if length > limit => Err(ServiceError::TooLarge { limit }),
        () if rest.is_empty() => Ok(first),
        () => Ok(rest.freeze()),
    }
}
