//! What the faults of a node do to tools, applications and the service, and that they heal.

use std::time::{Duration, Instant};

use hsm_sim::KeyTemplate;
use hsm_sim::fault::{Clients, Delay, Fault, FaultRequest, KINDS, KindInfo};
use hsm_sim::performance::Profile;
use hsm_sim::quorum::Service;
use hsm_sim::service::{self, ConnectRefusal};
use hsm_sim::token::{Application, Attribute, Mechanism, MechanismType, Options, Template, UserType};

use super::*;

fn set(cluster: &ActiveCluster, kind: FaultKind) -> Fault {
    cluster.world().faults().set(&FaultSpec::new(kind)).unwrap()
}

fn connect(cluster: &ActiveCluster) -> Result<(), ConnectRefusal> {
    let current = cluster.kmsuser_password().unwrap();
    let login = service::Login {
        user: "kmsuser",
        current,
        next: current,
        owner: "cks-1",
        attempt: cluster.world().wall().now_millis().cast_unsigned(),
    };
    service::connect(cluster.world(), cluster.cluster_id(), &login).unwrap()
}

fn logins(cluster: &ActiveCluster) -> Vec<Result<(), HsmError>> {
    answers(application(cluster).login("kmsuser", cluster.kmsuser_password().unwrap()).unwrap())
}

/// What one fault of node 1 does: the answers to a login, and what a service that connects is told.
#[test]
fn logins_meet_the_faults_of_a_node() {
    let cluster = three();
    let (id, second) = (cluster.cluster_id().clone(), node(&cluster, 1));
    let one = |error: HsmError| vec![Ok(()), Err(error), Ok(())];
    let partition =
        |from| FaultKind::Partition { cluster: id.clone(), node: Some(second.clone()), from: Clients(from) };
    let cases = [
        (
            FaultKind::LoginRefused { cluster: id.clone(), node: second.clone() },
            one(HsmError::LoginFailure),
            Err(ConnectRefusal::InvalidCredentials),
        ),
        (
            FaultKind::Tampered { cluster: id.clone(), node: second.clone() },
            one(HsmError::Zeroized),
            Err(ConnectRefusal::UserNotFound),
        ),
        (partition(ClientClass::Tools), one(HsmError::NodeUnavailable), Ok(())),
        (partition(ClientClass::Pkcs11), vec![Ok(()); 3], Ok(())),
        (partition(ClientClass::Nodes), vec![Ok(()); 3], Ok(())),
        (
            FaultKind::Partition { cluster: id.clone(), node: None, from: Clients(ClientClass::Kms) },
            vec![Ok(()); 3],
            Err(ConnectRefusal::NoNodeReachable),
        ),
        (FaultKind::Full { cluster: id.clone(), node: second.clone() }, vec![Ok(()); 3], Ok(())),
    ];
    for (kind, expected, connected) in cases {
        let fault = set(&cluster, kind.clone());
        assert_eq!(logins(&cluster), expected, "{kind:?}");
        assert_eq!(connect(&cluster), connected, "{kind:?}");
        up(&cluster, &fault.id);
        cluster.world().write(|tx| service::disconnect(tx, &id, "kmsuser", "cks-1")).unwrap();
        assert_eq!(logins(&cluster), vec![Ok(()); 3], "{kind:?} healed");
    }
    assert_eq!(failures(&cluster, "kmsuser"), [0, 0, 0], "a refused login counts nowhere");
}

#[test]
fn a_full_node_misses_new_keys() {
    let cluster = three();
    let client = kmsuser(&cluster);
    let template = KeyTemplate::aes(32, "key");
    let full = |number| FaultKind::Full { cluster: cluster.cluster_id().clone(), node: node(&cluster, number) };
    set(&cluster, full(1));
    let made = client.generate_key(&template).unwrap();
    assert_eq!(answers(made.nodes), [Ok(()), Err(HsmError::KeyStoreFull), Ok(())]);
    for number in [0, 2] {
        set(&cluster, full(number));
    }
    assert_eq!(client.generate_key(&template).unwrap_err(), HsmError::KeyStoreFull.into());
    client.encrypt(made.handle, b"", b"the old keys stay").unwrap();
}

/// A tampered node has no keys left to use and no users to log in; the others go on, and all of it is back when the fault is cleared.
#[test]
fn a_tampered_node_knows_nothing() {
    let cluster = three();
    let client = kmsuser(&cluster);
    let key = client.generate_key(&KeyTemplate::aes(32, "key")).unwrap().handle;
    let sealed = client.encrypt(key, b"", b"data").unwrap();
    let opened = || client.decrypt(key, &sealed.iv, b"", &sealed.ciphertext).map(|_| ());
    let tampered = |number| FaultKind::Tampered { cluster: cluster.cluster_id().clone(), node: node(&cluster, number) };
    let faults = [0, 1, 2].map(|number| {
        opened().unwrap();
        set(&cluster, tampered(number)).id
    });
    assert_eq!(opened().unwrap_err(), HsmError::Zeroized.into());
    let listed = answers(nobody(&cluster).list_users().unwrap());
    assert!(listed.iter().all(|answer| *answer == Err(HsmError::Zeroized)), "{listed:?}");
    for fault in &faults {
        up(&cluster, fault);
    }
    opened().unwrap();
}

#[test]
fn a_slow_node_takes_its_time() {
    let cluster = TestCluster::active(1).unwrap();
    let client = kmsuser(&cluster);
    let key = client.generate_key(&KeyTemplate::aes(32, "key")).unwrap().handle;
    let delay = Delay::Fixed(Duration::from_millis(30));
    let slow = FaultKind::Slow { cluster: cluster.cluster_id().clone(), node: node(&cluster, 0), delay };
    let fault = set(&cluster, slow);
    let calls: [(&str, &dyn Fn()); 3] = [
        ("encrypt", &|| drop(client.encrypt(key, b"", b"data").unwrap())),
        ("random", &|| drop(client.random(8).unwrap())),
        ("login", &|| drop(kmsuser(&cluster))),
    ];
    for (name, call) in calls {
        let start = Instant::now();
        call();
        assert!(start.elapsed() >= Duration::from_millis(30), "{name}");
    }
    assert!(cluster.world().watched().unwrap().slow);
    up(&cluster, &fault.id);
    assert!(!cluster.world().watched().unwrap().slow);
}

/// From the n-th call on, as often as counted, with the code that was given; other commands go on.
#[test]
fn a_command_is_told_to_fail() {
    let cluster = TestCluster::active(1).unwrap();
    let request = FaultRequest {
        kind: "operation-failing".to_owned(),
        operation: Some("CN_LOGIN".to_owned()),
        code: Some("0xbb".to_owned()),
        call: Some(2),
        count: Some(2),
        ..FaultRequest::default()
    };
    cluster.world().faults().set(&request.spec(None).unwrap()).unwrap();
    let told: Vec<_> = (0..5).flat_map(|_| logins(&cluster)).collect();
    assert_eq!(told, [Ok(()), Err(HsmError::Busy), Err(HsmError::Busy), Ok(()), Ok(())]);
    assert_eq!(cluster.world().faults().list().unwrap(), []);
}

/// An HSM of a type does so much in a second and no more.
#[test]
fn a_profile_sets_the_pace() {
    let cluster = TestCluster::active(1).unwrap();
    let client = kmsuser(&cluster);
    let key = client.generate_key(&KeyTemplate::aes(32, "key")).unwrap().handle;
    let profile = |profile: Profile| cluster.world().write(|tx| profile.save(tx)).unwrap();
    profile(Profile::Hsm1Medium);
    assert!(cluster.world().watched().unwrap().slow);
    let start = Instant::now();
    for _ in 0..50 {
        client.encrypt(key, b"", b"data").unwrap();
    }
    assert!(start.elapsed() >= Duration::from_millis(5), "50 at 10,000 a second");
    profile(Profile::Unlimited);
    assert!(!cluster.world().watched().unwrap().slow);
}

/// Every kind of the table is set, listed and cleared through the library; its effects have tests of their own.
#[test]
fn every_kind_is_set_and_cleared() {
    let cluster = TestCluster::active(2).unwrap();
    let shown = cluster.control().cluster(cluster.cluster_id()).unwrap();
    let words = [
        ("cluster", cluster.cluster_id().to_string()),
        ("node", shown.nodes[1].id.to_string()),
        ("subnet", shown.nodes[1].subnet.to_string()),
        ("from", "nodes".to_owned()),
        ("delay", "1ms".to_owned()),
        ("operation", "CN_LOGIN".to_owned()),
        ("code", "187".to_owned()),
    ];
    for KindInfo { name, parts, .. } in KINDS {
        let word = |part: &str| {
            let wanted = parts.iter().any(|(known, _)| *known == part);
            words.iter().find(|(known, _)| wanted && *known == part).map(|(_, word)| word.clone())
        };
        let request = FaultRequest {
            kind: (*name).to_owned(),
            cluster: word("cluster"),
            node: word("node"),
            subnet: word("subnet"),
            from: word("from"),
            delay: word("delay"),
            operation: word("operation"),
            code: word("code"),
            ..FaultRequest::default()
        };
        let faults = cluster.world().faults();
        let set = faults.set(&request.spec(None).unwrap()).unwrap();
        assert_eq!((set.kind.name(), faults.list().unwrap()), (*name, vec![set.clone()]));
        assert!(faults.clear(&set.id).unwrap() && !faults.clear(&set.id).unwrap(), "{name}");
        assert_eq!(logins(&cluster), [Ok(()), Ok(())], "{name} after");
    }
}

/// What a tool does on every node.
type Command<'a> = &'a dyn Fn(&mut Admin);

/// Every command takes the time of a slow HSM: those of the tools, of applications and of modules.
#[test]
fn every_command_takes_its_time() {
    let cluster = TestCluster::active(1).unwrap();
    let mut tool = officer(&cluster);
    let client = kmsuser(&cluster);
    let options = Options { skip_availability_check: true, ..Options::default() };
    let application = Application::open(cluster.world(), options).unwrap();
    let session = application.open_session(application.slots().unwrap()[0], true).unwrap();
    application.login(session, UserType::User, b"kmsuser:kmsPswd1").unwrap();
    let template = || Template::new().flag(Attribute::Token, true).number(Attribute::ValueLen, 32);
    let make = |template: Template| {
        application.generate_key(session, &Mechanism::new(MechanismType::AesKeyGen), &template).unwrap();
    };
    let cases: [(&str, Command<'_>); 9] = [
        ("listUsers", &|tool| drop(tool.list_users().unwrap())),
        ("createUser", &|tool| drop(tool.create_user(Role::Cu, "alice", &password("alicePswd")).unwrap())),
        ("getToken", &|tool| drop(tool.quorum_token(Service::UserManagement, "admin").unwrap())),
        ("findKey", &|_| drop(client.find(&Default::default()).unwrap())),
        ("a new key", &|_| drop(client.generate_key(&KeyTemplate::aes(32, "key")).unwrap())),
        ("C_FindObjectsInit", &|_| {
            application.find_init(session, &Template::new()).unwrap();
            application.find_final(session).unwrap();
        }),
        ("C_GenerateKey", &|_| make(template())),
        ("C_GenerateKey of a session", &|_| make(Template::new().number(Attribute::ValueLen, 32))),
        ("C_GenerateRandom", &|_| application.random(session, &mut [0; 8]).unwrap()),
    ];
    let delay = Delay::Fixed(Duration::from_millis(20));
    set(&cluster, FaultKind::Slow { cluster: cluster.cluster_id().clone(), node: node(&cluster, 0), delay });
    for (name, call) in cases {
        let start = Instant::now();
        call(&mut tool);
        assert!(start.elapsed() >= Duration::from_millis(20), "{name}");
    }
}
