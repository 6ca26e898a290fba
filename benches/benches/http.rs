//! KMS over HTTP with eight kept-alive connections, beside a constant answer of the same stack (hyper on tokio, two workers): the
//! difference of two rows is what the endpoint and KMS cost. Wall time per request, all connections together.
#![allow(missing_docs, reason = "criterion's macros")]

use std::convert::Infallible;
use std::hint::black_box;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use bytes::Bytes;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use hsm_sim::Entropy;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use kms_store::{ConnectedKeyStore, TestKeyStore};
use serde_json::{Value, json};
use server::sigv4::{Authenticator, Mode};
use server::{Backend, Limits, Options, Server, WallClock};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};

const CONNECTIONS: usize = 8;
const WORKERS: usize = 2;

/// What an SDK sends; the mode `parse` reads it and believes it.
const HEADERS: &str = "Host: localhost\r\nContent-Type: application/x-amz-json-1.1\r\n\
    User-Agent: aws-cli/2.9.19 Python/3.11.2 Linux/6.1\r\nX-Amz-Date: 20300101T000000Z\r\n\
    Authorization: AWS4-HMAC-SHA256 Credential=111122223333/20300101/us-east-1/kms/aws4_request, \
    SignedHeaders=content-type;host;x-amz-date;x-amz-target, \
    Signature=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\r\n";

fn request(operation: &str, body: &Value) -> Vec<u8> {
    let body = body.to_string();
    let target = format!("X-Amz-Target: TrentService.{operation}\r\nContent-Length: {}\r\n", body.len());
    format!("POST / HTTP/1.1\r\n{HEADERS}{target}\r\n{body}").into_bytes()
}

struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("the server listens");
        stream.set_nodelay(true).expect("a socket takes the option");
        Self { stream, buffer: Vec::with_capacity(8192) }
    }

    /// Sends a request and reads its answer; the body.
    fn call(&mut self, request: &[u8]) -> &[u8] {
        self.buffer.clear();
        self.stream.write_all(request).expect("the server reads");
        let (start, end) = loop {
            if let Some(range) = whole_body(&self.buffer) {
                break range;
            }
            let mut chunk = [0; 4096];
            let count = self.stream.read(&mut chunk).expect("the server answers");
            assert_ne!(count, 0, "the server closed the connection");
            self.buffer.extend_from_slice(&chunk[..count]);
        };
        assert!(self.buffer.starts_with(b"HTTP/1.1 200 "), "{}", String::from_utf8_lossy(&self.buffer));
        &self.buffer[start..end]
    }
}

/// Where the body is, once all of it arrived.
fn whole_body(answer: &[u8]) -> Option<(usize, usize)> {
    const LENGTH: &str = "content-length: ";
    let start = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n")? + 4;
    let head = std::str::from_utf8(&answer[..start]).expect("heads are ASCII");
    let length = head.lines().find_map(|line| line.strip_prefix(LENGTH)).expect("answers have a length");
    let end = start + length.parse::<usize>().expect("a length is a number");
    (answer.len() >= end).then_some((start, end))
}

/// The time that `count` requests take over all connections at once.
fn spread(connections: &mut [Connection], request: &[u8], count: u64) -> Duration {
    let each = count.div_ceil(CONNECTIONS as u64);
    let start = Instant::now();
    thread::scope(|scope| {
        for connection in connections {
            scope.spawn(move || {
                for _ in 0..each {
                    black_box(connection.call(request));
                }
            });
        }
    });
    // What was rounded up is taken off again.
    start.elapsed().mul_f64(count as f64 / (each * CONNECTIONS as u64) as f64)
}

fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(WORKERS).enable_all().build().expect("threads can be started")
}

/// A server that answers everything with the same bytes, as the endpoint would send them.
fn serve_hello() -> SocketAddr {
    let (ready, address) = mpsc::channel();
    thread::spawn(move || {
        runtime().block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
            ready.send(listener.local_addr()).expect("somebody waits");
            loop {
                let Ok((stream, _)) = listener.accept().await else { continue };
                stream.set_nodelay(true).expect("a socket takes the option");
                let connection = http1::Builder::new()
                    .timer(TokioTimer::new())
                    .pipeline_flush(true)
                    .serve_connection(TokioIo::new(stream), service_fn(hello));
                tokio::spawn(connection);
            }
        });
    });
    address.recv().expect("the server starts").expect("a bound socket has an address")
}

async fn hello(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let body = request.into_body().collect().await.map(http_body_util::Collected::to_bytes);
    let text: &[u8] = if body.is_ok() { b"{\"Hello\":\"world\"}" } else { b"{}" };
    Ok(Response::new(Full::new(Bytes::from_static(text))))
}

fn serve_kms(store: &ConnectedKeyStore) -> SocketAddr {
    let options = Options {
        backend: Arc::new(Backend::new(store.kms().clone())),
        authenticator: Authenticator::new(Mode::Parse, "us-east-1"),
        wall_clock: WallClock::new(|| 1_893_456_000),
        entropy: Entropy::system(),
        limits: Limits::default(),
    };
    let (ready, address) = mpsc::channel();
    thread::spawn(move || {
        runtime().block_on(async {
            let any = SocketAddr::from(([127, 0, 0, 1], 0));
            let server = Server::bind(any, options).await.expect("a port is free");
            ready.send(server.local_addr()).expect("somebody waits");
            server.run(std::future::pending()).await;
        });
    });
    address.recv().expect("the server starts").expect("a bound socket has an address")
}

fn http(c: &mut Criterion) {
    let store = TestKeyStore::connected().expect("a temporary directory can be made");
    let key = store.create_key().expect("the key store is connected").arn;
    let _trail = store.kms().start_trail_writer().expect("a thread can be started");
    let (hello, kms) = (serve_hello(), serve_kms(&store));

    let encrypt =
        request("Encrypt", &json!({ "KeyId": key, "Plaintext": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=" }));
    let sealed: Value = serde_json::from_slice(Connection::open(kms).call(&encrypt)).expect("answers are JSON");
    let decrypt = request("Decrypt", &json!({ "CiphertextBlob": sealed["CiphertextBlob"] }));
    let data_key = request("GenerateDataKey", &json!({ "KeyId": key, "KeySpec": "AES_256" }));

    let mut group = c.benchmark_group("http/8-connections");
    group
        .throughput(Throughput::Elements(1))
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(4));
    for (name, address, request) in [
        ("hello", hello, &encrypt),
        ("Encrypt", kms, &encrypt),
        ("Decrypt", kms, &decrypt),
        ("GenerateDataKey", kms, &data_key),
    ] {
        let mut connections: Vec<Connection> = (0..CONNECTIONS).map(|_| Connection::open(address)).collect();
        group.bench_function(name, |bencher| bencher.iter_custom(|count| spread(&mut connections, request, count)));
    }
    group.finish();
}

criterion_group!(benches, http);
criterion_main!(benches);
