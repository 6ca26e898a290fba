//! PINs and passwords: from the command line, a file, the environment, or a person who types unseen. They are never shown.

use std::convert::Infallible;
use std::fs;
use std::io::{self, IsTerminal as _};
use std::path::Path;

use hsm_sim::Password;
use zeroize::Zeroizing;

use crate::failure::Failure;
use crate::unseen;

/// For arguments that are secret.
#[allow(clippy::unnecessary_wraps, reason = "the form of value parsers")]
pub fn parse(text: &str) -> Result<Password, Infallible> {
    Ok(Password::from(text))
}

/// Where a secret may come from, in this order.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// Given as an argument.
    pub value: Option<&'a Password>,
    /// A file whose first line it is.
    pub file: Option<&'a Path>,
    /// A variable of the environment; an empty one counts as none.
    pub variable: &'a str,
    /// What a person is asked for.
    pub prompt: &'a str,
}

impl Source<'_> {
    /// The secret, if it is at hand.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn find(&self) -> Result<Option<Password>, Failure> {
        if let Some(value) = self.value {
            return Ok(Some(value.clone()));
        }
        if let Some(path) = self.file {
            let text = fs::read_to_string(path).map(Zeroizing::new);
            let text = text.map_err(|error| Failure::new(format!("{}: {error}", path.display())))?;
            return Ok(Some(Password::from(text.lines().next().unwrap_or_default())));
        }
        Ok(std::env::var(self.variable).ok().filter(|value| !value.is_empty()).map(Password::new))
    }

    /// The secret, if it is at hand or a person at the terminal types it.
    ///
    /// # Errors
    /// The file or the terminal cannot be read.
    pub fn find_or_ask(&self) -> Result<Option<Password>, Failure> {
        match self.find()? {
            None if io::stdin().is_terminal() => self.ask(),
            found => Ok(found),
        }
    }

    fn ask(&self) -> Result<Option<Password>, Failure> {
        Ok(unseen::ask(&format!("{}: ", self.prompt))?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(value: Option<&Password>, file: Option<&Path>) -> Result<Option<Password>, Failure> {
        Source { value, file, variable: "HSM_SIM_NO_SUCH_VARIABLE", prompt: "" }.find()
    }

    #[test]
    fn the_nearest_source_counts() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("pin");
        fs::write(&file, "of the file\r\nsecond line\n").unwrap();
        let given = Password::from("given");
        assert_eq!(found(Some(&given), Some(&file)), Ok(Some(given.clone())));
        assert_eq!(found(None, Some(&file)), Ok(Some(Password::from("of the file"))));
        assert_eq!(found(None, None), Ok(None));
        assert!(found(None, Some(&directory.path().join("none"))).is_err());
    }
}
