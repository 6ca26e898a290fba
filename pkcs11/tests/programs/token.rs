//! A token of a cluster of its own, ready for a user, and the surroundings of the programs that use it.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use hsm_sim::{ActiveCluster, Realm, World, WorldOptions};

use crate::common::server::Server;
use crate::common::{self, SO_PIN, USER_PIN, install};
use crate::run::{self, succeed};
use crate::way::Way;

/// A token; its cluster ends with it.
pub(crate) struct Token {
    folder: tempfile::TempDir,
    /// The server of the network way.
    server: Option<Server>,
    label: &'static str,
    pin: &'static str,
}

impl Token {
    /// A new `generic` token, initialised as its users do.
    pub(crate) fn generic(way: Way) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let token = Self { server: way.server(&state(&folder)), folder, label: "tool", pin: USER_PIN };
        let tool = |arguments: &[&str]| {
            succeed(token.command(install::pkcs11_tool()).arg("--module").arg(common::module()).args(arguments))
        };
        tool(&["--init-token", "--label", token.label, "--so-pin", SO_PIN]);
        tool(&["--init-pin", "--login", "--login-type", "so", "--so-pin", SO_PIN, "--pin", USER_PIN]);
        token
    }

    /// The token of a `cloudhsm` cluster of two HSMs.
    pub(crate) fn cloudhsm(way: Way) -> Self {
        let folder = tempfile::tempdir().unwrap();
        {
            let world = World::open(&state(&folder), WorldOptions::default()).unwrap();
            ActiveCluster::builder().nodes(2).kmsuser("kmsPswd1").build_in(&world, &Realm::default()).unwrap();
        }
        Self { server: way.server(&state(&folder)), folder, label: "hsm1", pin: "kmsuser:kmsPswd1" }
    }

    /// Its label.
    pub(crate) fn label(&self) -> &'static str {
        self.label
    }

    /// The PIN of its user.
    pub(crate) fn pin(&self) -> &'static str {
        self.pin
    }

    /// The PKCS#11 URI of one of its objects.
    pub(crate) fn uri(&self, object: &str, class: &str) -> String {
        format!("pkcs11:token={};object={object};type={class}", self.label)
    }

    /// A program whose module reaches the token, in a folder of its own for files.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = run::limited(program);
        command.current_dir(self.folder.path());
        match &self.server {
            Some(server) => command.envs(server.variables()),
            None => command.env("HSM_SIM_DIR", state(&self.folder)),
        };
        command
    }

    /// A file in the programs' folder.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file into the programs' folder.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.file(name), content).unwrap();
    }

    /// Reads a file of the programs' folder.
    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.file(name)).unwrap()
    }

    /// Runs `openssl` without the module: the judge of what clients made.
    pub(crate) fn openssl(&self, arguments: &str) -> String {
        succeed(run::limited(install::openssl()).current_dir(self.folder.path()).args(arguments.split_whitespace()))
    }
}

/// The state directory, beside the programs' files.
fn state(folder: &tempfile::TempDir) -> PathBuf {
    folder.path().join("state")
}

/// A file of these tests.
pub(crate) fn source(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/programs/sources").join(name)
}
