//! A generic token in a directory of its own, and the programs that look at it.

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use tempfile::TempDir;

use super::{Outcome, PROGRAM, install, sim::clean};

pub(crate) const PIN: &str = "user-pin-1";
pub(crate) const SO_PIN: &str = "officer-pin-1";

/// An initialised token.
pub(crate) struct Token {
    home: TempDir,
}

impl Token {
    /// Makes one by `hsm-sim token init` in a directory that does not exist.
    pub(crate) fn new() -> Self {
        let token = Self { home: tempfile::tempdir().expect("a temporary directory can be made") };
        let made = token.run(&["token", "init", "--label", "tools", "--so-pin", SO_PIN, "--pin", PIN]).ok();
        assert_eq!(made.stdout, "the token 'tools' is ready\n");
        token
    }

    /// A file in the token's folder.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    pub(crate) fn text(&self, name: &str) -> String {
        fs::read_to_string(self.file(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// The program in the token's folder, without a terminal.
    pub(crate) fn run(&self, arguments: &[&str]) -> Outcome {
        self.finish(Command::new(PROGRAM), arguments)
    }

    /// `hsm-sim token …` as the token's user.
    pub(crate) fn as_user(&self, arguments: &[&str]) -> Outcome {
        self.run(&[&["token"], arguments, &["--pin", PIN]].concat())
    }

    /// The real `openssl`.
    #[track_caller]
    pub(crate) fn openssl(&self, arguments: &[&str]) -> Outcome {
        self.finish(Command::new(install::openssl()), arguments).ok()
    }

    /// OpenSC's `pkcs11-tool` on the module, as the token's user.
    #[track_caller]
    pub(crate) fn pkcs11_tool(&self, arguments: &[&str]) -> Outcome {
        let module = self.run(&["pkcs11", "path"]).ok().stdout;
        let all = [&["--module", module.trim(), "--login", "--pin", PIN], arguments].concat();
        self.finish(Command::new(install::pkcs11_tool()), &all).ok()
    }

    /// The program in the token's folder, not started yet.
    pub(crate) fn program(&self) -> Command {
        self.at_home(Command::new(PROGRAM))
    }

    fn at_home(&self, command: Command) -> Command {
        let mut command = clean(command, self.home.path());
        command.env("HSM_SIM_DIR", self.file("state")).current_dir(self.home.path()).stdin(Stdio::null());
        command
    }

    fn finish(&self, command: Command, arguments: &[&str]) -> Outcome {
        let mut command = self.at_home(command);
        command.args(arguments);
        let output = command.output().expect("the program can be started");
        let name = Path::new(command.get_program()).file_name().map(OsStr::to_string_lossy).unwrap_or_default();
        Outcome::new(format!("{name} {}", arguments.join(" ")), output)
    }
}
