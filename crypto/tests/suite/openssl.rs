//! Both directions against the `openssl` program: it verifies what we make, and we accept what customers make with it.

use std::{fs, path::PathBuf, process::Command};

use hsm_sim_crypto::{
    RsaKeyPair,
    x509::{
        Issue, Subject, Validity, check_cluster_certificate, cluster_csr, fingerprint, issue, issued_by,
        self_signed_ca, sign_csr,
    },
};
use tempfile::TempDir;

use crate::{
    hex,
    world::{Customer, NOW, TEN_YEARS, example, key},
};

/// A directory in which `openssl` runs.
pub(crate) struct Bench(TempDir);

impl Bench {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary directory"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        fs::write(self.path(name), text).expect("a file in the temporary directory");
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).expect("a file that openssl wrote")
    }

    /// Runs `openssl` with arguments separated by spaces, `+` standing for a space within one; returns its two outputs together.
    pub(crate) fn openssl(&self, arguments: &str) -> String {
        let run = Command::new("openssl")
            .args(arguments.split_whitespace().map(|argument| argument.replace('+', " ")))
            .current_dir(self.0.path())
            .output()
            .expect("the openssl program is installed");
        let output = [run.stdout, run.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
        assert!(run.status.success(), "openssl {arguments}:\n{output}");
        output
    }
}

/// A customer who follows the CloudHSM user guide with the `openssl` program (documented), for the request of key 1.
pub(crate) fn customer_with_openssl(bench: &Bench, ca_options: &str, sign_options: &str) -> Customer {
    let csr = cluster_csr(key(1), "hsmc0ffee", "1").expect("a request");
    bench.write("cluster.csr", &csr);
    bench.openssl(&format!(
        "req -new -x509 -days 3652 -newkey rsa:2048 -nodes -keyout customerCA.key -out customerCA.crt -subj /C=DE/O=Example+GmbH/CN=CA {ca_options}"
    ));
    bench.openssl(&format!(
        "x509 -req -days 3652 -in cluster.csr -CA customerCA.crt -CAkey customerCA.key -CAcreateserial -out cluster.crt {sign_options}"
    ));
    Customer { ca: bench.read("customerCA.crt"), csr, cluster: bench.read("cluster.crt") }
}

/// A moment at which certificates made just now are valid.
pub(crate) fn today() -> i64 {
    let since_epoch = std::time::UNIX_EPOCH.elapsed().expect("a clock after 1970");
    i64::try_from(since_epoch.as_secs()).expect("a clock before the end of time") + 60
}

#[test]
fn openssl_verifies_a_cluster_certificate() {
    let bench = Bench::new();
    let Customer { ca, csr, cluster } = example();
    bench.write("ca.pem", &ca);
    bench.write("csr.pem", &csr);
    bench.write("cluster.pem", &cluster);
    bench.openssl(&format!("verify -x509_strict -attime {NOW} -CAfile ca.pem cluster.pem"));
    assert!(bench.openssl("req -in csr.pem -noout -verify").contains("verify OK"));
    let subject = bench.openssl("req -in csr.pem -noout -subject -nameopt compat");
    assert_eq!(
        subject.trim_end(),
        "subject=/C=US/ST=CA/O=Cavium/OU=N3FIPS/L=SanJose/CN=HSM:hsmc0ffee:PARTN:1, for FIPS mode"
    );
    let print = bench.openssl("x509 -in cluster.pem -noout -serial -dates -fingerprint -sha256");
    assert!(print.contains("serial=49090909090909090909090909090909"), "{print}");
    assert!(print.contains("notBefore=Jan 15 08:00:00 2026 GMT"), "{print}");
    assert!(print.contains("notAfter=Jan 13 08:00:00 2036 GMT"), "{print}");
    let digits = print.trim_end().rsplit('=').next().expect("a fingerprint").replace(':', "");
    assert_eq!(fingerprint(&cluster).map(Vec::from), Ok(hex(&digits)));
}

#[test]
fn openssl_verifies_the_hardware_chain() {
    let bench = Bench::new();
    for (root_name, root_key) in [(Subject::aws_root(), key(0)), (Subject::manufacturer_root(), key(3))] {
        let root = self_signed_ca(root_key, &root_name, TEN_YEARS).expect("a root");
        let (hardware_key, hsm_key) = (key(2), key(1));
        let certify = |subject: &Subject, key: &RsaKeyPair, ca, issuer: &str, issuer_key: &RsaKeyPair| {
            let public_key_der = key.public_key_der();
            let request = Issue { subject, public_key_der, ca, serial: [0xff; 16], validity: TEN_YEARS };
            issue(issuer, issuer_key, &request).expect("a certificate")
        };
        let hardware = certify(&Subject::hardware("hsmc0ffee"), hardware_key, true, &root, root_key);
        let hsm = certify(&Subject::cluster("hsmc0ffee", "1"), hsm_key, false, &hardware, hardware_key);
        bench.write("root.pem", &root);
        bench.write("hardware.pem", &hardware);
        bench.write("hsm.pem", &hsm);
        bench.openssl(&format!("verify -x509_strict -attime {NOW} -CAfile root.pem hardware.pem"));
        bench.openssl(&format!("verify -x509_strict -attime {NOW} -CAfile root.pem -untrusted hardware.pem hsm.pem"));
        assert_eq!(issued_by(&hsm, &hardware), Ok(true));
        assert_eq!(issued_by(&hsm, &root), Ok(false), "the chain has a link between");
        // The HSM certificate and the cluster's request hold the same key.
        bench.write("csr.pem", example().csr);
        assert_eq!(bench.openssl("x509 -in hsm.pem -noout -pubkey"), bench.openssl("req -in csr.pem -noout -pubkey"));
    }
}

#[test]
fn certificates_of_the_user_guide_are_accepted() {
    let extension = "basicConstraints=CA:FALSE\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid,issuer\n";
    for (ca_options, sign_options) in [
        ("", ""),
        ("", "-extfile v3.cnf"),
        ("-sha384", "-sha512"),
        ("-newkey rsa:4096", "-sha384"),
        ("-set_serial 1", "-text"),
        ("-multivalue-rdn -subj /O=a/OU=one/OU=two+UID=three/emailAddress=ca@example.com", ""),
    ] {
        let bench = Bench::new();
        bench.write("v3.cnf", extension);
        let Customer { ca, csr, cluster } = customer_with_openssl(&bench, ca_options, sign_options);
        let checked = check_cluster_certificate(&csr, &cluster, &ca, today());
        assert_eq!(checked, Ok(()), "CA {ca_options:?}, signed {sign_options:?}");
    }
}

#[test]
fn an_anchor_of_version_1_is_accepted() {
    let bench = Bench::new();
    let Customer { csr, .. } = customer_with_openssl(&bench, "", "");
    bench.openssl("req -new -key customerCA.key -subj /CN=old -out ca.csr");
    bench.openssl("x509 -req -in ca.csr -signkey customerCA.key -days 10 -out v1.crt");
    assert!(bench.openssl("x509 -in v1.crt -noout -text").contains("Version: 1"));
    bench.openssl("x509 -req -in cluster.csr -CA v1.crt -CAkey customerCA.key -set_serial 5 -days 5 -out cluster.crt");
    assert_eq!(check_cluster_certificate(&csr, &bench.read("cluster.crt"), &bench.read("v1.crt"), today()), Ok(()));
}

#[test]
fn our_signature_under_an_openssl_ca_verifies() {
    let bench = Bench::new();
    let Customer { ca, csr, .. } = customer_with_openssl(&bench, "-subj /O=a/OU=one/OU=two/CN=CA", "");
    bench.openssl("pkcs8 -topk8 -nocrypt -in customerCA.key -outform DER -out customerCA.der");
    let document = fs::read(bench.path("customerCA.der")).expect("a PKCS#8 document");
    let ca_key = RsaKeyPair::from_pkcs8(&document).expect("openssl's key");
    let validity = Validity { not_before: today() - 3600, not_after: today() + 3600 };
    let cluster = sign_csr(&ca, &ca_key, &csr, [0x80; 16], validity).expect("a certificate");
    bench.write("ours.pem", &cluster);
    bench.openssl("verify -CAfile customerCA.crt ours.pem");
    assert_eq!(check_cluster_certificate(&csr, &cluster, &ca, today()), Ok(()));
}
