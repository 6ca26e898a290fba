//! Opaque page markers: a position in a list, bound to the operation, account and Region that handed it out.
//!
//! A marker is base64url of an eight-byte tag and the position. The tag is no secret; it tells a marker that came
//! from elsewhere or was changed from one of ours, which must be refused (documented).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use crypto::hmac_sha256;

use crate::{Caller, ServiceError};

const TAG: usize = 8;

/// The list that a marker points into.
#[derive(Clone, Copy)]
pub struct List<'a> {
    operation: &'static str,
    account_id: &'a str,
    region: &'a str,
}

impl<'a> List<'a> {
    /// The list that `operation` shows to `caller`.
    pub fn of(operation: &'static str, caller: &'a Caller) -> Self {
        Self { operation, account_id: &caller.account_id, region: &caller.region }
    }

    /// The marker of the page after `position`. Positions of up to 180 bytes stay within the 256 characters of a
    /// cloudhsmv2 token (documented).
    pub fn marker(&self, position: &str) -> String {
        let mut bytes = self.tag(position.as_bytes()).to_vec();
        bytes.extend_from_slice(position.as_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The position of a marker.
    ///
    /// # Errors
    /// [`ServiceError::InvalidMarker`] for one that this list did not hand out.
    pub fn position(&self, marker: &str) -> Result<String, ServiceError> {
        let bytes = URL_SAFE_NO_PAD.decode(marker).map_err(|_| ServiceError::InvalidMarker)?;
        let (tag, position) = bytes.split_at_checked(TAG).ok_or(ServiceError::InvalidMarker)?;
        if tag != self.tag(position) {
            return Err(ServiceError::InvalidMarker);
        }
        String::from_utf8(position.to_vec()).map_err(|_| ServiceError::InvalidMarker)
    }

    fn tag(&self, position: &[u8]) -> [u8; TAG] {
        let list = format!("hsm-sim page marker/{}/{}/{}", self.operation, self.account_id, self.region);
        let [a, b, c, d, e, f, g, h, ..] = hmac_sha256(list.as_bytes(), position);
        [a, b, c, d, e, f, g, h]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KEYS: List<'static> = List { operation: "ListKeys", account_id: "111122223333", region: "us-east-1" };

    #[test]
    fn foreign_markers_are_refused() {
        let marker = KEYS.marker("1234abcd");
        assert_eq!(KEYS.position(&marker).as_deref(), Ok("1234abcd"));
        for other in [
            List { operation: "ListAliases", ..KEYS },
            List { account_id: "000000000000", ..KEYS },
            List { region: "eu-west-1", ..KEYS },
        ] {
            assert_eq!(other.position(&marker), Err(ServiceError::InvalidMarker));
        }
        for garbage in ["", "x", "AAAA", "not base64!", "AAAAAAAAAAAAAAAA"] {
            assert_eq!(KEYS.position(garbage), Err(ServiceError::InvalidMarker), "{garbage}");
        }
    }

    proptest! {
        #[test]
        fn markers_return_their_position(position in "\\PC{0,40}") {
            prop_assert_eq!(KEYS.position(&KEYS.marker(&position)), Ok(position));
        }

        #[test]
        fn a_changed_marker_is_refused(position in "[a-z]{0,40}", at in any::<prop::sample::Index>()) {
            let mut marker = KEYS.marker(&position).into_bytes();
            let at = at.index(marker.len());
            marker[at] = if marker[at] == b'A' { b'B' } else { b'A' };
            let marker = String::from_utf8(marker).unwrap();
            prop_assert_eq!(KEYS.position(&marker), Err(ServiceError::InvalidMarker));
        }

        #[test]
        fn tokens_stay_short(position in "[ -~]{180}") {
            prop_assert!(KEYS.marker(&position).len() <= 256);
        }
    }
}
