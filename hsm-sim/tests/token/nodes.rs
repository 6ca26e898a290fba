//! Nodes under a token: failing over, the rule of two HSMs, session objects that go with their node.

use hsm_sim::fault::{FaultKind, FaultSpec};
use hsm_sim::id::FaultId;
use hsm_sim::token::{Attribute, Error, Mechanism, MechanismType, Options, Template};

use super::*;

impl Token {
    fn down(&self, number: usize) -> FaultId {
        let cluster = self.cluster.cluster_id().clone();
        let node = self.cluster.control().cluster(&cluster).unwrap().nodes[number].id.clone();
        let faults = self.cluster.world().faults();
        faults.set(&FaultSpec::new(FaultKind::NodeDown { cluster, node })).unwrap().id
    }

    fn up(&self, fault: &FaultId) {
        assert!(self.cluster.world().faults().clear(fault).unwrap());
    }

    fn token_key(&self, session: SessionId) -> Result<ObjectHandle> {
        let template = everything(Template::new().number(Attribute::ValueLen, 32)).flag(Attribute::Token, true);
        self.application.generate_key(session, &mechanism(MechanismType::AesKeyGen), &template)
    }

    fn encrypts(&self, session: SessionId, key: ObjectHandle) -> Result<Vec<u8>> {
        self.application.encrypt_init(session, &Mechanism::new(MechanismType::AesEcb), key)?;
        output(|out| self.application.encrypt(session, &[0; 16], out))
    }
}

#[test]
fn a_call_goes_to_a_node_that_lives() {
    let (token, session) = cloud(3);
    let key = token.token_key(session).unwrap();
    let sealed = token.encrypts(session, key).unwrap();
    let fault = token.down(0);
    for _ in 0..6 {
        assert_eq!(token.encrypts(session, key), Ok(sealed.clone()));
    }
    let others = [token.down(1), token.down(2)];
    refused(token.encrypts(session, key), Error::DeviceError);
    refused(token.application.find_init(session, &Template::new()), Error::DeviceError);
    refused(token.application.random(session, &mut [0; 8]), Error::DeviceError);
    token.up(&others[0]);
    token.up(&fault);
    assert_eq!(token.encrypts(session, key), Ok(sealed));
}

#[test]
fn a_token_key_is_on_two_hsms_or_is_not_used() {
    let (token, session) = cloud(2);
    let key = token.token_key(session).unwrap();
    let fault = token.down(1);
    assert!(matches!(token.token_key(session), Err(Error::FunctionFailed(_))));
    assert!(matches!(token.encrypts(session, key), Err(Error::FunctionFailed(_))));
    let of_session = aes(&token, session, 16);
    token.encrypts(session, of_session).unwrap();
    token.up(&fault);
    token.encrypts(session, key).unwrap();

    let options = Options { skip_availability_check: true, ..Options::default() };
    token.down(1);
    let relaxed = Application::open(token.cluster.world(), options).unwrap();
    let session = relaxed.open_session(token.slot, true).unwrap();
    relaxed.login(session, UserType::User, CLOUD_PIN).unwrap();
    let template = Template::new().number(Attribute::ValueLen, 32).flag(Attribute::Token, true);
    relaxed.generate_key(session, &mechanism(MechanismType::AesKeyGen), &template).unwrap();
}

#[test]
fn session_objects_are_on_one_node_and_go_with_it() {
    let (token, session) = cloud(2);
    let keys: Vec<ObjectHandle> = (0..4).map(|_| aes(&token, session, 16)).collect();
    token.down(0);
    let left: Vec<bool> = keys.iter().map(|key| token.encrypts(session, *key).is_ok()).collect();
    assert_eq!(left.iter().filter(|left| **left).count(), 2, "{left:?}");
    assert_eq!(token.find(session, &Template::new()).len(), 2);
}

#[test]
fn keys_of_the_key_management_tools_are_found_and_used() {
    let (token, session) = cloud(2);
    let mut client =
        token.cluster.world().client(token.cluster.cluster_id(), hsm_sim::fault::ClientClass::Tools).unwrap();
    client.login("kmsuser", &hsm_sim::Password::from("kmsPswd1")).unwrap();
    client.generate_key(&hsm_sim::KeyTemplate::aes(32, "orders")).unwrap();
    let key = token.find(session, &Template::new().bytes(Attribute::Label, b"orders"))[0];
    token.encrypts(session, key).unwrap();
    assert_eq!(attribute(&token, session, key, Attribute::Local), Ok(Value::Flag(true)));
    assert_eq!(attribute(&token, session, key, Attribute::KeyType), Ok(Value::Number(AES)));
}

#[test]
fn the_token_is_told_of_a_rewound_world() {
    let (token, session) = cloud(2);
    let world = token.cluster.world();
    world.snapshots().save("before").unwrap();
    let key = token.token_key(session).unwrap();
    world.snapshots().restore("before").unwrap();
    refused(token.encrypts(session, key), Error::SessionHandleInvalid);
}

#[test]
fn sixteen_threads_with_a_session_each() {
    // Two of three are always there.
    let (token, session) = cloud(3);
    let key = token.token_key(session).unwrap();
    let expected = token.encrypts(session, key).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                let session = token.session();
                for _ in 0..50 {
                    assert_eq!(token.encrypts(session, key), Ok(expected.clone()));
                }
                token.application.close_session(session).unwrap();
            });
        }
        scope.spawn(|| {
            for _ in 0..5 {
                let fault = token.down(0);
                token.up(&fault);
            }
        });
    });
}
