//! What a tool proves itself with to HSMs that insist on mutual TLS.

use std::path::PathBuf;

use clap::Args;
use hsm_sim::World;
use hsm_sim::mtls::{ClientIdentity, ClientProblem};

use crate::failure::Failure;

const CERTIFICATE: &str = "HSM_SIM_CLIENT_CERT";
const KEY: &str = "HSM_SIM_CLIENT_KEY";

/// The files of a client's certificate, named as by the newer client library's configuration tools (documented).
#[derive(Debug, Clone, Default, Args)]
pub struct ClientFiles {
    /// The client's certificate chain for mutual TLS with the HSMs, PEM
    #[arg(long, value_name = "FILE", env = CERTIFICATE, global = true)]
    pub client_cert_hsm_tls_file: Option<PathBuf>,
    /// The private key of the client's certificate, PEM
    #[arg(long, value_name = "FILE", env = KEY, global = true)]
    pub client_key_hsm_tls_file: Option<PathBuf>,
}

impl ClientFiles {
    /// Those of the environment.
    pub fn of_environment() -> Self {
        let variable = |name| std::env::var_os(name).map(PathBuf::from);
        Self { client_cert_hsm_tls_file: variable(CERTIFICATE), client_key_hsm_tls_file: variable(KEY) }
    }

    /// What is in them, if they are named; an empty name is none.
    ///
    /// # Errors
    /// Only one of the files is named, or one cannot be read.
    pub fn read(&self) -> Result<Option<ClientIdentity>, Failure> {
        let named = |file: &Option<PathBuf>| file.clone().filter(|file| !file.as_os_str().is_empty());
        match (named(&self.client_cert_hsm_tls_file), named(&self.client_key_hsm_tls_file)) {
            (None, None) => Ok(None),
            (Some(chain), Some(key)) => Ok(Some(ClientIdentity::read(&chain, &key)?)),
            (Some(_), None) | (None, Some(_)) => {
                Err(Failure::new(format!("{CERTIFICATE} and {KEY}, or the options for them, are needed together")))
            }
        }
    }

    /// The world as a client with the certificate sees it, if there is one.
    ///
    /// # Errors
    /// As [`ClientFiles::read`], or the files prove nothing.
    pub fn present(&self, world: World) -> Result<World, Failure> {
        match self.read()? {
            None => Ok(world),
            Some(identity) => Ok(identity.present(&world)?),
        }
    }
}

impl From<ClientProblem> for Failure {
    fn from(problem: ClientProblem) -> Self {
        Self::new(problem.to_string())
    }
}
