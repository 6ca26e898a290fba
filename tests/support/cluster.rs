//! A customer who makes clusters by the documented procedure: create, initialise with a CA of one's own, activate, add HSMs.

use std::{fs, path::PathBuf, process::Command};

use serde_json::Value;

use super::{Aws, install::openssl, text, until};

/// The password that [`Customer`] gives the crypto officer `admin`.
pub(crate) const CO_PASSWORD: &str = "OfficerPass1";

/// A customer's CA, made with OpenSSL as the user guide does.
pub(crate) struct Customer<'a> {
    aws: Aws<'a>,
    name: String,
}

impl<'a> Customer<'a> {
    /// A customer with a new CA; `name` tells the files of several customers apart.
    pub(crate) fn new(aws: &Aws<'a>, name: &str) -> Self {
        let customer = Self { aws: aws.clone(), name: name.to_owned() };
        let (key, certificate) = (customer.file("CA.key"), customer.file("CA.crt"));
        ssl(&["genrsa", "-out", &key, "2048"]);
        ssl(&[
            "req",
            "-new",
            "-x509",
            "-days",
            "3652",
            "-key",
            &key,
            "-out",
            &certificate,
            "-subj",
            "/C=US/O=Example/CN=customer CA",
        ]);
        customer
    }

    fn file(&self, kind: &str) -> String {
        let path: PathBuf = self.aws.sim().home().join(format!("{}{kind}", self.name));
        path.to_str().expect("temporary paths are UTF-8").to_owned()
    }

    /// The trust anchor as an argument, `file://…/customerCA.crt`.
    pub(crate) fn trust_anchor(&self) -> String {
        format!("file://{}", self.file("CA.crt"))
    }

    /// CreateCluster in three subnets, until UNINITIALIZED.
    pub(crate) fn create(&self) -> String {
        let created = self.aws.json(&[
            "cloudhsmv2",
            "create-cluster",
            "--hsm-type",
            "hsm1.medium",
            "--subnet-ids",
            "subnet-0aaaaaaa1",
            "subnet-0aaaaaaa2",
            "subnet-0aaaaaaa3",
        ]);
        let cluster = text(&created, &["Cluster", "ClusterId"]);
        assert_eq!(created["Cluster"]["Certificates"], Value::Object(Default::default()), "{created}");
        assert_eq!(created["Cluster"]["SubnetMapping"].as_object().map(serde_json::Map::len), Some(3), "{created}");
        self.aws.cluster_reaches(&cluster, "UNINITIALIZED");
        cluster
    }

    /// From UNINITIALIZED to INITIALIZED: the first HSM, its CSR signed by the CA.
    pub(crate) fn initialize(&self, cluster: &str) {
        self.aws.add_hsm(cluster, 0);
        let shown = self.aws.cluster(cluster);
        let certificate = self.sign(&text(&shown, &["Certificates", "ClusterCsr"]));
        let claim = self.claim(cluster, &certificate);
        let answer = self.aws.json(&claim.each_ref().map(String::as_str));
        assert_eq!(answer["State"], "INITIALIZE_IN_PROGRESS", "{answer}");
        assert_eq!(
            answer["StateMessage"], "Cluster is initializing. State will change to INITIALIZED upon completion.",
            "{answer}"
        );
        self.aws.cluster_reaches(cluster, "INITIALIZED");
        let shown = self.aws.cluster(cluster);
        assert!(shown["Certificates"]["ClusterCsr"].is_null(), "{shown}");
        let signed = fs::read_to_string(&certificate).expect("OpenSSL wrote the certificate");
        assert_eq!(text(&shown, &["Certificates", "ClusterCertificate"]).trim(), signed.trim());
    }

    /// The arguments of InitializeCluster with a certificate file and this customer's trust anchor.
    pub(crate) fn claim(&self, cluster: &str, certificate: &str) -> [String; 8] {
        let certificate = format!("file://{certificate}");
        let anchor = self.trust_anchor();
        [
            "cloudhsmv2",
            "initialize-cluster",
            "--cluster-id",
            cluster,
            "--signed-cert",
            &certificate,
            "--trust-anchor",
            &anchor,
        ]
        .map(str::to_owned)
    }

    /// Signs a request as the user guide does; the path of the certificate.
    pub(crate) fn sign(&self, request: &str) -> String {
        let (csr, certificate) = (self.file("cluster.csr"), self.file("cluster.crt"));
        fs::write(&csr, request).expect("the temporary directory can be written");
        let (ca, key) = (self.file("CA.crt"), self.file("CA.key"));
        ssl(&[
            "x509",
            "-req",
            "-days",
            "3652",
            "-in",
            &csr,
            "-CA",
            &ca,
            "-CAkey",
            &key,
            "-CAcreateserial",
            "-out",
            &certificate,
        ]);
        certificate
    }

    /// From INITIALIZED to ACTIVE: the first password of the crypto officer.
    pub(crate) fn activate(&self, cluster: &str) {
        let script =
            format!("loginHSM PRECO admin password\nchangePswd PRECO admin {CO_PASSWORD}\ny\nlogoutHSM\nquit\n");
        self.aws.sim().cmu_on(cluster, &script).ok().has("Changing password for admin(PRECO) on 1 nodes");
        self.aws.cluster_reaches(cluster, "ACTIVE");
    }

    /// An ACTIVE cluster with as many HSMs in different AZs.
    pub(crate) fn active_cluster(&self, hsms: usize) -> String {
        let cluster = self.create();
        self.initialize(&cluster);
        self.activate(&cluster);
        for az in 1..hsms {
            self.aws.add_hsm(&cluster, az);
        }
        cluster
    }
}

impl Aws<'_> {
    /// The entry of a cluster in DescribeClusters.
    #[track_caller]
    pub(crate) fn cluster(&self, id: &str) -> Value {
        self.json(&["cloudhsmv2", "describe-clusters", "--filters", &format!("clusterIds={id}")])["Clusters"][0].take()
    }

    #[track_caller]
    pub(crate) fn cluster_reaches(&self, id: &str, state: &str) {
        until(&format!("cluster {id} is {state}"), || self.cluster(id)["State"] == state);
    }

    /// The ids of a cluster's HSMs.
    #[track_caller]
    pub(crate) fn hsms(&self, cluster: &str) -> Vec<String> {
        let shown = self.cluster(cluster);
        let hsms = shown["Hsms"].as_array().unwrap_or_else(|| panic!("no Hsms in {shown}"));
        hsms.iter().map(|hsm| text(hsm, &["HsmId"])).collect()
    }

    /// CreateHsm in the cluster's n-th AZ, until ACTIVE.
    #[track_caller]
    pub(crate) fn add_hsm(&self, cluster: &str, az: usize) -> String {
        let shown = self.cluster(cluster);
        let zones = shown["SubnetMapping"].as_object().unwrap_or_else(|| panic!("no SubnetMapping in {shown}"));
        let mut zones: Vec<_> = zones.keys().collect();
        zones.sort();
        let created =
            self.json(&["cloudhsmv2", "create-hsm", "--cluster-id", cluster, "--availability-zone", zones[az]]);
        let hsm = text(&created, &["Hsm", "HsmId"]);
        until(&format!("HSM {hsm} is ACTIVE"), || {
            let shown = self.cluster(cluster);
            shown["Hsms"]
                .as_array()
                .is_some_and(|hsms| hsms.iter().any(|entry| entry["HsmId"] == *hsm && entry["State"] == "ACTIVE"))
        });
        hsm
    }

    /// DeleteHsm, until it is no longer listed.
    #[track_caller]
    pub(crate) fn remove_hsm(&self, cluster: &str, hsm: &str) {
        let answer = self.json(&["cloudhsmv2", "delete-hsm", "--cluster-id", cluster, "--hsm-id", hsm]);
        assert_eq!(answer["HsmId"], hsm, "{answer}");
        until(&format!("HSM {hsm} is gone"), || !self.hsms(cluster).iter().any(|listed| listed == hsm));
    }

    /// The READY backups of a cluster, newest first.
    #[track_caller]
    pub(crate) fn backups(&self, cluster: &str) -> Vec<Value> {
        let listed =
            self.json(&["cloudhsmv2", "describe-backups", "--filters", &format!("clusterIds={cluster},states=READY")]);
        let backups = listed["Backups"].as_array().unwrap_or_else(|| panic!("no Backups in {listed}")).clone();
        assert!(backups.iter().all(|backup| backup["ClusterId"] == cluster), "{listed}");
        backups
    }

    /// CreateCluster from a backup in the subnets of another cluster, until ACTIVE, with as many HSMs.
    #[track_caller]
    pub(crate) fn restore(&self, backup: &str, like: &str, hsms: usize) -> String {
        let original = self.cluster(like);
        let mapping = original["SubnetMapping"].as_object().unwrap_or_else(|| panic!("no SubnetMapping in {original}"));
        let subnets: Vec<_> = mapping.values().map(|subnet| subnet.as_str().expect("subnets are strings")).collect();
        self.restore_into(backup, &subnets, &original, hsms)
    }

    /// [`Aws::restore`] into given subnets.
    #[track_caller]
    pub(crate) fn restore_into(&self, backup: &str, subnets: &[&str], original: &Value, hsms: usize) -> String {
        let start =
            ["cloudhsmv2", "create-cluster", "--hsm-type", "hsm1.medium", "--source-backup-id", backup, "--subnet-ids"];
        let created = self.json(&[&start, subnets].concat());
        let cluster = text(&created, &["Cluster", "ClusterId"]);
        assert_eq!(created["Cluster"]["SourceBackupId"], backup, "{created}");
        self.cluster_reaches(&cluster, "ACTIVE");
        let shown = self.cluster(&cluster);
        assert_eq!(shown["Hsms"], Value::Array(Vec::new()), "{shown}");
        assert_eq!(
            shown["Certificates"]["ClusterCertificate"], original["Certificates"]["ClusterCertificate"],
            "{shown}"
        );
        for az in 0..hsms {
            self.add_hsm(&cluster, az);
        }
        cluster
    }
}

/// Runs `openssl`, which must succeed, and gives what it prints.
#[track_caller]
pub(crate) fn ssl(args: &[&str]) -> String {
    let output = Command::new(openssl()).args(args).output().expect("OpenSSL can be started");
    assert!(output.status.success(), "openssl {args:?}:\n{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}
