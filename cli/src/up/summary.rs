//! What `up` says when it is ready: one JSON object for programs, or a few lines with commands to copy for people.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::Path;

use hsm_sim::Realm;
use serde_json::{Value, json};

use super::access_key::AccessKey;
use super::ready::{Environment, TRUST_ANCHOR_FILE};
use crate::shell::quoted;

/// The facts of a running endpoint.
#[derive(Debug)]
pub(super) struct Summary<'a> {
    /// Where it listens.
    pub(super) endpoint: SocketAddr,
    /// Where PKCS#11 modules on other machines reach the cluster, if they do.
    pub(super) hsm_endpoint: Option<SocketAddr>,
    /// The ready environment's account and Region.
    pub(super) realm: &'a Realm,
    /// The state directory.
    pub(super) directory: &'a Path,
    /// The key pair that `--auth strict` accepts.
    pub(super) access_key: &'a AccessKey,
    /// The ready environment, unless there is none.
    pub(super) ready: Option<&'a Environment>,
}

impl Summary<'_> {
    /// One JSON object. What the ready environment would tell is null without one.
    pub(super) fn json(&self) -> Value {
        let of_ready = |text: fn(&Environment) -> String| self.ready.map(text);
        json!({
            "endpoint": format!("http://{}", self.endpoint),
            "hsm_endpoint": self.hsm_endpoint.map(|address| format!("tls://{address}")),
            "region": self.realm.region(),
            "account_id": self.realm.account(),
            "cluster_id": of_ready(|ready| ready.cluster.to_string()),
            "custom_key_store_id": of_ready(|ready| ready.custom_key_store_id.clone()),
            "key_id": of_ready(|ready| ready.key_id.clone()),
            "key_arn": of_ready(|ready| ready.key_arn.clone()),
            "co_user": of_ready(|ready| ready.officer.clone()),
            "co_password": of_ready(|ready| ready.officer_password.expose().to_owned()),
            "trust_anchor_path": self.ready.map(|_| self.directory.join(TRUST_ANCHOR_FILE)),
            "access_key_id": self.access_key.id,
            "secret_access_key": self.access_key.secret.expose(),
            "dir": self.directory,
        })
    }

    /// A small summary for people; `terminal` adds weight to the headings.
    ///
    /// # Errors
    /// `out` fails.
    pub(super) fn print(&self, out: &mut impl Write, terminal: bool) -> io::Result<()> {
        let (bold, plain) = if terminal { ("\x1b[1m", "\x1b[0m") } else { ("", "") };
        let row = |out: &mut dyn Write, name: &str, value: &str| writeln!(out, "  {name:<17}{value}");
        let endpoint = format!("http://{}", self.endpoint);
        let directory = self.directory.display().to_string();
        let to_copy = quoted(&directory);
        writeln!(out, "{bold}hsm-sim is ready{plain} at {endpoint}")?;
        writeln!(out)?;
        row(out, "state directory", &directory)?;
        row(out, "account, Region", &format!("{}, {}", self.realm.account(), self.realm.region()))?;
        if let Some(address) = self.hsm_endpoint {
            row(out, "HSM endpoint", &format!("tls://{address}"))?;
        }
        if let Some(ready) = self.ready {
            row(out, "cluster", &format!("{} ({} HSMs)", ready.cluster, ready.hsms))?;
            row(out, "crypto officer", &format!("{} / {}", ready.officer, ready.officer_password.expose()))?;
            row(out, "custom key store", &ready.custom_key_store_id)?;
            row(out, "KMS key", &format!("{} ({})", ready.key_id, super::ready::ALIAS))?;
            row(out, "trust anchor", &self.directory.join(TRUST_ANCHOR_FILE).display().to_string())?;
        }
        writeln!(out)?;
        writeln!(out, "{bold}Try in another terminal{plain}")?;
        writeln!(out)?;
        writeln!(out, "  export AWS_ACCESS_KEY_ID={}", self.access_key.id)?;
        writeln!(out, "  export AWS_SECRET_ACCESS_KEY={}", self.access_key.secret.expose())?;
        writeln!(out, "  export AWS_DEFAULT_REGION={}", self.realm.region())?;
        writeln!(out, "  aws --endpoint-url {endpoint} kms describe-custom-key-stores")?;
        if self.ready.is_some() {
            writeln!(
                out,
                "  aws --endpoint-url {endpoint} kms generate-data-key --key-id {} --key-spec AES_256",
                super::ready::ALIAS
            )?;
        }
        writeln!(out, "  hsm-sim cloudhsm_mgmt_util --dir {to_copy}")?;
        writeln!(out, "  hsm-sim fault list --dir {to_copy}")?;
        writeln!(out)?;
        writeln!(out, "Stop with Ctrl-C; the next start goes on from here.")
    }
}
