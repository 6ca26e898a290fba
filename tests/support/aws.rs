//! The unmodified AWS CLI against a running simulator.

use std::{fmt, fs, path::Path, process::Command};

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use serde_json::Value;

use super::{
    Options, Outcome, Sim,
    install::{aws_v1, aws_v2},
    sim::clean,
    text, until,
};

/// Which AWS CLI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Client {
    V1,
    V2,
}

impl Client {
    /// Version 2 signs for `--auth strict`, version 1 for the default.
    pub(crate) fn options(self) -> Options {
        match self {
            Self::V1 => Options::ephemeral(),
            Self::V2 => Options::ephemeral().auth("strict"),
        }
    }

    fn program(self) -> &'static Path {
        match self {
            Self::V1 => aws_v1(),
            Self::V2 => aws_v2(),
        }
    }

    /// The exit status of an error that the service answered.
    fn service_error(self) -> i32 {
        match self {
            Self::V1 => 255,
            Self::V2 => 254,
        }
    }
}

/// Makes two tests of a story `fn(Client)`: one for each version of the CLI.
macro_rules! both_clients {
    ($($(#[$doc:meta])* $story:ident),+ $(,)?) => {$(
        mod $story {
            use crate::support::Client;

            #[test]
            fn v1() {
                super::$story(Client::V1);
            }

            #[test]
            fn v2() {
                super::$story(Client::V2);
            }
        }
    )+};
}
pub(crate) use both_clients;

/// A caller of the CLI with the simulator's endpoint and a key pair.
#[derive(Clone)]
pub(crate) struct Aws<'a> {
    sim: &'a Sim,
    client: Client,
    access_key: (String, String),
}

impl fmt::Debug for Aws<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Aws").field("client", &self.client).finish_non_exhaustive()
    }
}

impl<'a> Aws<'a> {
    pub(super) fn new(sim: &'a Sim, client: Client) -> Self {
        let access_key = (sim.ready("access_key_id").to_owned(), sim.ready("secret_access_key").to_owned());
        Self { sim, client, access_key }
    }

    /// The same client with another key pair.
    pub(crate) fn with_key(&self, id: &str, secret: &str) -> Self {
        Self { access_key: (id.to_owned(), secret.to_owned()), ..self.clone() }
    }

    pub(crate) fn sim(&self) -> &'a Sim {
        self.sim
    }

    /// Runs `aws <args>`.
    pub(crate) fn run(&self, args: &[&str]) -> Outcome {
        let mut command = clean(Command::new(self.client.program()), self.sim.home());
        for (name, value) in [
            ("AWS_ACCESS_KEY_ID", self.access_key.0.as_str()),
            ("AWS_SECRET_ACCESS_KEY", &self.access_key.1),
            ("AWS_DEFAULT_REGION", self.sim.ready("region")),
            ("AWS_CONFIG_FILE", "/dev/null"),
            ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null"),
            ("AWS_EC2_METADATA_DISABLED", "true"),
            ("AWS_PAGER", ""),
            ("AWS_MAX_ATTEMPTS", "2"),
            ("NO_PROXY", "*"),
        ] {
            command.env(name, value);
        }
        command.args(["--output", "json", "--endpoint-url", self.sim.ready("endpoint")]).args(args);
        let line = format!("aws ({:?}) {}", self.client, args.join(" "));
        Outcome::new(line, command.output().expect("the CLI can be started"))
    }

    /// Runs a command that must succeed and gives its output.
    #[track_caller]
    pub(crate) fn json(&self, args: &[&str]) -> Value {
        self.run(args).json()
    }

    /// Runs a command that must succeed without any output.
    #[track_caller]
    pub(crate) fn quiet(&self, args: &[&str]) {
        let done = self.run(args).ok();
        assert!(done.stdout.is_empty(), "expected no output of {done}");
    }

    /// Runs a command that must fail with an AWS error code, and gives the message.
    #[track_caller]
    pub(crate) fn fails(&self, args: &[&str], code: &str) -> String {
        let done = self.run(args);
        assert_eq!(done.error_code(), Some(code), "{done}");
        assert_eq!(done.code, Some(self.client.service_error()), "{done}");
        done.error_message().unwrap_or_else(|| panic!("no message in {done}")).to_owned()
    }

    /// The entry of a key store in DescribeCustomKeyStores.
    #[track_caller]
    pub(crate) fn store(&self, id: &str) -> Value {
        self.json(&["kms", "describe-custom-key-stores", "--custom-key-store-id", id])["CustomKeyStores"][0].take()
    }

    /// Asserts the connection state and error code (none for `""`) of a key store.
    #[track_caller]
    pub(crate) fn assert_store(&self, id: &str, state: &str, error: &str) {
        let store = self.store(id);
        let shown =
            (text(&store, &["ConnectionState"]), store["ConnectionErrorCode"].as_str().unwrap_or_default().to_owned());
        assert_eq!(shown, (state.to_owned(), error.to_owned()), "{store}");
    }

    /// Connects a key store and waits for the outcome: `("CONNECTED", "")` or `("FAILED", code)`.
    #[track_caller]
    pub(crate) fn connect(&self, id: &str) -> (String, String) {
        self.quiet(&["kms", "connect-custom-key-store", "--custom-key-store-id", id]);
        let mut outcome = (String::new(), String::new());
        until("the key store has left CONNECTING", || {
            let store = self.store(id);
            outcome = (
                text(&store, &["ConnectionState"]),
                store["ConnectionErrorCode"].as_str().unwrap_or_default().to_owned(),
            );
            outcome.0 != "CONNECTING"
        });
        outcome
    }

    /// Connects a key store, which must succeed.
    #[track_caller]
    pub(crate) fn connect_ok(&self, id: &str) {
        let outcome = self.connect(id);
        assert_eq!(outcome, ("CONNECTED".to_owned(), String::new()));
    }

    /// Connects a key store, which must end as FAILED with a ConnectionErrorCode.
    #[track_caller]
    pub(crate) fn connect_fails(&self, id: &str, code: &str) {
        let outcome = self.connect(id);
        assert_eq!(outcome, ("FAILED".to_owned(), code.to_owned()));
    }

    /// Disconnects a key store and waits until it is.
    #[track_caller]
    pub(crate) fn disconnect(&self, id: &str) {
        self.quiet(&["kms", "disconnect-custom-key-store", "--custom-key-store-id", id]);
        until("the key store is DISCONNECTED", || text(&self.store(id), &["ConnectionState"]) == "DISCONNECTED");
    }

    /// Tells KMS the kmsuser password.
    #[track_caller]
    pub(crate) fn tell_password(&self, id: &str, password: &str) {
        self.quiet(&["kms", "update-custom-key-store", "--custom-key-store-id", id, "--key-store-password", password]);
    }

    /// Points a key store at another cluster.
    #[track_caller]
    pub(crate) fn point_at(&self, id: &str, cluster: &str) {
        self.quiet(&["kms", "update-custom-key-store", "--custom-key-store-id", id, "--cloud-hsm-cluster-id", cluster]);
    }

    /// The metadata of a key.
    #[track_caller]
    pub(crate) fn key(&self, id: &str) -> Value {
        self.json(&["kms", "describe-key", "--key-id", id])["KeyMetadata"].take()
    }

    #[track_caller]
    pub(crate) fn assert_key_state(&self, id: &str, state: &str) {
        let key = self.key(id);
        assert_eq!(key["KeyState"], state, "{key}");
        assert_eq!(key["Enabled"], state == "Enabled", "{key}");
    }

    /// Creates a key in a key store and gives its ARN.
    #[track_caller]
    pub(crate) fn create_key(&self, store: &str) -> String {
        text(
            &self.json(&["kms", "create-key", "--origin", "AWS_CLOUDHSM", "--custom-key-store-id", store]),
            &["KeyMetadata", "Arn"],
        )
    }

    /// Encrypts under the context `purpose=test`; gives the path of a file that holds the ciphertext, as `fileb://…`.
    #[track_caller]
    pub(crate) fn encrypt(&self, key: &str, plaintext: &str) -> String {
        let plain = self.blob(plaintext.as_bytes());
        let done = self.json(&[
            "kms",
            "encrypt",
            "--key-id",
            key,
            "--plaintext",
            &plain,
            "--encryption-context",
            "purpose=test",
        ]);
        self.blob(&decode(&done["CiphertextBlob"]))
    }

    /// The arguments that decrypt what [`Aws::encrypt`] made.
    pub(crate) fn decrypt_args(blob: &str) -> [&str; 6] {
        ["kms", "decrypt", "--ciphertext-blob", blob, "--encryption-context", "purpose=test"]
    }

    #[track_caller]
    pub(crate) fn assert_decrypts(&self, blob: &str, plaintext: &str) {
        let done = self.json(&Self::decrypt_args(blob));
        assert_eq!(decode(&done["Plaintext"]), plaintext.as_bytes(), "{done}");
    }

    #[track_caller]
    pub(crate) fn decrypt_fails(&self, blob: &str, code: &str) -> String {
        self.fails(&Self::decrypt_args(blob), code)
    }

    /// Writes bytes to a file and gives it as `fileb://…`, which both versions of the CLI read alike.
    pub(crate) fn blob(&self, bytes: &[u8]) -> String {
        let file = tempfile::NamedTempFile::new_in(self.sim.home()).expect("the temporary directory can be written");
        let (_, path) = file.keep().expect("the temporary file can be kept");
        fs::write(&path, bytes).expect("the temporary file can be written");
        format!("fileb://{}", path.display())
    }
}

/// The bytes of a blob member.
#[track_caller]
pub(crate) fn decode(value: &Value) -> Vec<u8> {
    BASE64.decode(value.as_str().unwrap_or_else(|| panic!("no blob but {value}"))).expect("blobs are base64")
}
