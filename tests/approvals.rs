//! Quorum approvals and second factors with keys and signatures of the real `openssl`, as the guides do it.

use std::{fs, path::PathBuf, process::Command};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;

use crate::support::{Interactive, Sim};

/// A place for people's keys and signatures.
struct Desk(PathBuf);

impl Desk {
    fn file(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }

    #[track_caller]
    fn openssl(&self, args: &[&str]) {
        let output = Command::new("openssl").args(args).current_dir(&self.0).output().expect("openssl can be started");
        assert!(output.status.success(), "openssl {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// A signing key, and the registration of its public half for the officer of this name.
    fn registration(&self, name: &str) -> String {
        let [key, public, token, signature] =
            ["key", "pub", "token", "token.sig"].map(|kind| format!("{name}.registration.{kind}"));
        self.openssl(&["genrsa", "-out", &key, "2048"]);
        self.openssl(&["rsa", "-in", &key, "-pubout", "-out", &public]);
        fs::write(self.0.join(&token), "any text").expect("the token can be written");
        self.openssl(&["dgst", "-sha256", "-sign", &key, "-out", &signature, &token]);
        let [token, signature, public] = [token, signature, public].map(|name| self.file(&name));
        format!("registerQuorumPubKey CO {name} {token} {signature} {public}\ny\n")
    }

    /// Fills an authentication data file in.
    fn answer(&self, file: &str, key: &str) {
        let mut data: Value = serde_json::from_slice(&fs::read(self.0.join(file)).expect("the file was written"))
            .expect("the file is JSON");
        self.openssl(&["rsa", "-in", key, "-pubout", "-out", "answer.pub"]);
        data["PublicKey"] = fs::read_to_string(self.0.join("answer.pub")).expect("openssl wrote it").into();
        for challenge in data["Data"].as_array_mut().expect("one challenge per HSM") {
            let digest = STANDARD.decode(challenge["Digest"].as_str().expect("a text")).expect("base64");
            fs::write(self.0.join("digest"), digest).expect("the digest can be written");
            let sign =
                ["pkeyutl", "-sign", "-inkey", key, "-pkeyopt", "digest:sha256", "-in", "digest", "-out", "answer.sig"];
            self.openssl(&sign);
            let signature = fs::read(self.0.join("answer.sig")).expect("openssl wrote it");
            challenge["Signature"] = STANDARD.encode(signature).into();
        }
        fs::write(self.0.join(file), data.to_string()).expect("the answer can be written");
    }
}

fn log_in(tool: &mut Interactive, name: &str, password: &str) {
    tool.say(&format!("loginHSM CO {name} {password}"), "loginHSM success on server 2");
}

#[test]
fn officers_sign_with_openssl() {
    let sim = Sim::new();
    let desk = Desk(sim.home().join("desk"));
    fs::create_dir(&desk.0).expect("the desk can be made");
    let admin = format!("loginHSM CO admin {}\n", sim.ready("co_password"));
    for name in ["officer1", "officer2"] {
        sim.cmu(&format!("{admin}createUser CO {name} {name}Pw\ny\n")).ok();
        let registration = desk.registration(name);
        sim.cmu(&format!("loginHSM CO {name} {name}Pw\n{registration}")).ok();
    }

    // carol, whose key is officer1's: it is the key that counts.
    let mut tool = sim.cmu_open();
    log_in(&mut tool, "admin", sim.ready("co_password"));
    let authdata = desk.file("authdata");
    tool.say(&format!("createUser CO carol carolPw1 -2fa {authdata}\ny"), "Enter filename:");
    desk.answer("authdata", "officer1.registration.key");
    tool.say("", "createUser success on server 2");
    tool.close();
    sim.cmu("loginHSM CO carol carolPw1\n").failed().times(3, "two-factor authentication failed");
    let mut tool = sim.cmu_open();
    tool.say(&format!("loginHSM CO carol carolPw1 -2fa {authdata}"), "Enter filename:");
    desk.answer("authdata", "officer1.registration.key");
    tool.say("", "loginHSM success on server 2");
    tool.say("setMValue 3 2\ny", "setMValue success on server 2");
    tool.close();

    let mut tool = sim.cmu_open();
    log_in(&mut tool, "officer1", "officer1Pw");
    tool.say("createUser CU alice alicePw1\ny", "creating user on server 2");
    assert_eq!(tool.printed().matches("createUser failed: RET_MXN_AUTH_FAILED").count(), 3);
    tool.say(&format!("getToken 3 officer1 {}", desk.file("token")), "getToken success on server 2");
    let mut form =
        format!("Multi Token File Path = {};\nToken File Path = ;\nNumber of Approvals = 2;\n", desk.file("token"));
    for name in ["officer1", "officer2"] {
        let signature = format!("token.{name}");
        let key = format!("{name}.registration.key");
        desk.openssl(&["dgst", "-sha256", "-sign", &key, "-out", &signature, "token"]);
        form += &format!(
            "Approver Type = 2; # 2 for CO, 1 for CU\nApprover Name = {name};\nApproval File = {};\n",
            desk.file(&signature)
        );
    }
    fs::write(desk.0.join("approval.txt"), form).expect("the form can be written");
    tool.say(&format!("approveToken {}", desk.file("approval.txt")), "approveToken success on server 2");
    tool.say("listTokens", "listTokens success");
    assert_eq!(
        tool.printed().matches("Current num of approvals : 2\nApprover-0: officer1\nApprover-1: officer2\n").count(),
        3
    );
    tool.say("createUser CU alice alicePw1\ny", "createUser success on server 2");
    tool.say("deleteUser CU alice", "deleteUser failed on server 2");
    tool.close();
    // The values are part of the world: another process meets them.
    sim.cmu("getMValue 3\n").ok().times(3, "[USER_MGMT] on server").times(3, ": [2]\n");
    sim.cmu(&format!("{admin}createUser CU bob bobbyPw1\ny\n")).failed().times(3, "RET_MXN_AUTH_FAILED");
}
