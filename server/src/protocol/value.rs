//! JSON forms of the protocol: blobs, timestamps, secrets, and structures that must be JSON objects.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use crypto::{Password, SecretBytes};
use hsm_sim::SimTime;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error, MapAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};

/// Bytes, in JSON standard base64 with padding (RFC 4648 section 4).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Blob(pub Vec<u8>);

/// Secret bytes of a request, erased when dropped.
pub struct SecretBlob(SecretBytes);

/// A secret string of a request, erased when dropped.
pub struct SecretText(Password);

/// A moment in milliseconds since 1970, in JSON the seconds as a number with a fraction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(i64);

/// A nested structure: unlike the derived form it refuses a JSON array of the members.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Object<T>(pub T);

/// An encryption context or another map of strings; numbers and booleans are read as strings (documented).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StringMap(pub BTreeMap<String, String>);

impl SecretBlob {
    /// The bytes; handle with care.
    pub fn expose(&self) -> &[u8] {
        self.0.expose()
    }

    /// The bytes in their erasing container.
    pub fn into_secret(self) -> SecretBytes {
        self.0
    }
}

impl SecretText {
    /// The text; handle with care.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// The text in its erasing container.
    pub fn into_password(self) -> Password {
        self.0
    }
}

impl From<SecretBytes> for SecretBlob {
    fn from(bytes: SecretBytes) -> Self {
        Self(bytes)
    }
}

impl From<&str> for SecretText {
    fn from(text: &str) -> Self {
        Self(Password::new(text.to_owned()))
    }
}

impl Timestamp {
    /// From milliseconds since 1970.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since 1970.
    pub const fn as_millis(self) -> i64 {
        self.0
    }
}

impl From<SimTime> for Timestamp {
    fn from(time: SimTime) -> Self {
        Self(time.millis())
    }
}

impl From<Timestamp> for SimTime {
    fn from(time: Timestamp) -> Self {
        Self::from_millis(time.0)
    }
}

impl Serialize for Blob {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(&self.0))
    }
}

impl Serialize for SecretBlob {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(self.expose()))
    }
}

impl<'de> Deserialize<'de> for Blob {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Base64).map(Self)
    }
}

impl<'de> Deserialize<'de> for SecretBlob {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Base64).map(|bytes| Self(SecretBytes::new(bytes)))
    }
}

/// Decodes without an intermediate string.
struct Base64;

impl Visitor<'_> for Base64 {
    type Value = Vec<u8>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a base64 string")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Vec<u8>, E> {
        STANDARD.decode(text).map_err(|_| E::custom("not base64"))
    }
}

impl<'de> Deserialize<'de> for SecretText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self(Password::new(text)))
    }
}

impl Serialize for Timestamp {
    #[expect(clippy::cast_precision_loss, reason = "milliseconds stay exact for 285,000 years")]
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.0 as f64 / 1000.0)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a float beyond the range saturates, which is as far as time goes"
    )]
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        f64::deserialize(deserializer).map(|seconds| Self((seconds * 1000.0).round() as i64))
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OnlyMaps<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for OnlyMaps<T> {
            type Value = Object<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(Object)
            }
        }
        deserializer.deserialize_map(OnlyMaps(PhantomData))
    }
}

impl<'de> Deserialize<'de> for StringMap {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Scalar {
            Text(String),
            Number(serde_json::Number),
            Bool(bool),
        }
        let map = BTreeMap::<String, Scalar>::deserialize(deserializer)?;
        let text = |value| match value {
            Scalar::Text(text) => text,
            Scalar::Number(number) => number.to_string(),
            Scalar::Bool(value) => value.to_string(),
        };
        Ok(Self(map.into_iter().map(|(key, value)| (key, text(value))).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blobs_are_standard_base64() {
        for (json, bytes) in
            [("\"\"", &b""[..]), ("\"AQID\"", &[1, 2, 3]), ("\"/+8=\"", &[0xff, 0xef]), ("\"\\u0041QID\"", &[1, 2, 3])]
        {
            assert_eq!(serde_json::from_str::<Blob>(json).unwrap().0, bytes, "{json}");
        }
        for bad in ["\"AQI\"", "\"_-8=\"", "\"AQID\\n\"", "\"AB==x\"", "5", "[1,2]"] {
            assert!(serde_json::from_str::<Blob>(bad).is_err(), "{bad}");
        }
        assert_eq!(serde_json::to_string(&Blob(vec![0xff, 0xef])).unwrap(), "\"/+8=\"");
    }

    #[test]
    fn timestamps_are_numbers_with_milliseconds() {
        assert_eq!(serde_json::to_string(&Timestamp(1_499_288_695_918)).unwrap(), "1499288695.918");
        for (json, millis) in [("1499288695.918", 1_499_288_695_918), ("12", 12_000), ("1e400", 0)] {
            let parsed = serde_json::from_str::<Timestamp>(json);
            assert_eq!(parsed.map_or(0, Timestamp::as_millis), millis, "{json}");
        }
        assert!(serde_json::from_str::<Timestamp>("\"2020-01-01\"").is_err());
    }

    #[test]
    fn objects_refuse_arrays() {
        #[derive(Deserialize, Debug, PartialEq)]
        struct Pair {
            a: Option<i32>,
        }
        assert_eq!(serde_json::from_str::<Object<Pair>>("{\"a\":1,\"b\":[]}").unwrap(), Object(Pair { a: Some(1) }));
        assert!(serde_json::from_str::<Object<Pair>>("[1]").is_err());
    }

    #[test]
    fn context_values_are_read_as_strings() {
        let map = serde_json::from_str::<StringMap>(r#"{"a":"x","b":5,"c":true}"#).unwrap();
        assert_eq!(map.0.into_values().collect::<Vec<_>>(), ["x", "5", "true"]);
        for bad in [r#"{"a":null}"#, r#"{"a":{}}"#, r#"["a"]"#] {
            assert!(serde_json::from_str::<StringMap>(bad).is_err(), "{bad}");
        }
    }
}
