//! Constraints of a member, as the services' models write them.
//!
//! A constraint is a value in a table (`kms::shapes`, `cloudhsmv2::shapes`), checked by [`Violations`](super::Violations).
//! Patterns are matched by small functions; their text stands beside them because the error message quotes it.

use std::ops::RangeInclusive;

/// A regular expression of the model: its text for the message, a matcher for the work.
#[derive(Clone, Copy)]
pub struct Pattern {
    text: &'static str,
    matches: fn(&str) -> bool,
    /// What strict patterns ask for besides.
    strict: Option<Strict>,
}

/// The model's own form of a pattern that is relaxed otherwise.
#[derive(Clone, Copy)]
struct Strict {
    text: &'static str,
    matches: fn(&str) -> bool,
}

impl Pattern {
    /// A pattern that is always applied as the model says.
    pub const fn new(text: &'static str, matches: fn(&str) -> bool) -> Self {
        Self { text, matches, strict: None }
    }

    /// A pattern that documented examples break: this one is applied unless strict patterns, the model's own, are asked for
    /// (documented).
    #[must_use]
    pub const fn strictly(self, text: &'static str, matches: fn(&str) -> bool) -> Self {
        Self { strict: Some(Strict { text, matches }), ..self }
    }

    /// The text that an error message quotes: the pattern in force.
    pub fn text(&self, strict: impl FnOnce() -> bool) -> &'static str {
        self.strict.filter(|_| strict()).map_or(self.text, |strict| strict.text)
    }

    /// Whether the whole of `value` matches; `strict` is asked only where it makes a difference.
    pub fn matches(&self, value: &str, strict: impl FnOnce() -> bool) -> bool {
        (self.matches)(value) && self.strict.is_none_or(|model| (model.matches)(value) || !strict())
    }
}

/// The constraint of a string member: its length in characters, its pattern, and whether messages may show it.
#[derive(Clone, Copy)]
pub struct Text {
    pub(super) min: usize,
    pub(super) max: usize,
    pub(super) pattern: Option<Pattern>,
    pub(super) sensitive: bool,
}

impl Text {
    /// A string of `min` to `max` characters.
    pub const fn of(min: usize, max: usize) -> Self {
        Self { min, max, pattern: None, sensitive: false }
    }

    /// With a pattern.
    #[must_use]
    pub const fn matching(self, pattern: Pattern) -> Self {
        Self { pattern: Some(pattern), ..self }
    }

    /// Never echoed in a message.
    #[must_use]
    pub const fn sensitive(self) -> Self {
        Self { sensitive: true, ..self }
    }
}

/// The values of an enumeration, in the model's order.
#[derive(Clone, Copy)]
pub struct Choice(pub &'static [&'static str]);

/// The range of an integer member.
pub type Range = RangeInclusive<i32>;

/// Whether `value` is not empty and has only bytes that `allowed` accepts: the form `^[class]+$`.
pub fn only(value: &str, allowed: impl Fn(u8) -> bool) -> bool {
    !value.is_empty() && value.bytes().all(allowed)
}

/// Whether `value` is `prefix` followed by `min` to `max` bytes that `allowed` accepts.
pub fn prefixed(value: &str, prefix: &str, min: usize, max: usize, allowed: impl Fn(u8) -> bool) -> bool {
    value.strip_prefix(prefix).is_some_and(|rest| (min..=max).contains(&rest.len()) && rest.bytes().all(allowed))
}

/// `([a-z]+-){2,3}\d+`: a Region's name.
pub fn region(value: &str) -> bool {
    let mut parts = value.split('-').rev();
    let digits = parts.next().is_some_and(|last| only(last, |b| b.is_ascii_digit()));
    let words = parts.try_fold(0, |count, word| only(word, |b| b.is_ascii_lowercase()).then_some(count + 1));
    digits && matches!(words, Some(2 | 3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn region_names() {
        for good in ["us-east-1", "ap-southeast-2", "us-gov-west-1", "eu-central-10"] {
            assert!(region(good), "{good}");
        }
        for bad in ["", "us-1", "us-east", "us-east-", "US-east-1", "a-b-c-d-1", "us--1", "-east-1", "us-east-1 "] {
            assert!(!region(bad), "{bad}");
        }
    }

    #[test]
    fn classes_and_prefixes() {
        assert!(only("abc", |b| b.is_ascii_lowercase()) && !only("", |_| true) && !only("é", |b| b.is_ascii()));
        assert!(prefixed("eni-0123abcd", "eni-", 8, 17, |b| b.is_ascii_hexdigit()));
        assert!(!prefixed("eni-0123", "eni-", 8, 17, |b| b.is_ascii_hexdigit()));
        assert!(!prefixed("eni0123abcd", "eni-", 8, 17, |b| b.is_ascii_hexdigit()));
    }
}
