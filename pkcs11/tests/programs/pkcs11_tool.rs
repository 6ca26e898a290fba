//! OpenSC's `pkcs11-tool`; what it makes is checked with OpenSSL.

use crate::common::{self, SO_PIN, install};
use crate::run::{Running, fail, succeed};
use crate::token::Token;
use crate::way::each_way;

each_way! {
    generic: self_tests, rsa_signatures, ec_signatures, ed25519_signatures, ciphers, wrapping, imports, derivation, pins;
    cloudhsm: self_tests, rsa_signatures, ec_signatures, ciphers, wrapping, imports, wrong_pins;
}

/// A command of the tool, its words with blanks between them.
fn words(token: &Token, words: &str) -> std::process::Command {
    let mut command = token.command(install::pkcs11_tool());
    // The CloudHSM library refuses sessions that only read (documented), which the tool opens unless told otherwise.
    command.arg("--module").arg(common::module()).arg("--session-rw").args(words.split_whitespace());
    command
}

/// Runs the tool as the token's user.
pub(crate) fn tool(token: &Token, arguments: &str) -> String {
    succeed(words(token, arguments).args(["--login", "--pin", token.pin()]))
}

/// Makes a key pair, and a file `NAME.pub` of its public half.
fn key_pair(token: &Token, name: &str, id: &str, kind: &str) {
    tool(token, &format!("--keypairgen --key-type {kind} --label {name} --id {id} --private --sensitive --usage-sign"));
    tool(token, &format!("--read-object --type pubkey --id {id} --output-file {name}.pub"));
}

fn self_tests(token: &Token) {
    tool(
        token,
        "--keypairgen --key-type rsa:2048 --label rsa --id 01 --private --sensitive --usage-sign --usage-decrypt",
    );
    tool(token, "--keypairgen --key-type EC:prime256v1 --label ec --id 02 --private --sensitive --usage-sign");
    assert!(tool(token, "--test").contains("No errors"));
    tool(token, "--test-fork");
    // Old versions of the tool look at their threads once and then sleep half a minute, so this hears what the threads say.
    let threads = "--test-threads ILGISLT0 --test-threads ILGISLT0GI --test-threads INSLT0";
    let mut tool = Running::start(words(token, threads));
    for _ in 0..3 {
        let ended = tool.line_with("returning rv =");
        assert!(ended.trim_end().ends_with("rv = 0"), "{ended}");
    }
}

fn rsa_signatures(token: &Token) {
    key_pair(token, "rsa", "01", "rsa:2048");
    token.write("data", "what the tool signs");
    for (mechanism, hash, padding) in [
        ("SHA256-RSA-PKCS", "sha256", "pkcs1"),
        ("SHA384-RSA-PKCS", "sha384", "pkcs1"),
        ("SHA512-RSA-PKCS", "sha512", "pkcs1"),
        ("SHA256-RSA-PKCS-PSS", "sha256", "pss"),
        ("SHA512-RSA-PKCS-PSS", "sha512", "pss"),
    ] {
        tool(token, &format!("--sign --mechanism {mechanism} --id 01 --input-file data --output-file {mechanism}.sig"));
        let options = format!("-sigopt rsa_padding_mode:{padding} -keyform DER -verify rsa.pub");
        token.openssl(&format!("dgst -{hash} {options} -signature {mechanism}.sig data"));
        let verified = tool(
            token,
            &format!("--verify --mechanism {mechanism} --id 01 --input-file data --signature-file {mechanism}.sig"),
        );
        assert!(verified.contains("Signature is valid"), "{mechanism}: {verified}");
    }
    token.write("other", "what the tool did not sign");
    let refused = tool(
        token,
        "--verify --mechanism SHA256-RSA-PKCS --id 01 --input-file other --signature-file SHA256-RSA-PKCS.sig",
    );
    assert!(refused.contains("Invalid signature"), "{refused}");
}

fn ec_signatures(token: &Token) {
    token.write("data", "what the tool signs");
    key_pair(token, "ec", "01", "EC:prime256v1");
    let files = "--signature-format openssl --input-file data";
    tool(token, &format!("--sign --mechanism ECDSA-SHA256 --id 01 {files} --output-file sig"));
    token.openssl("dgst -sha256 -keyform DER -verify ec.pub -signature sig data");
    // The tool can write no other curve's public keys.
    for (id, curve, mechanism) in
        [("02", "secp384r1", "ECDSA-SHA384"), ("03", "secp521r1", "ECDSA-SHA512"), ("04", "secp256k1", "ECDSA-SHA256")]
    {
        let key = format!("--key-type EC:{curve} --label {curve} --id {id} --private --sensitive --usage-sign");
        tool(token, &format!("--keypairgen {key}"));
        let operation = format!("--mechanism {mechanism} --id {id} --input-file data");
        tool(token, &format!("--sign {operation} --output-file sig"));
        let verified = tool(token, &format!("--verify {operation} --signature-file sig"));
        assert!(verified.contains("Signature is valid"), "{curve}: {verified}");
    }
}

fn ed25519_signatures(token: &Token) {
    key_pair(token, "ed", "01", "EC:edwards25519");
    token.write("data", "what the tool signs");
    tool(token, "--sign --mechanism EDDSA --id 01 --input-file data --output-file sig");
    token.openssl("pkeyutl -verify -rawin -pubin -inkey ed.pub -sigfile sig -in data");
}

fn ciphers(token: &Token) {
    const IV: &str = "000102030405060708090a0b0c0d0e0f";
    token.write("key", "0123456789abcdef0123456789ABCDEF");
    let key: String = token.read("key").iter().map(|byte| format!("{byte:02x}")).collect();
    tool(
        token,
        "--write-object key --type secrkey --key-type AES:32 --label aes --id 01 --private --sensitive --usage-decrypt",
    );
    token.write("plain", [7; 64]);
    for (mechanism, iv, cipher) in [
        ("AES-ECB", String::new(), "-aes-256-ecb -nopad"),
        ("AES-CBC", format!("--iv {IV}"), "-aes-256-cbc -nopad"),
        ("AES-CBC-PAD", format!("--iv {IV}"), "-aes-256-cbc"),
    ] {
        let common = format!("--mechanism {mechanism} --id 01 {iv}");
        tool(token, &format!("--encrypt {common} --input-file plain --output-file sealed"));
        token.openssl(&format!("enc -d {cipher} -K {key} -iv {IV} -in sealed -out opened"));
        assert_eq!(token.read("opened"), [7; 64], "{mechanism}");
        tool(token, &format!("--decrypt {common} --input-file sealed --output-file opened"));
        assert_eq!(token.read("opened"), [7; 64], "{mechanism}");
    }
}

fn wrapping(token: &Token) {
    const CBC: &str = "--mechanism AES-CBC-PAD --iv 000102030405060708090a0b0c0d0e0f";
    tool(token, "--keygen --key-type AES:32 --label wrapper --id 01 --private --sensitive --usage-wrap --extractable");
    tool(token, "--keygen --key-type AES:16 --label wrapped --id 02 --private --sensitive --extractable");
    tool(token, &format!("--wrap {CBC} --id 01 --application-id 02 --output-file wrapped"));
    assert_eq!(token.read("wrapped").len(), 32);
    let again = "--key-type AES: --application-id 03 --application-label again --private --sensitive --extractable";
    tool(token, &format!("--unwrap {CBC} --id 01 --input-file wrapped {again}"));
    // Both are the same key: what one encrypts the other decrypts.
    token.write("plain", "what passes from key to key");
    tool(token, &format!("--encrypt {CBC} --id 02 --input-file plain --output-file sealed"));
    tool(token, &format!("--decrypt {CBC} --id 03 --input-file sealed --output-file opened"));
    assert_eq!(token.read("opened"), b"what passes from key to key");
}

fn imports(token: &Token) {
    token.openssl("genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -outform DER -out rsa.der");
    token.openssl("pkey -in rsa.der -inform DER -pubout -outform DER -out rsa.pub");
    token.openssl("ecparam -name prime256v1 -genkey -noout -outform DER -out ec.der");
    token.openssl("pkey -in ec.der -inform DER -pubout -outform DER -out ec.pub");
    token.write("data", "what the tool signs");
    for (id, name, mechanism) in [("01", "rsa", "SHA256-RSA-PKCS"), ("02", "ec", "ECDSA-SHA256")] {
        let object = format!("--id {id} --label {name}");
        tool(token, &format!("--write-object {name}.der --type privkey {object} --private --sensitive --usage-sign"));
        tool(token, &format!("--write-object {name}.pub --type pubkey {object} --private"));
        let sign = "--signature-format openssl --input-file data --output-file sig";
        tool(token, &format!("--sign --mechanism {mechanism} --id {id} {sign}"));
        token.openssl(&format!("dgst -sha256 -keyform DER -verify {name}.pub -signature sig data"));
    }
    let listed = tool(token, "--list-objects");
    assert!(
        listed.contains("Public Key Object; RSA 2048 bits") && listed.contains("Private Key Object; EC"),
        "{listed}"
    );
    tool(token, "--delete-object --type privkey --id 02");
    assert!(!tool(token, "--list-objects").contains("Private Key Object; EC"));
}

fn derivation(token: &Token) {
    tool(token, "--keypairgen --key-type EC:prime256v1 --label ec --id 01 --usage-derive");
    tool(token, "--read-object --type pubkey --id 01 --output-file mine.pub");
    token.openssl("ecparam -name prime256v1 -genkey -noout -out peer.pem");
    token.openssl("pkey -in peer.pem -pubout -outform DER -out peer.pub");
    tool(token, "--derive --mechanism ECDH1-DERIVE --id 01 --input-file peer.pub --output-file secret");
    token.openssl("pkeyutl -derive -inkey peer.pem -peerform DER -peerkey mine.pub -out expected");
    assert_eq!(token.read("secret"), token.read("expected"));
}

fn pins(token: &Token) {
    wrong_pins(token);
    tool(token, "--change-pin --new-pin another-pin");
    let refused = fail(words(token, "--list-objects --login").args(["--pin", token.pin()]));
    assert!(refused.contains("CKR_PIN_INCORRECT"), "{refused}");
    succeed(&mut words(token, "--list-objects --login --pin another-pin"));
    succeed(&mut words(token, &format!("--init-pin --login --login-type so --so-pin {SO_PIN} --new-pin third-pin")));
    succeed(&mut words(token, "--list-objects --login --pin third-pin"));
}

fn wrong_pins(token: &Token) {
    let refused = fail(&mut words(token, "--list-objects --login --pin kmsuser:wrong-pin"));
    assert!(refused.contains("CKR_PIN_INCORRECT"), "{refused}");
    tool(token, "--list-objects");
}
