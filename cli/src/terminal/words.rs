//! Lines into words, with quotes as in a shell.

use zeroize::Zeroizing;

/// One word of a line; it may be a password.
pub type Word = Zeroizing<String>;

/// A line whose last quote is never closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the quote {0} is not closed")]
pub struct UnterminatedQuote(pub char);

/// Splits a line at white space. `'…'` is taken as it is; in `"…"` a backslash takes the next `"` or `\` as it is.
/// Elsewhere a backslash stands for itself, so that passwords and paths need no escaping.
///
/// # Errors
/// A quote is not closed.
pub fn words(line: &str) -> Result<Vec<Word>, UnterminatedQuote> {
    let mut words = Vec::new();
    // With the line's length as capacity a word never moves in memory, so no copy of a password is left behind.
    let fresh = || Word::new(String::with_capacity(line.len()));
    let mut word = None;
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        match character {
            quote @ ('"' | '\'') => quoted(quote, &mut characters, word.get_or_insert_with(fresh))?,
            space if space.is_whitespace() => words.extend(word.take()),
            other => word.get_or_insert_with(fresh).push(other),
        }
    }
    words.extend(word);
    Ok(words)
}

fn quoted(
    quote: char,
    characters: &mut std::str::Chars<'_>,
    word: &mut Zeroizing<String>,
) -> Result<(), UnterminatedQuote> {
    loop {
        match characters.next().ok_or(UnterminatedQuote(quote))? {
            end if end == quote => return Ok(()),
            '\\' if quote == '"' && characters.as_str().starts_with(['"', '\\']) => word.extend(characters.next()),
            other => word.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn split(line: &str) -> Result<Vec<String>, UnterminatedQuote> {
        Ok(words(line)?.into_iter().map(|word| word.to_string()).collect())
    }

    #[test]
    fn lines_into_words() {
        for (line, expected) in [
            ("", &[] as &[&str]),
            ("   \t ", &[]),
            ("loginHSM CO admin pw", &["loginHSM", "CO", "admin", "pw"]),
            ("  findKey   -l  x ", &["findKey", "-l", "x"]),
            ("createUser CU bob 'pass word'", &["createUser", "CU", "bob", "pass word"]),
            (r#"a "b \"c\" \\ \d" e"#, &["a", r#"b "c" \ \d"#, "e"]),
            (r"a\b 'c\'", &[r"a\b", r"c\"]),
            (r#"a"b c"'d e'f"#, &["ab cd ef"]),
            (r#""" ''"#, &["", ""]),
        ] {
            assert_eq!(split(line).unwrap(), expected, "{line}");
        }
    }

    #[test]
    fn quotes_must_be_closed() {
        assert_eq!(split("a 'b"), Err(UnterminatedQuote('\'')));
        assert_eq!(split(r#"a "b\""#), Err(UnterminatedQuote('"')));
    }

    proptest! {
        #[test]
        fn quoted_words_come_back(expected in prop::collection::vec("[^'\r\n]{0,12}", 0..6)) {
            let line: Vec<String> = expected.iter().map(|word| format!("'{word}'")).collect();
            prop_assert_eq!(split(&line.join(" ")).unwrap(), expected);
        }

        #[test]
        fn no_line_panics(line in any::<String>()) {
            let _ = split(&line);
        }
    }
}
