//! `key_mgmt_util` and the real `openssl` exchange keys and signatures through files, in both directions.

use std::{fs, path::PathBuf, process::Command};

use crate::support::{Sim, Transcript};

/// The directory of the files.
struct Desk(PathBuf);

impl Desk {
    fn file(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }

    /// Runs a line of the shell there, which must succeed.
    #[track_caller]
    fn shell(&self, line: &str) {
        let output =
            Command::new("sh").args(["-ec", line]).current_dir(&self.0).output().expect("a shell can be started");
        assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
    }

    #[track_caller]
    fn are_equal(&self, one: &str, other: &str) {
        let [one, other] = [one, other].map(|name| fs::read(self.0.join(name)).expect("the file was written"));
        assert!(one == other, "the files differ");
    }
}

/// The handles that a transcript names, in order.
fn handles(transcript: &Transcript) -> Vec<String> {
    let number = |rest: &str| rest.trim().chars().take_while(char::is_ascii_digit).collect::<String>();
    transcript
        .lines()
        .flat_map(|line| line.split("andle:").skip(1).map(number).collect::<Vec<_>>())
        .filter(|handle| !handle.is_empty())
        .collect()
}

#[test]
fn keys_and_signatures_go_both_ways() {
    let sim = Sim::new();
    let desk = Desk(sim.home().join("desk"));
    fs::create_dir(&desk.0).expect("the desk can be made");
    let officer = format!("loginHSM CO admin {}\n", sim.ready("co_password"));
    sim.cmu(&format!("{officer}createUser CU alice alicePw1\ny\ncreateUser CU bob bobbyPw1\ny\n")).ok();
    let say = |script: &str| {
        let script = script.replace("{dir}", &desk.0.display().to_string());
        sim.kmu(&format!("loginHSM -u CU -s alice -p alicePw1\n{script}\n"))
    };
    desk.shell("echo message > message; echo other > other; openssl rand -out aes.key 32");
    desk.shell("openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out rsa.pem");
    desk.shell(
        "openssl ecparam -name secp384r1 -genkey -noout -out ec.pem; openssl pkey -in ec.pem -pubout -out ec.pub",
    );

    // Made in the HSMs, read by openssl.
    let made =
        say("genSymKey -t 31 -s 32 -l wrapping\ngenRSAKeyPair -m 2048 -e 65537 -l rsa\ngenECCKeyPair -i 2 -l ec").ok();
    let [wrapping, rsa_public, rsa, ec_public, ec] = &handles(&made)[..] else { panic!("{made:?}") };
    say(&format!(
        "exportPubKey -k {rsa_public} -out {{dir}}/hsm-rsa.pub\nexportPubKey -k {ec_public} -out {{dir}}/hsm-ec.pub\n\
         sign -f {{dir}}/message -k {rsa} -m 1 -out {{dir}}/pkcs1\nsign -f {{dir}}/message -k {rsa} -m 6 -out {{dir}}/pss\n\
         sign -f {{dir}}/message -k {ec} -m 17 -out {{dir}}/ecdsa\n\
         exportPrivateKey -k {rsa} -w {wrapping} -out {{dir}}/hsm-rsa.pem"
    ))
    .ok();
    desk.shell("openssl dgst -sha256 -verify hsm-rsa.pub -signature pkcs1 message");
    desk.shell("openssl dgst -sha256 -sigopt rsa_padding_mode:pss -verify hsm-rsa.pub -signature pss message");
    desk.shell("openssl dgst -sha256 -verify hsm-ec.pub -signature ecdsa message");
    desk.shell("openssl pkey -in hsm-rsa.pem -pubout | cmp - hsm-rsa.pub");

    // Made by openssl, used in the HSMs.
    let imported = say(&format!(
        "imSymKey -f {{dir}}/aes.key -w {wrapping} -t 31 -l aes\nimportPrivateKey -l theirs -f {{dir}}/rsa.pem -w {wrapping}\n\
         importPubKey -l theirs -f {{dir}}/ec.pub\nimportPrivateKey -l theirs -f {{dir}}/ec.pem -w {wrapping}"
    ))
    .ok();
    let [aes, their_rsa, their_ec_public, their_ec] = &handles(&imported)[..] else { panic!("{imported:?}") };
    desk.shell("openssl dgst -sha384 -sign ec.pem -out theirs message");
    say(&format!(
        "verify -f {{dir}}/message -s {{dir}}/theirs -k {their_ec_public} -m 18\n\
         sign -f {{dir}}/message -k {their_ec} -m 18 -out {{dir}}/ours\n\
         sign -f {{dir}}/message -k {their_rsa} -m 1 -out {{dir}}/ours-rsa\n\
         exSymKey -k {aes} -w {wrapping} -out {{dir}}/aes.out\nexportPrivateKey -k {their_ec} -w {aes} -out {{dir}}/ec.out\n\
         wrapKey -k {aes} -w {rsa_public} -out {{dir}}/oaep -m 8 -noheader -t 3\n\
         aesWrapUnwrap -f {{dir}}/aes.key -w {aes} -m 1 -out {{dir}}/wrapped"
    ))
    .ok();
    desk.shell("openssl dgst -sha384 -verify ec.pub -signature ours message");
    desk.shell("openssl pkey -in rsa.pem -pubout -out rsa.pub; openssl dgst -sha256 -verify rsa.pub -signature ours-rsa message");
    desk.are_equal("aes.key", "aes.out");
    desk.shell("openssl pkey -in ec.out -pubout | cmp - ec.pub");
    desk.shell(
        "openssl pkeyutl -decrypt -inkey hsm-rsa.pem -in oaep -pkeyopt rsa_padding_mode:oaep \
         -pkeyopt rsa_oaep_md:sha256 | cmp - aes.key",
    );
    say(&format!("verify -f {{dir}}/other -s {{dir}}/theirs -k {their_ec_public} -m 18"))
        .failed()
        .has("CSP Error: ERR_BAD_PKCS_DATA");
    say(&format!("importPrivateKey -l none -f {{dir}}/message -w {wrapping}")).failed();

    // What one user shares another uses, and cannot take out.
    let shared = say("genSymKey -t 31 -s 32 -l lent -u 5").ok();
    let [lent] = &handles(&shared)[..] else { panic!("{shared:?}") };
    let out = desk.file("lent");
    sim.kmu(&format!("loginHSM -u CU -s bob -p bobbyPw1\nwrapKey -k {lent} -w {lent} -out {out} -m 4\n"))
        .failed()
        .has("0xc6 : HSM Error: Key Access is denied");
}
