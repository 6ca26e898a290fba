//! KMS over HTTP with eight kept-alive connections, beside a constant answer of the same stack (hyper on tokio, two workers): the
//! difference of two rows is what the endpoint and KMS cost. Wall time per request, all connections together.

use std::convert::Infallible;
use std::hint::black_box;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use bytes::Bytes;
use crypto::{hmac_sha256, sha256};
use hsm_sim::{Entropy, Password};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use kms_store::{ConnectedKeyStore, TestKeyStore, TrailWriter};
use serde_json::{Value, json};
use server::sigv4::{Authenticator, Mode};
use server::{Backend, Limits, Options, Server, WallClock};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};

const CONNECTIONS: usize = 8;
const HELLO: &str = "hello";
const WORKERS: usize = 2;

/// The moment of every request, in both notations.
const NOW: i64 = 1_893_456_000;
const TIMESTAMP: &str = "20300101T000000Z";
const SCOPE: [&str; 4] = ["20300101", "us-east-1", "kms", "aws4_request"];
const ACCESS_KEY: &str = "111122223333";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

/// A request as an SDK sends and signs it.
fn request(operation: &str, body: &Value) -> Vec<u8> {
    let body = body.to_string();
    let covered = format!(
        "content-type:application/x-amz-json-1.1\nhost:localhost\nx-amz-date:{TIMESTAMP}\n\
         x-amz-target:TrentService.{operation}\n"
    );
    let names = "content-type;host;x-amz-date;x-amz-target";
    let canonical = format!("POST\n/\n\n{covered}\n{names}\n{}", hex(&sha256(body.as_bytes())));
    let scope = SCOPE.join("/");
    let to_sign = format!("AWS4-HMAC-SHA256\n{TIMESTAMP}\n{scope}\n{}", hex(&sha256(canonical.as_bytes())));
    let secret = format!("AWS4{SECRET}").into_bytes();
    let key = SCOPE.iter().fold(secret, |key, part| hmac_sha256(&key, part.as_bytes()).to_vec());
    let signature = hex(&hmac_sha256(&key, to_sign.as_bytes()));
    format!(
        "POST / HTTP/1.1\r\nUser-Agent: aws-cli/2.9.19 Python/3.11.2 Linux/6.1\r\n{}Authorization: AWS4-HMAC-SHA256 \
         Credential={ACCESS_KEY}/{scope}, SignedHeaders={names}, Signature={signature}\r\nContent-Length: {}\r\n\r\n{body}",
        covered.replace(':', ": ").replace('\n', "\r\n"),
        body.len()
    )
    .into_bytes()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
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
        authenticator: Authenticator::new(Mode::Strict, "us-east-1").with_key(ACCESS_KEY, Password::from(SECRET)),
        wall_clock: WallClock::new(|| NOW),
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

/// A world with a key in a connected key store, served beside the constant answer.
pub struct Http {
    hello: SocketAddr,
    kms: SocketAddr,
    requests: [(&'static str, Vec<u8>); 3],
    _trail: TrailWriter,
    _store: ConnectedKeyStore,
}

/// The connections of one row.
pub struct Row {
    /// What is asked for.
    pub name: &'static str,
    connections: Vec<Connection>,
    request: Vec<u8>,
}

impl Http {
    /// Starts both servers.
    pub fn start() -> Self {
        let store = TestKeyStore::connected().expect("a temporary directory can be made");
        let key = store.create_key().expect("the key store is connected").arn;
        let (hello, kms) = (serve_hello(), serve_kms(&store));
        let encrypt =
            request("Encrypt", &json!({ "KeyId": key, "Plaintext": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=" }));
        let sealed: Value = serde_json::from_slice(Connection::open(kms).call(&encrypt)).expect("answers are JSON");
        let decrypt = request("Decrypt", &json!({ "CiphertextBlob": sealed["CiphertextBlob"] }));
        let data_key = request("GenerateDataKey", &json!({ "KeyId": key, "KeySpec": "AES_256" }));
        let trail = store.kms().start_trail_writer().expect("a thread can be started");
        let requests = [("Encrypt", encrypt), ("Decrypt", decrypt), ("GenerateDataKey", data_key)];
        Self { hello, kms, requests, _trail: trail, _store: store }
    }

    /// The constant answer first, then the operations.
    pub fn rows(&self) -> Vec<Row> {
        let hello = (HELLO, self.hello, &self.requests[0].1);
        let operations = self.requests.iter().map(|(name, request)| (*name, self.kms, request));
        let row = |(name, address, request): (_, _, &Vec<u8>)| Row {
            name,
            connections: (0..CONNECTIONS).map(|_| Connection::open(address)).collect(),
            request: request.clone(),
        };
        std::iter::once(hello).chain(operations).map(row).collect()
    }
}

impl Row {
    /// Whether it is the constant answer.
    pub fn is_constant(&self) -> bool {
        self.name == HELLO
    }

    /// The time that `count` requests take over all connections at once.
    pub fn run(&mut self, count: u64) -> Duration {
        spread(&mut self.connections, &self.request, count)
    }
}
