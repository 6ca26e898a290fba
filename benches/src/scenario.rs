//! The scenarios, by stable names.

use crate::measure::spread;

/// What is done once per iteration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Work {
    /// AES-256-GCM of so many bytes with the caller's IV.
    GcmEncrypt(usize),
    /// The way back.
    GcmDecrypt(usize),
    /// RSA-2048, PKCS#1 v1.5 with SHA-256 over 32 bytes.
    RsaSign,
    /// The check of such a signature.
    RsaVerify,
    /// RSA-2048, PKCS#1 v1.5.
    RsaDecrypt,
    /// ECDSA on P-256 over 32 bytes.
    EcdsaSign,
    /// The check of such a signature.
    EcdsaVerify,
    /// HMAC-SHA-256 over so many bytes.
    Hmac(usize),
    /// SHA-256 over so many bytes.
    Digest(usize),
    /// So many random bytes.
    Random(usize),
    /// A new AES-256 key, of the session or (durable) of the token.
    GenerateKey {
        /// Whether it is written.
        durable: bool,
    },
    /// A search by an attribute that one of the token's objects has.
    Find(By),
    /// A session is opened and closed.
    Session,
    /// A session describes itself.
    SessionInfo,
    /// A session is opened, logged in, logged out and closed.
    Login,
}

/// What is searched by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum By {
    /// `CKA_LABEL`.
    Label,
    /// `CKA_ID`.
    Id,
    /// `CKA_LABEL`, of another object of these each time.
    AnotherLabel(usize),
}

impl By {
    /// The numbers of the objects that are searched for if it is another one each time.
    pub(crate) fn others(self) -> Option<impl Iterator<Item = usize> + Send> {
        match self {
            Self::Label | Self::Id => None,
            Self::AnotherLabel(count) => Some(spread(count)),
        }
    }
}

/// A scenario.
#[derive(Debug, Clone, Copy)]
pub struct Scenario {
    /// Its name in criterion's reports.
    pub name: &'static str,
    /// What is done.
    pub work: Work,
    /// The token holds this many other keys.
    pub objects: usize,
    /// Keys are of the session and not of the token.
    pub of_session: bool,
    /// The share of the fastest primitive's rate that the C function list must reach, where one is promised.
    pub target: Option<f64>,
}

const fn scenario(name: &'static str, work: Work, target: Option<f64>) -> Scenario {
    Scenario { name, work, objects: 0, of_session: false, target }
}

const fn find(name: &'static str, by: By, objects: usize) -> Scenario {
    Scenario { objects, ..scenario(name, Work::Find(by), None) }
}

impl Scenario {
    /// Whether several threads can do it at a time. A token's login is one for the whole process: they would log each other out.
    pub fn is_shared(&self) -> bool {
        self.work != Work::Login
    }
}

/// Every scenario.
pub const SCENARIOS: &[Scenario] = &[
    scenario("aes256-gcm-encrypt/64", Work::GcmEncrypt(64), Some(0.25)),
    scenario("aes256-gcm-encrypt/1024", Work::GcmEncrypt(1024), Some(0.60)),
    scenario("aes256-gcm-encrypt/65536", Work::GcmEncrypt(65_536), Some(0.95)),
    scenario("aes256-gcm-decrypt/1024", Work::GcmDecrypt(1024), Some(0.55)),
    Scenario {
        of_session: true,
        ..scenario("aes256-gcm-encrypt-session-key/1024", Work::GcmEncrypt(1024), Some(0.60))
    },
    scenario("rsa2048-sign", Work::RsaSign, Some(0.95)),
    scenario("rsa2048-decrypt", Work::RsaDecrypt, Some(0.95)),
    scenario("rsa2048-verify", Work::RsaVerify, None),
    scenario("ecdsa-p256-sign", Work::EcdsaSign, Some(0.90)),
    scenario("ecdsa-p256-verify", Work::EcdsaVerify, Some(0.95)),
    scenario("hmac-sha256/1024", Work::Hmac(1024), Some(0.60)),
    scenario("sha256/1024", Work::Digest(1024), Some(0.60)),
    scenario("random/32", Work::Random(32), Some(0.40)),
    scenario("session-open-close", Work::Session, None),
    scenario("session-info", Work::SessionInfo, None),
    scenario("login", Work::Login, Some(0.70)),
    scenario("generate-aes256-of-session", Work::GenerateKey { durable: false }, None),
    scenario("generate-aes256-durable", Work::GenerateKey { durable: true }, Some(0.45)),
    find("find-by-label/100", By::Label, 100),
    find("find-by-id/100", By::Id, 100),
    find("find-by-label/10000", By::Label, 10_000),
    find("find-by-id/10000", By::Id, 10_000),
    find("find-by-label/100000", By::Label, 100_000),
    find("find-by-id/100000", By::Id, 100_000),
    find("find-another/100000", By::AnotherLabel(100_000), 100_000),
    find("find-another/1000000", By::AnotherLabel(1_000_000), 1_000_000),
];
