//! The `openssl` program reads our keys and checks our signatures, and we read and check its own.

use std::{fs, process::Command};

use hsm_sim_crypto::{
    Entropy,
    asymmetric::{
        curve::Curve,
        ec, ed25519,
        rsa::{Encryption, PrivateKey, Scheme},
        x25519,
    },
    hash::Hash,
};
use tempfile::TempDir;

use crate::rsa::key;

/// A directory in which `openssl` runs.
struct Bench(TempDir);

impl Bench {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary directory"))
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.0.path().join(name), bytes).expect("a file in the temporary directory");
    }

    fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.0.path().join(name)).expect("a file that openssl wrote")
    }

    /// Runs `openssl` with arguments separated by spaces.
    fn openssl(&self, arguments: &str) {
        let run = Command::new("openssl").args(arguments.split_whitespace()).current_dir(self.0.path()).output();
        let run = run.expect("the openssl program is installed");
        assert!(run.status.success(), "openssl {arguments}:\n{}", String::from_utf8_lossy(&run.stderr));
    }
}

/// The hashes by the names of `openssl`.
const HASHES: [(Hash, &str); 11] = [
    (Hash::Sha1, "sha1"),
    (Hash::Sha224, "sha224"),
    (Hash::Sha256, "sha256"),
    (Hash::Sha384, "sha384"),
    (Hash::Sha512, "sha512"),
    (Hash::Sha512_224, "sha512-224"),
    (Hash::Sha512_256, "sha512-256"),
    (Hash::Sha3_224, "sha3-224"),
    (Hash::Sha3_256, "sha3-256"),
    (Hash::Sha3_384, "sha3-384"),
    (Hash::Sha3_512, "sha3-512"),
];

#[test]
fn openssl_checks_rsa_signatures_and_reads_ciphertexts() {
    let bench = Bench::new();
    let private = key(2048);
    bench.write("key.der", private.to_pkcs8().expect("a document").expose());
    bench.openssl("pkey -inform DER -in key.der -check -noout");
    bench.openssl("pkey -inform DER -in key.der -out key.pem");
    let public = private.public_key().expect("a public key");
    for (at, (hash, name)) in HASHES.into_iter().enumerate() {
        let digest = hash.digest(b"message");
        bench.write("digest", &digest);
        let (mgf, mgf_name) = HASHES[(at + 3) % HASHES.len()];
        let verify = format!("pkeyutl -verify -in digest -sigfile signature -inkey key.pem -pkeyopt digest:{name}");
        bench.write("signature", &private.sign(Scheme::Pkcs1(hash), &digest).expect("a signature"));
        bench.openssl(&format!("{verify} -pkeyopt rsa_padding_mode:pkcs1"));
        let scheme = Scheme::Pss { hash, mgf, salt: 11 };
        bench.write("signature", &private.sign(scheme, &digest).expect("a signature"));
        let pss = format!("-pkeyopt rsa_padding_mode:pss -pkeyopt rsa_pss_saltlen:11 -pkeyopt rsa_mgf1_md:{mgf_name}");
        bench.openssl(&format!("{verify} {pss}"));

        bench.write(
            "ciphertext",
            &public.encrypt(Encryption::Oaep { hash, mgf, label: b"Lab" }, b"plain").expect("a ciphertext"),
        );
        bench.openssl(&format!(
            "pkeyutl -decrypt -in ciphertext -out plain -inkey key.pem -pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:{name} \
             -pkeyopt rsa_mgf1_md:{mgf_name} -pkeyopt rsa_oaep_label:4c6162"
        ));
        assert_eq!(bench.read("plain"), b"plain", "{name}");
    }
}

#[test]
fn openssl_checks_ecdsa_and_agrees() {
    let bench = Bench::new();
    for (curve, name) in [
        (Curve::P224, "secp224r1"),
        (Curve::P256, "prime256v1"),
        (Curve::P384, "secp384r1"),
        (Curve::P521, "secp521r1"),
        (Curve::Secp256k1, "secp256k1"),
    ] {
        let private = ec::PrivateKey::generate(curve, &Entropy::system()).expect("a key");
        let public = private.public_key().expect("a public key");
        bench.write("ours.der", private.to_pkcs8().expect("a document").expose());
        bench.openssl("pkey -inform DER -in ours.der -check -out ours.pem");
        bench.write("ours.pub.der", &public.to_spki().expect("a document"));
        bench.openssl("pkey -pubin -inform DER -in ours.pub.der -pubcheck -out ours.pub.pem");

        // Their key in both encodings, their signature, and the secret of both.
        bench.openssl(&format!("ecparam -name {name} -genkey -noout -outform DER -out theirs.sec1.der"));
        bench.openssl("pkcs8 -topk8 -nocrypt -inform DER -in theirs.sec1.der -outform DER -out theirs.der");
        bench.openssl("pkey -inform DER -in theirs.der -out theirs.pem");
        bench.openssl("pkey -inform DER -in theirs.der -pubout -out theirs.pub.pem");
        let theirs = ec::PrivateKey::from_pkcs8(&bench.read("theirs.der")).expect("their key");
        let same = ec::PrivateKey::from_sec1(&bench.read("theirs.sec1.der")).expect("their key");
        assert_eq!((theirs.curve(), theirs.number(), theirs.point()), (curve, same.number(), same.point()));
        bench.openssl("pkeyutl -derive -inkey theirs.pem -peerkey ours.pub.pem -out secret");
        assert_eq!(private.agree(theirs.point()).expect("a secret").expose(), bench.read("secret"), "{name}");

        // What they sign, and what we sign in DER; they take digests of up to 64 bytes.
        for length in [20, 28, 32, 48, 64] {
            let digest: Vec<u8> = (0..length).map(|at| 0xc3 ^ at).collect();
            bench.write("digest", &digest);
            bench.openssl("pkeyutl -sign -in digest -inkey ours.pem -out signature");
            assert_eq!(
                public.verify(&digest, &from_der(&bench.read("signature"), curve.scalar_len())),
                Ok(()),
                "{name} {length}"
            );
            bench.write("signature", &to_der(&private.sign(&digest).expect("a signature")));
            bench.openssl("pkeyutl -verify -in digest -pubin -inkey ours.pub.pem -sigfile signature");
        }
    }
}

#[test]
fn openssl_reads_edwards_and_montgomery_keys() {
    let bench = Bench::new();
    let signer = ed25519::PrivateKey::generate(&Entropy::system()).expect("a key");
    bench.write("ours.der", signer.to_pkcs8().expect("a document").expose());
    bench.write("ours.pub.der", &signer.public_key().and_then(|key| key.to_spki()).expect("a document"));
    bench.write("message", b"message");
    bench.write("signature", &signer.sign(b"message").expect("a signature"));
    bench.openssl("pkeyutl -verify -rawin -in message -pubin -keyform DER -inkey ours.pub.der -sigfile signature");
    bench.openssl("pkey -inform DER -in ours.der -pubout -outform DER -out derived.der");
    assert_eq!(bench.read("derived.der"), bench.read("ours.pub.der"));

    let party = x25519::PrivateKey::generate(&Entropy::system()).expect("a key");
    bench.write("ours.pub.der", &x25519::to_spki(party.public_bytes()).expect("a document"));
    bench.openssl("genpkey -algorithm X25519 -outform DER -out theirs.der");
    let theirs = x25519::PrivateKey::from_pkcs8(&bench.read("theirs.der")).expect("their key");
    bench.openssl("pkeyutl -derive -keyform DER -inkey theirs.der -peerform DER -peerkey ours.pub.der -out secret");
    assert_eq!(party.agree(theirs.public_bytes()).expect("a secret").expose(), bench.read("secret"));
}

#[test]
fn we_read_rsa_keys_of_openssl() {
    let bench = Bench::new();
    bench.openssl("genrsa -traditional -3 -out key.pem 1536");
    bench.openssl("rsa -in key.pem -traditional -outform DER -out key.pkcs1.der");
    bench.openssl("pkcs8 -topk8 -nocrypt -in key.pem -outform DER -out key.der");
    let key = PrivateKey::from_pkcs8(&bench.read("key.der")).expect("their key");
    assert_eq!((key.bits(), key.components().public_exponent), (1536, vec![3]));
    assert_eq!(key.to_pkcs8().expect("a document").expose(), bench.read("key.der"));
    let same = PrivateKey::from_pkcs1(&bench.read("key.pkcs1.der")).expect("their key");
    assert_eq!(same.components(), key.components());
    bench.openssl("genrsa -out key.pem 1100");
    bench.openssl("pkcs8 -topk8 -nocrypt -in key.pem -outform DER -out key.der");
    let key = PrivateKey::from_pkcs8(&bench.read("key.der")).expect("a key of an odd size");
    let signature = key.sign(Scheme::Pkcs1(Hash::Sha256), &[7; 32]).expect("a signature");
    assert_eq!((key.bits(), signature.len()), (1100, 138));
}

fn to_der(signature: &[u8]) -> Vec<u8> {
    let (r, s) = signature.split_at(signature.len() / 2);
    let body = [integer(r), integer(s)].concat();
    let length = if body.len() < 128 { vec![body.len() as u8] } else { vec![0x81, body.len() as u8] };
    [vec![0x30], length, body].concat()
}

fn integer(number: &[u8]) -> Vec<u8> {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    let number = &number[zeros..];
    let sign = number.first().is_some_and(|first| *first >= 128);
    [&[2, (number.len() + usize::from(sign)) as u8], &[0][..usize::from(sign)], number].concat()
}

fn from_der(der: &[u8], length: usize) -> Vec<u8> {
    let body = if der[1] == 0x81 { &der[3..] } else { &der[2..] };
    let (r, rest) = body[2..].split_at(usize::from(body[1]));
    let s = &rest[2..];
    [r, s]
        .map(|number| {
            let number = &number[number.len().saturating_sub(length)..];
            [vec![0; length - number.len()], number.to_vec()].concat()
        })
        .concat()
}
