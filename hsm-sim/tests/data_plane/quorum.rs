//! Quorum authentication: keys, M values, tokens and approvals, on each node by itself.

use std::time::Duration;

use hsm_sim::admin::TokenScope;
use hsm_sim::quorum::{Approval, ListedToken, QuorumToken, Service};

use super::signing::SIGNERS;
use super::*;

const OFFICERS: [&str; 3] = ["officer1", "officer2", "officer3"];

/// A connection as one of [`OFFICERS`].
pub(super) fn officer_at(cluster: &ActiveCluster, number: usize) -> Admin {
    let mut tool = nobody(cluster);
    everywhere(tool.login(LoginType::Co, OFFICERS[number], &password("officerPw")).unwrap());
    tool
}

/// Three officers with registered keys on a cluster of two nodes.
fn officers() -> ActiveCluster {
    let cluster = TestCluster::active(2).unwrap();
    let mut tool = officer(&cluster);
    for name in OFFICERS {
        everywhere(tool.create_user(Role::Co, name, &password("officerPw")).unwrap());
    }
    for (number, name) in OFFICERS.into_iter().enumerate() {
        everywhere(SIGNERS[number].register(&mut officer_at(&cluster, number), LoginType::Co, name));
    }
    cluster
}

/// The same where users need two approvals.
pub(super) fn guarded() -> ActiveCluster {
    let cluster = officers();
    everywhere(officer(&cluster).set_m_value(Service::UserManagement, 2).unwrap());
    cluster
}

/// The tokens of all servers in one piece, as the management utility writes them to a file.
fn file(tokens: &[QuorumToken]) -> Vec<u8> {
    tokens.iter().flat_map(|token| token.bytes.clone()).collect()
}

fn approval(number: usize, signed: &[u8]) -> Approval {
    let signature = SIGNERS[number].sign(signed);
    Approval { login_type: LoginType::Co, name: OFFICERS[number].to_owned(), signature }
}

/// Asks for a token on every server and has it approved by these officers.
#[track_caller]
pub(super) fn approved(tool: &mut Admin, service: Service, approvers: &[usize]) {
    let name = OFFICERS[0];
    let signed = file(&everywhere(tool.quorum_token(service, name).unwrap()));
    let approvals: Vec<Approval> = approvers.iter().map(|number| approval(*number, &signed)).collect();
    everywhere(tool.approve_tokens(&signed, &approvals).unwrap());
}

fn listed(tool: &Admin) -> Vec<Vec<ListedToken>> {
    everywhere(tool.list_tokens().unwrap())
}

#[test]
fn a_token_permits_one_change() {
    let cluster = guarded();
    let mut tool = officer_at(&cluster, 0);
    let refused = vec![Err(HsmError::QuorumRequired); 2];
    let create =
        |tool: &mut Admin, name: &str| answers(tool.create_user(Role::Cu, name, &password("newUser1")).unwrap());
    assert_eq!(create(&mut tool, "alice"), refused);

    let tokens = everywhere(tool.quorum_token(Service::UserManagement, "officer1").unwrap());
    let shown: Vec<_> = tokens.iter().map(|token| (token.id, token.node, token.user.as_str())).collect();
    assert_eq!(shown, [(1, 0, "officer1"), (1, 1, "officer1")]);
    let signed = file(&tokens);
    everywhere(tool.approve_tokens(&signed, &[approval(0, &signed)]).unwrap());
    assert_eq!(create(&mut tool, "alice"), refused, "one approval is not enough");
    everywhere(tool.approve_tokens(&signed, &[approval(1, &signed)]).unwrap());
    let (token, rest) = listed(&tool)[0].split_first().map(|(one, rest)| (one.clone(), rest.len())).unwrap();
    let approvers: Vec<_> = token.approvers.iter().map(|name| name.as_str()).collect();
    assert_eq!((token.required, approvers, token.validity, rest), (2, vec!["officer1", "officer2"], 600, 0));

    // A change that is refused for another reason leaves the token.
    let exists = vec![Err(HsmError::UserExists); 2];
    assert_eq!(create(&mut tool, "officer1"), exists);
    assert_eq!(create(&mut tool, "alice"), [Ok(()), Ok(())]);
    assert_eq!(listed(&tool), [vec![], vec![]]);
    assert_eq!(answers(tool.delete_user(LoginType::Cu, "alice").unwrap()), refused);
    approved(&mut tool, Service::UserManagement, &[1, 2]);
    everywhere(tool.delete_user(LoginType::Cu, "alice").unwrap());
    approved(&mut tool, Service::UserManagement, &[0, 2]);
    everywhere(tool.change_password(LoginType::Cu, "kmsuser", &password("another1")).unwrap());
    assert_eq!(listed(&tool), [vec![], vec![]]);
    // The own password needs nobody.
    everywhere(tool.change_password(LoginType::Co, "officer1", &password("another1")).unwrap());
}

#[test]
fn m_values_protect_themselves() {
    let cluster = officers();
    let mut tool = officer_at(&cluster, 0);
    let values = |tool: &Admin| {
        Service::ALL.map(|service| everywhere(tool.m_value(service).unwrap()).into_iter().collect::<Vec<_>>())
    };
    assert_eq!(values(&tool), [[1, 1], [1, 1]]);
    for (m, expected) in [(0, HsmError::InvalidMValue), (4, HsmError::InvalidMValue), (9, HsmError::InvalidMValue)] {
        let results = tool.set_m_value(Service::UserManagement, m).unwrap();
        assert_eq!(answers(results), vec![Err(expected); 2], "{m}");
    }
    everywhere(tool.set_m_value(Service::UserManagement, 3).unwrap());
    let refused = vec![Err(HsmError::QuorumRequired); 2];
    // Without a value for M values there is no token for them: that value comes first (documented).
    assert_eq!(answers(tool.set_m_value(Service::UserManagement, 1).unwrap()), refused);
    let disabled = tool.quorum_token(Service::Quorum, "officer1").unwrap();
    assert_eq!(answers(disabled), vec![Err(HsmError::QuorumDisabled); 2]);
    everywhere(tool.set_m_value(Service::Quorum, 2).unwrap());
    assert_eq!(values(&tool), [[3, 3], [2, 2]]);

    // A token of the other service does not count, nor do fewer approvals than the value that is lowered.
    approved(&mut tool, Service::UserManagement, &[0, 1, 2]);
    assert_eq!(answers(tool.set_m_value(Service::UserManagement, 1).unwrap()), refused);
    approved(&mut tool, Service::Quorum, &[0, 1]);
    assert_eq!(answers(tool.set_m_value(Service::UserManagement, 1).unwrap()), refused);
    everywhere(tool.set_m_value(Service::Quorum, 1).unwrap());
    assert_eq!(answers(tool.set_m_value(Service::UserManagement, 1).unwrap()), refused);
    everywhere(tool.set_m_value(Service::Quorum, 3).unwrap());
    approved(&mut tool, Service::Quorum, &[0, 1, 2]);
    everywhere(tool.set_m_value(Service::UserManagement, 1).unwrap());
    assert_eq!(values(&tool), [[1, 1], [3, 3]]);
}

#[test]
fn a_token_belongs_to_its_login() {
    let cluster = guarded();
    let mut tool = officer_at(&cluster, 0);
    let other_name = tool.quorum_token(Service::UserManagement, "officer2").unwrap();
    assert_eq!(answers(other_name), vec![Err(HsmError::PermissionDenied); 2]);
    approved(&mut tool, Service::UserManagement, &[0, 1]);

    // The same user through another connection sees the token and cannot use it.
    let mut other = officer_at(&cluster, 0);
    assert_eq!(listed(&other)[0].len(), 1);
    let refused = other.create_user(Role::Cu, "alice", &password("newUser1")).unwrap();
    assert_eq!(answers(refused), vec![Err(HsmError::QuorumRequired); 2]);
    everywhere(tool.logout().unwrap());
    assert_eq!(listed(&other), [vec![], vec![]]);
}

#[test]
fn tokens_expire_on_the_simulated_clock() {
    let cluster = guarded();
    let mut tool = officer_at(&cluster, 0);
    let timeouts = everywhere(tool.token_timeouts().unwrap());
    assert!(timeouts.iter().all(|one| (one.generated.as_secs(), one.approved.as_secs()) == (600, 600)));
    let zero = tool.set_token_timeouts(Some(Duration::ZERO), None).unwrap();
    assert_eq!(answers(zero), vec![Err(HsmError::InvalidTimeout); 2]);
    everywhere(tool.set_token_timeouts(None, Some(Duration::from_secs(60))).unwrap());

    let advance = |seconds| cluster.world().advance(Duration::from_secs(seconds), &[]).unwrap();
    let validity = |tool: &Admin| listed(tool)[0].first().map(|token| token.validity);
    let signed = file(&everywhere(tool.quorum_token(Service::UserManagement, "officer1").unwrap()));
    advance(94);
    assert_eq!(validity(&tool), Some(506));
    advance(506);
    assert_eq!(validity(&tool), None);
    let late = tool.approve_tokens(&signed, &[approval(0, &signed), approval(1, &signed)]).unwrap();
    assert_eq!(answers(late), vec![Err(HsmError::NoQuorumToken); 2]);

    approved(&mut tool, Service::UserManagement, &[0, 1]);
    assert_eq!(validity(&tool), Some(60));
    advance(60);
    let results = tool.create_user(Role::Cu, "alice", &password("newUser1")).unwrap();
    assert_eq!(answers(results), vec![Err(HsmError::QuorumRequired); 2]);
}

#[test]
fn approvals_that_are_refused() {
    let cluster = guarded();
    let mut other = officer_at(&cluster, 2);
    everywhere(other.quorum_token(Service::UserManagement, "officer3").unwrap());
    let mut tool = officer_at(&cluster, 0);
    let signed = file(&everywhere(tool.quorum_token(Service::UserManagement, "officer1").unwrap()));
    let good = approval(1, &signed);
    let cases = [
        (Approval { name: "nobody".into(), ..good.clone() }, HsmError::NoSuchUser),
        (Approval { name: "two words".into(), ..good.clone() }, HsmError::NoSuchUser),
        (Approval { login_type: LoginType::Cu, ..good.clone() }, HsmError::InvalidUserType),
        (Approval { name: "admin".into(), ..good.clone() }, HsmError::NotAnApprover),
        (Approval { name: "officer1".into(), ..good.clone() }, HsmError::SignatureInvalid),
        (Approval { signature: Vec::new(), ..good.clone() }, HsmError::SignatureInvalid),
    ];
    for (bad, error) in cases {
        let results = tool.approve_tokens(&signed, &[good.clone(), bad.clone()]).unwrap();
        assert_eq!(answers(results), vec![Err(error); 2], "{bad:?}");
    }
    let elsewhere = b"something else";
    let results = tool.approve_tokens(elsewhere, &[approval(0, elsewhere)]).unwrap();
    assert_eq!(answers(results), vec![Err(HsmError::NoQuorumToken); 2]);
    assert!(listed(&tool)[0].iter().all(|token| token.approvers.is_empty()), "all or nothing");
    // The same approver twice is one.
    everywhere(tool.approve_tokens(&signed, &[good.clone(), good]).unwrap());
    assert_eq!(listed(&tool)[0][1].approvers.len(), 1);
}

#[test]
fn tokens_are_deleted() {
    let cluster = guarded();
    let mut other = officer_at(&cluster, 1);
    everywhere(other.quorum_token(Service::UserManagement, "officer2").unwrap());
    let mut tool = officer_at(&cluster, 0);
    for _ in 0..3 {
        everywhere(tool.quorum_token(Service::UserManagement, "officer1").unwrap());
    }
    let ids = |tool: &Admin| listed(tool)[0].iter().map(|one| one.token.id).collect::<Vec<_>>();
    assert_eq!(ids(&tool), [1, 2, 3, 4]);
    assert_eq!(everywhere(tool.delete_tokens(TokenScope::One(3)).unwrap()), [1, 1]);
    let unknown = tool.delete_tokens(TokenScope::One(3)).unwrap();
    assert_eq!(answers(unknown), vec![Err(HsmError::NoQuorumToken); 2]);
    assert_eq!(everywhere(tool.delete_tokens(TokenScope::User).unwrap()), [2, 2]);
    assert_eq!(ids(&tool), [1]);
    assert_eq!(everywhere(tool.delete_tokens(TokenScope::All).unwrap()), [1, 1]);
    everywhere(tool.quorum_token(Service::UserManagement, "officer1").unwrap());
    assert_eq!(ids(&tool), [5], "numbers go on");
}

/// Keys and values are each node's own, travel in backups, and tokens are counted by each node (documented).
#[test]
fn nodes_differ_and_are_cloned() {
    let cluster = officers();
    let mut tool = officer(&cluster);
    let fault = down(&cluster, 1);
    let down_now = Err(HsmError::NodeUnavailable);
    let results = tool.set_m_value(Service::UserManagement, 2).unwrap();
    assert_eq!(answers(results), [Ok(()), down_now.clone()]);
    let registered = SIGNERS[0].register(&mut tool, LoginType::Co, "admin");
    assert_eq!(answers(registered), [Ok(()), down_now]);
    up(&cluster, &fault);
    assert_eq!(everywhere(tool.m_value(Service::UserManagement).unwrap()), [2, 1]);
    let mofn = |name: &str| user_on_each(&cluster, name).into_iter().map(|user| user.unwrap().mofn).collect::<Vec<_>>();
    assert_eq!(mofn("admin"), [true, false]);
    drop(tool);

    // Only the first node asks for approvals, and only it makes tokens.
    let mut tool = officer_at(&cluster, 0);
    let tokens = tool.quorum_token(Service::UserManagement, "officer1").unwrap();
    assert_eq!(tokens.iter().map(|one| one.result.is_ok()).collect::<Vec<_>>(), [true, false]);
    let results = tool.create_user(Role::Cu, "alice", &password("newUser1")).unwrap();
    assert_eq!(answers(results), [Err(HsmError::QuorumRequired), Ok(())]);
    drop(tool);

    let view = cluster.control().cluster(cluster.cluster_id()).unwrap();
    let zone = view.cluster.subnets.keys().next().unwrap().clone();
    cluster.control().create_hsm(cluster.cluster_id(), &zone, None).unwrap();
    let mut tool = nobody(&cluster);
    let values = everywhere(tool.m_value(Service::UserManagement).unwrap());
    assert_eq!(values.len(), 3);
    let source = values[..2].iter().position(|value| *value == values[2]).unwrap();
    assert_eq!(mofn("admin")[2], mofn("admin")[source]);
    everywhere(tool.login(LoginType::Co, "officer1", &password("officerPw")).unwrap());
    assert!(listed(&tool).iter().all(Vec::is_empty), "no token outlives its login or is copied");
}

/// Copying a user is none of the changes that officers approve (documented list), whichever tool does it.
#[test]
fn copies_of_users_need_nobody() {
    let cluster = guarded();
    let mut tool = officer_at(&cluster, 0);
    let refused = vec![Err(HsmError::QuorumRequired); 2];
    assert_eq!(answers(tool.change_password(LoginType::Cu, "kmsuser", &password("another1")).unwrap()), refused);
    tool.select(Some(0));
    assert!(tool.sync_user(3, 1).unwrap().succeeded());
    tool.select(None);
    let same = officer_at(&cluster, 1);
    everywhere(tool.replicate_user(LoginType::Cu, "kmsuser", &same).unwrap());
}
