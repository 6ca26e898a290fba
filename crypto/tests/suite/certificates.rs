//! Making and comparing certificates with nothing but this crate.

use hsm_sim_crypto::{
    Error,
    x509::{
        Field, Issue, Subject, Validity, check_cluster_certificate, cluster_csr, fingerprint, issue, issued_by,
        same_certificate, self_signed_ca, sign_csr,
    },
};
use proptest::prelude::*;

use crate::world::{Customer, NOW, TEN_YEARS, customer, example, key};

#[test]
fn a_customers_certificates_pass() {
    let Customer { ca, csr, cluster } = example();
    assert_eq!(check_cluster_certificate(&csr, &cluster, &ca, NOW), Ok(()));
    for moment in [TEN_YEARS.not_before, TEN_YEARS.not_after] {
        assert_eq!(check_cluster_certificate(&csr, &cluster, &ca, moment), Ok(()), "both ends are included");
    }
}

#[test]
fn the_cluster_name_is_written_in_its_order() {
    let expected = "/C=US/ST=CA/O=Cavium/OU=N3FIPS/L=SanJose/CN=HSM:hsmc0ffee:PARTN:1, for FIPS mode";
    assert_eq!(Subject::cluster("hsmc0ffee", "1").to_string(), expected);
}

#[test]
fn certificates_of_the_same_inputs_are_the_same() {
    let (one, again) = (example(), example());
    assert_eq!((one.ca, one.csr, one.cluster), (again.ca, again.csr, again.cluster));
}

#[test]
fn identity_ignores_how_the_text_is_laid_out() {
    let Customer { ca, cluster, .. } = example();
    let body: String = ca.lines().filter(|line| !line.starts_with("-----")).collect();
    let variants = [
        ca.replace('\n', "\r\n"),
        format!("Certificate:\n    Data:\n        Version: 3\n{ca}\nsome text after it\n"),
        format!("-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----"),
        ca.trim_end().to_owned(),
    ];
    for variant in &variants {
        assert_eq!(same_certificate(&ca, variant), Ok(true), "{variant}");
        assert_eq!(fingerprint(&ca), fingerprint(variant), "{variant}");
        assert_eq!(issued_by(&cluster, variant), Ok(true), "{variant}");
    }
    assert_eq!(same_certificate(&ca, &cluster), Ok(false));
    assert_ne!(fingerprint(&ca), fingerprint(&cluster));
}

#[test]
fn issued_by_needs_name_and_key() {
    let Customer { ca, cluster, .. } = example();
    let other_name = self_signed_ca(key(0), &Subject::common_name("another name"), TEN_YEARS).expect("a CA");
    let other_key = self_signed_ca(key(2), &customer(), TEN_YEARS).expect("a CA");
    for (anchor, expected) in [(&ca, true), (&other_name, false), (&other_key, false), (&cluster, false)] {
        assert_eq!(issued_by(&cluster, anchor), Ok(expected));
    }
    let renewed = self_signed_ca(key(0), &customer(), Validity { not_before: 0, not_after: NOW }).expect("a CA");
    assert_eq!(issued_by(&cluster, &renewed), Ok(true), "a renewed anchor of the same name and key");
}

#[test]
fn a_request_must_be_signed_by_its_own_key() {
    let ca = example().ca;
    let csr = cluster_csr(key(1), "hsmc0ffee", "1").expect("a request");
    let lines: Vec<&str> = csr.lines().collect();
    // The signature stands at the end: swap two characters well inside its base64.
    let at = lines.len() - 3;
    let damaged: String = lines
        .iter()
        .enumerate()
        .map(|(number, line)| if number == at { line.chars().rev().collect::<String>() } else { (*line).to_owned() } + "\n")
        .collect();
    assert_eq!(sign_csr(&ca, key(0), &damaged, [1; 16], TEN_YEARS), Err(Error::RequestSignature));
}

#[test]
fn impossible_names_and_validities_are_refused() {
    let long = "x".repeat(65);
    let names = [(Field::Country, "DEU"), (Field::Country, "ü"), (Field::CommonName, ""), (Field::Organization, &long)];
    for (field, value) in names {
        let refused = self_signed_ca(key(0), &Subject::new().with(field, value), TEN_YEARS);
        assert_eq!(refused, Err(Error::Name { attribute: field.short_name(), value: value.to_owned() }));
    }
    for (not_before, not_after) in [(-1, 5), (5, 4), (0, i64::MAX), (i64::MIN, 0), (0, 253_402_300_800)] {
        let refused = self_signed_ca(key(0), &customer(), Validity { not_before, not_after });
        assert_eq!(refused, Err(Error::Validity { not_before, not_after }));
    }
    let request =
        Issue { subject: &customer(), public_key_der: b"no key", ca: false, serial: [1; 16], validity: TEN_YEARS };
    let refused = issue(&example().ca, key(0), &request);
    assert!(matches!(refused, Err(Error::Malformed { label: "PUBLIC KEY", .. })), "{refused:?}");
}

#[test]
fn years_from_2050_are_written_in_their_own_form() {
    // 2049-12-31 23:59:59 is the last UTCTime; the last GeneralizedTime is 9999-12-31 23:59:59.
    for not_after in [2_524_607_999, 2_524_608_000, 253_402_300_799] {
        let ca = self_signed_ca(key(0), &customer(), Validity { not_before: 0, not_after }).expect("a CA");
        let csr = cluster_csr(key(1), "hsmc0ffee", "1").expect("a request");
        let cluster =
            sign_csr(&ca, key(0), &csr, [0; 16], Validity { not_before: 0, not_after }).expect("a certificate");
        assert_eq!(check_cluster_certificate(&csr, &cluster, &ca, not_after), Ok(()), "{not_after}");
        assert!(check_cluster_certificate(&csr, &cluster, &ca, not_after + 1).is_err(), "{not_after}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// Whatever text arrives, reading it ends in an answer.
    #[test]
    fn damaged_certificates_never_panic(at: prop::sample::Index, replacement: char, text: String) {
        static EXAMPLE: std::sync::LazyLock<Customer> = std::sync::LazyLock::new(example);
        let Customer { ca, csr, cluster } = &*EXAMPLE;
        let damage = |pem: &str| {
            let at = at.index(pem.len());
            format!("{}{replacement}{}", &pem[..at], &pem[at + 1..])
        };
        let _ = check_cluster_certificate(&damage(csr), cluster, ca, NOW);
        let _ = check_cluster_certificate(csr, &damage(cluster), ca, NOW);
        let _ = check_cluster_certificate(csr, cluster, &damage(ca), NOW);
        prop_assert!(fingerprint(&text).is_err());
        let framed = format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n");
        prop_assert!(fingerprint(&framed).is_err());
    }
}
