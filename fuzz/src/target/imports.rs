//! Files of keys and certificates, as people import them.

use crypto::{Password, keyfile};

pub(super) fn run(bytes: &[u8]) {
    drop(keyfile::read(bytes, None));
    drop(keyfile::read(bytes, Some(&Password::from("secret"))));
}
