//! The HSM network port: a token's calls over TLS ([`wire`]), one thread per connection.
//!
//! A connection reaches one cluster, which it knows by its certificate: the one that the client names, or the one that a token
//! application shows by default. Cryptography runs where it was asked for, on the connection's thread.
//!
//! What a client can take is bounded: the number of connections, of those among them that have not greeted yet, the time for
//! a handshake and for a message, the length of a message, and the memory of long messages together.

mod applications;
mod budget;
mod connection;
mod connections;
mod identities;

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use hsm_sim::World;
use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpListener, TcpStream};

use self::applications::Applications;
use self::budget::Budget;
use self::connections::Connections;
use self::identities::Identities;

/// After which silence a peer is asked whether it is still there, and how often.
const PROBE_AFTER: Duration = Duration::from_secs(60);
const PROBE_EVERY: Duration = Duration::from_secs(15);

/// What clients may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections at a time (documented: 900 of a cluster); more are closed.
    pub connections: usize,
    /// Those among them that have not greeted yet.
    pub strangers: usize,
    /// How long the handshake may take, and then the greeting.
    pub handshake: Duration,
    /// How long a message may take once it has begun, and an answer to be taken.
    pub frame: Duration,
    /// How long an application whose last connection broke waits for another one.
    pub linger: Duration,
    /// Bytes of long messages under way.
    pub memory: usize,
    /// How long calls under way may take to finish after a shutdown began.
    pub grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 900,
            strangers: 128,
            handshake: Duration::from_secs(10),
            frame: Duration::from_secs(30),
            linger: Duration::from_secs(2),
            memory: 256 << 20,
            grace: Duration::from_secs(5),
        }
    }
}

/// A bound port, not yet serving.
#[derive(Debug)]
pub struct HsmPort {
    listener: TcpListener,
    shared: Arc<Shared>,
}

/// What the connections share.
#[derive(Debug)]
struct Shared {
    world: World,
    limits: Limits,
    identities: Identities,
    applications: Applications,
    budget: Budget,
    connections: Arc<Connections>,
}

impl HsmPort {
    /// Binds `address`; port 0 picks one.
    ///
    /// # Errors
    /// The socket's error, for instance that the address is in use.
    pub async fn bind(address: SocketAddr, world: World, limits: Limits) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let shared = Arc::new(Shared {
            world,
            limits,
            identities: Identities::default(),
            applications: Applications::new(limits.linger),
            budget: Budget::new(limits.memory),
            connections: Arc::new(Connections::new(limits.connections, limits.strangers)),
        });
        Ok(Self { listener, shared })
    }

    /// The address that clients connect to.
    ///
    /// # Errors
    /// The socket's error.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until `shutdown` completes, then lets the calls under way finish and ends every application.
    pub async fn run(self, shutdown: impl Future<Output = ()>) {
        let Self { listener, shared } = self;
        let mut shutdown = pin!(shutdown);
        loop {
            tokio::select! {
                biased;
                () = &mut shutdown => break,
                accepted = listener.accept() => match accepted {
                    // One that cannot be served is closed; others will come.
                    Ok((socket, _)) => drop(take(&shared, socket)),
                    // Out of file descriptors, most likely: others must finish first.
                    Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
                },
            }
        }
        drop(listener);
        let stop = move || {
            shared.applications.stop();
            shared.connections.stop(shared.limits.grace);
        };
        // It waits for threads, so it must not wait on the runtime's; nothing in it panics.
        let _ = tokio::task::spawn_blocking(stop).await;
    }
}

/// Gives a connection its thread.
fn take(shared: &Arc<Shared>, socket: TcpStream) -> io::Result<()> {
    let socket = socket.into_std()?;
    socket.set_nonblocking(false)?;
    // A client that lost its power says nothing, for ever.
    let keepalive = TcpKeepalive::new().with_time(PROBE_AFTER).with_interval(PROBE_EVERY);
    SockRef::from(&socket).set_tcp_keepalive(&keepalive)?;
    if let Some(admission) = Connections::admit(&shared.connections, socket) {
        let shared = Arc::clone(shared);
        thread::Builder::new().name("hsm".to_owned()).spawn(move || connection::run(&shared, admission))?;
    }
    Ok(())
}
