//! Nothing that a client sends can stop the server, and every answer to nonsense is AWS-shaped.

use serde_json::json;

use crate::support::{Http, Sim};

/// Raw requests and the statuses that may answer them; `&[]` where the connection may be closed without an answer.
#[test]
fn nonsense_on_the_wire() {
    let mut sim = Sim::new();
    let http = sim.http();
    let huge = "x".repeat(3 << 20);
    let cases: Vec<(&str, Vec<u8>, &[u16])> = vec![
        ("nothing", Vec::new(), &[]),
        ("garbage", b"\x00\xff\xfegarbage\r\n\r\n".to_vec(), &[400]),
        ("half a request line", b"POST / HT".to_vec(), &[]),
        ("half the headers", b"POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Tar".to_vec(), &[]),
        ("half the body", request("TrentService.ListKeys", b"{}", 200), &[]),
        ("no body where one is announced", request("TrentService.ListKeys", b"", 2), &[]),
        ("a body longer than announced", request("TrentService.ListKeys", b"{}garbage", 2), &[200]),
        ("an impossible length", b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n".to_vec(), &[400]),
        (
            "an absurd length",
            b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n".to_vec(),
            &[400, 413],
        ),
        ("a huge header", format!("POST / HTTP/1.1\r\nHost: x\r\nX-Huge: {huge}\r\n\r\n").into_bytes(), &[400, 431]),
        (
            "very many headers",
            format!("POST / HTTP/1.1\r\nHost: x\r\n{}\r\n", "a: b\r\n".repeat(20_000)).into_bytes(),
            &[400, 431],
        ),
        ("a huge body", request("TrentService.ListKeys", huge.as_bytes(), huge.len()), &[400, 413]),
        ("HTTP/2 without being asked", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(), &[]),
        ("TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec(), &[]),
    ];
    for (what, bytes, statuses) in cases {
        let answer = http.raw(&bytes);
        let text = String::from_utf8_lossy(&answer);
        let status =
            text.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)).and_then(|status| status.parse().ok());
        if !answer.is_empty() && !statuses.is_empty() {
            assert!(status.is_some_and(|status| statuses.contains(&status)), "{what}: {text}");
        }
        sim.assert_alive();
        works(&mut sim.http(), what);
    }
}

/// Requests that are HTTP but not the protocol.
#[test]
fn nonsense_in_the_protocol() {
    let mut sim = Sim::new();
    let mut http = sim.http();
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let nested = format!(r#"{{"KeyId":{deep}}}"#);
    let target = "TrentService.DescribeKey";
    let cases: [(&str, &str, &[u8], &str); 17] = [
        ("no JSON", target, b"hello", "SerializationException"),
        ("half of a JSON value", target, br#"{"KeyId": "#, "SerializationException"),
        ("a list", target, b"[]", "SerializationException"),
        ("a string", target, b"\"KeyId\"", "SerializationException"),
        ("two values", target, b"{} {}", "SerializationException"),
        ("a number for a string", target, br#"{"KeyId": 5}"#, "SerializationException"),
        ("a list for a string", target, br#"{"KeyId": ["a"]}"#, "SerializationException"),
        ("a string for a list", target, br#"{"KeyId": "a", "GrantTokens": "b"}"#, "SerializationException"),
        ("a fraction for an integer", "TrentService.ListKeys", br#"{"Limit": 1.5}"#, "SerializationException"),
        (
            "an enormous integer",
            "TrentService.ListKeys",
            br#"{"Limit": 99999999999999999999}"#,
            "SerializationException",
        ),
        ("bad UTF-8", target, b"{\"KeyId\": \"\xff\xfe\"}", "SerializationException"),
        ("a lone surrogate", target, br#"{"KeyId": "\ud800"}"#, "SerializationException"),
        ("deep nesting", target, deep.as_bytes(), "SerializationException"),
        ("deep nesting inside", target, nested.as_bytes(), "SerializationException"),
        ("no operation", "TrentService", b"{}", "UnknownOperationException"),
        ("another service", "DynamoDB_20120810.ListTables", b"{}", "UnknownOperationException"),
        ("an operation in another case", "TrentService.listkeys", b"{}", "UnknownOperationException"),
    ];
    for (what, target, body, error) in cases {
        let reply = http.call(target, "kms", body).unwrap_or_else(|failure| panic!("{what}: {failure}"));
        assert_eq!(reply.status, 400, "{what}: {reply:?}");
        assert_eq!(reply.error().as_deref(), Some(error), "{what}: {}", String::from_utf8_lossy(&reply.body));
        assert!(reply.header("x-amzn-requestid").is_some(), "{what}: {reply:?}");
        sim.assert_alive();
    }
    works(&mut http, "all of it, on the same connection");
}

/// Members that the model does not know are ignored, `null` is absence, and other methods and paths are no calls.
#[test]
fn tolerance() {
    let sim = Sim::new();
    let mut http = sim.http();
    http.kms("ListKeys", &json!({ "Unknown": [1, { "a": null }], "Limit": null })).ok();
    for request in
        ["GET / HTTP/1.1\r\nHost: x\r\n\r\n", "POST /elsewhere HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}"]
    {
        let reply = http.send(request.as_bytes()).unwrap_or_else(|failure| panic!("{request:?}: {failure}"));
        assert!((400..500).contains(&reply.status), "{request:?}: {reply:?}");
    }
    let reply = http
        .send(b"POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: TrentService.ListKeys\r\nContent-Length: 2\r\n\r\n{}")
        .expect("an answer");
    assert_eq!(reply.error().as_deref(), Some("MissingAuthenticationTokenException"), "{reply:?}");
    works(&mut http, "requests without a call");
}

/// Many connections that never say anything do not keep the others out.
#[test]
fn silent_connections() {
    let sim = Sim::new();
    let silent: Vec<_> = (0..200)
        .map(|_| std::net::TcpStream::connect(sim.authority()).expect("the endpoint accepts connections"))
        .collect();
    works(&mut sim.http(), "200 silent connections");
    drop(silent);
    works(&mut sim.http(), "their end");
}

fn request(target: &str, body: &[u8], announced: usize) -> Vec<u8> {
    let head = format!(
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-amz-json-1.1\r\nX-Amz-Date: 20260101T000000Z\r\nX-Amz-Target: {target}\r\n\
         Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/us-east-1/kms/aws4_request, SignedHeaders=host;x-amz-date, Signature={}\r\n\
         Connection: close\r\nContent-Length: {announced}\r\n\r\n",
        "0".repeat(64)
    );
    [head.as_bytes(), body].concat()
}

#[track_caller]
fn works(http: &mut Http, after: &str) {
    let reply = http.try_kms("ListKeys", &json!({})).unwrap_or_else(|failure| panic!("after {after}: {failure}"));
    assert_eq!(reply.status, 200, "after {after}: {reply:?}");
}
