//! The keys that signatures are made with, each derived from a secret once per day, Region and service.

use std::collections::VecDeque;
use std::sync::{PoisonError, RwLock};

use crypto::{HmacKey, sigv4_key};

use super::authorization::Authorization;

/// A client that signs for ever new scopes pushes out the oldest keys and no more.
const MOST: usize = 32;

/// The keys derived last.
#[derive(Debug, Default)]
pub(super) struct SigningKeys(RwLock<VecDeque<SigningKey>>);

#[derive(Debug)]
struct SigningKey {
    access_key_id: String,
    /// `date/region/service/aws4_request`.
    scope: String,
    key: HmacKey,
}

impl SigningKeys {
    /// What `with` makes of the key that an access key's secret has in the scope of `parts`.
    pub(super) fn of<T>(&self, parts: &Authorization<'_>, secret: &str, with: impl FnOnce(&HmacKey) -> T) -> T {
        let is_that = |one: &&SigningKey| one.access_key_id == parts.access_key_id && one.scope == parts.scope;
        // Keys are added whole: what a panic leaves behind is good.
        if let Some(known) = self.0.read().unwrap_or_else(PoisonError::into_inner).iter().find(is_that) {
            return with(&known.key);
        }
        let key = HmacKey::new(sigv4_key(secret, parts.date, parts.region, parts.service).expose());
        let made = with(&key);
        let known = SigningKey { access_key_id: parts.access_key_id.to_owned(), scope: parts.scope.to_owned(), key };
        let mut keys = self.0.write().unwrap_or_else(PoisonError::into_inner);
        keys.truncate(MOST - 1);
        keys.push_front(known);
        made
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(access_key_id: &'static str, scope: &'static str) -> Authorization<'static> {
        let [date, region, service, _] = scope.split('/').collect::<Vec<_>>()[..] else { panic!("four parts") };
        Authorization { access_key_id, date, region, service, scope, signed_headers: "host", signature: [0; 32] }
    }

    #[test]
    fn a_known_key_signs_as_a_new_one_and_they_stay_few() {
        const SCOPES: [&str; 3] = [
            "20300101/us-east-1/kms/aws4_request",
            "20300102/us-east-1/kms/aws4_request",
            "20300101/us-east-1/cloudhsm/aws4_request",
        ];
        let keys = SigningKeys::default();
        let mut signatures = Vec::new();
        for id in ["111122223333", "444455556666"] {
            for scope in SCOPES {
                let parts = parts(id, scope);
                let sign = |key: &HmacKey| key.sign(b"text");
                let signature = keys.of(&parts, id, sign);
                assert_eq!(signature, keys.of(&parts, id, sign));
                assert_eq!(signature, SigningKeys::default().of(&parts, id, sign));
                signatures.push(signature);
            }
        }
        signatures.sort_unstable();
        signatures.dedup();
        assert_eq!(signatures.len(), 6, "each scope and each secret has its own key");
        for day in 0..100 {
            let scope: &'static str = format!("{:08}/us-east-1/kms/aws4_request", 20_300_101 + day).leak();
            keys.of(&parts("111122223333", scope), "secret", |_| ());
        }
        assert_eq!(keys.0.read().unwrap().len(), MOST);
    }
}
