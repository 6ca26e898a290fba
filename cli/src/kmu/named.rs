//! Named arguments, such as `-u CU -s alice -p secret`.

use crate::terminal::Word;

/// Arguments by name.
pub(super) struct Named<'w> {
    given: Vec<(&'w str, &'w Word)>,
    switches: Vec<&'w str>,
}

/// The arguments that a command knows, without their `-`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known {
    /// Those that have a value.
    pub(super) values: &'static [&'static str],
    /// Those that have none.
    pub(super) switches: &'static [&'static str],
}

impl<'w> Named<'w> {
    /// Reads the words as arguments; `None` if one is unknown, lacks its value, comes twice or has no name.
    pub(super) fn read(words: &'w [Word], known: Known) -> Option<Self> {
        let (named, rest) = Self::read_some(words, known)?;
        rest.is_empty().then_some(named)
    }

    /// Reads arguments as far as the words have the form of one; answers the other words too.
    pub(super) fn read_some(words: &'w [Word], known: Known) -> Option<(Self, &'w [Word])> {
        let mut named = Self { given: Vec::new(), switches: Vec::new() };
        let mut rest = words;
        while let Some((name, after)) = rest.split_first() {
            let Some(name) = name.strip_prefix('-') else { break };
            if named.has(name) || named.value(name).is_some() {
                return None;
            }
            if known.switches.contains(&name) {
                named.switches.push(name);
                rest = after;
            } else if known.values.contains(&name) {
                let (value, after) = after.split_first()?;
                named.given.push((name, value));
                rest = after;
            } else {
                return None;
            }
        }
        Some((named, rest))
    }

    /// The value of an argument.
    pub(super) fn value(&self, name: &str) -> Option<&'w Word> {
        self.given.iter().find(|(given, _)| *given == name).map(|(_, value)| *value)
    }

    /// Whether a switch was given.
    pub(super) fn has(&self, switch: &str) -> bool {
        self.switches.contains(&switch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminal::words;

    const KNOWN: Known = Known { values: &["u", "s", "p"], switches: &["h"] };

    #[test]
    fn arguments_by_name() {
        let line = words("-s alice -h -u CU").unwrap();
        let named = Named::read(&line, KNOWN).unwrap();
        assert_eq!(named.value("s").unwrap().as_str(), "alice");
        assert_eq!(named.value("u").unwrap().as_str(), "CU");
        assert!(named.value("p").is_none());
        assert!(named.has("h"));
    }

    #[test]
    fn what_does_not_fit() {
        for line in ["-x 1", "-s", "-s a -s b", "alice", "-s a b", "-h -h"] {
            assert!(Named::read(&words(line).unwrap(), KNOWN).is_none(), "{line}");
        }
    }

    #[test]
    fn as_far_as_they_go() {
        let line = words("-u CU -s alice findKey -l x").unwrap();
        let (named, rest) = Named::read_some(&line, KNOWN).unwrap();
        assert_eq!(named.value("s").unwrap().as_str(), "alice");
        assert_eq!(rest.first().unwrap().as_str(), "findKey");
        assert_eq!(rest.len(), 3);
    }
}
