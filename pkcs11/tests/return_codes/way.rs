//! The ways to a token, and its two personalities.

use cryptoki_sys::CK_SESSION_HANDLE;
use hsm_sim::cluster::Personality;
use hsm_sim::{ActiveCluster, Realm, World, WorldOptions};
use tempfile::TempDir;

use crate::common::server::Server;
use crate::common::{USER_PIN, set_variable, use_directory};
use crate::objects::Objects;
use crate::world::Functions;

/// The crypto user's PIN on a `cloudhsm` cluster.
const CLOUD_PIN: &str = "kmsuser:kmsPswd1";

/// How the module reaches which token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// A `generic` token in a directory.
    Generic,
    /// The same behind a server.
    GenericServed,
    /// A `cloudhsm` cluster in a directory.
    CloudHsm,
}

/// What lasts as long as the module may reach its token.
pub(crate) struct Place {
    _server: Option<Server>,
    _directory: TempDir,
}

impl Way {
    pub(crate) fn personality(self) -> Personality {
        match self {
            Self::Generic | Self::GenericServed => Personality::Generic,
            Self::CloudHsm => Personality::CloudHsm,
        }
    }

    /// The PIN of the user.
    pub(crate) fn user_pin(self) -> &'static str {
        match self.personality() {
            Personality::Generic => USER_PIN,
            Personality::CloudHsm => CLOUD_PIN,
        }
    }

    /// The objects that a user makes there.
    pub(crate) fn objects(self, functions: &'static Functions, session: CK_SESSION_HANDLE) -> Objects {
        match self.personality() {
            Personality::Generic => Objects::generic(functions, session),
            Personality::CloudHsm => Objects::cloud(functions, session),
        }
    }

    /// Tells the module where its token is, and puts it there.
    pub(crate) fn prepare(self) -> Place {
        let directory = tempfile::tempdir().unwrap();
        for name in Server::VARIABLES {
            set_variable(name, None);
        }
        use_directory(directory.path());
        let mut server = None;
        match self {
            Self::Generic => {}
            Self::GenericServed => {
                let started = Server::start(directory.path());
                for (name, value) in started.variables() {
                    set_variable(name, Some(&value));
                }
                server = Some(started);
            }
            Self::CloudHsm => {
                // Closed again before the module opens the directory: a process has one environment per directory.
                let world = World::open(directory.path(), WorldOptions::default()).unwrap();
                ActiveCluster::builder().nodes(2).kmsuser("kmsPswd1").build_in(&world, &Realm::default()).unwrap();
            }
        }
        Place { _server: server, _directory: directory }
    }
}
