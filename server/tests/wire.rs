//! What clients can send over a socket: every answer has AWS's shape, and the server lives on.

mod common;

use std::time::Duration;

use common::{TestServer, request};
use hsm_sim_server::Limits;
use hsm_sim_server::sigv4::{Authenticator, Mode};
use proptest::prelude::*;

const LIST: &str = "TrentService.ListKeys";

#[test]
fn bad_bodies_and_targets() {
    let server = TestServer::start();
    let long = "x".repeat(70_000);
    let table: &[(&str, &[u8], &str)] = &[
        (LIST, b"not json", "SerializationException"),
        (LIST, b"[]", "SerializationException"),
        (LIST, b"{\"Limit\":\"5\"}", "SerializationException"),
        (LIST, b"{\"Limit\":5", "SerializationException"),
        (LIST, b"{\"Marker\":\"\xff\xfe\"}", "SerializationException"),
        ("TrentService.Encrypt", b"{\"KeyId\":\"k\",\"Plaintext\":\"not base64\"}", "SerializationException"),
        ("TrentService.Encrypt", b"{\"EncryptionContext\":{\"a\":{}}}", "SerializationException"),
        (LIST, b"{\"Limit\":0}", "ValidationException"),
        ("BaldrApiService.DeleteHsm", b"{}", "CloudHsmInvalidRequestException"),
        ("TrentService.Nothing", b"{}", "UnknownOperationException"),
        ("TrentService.Sign", b"{}", "UnknownOperationException"),
        ("NoService.ListKeys", b"{}", "UnknownOperationException"),
        ("", b"", "UnknownOperationException"),
        (&long[..30_000], b"{}", "UnknownOperationException"),
    ];
    for (target, body, code) in table {
        assert_eq!(server.post(target, body).code(), *code, "{target} {}", String::from_utf8_lossy(body));
    }
}

#[test]
fn headers_of_an_answer() {
    let server = TestServer::start();
    let first = server.post(LIST, b"{\"Limit\":0}");
    assert_eq!(first.header("date"), Some("Sun, 30 Aug 2015 12:36:00 GMT"));
    let id = uuid::Uuid::parse_str(first.header("x-amzn-requestid").unwrap()).unwrap();
    assert_eq!(id.get_version_num(), 4);
    let second = server.post(LIST, b"{\"Limit\":0}");
    assert_ne!(first.header("x-amzn-requestid"), second.header("x-amzn-requestid"));
}

#[test]
fn other_methods_and_paths() {
    let server = TestServer::start();
    for start in ["GET /", "PUT /", "OPTIONS *", "POST /other", "GET /?Action=ListKeys", "DELETE /_simulator"] {
        let mut client = server.connect();
        client.send(format!("{start} HTTP/1.1\r\nHost: localhost\r\nX-Amz-Target: {LIST}\r\n\r\n").as_bytes());
        assert_eq!(client.answer().unwrap().code(), "UnknownOperationException", "{start}");
    }
    let mut client = server.connect();
    client.send(b"HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let answer = client.answer_to("HEAD").unwrap();
    assert_eq!((answer.status, answer.body.len()), (400, 0));
    client.send(&request("TrentService.Nothing", b"{}"));
    assert_eq!(client.answer().unwrap().code(), "UnknownOperationException");
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    let server = TestServer::start();
    let mut client = server.connect();
    let bodies: [(&[u8], &str); 4] = [
        (b"{\"Limit\":0}", "ValidationException"),
        (b"x", "SerializationException"),
        (b"{\"Limit\":2000}", "ValidationException"),
        (b"{", "SerializationException"),
    ];
    client.send(&bodies.iter().flat_map(|(body, _)| request(LIST, body)).collect::<Vec<_>>());
    for (_, code) in bodies {
        assert_eq!(client.answer().unwrap().code(), code);
    }
}

#[test]
fn bodies_over_the_limit() {
    let server = TestServer::start();
    let limit = 1 << 20;
    // Exactly the limit is read.
    assert_eq!(server.post(LIST, &vec![b' '; limit]).code(), "SerializationException");
    // A little more is refused, and the connection goes on.
    let mut client = server.connect();
    client.send(&request(LIST, &vec![b' '; limit + 1]));
    let answer = client.answer().unwrap();
    assert_eq!((answer.status, answer.code().as_str()), (413, "RequestEntityTooLargeException"));
    client.send(&request(LIST, b"x"));
    assert_eq!(client.answer().unwrap().code(), "SerializationException");
    // So is one of unknown length.
    let mut client = server.connect();
    client.send(
        format!("POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: {LIST}\r\nTransfer-Encoding: chunked\r\n\r\n").as_bytes(),
    );
    for _ in 0..40 {
        client.send(format!("{:x}\r\n{}\r\n", 65_536, " ".repeat(65_536)).as_bytes());
    }
    client.send(b"0\r\n\r\n");
    assert_eq!(client.answer().unwrap().code(), "RequestEntityTooLargeException");
    // A flood is refused as soon as it is announced.
    let head = |expect: &str, length: u64| {
        format!("POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: {LIST}\r\n{expect}Content-Length: {length}\r\n\r\n")
    };
    for announced in [head("", 1 << 40), head("Expect: 100-continue\r\n", 2 << 20)] {
        let mut client = server.connect();
        client.send(announced.as_bytes());
        assert_eq!(client.answer().unwrap().code(), "RequestEntityTooLargeException");
        assert!(client.is_closed());
    }
    // A client that asks first and may send is told to.
    let mut client = server.connect();
    client.send(head("Expect: 100-continue\r\n", 1).as_bytes());
    assert_eq!(client.answer().unwrap().status, 100);
    client.send(b"x");
    assert_eq!(client.answer().unwrap().code(), "SerializationException");
    assert!(server.is_alive());
}

#[test]
fn truncated_requests() {
    let server = TestServer::start();
    let whole = request(LIST, b"{\"Limit\":5}");
    // The client says that it is done, in the middle of the body.
    let mut client = server.connect();
    client.send(&whole[..whole.len() - 3]);
    client.finish();
    assert_eq!(client.answer().unwrap().code(), "RequestTimeoutException");
    assert!(client.is_closed());
    // It goes away, anywhere.
    for cut in (0..whole.len()).step_by(7) {
        let mut client = server.connect();
        client.send(&whole[..cut]);
    }
    assert!(server.is_alive());
}

#[test]
fn slow_clients_are_not_waited_for() {
    let soon = Duration::from_millis(50);
    let off = || Authenticator::new(Mode::Off, "us-east-1");
    let server = TestServer::with(off(), Limits { body_timeout: soon, ..Limits::default() });
    let whole = request(LIST, b"{}");
    let mut client = server.connect();
    client.send(&whole[..whole.len() - 1]);
    assert_eq!(client.answer().unwrap().code(), "RequestTimeoutException");
    assert!(client.is_closed());
    let server = TestServer::with(off(), Limits { head_timeout: soon, ..Limits::default() });
    let mut client = server.connect();
    client.send(b"POST / HTTP/1.1\r\nHost:");
    while client.answer().is_some() {}
    assert!(client.is_closed());
}

#[test]
fn what_is_no_http_is_refused() {
    let server = TestServer::start();
    let many = "a: b\r\n".repeat(500);
    let long = "x".repeat(200_000);
    for bytes in [
        "\0\0\0\0\r\n\r\n".to_owned(),
        "GET\r\n\r\n".to_owned(),
        "POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n".to_owned(),
        "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n".to_owned(),
        format!("POST / HTTP/1.1\r\n{many}\r\n"),
        format!("POST / HTTP/1.1\r\na: {long}\r\n\r\n"),
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(),
    ] {
        let mut client = server.connect();
        client.send(bytes.as_bytes());
        client.finish();
        if let Some(answer) = client.answer() {
            assert!((400..500).contains(&answer.status), "{answer:?}");
        }
        assert!(client.is_closed());
    }
    assert!(server.is_alive());
}

#[test]
fn signatures_are_judged_after_the_body_and_before_the_shape() {
    let server = TestServer::with(Authenticator::new(Mode::Parse, "us-east-1"), Limits::default());
    assert_eq!(server.post(LIST, b"x").code(), "SerializationException");
    assert_eq!(server.post(LIST, b"{\"Limit\":0}").code(), "MissingAuthenticationTokenException");
    assert_eq!(server.post("TrentService.Nothing", b"{}").code(), "UnknownOperationException");
}

#[test]
fn a_shutdown_lets_go_of_idle_connections() {
    let server = TestServer::start();
    let mut idle = server.connect();
    idle.send(&request(LIST, b"x"));
    assert!(idle.answer().is_some());
    server.stop();
    assert!(idle.is_closed());
}

#[test]
fn the_control_api_answers_json() {
    let server = TestServer::start();
    let ask = |start: &str, headers: &str| {
        let mut client = server.connect();
        client.send(format!("{start} HTTP/1.1\r\nHost: localhost:1\r\n{headers}\r\n").as_bytes());
        let answer = client.answer().unwrap();
        assert_eq!(answer.header("content-type"), Some("application/json"));
        (answer.status, serde_json::from_slice::<serde_json::Value>(&answer.body).unwrap())
    };
    assert_eq!(ask("GET /_sim/health", "").1["status"], "ok");
    assert_eq!(ask("GET /_sim/nothing", "").0, 404);
    assert_eq!(ask("PATCH /_sim/health", "").0, 405);
    assert_eq!(ask("POST /_sim/clock", "Content-Length: 0\r\n").0, 400);
    assert_eq!(ask("GET /_sim/health", "Origin: http://localhost:1\r\n").0, 200);
    for origin in ["http://evil.example", "null", "http://localhost:2"] {
        assert_eq!(ask("POST /_sim/reset", &format!("Origin: {origin}\r\n")).0, 403, "{origin}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_body_over_the_socket_gets_an_answer(body in proptest::collection::vec(any::<u8>(), 1..300)) {
        thread_local!(static SERVER: TestServer = TestServer::start());
        SERVER.with(|server| {
            let code = server.post("TrentService.CreateCustomKeyStore", &body).code();
            assert!(matches!(code.as_str(), "SerializationException" | "ValidationException"), "{code}");
        });
    }
}
