//! Clients that mean no good: none of them hangs, breaks or crowds out the others.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use hsm_sim_server::hsm::Limits;
use proptest::test_runner::{Config, TestRunner};
use wire::{Buffer, Channel, Ended, MAX_FRAME};

use crate::port::{Cluster, Port, hello, limits, logged_in, world};

fn greeted(port: &Port, cluster: &Cluster) -> Channel {
    port.target(cluster).connect(&hello()).unwrap().0
}

/// What a client sees whose connection the server ends.
fn is_cut_off(channel: &mut Channel) -> bool {
    matches!(channel.receive(&mut Buffer::new(), MAX_FRAME), Err(Ended::Closed | Ended::Broken))
}

fn send(channel: &mut Channel, bytes: &[u8]) {
    let write = |buffer: &mut Buffer| {
        buffer.extend(bytes);
        Ok::<_, Ended>(())
    };
    // The server may be gone before the last of it.
    let _ = channel.send(&mut Buffer::new(), write);
}

#[test]
fn what_is_no_tls_is_closed() {
    let (world, cluster) = world();
    let port = Port::start(&world, limits());
    for bytes in [&b"GET / HTTP/1.1\r\n\r\n"[..], &[0; 4096], b"", b"\x16\x03\x01"] {
        let mut socket = TcpStream::connect(port.address).unwrap();
        let _ = socket.write_all(bytes);
        let mut answer = Vec::new();
        // An alert at most, and the end; a connection that says nothing ends with the server's patience.
        let _ = socket.read_to_end(&mut answer);
        assert!(answer.len() < 32, "{answer:?}");
    }
    logged_in(&port.client(&cluster)).unwrap();
}

#[test]
fn messages_that_are_none_end_the_connection() {
    let (world, cluster) = world();
    let port = Port::start(&world, limits());
    for bytes in [&[0xff; 40][..], &[], &[200, 1], &[0, 0]] {
        let mut channel = greeted(&port, &cluster);
        send(&mut channel, bytes);
        assert!(is_cut_off(&mut channel), "{bytes:?}");
    }
}

#[test]
fn any_bytes_are_survived() {
    let (world, cluster) = world();
    let port = Port::start(&world, limits());
    let mut runner = TestRunner::new(Config { failure_persistence: None, cases: 64, ..Config::default() });
    let bytes = proptest::collection::vec(proptest::num::u8::ANY, 0..200);
    runner
        .run(&bytes, |bytes| {
            let mut channel = greeted(&port, &cluster);
            send(&mut channel, &bytes);
            // An answer or the end.
            let _ = channel.receive(&mut Buffer::new(), MAX_FRAME);
            Ok(())
        })
        .unwrap();
    logged_in(&port.client(&cluster)).unwrap();
}

#[test]
fn long_messages_are_refused_by_their_length() {
    let (world, cluster) = world();
    let port = Port::start(&world, limits());
    let mut channel = greeted(&port, &cluster);
    // Sent as two frames of which the first is only the announcement of the second.
    send(&mut channel, &vec![0; MAX_FRAME + 1]);
    assert!(is_cut_off(&mut channel));
}

#[test]
fn the_memory_of_long_messages_is_shared() {
    let (world, cluster) = world();
    let port = Port::start(&world, Limits { memory: 1 << 20, linger: Duration::from_secs(30), ..limits() });
    let way = port.client(&cluster);
    let session = logged_in(&way).unwrap();
    // More than there is for everybody: the connection ends, the application goes on.
    assert_eq!(way.digest_update(session, &vec![0; 2 << 20]), Err(hsm_sim::token::Error::DeviceError));
    way.session_info(session).unwrap();
}

#[test]
fn slow_clients_are_cut_off() {
    let (world, cluster) = world();
    let port = Port::start(&world, limits());
    // A TLS record that never ends, and a handshake that never begins.
    for bytes in [&b"\x16\x03\x01\x02\x00\x01"[..], b""] {
        let mut socket = TcpStream::connect(port.address).unwrap();
        socket.write_all(bytes).unwrap();
        assert!(matches!(socket.read(&mut [0; 16]), Ok(0) | Err(_)));
    }
    // No message at all is no hurry.
    let mut idle = greeted(&port, &cluster);
    let patience = wire::Patience { idle: Some(limits().frame * 2), frame: limits().frame };
    idle.set_patience(patience);
    assert!(matches!(idle.receive(&mut Buffer::new(), MAX_FRAME), Err(Ended::TooSlow)));
}

#[test]
fn strangers_do_not_crowd_out_clients() {
    let (world, cluster) = world();
    let port = Port::start(&world, Limits { strangers: 2, ..limits() });
    let way = port.client(&cluster);
    // Each waits for the end of the server's patience, or was sent away at once.
    let mut strangers: Vec<TcpStream> = (0..20).map(|_| TcpStream::connect(port.address).unwrap()).collect();
    logged_in(&way).unwrap();
    for stranger in &mut strangers {
        let _ = stranger.read(&mut [0; 16]);
    }
    logged_in(&port.client(&cluster)).unwrap();
}

#[test]
fn connections_are_limited() {
    let (world, cluster) = world();
    let port = Port::start(&world, Limits { connections: 2, ..limits() });
    let first = greeted(&port, &cluster);
    let _second = greeted(&port, &cluster);
    assert!(port.target(&cluster).connect(&hello()).is_err());
    drop(first);
    crate::wait::until("there is room again", || port.target(&cluster).connect(&hello()).is_ok());
}
