//! HSMs that insist on client certificates, and whom they let in over the network.

use hsm_sim::builder::CustomerCa;
use hsm_sim::mtls::{Anchor, ClientIdentity, Enforcement};
use hsm_sim::token::Error;
use hsm_sim::user::LoginType;
use hsm_sim::{ActiveCluster, Realm, World};
use wire::{Client, Refusal, Target, Way};

use crate::port::{Cluster, Port, aes_key, hello, limits, logged_in, round_trip};

fn newer(world: &World) -> ActiveCluster {
    let builder = ActiveCluster::builder().nodes(2).kmsuser("kmsPswd1").hsm_type("hsm2m.medium");
    builder.build_in(world, &Realm::default()).unwrap()
}

/// What a client has that an authority certified.
fn client_of(ca: &CustomerCa, world: &World) -> ClientIdentity {
    let (chain, key) = ca.certify_client(world).unwrap();
    ClientIdentity { chain, key }
}

/// Trusts an authority and insists, by one of its clients.
fn enforce(active: &ActiveCluster, authority: &CustomerCa, client: &ClientIdentity) {
    let world = client.present(active.world()).unwrap();
    let mut tool = world.admin(active.cluster_id()).unwrap();
    tool.login(LoginType::Co, "admin", active.admin_password()).unwrap();
    let anchor = Anchor::from_pem(authority.certificate()).unwrap();
    assert!(tool.register_trust_anchor(&anchor).unwrap().iter().all(|answer| answer.result == Ok(1)));
    let answers = tool.set_mtls_enforcement(Enforcement::Cluster).unwrap();
    assert!(answers.iter().all(|answer| answer.result == Ok(())), "{answers:?}");
}

#[test]
fn only_clients_of_a_trusted_authority_are_let_in() {
    let world = World::ephemeral().unwrap();
    let active = newer(&world);
    let cluster = Cluster { id: active.cluster_id().clone(), ca: active.trust_anchor().to_owned() };
    let [authority, other] = [(); 2].map(|()| CustomerCa::new(&world).unwrap());
    let [own, foreign] = [&authority, &other].map(|ca| client_of(ca, &world));
    let port = Port::start(&world, limits());
    let as_client = |client: Option<&ClientIdentity>| Target { client: client.cloned(), ..port.target(&cluster) };
    let refusal = |client: Option<&ClientIdentity>| as_client(client).connect(&hello()).unwrap_err();

    // A certificate that nobody asks for does no harm.
    for client in [None, Some(&own), Some(&foreign)] {
        as_client(client).connect(&hello()).unwrap();
    }
    let plain = port.client(&cluster);
    let session = logged_in(&plain).unwrap();
    let key = aes_key(&plain, session).unwrap();
    round_trip(&plain, session, key, b"before").unwrap();

    enforce(&active, &authority, &own);
    assert_eq!(round_trip(&plain, session, key, b"after"), Err(Error::DeviceError));
    for client in [None, Some(&foreign)] {
        let refused = refusal(client);
        assert!(matches!(refused, wire::Error::Refused { refusal: Refusal::NotLetIn, .. }), "{refused}");
    }
    let way = Way::Network(Client::open(&as_client(Some(&own)), false).unwrap());
    let session = logged_in(&way).unwrap();
    let key = aes_key(&way, session).unwrap();
    round_trip(&way, session, key, b"by a client that is let in").unwrap();
}

#[test]
fn a_certificate_without_its_key_proves_nothing() {
    let world = World::ephemeral().unwrap();
    let active = newer(&world);
    let cluster = Cluster { id: active.cluster_id().clone(), ca: active.trust_anchor().to_owned() };
    let authority = CustomerCa::new(&world).unwrap();
    let [one, other] = [(); 2].map(|()| client_of(&authority, &world));
    let port = Port::start(&world, limits());
    let as_client = |client| Target { client: Some(client), ..port.target(&cluster) };
    let stolen = as_client(ClientIdentity { chain: one.chain.clone(), key: other.key });
    let refused = stolen.connect(&hello()).unwrap_err();
    assert!(matches!(refused, wire::Error::NoServer { .. }), "{refused}");
    let garbled = as_client(ClientIdentity { chain: one.chain, key: b"no key"[..].into() });
    let refused = garbled.connect(&hello()).unwrap_err();
    assert!(matches!(refused, wire::Error::ClientCertificate(_)), "{refused}");
    port.target(&cluster).connect(&hello()).unwrap();
}
