//! The HSM network port of `up`: not there unless it is asked for, and then it proves to be the cluster.

use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::{Options, Sim};

/// What `openssl` says of the port, judged by a CA.
fn openssl(sim: &Sim, ca: &str) -> (bool, String) {
    let address = sim.ready("hsm_endpoint").strip_prefix("tls://").expect("the endpoint is one of TLS").to_owned();
    let output = Command::new("openssl")
        .args(["s_client", "-connect", &address, "-CAfile", ca, "-verify_return_error", "-alpn", "hsm-sim/1"])
        .stdin(Stdio::null())
        .output()
        .expect("openssl can be started");
    (
        output.status.success(),
        [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat(),
    )
}

#[test]
fn the_port_proves_to_be_the_cluster() {
    let without = Sim::new();
    assert_eq!(without.ready_line()["hsm_endpoint"], Value::Null);

    let mut sim = Sim::start(&Options::ephemeral().arg("--hsm-listen").arg("127.0.0.1:0"));
    let (verified, said) = openssl(&sim, sim.ready("trust_anchor_path"));
    assert!(verified && said.contains("Verify return code: 0 (ok)") && said.contains("TLSv1.3"), "{said}");
    let (verified, said) = openssl(&sim, without.ready("trust_anchor_path"));
    assert!(!verified, "{said}");
    assert!(sim.stop().success());
}
