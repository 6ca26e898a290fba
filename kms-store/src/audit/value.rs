//! Values inside an audit record: what of a request or an answer is written down.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// A value of an audit record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Value<'a> {
    /// Nothing.
    Null,
    /// True or false.
    Bool(bool),
    /// A whole number.
    Number(i64),
    /// Text.
    #[serde(borrow)]
    Text(Cow<'a, str>),
    /// Several values.
    #[serde(borrow)]
    List(Vec<Value<'a>>),
    /// Named values, in the order in which the record shows them.
    #[serde(borrow)]
    Map(Vec<(Cow<'a, str>, Value<'a>)>),
}

/// The named values of one part of a record; empty means that the record shows `null`.
pub type Fields<'a> = Vec<(Cow<'a, str>, Value<'a>)>;

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl From<bool> for Value<'_> {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Value<'_> {
    fn from(value: i64) -> Self {
        Self::Number(value)
    }
}

impl<'a, T: Into<Value<'a>>> From<Option<T>> for Value<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl Value<'_> {
    pub(crate) fn to_json(&self) -> serde_json::Value {
        match self {
            Self::Null => serde_json::Value::Null,
            Self::Bool(value) => (*value).into(),
            Self::Number(value) => (*value).into(),
            Self::Text(text) => text.as_ref().into(),
            Self::List(items) => items.iter().map(Self::to_json).collect(),
            Self::Map(fields) => fields_to_json(fields),
        }
    }
}

pub(crate) fn fields_to_json(fields: &Fields<'_>) -> serde_json::Value {
    fields
        .iter()
        .map(|(name, value)| (name.clone().into_owned(), value.to_json()))
        .collect::<serde_json::Map<_, _>>()
        .into()
}
