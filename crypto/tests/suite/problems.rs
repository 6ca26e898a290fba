//! Every check of InitializeCluster, provoked.

use hsm_sim_crypto::{
    Error,
    x509::{
        CertificateProblem, Issue, Presented, Subject, Validity, check_cluster_certificate, cluster_csr, issue,
        self_signed_ca, sign_csr,
    },
};

use crate::{
    openssl::{Bench, customer_with_openssl, today},
    world::{Customer, NOW, TEN_YEARS, customer, example, key},
};

fn check(csr: &str, signed: &str, anchor: &str) -> Result<(), CertificateProblem> {
    check_cluster_certificate(csr, signed, anchor, NOW)
}

#[test]
fn each_text_must_be_one_certificate() {
    let Customer { ca, csr, cluster } = example();
    let twice = format!("{cluster}{ca}");
    let cut = &cluster[..cluster.len() / 2];
    let private = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    let texts = [
        ("", "no PEM block"),
        ("just text", "no PEM block"),
        (&twice, "2 PEM blocks"),
        (&csr, "a block of another kind"),
        (private, "a block of another kind"),
        (cut, "a damaged block"),
    ];
    for (text, reason) in texts {
        for (which, checked) in [
            (Presented::SignedCertificate, check(&csr, text, &ca)),
            (Presented::TrustAnchor, check(&csr, &cluster, text)),
        ] {
            let Err(CertificateProblem::NotOneCertificate(told, Error::Pem { found, .. })) = &checked else {
                panic!("{text:?}: {checked:?}");
            };
            assert!(*told == which && found.starts_with(reason), "{text:?}: {checked:?}");
        }
    }
    let request = check(&cluster, &cluster, &ca);
    assert!(matches!(request, Err(CertificateProblem::Request(Error::Pem { .. }))), "{request:?}");
}

#[test]
fn a_certificate_must_be_x509() {
    let Customer { ca, csr, cluster } = example();
    let no_der = "-----BEGIN CERTIFICATE-----\nAAAAAAAA\n-----END CERTIFICATE-----\n";
    let signed = check(&csr, no_der, &ca);
    assert!(matches!(signed, Err(CertificateProblem::Malformed(Presented::SignedCertificate, _))), "{signed:?}");
    let anchor = check(&csr, &cluster, no_der);
    assert!(matches!(anchor, Err(CertificateProblem::Malformed(Presented::TrustAnchor, _))), "{anchor:?}");
}

#[test]
fn the_anchor_must_have_an_rsa_key_of_2048_or_4096_bits() {
    let keys = [
        ("-newkey rsa:3072", Some(3072)),
        ("-newkey rsa:2056", Some(2056)),
        ("-newkey ec -pkeyopt ec_paramgen_curve:prime256v1", None),
        ("-newkey rsa-pss -pkeyopt rsa_keygen_bits:2048", None),
    ];
    for (options, bits) in keys {
        let bench = Bench::new();
        let Customer { ca, csr, cluster } = customer_with_openssl(&bench, options, "");
        let checked = check_cluster_certificate(&csr, &cluster, &ca, today());
        assert_eq!(checked, Err(CertificateProblem::AnchorKey { bits }), "{options}");
    }
}

#[test]
fn an_anchor_with_extensions_needs_basic_constraints_of_an_authority() {
    let header = "[req]\ndistinguished_name=dn\nx509_extensions=ext\n[dn]\n[ext]\n";
    let extensions = [
        ("subjectAltName=DNS:example.com", CertificateProblem::AnchorBasicConstraints),
        ("basicConstraints=CA:FALSE", CertificateProblem::AnchorNotAuthority),
    ];
    for (extension, problem) in extensions {
        let bench = Bench::new();
        bench.write("ca.cnf", format!("{header}{extension}\n"));
        let Customer { ca, csr, cluster } = customer_with_openssl(&bench, "-config ca.cnf", "");
        assert_eq!(check_cluster_certificate(&csr, &cluster, &ca, today()), Err(problem), "{extension}");
    }
}

#[test]
fn the_anchor_must_be_self_signed() {
    let Customer { ca, csr, .. } = example();
    let subject = Subject::common_name("intermediate");
    let request = Issue {
        subject: &subject,
        public_key_der: key(2).public_key_der(),
        ca: true,
        serial: [3; 16],
        validity: TEN_YEARS,
    };
    let intermediate = issue(&ca, key(0), &request).expect("an intermediate CA");
    let signed = sign_csr(&intermediate, key(2), &csr, [4; 16], TEN_YEARS).expect("a certificate");
    assert_eq!(check(&csr, &signed, &intermediate), Err(CertificateProblem::AnchorNotSelfSigned));
    // The right name is not enough: this one names itself as the issuer but another key signed it.
    let own_name = Issue { subject: &customer(), ..request };
    let forged = issue(&ca, key(0), &own_name).expect("a certificate");
    assert_eq!(check(&csr, &signed, &forged), Err(CertificateProblem::AnchorNotSelfSigned));
    // A chain through an intermediate is no direct issue.
    assert_eq!(check(&csr, &signed, &ca), Err(CertificateProblem::NotIssuedByAnchor));
}

#[test]
fn the_certified_key_must_be_the_requested_one() {
    let Customer { ca, cluster, .. } = example();
    let other = cluster_csr(key(2), "hsmc0ffee", "1").expect("a request");
    assert_eq!(check(&other, &cluster, &ca), Err(CertificateProblem::KeyMismatch));
    assert_eq!(check(&other, &ca, &ca), Err(CertificateProblem::KeyMismatch), "the two parameters exchanged");
}

#[test]
fn the_anchor_must_have_signed() {
    let Customer { csr, cluster, .. } = example();
    let same_name = self_signed_ca(key(2), &customer(), TEN_YEARS).expect("a CA");
    assert_eq!(check(&csr, &cluster, &same_name), Err(CertificateProblem::Signature));
    let other_name = self_signed_ca(key(0), &Subject::common_name("other"), TEN_YEARS).expect("a CA");
    assert_eq!(check(&csr, &cluster, &other_name), Err(CertificateProblem::NotIssuedByAnchor));
}

#[test]
fn weak_signatures_are_refused() {
    for options in ["-sha1", "-sigopt rsa_padding_mode:pss"] {
        let bench = Bench::new();
        let Customer { ca, csr, cluster } = customer_with_openssl(&bench, "", options);
        let checked = check_cluster_certificate(&csr, &cluster, &ca, today());
        assert_eq!(checked, Err(CertificateProblem::Signature), "{options}");
    }
}

#[test]
fn both_must_be_valid_now() {
    let Validity { not_before, not_after } = TEN_YEARS;
    let csr = example().csr;
    let short = Validity { not_before: NOW, not_after: NOW + 10 };
    let ca = |validity| self_signed_ca(key(0), &customer(), validity).expect("a CA");
    let signed = |ca: &str, validity| sign_csr(ca, key(0), &csr, [5; 16], validity).expect("a certificate");
    let (long_ca, short_ca) = (ca(TEN_YEARS), ca(short));
    let (long, brief) = (signed(&long_ca, TEN_YEARS), signed(&long_ca, short));
    use CertificateProblem::{Expired, NotYetValid};
    use Presented::{SignedCertificate, TrustAnchor};
    let cases = [
        (&long, &long_ca, NOW, Ok(())),
        (&brief, &long_ca, NOW - 1, Err(NotYetValid(SignedCertificate))),
        (&brief, &long_ca, NOW + 11, Err(Expired(SignedCertificate))),
        (&long, &short_ca, NOW - 1, Err(NotYetValid(TrustAnchor))),
        (&long, &short_ca, NOW + 11, Err(Expired(TrustAnchor))),
        (&long, &long_ca, not_before - 1, Err(NotYetValid(SignedCertificate))),
        (&long, &long_ca, not_after + 1, Err(Expired(SignedCertificate))),
    ];
    for (signed, anchor, now, expected) in cases {
        assert_eq!(check_cluster_certificate(&csr, signed, anchor, now), expected, "{now}");
    }
}
