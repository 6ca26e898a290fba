//! Role × operation, through the connections themselves.

use hsm_sim::control::CreateCluster;
use hsm_sim::object::attribute::Attribute;
use hsm_sim::user::NodeUsers;
use hsm_sim::{KeyTemplate, Realm, World, builder::CustomerCa};

use super::*;

/// May the connection do it? A refusal must be one of `NotLoggedIn` and `PermissionDenied`.
#[track_caller]
fn allowed<T: std::fmt::Debug>(results: Vec<NodeResult<T>>) -> bool {
    let verdicts: Vec<bool> = answers(results)
        .into_iter()
        .map(|answer| match answer {
            Ok(_) => true,
            Err(HsmError::NotLoggedIn | HsmError::PermissionDenied) => false,
            Err(other) => panic!("{other:?}"),
        })
        .collect();
    assert!(verdicts.windows(2).all(|pair| pair[0] == pair[1]), "{verdicts:?}");
    verdicts[0]
}

#[test]
fn roles_and_operations() {
    let cluster = three();
    let key = kmsuser(&cluster).generate_key(&KeyTemplate::aes(32, "k")).unwrap().handle;
    {
        let mut tool = officer(&cluster);
        everywhere(tool.create_user(Role::Co, "officer", &password("officer1")).unwrap());
        everywhere(tool.create_user(Role::Cu, "other", &password("otheruser1")).unwrap());
    }
    let admin = cluster.admin_password().expose();
    #[rustfmt::skip]
    let table = [
        // who                                         list   own    other  create delete find   trusted label
        (None,                                        [true,  false, false, false, false, false, false, false]),
        (Some((LoginType::Co, "admin", admin)),       [true,  true,  true,  true,  true,  true,  true,  false]),
        (Some((LoginType::Co, "officer", "officer1")),[true,  true,  true,  true,  true,  true,  true,  false]),
        (Some((LoginType::Cu, "kmsuser", "kmsPswd1")),[true,  true,  false, false, false, false, true,  true]),
    ];
    for (who, expected) in table {
        let mut tool = nobody(&cluster);
        if let Some((login_type, name, text)) = who {
            everywhere(tool.login(login_type, name, &password(text)).unwrap());
        }
        let own = who.unwrap_or((LoginType::Cu, "kmsuser", "kmsPswd1"));
        let found = [
            allowed(tool.list_users().unwrap()),
            allowed(tool.change_password(own.0, own.1, &password(own.2)).unwrap()),
            allowed(tool.change_password(LoginType::Cu, "other", &password("otheruser1")).unwrap()),
            allowed(tool.create_user(Role::Cu, "temporary", &password("temporary1")).unwrap()),
            allowed(tool.delete_user(LoginType::Cu, "temporary").unwrap()),
            allowed(tool.find_all_keys(3).unwrap()),
            allowed(tool.attribute(key, Attribute::Trusted.number()).unwrap()),
            allowed(tool.attribute(key, Attribute::Label.number()).unwrap()),
        ];
        assert_eq!(found, expected, "{who:?}");
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
    assert!(!allowed(tool.create_user(Role::Cu, "early", &password("tooearly1")).unwrap()));
    assert!(!allowed(tool.change_password(LoginType::Au, "app_user", &password("tooearly1")).unwrap()));
    assert!(!allowed(tool.find_all_keys(1).unwrap()));
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
