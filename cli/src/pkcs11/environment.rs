//! `hsm-sim pkcs11 env`: how each common client is told of the module.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

use clap::Args;
use hsm_sim::ClusterId;
use serde_json::{Map, Value as Json, json};

use crate::args::DirectoryArgument;
use crate::failure::Failure;
use crate::pkcs11::module;
use crate::shell::quoted;

#[derive(Debug, Args)]
pub(super) struct Options {
    /// The cluster whose token is shown; the default is the module's choice
    #[arg(long, value_name = "CLUSTER_ID")]
    cluster: Option<ClusterId>,
    /// As a JSON object
    #[arg(long)]
    json: bool,
}

/// Variables in which clients look for a module's path, and who does.
const VARIABLES: [(&str, &str); 4] = [
    ("PKCS11_MODULE_PATH", "OpenSSL's engine pkcs11 (libp11)"),
    ("PKCS11_PROVIDER_MODULE", "OpenSSL's pkcs11-provider"),
    ("PKCS11_MODULE", "python-pkcs11"),
    ("PYKCS11LIB", "PyKCS11"),
];

pub(super) fn run(directory: &DirectoryArgument, options: &Options) -> Result<(), Failure> {
    let directory = std::path::absolute(directory.path()?)?;
    let module = module::find()?;
    let cluster = options.cluster.as_ref().map(ToString::to_string);
    let variables = variables(&directory, &module, cluster.as_deref());
    let settings = settings(&module.display().to_string());
    let text = if options.json { as_json(&variables, &settings) } else { as_shell(&variables, &settings) };
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(())
}

fn variables(directory: &Path, module: &Path, cluster: Option<&str>) -> Vec<(&'static str, String)> {
    let mut variables = vec![("HSM_SIM_DIR", directory.display().to_string())];
    variables.extend(cluster.map(|cluster| ("HSM_SIM_CLUSTER", cluster.to_owned())));
    variables.extend(VARIABLES.map(|(name, _)| (name, module.display().to_string())));
    variables
}

/// What no variable says: the client, where its setting goes, and the setting.
fn settings(module: &str) -> [(&'static str, &'static str, String); 4] {
    [
        ("pkcs11-tool", "on the command line", format!("pkcs11-tool --module {} --list-slots", quoted(module))),
        ("p11-kit", "in ~/.config/pkcs11/modules/hsm-sim.module", format!("module: {module}")),
        (
            "java",
            "in a file FILE for -providerArg FILE of keytool, or Security.getProvider(\"SunPKCS11\").configure(FILE)",
            format!("name = hsm-sim\nlibrary = {module}\nslotListIndex = 0"),
        ),
        (
            "openssl-engine",
            "in openssl.cnf",
            format!(
                "openssl_conf = openssl_init\n[openssl_init]\nengines = engines\n[engines]\npkcs11 = pkcs11\n\
                 [pkcs11]\nengine_id = pkcs11\nMODULE_PATH = {module}\ninit = 0"
            ),
        ),
    ]
}

fn as_shell(variables: &[(&str, String)], settings: &[(&str, &str, String)]) -> String {
    let mut text = String::new();
    for (name, value) in variables {
        let user = VARIABLES
            .iter()
            .find(|(known, _)| known == name)
            .map_or_else(String::new, |(_, user)| format!("   # {user}"));
        // Writing to a string does not fail.
        let _ = writeln!(text, "export {name}={}{user}", quoted(value));
    }
    for (client, place, setting) in settings {
        let _ = writeln!(text, "\n# {client}, {place}:");
        for line in setting.lines() {
            let _ = writeln!(text, "#   {line}");
        }
    }
    text
}

fn as_json(variables: &[(&str, String)], settings: &[(&str, &str, String)]) -> String {
    let variables: Map<String, Json> =
        variables.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
    let settings: Map<String, Json> =
        settings.iter().map(|(client, _, setting)| ((*client).to_owned(), json!(setting))).collect();
    format!("{}\n", json!({ "environment": variables, "settings": settings }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_can_read_it() {
        let variables = variables(Path::new("/my worlds"), Path::new("/lib/m.so"), Some("cluster-igklspoyj5v"));
        let text = as_shell(&variables, &settings("/lib/m.so"));
        assert!(text.starts_with("export HSM_SIM_DIR='/my worlds'\nexport HSM_SIM_CLUSTER=cluster-igklspoyj5v\n"));
        assert!(text.contains("\nexport PYKCS11LIB=/lib/m.so   # PyKCS11\n"), "{text}");
        assert!(text.lines().all(|line| line.is_empty() || line.starts_with("export ") || line.starts_with('#')));
    }
}
