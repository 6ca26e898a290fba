//! RSA key pairs.

use hsm_sim_crypto::{Error, RsaKeyPair};

use crate::world::key;

#[test]
fn a_key_survives_pkcs8() {
    let pair = key(0);
    let document = pair.to_pkcs8().expect("a PKCS#8 document");
    let read = RsaKeyPair::from_pkcs8(document.expose()).expect("the document reads back");
    assert_eq!(read.public_key_der(), pair.public_key_der());
    assert_eq!(read.bits(), 2048);
    // PKCS#1 v1.5 is deterministic, so equal signatures mean equal private keys.
    assert_eq!(read.sign_sha256(b"message"), pair.sign_sha256(b"message"));
}

#[test]
fn other_sizes_and_documents_are_refused() {
    for bits in [0, 512, 1024, 2047, 2049, 8192] {
        assert_eq!(RsaKeyPair::generate(bits).map(drop), Err(Error::RsaKeySize { bits }));
    }
    let document = key(0).to_pkcs8().expect("a PKCS#8 document");
    let cut = &document.expose()[..document.len() - 1];
    for bad in [&[][..], b"not DER", cut, key(0).public_key_der()] {
        assert_eq!(RsaKeyPair::from_pkcs8(bad).map(drop), Err(Error::RsaKeyRejected));
    }
}

#[test]
fn debug_shows_the_size_only() {
    assert_eq!(format!("{:?}", key(0)), "RsaKeyPair(<2048 bits>)");
}
