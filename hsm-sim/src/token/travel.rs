//! How values travel to and from a token on another machine, where deriving it would not do.

use std::cell::Cell;
use std::fmt;

use crypto::SecretBytes;
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serializer};

use crate::token::Template;

/// Templates within templates within templates are nobody's honest intention, and a message that goes on so would exhaust the
/// stack of its reader.
const MOST_NESTED: usize = 4;

/// Writes secret bytes: said at each place that lets them travel.
pub(crate) fn serialize<S: Serializer>(secret: &SecretBytes, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_bytes(secret.expose())
}

/// Reads secret bytes, straight from the message.
pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SecretBytes, D::Error> {
    struct Bytes;

    impl Visitor<'_> for Bytes {
        type Value = SecretBytes;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("bytes")
        }

        fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<SecretBytes, E> {
            Ok(SecretBytes::from(bytes))
        }
    }

    deserializer.deserialize_bytes(Bytes)
}

/// Reads a template that is the value of an attribute.
pub(super) fn nested<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Template, D::Error> {
    thread_local! {
        static DEPTH: Cell<usize> = const { Cell::new(0) };
    }
    let depth = DEPTH.get();
    if depth == MOST_NESTED {
        return Err(D::Error::custom("templates are nested too deeply"));
    }
    DEPTH.set(depth + 1);
    let template = Template::deserialize(deserializer);
    DEPTH.set(depth);
    template
}
