//! Encryption end to end: a server proves to be the cluster's by a certificate of the customer's CA, whose own the utility looks for.
//! Without it, or with another one, the utility runs in limited commands mode until `enable_e2e` finds the right one (documented).

use std::fs;
use std::path::{Path, PathBuf};

use crypto::x509::issued_by;
use hsm_sim::HsmError;
use hsm_sim::admin::{Admins, CertificateKind};

use crate::cmu::startup;
use crate::failure::Failure;

/// Where the utility looks for the CA's certificate; of no file the servers are believed.
#[derive(Debug)]
pub(super) struct Encryption {
    ca: Option<PathBuf>,
    enabled: bool,
}

/// Why a server is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Doubt {
    /// There is no certificate to know it by.
    Missing,
    /// The certificate is another CA's, or none.
    Other,
}

impl Encryption {
    pub(super) fn new(ca: Option<PathBuf>) -> Self {
        Self { ca, enabled: false }
    }

    /// Whether every command may be used.
    pub(super) fn is_enabled(&self) -> bool {
        self.enabled
    }

    /// Tries to encrypt the connections, and gives what is said about it.
    ///
    /// # Errors
    /// A cluster does not exist, or the store fails.
    pub(super) fn enable(&mut self, admins: &mut Admins) -> Result<String, Failure> {
        let servers = startup::states(admins)?;
        let doubt = match &self.ca {
            Some(ca) => doubt(admins, ca)?.map(|doubt| (doubt, ca)),
            None => None,
        };
        self.enabled = doubt.is_none();
        let Some((doubt, ca)) = doubt else { return Ok(startup::encrypted(&servers)) };
        let connected = servers.iter().filter(|info| info.connected);
        let plain: String = connected
            .map(|info| format!("Server {}({}) is in unencrypted mode now...\n", info.server.number, info.server.ip))
            .collect();
        let (before, error) = doubt.texts(ca);
        Ok(format!(
            "{before}{plain}running in limited commands mode\nError: {error}\nFailed to create client ssl ctx\n\
             E2E Session failed: E2E setup failed\nEnabling E2E failed\n"
        ))
    }
}

impl Doubt {
    /// What stands before the servers, and the error; of a missing certificate observed, of another one inferred.
    fn texts(self, ca: &Path) -> (String, &'static str) {
        match self {
            Self::Missing => (
                format!("{},\npartition owner certificate not exist at given path\n", ca.display()),
                "partition owner certificate doesn't exist at given path.",
            ),
            Self::Other => (String::new(), "partition owner certificate does not match the server's."),
        }
    }
}

/// What speaks against the servers; those of one cluster all have one certificate.
fn doubt(admins: &mut Admins, ca: &Path) -> Result<Option<Doubt>, Failure> {
    let Ok(ca) = fs::read_to_string(ca) else { return Ok(Some(Doubt::Missing)) };
    for answer in admins.each(|admin| admin.certificate(CertificateKind::Cluster))? {
        match answer.result {
            Ok(certificate) if issued_by(&certificate, &ca).unwrap_or(false) => {}
            // A server that does not answer is looked at when it does.
            Err(HsmError::NodeUnavailable | HsmError::Busy) => {}
            Ok(_) | Err(_) => return Ok(Some(Doubt::Other)),
        }
    }
    Ok(None)
}
