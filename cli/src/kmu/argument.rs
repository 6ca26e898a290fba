//! Arguments of commands by name, such as `-u CU -s alice -p secret`: what there are, and what was given.

use crate::terminal::Word;

/// An argument that a command takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Argument {
    /// Without its `-`.
    pub(super) name: &'static str,
    /// What its value is; empty for a switch, which has none.
    pub(super) value: &'static str,
    required: bool,
    /// What `-h` says of it.
    about: &'static str,
}

impl Argument {
    pub(super) const fn required(name: &'static str, value: &'static str, about: &'static str) -> Self {
        Self { name, value, required: true, about }
    }

    pub(super) const fn optional(name: &'static str, value: &'static str, about: &'static str) -> Self {
        Self { name, value, required: false, about }
    }

    pub(super) const fn switch(name: &'static str, about: &'static str) -> Self {
        Self { name, value: "", required: false, about }
    }

    /// How it is written, for the syntax.
    pub(super) fn syntax(&self) -> String {
        let Self { name, value, .. } = self;
        let written = if value.is_empty() { format!("-{name}") } else { format!("-{name} <{value}>") };
        if self.required { written } else { format!("[{written}]") }
    }

    /// Its line of `-h`.
    pub(super) fn line(&self) -> String {
        format!("       -{:<9} {}\n", self.name, self.about)
    }
}

/// What does not fit among the arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Misfit {
    /// This one must be given.
    Missing(&'static Argument),
    /// One is unknown, lacks its value, comes twice or has no name.
    Other,
}

/// The arguments that were given.
#[derive(Debug)]
pub(super) struct Given<'w> {
    values: Vec<(&'w str, &'w Word)>,
    switches: Vec<&'w str>,
}

impl<'w> Given<'w> {
    /// Reads the words as arguments.
    pub(super) fn read(words: &'w [Word], known: &'static [Argument]) -> Result<Self, Misfit> {
        let (given, rest) = Self::read_some(words, known)?;
        if rest.is_empty() { Ok(given) } else { Err(Misfit::Other) }
    }

    /// Reads arguments as far as the words have the form of one; answers the other words too.
    pub(super) fn read_some(words: &'w [Word], known: &'static [Argument]) -> Result<(Self, &'w [Word]), Misfit> {
        let mut given = Self { values: Vec::new(), switches: Vec::new() };
        let mut rest = words;
        while let Some((name, after)) = rest.split_first() {
            let Some(name) = name.strip_prefix('-') else { break };
            let argument = known.iter().find(|argument| argument.name == name).ok_or(Misfit::Other)?;
            if given.has(name) || given.value(name).is_some() {
                return Err(Misfit::Other);
            }
            if argument.value.is_empty() {
                given.switches.push(name);
                rest = after;
            } else {
                let (value, after) = after.split_first().ok_or(Misfit::Other)?;
                given.values.push((name, value));
                rest = after;
            }
        }
        let missing = known.iter().find(|argument| argument.required && given.value(argument.name).is_none());
        missing.map_or(Ok((given, rest)), |argument| Err(Misfit::Missing(argument)))
    }

    /// The value of an argument.
    pub(super) fn value(&self, name: &str) -> Option<&'w Word> {
        self.values.iter().find(|(given, _)| *given == name).map(|(_, value)| *value)
    }

    /// The value of an argument as text; empty if it was not given, which a required one always is.
    pub(super) fn text(&self, name: &str) -> &'w str {
        self.value(name).map_or("", |value| value.as_str())
    }

    /// The value of an argument, which must be a number; `Ok(None)` if it was not given.
    pub(super) fn number<T: std::str::FromStr>(&self, name: &str) -> Result<Option<T>, Misfit> {
        self.value(name).map(|value| value.parse().map_err(|_| Misfit::Other)).transpose()
    }

    /// The same of one that must be there.
    pub(super) fn required<T: std::str::FromStr>(&self, name: &str) -> Result<T, Misfit> {
        self.number(name)?.ok_or(Misfit::Other)
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

    const KNOWN: &[Argument] = &[
        Argument::required("u", "user type", ""),
        Argument::optional("s", "user name", ""),
        Argument::optional("p", "password", ""),
        Argument::switch("x", ""),
    ];

    #[test]
    fn arguments_by_name() {
        let line = words("-s alice -x -u 17").unwrap();
        let given = Given::read(&line, KNOWN).unwrap();
        assert_eq!((given.text("s"), given.text("p")), ("alice", ""));
        assert_eq!((given.required::<u32>("u"), given.number::<u32>("p")), (Ok(17), Ok(None)));
        assert_eq!(given.number::<u32>("s"), Err(Misfit::Other));
        assert!(given.has("x") && !given.has("s"));
        let written: Vec<String> = KNOWN.iter().map(Argument::syntax).collect();
        assert_eq!(written, ["-u <user type>", "[-s <user name>]", "[-p <password>]", "[-x]"]);
    }

    #[test]
    fn what_does_not_fit() {
        for (line, misfit) in [
            ("-u 1 -y 1", Misfit::Other),
            ("-u", Misfit::Other),
            ("-u a -u b", Misfit::Other),
            ("alice", Misfit::Missing(&KNOWN[0])),
            ("-u a b", Misfit::Other),
            ("-u a -x -x", Misfit::Other),
            ("-s a", Misfit::Missing(&KNOWN[0])),
        ] {
            assert_eq!(Given::read(&words(line).unwrap(), KNOWN).unwrap_err(), misfit, "{line}");
        }
    }

    #[test]
    fn as_far_as_they_go() {
        let line = words("-u CU -s alice findKey -l x").unwrap();
        let (given, rest) = Given::read_some(&line, KNOWN).unwrap();
        assert_eq!(given.text("s"), "alice");
        assert_eq!(rest.first().unwrap().as_str(), "findKey");
        assert_eq!(rest.len(), 3);
    }
}
