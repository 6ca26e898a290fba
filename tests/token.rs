//! `hsm-sim token` and `hsm-sim pkcs11`, checked against the real `openssl` and `pkcs11-tool` in both directions.

use std::{fs, process::Stdio, thread};

use crate::support::{Options, Outcome, PIN, SO_PIN, Sim, Token, pkcs11_tool};

/// Keys as `openssl` writes them, in every form, and what becomes of them.
#[test]
fn files_of_openssl_are_imported() {
    let token = Token::new();
    let openssl = |line: &str| token.openssl(&line.split(' ').collect::<Vec<_>>());
    openssl("genrsa -out rsa.pem 2048");
    openssl("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -out ec.pem");
    openssl("genpkey -algorithm ed25519 -out ed.pem");
    openssl("pkcs8 -topk8 -in rsa.pem -v2 aes-256-cbc -passout pass:secret-1 -out modern.pem");
    openssl("pkcs8 -topk8 -in ec.pem -v2 des3 -v2prf hmacWithSHA1 -passout pass:secret-1 -outform DER -out old.der");
    openssl("pkcs8 -topk8 -in ed.pem -scrypt -passout pass:secret-1 -out scrypt.pem");
    openssl("rsa -in rsa.pem -traditional -out pkcs1.pem");
    openssl("ec -in ec.pem -outform DER -out sec1.der");
    openssl("pkey -in rsa.pem -pubout -out public.pem");

    let files =
        ["rsa.pem", "ec.pem", "ed.pem", "modern.pem", "old.der", "scrypt.pem", "pkcs1.pem", "sec1.der", "public.pem"];
    for file in files {
        let done = token.as_user(&["import", file, "--label", file, "--password", "secret-1"]).ok();
        assert!(done.stdout.contains(&format!("imported public key '{file}'")), "{done}");
        let exported = token.as_user(&["export", "--label", file, "--class", "public"]).ok();
        let source = match file {
            "old.der" | "sec1.der" => "ec.pem",
            "ed.pem" | "scrypt.pem" => "ed.pem",
            "ec.pem" => "ec.pem",
            _ => "rsa.pem",
        };
        assert_eq!(exported.stdout, openssl(&format!("pkey -in {source} -pubout")).stdout, "{file}");
    }
    let listed = token.pkcs11_tool(&["--list-objects"]).stdout;
    for file in files {
        assert_eq!(listed.matches(file).count(), if file == "public.pem" { 1 } else { 2 }, "{file} in\n{listed}");
    }

    for (arguments, expected) in [
        (&["import", "modern.pem", "--password", "wrong"][..], "the password of the file is wrong"),
        (&["import", "modern.pem"], "its password is needed"),
        (&["import", "nowhere.pem"], "No such file"),
        (&["import", "state/master.key"], "no key or certificate was recognised"),
        (&["export", "--label", "rsa.pem"], "several objects fit"),
        (&["export", "--label", "rsa.pem", "--class", "private"], "the key is sensitive or not extractable"),
        (&["show", "--label", "nothing"], "the token has no such object"),
    ] {
        let refused = token.as_user(arguments);
        assert!(refused.code == Some(1) && refused.stderr.contains(expected), "{refused}");
    }

    token.as_user(&["delete", "--label", "rsa.pem", "--all"]).ok();
    assert!(!token.as_user(&["list", "--objects"]).ok().stdout.contains("rsa.pem"));
}

/// Programs that delete the same objects at once do not get in each other's way.
#[test]
fn what_another_program_deletes_meanwhile_is_passed_over() {
    let token = Token::new();
    fs::write(token.file("aes.hex"), "00112233445566778899aabbccddeeff").expect("a writable folder");
    for _ in 0..20 {
        token.as_user(&["import", "aes.hex", "--secret", "aes", "--hex", "--label", "many"]).ok();
    }
    let delete = || token.as_user(&["delete", "--label", "many", "--all"]);
    let done: Vec<Outcome> = thread::scope(|scope| {
        let programs: Vec<_> = (0..4).map(|_| scope.spawn(delete)).collect();
        programs.into_iter().map(|program| program.join().expect("no panic")).collect()
    });
    for outcome in done {
        assert!(outcome.code == Some(0) || outcome.stderr.contains("the token has no such object"), "{outcome}");
    }
    assert_eq!(token.as_user(&["list", "--objects", "--json"]).json().as_array().map(Vec::len), Some(0));
}

/// What may be read comes out as it went in.
#[test]
fn exportable_keys_come_out() {
    let token = Token::new();
    token.openssl(&["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", "ec.pem"]);
    token.as_user(&["import", "ec.pem", "--label", "ec", "--exportable"]).ok();
    token.as_user(&["export", "--label", "ec", "--class", "private", "--out", "back.pem"]).ok();
    let text = |file: &str| token.openssl(&["pkey", "-in", file, "-text", "-noout"]).stdout;
    assert_eq!(text("back.pem"), text("ec.pem"));

    fs::write(token.file("aes.hex"), "00112233445566778899aabbccddeeff\n").expect("the folder can be written");
    token
        .as_user(&["import", "aes.hex", "--secret", "aes", "--hex", "--label", "aes", "--id", "0a0b", "--exportable"])
        .ok();
    assert_eq!(token.as_user(&["export", "--id", "0a0b"]).ok().stdout, "00112233445566778899aabbccddeeff\n");
    let shown = token.as_user(&["show", "--label", "aes", "--json"]).json();
    assert_eq!((&shown["CKA_CLASS"], &shown["CKA_KEY_TYPE"]), (&"CKO_SECRET_KEY".into(), &"CKK_AES".into()));
    assert_eq!((&shown["CKA_VALUE"], &shown["CKA_VALUE_LEN"]), (&"16 bytes, not shown".into(), &16.into()));
    assert_eq!((&shown["CKA_ENCRYPT"], &shown["CKA_WRAP"]), (&true.into(), &false.into()));
}

/// An archive brings its key and its whole chain, each certificate tied to its key by the id.
#[test]
fn archives_bring_key_and_chain() {
    let token = Token::new();
    let openssl = |line: &str| token.openssl(&line.split(' ').collect::<Vec<_>>());
    openssl("req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -subj /CN=Authority -days 9");
    openssl("req -new -newkey rsa:2048 -nodes -keyout leaf.key -out leaf.csr -subj /CN=leaf.example");
    openssl("x509 -req -in leaf.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out leaf.pem -days 9");
    let export = "pkcs12 -export -inkey leaf.key -in leaf.pem -certfile ca.pem -name friendly -passout pass:secret-1";
    openssl(&format!("{export} -out modern.p12"));
    openssl(&format!("{export} -legacy -out legacy.p12"));
    for file in ["modern.p12", "legacy.p12"] {
        let done = token.as_user(&["import", file, "--password", "secret-1"]).ok();
        assert_eq!(done.stdout.lines().count(), 4, "{done}");
        let objects = token.as_user(&["list", "--objects", "--json"]).json();
        let of = |class: &str, label: &str| {
            let fits = |object: &&serde_json::Value| object["class"] == class && object["label"] == label;
            let objects = objects.as_array().expect("a list");
            objects.iter().find(fits).unwrap_or_else(|| panic!("no {class} '{label}' in {objects:#?}")).clone()
        };
        let key = of("CKO_PRIVATE_KEY", "friendly");
        assert_eq!(key["id"], of("CKO_CERTIFICATE", "friendly")["id"]);
        assert_ne!(key["id"], of("CKO_CERTIFICATE", "Authority")["id"]);
        token.as_user(&["delete", "--class", "private", "--all"]).ok();
        token.as_user(&["delete", "--class", "public", "--all"]).ok();
        token.as_user(&["delete", "--class", "certificate", "--all"]).ok();
    }
    let wrong = token.as_user(&["import", "legacy.p12", "--password", "wrong"]);
    assert!(wrong.stderr.contains("the password of the file is wrong"), "{wrong}");

    // A certificate finds the key that is there already.
    token.as_user(&["import", "leaf.key", "--id", "77", "--label", "leaf"]).ok();
    token.as_user(&["import", "leaf.pem", "--label", "leaf"]).ok();
    token.as_user(&["export", "--id", "77", "--class", "certificate", "--out", "back.pem"]).ok();
    assert_eq!(openssl("x509 -in back.pem -outform PEM").stdout, openssl("x509 -in leaf.pem -outform PEM").stdout);
}

/// Certificates that keys in the token sign for themselves.
#[test]
fn self_signed_certificates_verify() {
    let token = Token::new();
    for key in ["rsa:2048", "ec:P-256", "ec:P-384", "ec:P-521", "ed25519"] {
        let file = format!("{}.pem", key.replace(':', "-"));
        let names = "localhost,IP:127.0.0.1,me@example.com";
        let line = ["self-signed", "--subject", "/O=Example/CN=localhost", "--san", names, "--days", "30"];
        token.as_user(&[&line[..], &["--key", key, "--label", key, "--out", &file]].concat()).ok();
        let verified = token.openssl(&["verify", "-x509_strict", "-CAfile", &file, &file]);
        assert_eq!(verified.stdout, format!("{file}: OK\n"));
        let shown = token.openssl(&["x509", "-in", &file, "-noout", "-subject", "-ext", "subjectAltName"]).stdout;
        assert!(shown.starts_with("subject=O = Example, CN = localhost\n"), "{shown}");
        assert!(shown.contains("DNS:localhost, IP Address:127.0.0.1, email:me@example.com"), "{shown}");
        let again = token.as_user(&["export", "--label", key, "--class", "certificate"]).ok();
        assert_eq!(again.stdout, token.text(&file));
    }
    let listed = token.pkcs11_tool(&["--list-objects", "--type", "cert"]).stdout;
    assert_eq!(listed.matches("Certificate Object").count(), 5, "{listed}");
    // The key signs what openssl checks with the certificate.
    fs::write(token.file("data"), b"signed by the token").expect("the folder can be written");
    let sign = ["--sign", "--label", "rsa:2048", "--mechanism", "SHA256-RSA-PKCS", "-i", "data", "-o", "signature"];
    token.pkcs11_tool(&sign);
    let public = token.as_user(&["export", "--label", "rsa:2048", "--class", "public", "--out", "public.pem"]);
    public.ok();
    token.openssl(&["dgst", "-sha256", "-verify", "public.pem", "-signature", "signature", "data"]);
}

#[test]
fn tokens_are_listed_and_pins_come_from_anywhere() {
    let token = Token::new();
    let tokens = token.run(&["token", "list", "--json"]).json();
    assert_eq!((&tokens[0]["label"], &tokens[0]["state"]), (&"tools".into(), &"ready".into()), "{tokens}");
    let table = token.run(&["token", "list"]).ok().stdout;
    assert!(table.starts_with("CLUSTER ") && table.contains("  tools  generic "), "{table}");

    fs::write(token.file("pin"), format!("{PIN}\n")).expect("the folder can be written");
    token.run(&["token", "list", "--objects", "--pin-file", "pin"]).ok();
    token.run(&["token", "list", "--objects"]).ok();
    let wrong = token.run(&["token", "list", "--objects", "--pin", "wrong-pin"]);
    assert!(wrong.code == Some(1) && wrong.stderr.contains("no login: the PIN is wrong"), "{wrong}");
    let nobody = token.run(&["token", "self-signed", "--subject", "x"]);
    assert!(nobody.code == Some(1) && nobody.stderr.contains("give the user's PIN with --pin, --pin-file"), "{nobody}");
    let short = token.run(&["token", "init", "--so-pin", SO_PIN, "--pin", "abc"]);
    assert!(short.code == Some(1) && short.stderr.contains("must have 4 to 255 bytes"), "{short}");
}

#[test]
fn calls_of_a_program_are_shown() {
    let token = Token::new();
    let module = token.run(&["pkcs11", "path"]).ok().stdout;
    let tool = pkcs11_tool().to_str().expect("the path is UTF-8");
    let spied = ["pkcs11", "spy", "--", tool, "--module", module.trim()];
    let spied = token.run(&[&spied[..], &["--login", "--pin", PIN, "--list-objects"]].concat()).ok();
    assert!(spied.stderr.contains(", user=CKU_USER, pin=***) = CKR_OK "), "{spied}");
    assert!(spied.stderr.contains(" of them refused\n") && !spied.stderr.contains(PIN), "{spied}");
    assert_eq!(token.run(&["pkcs11", "spy", "--", "sh", "-c", "exit 7"]).code, Some(7));

    let environment = token.run(&["pkcs11", "env", "--json"]).json();
    assert_eq!(environment["environment"]["PKCS11_MODULE_PATH"], *module.trim());
    let shell = token.run(&["pkcs11", "env"]).ok().stdout;
    assert!(shell.starts_with("export HSM_SIM_DIR="), "{shell}");
}

/// A crypto user's keys in a `cloudhsm` cluster, through the directory and through the HSM port.
#[test]
fn a_cluster_shows_the_same_from_both_sides() {
    let sim = Sim::start(&Options::ephemeral().arg("--hsm-listen").arg("127.0.0.1:0"));
    sim.as_co("createUser CU alice alicePswd1\ny\n").ok();
    let run = |remote: bool, arguments: &[&str]| {
        let mut command = sim.program();
        command.arg("token").args(arguments).current_dir(sim.home()).stdin(Stdio::null());
        command.env("HSM_SIM_PIN", "alice:alicePswd1");
        if remote {
            command.env("HSM_SIM_SERVER", sim.ready("hsm_endpoint")).env("HSM_SIM_CA", sim.ready("trust_anchor_path"));
        } else {
            command.env("HSM_SIM_DIR", sim.dir());
        }
        let output = command.output().expect("the program can be started");
        Outcome::new(format!("hsm-sim token {} (remote: {remote})", arguments.join(" ")), output)
    };
    fs::write(sim.home().join("aes.hex"), "00112233445566778899aabbccddeeff\n").expect("the folder can be written");
    for remote in [false, true] {
        let listed = run(remote, &["list", "--json"]).json();
        assert_eq!((&listed[0]["label"], &listed[0]["personality"]), (&"hsm1".into(), &"cloudhsm".into()), "{listed}");
        run(remote, &["import", "aes.hex", "--secret", "aes", "--hex", "--label", "aes", "--exportable"]).ok();
        run(remote, &["self-signed", "--subject", "/CN=localhost", "--label", "pair", "--out", "cert.pem"]).ok();
        for looks in [remote, !remote] {
            let objects = run(looks, &["list", "--objects", "--json"]).json();
            let mut labels: Vec<&str> =
                objects.as_array().into_iter().flatten().filter_map(|object| object["label"].as_str()).collect();
            labels.sort_unstable();
            assert_eq!(labels, ["aes", "pair", "pair"], "{objects}");
            let exported = run(looks, &["export", "--label", "aes"]).ok();
            assert_eq!(exported.stdout, "00112233445566778899aabbccddeeff\n");
        }
        run(!remote, &["delete", "--label", "aes"]).ok();
        run(remote, &["delete", "--label", "pair", "--all"]).ok();
    }
    let mut without_ca = sim.program();
    without_ca.args(["token", "list"]).env("HSM_SIM_SERVER", sim.ready("hsm_endpoint")).stdin(Stdio::null());
    let refused = Outcome::new("hsm-sim token list".into(), without_ca.output().expect("the program can be started"));
    assert!(refused.stderr.contains("HSM_SIM_CA must name"), "{refused}");
}
