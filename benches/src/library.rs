//! The token in this process, through its Rust interface.

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hsm_sim::cluster::Personality;
use hsm_sim::fault::ClientClass;
use hsm_sim::object::KeyTemplate;
use hsm_sim::token::{
    Application, Attribute, Mechanism, MechanismType, ObjectHandle, Options, Output, Parameter, SessionId, SlotId,
    Template, UserType,
};
use hsm_sim::{ActiveCluster, Durability, Password, Realm, World, WorldOptions};
use tempfile::TempDir;

use crate::edges::{Edge, Worker};
use crate::raw::MESSAGE;
use crate::scenario::{By, Work};

pub(crate) const SO_PIN: &[u8] = b"officer-1";
pub(crate) const PIN: &[u8] = b"user-pin";
/// Whose PIN it is.
const USER: &str = "user";
/// Keys made in one transaction when a directory is filled.
const BATCH: usize = 1000;
/// What the object that is searched for bears.
pub(crate) const LABEL: &[u8] = b"key 7";
pub(crate) const ID: &[u8] = b"\x00\x00\x00\x07";
/// So many keys a session makes before it is closed with them.
pub(crate) const KEYS_OF_SESSION: u64 = 4096;
/// P-256 as object identifier.
pub(crate) const P256: &[u8] = &[6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];

/// Where state directories are made: on the disk of the build folder.
pub fn disk() -> PathBuf {
    let program = std::env::current_exe().expect("a running program has a file");
    program.parent().map_or_else(std::env::temp_dir, Path::to_path_buf)
}

fn open(directory: &Path, durability: Durability) -> World {
    World::open(directory, WorldOptions { durability, ..WorldOptions::default() }).expect("an own directory opens")
}

/// A directory with a `generic` token of one HSM, initialised, that holds this many AES keys; closed again.
pub(crate) fn filled(objects: usize) -> TempDir {
    let directory = tempfile::tempdir_in(disk()).expect("a writable folder");
    let world = open(directory.path(), Durability::Unsynced);
    let builder = ActiveCluster::builder().nodes(1).personality(Personality::Generic);
    let cluster = builder.build_in(&world, &Realm::default()).expect("a new cluster");
    let application = Application::open(&world, Options::default()).expect("a cluster exists");
    let slot = application.slots().expect("a cluster exists")[0];
    application.init_token(slot, SO_PIN, "bench").expect("a good PIN");
    let session = application.open_session(slot, true).expect("the first session");
    application.login(session, UserType::SecurityOfficer, SO_PIN).expect("the right PIN");
    application.init_pin(session, PIN).expect("a good PIN");
    let mut client = world.client(cluster.cluster_id(), ClientClass::Tools).expect("the cluster exists");
    let password = std::str::from_utf8(PIN).expect("an ASCII literal");
    client.login(USER, &Password::from(password)).expect("the right PIN");
    let key = |number: usize| {
        KeyTemplate::aes(32, &label(number)).id(&u32::try_from(number).unwrap_or(u32::MAX).to_be_bytes())
    };
    for first in (0..objects).step_by(BATCH) {
        let keys: Vec<KeyTemplate> = (first..objects.min(first + BATCH)).map(key).collect();
        client.generate_keys(&keys).expect("room for them");
    }
    directory
}

/// The label of an object of a filled directory.
pub(crate) fn label(number: usize) -> String {
    format!("key {number}")
}

fn aes(of_token: bool) -> Template {
    let usage = [Attribute::Encrypt, Attribute::Decrypt].into_iter();
    let template = Template::new().number(Attribute::ValueLen, 32).flag(Attribute::Token, of_token);
    usage.fold(template, |template, attribute| template.flag(attribute, true))
}

/// The token of `filled`.
#[derive(Debug)]
pub struct Library {
    world: World,
    application: Arc<Application>,
    slot: SlotId,
    _directory: TempDir,
}

impl Library {
    /// With this many keys in it.
    pub fn new(objects: usize) -> Self {
        let directory = filled(objects);
        let world = open(directory.path(), Durability::Synced);
        let application = Application::open(&world, Options::default()).expect("a cluster exists");
        let slot = application.slots().expect("a cluster exists")[0];
        let session = application.open_session(slot, true).expect("the first session");
        application.login(session, UserType::User, PIN).expect("the right PIN");
        Self { world, application: Arc::new(application), slot, _directory: directory }
    }

    fn session(&self) -> SessionId {
        self.application.open_session(self.slot, true).expect("few sessions")
    }

    fn aes_key(&self, session: SessionId, of_session: bool) -> ObjectHandle {
        let mechanism = Mechanism::new(MechanismType::AesKeyGen);
        self.application.generate_key(session, &mechanism, &aes(!of_session)).expect("room for it")
    }

    fn pair(&self, session: SessionId, kind: MechanismType, of_session: bool) -> (ObjectHandle, ObjectHandle) {
        let template = || Template::new().flag(Attribute::Token, !of_session);
        let public = match kind {
            MechanismType::EcKeyPairGen => template().bytes(Attribute::EcParams, P256),
            _ => template().number(Attribute::ModulusBits, 2048),
        };
        self.application.generate_key_pair(session, &Mechanism::new(kind), &public, &template()).expect("room for it")
    }
}

impl Edge for Library {
    fn name(&self) -> &'static str {
        "library"
    }

    fn is_own(&self) -> bool {
        true
    }

    fn worker(&self, work: Work, of_session: bool) -> Option<Worker> {
        let application = Arc::clone(&self.application);
        let (session, slot) = (self.session(), self.slot);
        let gcm = Mechanism::with(
            MechanismType::AesGcm,
            Parameter::Gcm { iv: [7; 12].as_slice().into(), aad: Vec::new(), tag_bits: 128 },
        );
        let rsa = Mechanism::new(MechanismType::Sha256RsaPkcs);
        let ecdsa = Mechanism::new(MechanismType::Ecdsa);
        Some(match work {
            Work::GcmEncrypt(size) => {
                let key = self.aes_key(session, of_session);
                let (data, mut out) = (vec![0; size], vec![0; size + 16]);
                Box::new(move || {
                    application.encrypt_init(session, &gcm, key).expect("a good key");
                    application.encrypt(session, &data, Output::Buffer(&mut out)).expect("room for it");
                })
            }
            Work::GcmDecrypt(size) => {
                let key = self.aes_key(session, of_session);
                let (mut data, mut sealed) = (vec![0; size], vec![0; size + 16]);
                application.encrypt_init(session, &gcm, key).expect("a good key");
                application.encrypt(session, &data, Output::Buffer(&mut sealed)).expect("room for it");
                Box::new(move || {
                    application.decrypt_init(session, &gcm, key).expect("a good key");
                    application.decrypt(session, &sealed, Output::Buffer(&mut data)).expect("just sealed");
                })
            }
            Work::RsaSign | Work::EcdsaSign => {
                let (kind, mechanism) = match work {
                    Work::RsaSign => (MechanismType::RsaPkcsKeyPairGen, rsa),
                    _ => (MechanismType::EcKeyPairGen, ecdsa),
                };
                let (_, key) = self.pair(session, kind, of_session);
                let mut out = vec![0; 256];
                Box::new(move || {
                    application.sign_init(session, &mechanism, key).expect("a good key");
                    application.sign(session, &MESSAGE, Output::Buffer(&mut out)).expect("room for it");
                })
            }
            Work::RsaVerify | Work::EcdsaVerify => {
                let (kind, mechanism) = match work {
                    Work::RsaVerify => (MechanismType::RsaPkcsKeyPairGen, rsa),
                    _ => (MechanismType::EcKeyPairGen, ecdsa),
                };
                let (public, private) = self.pair(session, kind, of_session);
                let mut signature = vec![0; 256];
                application.sign_init(session, &mechanism, private).expect("a good key");
                let length = application.sign(session, &MESSAGE, Output::Buffer(&mut signature)).expect("room for it");
                signature.truncate(length);
                Box::new(move || {
                    application.verify_init(session, &mechanism, public).expect("a good key");
                    application.verify(session, &MESSAGE, &signature).expect("just signed");
                })
            }
            Work::RsaDecrypt => {
                let (public, private) = self.pair(session, MechanismType::RsaPkcsKeyPairGen, of_session);
                let mechanism = Mechanism::new(MechanismType::RsaPkcs);
                let (mut sealed, mut data) = (vec![0; 256], vec![0; 256]);
                application.encrypt_init(session, &mechanism, public).expect("a good key");
                application.encrypt(session, &MESSAGE, Output::Buffer(&mut sealed)).expect("room for it");
                Box::new(move || {
                    application.decrypt_init(session, &mechanism, private).expect("a good key");
                    application.decrypt(session, &sealed, Output::Buffer(&mut data)).expect("just sealed");
                })
            }
            Work::Hmac(size) => {
                let template = Template::new().number(Attribute::ValueLen, 32).flag(Attribute::Token, !of_session);
                let make = Mechanism::new(MechanismType::GenericSecretKeyGen);
                let key = application.generate_key(session, &make, &template).expect("room for it");
                let (mechanism, data) = (Mechanism::new(MechanismType::Sha256Hmac), vec![0; size]);
                let mut out = [0; 32];
                Box::new(move || {
                    application.sign_init(session, &mechanism, key).expect("a good key");
                    application.sign(session, &data, Output::Buffer(&mut out)).expect("room for it");
                })
            }
            Work::Digest(size) => {
                let (mechanism, data) = (Mechanism::new(MechanismType::Sha256), vec![0; size]);
                let mut out = [0; 32];
                Box::new(move || {
                    application.digest_init(session, &mechanism).expect("known");
                    application.digest(session, &data, Output::Buffer(&mut out)).expect("room for it");
                })
            }
            Work::Random(size) => {
                let mut out = vec![0; size];
                Box::new(move || application.random(session, &mut out).expect("the HSM is there"))
            }
            Work::GenerateKey { durable } => {
                let (mechanism, template) = (Mechanism::new(MechanismType::AesKeyGen), aes(durable));
                let (mut session, mut made) = (session, 0);
                Box::new(move || {
                    application.generate_key(session, &mechanism, &template).expect("room for it");
                    made += 1;
                    if made % KEYS_OF_SESSION == 0 {
                        application.close_session(session).expect("open");
                        session = application.open_session(slot, true).expect("few sessions");
                    }
                })
            }
            Work::Find(by) => {
                let mut template = match by {
                    By::Label | By::AnotherLabel(_) => Template::new().bytes(Attribute::Label, LABEL),
                    By::Id => Template::new().bytes(Attribute::Id, ID),
                };
                let mut others = by.others();
                Box::new(move || {
                    if let Some(number) = others.as_mut().and_then(Iterator::next) {
                        template = Template::new().bytes(Attribute::Label, label(number).as_bytes());
                    }
                    application.find_init(session, &template).expect("the HSM is there");
                    assert_eq!(application.find(session, 10).expect("just begun").len(), 1);
                    application.find_final(session).expect("just begun");
                })
            }
            Work::Session => Box::new(move || {
                let session = application.open_session(slot, true).expect("few sessions");
                application.close_session(session).expect("just opened");
            }),
            Work::SessionInfo => Box::new(move || {
                black_box(application.session_info(session).expect("open"));
            }),
            // The application is logged in already; an application of its own logs in.
            Work::Login => {
                let application = Application::open(&self.world, Options::default()).expect("a cluster exists");
                Box::new(move || {
                    let session = application.open_session(slot, true).expect("few sessions");
                    application.login(session, UserType::User, PIN).expect("the right PIN");
                    application.logout(session).expect("logged in");
                    application.close_session(session).expect("just opened");
                })
            }
        })
    }
}
