//! Golden transcripts: text in which `{ip:a}`, `{handle:a}`, `{word:a}` and `{arn:a}` stand for a value that is the same wherever the name is.

use std::collections::BTreeMap;

/// Panics unless `actual` is `template`, byte for byte, with its placeholders filled consistently. `known` fills some in advance.
#[track_caller]
pub(crate) fn assert_transcript(template: &str, actual: &str, known: &[(&str, &str)]) {
    let mut bound: BTreeMap<String, String> =
        known.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let (expected, printed): (Vec<_>, Vec<_>) = (template.lines().collect(), actual.lines().collect());
    for (number, line) in expected.iter().enumerate() {
        let found = printed.get(number).copied().unwrap_or("<end of output>");
        assert!(
            matches(line, found, &mut bound),
            "line {}:\n  expected {line:?}\n  found    {found:?}\n(bound {bound:?}) in\n{actual}",
            number + 1
        );
    }
    assert_eq!(printed.len(), expected.len(), "more lines than expected:\n{actual}");
}

fn matches(template: &str, actual: &str, bound: &mut BTreeMap<String, String>) -> bool {
    let Some((before, rest)) = template.split_once('{') else { return template == actual };
    let (name, after) = rest.split_once('}').expect("a placeholder ends with a brace");
    let Some(tail) = actual.strip_prefix(before) else { return false };
    if let Some(value) = bound.get(name).cloned() {
        return tail.strip_prefix(value.as_str()).is_some_and(|tail| matches(after, tail, bound));
    }
    let length = tail.find(|c| !allowed(name, c)).unwrap_or(tail.len());
    bound.insert(name.to_owned(), tail[..length].to_owned());
    length > 0 && matches(after, &tail[length..], bound)
}

fn allowed(name: &str, c: char) -> bool {
    match name.split(':').next() {
        Some("ip") => c.is_ascii_digit() || c == '.',
        Some("handle") => c.is_ascii_digit(),
        Some("keys") => c.is_ascii_digit() || matches!(c, '(' | ')' | 'o' | 's' | ','),
        Some("arn") => c.is_ascii_alphanumeric() || matches!(c, ':' | '/' | '-'),
        _ => c.is_ascii_alphanumeric() || matches!(c, '-' | '_'),
    }
}

#[test]
fn placeholders_are_consistent() {
    let mut bound = BTreeMap::new();
    assert!(matches("server 0({ip:a}), again {ip:a}", "server 0(10.0.2.9), again 10.0.2.9", &mut bound));
    assert!(!matches("server 0({ip:a})", "server 0(10.0.2.10)", &mut bound));
    assert!(!matches("{handle:x}", "abc", &mut bound));
}
