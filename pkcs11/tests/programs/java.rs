//! Java's SunPKCS11 provider.

use std::process::Command;

use crate::common::{self, install};
use crate::run::succeed;
use crate::token::{self, Token};
use crate::way::each_way;

each_way! {
    generic: keys_and_signatures, ciphers;
}

/// Writes the provider's settings. Agreeing on a secret needs keys that derive, and a secret that Java may read; neither is a default
/// of the standard.
pub(crate) fn prepare(token: &Token) {
    let module = common::module();
    let settings = format!(
        "name = hsm\nlibrary = {}\nslotListIndex = 0\n\
         attributes(generate, CKO_PRIVATE_KEY, CKK_EC) = {{\n  CKA_DERIVE = true\n}}\n\
         attributes(generate, CKO_SECRET_KEY, CKK_GENERIC_SECRET) = {{\n  CKA_SENSITIVE = false\n  CKA_EXTRACTABLE = true\n}}\n",
        module.display()
    );
    token.write("java.cfg", settings);
}

fn keytool(token: &Token, arguments: &str) -> String {
    let mut command = token.command(install::keytool());
    command.args(["-keystore", "NONE", "-storetype", "PKCS11", "-storepass", token.pin()]);
    command.args(["-providerClass", "sun.security.pkcs11.SunPKCS11", "-providerArg", "java.cfg"]);
    succeed(command.args(arguments.split_whitespace()))
}

/// A program of these tests, which Java compiles as it starts it.
pub(crate) fn program(token: &Token, name: &str) -> Command {
    let mut command = token.command(install::java());
    command.arg("-XX:TieredStopAtLevel=1").arg(token::source(name)).arg("java.cfg").arg(token.pin());
    command
}

fn keys_and_signatures(token: &Token) {
    prepare(token);
    keytool(token, "-genkeypair -alias rsa -keyalg RSA -keysize 2048 -dname CN=rsa");
    keytool(token, "-genkeypair -alias ec -keyalg EC -groupname secp256r1 -dname CN=ec");
    let listed = keytool(token, "-list");
    assert!(listed.contains("rsa, PrivateKeyEntry") && listed.contains("ec, PrivateKeyEntry"), "{listed}");
    let signed = succeed(&mut program(token, "Signatures.java"));
    assert!(signed.contains("6 signatures are right"), "{signed}");
    keytool(token, "-delete -alias ec");
    assert!(!keytool(token, "-list").contains("ec, PrivateKeyEntry"));
}

fn ciphers(token: &Token) {
    prepare(token);
    let done = succeed(&mut program(token, "Ciphers.java"));
    assert!(done.contains("all is as Java has it"), "{done}");
}
