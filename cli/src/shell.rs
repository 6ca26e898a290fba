//! Words for people to paste into a shell.

/// A word as a shell reads it.
pub fn quoted(word: &str) -> String {
    let plain = !word.is_empty() && word.chars().all(|c| c.is_alphanumeric() || "/._-+:@%,=".contains(c));
    if plain { word.to_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_a_shell_would_change_are_quoted() {
        for (word, expected) in [
            ("/home/me/.local/share/hsm-sim", "/home/me/.local/share/hsm-sim"),
            ("/home/me/my worlds", "'/home/me/my worlds'"),
            ("/tmp/it's $HOME", "'/tmp/it'\\''s $HOME'"),
            ("", "''"),
        ] {
            assert_eq!(quoted(word), expected);
        }
    }
}
