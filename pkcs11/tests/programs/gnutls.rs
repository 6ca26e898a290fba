//! GnuTLS: `p11tool` and `certtool`. It opens sessions that only read, which the CloudHSM library refuses (documented), so it meets
//! `generic` tokens only. Its version 3.7 makes no Ed25519 keys: it asks for them by the mechanism of their signatures.

use std::process::Command;

use crate::common::{self, install};
use crate::run::{fail, succeed};
use crate::token::Token;
use crate::way::each_way;

each_way! {
    generic: objects, certificates;
}

fn with_pin(token: &Token, program: &str, arguments: &[&str]) -> Command {
    let mut command = token.command(program);
    command.env("GNUTLS_PIN", token.pin()).arg("--provider").arg(common::module()).args(arguments);
    command
}

fn p11tool(token: &Token, arguments: &[&str]) -> String {
    succeed(&mut with_pin(token, install::p11tool(), arguments))
}

fn all(token: &Token) -> String {
    format!("pkcs11:token={}", token.label())
}

fn generate(token: &Token) {
    let (all, common) = (all(token), ["--login", "--batch", "--outfile=generated.pub"]);
    for (label, id, kind) in
        [("rsa", "01", &["--generate-rsa", "--bits=2048"]), ("ec", "02", &["--generate-ecc", "--curve=secp256r1"])]
    {
        let label = format!("--label={label}");
        let id = format!("--id={id}");
        p11tool(token, &[&common[..], kind, &[&label, &id, &all]].concat());
    }
}

fn objects(token: &Token) {
    generate(token);
    let all = all(token);
    let listed = p11tool(token, &["--login", "--list-all", &all]);
    for kind in ["Private key (RSA-2048)", "Public key (RSA-2048)", "Private key (EC/ECDSA-SECP256R1)"] {
        assert!(listed.contains(kind), "{kind} in {listed}");
    }
    for label in ["rsa", "ec"] {
        let tested = p11tool(token, &["--login", "--test-sign", &token.uri(label, "private")]);
        assert_eq!(tested.matches("... ok").count(), 3, "{tested}");
    }

    token.openssl("req -x509 -newkey rsa:2048 -noenc -keyout key.pem -out certificate.pem -subj /CN=imported -days 30");
    p11tool(token, &["--login", "--write", "--load-privkey=key.pem", "--label=imported", "--id=03", &all]);
    p11tool(token, &["--login", "--write", "--load-certificate=certificate.pem", "--label=imported", "--id=03", &all]);
    p11tool(token, &["--export", "--outfile=exported.pem", &token.uri("imported", "cert")]);
    assert_eq!(token.read("exported.pem").trim_ascii(), token.read("certificate.pem").trim_ascii());
    let tested = p11tool(token, &["--login", "--test-sign", &token.uri("imported", "private")]);
    assert!(tested.contains("Verifying against private key parameters... ok"), "{tested}");
    p11tool(token, &["--login", "--delete", "--batch", &token.uri("imported", "cert")]);
    fail(&mut with_pin(token, install::p11tool(), &["--export", &token.uri("imported", "cert")]));
}

fn certificates(token: &Token) {
    generate(token);
    token.write("template", "cn = hsm-sim\nexpiration_days = 30\nca\ncert_signing_key\n");
    for label in ["rsa", "ec"] {
        let keys = [
            format!("--load-privkey={}", token.uri(label, "private")),
            format!("--load-pubkey={}", token.uri(label, "public")),
        ];
        let arguments = ["--generate-self-signed", "--template=template", "--outfile=self.pem", &keys[0], &keys[1]];
        succeed(&mut with_pin(token, install::certtool(), &arguments));
        token.openssl("verify -check_ss_sig -CAfile self.pem self.pem");
    }
}
