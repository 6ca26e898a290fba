//! The module on a `cloudhsm` cluster: as the CloudHSM client library (documented).

mod common;

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::Mechanism;
use cryptoki::mechanism::aead::GcmParams;
use cryptoki::object::Attribute;
use cryptoki::session::UserType;
use cryptoki::types::AuthPin;
use hsm_sim::{ActiveCluster, Realm, World, WorldOptions};

fn rv<T: std::fmt::Debug>(result: Result<T, Error>) -> RvError {
    match result.unwrap_err() {
        Error::Pkcs11(rv, _) => rv,
        error => panic!("not an answer of the module: {error}"),
    }
}

#[test]
fn the_client_library_is_imitated() {
    let directory = tempfile::tempdir().unwrap();
    {
        // Closed again before the module opens the directory: a process has one environment per directory.
        let world = World::open(directory.path(), WorldOptions::default()).unwrap();
        ActiveCluster::builder().nodes(2).kmsuser("kmsPswd1").build_in(&world, &Realm::default()).unwrap();
    }
    common::use_directory(directory.path());
    let module = Pkcs11::new(common::module()).unwrap();
    module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)).unwrap();
    let slots = module.get_slots_with_token().unwrap();
    assert_eq!(slots.len(), 1);
    assert_eq!(module.get_token_info(slots[0]).unwrap().label(), "hsm1");
    let pin = |text: &str| AuthPin::new(text.into());
    assert_eq!(rv(module.init_token(slots[0], &pin("officer"), "x")), RvError::FunctionNotSupported);
    assert_eq!(rv(module.open_ro_session(slots[0])), RvError::FunctionFailed);

    let session = module.open_rw_session(slots[0]).unwrap();
    assert_eq!(rv(session.login(UserType::User, Some(&pin("kmsuser:wrong-one")))), RvError::PinIncorrect);
    session.login(UserType::User, Some(&pin("kmsuser:kmsPswd1"))).unwrap();
    let template = [
        Attribute::ValueLen(32.into()),
        Attribute::Token(true),
        Attribute::Label("made through PKCS#11".into()),
        Attribute::Encrypt(true),
        Attribute::Decrypt(true),
    ];
    let key = session.generate_key(&Mechanism::AesKeyGen, &template).unwrap();
    assert_eq!(session.find_objects(&template[2..3]).unwrap(), [key]);

    // The HSM makes the IV and writes it over the zeros that it was given.
    let mut iv = [0; 12];
    let sealed = {
        let gcm = Mechanism::AesGcm(GcmParams::new(&mut iv, b"", 128.into()).unwrap());
        session.encrypt(&gcm, key, b"data").unwrap()
    };
    assert_ne!(iv, [0; 12]);
    let gcm = Mechanism::AesGcm(GcmParams::new(&mut iv, b"", 128.into()).unwrap());
    assert_eq!(session.decrypt(&gcm, key, &sealed).unwrap(), b"data");
}
