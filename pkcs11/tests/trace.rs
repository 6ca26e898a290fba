//! The call trace, as a program that knows nothing of it leaves it behind.

mod common;

use std::fs;
use std::process::Command;

use crate::common::{SO_PIN, USER_PIN, install};

#[test]
fn calls_leave_lines_without_secrets() {
    let directory = tempfile::tempdir().unwrap();
    let trace = directory.path().join("calls.txt");
    let state = directory.path().join("state");
    let tool = |arguments: &[&str]| {
        let mut command = Command::new(install::pkcs11_tool());
        command.env("HSM_SIM_DIR", &state).env("HSM_SIM_TRACE", &trace).arg("--module").arg(common::module());
        command.args(arguments).output().unwrap()
    };
    let done = |arguments: &[&str]| {
        let output = tool(arguments);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    done(&["--init-token", "--label", "traced", "--so-pin", SO_PIN]);
    done(&["--init-pin", "--login", "--login-type", "so", "--so-pin", SO_PIN, "--pin", USER_PIN]);
    done(&["--login", "--pin", USER_PIN, "--keygen", "--key-type", "AES:32", "--label", "unmistakable"]);
    assert!(!tool(&["--login", "--pin", "never-this", "--list-objects"]).status.success());

    let lines = fs::read_to_string(&trace).unwrap();
    for secret in [SO_PIN, USER_PIN, "never-this", "unmistakable"] {
        assert!(!lines.contains(secret), "{secret} in\n{lines}");
    }
    let line = |start: &str| {
        let found = lines.lines().find(|line| line.contains(start));
        found.unwrap_or_else(|| panic!("no {start:?} in\n{lines}"))
    };
    assert!(line(" C_Initialize(args=").contains(") = CKR_OK "));
    assert!(line(" C_InitToken(slot=0, pin=***, label=..) = CKR_OK ").ends_with("us"));
    let made = line(", mechanism=CKM_AES_KEY_GEN(0 bytes), template={CKA_CLASS: 8, ");
    assert!(made.contains(" C_GenerateKey(session=") && made.contains("CKA_LABEL: 12"), "{made}");
    let handle = made.split_once("}, key=").and_then(|(_, rest)| rest.split_once(") = CKR_OK "));
    assert!(handle.is_some_and(|(handle, _)| handle.parse::<u64>().is_ok_and(|handle| handle != 0)), "{made}");
    assert!(line(" = CKR_PIN_INCORRECT (0xa0: the PIN is wrong) ").contains(", user=CKU_USER, pin=***)"));
    line(" C_GetSlotList(present=");
    for line in lines.lines() {
        assert!(line.starts_with("hsm-sim ") && line.ends_with("us"), "{line}");
    }
}
