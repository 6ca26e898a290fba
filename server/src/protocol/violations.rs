//! Shape validation: every violated constraint of a request in one `ValidationException`, with the service's own texts.
//!
//! Paths are camelCase, list positions count from one (`tags.1.member.tagValue`). A sensitive value is not echoed
//! (documented). Where one member breaks several constraints the length comes before the pattern (inferred).

use std::fmt::Display;

use super::shape::{Choice, Pattern, Range, Text};
use super::value::{Blob, SecretBlob, SecretText};

/// Collects what a request violates; see the module.
pub struct Violations<'a> {
    strict_patterns: &'a dyn Fn() -> bool,
    prefix: String,
    found: Vec<String>,
}

impl<'a> Violations<'a> {
    /// Nothing violated yet. `strict_patterns` says whether the model's patterns apply where documented examples break
    /// them; it is asked only about such members.
    pub fn new(strict_patterns: &'a dyn Fn() -> bool) -> Self {
        Self { strict_patterns, prefix: String::new(), found: Vec::new() }
    }

    /// The exception's message, or `Ok` when nothing was violated.
    ///
    /// # Errors
    /// The message that lists every violation.
    pub fn finish(self) -> Result<(), String> {
        match self.found.len() {
            0 => Ok(()),
            1 => Err(format!("1 validation error detected: {}", self.found.concat())),
            n => Err(format!("{n} validation errors detected: {}", self.found.join("; "))),
        }
    }

    /// The member must be there.
    pub fn required<T>(&mut self, member: &str, value: Option<&T>) {
        if value.is_none() {
            self.add("null", member, "Member must not be null");
        }
    }

    /// A string member, when it is there.
    pub fn text(&mut self, member: &str, value: Option<&String>, shape: &Text) {
        if let Some(value) = value {
            self.string(member, value, shape);
        }
    }

    /// A required string member.
    pub fn required_text(&mut self, member: &str, value: Option<&String>, shape: &Text) {
        self.required(member, value);
        self.text(member, value, shape);
    }

    /// A secret string member, when it is there; it is never echoed, whatever `shape` says.
    pub fn secret(&mut self, member: &str, value: Option<&SecretText>, shape: &Text) {
        if let Some(value) = value {
            self.string(member, value.expose(), &shape.sensitive());
        }
    }

    /// An integer member, when it is there.
    pub fn number(&mut self, member: &str, value: Option<i32>, range: &Range) {
        let Some(value) = value else { return };
        if value < *range.start() {
            let text = format!("Member must have value greater than or equal to {}", range.start());
            self.add(&quoted(value), member, &text);
        }
        if value > *range.end() {
            let text = format!("Member must have value less than or equal to {}", range.end());
            self.add(&quoted(value), member, &text);
        }
    }

    /// A member of an enumeration, when it is there.
    pub fn choice(&mut self, member: &str, value: Option<&String>, choice: &Choice) {
        let Some(value) = value else { return };
        if !choice.0.contains(&value.as_str()) {
            self.add(&quoted(value), member, &choice_text(choice));
        }
    }

    /// The length of a blob; blobs are never echoed (documented).
    pub fn blob(&mut self, member: &str, value: Option<&Blob>, min: usize, max: usize) {
        if let Some(value) = value {
            self.length("", member, value.0.len(), min, max);
        }
    }

    /// The length of a secret blob.
    pub fn secret_blob(&mut self, member: &str, value: Option<&SecretBlob>, min: usize, max: usize) {
        if let Some(value) = value {
            self.length("", member, value.expose().len(), min, max);
        }
    }

    /// The number of a list's elements.
    pub fn list<T>(&mut self, member: &str, value: Option<&Vec<T>>, min: usize, max: usize, show: impl Fn(&T) -> &str) {
        let Some(list) = value else { return };
        if (min..=max).contains(&list.len()) {
            return;
        }
        self.length(&listed(list.iter().map(show)), member, list.len(), min, max);
    }

    /// A list of strings: its length, then its elements. The service reports bad elements at the list (inferred from
    /// other services: `Member must satisfy constraint: [...]`).
    pub fn texts(&mut self, member: &str, value: Option<&Vec<String>>, min: usize, max: usize, shape: &Text) {
        let Some(list) = value else { return };
        self.list(member, value, min, max, String::as_str);
        if list.iter().any(|element| !self.fits(element, shape)) {
            let mut inner = Vec::new();
            if shape.max < usize::MAX {
                inner.push(format!("Member must have length less than or equal to {}", shape.max));
                inner.push(format!("Member must have length greater than or equal to {}", shape.min));
            }
            inner.extend(shape.pattern.as_ref().map(|pattern| self.pattern_text(pattern)));
            let inner = format!("Member must satisfy constraint: [{}]", inner.join(", "));
            self.add(&listed(list.iter().map(String::as_str)), member, &inner);
        }
    }

    /// A list of enumeration members.
    pub fn choices(&mut self, member: &str, value: Option<&Vec<String>>, min: usize, max: usize, choice: &Choice) {
        let Some(list) = value else { return };
        self.list(member, value, min, max, String::as_str);
        if list.iter().any(|element| !choice.0.contains(&element.as_str())) {
            let inner = format!("Member must satisfy constraint: [{}]", choice_text(choice));
            self.add(&listed(list.iter().map(String::as_str)), member, &inner);
        }
    }

    /// Checks a structure's members under its path.
    pub fn nested<T>(&mut self, member: &str, value: Option<&T>, check: impl FnOnce(&T, &mut Self)) {
        let Some(value) = value else { return };
        let outer = self.prefix.len();
        self.prefix.push_str(member);
        self.prefix.push('.');
        check(value, self);
        self.prefix.truncate(outer);
    }

    /// Checks each structure of a list under its path, `member.N.member`.
    pub fn each<T>(&mut self, member: &str, value: Option<&Vec<T>>, check: impl Fn(&T, &mut Self)) {
        for (index, element) in value.into_iter().flatten().enumerate() {
            self.nested(&format!("{member}.{}.member", index + 1), Some(element), &check);
        }
    }

    fn string(&mut self, member: &str, value: &str, shape: &Text) {
        let shown = if shape.sensitive { String::new() } else { quoted(value) };
        self.length(&shown, member, value.chars().count(), shape.min, shape.max);
        if let Some(pattern) = &shape.pattern
            && !pattern.matches(value, self.strict_patterns)
        {
            self.add(&shown, member, &self.pattern_text(pattern));
        }
    }

    fn pattern_text(&self, pattern: &Pattern) -> String {
        format!("Member must satisfy regular expression pattern: {}", pattern.text(self.strict_patterns))
    }

    fn fits(&self, value: &str, shape: &Text) -> bool {
        (shape.min..=shape.max).contains(&value.chars().count())
            && shape.pattern.is_none_or(|pattern| pattern.matches(value, self.strict_patterns))
    }

    fn length(&mut self, shown: &str, member: &str, length: usize, min: usize, max: usize) {
        if length < min {
            self.add(shown, member, &format!("Member must have length greater than or equal to {min}"));
        }
        if length > max {
            self.add(shown, member, &format!("Member must have length less than or equal to {max}"));
        }
    }

    /// `shown` is the value as the message prints it; empty for one that it must not print.
    fn add(&mut self, shown: &str, member: &str, constraint: &str) {
        let gap = if shown.is_empty() { "" } else { " " };
        let prefix = &self.prefix;
        self.found.push(format!("Value{gap}{shown} at '{prefix}{member}' failed to satisfy constraint: {constraint}"));
    }
}

fn quoted(value: impl Display) -> String {
    format!("'{value}'")
}

fn listed<'a>(values: impl Iterator<Item = &'a str>) -> String {
    quoted(format_args!("[{}]", values.collect::<Vec<_>>().join(", ")))
}

fn choice_text(choice: &Choice) -> String {
    format!("Member must satisfy enum value set: [{}]", choice.0.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(check: impl FnOnce(&mut Violations)) -> Option<String> {
        let mut violations = Violations::new(&|| false);
        check(&mut violations);
        violations.finish().err()
    }

    const NAME: Text =
        Text::of(1, 3).matching(Pattern::new("^[a-z]+$", |v| super::super::shape::only(v, |b| b.is_ascii_lowercase())));

    #[test]
    fn messages_are_the_services_own() {
        let text = |v: &str| Some(v.to_owned());
        let table: [(Option<String>, &str); 9] = [
            (
                message(|v| v.number("numberOfBytes", Some(0), &(1..=1024))),
                "1 validation error detected: Value '0' at 'numberOfBytes' failed to satisfy constraint: Member must have value greater than or equal to 1",
            ),
            (
                message(|v| v.number("numberOfBytes", Some(1025), &(1..=1024))),
                "1 validation error detected: Value '1025' at 'numberOfBytes' failed to satisfy constraint: Member must have value less than or equal to 1024",
            ),
            (
                message(|v| {
                    v.choice("keyUsage", text("RANDOM").as_ref(), &Choice(&["ENCRYPT_DECRYPT", "SIGN_VERIFY"]))
                }),
                "1 validation error detected: Value 'RANDOM' at 'keyUsage' failed to satisfy constraint: Member must satisfy enum value set: [ENCRYPT_DECRYPT, SIGN_VERIFY]",
            ),
            (
                message(|v| v.blob("plaintext", Some(&Blob(vec![0; 5])), 1, 4)),
                "1 validation error detected: Value at 'plaintext' failed to satisfy constraint: Member must have length less than or equal to 4",
            ),
            (
                message(|v| v.text("aliasName", text("A").as_ref(), &NAME)),
                "1 validation error detected: Value 'A' at 'aliasName' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[a-z]+$",
            ),
            (
                message(|v| v.required_text("customKeyStoreId", None, &NAME)),
                "1 validation error detected: Value null at 'customKeyStoreId' failed to satisfy constraint: Member must not be null",
            ),
            (
                message(|v| v.secret("keyStorePassword", Some(&SecretText::from("ABCDE")), &NAME)),
                "2 validation errors detected: Value at 'keyStorePassword' failed to satisfy constraint: Member must have length less than or equal to 3; \
              Value at 'keyStorePassword' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[a-z]+$",
            ),
            (
                message(|v| {
                    v.each("tags", Some(&vec!["ok".to_owned(), "long".to_owned()]), |tag, v| {
                        v.text("tagValue", Some(tag), &Text::of(0, 3))
                    })
                }),
                "1 validation error detected: Value 'long' at 'tags.2.member.tagValue' failed to satisfy constraint: Member must have length less than or equal to 3",
            ),
            (
                message(|v| v.texts("grantTokens", Some(&vec![String::new(), "a".to_owned()]), 0, 10, &Text::of(1, 9))),
                "1 validation error detected: Value '[, a]' at 'grantTokens' failed to satisfy constraint: Member must satisfy constraint: \
              [Member must have length less than or equal to 9, Member must have length greater than or equal to 1]",
            ),
        ];
        for (got, expected) in table {
            assert_eq!(got.as_deref(), Some(expected));
        }
        assert_eq!(message(|v| v.text("x", text("abc").as_ref(), &NAME)), None);
    }

    #[test]
    fn length_counts_characters_not_bytes() {
        assert_eq!(message(|v| v.text("x", Some(&"äöü".to_owned()), &Text::of(1, 3))), None);
    }

    #[test]
    fn the_path_is_restored_after_a_structure() {
        let got = message(|v| {
            v.nested("outer", Some(&()), |(), v| v.required::<()>("inner", None));
            v.required::<()>("next", None);
        });
        assert!(got.is_some_and(|text| text.contains("at 'outer.inner'") && text.contains("at 'next'")));
    }
}
