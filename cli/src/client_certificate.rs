//! What a tool proves itself with to HSMs that insist on mutual TLS.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use hsm_sim::World;
use hsm_sim::mtls::ClientCertificate;

use crate::failure::Failure;

/// The files of a client's certificate, named as by the newer client library's configuration tools (documented).
#[derive(Debug, Clone, Default, Args)]
pub struct ClientFiles {
    /// The client's certificate chain for mutual TLS with the HSMs, PEM
    #[arg(long, value_name = "FILE", env = "HSM_SIM_CLIENT_CERT", global = true)]
    pub client_cert_hsm_tls_file: Option<PathBuf>,
    /// The private key of the client's certificate, PEM
    #[arg(long, value_name = "FILE", env = "HSM_SIM_CLIENT_KEY", global = true)]
    pub client_key_hsm_tls_file: Option<PathBuf>,
}

impl ClientFiles {
    /// The world as a client with the certificate sees it, if there is one.
    ///
    /// # Errors
    /// Only one of the files is named, one cannot be read, or they prove nothing.
    pub fn present(&self, world: World) -> Result<World, Failure> {
        let (chain, key) = match (named(&self.client_cert_hsm_tls_file), named(&self.client_key_hsm_tls_file)) {
            (None, None) => return Ok(world),
            (Some(chain), Some(key)) => (chain, key),
            (Some(_), None) | (None, Some(_)) => {
                return Err(Failure::new("a client certificate and its key are needed together"));
            }
        };
        let unreadable = |file: &Path| {
            let file = file.display().to_string();
            move |error| Failure::new(format!("{file}: {error}"))
        };
        let chain = fs::read_to_string(chain).map_err(unreadable(chain))?;
        let key = fs::read(key).map_err(unreadable(key)).map(zeroize::Zeroizing::new)?;
        let now = world.wall().now_millis().div_euclid(1000);
        let certificate = ClientCertificate::from_files(&chain, &key, now);
        let certificate = certificate.map_err(|problem| Failure::new(problem.to_string()))?;
        Ok(world.presenting(Arc::new(certificate)))
    }
}

/// An empty variable names no file.
fn named(file: &Option<PathBuf>) -> Option<&Path> {
    file.as_deref().filter(|file| !file.as_os_str().is_empty())
}
