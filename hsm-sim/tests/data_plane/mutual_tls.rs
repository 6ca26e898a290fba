//! Trust anchors of clients on each HSM, and what insisting on client certificates does to whom.

use std::sync::{Arc, LazyLock};

use hsm_sim::builder::CustomerCa;
use hsm_sim::clock::{SystemWallClock, WallClock as _};
use hsm_sim::mtls::{Anchor, ClientCertificate, ClientIdentity, ClientProblem, Enforcement, MutualTls};
use hsm_sim::service::{self, ConnectRefusal, Login};
use hsm_sim::{KeyTemplate, Realm, SecretBytes, World};

use super::*;

/// A CA and a client that it certified.
struct Authority {
    root: String,
    client: String,
    key: SecretBytes,
}

impl Authority {
    fn new() -> Self {
        let world = World::ephemeral().unwrap();
        let ca = CustomerCa::new(&world).unwrap();
        let (client, key) = ca.certify_client(&world).unwrap();
        Self { root: ca.certificate().to_owned(), client, key }
    }

    fn anchor(&self) -> Anchor {
        Anchor::from_pem(&self.root).unwrap()
    }

    fn certificate(&self) -> Arc<ClientCertificate> {
        let identity = ClientIdentity { chain: self.client.clone(), key: self.key.clone() };
        Arc::new(identity.certificate(now()).unwrap())
    }
}

/// The certificates are valid from now on for ten years.
fn now() -> i64 {
    SystemWallClock.now_millis() / 1000 + 60
}

static AUTHORITIES: LazyLock<[Authority; 3]> = LazyLock::new(|| [(); 3].map(|()| Authority::new()));

fn newer(nodes: usize) -> ActiveCluster {
    let builder = ActiveCluster::builder().nodes(nodes).kmsuser("kmsPswd1").hsm_type("hsm2m.medium");
    builder.build_in(&World::ephemeral().unwrap(), &Realm::default()).unwrap()
}

/// The management utility of a client with a certificate, with the first officer logged in wherever it is let in.
fn mutual(cluster: &ActiveCluster, authority: &Authority) -> Admin {
    let mut tool = cluster.world().presenting(authority.certificate()).admin(cluster.cluster_id()).unwrap();
    tool.login(LoginType::Co, "admin", cluster.admin_password()).unwrap();
    tool
}

/// The references on each node, and whether it insists.
fn policies(cluster: &ActiveCluster) -> Vec<(Vec<u8>, Enforcement)> {
    let shown =
        |policy: MutualTls| (policy.anchors.iter().map(|anchor| anchor.reference).collect(), policy.enforcement);
    let tool = cluster.world().presenting(AUTHORITIES[0].certificate()).admin(cluster.cluster_id()).unwrap();
    everywhere(tool.mutual_tls().unwrap()).into_iter().map(shown).collect()
}

#[test]
fn each_hsm_keeps_two_anchors() {
    use Enforcement::None;
    use HsmError::{AnchorExists, NoSuchAnchor, NodeUnavailable, TooManyAnchors};
    let cluster = newer(3);
    let [first, second, third] = AUTHORITIES.each_ref().map(Authority::anchor);
    let mut tool = officer(&cluster);
    assert_eq!(everywhere(tool.register_trust_anchor(&first).unwrap()), [1, 1, 1]);
    let fault = down(&cluster, 1);
    assert_eq!(answers(tool.register_trust_anchor(&second).unwrap()), [Ok(2), Err(NodeUnavailable), Ok(2)]);
    up(&cluster, &fault);
    assert_eq!(policies(&cluster), [(vec![1, 2], None), (vec![1], None), (vec![1, 2], None)]);
    // Again, it comes to the one that lacks it, under the same reference.
    assert_eq!(answers(tool.register_trust_anchor(&second).unwrap()), [Err(AnchorExists), Ok(2), Err(AnchorExists)]);
    assert_eq!(answers(tool.register_trust_anchor(&third).unwrap()), vec![Err(TooManyAnchors); 3]);
    tool.select(Some(2));
    assert_eq!(answers(tool.deregister_trust_anchor(1).unwrap()), [Ok(())]);
    tool.select(Option::None);
    assert_eq!(answers(tool.deregister_trust_anchor(1).unwrap()), [Ok(()), Ok(()), Err(NoSuchAnchor)]);
    assert_eq!(answers(tool.register_trust_anchor(&third).unwrap()), vec![Ok(1); 3]);
    assert_eq!(policies(&cluster), vec![(vec![1, 2], None); 3]);
}

#[test]
fn certificates_are_insisted_on() {
    use HsmError::{AnchorInUse, NodeUnavailable, NotFirstOfficer, NotMutual};
    let cluster = newer(2);
    let [authority, other, _] = &*AUTHORITIES;
    let mut plain = officer(&cluster);
    assert_eq!(answers(plain.set_mtls_enforcement(Enforcement::Cluster).unwrap()), vec![Err(NotMutual); 2]);
    everywhere(plain.register_trust_anchor(&authority.anchor()).unwrap());
    everywhere(plain.create_user(Role::Co, "second", &password("second01")).unwrap());
    assert_eq!(answers(plain.set_mtls_enforcement(Enforcement::Cluster).unwrap()), vec![Err(NotMutual); 2]);
    let mut elsewhere = mutual(&cluster, other);
    assert_eq!(answers(elsewhere.set_mtls_enforcement(Enforcement::Cluster).unwrap()), vec![Err(NotMutual); 2]);
    let mut second = cluster.world().presenting(authority.certificate()).admin(cluster.cluster_id()).unwrap();
    everywhere(second.login(LoginType::Co, "second", &password("second01")).unwrap());
    assert_eq!(answers(second.set_mtls_enforcement(Enforcement::Cluster).unwrap()), vec![Err(NotFirstOfficer); 2]);

    let application = kmsuser(&cluster);
    let mut tool = mutual(&cluster, authority);
    everywhere(tool.set_mtls_enforcement(Enforcement::Cluster).unwrap());
    // Connections without a certificate that leads to an anchor are cut off, also those that were open.
    for refused in [&plain, &elsewhere, &nobody(&cluster)] {
        assert_eq!(answers(refused.list_users().unwrap()).iter().filter(|a| **a == Err(NodeUnavailable)).count(), 2);
    }
    let (current, next) = (&password("kmsPswd1"), &password("rotated1"));
    let login = Login { user: "kmsuser", current, next, owner: "cks-1", attempt: 1 };
    let refused = service::connect(cluster.world(), cluster.cluster_id(), &login).unwrap();
    assert_eq!(refused, Err(ConnectRefusal::NoNodeReachable));
    assert!(application.generate_key(&KeyTemplate::aes(32, "k")).is_err());
    assert_eq!(everywhere(tool.list_users().unwrap()).len(), 2);
    assert_eq!(answers(tool.deregister_trust_anchor(1).unwrap()), vec![Err(AnchorInUse); 2]);
    everywhere(tool.register_trust_anchor(&other.anchor()).unwrap());
    assert_eq!(everywhere(elsewhere.list_users().unwrap()).len(), 2);
    everywhere(tool.deregister_trust_anchor(1).unwrap());
    // Who has deregistered the own anchor is out.
    assert_eq!(answers(tool.list_users().unwrap()).len(), 2);
    assert!(answers(tool.list_users().unwrap()).iter().all(|answer| *answer == Err(NodeUnavailable)));
    everywhere(mutual(&cluster, other).set_mtls_enforcement(Enforcement::None).unwrap());
    assert_eq!(everywhere(nobody(&cluster).list_users().unwrap()).len(), 2);
}

#[test]
fn the_policy_travels_in_backups_and_to_hsms_that_join() {
    let cluster = newer(1);
    let authority = &AUTHORITIES[0];
    everywhere(officer(&cluster).register_trust_anchor(&authority.anchor()).unwrap());
    everywhere(mutual(&cluster, authority).set_mtls_enforcement(Enforcement::Cluster).unwrap());
    let control = cluster.control();
    let zone = control.cluster(cluster.cluster_id()).unwrap().cluster.subnets.keys().next().unwrap().clone();
    control.create_hsm(cluster.cluster_id(), &zone, None).unwrap();
    assert_eq!(policies(&cluster), vec![(vec![1], Enforcement::Cluster); 2]);
    for node in control.cluster(cluster.cluster_id()).unwrap().nodes {
        control.delete_hsm(cluster.cluster_id(), &hsm_sim::control::HsmSelector::Id(node.id)).unwrap();
    }
    control.create_hsm(cluster.cluster_id(), &zone, None).unwrap();
    assert_eq!(policies(&cluster), [(vec![1], Enforcement::Cluster)]);
}

#[test]
fn the_older_type_has_none_of_it() {
    let cluster = three();
    let refused = Err(HsmError::NotOfThisType);
    let mut tool = officer(&cluster);
    assert!(answers(tool.mutual_tls().unwrap()).iter().all(|answer| *answer == Err(HsmError::NotOfThisType)));
    let anchor = AUTHORITIES[0].anchor();
    assert!(answers(tool.register_trust_anchor(&anchor).unwrap()).iter().all(|answer| answer.is_err()));
    assert_eq!(answers(tool.deregister_trust_anchor(1).unwrap()), vec![refused.clone(); 3]);
    assert_eq!(answers(tool.set_mtls_enforcement(Enforcement::Cluster).unwrap()), vec![refused; 3]);
}

#[test]
fn a_client_proves_that_the_key_is_its_own() {
    let [one, other, _] = &*AUTHORITIES;
    let read = |chain: &str, key: &[u8], now| {
        let identity = ClientIdentity { chain: chain.to_owned(), key: SecretBytes::from(key) };
        identity.certificate(now).map(drop)
    };
    let key = one.key.expose();
    assert_eq!(read(&one.client, key, now()), Ok(()));
    assert_eq!(read(&format!("{}{}", one.client, one.root), key, now()), Ok(()));
    assert_eq!(read(&one.client, other.key.expose(), now()), Err(ClientProblem::OtherKey));
    assert_eq!(read(&one.client, one.client.as_bytes(), now()), Err(ClientProblem::NoKey));
    assert!(matches!(read(&one.client, key, now() + (11 * 366 * 86_400)), Err(ClientProblem::NotValid(_))));
    assert!(matches!(read(&one.client, b"no key", now()), Err(ClientProblem::Key(_))));
    assert!(matches!(read("no certificate", key, now()), Err(ClientProblem::Certificate(_))));
}
