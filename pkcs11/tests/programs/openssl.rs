//! OpenSSL with its engine for PKCS#11 modules.

use std::process::Command;

use crate::common::{self, install};
use crate::pkcs11_tool::tool;
use crate::run::{Running, succeed};
use crate::token::Token;
use crate::way::each_way;

each_way! {
    generic: certificates, decryption, servers;
}

/// Makes the settings of the engine and the keys `rsa` and `ec`.
pub(crate) fn prepare(token: &Token) {
    let settings = format!(
        "openssl_conf = all
        [all]
        engines = engines
        [engines]
        pkcs11 = pkcs11
        [pkcs11]
        engine_id = pkcs11
        dynamic_path = {}
        MODULE_PATH = {}
        PIN = {}
        init = 0
        [req]
        distinguished_name = name
        [name]
        ",
        install::openssl_engine().display(),
        common::module().display(),
        token.pin(),
    );
    token.write("engine.cnf", settings);
    for (label, id, kind) in [("rsa", "01", "rsa:2048"), ("ec", "02", "EC:prime256v1")] {
        let usage = "--usage-sign --usage-decrypt";
        tool(token, &format!("--keypairgen --key-type {kind} --label {label} --id {id} {usage}"));
    }
}

fn openssl(token: &Token, arguments: &str) -> Command {
    let mut command = token.command(install::openssl());
    command.env("OPENSSL_CONF", token.file("engine.cnf")).args(arguments.split_whitespace());
    command
}

/// Makes `LABEL.pem`, a certificate of `localhost` that the token's key signs.
pub(crate) fn self_signed(token: &Token, label: &str) {
    let key = token.uri(label, "private");
    let names = "-subj /CN=localhost -addext subjectAltName=DNS:localhost -addext basicConstraints=critical,CA:TRUE";
    succeed(&mut openssl(
        token,
        &format!("req -new -x509 -engine pkcs11 -keyform engine -key {key} {names} -days 30 -out {label}.pem"),
    ));
}

/// A TLS server with the token's key, and its port.
pub(crate) fn server(token: &Token, label: &str, options: &str) -> (Running, u16) {
    let identity = identity(token, label);
    let server = openssl(token, &format!("s_server -accept localhost:0 -www {identity} {options}"));
    let mut server = Running::start(server);
    let ready = server.line_with("ACCEPT");
    let port = ready.trim_end().rsplit(':').next().unwrap().parse().unwrap();
    (server, port)
}

/// The options that make a peer of a TLS connection use a key of the token.
pub(crate) fn identity(token: &Token, label: &str) -> String {
    format!("-cert {label}.pem -engine pkcs11 -keyform engine -key {}", token.uri(label, "private"))
}

/// A client that trusts the server's certificate and no other.
pub(crate) fn connect(token: &Token, label: &str, port: u16, options: &str) {
    let trust = format!("-verify_return_error -verify_hostname localhost -CAfile {label}.pem");
    let client = openssl(token, &format!("s_client -connect localhost:{port} {trust} {options}"));
    let mut client = Running::start(client);
    client.line_with("Verification: OK");
    client.say("GET / HTTP/1.0\n");
    client.line_with("</HTML>");
}

fn certificates(token: &Token) {
    prepare(token);
    for label in ["rsa", "ec"] {
        self_signed(token, label);
        token.openssl(&format!("verify -check_ss_sig -CAfile {label}.pem {label}.pem"));
        token.openssl("req -new -newkey rsa:2048 -noenc -keyout leaf.key -subj /CN=leaf -out leaf.csr");
        let key = token.uri(label, "private");
        let authority = format!("-CA {label}.pem -CAkey {key} -CAkeyform engine -engine pkcs11 -set_serial 7");
        succeed(&mut openssl(token, &format!("x509 -req -in leaf.csr {authority} -days 30 -out leaf.pem")));
        token.openssl(&format!("verify -CAfile {label}.pem leaf.pem"));
    }
}

fn decryption(token: &Token) {
    prepare(token);
    self_signed(token, "rsa");
    token.write("plain", "what the key opens");
    for padding in ["pkcs1", "oaep"] {
        let padding = format!("-pkeyopt rsa_padding_mode:{padding}");
        token.openssl(&format!("pkeyutl -encrypt -certin -inkey rsa.pem {padding} -in plain -out sealed"));
        let key = token.uri("rsa", "private");
        let opened =
            format!("pkeyutl -decrypt -engine pkcs11 -keyform engine -inkey {key} {padding} -in sealed -out opened");
        succeed(&mut openssl(token, &opened));
        assert_eq!(token.read("opened"), b"what the key opens", "{padding}");
    }
}

fn servers(token: &Token) {
    prepare(token);
    for label in ["rsa", "ec"] {
        self_signed(token, label);
        let (_server, port) = server(token, label, "");
        for version in ["-tls1_2", "-tls1_3"] {
            connect(token, label, port, version);
        }
    }
}
