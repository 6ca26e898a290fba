//! Role × operation, through the connections themselves.

use hsm_sim::admin::{CertificateKind, TokenScope};
use hsm_sim::builder::CustomerCa;
use hsm_sim::control::CreateCluster;
use hsm_sim::object::{Attribute, AttributeValue};
use hsm_sim::quorum::{Service, Subject};
use hsm_sim::user::{NodeUsers, Operation, permits};
use hsm_sim::{Handle, KeyTemplate, Realm, World};

use super::signing::SIGNERS;
use super::*;

/// Whether an answer is no matter of permission.
fn permitted<T>(answer: &Result<T, HsmError>) -> bool {
    !matches!(answer, Err(HsmError::NotLoggedIn | HsmError::PermissionDenied))
}

/// May the connection do it? All servers must agree.
#[track_caller]
fn allowed<T>(results: Vec<NodeResult<T>>) -> bool {
    let verdicts: Vec<bool> = answers(results).iter().map(permitted).collect();
    assert!(verdicts.windows(2).all(|pair| pair[0] == pair[1]), "{verdicts:?}");
    verdicts[0]
}

/// Asks every server for an operation with arguments that harm nothing, and says whether the login permits it.
fn attempt(tool: &mut Admin, operation: Operation, key: Handle, own: (LoginType, &str, &str)) -> bool {
    let (login_type, name, text) = own;
    let text = password(text);
    match operation {
        Operation::Info => tool.certificate(CertificateKind::Cluster).map(allowed),
        Operation::ListUsers => tool.list_users().map(allowed),
        Operation::ReadQuorum => tool.list_tokens().map(allowed),
        Operation::ChangeOwnPassword => tool.change_password(login_type, name, &text).map(allowed),
        Operation::ChangeAnyPassword => {
            tool.change_password(LoginType::Cu, "other", &password("otheruser1")).map(allowed)
        }
        Operation::CreateUser => tool.create_user(Role::Cu, "temporary", &password("temporary1")).map(allowed),
        Operation::DeleteUser => tool.delete_user(LoginType::Cu, "temporary").map(allowed),
        Operation::SyncUser => {
            tool.select(Some(0));
            let synced = tool.sync_user(4, 0).unwrap();
            tool.select(None);
            Ok(permitted(&synced.inserted.unwrap_or(synced.extracted)))
        }
        Operation::RegisterQuorumKey => {
            tool.register_quorum_key(login_type, name, b"", b"", SIGNERS[0].public.as_bytes()).map(allowed)
        }
        Operation::SetQuorum => tool.set_m_value(Service::Quorum, 1).map(allowed),
        Operation::SetMutualTls => tool.deregister_trust_anchor(1).map(allowed),
        Operation::UseQuorum => tool.delete_tokens(TokenScope::All).map(allowed),
        Operation::UseKeyQuorum => tool.quorum_token(Subject::UseKey(key), name).map(allowed),
        Operation::ApproveTokens => tool.approve_tokens(b"", &[]).map(allowed),
        Operation::FindAllKeys => tool.find_all_keys(3).map(allowed),
        Operation::SyncKey => {
            tool.select(Some(0));
            let synced = tool.sync_key(key, 0).map_err(|error| match error {
                hsm_sim::Error::Hsm(error) => error,
                other => panic!("{other:?}"),
            });
            tool.select(None);
            Ok(permitted(&synced))
        }
        Operation::Trusted => tool.set_attribute(key, Attribute::Trusted, &AttributeValue::Flag(false)).map(allowed),
        Operation::ReadAttributes => tool.attribute(key, Attribute::Label.number()).map(allowed),
        Operation::UseKeys => tool.share_key(key, 4, false).map(allowed),
    }
    .unwrap()
}

/// Every cell of the table through a connection; the appliance user's cannot be had, for nobody knows its password.
#[test]
fn roles_and_operations() {
    let cluster = three();
    let key = kmsuser(&cluster).generate_key(&KeyTemplate::aes(32, "k")).unwrap().handle;
    {
        let mut tool = officer(&cluster);
        everywhere(tool.create_user(Role::Cu, "other", &password("otheruser1")).unwrap());
        everywhere(tool.create_user(Role::Co, "officer", &password("officer1")).unwrap());
    }
    let admin = cluster.admin_password().expose();
    for (role, who) in [
        (None, None),
        (Some(Role::Pco), Some((LoginType::Co, "admin", admin))),
        (Some(Role::Co), Some((LoginType::Co, "officer", "officer1"))),
        (Some(Role::Cu), Some((LoginType::Cu, "kmsuser", "kmsPswd1"))),
    ] {
        let mut tool = nobody(&cluster);
        if let Some((login_type, name, text)) = who {
            everywhere(tool.login(login_type, name, &password(text)).unwrap());
        }
        let own = who.unwrap_or((LoginType::Cu, "kmsuser", "kmsPswd1"));
        for operation in Operation::ALL {
            let expected = permits(role, operation);
            assert_eq!(attempt(&mut tool, operation, key, own), expected, "{role:?} {operation:?}");
        }
    }
}

/// What an officer may not do with keys, logged in as an application.
#[test]
fn officers_have_no_keys() {
    let cluster = three();
    let key = kmsuser(&cluster).generate_key(&KeyTemplate::aes(32, "k")).unwrap().handle;
    let mut client = application(&cluster);
    let denied = hsm_sim::Error::from(HsmError::PermissionDenied);
    let unknown = hsm_sim::Error::from(HsmError::NotLoggedIn);
    for login in [false, true] {
        if login {
            everywhere(client.login_as(LoginType::Co, "admin", cluster.admin_password()).unwrap());
        }
        let expected = if login { &denied } else { &unknown };
        assert_eq!(client.generate_key(&KeyTemplate::aes(32, "x")).as_ref().unwrap_err(), expected);
        assert_eq!(client.encrypt(key, b"", b"x").as_ref().unwrap_err(), expected);
        assert_eq!(client.decrypt(key, &[0; 12], b"", &[0; 16]).as_ref().unwrap_err(), expected);
        assert_eq!(client.random(4).as_ref().unwrap_err(), expected);
        assert_eq!(client.key_info(key).as_ref().unwrap_err(), expected);
        assert!(!allowed(client.delete_key(key).unwrap()));
        let (found, results) = client.find(&Default::default()).unwrap();
        assert!(found.is_empty() && !allowed(results));
    }
    assert_eq!(client.list_users().unwrap().len(), 3);
}

/// Before activation there is one officer, who may change its own password and nothing else; that activates the cluster.
#[test]
fn the_first_officer() {
    let world = World::ephemeral().unwrap();
    let control = world.control(Realm::default());
    let subnets = control.default_subnets().unwrap().into_iter().map(|subnet| subnet.id).collect();
    let id = control.create_cluster(CreateCluster::new(subnets)).unwrap().cluster.id;
    let zone = control.cluster(&id).unwrap().cluster.subnets.keys().next().unwrap().clone();
    control.create_hsm(&id, &zone, None).unwrap();

    let default = NodeUsers::default_password();
    let refused = world.admin(&id).unwrap().login(LoginType::Preco, "admin", &default).unwrap();
    assert_eq!(answers(refused), [Err(HsmError::NodeUnavailable)], "no certificates yet");

    CustomerCa::new(&world).unwrap().initialize(&control, &id).unwrap();
    let mut tool = world.admin(&id).unwrap();
    assert_eq!(answers(tool.login(LoginType::Co, "admin", &default).unwrap()), [Err(HsmError::InvalidUserType)]);
    everywhere(tool.login(LoginType::Preco, "admin", &default).unwrap());
    let own = (LoginType::Preco, "admin", "password");
    for operation in Operation::ALL.into_iter().filter(|operation| *operation != Operation::ChangeOwnPassword) {
        let expected = permits(Some(Role::Preco), operation);
        assert_eq!(attempt(&mut tool, operation, Handle::new(6), own), expected, "{operation:?}");
    }
    let short = tool.change_password(LoginType::Preco, "admin", &password("short")).unwrap();
    assert_eq!(answers(short), [Err(HsmError::InvalidPassword)]);
    assert_eq!(control.cluster(&id).unwrap().cluster.state.as_str(), "INITIALIZED");

    everywhere(tool.change_password(LoginType::Preco, "admin", &password("longEnough1")).unwrap());
    assert_eq!(control.cluster(&id).unwrap().cluster.state.as_str(), "ACTIVE");
    let users = everywhere(tool.list_users().unwrap()).remove(0);
    let shown: Vec<_> = users.iter().map(|user| (user.id, user.role, user.name.as_str())).collect();
    assert_eq!(shown, [(1, Role::Pco, "admin"), (2, Role::Au, "app_user")]);
    assert!(allowed(tool.create_user(Role::Cu, "now", &password("nowitworks1")).unwrap()), "the login goes on");
}
