//! Programs that use one token at the same time: what one commits the other sees.

use std::thread;

use crate::common::{self, install};
use crate::pkcs11_tool::tool;
use crate::run::Running;
use crate::token::{self, Token};
use crate::way::each_way;
use crate::{java, openssl};

each_way! {
    generic: java_and_python, servers_and_clients;
}

fn java_and_python(token: &Token) {
    java::prepare(token);
    let mut python = token.command(install::python());
    python.arg(token::source("keeper.py")).arg(common::module()).args([token.label(), token.pin()]);
    let mut python = Running::start(python);
    let mut java = Running::start(java::program(token, "Keeper.java"));
    python.line_with("ready");
    java.line_with("ready");

    // Each uses the other's key, made after both had opened the token.
    for maker in ["python", "java"] {
        let maker_program = if maker == "python" { &mut python } else { &mut java };
        maker_program.say(&format!("make of-{maker}"));
        maker_program.line_with("done make");
        python.say(&format!("seal of-{maker} text-under-{maker}"));
        let sealed = python.line_with("");
        python.line_with("done seal");
        java.say(&format!("open of-{maker} {}", sealed.trim_end()));
        java.line_with(&format!("text-under-{maker}"));
        java.line_with("done open");
    }
    python.say("destroy of-java");
    python.line_with("done destroy");
    let listed = tool(token, "--list-objects");
    assert!(listed.contains("of-python") && !listed.contains("of-java"), "{listed}");
}

/// TLS servers and clients with keys of one token, which prove them to each other, and keys made and destroyed meanwhile.
fn servers_and_clients(token: &Token) {
    openssl::prepare(token);
    for label in ["rsa", "ec"] {
        openssl::self_signed(token, label);
    }
    let trusting = |label| format!("-Verify 1 -verify_return_error -CAfile {label}.pem");
    let (_one, first) = openssl::server(token, "rsa", &trusting("ec"));
    let (_two, second) = openssl::server(token, "ec", &trusting("rsa"));
    thread::scope(|scope| {
        for (server, port, client) in [("rsa", first, "ec"), ("ec", second, "rsa")] {
            scope.spawn(move || {
                let identity = openssl::identity(token, client);
                (0..3).for_each(|_| openssl::connect(token, server, port, &identity));
            });
        }
        for _ in 0..3 {
            tool(token, "--keygen --key-type AES:32 --id 77");
            tool(token, "--delete-object --type secrkey --id 77");
        }
    });
}
