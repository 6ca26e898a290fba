//! Reaching a server.

use std::net::{SocketAddr, TcpStream, ToSocketAddrs as _};
use std::thread;
use std::time::Duration;
use std::{fmt, io};

use hsm_sim::mtls::ClientIdentity;

use crate::tls::{ClientTls, certificate_problem};
use crate::{ApplicationId, Channel, Ended, Error, Greeting, Patience, Welcome};

const SCHEME: &str = "tls://";

/// How long one address may take to answer.
const CONNECT: Duration = Duration::from_secs(5);

/// How long handshake and greeting may take.
const GREETING: Duration = Duration::from_secs(10);

/// What is waited between the attempts to reach a server that does not answer: long enough to start one anew.
const PAUSES: [Duration; 5] = [
    Duration::from_millis(50),
    Duration::from_millis(100),
    Duration::from_millis(200),
    Duration::from_millis(400),
    Duration::from_millis(800),
];

/// Which server, and how to know it.
#[derive(Debug, Clone)]
pub struct Target {
    /// `tls://host:port`.
    pub server: String,
    /// The certificate of the customer's CA, PEM.
    pub ca: String,
    /// What the client proves itself with, to HSMs that insist on it.
    pub client: Option<ClientIdentity>,
    /// The cluster to reach where there are several; else the one that the server shows by default.
    pub cluster: Option<String>,
    /// Whether a server that does not answer is tried again.
    pub retry: Retry,
    /// How long a call may take.
    pub timeout: Duration,
}

/// Whether a server that does not answer is tried again (the client library's retry modes).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Retry {
    /// A few times within a second and a half.
    #[default]
    Standard,
    /// No.
    Off,
}

impl Target {
    /// Connects and greets, once.
    ///
    /// # Errors
    /// The target is not one, cannot be reached, is not the cluster of the CA, or refuses.
    pub fn connect(&self, greeting: &Greeting) -> Result<(Channel, ApplicationId), Error> {
        Dialer::new(self)?.try_dial(greeting)
    }
}

pub(super) struct Dialer {
    server: String,
    tls: ClientTls,
    retry: Retry,
    timeout: Duration,
}

impl Dialer {
    pub(super) fn new(target: &Target) -> Result<Self, Error> {
        let Target { server, ca, client, cluster, retry, timeout } = target.clone();
        let address = server.strip_prefix(SCHEME).and_then(|address| address.rsplit_once(':'));
        if !address.is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok()) {
            return Err(Error::Address(server));
        }
        let tls = ClientTls::new(&ca, cluster.as_deref()).map_err(Error::Ca)?;
        let tls = match client {
            None => tls,
            Some(client) => tls.presenting(&client).map_err(|error| Error::ClientCertificate(error.to_string()))?,
        };
        Ok(Self { server, tls, retry, timeout })
    }

    /// A connection, greeted.
    pub(super) fn dial(&self, greeting: &Greeting) -> Result<(Channel, ApplicationId), Error> {
        let mut pauses = PAUSES.iter();
        loop {
            let result = self.try_dial(greeting);
            let again = matches!(result, Err(Error::Unreachable { .. })) && self.retry == Retry::Standard;
            match pauses.next() {
                Some(pause) if again => thread::sleep(*pause),
                _ => return result,
            }
        }
    }

    fn try_dial(&self, greeting: &Greeting) -> Result<(Channel, ApplicationId), Error> {
        let socket = self.reach().map_err(|error| Error::Unreachable { server: self.server.clone(), error })?;
        let (channel, welcome) = self.greet(socket, greeting).map_err(|ended| match certificate_problem(&ended) {
            Some(problem) => Error::NotTheCluster { server: self.server.clone(), problem },
            None => Error::NoServer { server: self.server.clone(), ended },
        })?;
        match welcome {
            Welcome::Ready(application) => Ok((channel, application)),
            Welcome::Refused(refusal) => Err(Error::Refused { server: self.server.clone(), refusal }),
        }
    }

    fn reach(&self) -> io::Result<TcpStream> {
        let address = self.server.trim_start_matches(SCHEME);
        let mut last = io::Error::new(io::ErrorKind::NotFound, "the host has no address");
        for address in address.to_socket_addrs()? {
            match TcpStream::connect_timeout(&address, CONNECT) {
                Ok(socket) if is_itself(&socket, address) => last = io::ErrorKind::ConnectionRefused.into(),
                Ok(socket) => return Ok(socket),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    fn greet(&self, socket: TcpStream, greeting: &Greeting) -> Result<(Channel, Welcome), Ended> {
        let mut channel = self.tls.connect(socket, Patience { idle: Some(GREETING), frame: GREETING })?;
        let welcome = greeting.send(&mut channel)?;
        channel.set_patience(Patience { idle: Some(self.timeout), frame: self.timeout });
        Ok((channel, welcome))
    }
}

/// A port of this machine from which nobody listens may be given to the very connection that looks for it, which then meets itself.
fn is_itself(socket: &TcpStream, peer: SocketAddr) -> bool {
    socket.local_addr().is_ok_and(|own| own == peer)
}

impl fmt::Debug for Dialer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Dialer({})", self.server)
    }
}
