//! What becomes of applications and sessions: several connections, broken ones, restarts, several clusters.

use std::thread;
use std::time::Duration;

use hsm_sim::World;
use hsm_sim::token::{Attribute, Error, ObjectHandle, Options, SessionId, Template, UserType};
use hsm_sim_server::hsm::Limits;
use wire::{Greeting, Refusal, Target};

use crate::port::{PIN, Port, aes_key, cluster, hello, limits, logged_in, round_trip, world};
use crate::wait::until;

/// How many logins the world knows of.
fn logins(world: &World) -> usize {
    world.presence().view(b"").unwrap().len()
}

#[test]
fn a_session_works_through_the_network() {
    let (world, cluster) = world();
    // Without a connection the application would be over at once: none is lost, whatever is refused.
    let port = Port::start(&world, Limits { linger: Duration::ZERO, ..limits() });
    let way = port.client(&cluster);
    let session = logged_in(&way).unwrap();
    let key = aes_key(&way, session).unwrap();
    for len in [0, 1, 1000, 16_000] {
        round_trip(&way, session, key, &vec![3; len]).unwrap();
    }
    let info = way.token_info(way.slots().unwrap()[0]).unwrap();
    assert_eq!((info.label.as_str(), info.sessions), ("hsm1", (1, 1)));
    // Refusals and lists of answers travel too.
    assert_eq!(way.login(session, UserType::User, PIN), Err(Error::UserAlreadyLoggedIn));
    let refused = Error::FunctionFailed("sessions that only read are not supported".into());
    assert_eq!(way.open_session(way.slots().unwrap()[0], false), Err(refused));
    let values = way.attributes(session, key, &[Attribute::ValueLen, Attribute::Value, Attribute::Modulus]).unwrap();
    assert!(values[0].is_ok());
    assert_eq!(values[1..], [Err(Error::AttributeSensitive), Err(Error::AttributeTypeInvalid)]);
    way.find_init(session, &Template::new()).unwrap();
    assert_eq!(way.find(session, 10).unwrap(), [key]);
    way.find_final(session).unwrap();
    let mut random = vec![0; 3 << 20];
    way.random(session, &mut random).unwrap();
    assert!(random.chunks(1 << 20).all(|piece| piece.iter().any(|byte| *byte != 0)), "every piece is filled");
    assert_eq!(way.digest_update(session, &vec![0; wire::MAX_FRAME]), Err(Error::DataLenRange));
    way.session_info(session).unwrap();
}

#[test]
fn threads_have_connections_of_their_own_and_one_application() {
    let (world, cluster) = world();
    let port = Port::start(&world, limits());
    let way = port.client(&cluster);
    let shared = logged_in(&way).unwrap();
    let key = aes_key(&way, shared).unwrap();
    thread::scope(|scope| {
        for worker in 0..16_u8 {
            let way = &way;
            scope.spawn(move || {
                // Logged in through another connection; the key is of another session.
                let session = way.open_session(way.slots().unwrap()[0], true).unwrap();
                for round in 0..20 {
                    round_trip(way, session, key, &[worker ^ round; 100]).unwrap();
                }
                way.close_session(session).unwrap();
            });
        }
    });
    assert_eq!(way.token_info(way.slots().unwrap()[0]).unwrap().sessions, (1, 1));
}

#[test]
fn a_goodbye_ends_the_application_before_it_returns() {
    let (world, cluster) = world();
    let port = Port::start(&world, limits());
    let before = logins(&world);
    let way = port.client(&cluster);
    logged_in(&way).unwrap();
    assert_ne!(logins(&world), before);
    drop(way);
    assert_eq!(logins(&world), before);
}

#[test]
fn a_client_that_vanishes_is_logged_out() {
    let (world, cluster) = world();
    let port = Port::start(&world, limits());
    let before = logins(&world);
    let (mut channel, application) = port.target(&cluster).connect(&hello()).unwrap();
    let join = Greeting::Join { calls: wire::CALLS, application };
    login_by_hand(&mut channel);
    assert_ne!(logins(&world), before);

    // Another connection keeps it alive, and so does one that comes back soon enough.
    let (second, _) = port.target(&cluster).connect(&join).unwrap();
    drop(channel);
    let (third, _) = port.target(&cluster).connect(&join).unwrap();
    drop(second);
    assert_ne!(logins(&world), before);
    drop(third);
    until("logged out", || logins(&world) == before);
    let refused = port.target(&cluster).connect(&join).unwrap_err();
    assert!(matches!(refused, wire::Error::Refused { refusal: Refusal::UnknownApplication, .. }), "{refused}");
}

/// Opens a session and logs in without a client's help.
fn login_by_hand(channel: &mut wire::Channel) {
    use wire::Request;
    let mut buffer = wire::Buffer::new();
    let mut ask = |request: Request<'_>| {
        let write = |buffer: &mut wire::Buffer| buffer.write(&request).map_err(|_| wire::Ended::Broken);
        channel.send(&mut buffer, write).unwrap();
        channel.receive(&mut buffer, wire::MAX_FRAME).unwrap();
    };
    let slot = hsm_sim::token::SlotId::new(0);
    ask(Request::open_session { slot, read_write: true });
    // The first session of an application is its first number.
    let session = SessionId::new((1 << 16) + 1);
    ask(Request::login { session, user: UserType::User, pin: serde_bytes::Bytes::new(PIN) });
}

#[test]
fn sessions_are_lost_when_the_server_is_started_anew() {
    let (world, cluster) = world();
    let port = Port::start(&world, limits());
    let way = port.client(&cluster);
    let session = logged_in(&way).unwrap();
    let key = aes_key(&way, session).unwrap();
    let before = logins(&world);

    let address = port.stop();
    assert!(logins(&world) < before, "a server that stops ends its applications");
    assert_eq!(way.session_info(session), Err(Error::DeviceError));
    assert_eq!(way.slots(), Err(Error::DeviceError));

    let port = Port::start_at(&world, limits(), address);
    assert_eq!(way.session_info(session), Err(Error::SessionHandleInvalid));
    // Old numbers name nothing in the new application.
    let new = logged_in(&way).unwrap();
    let new_key = aes_key(&way, new).unwrap();
    assert!(new != session && new_key != key);
    assert_eq!(round_trip(&way, new, key, b"data"), Err(Error::KeyHandleInvalid));
    assert_eq!(way.close_session(session), Err(Error::SessionHandleInvalid));
    round_trip(&way, new, new_key, b"data").unwrap();

    // Also when nobody noticed that it was away.
    let address = port.stop();
    let _port = Port::start_at(&world, limits(), address);
    assert_eq!(way.logout(new), Err(Error::SessionHandleInvalid));
    logged_in(&way).unwrap();
}

#[test]
fn a_client_waits_for_a_server_that_is_started_anew() {
    let (world, cluster) = world();
    let port = Port::start(&world, limits());
    let target = Target { retry: wire::Retry::Standard, ..port.target(&cluster) };
    let way = wire::Way::Network(wire::Client::open(&target, false).unwrap());
    let address = port.stop();
    thread::scope(|scope| {
        let call = scope.spawn(|| way.slots());
        let _port = Port::start_at(&world, limits(), address);
        assert_eq!(call.join().unwrap().unwrap().len(), 1);
    });
}

#[test]
fn numbers_of_applications_do_not_meet() {
    let (world, _) = world();
    let open = |epoch| {
        let options = Options { numbering: Greeting::numbering(epoch), ..Options::default() };
        let application = hsm_sim::token::Application::open(&world, options).unwrap();
        application.open_session(application.slots().unwrap()[0], true).unwrap()
    };
    let numbers = [0, 1, 2, 0x7fff].map(|epoch| open(epoch).get() >> 48);
    assert_eq!(numbers, [0, 1, 2, 0x7fff]);
    assert_eq!(Greeting::numbering(0x8001), Greeting::numbering(1));
    assert_ne!(ObjectHandle::new(Greeting::numbering(1)), ObjectHandle::new(Greeting::numbering(2)));
}

#[test]
fn the_cluster_that_is_named_is_reached() {
    let (world, first) = world();
    let second = cluster(&world);
    let port = Port::start(&world, limits());
    let connect = |named: Option<String>, ca: &str| {
        let target = Target { cluster: named, ca: ca.to_owned(), ..port.target(&first) };
        target.connect(&hello()).map(|_| ())
    };
    // The oldest one, unless another one is named.
    connect(None, &first.ca).unwrap();
    connect(Some(first.id.to_string()), &first.ca).unwrap();
    connect(Some(second.id.to_string()), &second.ca).unwrap();
    for (named, ca) in [(None, &second.ca), (Some(second.id.to_string()), &first.ca)] {
        let problem = connect(named, ca).unwrap_err();
        assert!(matches!(problem, wire::Error::NotTheCluster { .. }), "{problem}");
    }
    let problem = connect(Some("cluster-aaaaaaaaaaa".to_owned()), &first.ca).unwrap_err();
    assert!(matches!(problem, wire::Error::NoServer { .. }), "{problem}");
}

#[test]
fn an_application_is_of_one_cluster() {
    let (world, first) = world();
    let second = cluster(&world);
    let port = Port::start(&world, limits());
    let (_channel, application) = port.target(&first).connect(&hello()).unwrap();
    let join = Greeting::Join { calls: wire::CALLS, application };
    let target = Target { cluster: Some(second.id.to_string()), ca: second.ca, ..port.target(&first) };
    let refused = target.connect(&join).unwrap_err();
    assert!(matches!(refused, wire::Error::Refused { refusal: Refusal::UnknownApplication, .. }), "{refused}");
}

#[test]
fn other_versions_are_told_so() {
    let (world, cluster) = world();
    let port = Port::start(&world, limits());
    let other = Greeting::Hello { calls: !wire::CALLS, epoch: 0, skip_availability_check: false };
    let refused = port.target(&cluster).connect(&other).unwrap_err();
    assert!(refused.to_string().contains("another version"), "{refused}");
}
