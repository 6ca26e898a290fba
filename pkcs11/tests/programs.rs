//! The module under programs that know nothing of it.

mod common;

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use crate::common::{SO_PIN, USER_PIN, install};

fn tool(directory: &Path, arguments: &[&dyn AsRef<OsStr>]) -> Output {
    let mut command = Command::new(install::pkcs11_tool());
    command.env("HSM_SIM_DIR", directory).arg("--module").arg(common::module());
    let output = command.args(arguments.iter().map(|argument| argument.as_ref())).output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "pkcs11-tool failed:\n{out}\n{err}");
    output
}

fn prepared() -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    tool(at, &[&"--init-token", &"--label", &"tool", &"--so-pin", &SO_PIN]);
    tool(at, &[&"--init-pin", &"--login", &"--login-type", &"so", &"--so-pin", &SO_PIN, &"--pin", &USER_PIN]);
    directory
}

#[test]
fn pkcs11_tool_works() {
    let directory = prepared();
    let at = directory.path();
    let login: [&dyn AsRef<OsStr>; 3] = [&"--login", &"--pin", &USER_PIN];
    let with = |arguments: &[&dyn AsRef<OsStr>]| tool(at, &[&login, arguments].concat());

    with(&[&"--keygen", &"--key-type", &"AES:32", &"--label", &"aes", &"--id", &"01"]);
    with(&[&"--keypairgen", &"--key-type", &"rsa:2048", &"--label", &"rsa", &"--id", &"02"]);
    let objects = with(&[&"--list-objects"]);
    let listed = String::from_utf8_lossy(&objects.stdout).into_owned();
    assert!(listed.contains("Secret Key Object; AES length 32") && listed.contains("Public Key Object; RSA 2048 bits"));

    let (plain, sealed, opened) = (at.join("plain"), at.join("sealed"), at.join("opened"));
    fs::write(&plain, b"what the tool encrypts").unwrap();
    let cbc: [&dyn AsRef<OsStr>; 6] =
        [&"--mechanism", &"AES-CBC-PAD", &"--iv", &"000102030405060708090a0b0c0d0e0f", &"--id", &"01"];
    with(&[&cbc[..], &[&"--encrypt", &"-i", &plain, &"-o", &sealed]].concat());
    with(&[&cbc[..], &[&"--decrypt", &"-i", &sealed, &"-o", &opened]].concat());
    assert_eq!(fs::read(&opened).unwrap(), b"what the tool encrypts");

    let tested = with(&[&"--test"]);
    assert!(String::from_utf8_lossy(&tested.stdout).contains("No errors"));
    with(&[&"--test-fork"]);
}

const PYTHON: &str = r"
import sys, pkcs11
from pkcs11 import KeyType, Mechanism
token = pkcs11.lib(sys.argv[1]).get_token(token_label='tool')
with token.open(rw=True, user_pin=sys.argv[2]) as session:
    key = session.generate_key(KeyType.AES, 256, store=False)
    iv = session.generate_random(128)
    assert key.decrypt(key.encrypt(b'hello', mechanism_param=iv), mechanism_param=iv) == b'hello'
    public, private = session.generate_keypair(KeyType.RSA, 2048)
    signature = private.sign(b'data', mechanism=Mechanism.SHA512_RSA_PKCS)
    assert public.verify(b'data', signature, mechanism=Mechanism.SHA512_RSA_PKCS)
    assert private.decrypt(public.encrypt(b'secret')) == b'secret'
";

#[test]
fn python_works() {
    let directory = prepared();
    let mut command = Command::new(install::python());
    command.env("HSM_SIM_DIR", directory.path()).args(["-c", PYTHON]).arg(common::module()).arg(USER_PIN);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
