//! Keys and certificates that the tests share: making an RSA key is the slow part.

use std::sync::LazyLock;

use hsm_sim_crypto::{
    RsaKeyPair,
    x509::{Field, Subject, Validity, cluster_csr, self_signed_ca, sign_csr},
};

/// 2027-01-15 08:00:00 UTC.
pub(crate) const NOW: i64 = 1_800_000_000;
pub(crate) const YEAR: i64 = 365 * 24 * 60 * 60;
/// Ten years around [`NOW`].
pub(crate) const TEN_YEARS: Validity = Validity { not_before: NOW - YEAR, not_after: NOW + 9 * YEAR };

/// One of four RSA keys of 2048 bits.
pub(crate) fn key(index: usize) -> &'static RsaKeyPair {
    static KEYS: [LazyLock<RsaKeyPair>; 4] = [const { LazyLock::new(make) }; 4];
    fn make() -> RsaKeyPair {
        RsaKeyPair::generate(2048).expect("an RSA key")
    }
    &KEYS[index]
}

pub(crate) fn customer() -> Subject {
    Subject::new()
        .with(Field::Country, "DE")
        .with(Field::Organization, "Example GmbH")
        .with(Field::CommonName, "customer CA")
}

/// A customer's CA, a cluster's request and the certificate that the one gives to the other.
pub(crate) struct Customer {
    pub(crate) ca: String,
    pub(crate) csr: String,
    pub(crate) cluster: String,
}

/// The customer whose CA has key 0; the cluster has key 1.
pub(crate) fn example() -> Customer {
    let ca = self_signed_ca(key(0), &customer(), TEN_YEARS).expect("a customer CA");
    let csr = cluster_csr(key(1), "hsmc0ffee", "1").expect("a request");
    let cluster = sign_csr(&ca, key(0), &csr, [9; 16], TEN_YEARS).expect("a cluster certificate");
    Customer { ca, csr, cluster }
}
