//! A server on a port of its own and a client that speaks bytes, so that it can also speak nonsense.

#![allow(dead_code, reason = "each test program uses its part")]

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use hsm_sim::World;
use hsm_sim_server::sigv4::{Authenticator, Mode};
use hsm_sim_server::{Backend, Limits, Options, Server, WallClock};
use kms_store::Kms;
use tokio::sync::oneshot;

pub(crate) struct TestServer {
    pub(crate) address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl TestServer {
    pub(crate) fn start() -> Self {
        Self::with(Authenticator::new(Mode::Off, "us-east-1"), Limits::default())
    }

    pub(crate) fn with(authenticator: Authenticator, limits: Limits) -> Self {
        Self::serving(Kms::open(World::ephemeral().unwrap()).unwrap(), authenticator, limits)
    }

    /// Serves the world of `kms` to unsigned requests.
    pub(crate) fn of(kms: &Kms) -> Self {
        Self::serving(kms.clone(), Authenticator::new(Mode::Off, "us-east-1"), Limits::default())
    }

    fn serving(kms: Kms, authenticator: Authenticator, limits: Limits) -> Self {
        let (stop, stopped) = oneshot::channel();
        let (ready, address) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
            runtime.block_on(async {
                let options = Options {
                    backend: Arc::new(Backend::new(kms)),
                    authenticator,
                    wall_clock: WallClock::new(|| 1_440_938_160),
                    entropy: crypto::Entropy::system(),
                    limits,
                };
                let server = Server::bind("127.0.0.1:0".parse().unwrap(), options).await.unwrap();
                ready.send(server.local_addr().unwrap()).unwrap();
                server.run(async { drop(stopped.await) }).await;
            });
        });
        Self { address: address.recv().unwrap(), stop: Some(stop), thread: Some(thread) }
    }

    pub(crate) fn connect(&self) -> Client {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        Client { stream, buffer: Vec::new() }
    }

    /// One request on a connection of its own.
    pub(crate) fn post(&self, target: &str, body: &[u8]) -> Answer {
        let mut client = self.connect();
        client.send(&request(target, body));
        client.answer().unwrap()
    }

    pub(crate) fn is_alive(&self) -> bool {
        self.post("TrentService.Nothing", b"{}").code() == "UnknownOperationException"
    }

    /// Asks the server to stop and waits until it did.
    pub(crate) fn stop(mut self) {
        self.shut_down();
    }

    fn shut_down(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.shut_down();
    }
}

pub(crate) struct Client {
    stream: TcpStream,
    buffer: Vec<u8>,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Client {
    /// Sends what the server will take; a server that closes early is no failure of the client.
    pub(crate) fn send(&mut self, bytes: &[u8]) {
        let _ = self.stream.write_all(bytes);
    }

    pub(crate) fn finish(&mut self) {
        let _ = self.stream.shutdown(Shutdown::Write);
    }

    /// The next answer, `None` when the connection ended first.
    pub(crate) fn answer(&mut self) -> Option<Answer> {
        self.answer_to("POST")
    }

    pub(crate) fn answer_to(&mut self, method: &str) -> Option<Answer> {
        let end = loop {
            if let Some(at) = self.buffer.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                break at + 4;
            }
            self.more()?;
        };
        let head = String::from_utf8(self.buffer.drain(..end).collect()).unwrap();
        let status: u16 = head.split(' ').nth(1).unwrap().parse().unwrap();
        if status == 100 {
            return Some(Answer { status, head, body: Vec::new() });
        }
        let answer = Answer { status, head, body: Vec::new() };
        let length: usize = answer.header("content-length").map_or(0, |length| length.parse().unwrap());
        let length = if method == "HEAD" { 0 } else { length };
        while self.buffer.len() < length {
            self.more()?;
        }
        Some(Answer { body: self.buffer.drain(..length).collect(), ..answer })
    }

    /// Whether the server ended the connection.
    pub(crate) fn is_closed(&mut self) -> bool {
        self.buffer.is_empty() && self.more().is_none()
    }

    fn more(&mut self) -> Option<()> {
        let mut chunk = [0; 4096];
        match self.stream.read(&mut chunk) {
            Ok(0) => None,
            Ok(n) => {
                self.buffer.extend_from_slice(&chunk[..n]);
                Some(())
            }
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => None,
            Err(error) => panic!("no answer: {error}"),
        }
    }
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    /// `__type`, after checking that the answer is an error in AWS's shape.
    pub(crate) fn code(&self) -> String {
        let body: serde_json::Value = serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("{self:?}"));
        assert!(matches!(self.status, 400 | 413 | 500 | 503), "{self:?}");
        assert_eq!(self.header("content-type"), Some("application/x-amz-json-1.1"));
        assert_eq!(self.header("x-amzn-requestid").map(str::len), Some(36));
        body["__type"].as_str().unwrap().to_owned()
    }

    /// `message`, or `Message`.
    pub(crate) fn message(&self) -> String {
        let body: serde_json::Value = serde_json::from_slice(&self.body).unwrap();
        body["message"].as_str().or_else(|| body["Message"].as_str()).unwrap_or_default().to_owned()
    }
}

pub(crate) fn request(target: &str, body: &[u8]) -> Vec<u8> {
    let mut bytes = format!(
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-amz-json-1.1\r\nX-Amz-Target: {target}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    bytes.extend_from_slice(body);
    bytes
}
