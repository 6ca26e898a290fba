//! The module's settings: variables of the environment, and a file for what is not among them. The environment wins.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use hsm_sim::ClusterId;
use serde::Deserialize;

use crate::error::{Error, Result};
use crate::trace;

/// The state directory.
const DIRECTORY: &str = "HSM_SIM_DIR";
/// The clusters to show, by id, with commas between them.
const CLUSTERS: &str = "HSM_SIM_CLUSTER";
/// The server to reach instead of a directory, `tls://host:port`.
const SERVER: &str = "HSM_SIM_SERVER";
/// The file with the certificate of the CA that issued the server's.
const CA: &str = "HSM_SIM_CA";
/// The file of the client's certificate chain, for HSMs that insist on one.
const CLIENT_CERTIFICATE: &str = "HSM_SIM_CLIENT_CERT";
/// The file of its private key.
const CLIENT_KEY: &str = "HSM_SIM_CLIENT_KEY";
/// The settings file.
const FILE: &str = "HSM_SIM_CONFIG";

/// What the environment and the file say together.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Settings {
    pub(crate) place: Place,
    pub(crate) clusters: Vec<ClusterId>,
    pub(crate) client: Option<ClientFiles>,
    /// Where the file wants the call trace to go; nothing if the environment has its say ([`trace`]).
    pub(crate) trace: Option<OsString>,
    pub(crate) skip_availability_check: bool,
}

/// The files with which the module proves itself to HSMs.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ClientFiles {
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
}

/// Where the token is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// In a state directory.
    Directory(PathBuf),
    /// Behind a server.
    Server {
        /// `tls://host:port`.
        address: String,
        /// The file of the CA's certificate.
        ca: PathBuf,
        /// Whether a server that does not answer is tried again.
        retry: bool,
    },
}

/// The settings file. Paths in it start at its own folder.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    directory: Option<PathBuf>,
    clusters: Option<Vec<String>>,
    server: Option<String>,
    ca: Option<PathBuf>,
    client_cert: Option<PathBuf>,
    client_key: Option<PathBuf>,
    trace: Option<Trace>,
    #[serde(default)]
    disable_key_availability_check: bool,
    #[serde(default)]
    retry: Retry,
}

/// The file's wish for a call trace.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Trace {
    /// On the standard error, or not.
    Switch(bool),
    /// In this file.
    File(PathBuf),
}

/// The client library's retry modes.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Retry {
    #[default]
    Standard,
    Off,
}

impl Settings {
    /// Those of this process.
    ///
    /// # Errors
    /// The file cannot be read or holds something that is no setting; a setting lacks another one.
    pub(crate) fn of_process() -> Result<Self> {
        Self::read(|name| env::var_os(name), dirs::config_dir().as_deref(), dirs::data_dir().as_deref())
    }

    fn read(
        variable: impl Fn(&str) -> Option<OsString>,
        config_dir: Option<&Path>,
        data_dir: Option<&Path>,
    ) -> Result<Self> {
        let variable = |name| variable(name).filter(|value| !value.is_empty());
        let text = |name| match variable(name).map(OsString::into_string) {
            Some(Ok(value)) => Ok(Some(value)),
            Some(Err(_)) => Err(Error::Unusable(format!("{name} is no text"))),
            None => Ok(None),
        };
        let file = File::find(variable(FILE).as_deref().map(Path::new), config_dir)?;
        let named = match text(CLUSTERS)? {
            Some(list) => list.split(',').map(|id| id.trim().to_owned()).filter(|id| !id.is_empty()).collect(),
            None => file.clusters.unwrap_or_default(),
        };
        let parse = |id: String| id.parse().map_err(|error| Error::Unusable(format!("{CLUSTERS}: {error}")));
        let clusters = named.into_iter().map(parse).collect::<Result<Vec<_>>>()?;
        let directory = variable(DIRECTORY).map(PathBuf::from);
        // A directory in the environment wins over a server in the file.
        let server = text(SERVER)?.or(file.server.filter(|_| directory.is_none()));
        let place = match (server, directory.or(file.directory)) {
            (Some(address), _) => {
                let ca = variable(CA).map(PathBuf::from).or(file.ca).ok_or_else(|| {
                    Error::Unusable(format!(
                        "{CA} must name the file of the certificate of the CA that {address} is of"
                    ))
                })?;
                if clusters.len() > 1 {
                    return Err(Error::Unusable(format!(
                        "{CLUSTERS} names {} clusters, and {address} can be reached for one of them at a time",
                        clusters.len()
                    )));
                }
                Place::Server { address, ca, retry: file.retry == Retry::Standard }
            }
            (None, Some(directory)) => Place::Directory(directory),
            (None, None) => match data_dir {
                Some(data) => Place::Directory(data.join("hsm-sim")),
                None => {
                    return Err(Error::Unusable(format!(
                        "no user data directory was found; name one with {DIRECTORY}"
                    )));
                }
            },
        };
        let certificate = variable(CLIENT_CERTIFICATE).map(PathBuf::from).or(file.client_cert);
        let client = match (certificate, variable(CLIENT_KEY).map(PathBuf::from).or(file.client_key)) {
            (None, None) => None,
            (Some(certificate), Some(key)) => Some(ClientFiles { certificate, key }),
            (Some(_), None) | (None, Some(_)) => {
                return Err(Error::Unusable(format!("{CLIENT_CERTIFICATE} and {CLIENT_KEY} are needed together")));
            }
        };
        let trace = match file.trace.filter(|_| variable(trace::TRACE).is_none()) {
            None | Some(Trace::Switch(false)) => None,
            Some(Trace::Switch(true)) => Some(trace::STANDARD_ERROR.into()),
            Some(Trace::File(path)) => Some(path.into()),
        };
        Ok(Self { place, clusters, client, trace, skip_availability_check: file.disable_key_availability_check })
    }
}

impl File {
    /// The file that is named, which must be there, or else the one in the user's configuration directory, which need not.
    fn find(named: Option<&Path>, config_dir: Option<&Path>) -> Result<Self> {
        let usual = config_dir.map(|config| config.join("hsm-sim").join("pkcs11.toml"));
        let Some(path) = named.map(Path::to_owned).or(usual) else { return Ok(Self::default()) };
        let unusable = |problem: String| Error::Unusable(format!("the settings file {}: {problem}", path.display()));
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound && named.is_none() => return Ok(Self::default()),
            Err(error) => return Err(unusable(error.to_string())),
        };
        let mut file: Self = toml::from_str(&text).map_err(|error| unusable(error.to_string()))?;
        let trace = match &mut file.trace {
            Some(Trace::File(path)) => Some(path),
            Some(Trace::Switch(_)) | None => None,
        };
        let client = [file.client_cert.as_mut(), file.client_key.as_mut()];
        for path_in_it in [file.directory.as_mut(), file.ca.as_mut(), trace].into_iter().chain(client).flatten() {
            *path_in_it = path.parent().unwrap_or(Path::new("")).join(&path_in_it);
        }
        Ok(file)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    const CLUSTER: &str = "cluster-aaaaaaaaaaa";

    type Variables<'a> = &'a [(&'a str, &'a str)];

    /// What the settings are with this file and these variables, or what is wrong with them.
    fn read(file: &str, variables: Variables<'_>) -> Result<Settings, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.toml");
        fs::write(&path, file).unwrap();
        let mut variables: HashMap<&str, OsString> =
            variables.iter().map(|(name, value)| (*name, OsString::from(value))).collect();
        variables.insert(FILE, path.into());
        let folder_name = folder.path().display().to_string();
        let settings = Settings::read(|name| variables.get(name).cloned(), None, Some(Path::new("/data")));
        settings.map_err(|error| error.to_string().replace(&folder_name, "FOLDER"))
    }

    fn directory(path: &str) -> Place {
        Place::Directory(path.into())
    }

    #[test]
    fn the_environment_wins_over_the_file() {
        let of_file = r#"directory = "/of/file""#;
        let server_of_file = "server = \"tls://file:1\"\nca = \"/of/file.crt\"\nretry = \"off\"";
        let server = |address: &str, ca: &str, retry| Place::Server { address: address.into(), ca: ca.into(), retry };
        let rows: [(&str, Variables<'_>, Place); 9] = [
            ("", &[], directory("/data/hsm-sim")),
            ("", &[(DIRECTORY, "")], directory("/data/hsm-sim")),
            ("", &[(DIRECTORY, "/of/env")], directory("/of/env")),
            (of_file, &[], directory("/of/file")),
            (of_file, &[(DIRECTORY, "/of/env")], directory("/of/env")),
            (server_of_file, &[], server("tls://file:1", "/of/file.crt", false)),
            (server_of_file, &[(SERVER, "tls://env:2")], server("tls://env:2", "/of/file.crt", false)),
            (server_of_file, &[(DIRECTORY, "/of/env")], directory("/of/env")),
            (
                of_file,
                &[(SERVER, "tls://env:2"), (CA, "/env.crt"), (DIRECTORY, "/of/env")],
                server("tls://env:2", "/env.crt", true),
            ),
        ];
        for (file, variables, place) in rows {
            assert_eq!(read(file, variables).unwrap().place, place, "{file} {variables:?}");
        }
    }

    #[test]
    fn switches_and_clusters() {
        let file = "clusters = [\"cluster-bbbbbbbbbbb\"]\ntrace = true\ndisable_key_availability_check = true";
        let of_file = read(file, &[]).unwrap();
        assert!(of_file.skip_availability_check);
        assert_eq!(of_file.trace.as_deref(), Some(trace::STANDARD_ERROR.as_ref()));
        assert_eq!(of_file.clusters, ["cluster-bbbbbbbbbbb".parse().unwrap()]);
        let list = format!("{CLUSTER}, cluster-ccccccccccc,");
        let of_both = read(file, &[(trace::TRACE, "0"), (CLUSTERS, &list)]).unwrap();
        assert_eq!(of_both.trace, None);
        assert_eq!(of_both.clusters, [CLUSTER.parse().unwrap(), "cluster-ccccccccccc".parse().unwrap()]);
    }

    #[test]
    fn client_certificates() {
        let files =
            |certificate: &str, key: &str| Some(ClientFiles { certificate: certificate.into(), key: key.into() });
        let of_file = "client_cert = \"/of/file.crt\"\nclient_key = \"/of/file.key\"";
        for (file, variables, expected) in [
            ("", &[][..], None),
            (of_file, &[], files("/of/file.crt", "/of/file.key")),
            (of_file, &[(CLIENT_CERTIFICATE, "/env.crt")], files("/env.crt", "/of/file.key")),
            ("", &[(CLIENT_CERTIFICATE, "/env.crt"), (CLIENT_KEY, "/env.key")], files("/env.crt", "/env.key")),
            ("", &[(CLIENT_CERTIFICATE, ""), (CLIENT_KEY, "")], None),
        ] {
            assert_eq!(read(file, variables).unwrap().client, expected, "{file} {variables:?}");
        }
    }

    #[test]
    fn paths_of_the_file_start_at_its_folder() {
        let settings = read("directory = \"worlds/one\"\ntrace = \"calls.txt\"", &[]).unwrap();
        assert!(settings.trace.is_some_and(|path| Path::new(&path).is_absolute()));
        let Place::Directory(path) = settings.place else { panic!("a directory") };
        assert!(path.is_absolute() && path.ends_with("worlds/one"), "{}", path.display());
    }

    #[test]
    fn mistakes_are_named() {
        let two = format!("{CLUSTER},cluster-bbbbbbbbbbb");
        let rows: [(&str, Variables<'_>, &str); 7] = [
            ("client_key = \"x\"", &[], "HSM_SIM_CLIENT_CERT and HSM_SIM_CLIENT_KEY are needed together"),
            ("directroy = \"x\"", &[], "unknown field `directroy`"),
            ("trace = 1", &[], "the settings file FOLDER/settings.toml"),
            ("retry = \"always\"", &[], "unknown variant `always`, expected `standard` or `off`"),
            ("", &[(SERVER, "tls://host:1")], "HSM_SIM_CA must name the file"),
            ("", &[(CLUSTERS, "nonsense")], "HSM_SIM_CLUSTER"),
            ("", &[(SERVER, "tls://host:1"), (CA, "ca"), (CLUSTERS, &two)], "names 2 clusters"),
        ];
        for (file, variables, expected) in rows {
            let problem = read(file, variables).unwrap_err();
            assert!(problem.contains(expected), "{problem}");
        }
        let missing = Settings::read(|name| (name == FILE).then(|| "/no/such/file".into()), None, None).unwrap_err();
        assert!(missing.to_string().contains("/no/such/file"), "{missing}");
    }
}
