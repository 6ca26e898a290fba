//! The module as a Rust program with the `cryptoki` crate uses it.

mod common;

use std::env;
use std::process::Command;
use std::sync::LazyLock;
use std::thread;

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::aead::GcmParams;
use cryptoki::mechanism::rsa::{PkcsMgfType, PkcsOaepParams, PkcsOaepSource, PkcsPssParams};
use cryptoki::mechanism::{Mechanism, MechanismType};
use cryptoki::object::{Attribute, AttributeInfo, AttributeType, ObjectClass};
use cryptoki::session::{Session, SessionState, UserType};
use cryptoki::slot::Slot;
use cryptoki::types::AuthPin;
use tempfile::TempDir;

use crate::common::server::Server;
use crate::common::{SO_PIN, USER_PIN};

/// One application for the whole test program: its token is initialised.
struct Program {
    module: Pkcs11,
    slot: Slot,
    _directory: TempDir,
}

static PROGRAM: LazyLock<Program> = LazyLock::new(|| {
    let directory = tempfile::tempdir().unwrap();
    common::use_directory(directory.path());
    let module = Pkcs11::new(common::module()).unwrap();
    module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)).unwrap();
    let slot = module.get_slots_with_token().unwrap()[0];
    let so_pin = AuthPin::new(SO_PIN.into());
    module.init_token(slot, &so_pin, "tests").unwrap();
    {
        let officer = module.open_rw_session(slot).unwrap();
        officer.login(UserType::So, Some(&so_pin)).unwrap();
        officer.init_pin(&AuthPin::new(USER_PIN.into())).unwrap();
        officer.logout().unwrap();
    }
    Program { module, slot, _directory: directory }
});

/// A session of the user, who is logged in as long as some test has one open.
fn session() -> Session {
    let session = PROGRAM.module.open_rw_session(PROGRAM.slot).unwrap();
    match session.login(UserType::User, Some(&AuthPin::new(USER_PIN.into()))) {
        Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => session,
        Err(error) => panic!("{error}"),
    }
}

fn rv<T: std::fmt::Debug>(result: Result<T, Error>) -> RvError {
    match result.unwrap_err() {
        Error::Pkcs11(rv, _) => rv,
        error => panic!("not an answer of the module: {error}"),
    }
}

fn aes_key(session: &Session, label: &str) -> cryptoki::object::ObjectHandle {
    let template = [
        Attribute::ValueLen(32.into()),
        Attribute::Label(label.into()),
        Attribute::Token(false),
        Attribute::Encrypt(true),
        Attribute::Decrypt(true),
        Attribute::Sensitive(true),
    ];
    session.generate_key(&Mechanism::AesKeyGen, &template).unwrap()
}

#[test]
fn the_token_describes_itself() {
    let token = PROGRAM.module.get_token_info(PROGRAM.slot).unwrap();
    assert_eq!(token.label(), "tests");
    assert!(token.token_initialized() && token.user_pin_initialized() && token.login_required());
    let mechanisms = PROGRAM.module.get_mechanism_list(PROGRAM.slot).unwrap();
    assert!(mechanisms.contains(&MechanismType::AES_GCM));
    for mechanism in mechanisms {
        PROGRAM.module.get_mechanism_info(PROGRAM.slot, mechanism).unwrap();
    }
    assert_eq!(session().get_session_info().unwrap().session_state(), SessionState::RwUser);
}

#[test]
fn aes_round_trips_whole_and_in_pieces() {
    let session = session();
    let key = aes_key(&session, "aes");
    let data = b"a text that is longer than two blocks of AES";
    let cbc = Mechanism::AesCbcPad([7; 16]);
    let whole = session.encrypt(&cbc, key, data).unwrap();
    assert_eq!(session.decrypt(&cbc, key, &whole).unwrap(), data);

    session.encrypt_init(&cbc, key).unwrap();
    let mut pieces = Vec::new();
    for piece in data.chunks(5) {
        pieces.extend(session.encrypt_update(piece).unwrap());
    }
    pieces.extend(session.encrypt_final().unwrap());
    assert_eq!(pieces, whole);

    let (mut iv, mut other_iv) = ([3; 12], [4; 12]);
    let gcm = Mechanism::AesGcm(GcmParams::new(&mut iv, b"aad", 128.into()).unwrap());
    let sealed = session.encrypt(&gcm, key, data).unwrap();
    assert_eq!(sealed.len(), data.len() + 16);
    assert_eq!(session.decrypt(&gcm, key, &sealed).unwrap(), data);
    let other = Mechanism::AesGcm(GcmParams::new(&mut other_iv, b"aad", 128.into()).unwrap());
    assert_eq!(rv(session.decrypt(&other, key, &sealed)), RvError::EncryptedDataInvalid);
}

#[test]
fn rsa_signs_and_decrypts() {
    let session = session();
    let public = [Attribute::ModulusBits(2048.into()), Attribute::Verify(true), Attribute::Encrypt(true)];
    let private = [Attribute::Sign(true), Attribute::Decrypt(true)];
    let (public, private) = session.generate_key_pair(&Mechanism::RsaPkcsKeyPairGen, &public, &private).unwrap();
    let pss = PkcsPssParams { hash_alg: MechanismType::SHA256, mgf: PkcsMgfType::MGF1_SHA256, s_len: 32.into() };
    for mechanism in [Mechanism::Sha256RsaPkcs, Mechanism::Sha256RsaPkcsPss(pss)] {
        let signature = session.sign(&mechanism, private, b"data").unwrap();
        session.verify(&mechanism, public, b"data", &signature).unwrap();
        assert_eq!(rv(session.verify(&mechanism, public, b"atad", &signature)), RvError::SignatureInvalid);
        assert_eq!(rv(session.verify(&mechanism, public, b"data", &signature[1..])), RvError::SignatureLenRange);
    }
    let label = b"label";
    let source = PkcsOaepSource::data_specified(label);
    let oaep = Mechanism::RsaPkcsOaep(PkcsOaepParams::new(MechanismType::SHA256, PkcsMgfType::MGF1_SHA256, source));
    let sealed = session.encrypt(&oaep, public, b"secret").unwrap();
    assert_eq!(session.decrypt(&oaep, private, &sealed).unwrap(), b"secret");
}

#[test]
fn ec_keys_sign_and_agree() {
    const P256: [u8; 10] = [0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
    let session = session();
    let public = [Attribute::EcParams(P256.to_vec()), Attribute::Verify(true)];
    let (public, private) =
        session.generate_key_pair(&Mechanism::EccKeyPairGen, &public, &[Attribute::Sign(true)]).unwrap();
    let signature = session.sign(&Mechanism::Ecdsa, private, &[9; 32]).unwrap();
    assert_eq!(signature.len(), 64);
    session.verify(&Mechanism::Ecdsa, public, &[9; 32], &signature).unwrap();
}

#[test]
fn attributes_are_answered_one_by_one() {
    let session = session();
    let key = aes_key(&session, "answers");
    let wanted = [AttributeType::Label, AttributeType::Value, AttributeType::ValueLen, AttributeType::Modulus];
    let infos = session.get_attribute_info(key, &wanted).unwrap();
    assert!(matches!(infos[0], AttributeInfo::Available(7)));
    assert!(matches!(infos[1], AttributeInfo::Sensitive));
    assert!(matches!(infos[2], AttributeInfo::Available(8)));
    assert!(matches!(infos[3], AttributeInfo::TypeInvalid));
    let values = session.get_attributes(key, &[AttributeType::Label, AttributeType::Class]).unwrap();
    assert_eq!(values, [Attribute::Label("answers".into()), Attribute::Class(ObjectClass::SECRET_KEY)]);
    let changed = [Attribute::Label("changed".into())];
    session.update_attributes(key, &changed).unwrap();
    assert_eq!(session.get_attributes(key, &[AttributeType::Label]).unwrap(), changed);
}

#[test]
fn objects_are_found_by_their_attributes() {
    let session = session();
    let key = aes_key(&session, "found");
    assert_eq!(session.find_objects(&[Attribute::Label("found".into())]).unwrap(), [key]);
    session.destroy_object(key).unwrap();
    assert_eq!(session.find_objects(&[Attribute::Label("found".into())]).unwrap(), []);
    assert_eq!(rv(session.destroy_object(key)), RvError::ObjectHandleInvalid);
}

#[test]
fn digests_take_keys_and_pieces() {
    let session = session();
    let whole = session.digest(&Mechanism::Sha256, b"abc").unwrap();
    session.digest_init(&Mechanism::Sha256).unwrap();
    session.digest_update(b"a").unwrap();
    session.digest_update(b"bc").unwrap();
    assert_eq!(session.digest_final().unwrap(), whole);
}

#[test]
fn random_bytes_differ_and_seeds_are_taken() {
    let session = session();
    session.seed_random(b"a seed").unwrap();
    assert_ne!(session.generate_random_vec(32).unwrap(), session.generate_random_vec(32).unwrap());
}

#[test]
fn sessions_of_many_threads_do_not_mix() {
    let workers: Vec<_> = (0_u8..8)
        .map(|worker| {
            thread::spawn(move || {
                let session = session();
                let key = aes_key(&session, "thread");
                for round in 0_u8..50 {
                    let data = [worker ^ round; 40];
                    let cbc = Mechanism::AesCbcPad([round; 16]);
                    let sealed = session.encrypt(&cbc, key, &data).unwrap();
                    assert_eq!(session.decrypt(&cbc, key, &sealed).unwrap(), data);
                }
            })
        })
        .collect();
    for worker in workers {
        worker.join().unwrap();
    }
}

/// The other tests again, in a process whose module is the client of a server here.
#[test]
fn all_of_it_over_the_network() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path());
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--skip", "all_of_it_over_the_network"]).envs(server.variables());
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains(" passed; 0 failed; 0 ignored"), "{text}");
    assert_eq!(server.label(), "tests", "the token was initialised through the server");
}
