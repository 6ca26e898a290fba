//! What is to be driven, on the command line.

use std::fs;
use std::path::PathBuf;

use clap::{Args, Parser};
use hsm_sim::Password;
use loadgen::target::Target;
use loadgen::{kms, pkcs11};

use crate::failure::Failure;
use crate::pkcs11::module;
use crate::secret::{self, Source};

/// A module with a token, or an endpoint.
#[derive(Debug, Args)]
#[command(next_help_heading = "Target")]
pub(super) struct Options {
    /// The PKCS#11 module to drive; the default is the simulator's own
    #[arg(long, value_name = "FILE")]
    module: Option<PathBuf>,
    /// The slot of the token; the default is the first with an initialised token
    #[arg(long, value_name = "ID", conflicts_with = "token_label")]
    slot: Option<u64>,
    /// The label of the token
    #[arg(long, value_name = "LABEL")]
    token_label: Option<String>,
    /// The user's PIN (`user:password` in a cloudhsm cluster); better in a file or the variable HSM_SIM_PIN
    #[arg(long, value_name = "PIN", value_parser = secret::parse)]
    pin: Option<Password>,
    /// A file with the user's PIN in its first line
    #[arg(long, value_name = "FILE", conflicts_with = "pin")]
    pin_file: Option<PathBuf>,
    /// Keep the run's keys on the token, labelled as its own and destroyed in the end; without it they belong to a session
    #[arg(long)]
    token_keys: bool,
    /// The address of the KMS endpoint to drive
    #[arg(long, value_name = "URL", conflicts_with_all = ["module", "slot", "token_label", "pin", "pin_file", "token_keys"])]
    kms: Option<String>,
    /// A key that exists; may be given several times. Without it the run makes keys and schedules their deletion in the end
    #[arg(long = "key-id", value_name = "KEY", requires = "kms")]
    key_ids: Vec<String>,
    /// The custom key store in which the run makes its keys
    #[arg(long, value_name = "STORE", requires = "kms")]
    custom_key_store_id: Option<String>,
    /// A file with the certificates of the CAs to trust, PEM; the default is those of the system
    #[arg(long, value_name = "FILE", requires = "kms")]
    ca: Option<PathBuf>,
    /// The Region
    #[arg(long, value_name = "REGION", env = "AWS_DEFAULT_REGION", default_value = "us-east-1")]
    region: String,
    /// The id of the access key
    #[arg(long, value_name = "ID", env = "AWS_ACCESS_KEY_ID", default_value = "test")]
    access_key_id: String,
    /// The secret of the access key
    #[arg(long, value_name = "SECRET", env = "AWS_SECRET_ACCESS_KEY", hide_env_values = true, value_parser = secret::parse)]
    secret_access_key: Option<Password>,
    /// The session token of temporary credentials
    #[arg(long, value_name = "TOKEN", env = "AWS_SESSION_TOKEN", hide_env_values = true, value_parser = secret::parse)]
    session_token: Option<Password>,
}

/// The options after `--`.
#[derive(Debug, Parser)]
#[command(no_binary_name = true, disable_help_flag = true)]
pub(super) struct Second {
    #[command(flatten)]
    pub(super) target: Options,
}

impl Options {
    /// Loads the module or finds the endpoint. The run's keys bear the label.
    pub(super) fn open(&self, label: &str) -> Result<Box<dyn Target>, Failure> {
        match &self.kms {
            Some(url) => Ok(Box::new(self.endpoint(url, label)?)),
            None => Ok(Box::new(self.module(label)?)),
        }
    }

    fn endpoint(&self, url: &str, label: &str) -> Result<kms::Endpoint, Failure> {
        let read = |path: &PathBuf| {
            fs::read_to_string(path).map_err(|error| Failure::new(format!("{}: {error}", path.display())))
        };
        let options = kms::Options {
            url: url.to_owned(),
            credentials: kms::Credentials {
                access_key_id: self.access_key_id.clone(),
                secret: self.secret_access_key.clone().unwrap_or_else(|| Password::from("test")),
                session_token: self.session_token.clone(),
                region: self.region.clone(),
            },
            ca: self.ca.as_ref().map(read).transpose()?,
            key_ids: self.key_ids.clone(),
            store: self.custom_key_store_id.clone(),
            label: label.to_owned(),
        };
        Ok(kms::Endpoint::open(options)?)
    }

    fn module(&self, label: &str) -> Result<pkcs11::Module, Failure> {
        let token = match (self.slot, &self.token_label) {
            (Some(slot), _) => pkcs11::Choice::Slot(slot),
            (None, Some(label)) => pkcs11::Choice::Label(label.clone()),
            (None, None) => pkcs11::Choice::First,
        };
        let pin = Source {
            value: self.pin.as_ref(),
            file: self.pin_file.as_deref(),
            variable: "HSM_SIM_PIN",
            prompt: "PIN of the token's user",
        };
        let options = pkcs11::Options {
            module: self.module.clone().map_or_else(module::find, Ok)?,
            token,
            pin: pin.find_or_ask()?,
            token_keys: self.token_keys,
            label: label.to_owned(),
        };
        Ok(pkcs11::Module::open(options)?)
    }
}
