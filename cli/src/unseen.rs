//! A password that is asked for at the terminal.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};

use hsm_sim::Password;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

/// Asks for a password and reads it unseen. `rpassword` hides what is typed only after it has asked, so that who types at once, or
/// pastes, would see the beginning of it: the terminal is made to show nothing before the question. `None` at the end of the input.
///
/// # Errors
/// The terminal cannot be used.
pub(crate) fn ask(prompt: &str) -> io::Result<Option<Password>> {
    let mut quiet = Quiet::begin()?;
    quiet.terminal.write_all(prompt.as_bytes())?;
    match rpassword::read_password() {
        Ok(typed) => Ok(Some(Password::new(typed))),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error),
    }
}

/// The terminal, which shows nothing of what is typed until this is dropped.
struct Quiet {
    terminal: File,
    before: Termios,
}

impl Quiet {
    fn begin() -> io::Result<Self> {
        let terminal = OpenOptions::new().read(true).write(true).open("/dev/tty")?;
        let before = tcgetattr(&terminal)?;
        let mut modes = before.clone();
        modes.local_modes.remove(LocalModes::ECHO);
        tcsetattr(&terminal, OptionalActions::Now, &modes)?;
        Ok(Self { terminal, before })
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        // A terminal that is gone needs it no more.
        let _ = tcsetattr(&self.terminal, OptionalActions::Now, &self.before);
    }
}
