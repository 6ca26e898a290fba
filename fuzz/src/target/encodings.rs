//! Keys, points, curves and saved states as other programs encode them. What is read can be written, and reads again as the same.

use crypto::asymmetric::curve::{Curve, Params};
use crypto::asymmetric::{ec, ed25519, ml_dsa, ml_kem, rsa, x25519};
use crypto::hash::Hasher;
use crypto::x509;

use crate::input::Input;

pub(super) fn run(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let which = input.below(16);
    let document = input.rest();
    match which {
        0 => drop(Params::parse(document)),
        1 => {
            for curve in Curve::ALL {
                let point = curve.unwrap_point(document);
                drop(ec::PublicKey::new(curve, point).map(|key| key.to_spki()));
            }
        }
        2 => {
            if let Ok(key) = ec::PrivateKey::from_pkcs8(document) {
                let written = key.to_pkcs8().expect("a key that was read can be written");
                ec::PrivateKey::from_pkcs8(written.expose()).expect("what was written can be read");
            }
        }
        3 => drop(ec::PrivateKey::from_sec1(document)),
        4 => drop(ec::PublicKey::from_spki(document).map(|key| key.to_spki())),
        5 => {
            if let Ok(key) = rsa::PrivateKey::from_pkcs8(document) {
                let written = key.to_pkcs8().expect("a key that was read can be written");
                rsa::PrivateKey::from_pkcs8(written.expose()).expect("what was written can be read");
            }
        }
        6 => drop(rsa::PrivateKey::from_pkcs1(document)),
        7 => drop(rsa::PublicKey::from_spki(document).map(|key| key.to_spki())),
        8 => drop(import(document)),
        9 => {
            drop(ed25519::PrivateKey::from_pkcs8(document));
            drop(ed25519::PublicKey::from_spki(document));
            drop(ed25519::PublicKey::new(document));
        }
        10 => {
            drop(x25519::PrivateKey::from_pkcs8(document));
            drop(x25519::from_spki(document));
            drop(x25519::PrivateKey::new(document));
        }
        11 => {
            drop(ml_dsa::PrivateKey::from_pkcs8(document));
            drop(ml_dsa::PublicKey::from_spki(document));
        }
        12 => {
            drop(ml_kem::PrivateKey::from_pkcs8(document));
            drop(ml_kem::PublicKey::from_spki(document));
        }
        13 => {
            if let Ok(hasher) = Hasher::restore(document) {
                let saved = hasher.save();
                assert!(Hasher::restore(saved.expose()).is_ok(), "a saved state cannot be restored");
                drop(hasher.finish());
            }
        }
        _ => {
            let text = String::from_utf8_lossy(document);
            drop(x509::fingerprint(&text));
            drop(x509::same_certificate(&text, &text));
            drop(x509::issued_by(&text, &text));
        }
    }
}

/// A private key of RSA from parts of equal length.
fn import(document: &[u8]) -> crypto::Result<rsa::PrivateKey> {
    let length = (document.len() / 5).max(1);
    let mut parts = document.chunks(length);
    let mut part = || parts.next().unwrap_or_default();
    let (modulus, public_exponent, private_exponent) = (part(), part(), part());
    let primes = (part(), part());
    rsa::PrivateKey::import(&rsa::Import {
        modulus,
        public_exponent,
        private_exponent,
        primes: (!primes.1.is_empty()).then_some(primes),
        crt: None,
    })
}
