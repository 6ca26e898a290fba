//! A kept connection to the endpoint. It is this small because a load generator must not take the processor from what it measures: a
//! request is one write, an answer usually one read.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use super::address::Address;
use super::answer;

/// How long an answer may take.
const TIMEOUT: Duration = Duration::from_secs(30);
/// How much is read at once, bytes.
const CHUNK: usize = 16 << 10;

/// The way to an endpoint; each worker has its own connection over it.
#[derive(Debug, Clone)]
pub(super) struct Route {
    pub(super) address: Address,
    tls: Option<Arc<ClientConfig>>,
}

/// A connection, made when it is needed and kept as long as the endpoint keeps it.
pub(super) struct Connection {
    route: Route,
    stream: Option<Stream>,
    /// What has arrived; the last answer stays until the next request.
    buffer: Vec<u8>,
    /// What one reading brings.
    chunk: Vec<u8>,
}

enum Stream {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
}

impl Route {
    /// The way to an address; `ca` is the PEM text of the CAs to trust, without it those of the system.
    pub(super) fn new(address: Address, ca: Option<&str>) -> Result<Self, String> {
        let tls = if address.tls { Some(Arc::new(config(ca)?)) } else { None };
        Ok(Self { address, tls })
    }

    fn connect(&self) -> io::Result<Stream> {
        let stream = self.address.connect()?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        stream.set_write_timeout(Some(TIMEOUT))?;
        let Some(config) = &self.tls else { return Ok(Stream::Plain(stream)) };
        let name = ServerName::try_from(self.address.host.clone()).map_err(io::Error::other)?;
        let mut session = ClientConnection::new(Arc::clone(config), name).map_err(io::Error::other)?;
        let mut stream = stream;
        while session.is_handshaking() {
            session.complete_io(&mut stream)?;
        }
        Ok(Stream::Tls(Box::new(StreamOwned::new(session, stream))))
    }
}

fn config(ca: Option<&str>) -> Result<ClientConfig, String> {
    let mut roots = RootCertStore::empty();
    match ca {
        Some(pem) => {
            for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
                let added = certificate.map_err(|error| error.to_string());
                roots.add(added?).map_err(|error| error.to_string())?;
            }
        }
        None => {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    if roots.is_empty() {
        return Err("there is no CA certificate to trust; name a file of some with --ca".to_owned());
    }
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

impl Connection {
    pub(super) fn new(route: Route) -> Self {
        Self { route, stream: None, buffer: Vec::with_capacity(CHUNK), chunk: vec![0; CHUNK] }
    }

    /// The endpoint's address.
    pub(super) fn url(&self) -> String {
        self.route.address.to_string()
    }

    /// Sends a request and waits for its answer: the status and the body. A kept connection that the endpoint closed in the meantime is
    /// made anew once.
    pub(super) fn exchange(&mut self, request: &[u8]) -> io::Result<(u16, &[u8])> {
        let kept = self.stream.is_some();
        let answer = match self.attempt(request) {
            Err(error) if kept && self.buffer.is_empty() && is_closed(&error) => self.attempt(request),
            done => done,
        };
        match answer {
            Ok(answer) => Ok((answer.status, &self.buffer[answer.body])),
            Err(error) => Err(error),
        }
    }

    fn attempt(&mut self, request: &[u8]) -> io::Result<answer::Answer> {
        self.buffer.clear();
        // Taken out, so that whatever goes wrong ends the connection.
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => self.route.connect()?,
        };
        stream.write_all(request)?;
        stream.flush()?;
        loop {
            let count = stream.read(&mut self.chunk)?;
            if count == 0 {
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the endpoint closed the connection"));
            }
            self.buffer.extend_from_slice(&self.chunk[..count]);
            let read = answer::read(&mut self.buffer);
            if let Some(answer) = read.map_err(|reason| io::Error::new(io::ErrorKind::InvalidData, reason))? {
                if !answer.last {
                    self.stream = Some(stream);
                }
                return Ok(answer);
            }
        }
    }
}

fn is_closed(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    matches!(error.kind(), BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof)
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.read(buffer),
            Self::Tls(stream) => stream.read(buffer),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.write(data),
            Self::Tls(stream) => stream.write(data),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(stream) => stream.flush(),
            Self::Tls(stream) => stream.flush(),
        }
    }
}
