//! The socket: HTTP/1.1 with keep-alive on hyper, one task per connection.
//!
//! Each connection's requests are answered in order on the runtime's worker threads; operations marked
//! [`Runs::Pooled`](crate::protocol::Runs::Pooled) go to tokio's blocking pool, at most [`Limits::pool`] at a time, so
//! that a slow commit holds up no other connection. What hyper itself refuses (a head that is no HTTP, too many
//! headers) is answered by hyper with a bare 400 or 431 and a closed connection; all else gets an AWS-shaped answer.

mod body;
mod date;
mod endpoint;

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use crypto::Entropy;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use self::endpoint::Endpoint;
use crate::sigv4::Authenticator;
use crate::{Backend, WallClock};

/// What the endpoint needs from outside.
pub struct Options {
    /// The services.
    pub backend: Arc<Backend>,
    /// How signatures are judged.
    pub authenticator: Authenticator,
    /// Signature windows and `Date` headers.
    pub wall_clock: WallClock,
    /// Request ids.
    pub entropy: Entropy,
    /// What a client may ask of the endpoint.
    pub limits: Limits,
}

/// What a client may ask of the endpoint.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The longest body in bytes.
    pub body: usize,
    /// The longest head in bytes.
    pub head: usize,
    /// How long a head may take, and how long a connection may stay idle.
    pub head_timeout: Duration,
    /// How long a body may take.
    pub body_timeout: Duration,
    /// Connections at a time; more wait to be accepted.
    pub connections: usize,
    /// Pooled operations at a time; more wait.
    pub pool: usize,
    /// How long requests under way may take to finish after a shutdown began.
    pub grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body: 1 << 20,
            head: 64 << 10,
            head_timeout: Duration::from_secs(60),
            body_timeout: Duration::from_secs(20),
            connections: 4096,
            pool: 64,
            grace: Duration::from_secs(5),
        }
    }
}

/// A bound endpoint, not yet serving.
pub struct Server {
    listener: TcpListener,
    endpoint: Arc<Endpoint>,
    limits: Limits,
}

impl Server {
    /// Binds `address`; port 0 picks one.
    ///
    /// # Errors
    /// The socket's error, for instance that the address is in use.
    pub async fn bind(address: SocketAddr, options: Options) -> std::io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let limits = options.limits;
        Ok(Self { listener, endpoint: Arc::new(Endpoint::new(options)), limits })
    }

    /// The address that clients connect to.
    ///
    /// # Errors
    /// The socket's error.
    pub fn local_addr(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until `shutdown` completes, then lets the requests under way finish.
    pub async fn run(self, shutdown: impl Future<Output = ()>) {
        let permits = Arc::new(Semaphore::new(self.limits.connections));
        let (stop, stopped) = watch::channel(());
        let mut connections = JoinSet::new();
        let mut shutdown = pin!(shutdown);
        loop {
            let accept = async {
                let permit = Arc::clone(&permits).acquire_owned().await;
                (permit, self.listener.accept().await)
            };
            tokio::select! {
                biased;
                () = &mut shutdown => break,
                Some(_) = connections.join_next() => {}
                (permit, accepted) = accept => match accepted {
                    Ok((stream, peer)) => {
                        let connection = serve(stream, peer, Arc::clone(&self.endpoint), self.limits, stopped.clone());
                        connections.spawn(async move {
                            connection.await;
                            drop(permit);
                        });
                    }
                    // Out of file descriptors, most likely: others must finish first.
                    Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
                },
            }
        }
        drop(self.listener);
        drop(stop);
        let drained = async { while connections.join_next().await.is_some() {} };
        // Whoever is left after the grace is cut off when the set is dropped.
        let _ = tokio::time::timeout(self.limits.grace, drained).await;
    }
}

async fn serve(
    stream: TcpStream,
    peer: SocketAddr,
    endpoint: Arc<Endpoint>,
    limits: Limits,
    mut stopped: watch::Receiver<()>,
) {
    // A socket that refuses the option still works.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| {
        let endpoint = Arc::clone(&endpoint);
        async move { Ok::<_, std::convert::Infallible>(endpoint.answer(request, peer.ip()).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head_timeout)
        .max_buf_size(limits.head)
        .half_close(true)
        .pipeline_flush(true)
        .auto_date_header(false)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection);
    // Errors of a connection are the client's affair: it went away or spoke no HTTP.
    tokio::select! {
        _ = connection.as_mut() => return,
        _ = stopped.changed() => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}
