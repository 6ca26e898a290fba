//! Certificates of mutual TLS as customers make them with the `openssl` program (documented commands).

use hsm_sim_crypto::keyfile::{self, Content};
use hsm_sim_crypto::x509::{AnchorProblem, CertificateProblem, ClientAnchor, ClientChain, Presented};

use crate::openssl::{Bench, today};

/// A root, an intermediate CA below it and a client of each, with keys made by these arguments of `openssl`.
fn customer(key: &str) -> Bench {
    let bench = Bench::new();
    let subject = |name: &str| format!("-subj /O=Example/CN={name}");
    bench.openssl(&format!("req -new -x509 -days 90 -nodes {key} -keyout root.key -out root.crt {}", subject("root")));
    for (name, issuer) in [("client", "root"), ("middle", "root"), ("below", "middle")] {
        bench.openssl(&format!("req -new -nodes {key} -keyout {name}.key -out {name}.csr {}", subject(name)));
        bench.openssl(&format!(
            "x509 -req -days 90 -in {name}.csr -CA {issuer}.crt -CAkey {issuer}.key -CAcreateserial -out {name}.crt"
        ));
    }
    bench
}

fn chain(bench: &Bench, files: &[&str]) -> ClientChain {
    ClientChain::from_pem(&text(bench, files)).unwrap()
}

fn text(bench: &Bench, files: &[&str]) -> String {
    files.iter().map(|file| bench.read(file)).collect()
}

#[test]
fn chains_lead_to_anchors() {
    for key in [
        "-newkey rsa:2048",
        "-newkey ec -pkeyopt ec_paramgen_curve:P-384",
        "-newkey ec -pkeyopt ec_paramgen_curve:P-521",
    ] {
        let (own, other) = (customer(key), customer(key));
        let anchor = |files: &[&str]| ClientAnchor::from_pem(&text(&own, files)).unwrap();
        let root = anchor(&["root.crt"]);
        let middle = anchor(&["middle.crt", "root.crt"]);
        for (files, at_root, at_middle) in [
            (&["client.crt"][..], true, true),
            (&["client.crt", "root.crt"], true, true),
            (&["below.crt"], false, true),
            (&["below.crt", "middle.crt"], true, true),
            (&["below.crt", "middle.crt", "root.crt"], true, true),
            (&["root.crt"], true, true),
        ] {
            let presented = chain(&own, files);
            assert_eq!(
                (presented.leads_to(&root), presented.leads_to(&middle)),
                (at_root, at_middle),
                "{key} {files:?}"
            );
            // The names are the same, the keys are not.
            let foreign = chain(&other, files);
            assert!(!foreign.leads_to(&root) && !foreign.leads_to(&middle), "{key} {files:?}");
        }
        assert_eq!(anchor(&["root.crt", "middle.crt"]).fingerprint().len(), 32);
        assert_ne!(root.fingerprint(), middle.fingerprint());
    }
}

#[test]
fn what_is_no_anchor() {
    let bench = customer("-newkey ec -pkeyopt ec_paramgen_curve:P-256");
    bench.openssl("req -new -x509 -days 90 -nodes -newkey ec -pkeyopt ec_paramgen_curve:secp256k1 -keyout k.key -out other.crt -subj /CN=k");
    for (text, problem) in [
        (String::new(), AnchorProblem::Unreadable),
        ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n".to_owned(), AnchorProblem::Unreadable),
        (bench.read("root.key"), AnchorProblem::Unreadable),
        (bench.read("other.crt"), AnchorProblem::Key),
        (bench.read("middle.crt"), AnchorProblem::Chain),
        (text(&bench, &["client.crt", "middle.crt", "root.crt"]), AnchorProblem::Chain),
    ] {
        assert_eq!(ClientAnchor::from_pem(&text).unwrap_err(), problem, "{text}");
    }
}

#[test]
fn a_client_shows_its_key_while_its_certificate_is_valid() {
    let bench = customer("-newkey rsa:2048");
    let presented = chain(&bench, &["client.crt", "root.crt"]);
    let entries = keyfile::read(bench.read("client.key").as_bytes(), None).unwrap();
    let Some(Content::PrivateKey(key)) = entries.into_iter().next().map(|entry| entry.content) else {
        panic!("openssl wrote a private key")
    };
    let spki = key.public_key().unwrap().to_spki().unwrap();
    let now = today();
    assert_eq!(presented.valid_key(now), Ok(spki));
    let which = Presented::ClientCertificate;
    assert_eq!(presented.valid_key(now - 86_400), Err(CertificateProblem::NotYetValid(which)));
    assert_eq!(presented.valid_key(now + 91 * 86_400), Err(CertificateProblem::Expired(which)));
    assert!(ClientChain::from_pem("").is_err() && ClientChain::from_der([]).is_err());
}
