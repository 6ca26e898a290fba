//! Python's two libraries for PKCS#11.

use crate::common::{self, install};
use crate::run::succeed;
use crate::token::{self, Token};
use crate::way::each_way;

each_way! {
    generic: python_pkcs11, pykcs11;
    cloudhsm: python_pkcs11, pykcs11;
}

fn python_pkcs11(token: &Token) {
    run(token, "python_pkcs11.py");
}

fn pykcs11(token: &Token) {
    run(token, "pykcs11.py");
}

fn run(token: &Token, name: &str) {
    let mut python = token.command(install::python());
    succeed(python.arg(token::source(name)).arg(common::module()).args([token.label(), token.pin()]));
}
