//! Files of keys and certificates: what `openssl` wrote is read, and no bytes whatever bring the reader down.

use std::path::Path;
use std::process::Command;

use hsm_sim_crypto::keyfile::{self, Content};
use hsm_sim_crypto::{Error, Password};
use proptest::prelude::*;

/// Runs `openssl` in a folder; gives what it wrote to the file `out` in it.
fn openssl(folder: &Path, line: &str) -> Vec<u8> {
    let output = Command::new("openssl").args(line.split(' ')).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "openssl {line}:\n{}", String::from_utf8_lossy(&output.stderr));
    std::fs::read(folder.join("out")).unwrap_or_default()
}

/// One file of every form, all of them with the password `secret` if they have one; cheap to open.
fn samples() -> Vec<(&'static str, Vec<u8>)> {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    openssl(at, "ecparam -name prime256v1 -genkey -noout -out key");
    openssl(at, "req -x509 -new -key key -subj /CN=sample -days 9 -out cert");
    let mut samples = Vec::new();
    let mut add = |name, line: &str| samples.push((name, openssl(at, &format!("{line} -out out"))));
    add("SEC1", "ec -in key -outform DER");
    add("SEC1 as PEM", "ec -in key");
    add("PKCS#8", "pkcs8 -topk8 -nocrypt -in key -outform DER");
    add("PKCS#8 as PEM", "pkcs8 -topk8 -nocrypt -in key");
    add("encrypted", "pkcs8 -topk8 -in key -v2 aes-128-cbc -iter 2 -passout pass:secret -outform DER");
    add("encrypted as PEM", "pkcs8 -topk8 -in key -v2 aes-256-cbc -iter 2 -passout pass:secret");
    add("scrypt", "pkcs8 -topk8 -in key -scrypt -scrypt_N 16 -passout pass:secret -outform DER");
    add("public", "pkey -in key -pubout -outform DER");
    add("certificate", "x509 -in cert -outform DER");
    add("certificate as PEM", "x509 -in cert");
    add("PKCS#12", "pkcs12 -export -inkey key -in cert -iter 2 -passout pass:secret");
    add("old PKCS#12", "pkcs12 -export -legacy -inkey key -in cert -iter 2 -passout pass:secret");
    samples
}

#[test]
fn every_form_is_read() {
    let secret = Password::from("secret");
    for (name, file) in samples() {
        let entries = keyfile::read(&file, Some(&secret)).unwrap_or_else(|error| panic!("{name}: {error}"));
        let kinds: Vec<&str> = entries
            .iter()
            .map(|entry| match entry.content {
                Content::PrivateKey(_) => "private",
                Content::PublicKey(_) => "public",
                Content::Certificate(_) => "certificate",
            })
            .collect();
        let expected: &[&str] = match name {
            "public" => &["public"],
            "certificate" | "certificate as PEM" => &["certificate"],
            "PKCS#12" | "old PKCS#12" => &["private", "certificate"],
            _ => &["private"],
        };
        assert_eq!(kinds, expected, "{name}");
        let encrypted = name.contains("encrypted") || name == "scrypt" || name.contains("PKCS#12");
        let without = keyfile::read(&file, None).err();
        assert_eq!(without, encrypted.then_some(Error::FilePasswordNeeded), "{name}");
        if encrypted {
            let wrong = keyfile::read(&file, Some(&Password::from("wrong"))).err();
            // A cipher without a code accepts one wrong password in 256, and gives what is no key.
            assert!(matches!(wrong, Some(Error::FilePasswordWrong | Error::KeyMaterial { .. })), "{name}: {wrong:?}");
        }
    }
}

#[test]
fn what_cannot_be_imported_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let file = |line: &str| openssl(at, line);
    let traditional = {
        file("genrsa -out key 1024");
        file("rsa -in key -traditional -aes128 -passout pass:secret -out out")
    };
    let request = file("req -new -key key -subj /CN=x -out out");
    let other_algorithm = file("genpkey -algorithm rsa-pss -pkeyopt rsa_keygen_bits:1024 -out out");
    let old_scheme = file("pkcs8 -topk8 -in key -v1 PBE-SHA1-3DES -passout pass:secret -out out");
    for (file, expected) in [
        (&traditional[..], "the file is encrypted by PEM's own encryption"),
        (&request, "the file holds a PEM block 'CERTIFICATE REQUEST', which cannot be imported"),
        (&other_algorithm, "the file holds a key for RSASSA-PSS only, which cannot be imported"),
        (&old_scheme, "the file is encrypted by pbeWithSHA1And3-KeyTripleDES-CBC, which is not supported"),
        (b"", "no key or certificate was recognised"),
        (b"-----BEGIN ", "no key or certificate was recognised"),
        (b"0\x03\x02\x01\x03", "the PKCS#12 archive is malformed"),
    ] {
        let error = keyfile::read(file, Some(&Password::from("secret"))).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}

/// Damaged in a few places: some bytes changed, the end cut off.
fn damaged(samples: Vec<(&'static str, Vec<u8>)>) -> impl Strategy<Value = Vec<u8>> {
    let places = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4);
    (prop::sample::select(samples), places, prop::option::of(any::<prop::sample::Index>())).prop_map(
        |((_, mut file), places, cut)| {
            for (place, byte) in places {
                let at = place.index(file.len());
                file[at] = byte;
            }
            if let Some(cut) = cut {
                file.truncate(cut.index(file.len()));
            }
            file
        },
    )
}

#[test]
fn no_damage_brings_the_reader_down() {
    let secret = Password::from("secret");
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(400));
    let read = |file: Vec<u8>| {
        // Any answer will do, as long as there is one.
        let _ = keyfile::read(&file, Some(&secret));
        let _ = keyfile::read(&file, None);
        Ok(())
    };
    runner.run(&damaged(samples()), read).unwrap();
    runner.run(&prop::collection::vec(any::<u8>(), 0..200), read).unwrap();
}
