//! `hsm-sim up`: the endpoint over one state directory, until it is told to stop.

mod access_key;
mod ready;
mod summary;
mod ticker;

use std::io::{IsTerminal as _, Write as _};
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::path::Path;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use hsm_sim::temporary::TemporaryDirectory;
use hsm_sim::{Realm, World, WorldOptions};
use kms_store::Kms;
use server::hsm::{self, HsmPort};
use server::sigv4::{Authenticator, Mode};
use server::{Backend, Limits, Server, WallClock};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use self::access_key::AccessKey;
use self::summary::Summary;
use crate::args::DirectoryArgument;
use crate::failure::Failure;
use crate::settings::Changes;

/// Options of `hsm-sim up`.
#[derive(Debug, Args)]
pub struct Options {
    #[command(flatten)]
    directory: DirectoryArgument,
    /// Where to listen; port 0 picks one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:4599", value_parser = parse_address)]
    listen: SocketAddr,
    /// Where PKCS#11 modules on other machines reach the cluster, over TLS; off unless given
    #[arg(long, value_name = "ADDR", value_parser = parse_address)]
    hsm_listen: Option<SocketAddr>,
    /// Threads that answer requests; half of the processors unless given, as its clients mostly need the others
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    workers: Option<u16>,
    /// Keep nothing: a temporary directory that is not synced
    #[arg(long, conflicts_with = "dir")]
    ephemeral: bool,
    /// Do not make the ready environment on the first start
    #[arg(long)]
    empty: bool,
    /// How signatures are judged
    #[arg(long, value_enum, default_value_t = Auth::Parse)]
    auth: Auth,
    /// A further key pair that `--auth strict` accepts; may be repeated
    #[arg(long, value_name = "ID:SECRET", value_parser = AccessKey::parse)]
    access_key: Vec<AccessKey>,
    /// Print one JSON object on the first line when ready, instead of the summary
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    changes: Changes,
}

/// How signatures are judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Auth {
    /// Verified against the known key pairs, the window of five minutes included
    Strict,
    /// Well-formed, any secret
    Parse,
    /// Not needed
    Off,
}

impl From<Auth> for Mode {
    fn from(auth: Auth) -> Self {
        match auth {
            Auth::Strict => Self::Strict,
            Auth::Parse => Self::Parse,
            Auth::Off => Self::Off,
        }
    }
}

/// An address and a port; a host name stands for its first IPv4 address, or else its first one.
fn parse_address(text: &str) -> Result<SocketAddr, String> {
    let found: Vec<SocketAddr> = text
        .to_socket_addrs()
        .map_err(|error| format!("expected HOST:PORT such as 127.0.0.1:4599 or localhost:0 ({error})"))?
        .collect();
    let chosen = found.iter().find(|address| address.is_ipv4()).or(found.first());
    chosen.copied().ok_or_else(|| "the host has no address".to_owned())
}

/// Runs `hsm-sim up` until SIGINT or SIGTERM.
///
/// # Errors
/// The directory cannot be used or the address cannot be bound.
pub fn run(options: &Options) -> Result<(), Failure> {
    let temporary = if options.ephemeral { Some(TemporaryDirectory::create()?) } else { None };
    let (path, durability) = match &temporary {
        Some(temporary) => (temporary.path().to_owned(), hsm_sim::Durability::Unsynced),
        None => (options.directory.path()?, hsm_sim::Durability::Synced),
    };
    let world = World::open(&path, WorldOptions { durability, ..WorldOptions::default() })?;
    let kms = Kms::open(world)?;
    let workers = options.workers.map_or_else(workers, usize::from);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(workers).enable_all().build()?;
    runtime.block_on(serve(options, &path, kms))
}

/// Threads for half of the processors. The others are for the endpoint's clients, which mostly run on the same machine: with a thread for each
/// processor the slowest hundredth of answers takes up to twice as long, and hardly more are given.
fn workers() -> usize {
    std::thread::available_parallelism().map_or(1, |processors| processors.get().div_ceil(2))
}

async fn serve(options: &Options, path: &Path, kms: Kms) -> Result<(), Failure> {
    let world = kms.world();
    let realm = Realm::default();
    let access_key = AccessKey::of_world(world)?;
    let keys = options.access_key.iter().chain([&access_key]);
    let authenticator = keys.fold(Authenticator::new(options.auth.into(), realm.region()), |authenticator, key| {
        authenticator.with_key(key.id.clone(), key.secret.clone())
    });
    let wall = world.clone();
    // Bound before anything is made, so that a busy address costs nothing.
    let server = Server::bind(
        options.listen,
        server::Options {
            backend: Arc::new(Backend::new(kms.clone())),
            authenticator,
            wall_clock: WallClock::new(move || wall.wall().now_millis().div_euclid(1000)),
            entropy: world.entropy().clone(),
            limits: Limits::default(),
        },
    )
    .await
    .map_err(|error| busy(options.listen, "--listen", &error))?;
    let hsm_port = match options.hsm_listen {
        Some(address) => {
            let port = HsmPort::bind(address, world.clone(), hsm::Limits::default()).await;
            Some(port.map_err(|error| busy(address, "--hsm-listen", &error))?)
        }
        None => None,
    };
    let ready = ready::prepare(&kms, &realm, options.empty, &options.changes)?;
    if let Some(ready) = &ready {
        std::fs::write(path.join(ready::TRUST_ANCHOR_FILE), &ready.trust_anchor)?;
    }
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let ticker = ticker::Ticker::start(kms.clone());
    let trail = kms.start_trail_writer()?;
    let summary = Summary {
        endpoint: server.local_addr()?,
        hsm_endpoint: hsm_port.as_ref().map(HsmPort::local_addr).transpose()?,
        realm: &realm,
        directory: path,
        access_key: &access_key,
        ready: ready.as_ref(),
    };
    let mut out = std::io::stdout();
    if options.json {
        writeln!(out, "{}", summary.json())?;
    } else {
        summary.print(&mut out, std::io::stdout().is_terminal())?;
    }
    out.flush()?;
    let (stop, stopped) = watch::channel(());
    let told = |mut stopped: watch::Receiver<()>| async move {
        // The sender's end is what is waited for.
        let _ = stopped.changed().await;
    };
    let signals = async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        drop(stop);
    };
    let serve_hsm = async {
        if let Some(port) = hsm_port {
            port.run(told(stopped.clone())).await;
        }
    };
    tokio::join!(signals, server.run(told(stopped.clone())), serve_hsm);
    ticker.stop();
    drop(trail);
    Ok(())
}

fn busy(address: SocketAddr, option: &str, error: &std::io::Error) -> Failure {
    Failure::new(format!("cannot listen on {address}: {error}; choose another address with {option}"))
}

/// Settings that `up` was asked to put in force, applied to what is in force.
fn apply_settings(world: &World, changes: &Changes) -> Result<(), Failure> {
    world.write(|tx| changes.apply(tx))?;
    Ok(())
}
