//! A new cluster in the hands of the newer tool (documented procedure): created and initialized with the AWS CLI and OpenSSL, activated, given users
//! and keys with `cloudhsm-cli`, at its prompt and by single commands; OpenSSL checks what the keys signed and wrapped.

use std::fs;

use serde_json::{Value, json};

use crate::support::{Client, Customer, Options, Outcome, Sim, decode, ssl};

const ADMIN: (&str, &str) = ("admin", "admin:adminPswd1");
const ALICE: (&str, &str) = ("crypto-user", "alice:alicePswd1");

/// One command of the tool, as who the environment names.
struct Tool<'a> {
    sim: &'a Sim,
    cluster: String,
}

impl Tool<'_> {
    fn run(&self, who: Option<(&str, &str)>, words: &[&str]) -> Outcome {
        let mut command = self.sim.program();
        command.arg("cloudhsm-cli").arg("--dir").arg(self.sim.dir()).args(["--cluster-id", &self.cluster]).args(words);
        if let Some((role, pin)) = who {
            command.env("CLOUDHSM_ROLE", role).env("CLOUDHSM_PIN", pin);
        }
        let output = command.output().expect("the program can be started");
        Outcome::new(format!("cloudhsm-cli {words:?}"), output)
    }

    /// What a good answer holds.
    #[track_caller]
    fn data(&self, who: Option<(&str, &str)>, words: &[&str]) -> Value {
        let mut answer = self.run(who, words).json();
        assert_eq!(answer["error_code"], 0, "{answer}");
        answer["data"].take()
    }

    /// What a refusal says; the exit status says so too.
    #[track_caller]
    fn refused(&self, who: Option<(&str, &str)>, words: &[&str]) -> Value {
        let outcome = self.run(who, words);
        assert_eq!(outcome.code, Some(1), "{outcome}");
        let mut answer: Value = serde_json::from_str(&outcome.stdout).expect("an answer is JSON");
        assert_eq!(answer["error_code"], 1, "{answer}");
        answer["data"].take()
    }
}

#[test]
fn a_new_cluster() {
    let sim = Sim::start(&Options::ephemeral().arg("--empty"));
    let aws = sim.aws(Client::V1);
    let customer = Customer::new(&aws, "customer");
    let cluster = customer.create();
    let tool = Tool { sim: &sim, cluster: cluster.clone() };
    customer.initialize(&cluster);

    let users = tool.data(None, &["user", "list"]);
    assert_eq!(users["users"][0]["role"], "unactivated-admin");
    let activate = ["cluster", "activate", "--password", "adminPswd1"];
    assert_eq!(tool.data(None, &activate), "Cluster activation successful");
    assert_eq!(tool.refused(None, &activate), "Cluster is already activated");
    assert_eq!(aws.cluster(&cluster)["State"], "ACTIVE");

    let create = ["user", "create", "--username", "Alice", "--role", "crypto-user", "--password", "alicePswd1"];
    assert_eq!(tool.data(Some(ADMIN), &create), json!({ "username": "alice", "role": "crypto-user" }));
    tool.refused(None, &create);
    one_hsm_then_two(&tool, || drop(aws.add_hsm(&cluster, 1)));
    signatures(&tool);
    wrapping(&tool);

    let listed = tool.data(Some(ALICE), &["key", "list", "--max-items", "1"]);
    assert_eq!(listed["next_token"], "1", "{listed}");
    let wrong = tool.run(Some(ALICE), &["key", "list", "--max-items", "many"]);
    assert_eq!(wrong.code, Some(2), "{wrong}");
}

/// A key needs two HSMs.
fn one_hsm_then_two(tool: &Tool<'_>, add_hsm: impl FnOnce()) {
    let generate = ["key", "generate-symmetric", "aes", "--label", "data", "--key-length-bytes", "32"];
    let refusal = tool.refused(Some(ALICE), &generate);
    assert!(refusal.as_str().is_some_and(|text| text.contains("at least 2 HSMs")), "{refusal}");
    add_hsm();
    assert_eq!(tool.data(None, &["cluster", "hsm-info"])["hsms"].as_array().map(Vec::len), Some(2));
    let made = tool.data(Some(ALICE), &generate);
    assert_eq!(made["key"]["key-info"]["cluster-coverage"], "full", "{made}");
}

/// OpenSSL reads the public key and accepts the signatures.
fn signatures(tool: &Tool<'_>) {
    let path = |name: &str| tool.sim.home().join(name).to_str().expect("temporary paths are UTF-8").to_owned();
    let (public, data, signature) = (path("public.pem"), path("data"), path("signature"));
    fs::write(&data, "four pounds of tea").expect("the temporary directory can be written");
    let pair = ["key", "generate-asymmetric-pair", "rsa", "--modulus-size-bits", "2048", "--public-exponent", "65537"];
    let labels = ["--public-label", "public", "--private-label", "private"];
    let public_for = ["--public-attributes", "verify=true", "wrap=true"];
    let private_for = ["--private-attributes", "sign=true", "unwrap=true"];
    tool.data(Some(ALICE), &[&pair[..], &labels, &public_for, &private_for].concat());
    let file = ["key", "generate-file", "--encoding", "pem", "--path", &public, "--filter", "attr.label=public"];
    tool.data(Some(ALICE), &file);
    let pss = ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:32"];
    for (mechanism, options) in
        [(&["rsa-pkcs"][..], &[][..]), (&["rsa-pkcs-pss", "--mgf", "mgf1-sha256", "--salt-length", "32"], &pss)]
    {
        let message = ["--hash-function", "sha256", "--data-path", &data];
        let sign = [&["crypto", "sign"], mechanism, &["--key-filter", "attr.label=private"], &message].concat();
        let signed = tool.data(Some(ALICE), &sign);
        fs::write(&signature, decode(&signed["signature"])).expect("the temporary directory can be written");
        let verify = ["dgst", "-sha256", "-verify", &public, "-signature", &signature];
        assert_eq!(ssl(&[&verify[..], options, &[&data]].concat()).trim(), "Verified OK");
        let verify = [&["crypto", "verify"], mechanism, &["--key-filter", "attr.label=public"], &message].concat();
        let verified = tool.data(Some(ALICE), &[&verify[..], &["--signature-path", &signature]].concat());
        assert_eq!(verified["message"], "Signature verified successfully");
    }
}

/// What RSA wrapped comes back as the same key.
fn wrapping(tool: &Tool<'_>) {
    let oaep = &["--hash-function", "sha256", "--mgf", "mgf1-sha256"][..];
    let original = tool.data(Some(ALICE), &["key", "list", "--verbose", "--filter", "attr.label=data"]);
    let check = |key: &Value| key["attributes"]["check-value"].clone();
    for (mechanism, parameter) in [("rsa-aes", oaep), ("rsa-oaep", oaep), ("rsa-pkcs", &[])] {
        let keys = ["--payload-filter", "attr.label=data", "--wrapping-filter", "attr.label=public"];
        let wrapped = tool.data(Some(ALICE), &[&["key", "wrap", mechanism], &keys[..], parameter].concat());
        let data = wrapped["wrapped_key_data"].as_str().expect("base64");
        let key = ["--filter", "attr.label=private", "--key-type-class", "aes", "--label", mechanism, "--data", data];
        let unwrapped = tool.data(Some(ALICE), &[&["key", "unwrap", mechanism], &key[..], parameter].concat());
        assert_eq!(check(&unwrapped["key"]), check(&original["matched_keys"][0]), "{mechanism}");
    }
}

/// At the prompt: one session, which a script feeds; the status tells whether all went well.
#[test]
fn at_the_prompt() {
    let sim = Sim::new();
    let login = format!("login --username admin --role admin --password {}\n", sim.ready("co_password"));
    for (script, code) in [
        (
            "user create --username bob --role crypto-user --password bobsPswd1\nuser delete --username bob --role crypto-user\nquit\n",
            0,
        ),
        ("user delete --username bob --role crypto-user\nlogout\n", 1),
        ("users list\n", 1),
    ] {
        let transcript = sim.chsm(&format!("{login}{script}"));
        assert_eq!(transcript.0.code, Some(code), "{transcript:?}");
    }
}
