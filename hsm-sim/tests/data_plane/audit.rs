//! The audit logs of the HSMs: what each notes, in which order, and that they hold what happened and nothing else.

use hsm_sim::audit::Command;
use hsm_sim::keys::{Keys, Padding, Terms};
use hsm_sim::row::Rows;
use hsm_sim::token::{Attribute, Mechanism, MechanismType, Template};
use hsm_sim::{KeyTemplate, NodeId};

use super::*;

/// The events of a log: command, answer, whom or what it concerns.
fn log(cluster: &ActiveCluster, node: &NodeId) -> Vec<String> {
    let records = cluster.world().audit_log(node, 0).unwrap();
    let line = |record: &hsm_sim::audit::AuditRecord| {
        let subject = record.user().map(str::to_owned).or(record.key().map(|key| key.to_string()));
        format!("{} {} {}", record.command().name(), record.response(), subject.unwrap_or_default())
    };
    records.iter().map(|(_, record)| line(record)).collect()
}

#[test]
fn a_log_tells_the_life_of_its_hsm() {
    let cluster = TestCluster::active(2).unwrap();
    let ids = [node(&cluster, 0), node(&cluster, 1)];
    let begun = ids.each_ref().map(|id| log(&cluster, id));
    let birth = [
        "CN_INIT_TOKEN 0 ",
        "CN_GEN_PSWD_ENC_KEY 0 ",
        "CN_CREATE_APPLIANCE_USER 0 app_user",
        "CN_INIT_DONE 0 ",
        "CN_GEN_KEY_ENC_KEY 0 ",
        "CN_CERT_AUTH_STORE_CERT 0 ",
    ];
    assert_eq!(begun[0][..6], birth, "the first HSM");
    assert!(begun[0].iter().any(|line| line == "CN_CHANGE_PSWD 0 admin"), "{begun:?}");
    assert_eq!(begun[1][..2], ["CN_RESTORE_BEGIN 0 ", "CN_RESTORE_END 0 "], "a copy");
    assert!(!begun[1].iter().any(|line| line.starts_with("CN_INIT")), "a copy: {begun:?}");

    let refused = application(&cluster).login("kmsuser", &password("wrong-password")).unwrap();
    assert_eq!(answers(refused), vec![Err(HsmError::LoginFailure); 2]);
    let nobody = application(&cluster).login("nobody", &password("wrong-password")).unwrap();
    assert_eq!(answers(nobody), vec![Err(HsmError::UserUnknown); 2]);
    create_cu(&cluster, "alice", "alicePswd");
    let mut client = kmsuser(&cluster);
    let made = client.generate_key(&KeyTemplate::aes(32, "key")).unwrap().handle;
    everywhere(client.delete_key(made).unwrap());
    client.encrypt(made, b"", b"data").unwrap_err();
    client.logout().unwrap();
    let fault = down(&cluster, 1);
    let mut connection = application(&cluster);
    let unreached = connection.login("kmsuser", cluster.kmsuser_password().unwrap()).unwrap();
    assert_eq!(unreached[1].result, Err(HsmError::NodeUnavailable));
    up(&cluster, &fault);

    let common = [
        "CN_LOGIN 163 kmsuser".to_owned(),
        "CN_LOGIN 157 nobody".to_owned(),
        "CN_LOGIN 0 admin".to_owned(),
        "CN_CREATE_USER 0 alice".to_owned(),
        "CN_APP_FINALIZE 0 admin".to_owned(),
        "CN_LOGIN 0 kmsuser".to_owned(),
    ];
    let destroyed = format!("CN_TOMBSTONE_OBJECT 0 {made}");
    let key = |command: &str| format!("{command} 0 {made}");
    let now = ids.each_ref().map(|id| log(&cluster, id));
    let since: Vec<&[String]> = now.iter().zip(&begun).map(|(now, begun)| &now[begun.len()..]).collect();
    let maker = usize::from(since[1].contains(&key("CN_GENERATE_KEY")));
    let first = [key("CN_GENERATE_KEY"), key("CN_EXTRACT_MASKED_OBJECT_USER")];
    let mut later: Vec<Vec<String>> = Vec::new();
    for (number, lines) in since.iter().enumerate() {
        let mut expected = common.to_vec();
        match number == maker {
            true => expected.extend(first.clone()),
            false => expected.push(key("CN_INSERT_MASKED_OBJECT_USER")),
        }
        expected.push(destroyed.clone());
        let mut lines = lines.to_vec();
        later.push(lines.split_off(expected.len().min(lines.len())));
        assert_eq!(lines, expected, "HSM {number}");
    }
    // Each logout is noted by one HSM; a login that did not reach an HSM is unknown to it.
    let count =
        |text: &str| later.iter().map(|lines| lines.iter().filter(|line| *line == text).count()).collect::<Vec<_>>();
    assert_eq!(count("CN_LOGIN 0 kmsuser"), [1, 0], "{later:?}");
    assert_eq!(count("CN_LOGOUT 0 kmsuser").iter().sum::<usize>(), 1, "{later:?}");
    assert_eq!(count("CN_APP_FINALIZE 0 kmsuser"), [0, 0], "the last connection is still there");
}

/// Wrapping and the keys of sessions are noted by the HSM that had to do with them, before what is noted after them, and not more of them
/// than fit between two writings.
#[test]
fn cryptographic_calls_are_noted_off_their_way() {
    let cluster = TestCluster::active(2).unwrap();
    let keys = Keys::connect(cluster.world(), cluster.cluster_id(), false).unwrap();
    everywhere(keys.login(LoginType::Cu, "kmsuser", cluster.kmsuser_password().unwrap()).unwrap());
    let template = Template::new().flag(Attribute::Wrap, true).flag(Attribute::Unwrap, true);
    let template = template.flag(Attribute::Extractable, true).number(Attribute::ValueLen, 32);
    let make = || keys.generate(&Mechanism::new(MechanismType::AesKeyGen), &template, &Terms::default()).unwrap();
    let made = make();
    let (key, home) = (made.handle, made.nodes[0].node.clone());
    let about = |node: &NodeId| {
        let lines = log(&cluster, node);
        lines.into_iter().filter(|line| line.ends_with(&format!(" {key}"))).collect::<Vec<_>>()
    };
    keys.wrap(&keys.key_wrap(Padding::None, &[]), key, key).unwrap();
    keys.delete(key).unwrap();
    let noted = |command: &str| format!("{command} 0 {key}");
    let expected = ["CN_GENERATE_KEY", "CN_WRAP_KEY", "CN_NIST_AES_WRAP", "CN_DESTROY_OBJECT"].map(noted);
    assert_eq!(about(&home), expected);
    let other = (0..2).map(|number| node(&cluster, number)).find(|other| *other != home).unwrap();
    assert_eq!(about(&other), [""; 0]);

    // More than wait at a time; the latest stay, and all are numbered without a gap.
    let handles: Vec<String> = (0..1100).map(|_| format!("CN_GENERATE_KEY 0 {}", make().handle)).collect();
    drop(keys);
    let lines: Vec<String> = (0..2).flat_map(|number| log(&cluster, &node(&cluster, number))).collect();
    let kept = handles.iter().filter(|line| lines.contains(line)).count();
    assert!(kept >= 1000, "{kept} of {}", handles.len());
    assert!(lines.contains(handles.last().unwrap()));
    for number in 0..2 {
        let records = cluster.world().audit_log(&node(&cluster, number), 0).unwrap();
        assert!(records.iter().enumerate().all(|(place, (_, record))| record.sequence() == place as u64));
    }
}

/// Events are numbered without gaps from 0, anew after the HSM was started again.
#[test]
fn numbers_and_reboots() {
    let cluster = TestCluster::active(1).unwrap();
    let id = node(&cluster, 0);
    let fault = down(&cluster, 0);
    up(&cluster, &fault);
    drop(kmsuser(&cluster));
    let records = cluster.world().audit_log(&id, 0).unwrap();
    let mut expected = (0, 0);
    for (_, record) in &records {
        if record.reboots() == expected.0 + 1 {
            expected = (expected.0 + 1, 0);
        }
        assert_eq!((record.reboots(), record.sequence()), expected, "{record}");
        expected.1 += 1;
    }
    assert_eq!(expected.0, 1, "the HSM was started again once");
    let (last, record) = records.last().unwrap();
    assert_eq!(record.command(), Command::AppFinalize);
    assert_eq!(cluster.world().audit_log(&id, last + 1).unwrap(), []);
    assert_eq!(cluster.world().audit_log(&id, *last).unwrap().len(), 1);
}

/// A command whose transaction fails leaves no event; a deleted HSM's log stays and ends with its mark.
#[test]
fn events_are_part_of_their_commands() {
    let cluster = TestCluster::active(2).unwrap();
    let id = node(&cluster, 0);
    let mut tool = officer(&cluster);
    let before = log(&cluster, &id);
    cluster.world().faults().set(&FaultSpec::new(FaultKind::StoreFailing).times(1)).unwrap();
    tool.create_user(Role::Cu, "alice", &password("alicePswd")).unwrap_err();
    assert_eq!(log(&cluster, &id), before);
    drop(tool);
    let selector = hsm_sim::control::HsmSelector::Id(id.clone());
    cluster.control().delete_hsm(cluster.cluster_id(), &selector).unwrap();
    assert_eq!(log(&cluster, &id).last().unwrap(), "END_MARKER_OPCODE 0 ");
    assert!(cluster.world().audited().unwrap().contains(&id));
}

/// What logins and logouts leave in the state is nothing, unless a failure is counted or forgotten: then it is there at once.
#[test]
fn logins_wait_for_the_disk_only_when_failures_change() {
    let cluster = TestCluster::active(1).unwrap();
    let id = node(&cluster, 0);
    log(&cluster, &id);
    let stamp = || cluster.world().read(|rows| Ok::<_, hsm_sim::Error>(rows.stamp())).unwrap();
    let committed = |work: &dyn Fn()| {
        let before = stamp();
        work();
        stamp() != before
    };
    let good = || drop(kmsuser(&cluster));
    let wrong = || drop(application(&cluster).login("kmsuser", &password("wrong-password")).unwrap());
    let cases: [(&str, &dyn Fn(), bool); 4] = [
        ("a login and logout", &good, false),
        ("a strike", &wrong, true),
        ("the login that clears it", &good, true),
        ("the one after it", &good, false),
    ];
    for (what, work, expected) in cases {
        assert_eq!(committed(work), expected, "{what}");
    }
    let tail: Vec<String> = log(&cluster, &id).iter().rev().take(7).rev().cloned().collect();
    let (good, bad, out) = ("CN_LOGIN 0 kmsuser", "CN_LOGIN 163 kmsuser", "CN_APP_FINALIZE 0 kmsuser");
    assert_eq!(tail, [good, out, bad, good, out, good, out]);
}

/// Events that are no rows yet go with the world: a snapshot has those from before it, a restore undoes those since.
#[test]
fn events_aside_follow_snapshots_and_outlive_damage() {
    let cluster = TestCluster::active(1).unwrap();
    let id = node(&cluster, 0);
    let snapshots = cluster.world().snapshots();
    drop(kmsuser(&cluster));
    let before = log(&cluster, &id);
    drop(kmsuser(&cluster));
    snapshots.save("two-logins").unwrap();
    drop(kmsuser(&cluster));
    snapshots.restore("two-logins").unwrap();
    let two = log(&cluster, &id);
    assert_eq!(two[..before.len()], before);
    assert_eq!(two[before.len()..], ["CN_LOGIN 0 kmsuser", "CN_APP_FINALIZE 0 kmsuser"]);

    // A process that dies while it writes leaves the beginning of an event.
    drop(kmsuser(&cluster));
    let files = || {
        let entries = std::fs::read_dir(cluster.world().directory()).unwrap().map(|entry| entry.unwrap().path());
        entries.filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with("audit.")).collect::<Vec<_>>()
    };
    let [file] = files().try_into().expect("one file is in use, those before it are gone");
    let whole = std::fs::read(&file).unwrap();
    std::fs::write(&file, [whole.as_slice(), &whole[..whole.len() / 4]].concat()).unwrap();
    drop(kmsuser(&cluster));
    let again = ["CN_LOGIN 0 kmsuser", "CN_APP_FINALIZE 0 kmsuser"].repeat(2);
    assert_eq!(log(&cluster, &id)[two.len()..], again);
}
