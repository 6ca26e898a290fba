//! Opaque page markers: a position in a list, bound to the operation, account and Region that handed it out.
//!
//! A marker is base64url of an eight-byte tag and the position. The tag is no secret; it tells a marker that came
//! from elsewhere or was changed from one of ours, which must be refused (documented).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use crypto::hmac_sha256;
use kms_store::{Caller, Listed, Page};

use crate::ServiceError;

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
        Self { operation, account_id: caller.realm.account(), region: caller.realm.region() }
    }

    /// The page that a request asks for: at most `limit` items after its marker. Limits below one were refused before.
    ///
    /// # Errors
    /// [`ServiceError::InvalidMarker`] for a marker that this list did not hand out.
    pub fn page(&self, limit: Option<i32>, default: usize, marker: Option<&str>) -> Result<Page, ServiceError> {
        let after = marker.map(|marker| self.position(marker)).transpose()?;
        Ok(Page { limit: limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(default), after })
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

/// A page of a list that is there whole; items are named by `name`.
///
/// # Errors
/// [`ServiceError::InvalidMarker`] when the page starts after an item that is not there (any more).
pub fn part<T>(items: Vec<T>, page: &Page, name: impl Fn(&T) -> &str) -> Result<Listed<T>, ServiceError> {
    let start = match &page.after {
        None => 0,
        Some(after) => 1 + items.iter().position(|item| name(item) == after).ok_or(ServiceError::InvalidMarker)?,
    };
    let more = items.len() - start > page.limit;
    let items: Vec<T> = items.into_iter().skip(start).take(page.limit).collect();
    let next = items.last().filter(|_| more).map(|item| name(item).to_owned());
    Ok(Listed { items, next })
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

    #[test]
    fn pages_of_a_whole_list() {
        let items = || vec!["a", "b", "c"];
        let page =
            |limit, after: Option<&str>| part(items(), &Page { limit, after: after.map(str::to_owned) }, |item| item);
        let listed = |items: &[&'static str], next: Option<&str>| {
            Ok(Listed { items: items.to_vec(), next: next.map(str::to_owned) })
        };
        assert_eq!(page(2, None), listed(&["a", "b"], Some("b")));
        assert_eq!(page(2, Some("b")), listed(&["c"], None));
        assert_eq!(page(3, None), listed(&["a", "b", "c"], None));
        assert_eq!(page(1, Some("c")), listed(&[], None));
        assert_eq!(page(1, Some("d")), Err(ServiceError::InvalidMarker));
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
