//! Nodes under a token: failing over, the rule of two HSMs, session objects that go with their node.

use hsm_sim::admin::Admin;
use hsm_sim::fault::{FaultKind, FaultSpec, Turn};
use hsm_sim::id::FaultId;
use hsm_sim::node::NodeResult;
use hsm_sim::token::{Attribute, Error, Mechanism, MechanismType, Options, Template};
use hsm_sim::user::LoginType;
use hsm_sim::{ClusterId, NodeId, Password};

use super::*;

impl Token {
    fn node(&self, number: usize) -> (ClusterId, NodeId) {
        let cluster = self.cluster.cluster_id().clone();
        let node = self.cluster.control().cluster(&cluster).unwrap().nodes[number].id.clone();
        (cluster, node)
    }

    fn fault(&self, kind: FaultKind) -> FaultId {
        self.cluster.world().faults().set(&FaultSpec::new(kind)).unwrap().id
    }

    fn down(&self, number: usize) -> FaultId {
        let (cluster, node) = self.node(number);
        self.fault(FaultKind::NodeDown { cluster, node })
    }

    fn busy(&self, number: usize) -> FaultId {
        let (cluster, node) = self.node(number);
        self.fault(FaultKind::Busy { cluster, node })
    }

    /// A command of the officer on one node only.
    fn on_server(&self, number: usize, command: impl FnOnce(&mut Admin) -> hsm_sim::Result<Vec<NodeResult<()>>>) {
        let mut tool = self.cluster.world().admin(self.cluster.cluster_id()).unwrap();
        let password = self.cluster.admin_password();
        for answer in tool.login(LoginType::Co, hsm_sim::builder::ADMIN, password).unwrap() {
            answer.result.unwrap();
        }
        assert!(tool.select(Some(number)));
        for answer in command(&mut tool).unwrap() {
            answer.result.unwrap();
        }
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
fn a_full_or_tampered_node_is_left_out() {
    let (token, session) = cloud(3);
    let key = token.token_key(session).unwrap();
    let [first, second, third] = [0, 1, 2].map(|number| token.node(number));
    let full = |(cluster, node)| token.fault(FaultKind::Full { cluster, node });
    full(first.clone());
    token.token_key(session).unwrap();
    full(second.clone());
    full(third);
    refused(token.token_key(session), Error::DeviceMemory);
    let session_key = token.application.generate_key(
        session,
        &mechanism(MechanismType::AesKeyGen),
        &everything(Template::new().number(Attribute::ValueLen, 32)),
    );
    refused(session_key, Error::DeviceMemory);
    token.encrypts(session, key).unwrap();
    token.cluster.world().faults().clear_all().unwrap();
    for (cluster, node) in [first, second] {
        token.fault(FaultKind::Tampered { cluster, node });
    }
    // On one node only, a key may not be used (documented).
    assert!(matches!(token.encrypts(session, key), Err(Error::FunctionFailed(_))));
    let (cluster, node) = token.node(2);
    token.fault(FaultKind::Tampered { cluster, node });
    refused(token.encrypts(session, key), Error::DeviceError);
}

#[test]
fn a_function_is_told_to_fail() {
    let (token, session) = cloud(2);
    let told = |operation: &str, code: &str, call| FaultKind::OperationFailing {
        operation: operation.parse().unwrap(),
        code: code.parse().unwrap(),
        call: Turn(call),
    };
    let sign = || token.application.meet_faults(|| Some("C_Sign".to_owned()));
    assert_eq!(sign(), Ok(()));
    token.cluster.world().faults().set(&FaultSpec::new(told("C_Sign", "CKR_DEVICE_REMOVED", 2)).times(1)).unwrap();
    token.fault(told("C_Verify", "CKR_DEVICE_ERROR", 1));
    assert_eq!([sign(), sign(), sign()], [Ok(()), Err(Error::DeviceRemoved), Ok(())]);
    token.application.random(session, &mut [0; 8]).unwrap();
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
fn a_session_that_has_searched_before_sees_every_change() {
    let (token, session) = cloud(2);
    let other = token.session();
    let labelled = Template::new().bytes(Attribute::Label, b"sought");
    let template = everything(Template::new().number(Attribute::ValueLen, 32)).bytes(Attribute::Label, b"sought");
    let make = |token_flag| {
        let template = template.clone().flag(Attribute::Token, token_flag);
        token.application.generate_key(other, &mechanism(MechanismType::AesKeyGen), &template).unwrap()
    };
    assert_eq!(token.find(session, &labelled), []);
    let of_session = make(false);
    assert_eq!(token.find(session, &labelled), [of_session]);
    let of_token = make(true);
    assert_eq!(token.find(session, &labelled), [of_token, of_session]);
    token.application.destroy_object(other, of_session).unwrap();
    assert_eq!(token.find(session, &labelled), [of_token]);
    // What another application destroys, or takes away with the nodes.
    let elsewhere = token.other();
    let guest = elsewhere.open_session(token.slot, true).unwrap();
    elsewhere.login(guest, UserType::User, CLOUD_PIN).unwrap();
    let theirs = find(&elsewhere, guest, &labelled);
    let faults = [token.down(0), token.down(1)];
    refused(token.application.find_init(session, &labelled), Error::DeviceError);
    faults.iter().for_each(|fault| token.up(fault));
    assert_eq!(token.find(session, &labelled), [of_token]);
    elsewhere.destroy_object(guest, theirs[0]).unwrap();
    assert_eq!(token.find(session, &labelled), []);
    // Private objects are shown to nobody after a logout in any session, and to who logs in again.
    let last = make(true);
    assert_eq!(token.find(session, &labelled), [last]);
    token.application.logout(other).unwrap();
    assert_eq!(token.find(session, &labelled), []);
    token.application.login(other, UserType::User, CLOUD_PIN).unwrap();
    assert_eq!(token.find(session, &labelled).len(), 1);
}

#[test]
fn a_session_key_that_became_one_of_the_token_outlives_its_session() {
    let (token, session) = cloud(2);
    let other = token.session();
    let key = aes(&token, other, 32);
    let sealed = token.encrypts(session, key).unwrap();
    token.application.set_attributes(other, key, &of_the_token()).unwrap();
    token.application.close_session(other).unwrap();
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
    assert_eq!(token.find(session, &of_the_token()), [key], "what was refused left nothing");
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
    let fault = token.down(0);
    let left: Vec<bool> = keys.iter().map(|key| token.encrypts(session, *key).is_ok()).collect();
    assert_eq!(left.iter().filter(|left| **left).count(), 2, "{left:?}");
    assert_eq!(token.find(session, &Template::new()).len(), 2);

    token.up(&fault);
    let back: Vec<bool> = keys.iter().map(|key| token.encrypts(session, *key).is_ok()).collect();
    assert_eq!(back, left);
}

#[test]
fn a_busy_node_refuses_and_another_one_is_asked() {
    let (token, session) = cloud(3);
    let key = token.token_key(session).unwrap();
    let sealed = token.encrypts(session, key).unwrap();
    let of_session: Vec<ObjectHandle> = (0..3).map(|_| aes(&token, session, 16)).collect();
    let first = token.busy(0);
    for _ in 0..6 {
        assert_eq!(token.encrypts(session, key), Ok(sealed.clone()));
    }
    let answers: Vec<_> = of_session.iter().map(|key| token.encrypts(session, *key).err()).collect();
    assert_eq!(answers.iter().flatten().collect::<Vec<_>>(), [&Error::Busy], "{answers:?}");

    let others = [token.busy(1), token.busy(2)];
    refused(token.encrypts(session, key), Error::Busy);
    refused(token.token_key(session), Error::Busy);
    refused(token.application.find_init(session, &Template::new()), Error::Busy);
    refused(token.application.random(session, &mut [0; 8]), Error::Busy);
    refused(token.application.attributes(session, key, &[Attribute::Label]), Error::Busy);
    let other = token.other();
    let newcomer = other.open_session(token.slot, true).unwrap();
    refused(other.login(newcomer, UserType::User, CLOUD_PIN), Error::Busy);
    // One that is out of reach as well changes nothing: another try may help.
    let away = token.down(2);
    refused(token.encrypts(session, key), Error::Busy);

    for fault in others.iter().chain([&first, &away]) {
        token.up(fault);
    }
    assert_eq!(token.encrypts(session, key), Ok(sealed));
    let lost = of_session.iter().filter(|key| token.encrypts(session, **key).is_err()).count();
    assert_eq!(lost, 1, "the node that was out of reach lost its object, the busy ones did not");
}

#[test]
fn a_fault_that_heals_with_time_is_noticed_without_a_commit() {
    let (token, session) = cloud(2);
    let key = token.token_key(session).unwrap();
    let minute = std::time::Duration::from_secs(60);
    for number in 0..2 {
        let (cluster, node) = token.node(number);
        let spec = FaultSpec::new(FaultKind::Busy { cluster, node }).lasting(minute);
        token.cluster.world().faults().set(&spec).unwrap();
    }
    refused(token.encrypts(session, key), Error::Busy);
    token.cluster.world().advance(minute, &[]).unwrap();
    token.encrypts(session, key).unwrap();
}

#[test]
fn a_user_who_is_not_on_every_node() {
    let (token, session) = cloud(3);
    token.token_key(session).unwrap();
    token.application.close_session(session).unwrap();
    token.on_server(1, |tool| tool.change_password(LoginType::Cu, "kmsuser", &Password::from("another12")));

    let session = token.session();
    token.application.login(session, UserType::User, CLOUD_PIN).unwrap();
    let before = token.find(session, &of_the_token())[0];
    let key = token.token_key(session).unwrap();
    for _ in 0..6 {
        token.encrypts(session, key).unwrap();
    }
    // Two nodes let the user in; without one of them no key is on two.
    let fault = token.down(0);
    assert!(matches!(token.encrypts(session, before), Err(Error::FunctionFailed(_))));
    assert!(matches!(token.token_key(session), Err(Error::FunctionFailed(_))));
    let others = token.down(2);
    refused(token.encrypts(session, before), Error::KeyHandleInvalid);
    token.up(&others);
    token.up(&fault);

    token.on_server(1, |tool| tool.change_password(LoginType::Cu, "kmsuser", &Password::from("kmsPswd1")));
    assert_eq!(token.find(session, &Template::new()), [before, key], "what was refused left nothing");
    token.encrypts(session, before).unwrap();
}

#[test]
fn a_key_that_some_nodes_lack() {
    let (token, session) = cloud(3);
    let fault = token.down(2);
    let key = token.token_key(session).unwrap();
    token.up(&fault);
    for _ in 0..6 {
        token.encrypts(session, key).unwrap();
    }
    assert_eq!(token.find(session, &of_the_token()), [key]);

    let away = token.down(0);
    assert!(matches!(token.encrypts(session, key), Err(Error::FunctionFailed(_))));
    let last = token.down(1);
    refused(token.encrypts(session, key), Error::KeyHandleInvalid);
    assert_eq!(token.find(session, &of_the_token()), []);
    token.up(&last);
    token.up(&away);
    token.encrypts(session, key).unwrap();
}

#[test]
fn a_node_that_joins_is_used() {
    let (token, session) = cloud(2);
    let key = token.token_key(session).unwrap();
    let sealed = token.encrypts(session, key).unwrap();
    let control = token.cluster.control();
    let zone = control.cluster(token.cluster.cluster_id()).unwrap().nodes[0].zone.clone();
    control.create_hsm(token.cluster.cluster_id(), &zone, None).unwrap();
    token.down(0);
    assert_eq!(token.encrypts(session, key), Ok(sealed), "still on two");
    token.token_key(session).unwrap();
}

fn of_the_token() -> Template {
    Template::new().flag(Attribute::Token, true)
}

#[test]
fn keys_of_the_key_management_tools_are_found_and_used() {
    let (token, session) = cloud(2);
    let mut client =
        token.cluster.world().client(token.cluster.cluster_id(), hsm_sim::fault::ClientClass::Tools).unwrap();
    client.login("kmsuser", &Password::from("kmsPswd1")).unwrap();
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
