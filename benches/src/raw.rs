//! The bare primitives: what no token can be faster than.

use std::fs::File;
use std::hint::black_box;
use std::io::Write;
use std::sync::Arc;

use aws_lc_rs::encoding::AsDer as _;
use hsm_sim::{Entropy, Password};

use crate::edges::{Edge, Worker};
use crate::scenario::Work;

const IV: [u8; 12] = [7; 12];
const KEY: [u8; 32] = [1; 32];
/// What is signed.
pub(crate) const MESSAGE: [u8; 32] = [3; 32];

/// The two primitive crates have the same interface where this is used.
macro_rules! primitives {
    ($edge:ident, $name:literal, $crate_name:ident) => {
        impl Edge for $edge {
            fn name(&self) -> &'static str {
                $name
            }

            fn is_raw(&self) -> bool {
                true
            }

            fn worker(&self, work: Work, _: bool) -> Option<Worker> {
                use $crate_name::rand::{SecureRandom as _, SystemRandom};
                use $crate_name::{aead, digest, hmac, signature};

                let gcm = |key: &[u8]| {
                    aead::LessSafeKey::new(aead::UnboundKey::new(&aead::AES_256_GCM, key).expect("32 bytes"))
                };
                let nonce = || aead::Nonce::assume_unique_for_key(IV);
                let random = SystemRandom::new();
                Some(match work {
                    Work::GcmEncrypt(size) => {
                        let (key, mut data) = (gcm(&KEY), vec![0; size]);
                        Box::new(move || {
                            let tag = key.seal_in_place_separate_tag(nonce(), aead::Aad::empty(), &mut data);
                            black_box(&tag.expect("short enough"));
                        })
                    }
                    Work::GcmDecrypt(size) => {
                        let (key, mut sealed) = (gcm(&KEY), vec![0; size]);
                        key.seal_in_place_append_tag(nonce(), aead::Aad::empty(), &mut sealed).expect("short enough");
                        let mut data = sealed.clone();
                        Box::new(move || {
                            data.copy_from_slice(&sealed);
                            black_box(key.open_in_place(nonce(), aead::Aad::empty(), &mut data).expect("just sealed"));
                        })
                    }
                    Work::RsaSign => {
                        let key = signature::RsaKeyPair::from_pkcs8(&self.rsa).expect("just made");
                        let mut out = vec![0; 256];
                        Box::new(move || {
                            key.sign(&signature::RSA_PKCS1_SHA256, &random, &MESSAGE, &mut out).expect("a good key");
                        })
                    }
                    Work::EcdsaSign => {
                        let key = self.ec();
                        Box::new(move || {
                            black_box(key.sign(&random, &MESSAGE).expect("a good key"));
                        })
                    }
                    Work::Hmac(size) => {
                        let (key, data) = (hmac::Key::new(hmac::HMAC_SHA256, &KEY), vec![0; size]);
                        Box::new(move || {
                            black_box(hmac::sign(&key, black_box(&data)));
                        })
                    }
                    Work::Digest(size) => {
                        let data = vec![0; size];
                        Box::new(move || {
                            black_box(digest::digest(&digest::SHA256, black_box(&data)));
                        })
                    }
                    Work::Random(size) => {
                        let mut out = vec![0; size];
                        Box::new(move || random.fill(&mut out).expect("the system has random bytes"))
                    }
                    Work::GenerateKey { durable: false } => Box::new(move || {
                        let mut key = [0; 32];
                        random.fill(&mut key).expect("the system has random bytes");
                        black_box(gcm(&key));
                    }),
                    work => return self.other(work),
                })
            }
        }
    };
}

primitives! { Ring, "ring", ring }
primitives! { AwsLc, "aws-lc-rs", aws_lc_rs }

fn rsa_pkcs8() -> Vec<u8> {
    let key = aws_lc_rs::rsa::KeyPair::generate(aws_lc_rs::rsa::KeySize::Rsa2048).expect("a usual size");
    key.as_der().expect("a whole key").as_ref().to_vec()
}

/// The crate `ring`.
#[derive(Debug)]
pub struct Ring {
    rsa: Vec<u8>,
}

impl Ring {
    /// With a new RSA key.
    pub fn new() -> Self {
        Self { rsa: rsa_pkcs8() }
    }

    fn ec(&self) -> ring::signature::EcdsaKeyPair {
        use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING as ALGORITHM, EcdsaKeyPair};
        let random = ring::rand::SystemRandom::new();
        let document = EcdsaKeyPair::generate_pkcs8(&ALGORITHM, &random).expect("the system has random bytes");
        EcdsaKeyPair::from_pkcs8(&ALGORITHM, document.as_ref(), &random).expect("just made")
    }

    fn other(&self, work: Work) -> Option<Worker> {
        use ring::signature::{self, KeyPair as _, RsaKeyPair, UnparsedPublicKey};
        let random = ring::rand::SystemRandom::new();
        match work {
            Work::RsaVerify => {
                let pair = RsaKeyPair::from_pkcs8(&self.rsa).expect("just made");
                let mut signed = vec![0; 256];
                pair.sign(&signature::RSA_PKCS1_SHA256, &random, &MESSAGE, &mut signed).expect("a good key");
                let public = pair.public_key().as_ref().to_vec();
                let key = UnparsedPublicKey::new(&signature::RSA_PKCS1_2048_8192_SHA256, public);
                Some(Box::new(move || key.verify(&MESSAGE, &signed).expect("just signed")))
            }
            Work::EcdsaVerify => {
                let pair = self.ec();
                let signed = pair.sign(&random, &MESSAGE).expect("a good key");
                let public = pair.public_key().as_ref().to_vec();
                let key = UnparsedPublicKey::new(&signature::ECDSA_P256_SHA256_FIXED, public);
                Some(Box::new(move || key.verify(&MESSAGE, signed.as_ref()).expect("just signed")))
            }
            _ => None,
        }
    }
}

impl Default for Ring {
    fn default() -> Self {
        Self::new()
    }
}

/// The crate `aws-lc-rs`.
#[derive(Debug)]
pub struct AwsLc {
    rsa: Vec<u8>,
}

impl AwsLc {
    /// With a new RSA key.
    pub fn new() -> Self {
        Self { rsa: rsa_pkcs8() }
    }

    fn ec(&self) -> aws_lc_rs::signature::EcdsaKeyPair {
        use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING as ALGORITHM, EcdsaKeyPair};
        EcdsaKeyPair::generate(&ALGORITHM).expect("the system has random bytes")
    }

    fn other(&self, work: Work) -> Option<Worker> {
        use aws_lc_rs::rsa::{KeyPair, Pkcs1PrivateDecryptingKey, Pkcs1PublicEncryptingKey, PrivateDecryptingKey};
        use aws_lc_rs::signature::{self, KeyPair as _, ParsedPublicKey};
        let random = aws_lc_rs::rand::SystemRandom::new();
        match work {
            Work::RsaVerify => {
                let pair = KeyPair::from_pkcs8(&self.rsa).expect("just made");
                let mut signed = vec![0; 256];
                pair.sign(&signature::RSA_PKCS1_SHA256, &random, &MESSAGE, &mut signed).expect("a good key");
                let algorithm = &signature::RSA_PKCS1_2048_8192_SHA256;
                let key = ParsedPublicKey::new(algorithm, pair.public_key().as_ref()).expect("just made");
                Some(Box::new(move || key.verify_sig(&MESSAGE, &signed).expect("just signed")))
            }
            Work::RsaDecrypt => {
                let private = PrivateDecryptingKey::from_pkcs8(&self.rsa).expect("just made");
                let public = Pkcs1PublicEncryptingKey::new(private.public_key()).expect("just made");
                let key = Pkcs1PrivateDecryptingKey::new(private).expect("just made");
                let (mut sealed, mut out) = (vec![0; 256], vec![0; 256]);
                public.encrypt(&MESSAGE, &mut sealed).expect("short enough");
                Some(Box::new(move || {
                    black_box(key.decrypt(&sealed, &mut out).expect("just encrypted"));
                }))
            }
            Work::EcdsaVerify => {
                let pair = self.ec();
                let signed = pair.sign(&random, &MESSAGE).expect("a good key");
                let algorithm = &signature::ECDSA_P256_SHA256_FIXED;
                let key = ParsedPublicKey::new(algorithm, pair.public_key().as_ref()).expect("just made");
                Some(Box::new(move || key.verify_sig(&MESSAGE, signed.as_ref()).expect("just signed")))
            }
            _ => None,
        }
    }
}

impl Default for AwsLc {
    fn default() -> Self {
        Self::new()
    }
}

/// Appending a row's worth of bytes to a file and waiting for the disk.
#[derive(Debug)]
pub struct Disk(Arc<File>);

impl Disk {
    /// In a file that has no name.
    pub fn new() -> Self {
        Self(Arc::new(tempfile::tempfile_in(crate::library::disk()).expect("a writable folder")))
    }
}

impl Default for Disk {
    fn default() -> Self {
        Self::new()
    }
}

impl Edge for Disk {
    fn name(&self) -> &'static str {
        "append-fdatasync"
    }

    fn is_raw(&self) -> bool {
        true
    }

    fn worker(&self, work: Work, _: bool) -> Option<Worker> {
        let file = Arc::clone(&self.0);
        (work == Work::GenerateKey { durable: true }).then(|| -> Worker {
            Box::new(move || {
                (&*file).write_all(&[7; 400]).expect("a disk with room");
                file.sync_data().expect("a disk that works");
            })
        })
    }
}

/// The hash of a password alone.
#[derive(Debug)]
pub struct PasswordHash(Arc<crypto::Verifier>);

impl PasswordHash {
    /// Of some password.
    pub fn new() -> Self {
        Self(Arc::new(crypto::Verifier::new(&Password::from("kmsPswd1"), &Entropy::system())))
    }
}

impl Default for PasswordHash {
    fn default() -> Self {
        Self::new()
    }
}

impl Edge for PasswordHash {
    fn name(&self) -> &'static str {
        "argon2id"
    }

    fn is_raw(&self) -> bool {
        true
    }

    fn worker(&self, work: Work, _: bool) -> Option<Worker> {
        let verifier = Arc::clone(&self.0);
        let password = Password::from("kmsPswd1");
        (work == Work::Login).then(|| -> Worker { Box::new(move || assert!(verifier.verify(&password))) })
    }
}
