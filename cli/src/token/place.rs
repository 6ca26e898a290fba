//! Where the token is: the one place where a command opens it, and logs in.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};
use std::{env, fs};

use clap::Args;
use hsm_sim::cluster::{Cluster, Personality};
use hsm_sim::token::{Application, Error, Options, SessionId, SlotId, TokenInfo, UserType, make_first_cluster};
use hsm_sim::{ClusterId, Password, World, WorldOptions, row};
use wire::{Client, Retry, Target, Way};

use crate::args::DirectoryArgument;
use crate::client_certificate::ClientFiles;
use crate::directory;
use crate::failure::Failure;
use crate::secret::{self, Source};

/// How long a server may take to answer: longer than the longest key takes to make.
const CALL_TIMEOUT: Duration = Duration::from_secs(120);

/// Which token a command works on.
#[derive(Debug, Args)]
pub(super) struct Place {
    #[command(flatten)]
    directory: DirectoryArgument,
    /// The cluster whose token it is; the default is the one that the module shows first
    #[arg(long, value_name = "CLUSTER_ID", global = true)]
    cluster: Option<ClusterId>,
}

/// A token.
#[derive(Debug)]
pub(super) struct Token {
    pub(super) way: Way,
    pub(super) slot: SlotId,
    /// None of a token behind a server.
    world: Option<World>,
}

/// A session with a token.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) token: Token,
    pub(super) id: SessionId,
    pub(super) personality: Personality,
}

/// The PIN of the token's user.
#[derive(Debug, Args)]
pub(super) struct Login {
    /// The user's PIN; others on this machine may see it in the list of processes
    #[arg(long, value_name = "PIN", value_parser = secret::parse)]
    pin: Option<Password>,
    /// A file with the user's PIN in its first line
    #[arg(long, value_name = "FILE", conflicts_with = "pin")]
    pin_file: Option<PathBuf>,
}

impl Login {
    /// Whether a PIN stands on the command line.
    pub(super) fn is_given(&self) -> bool {
        self.pin.is_some() || self.pin_file.is_some()
    }

    fn source(&self) -> Source<'_> {
        Source {
            value: self.pin.as_ref(),
            file: self.pin_file.as_deref(),
            variable: "HSM_SIM_PIN",
            prompt: "PIN of the token's user",
        }
    }

    /// The PIN, which must be there.
    pub(super) fn require(&self) -> Result<Password, Failure> {
        let missing = "no PIN was given; name it with --pin, --pin-file or the variable HSM_SIM_PIN";
        self.source().find_or_ask()?.ok_or_else(|| Failure::new(missing))
    }
}

impl Place {
    /// Opens the token behind the server that the environment names, or in a directory that holds state.
    pub(super) fn open(&self) -> Result<Token, Failure> {
        if let Some(token) = self.at_server()? {
            return Ok(token);
        }
        let world = ClientFiles::of_environment().present(directory::open_existing(&self.directory.path()?)?)?;
        self.in_directory(world)
    }

    /// The same, but the directory may be empty: then it gets a token, as the module makes it.
    pub(super) fn open_or_make(&self) -> Result<Token, Failure> {
        if let Some(token) = self.at_server()? {
            return Ok(token);
        }
        let world = World::open(&self.directory.path()?, WorldOptions::default())?;
        let world = ClientFiles::of_environment().present(world)?;
        make_first_cluster(&world)?;
        self.in_directory(world)
    }

    fn clusters(&self) -> Result<Vec<ClusterId>, Failure> {
        self.cluster.as_ref().map_or_else(of_environment, |cluster| Ok(vec![cluster.clone()]))
    }

    fn in_directory(&self, world: World) -> Result<Token, Failure> {
        let way = application(&world, self.clusters()?)?;
        match way.slots()?.first() {
            Some(slot) => Ok(Token { slot: *slot, way, world: Some(world) }),
            None => Err(Failure::new("the directory has no ACTIVE cluster of that name, so there is no token")),
        }
    }

    /// The token of the server that the module would reach; none if the environment names no server or the arguments a directory.
    fn at_server(&self) -> Result<Option<Token>, Failure> {
        let variable = |name| env::var(name).ok().filter(|value| !value.is_empty());
        let Some(server) = variable("HSM_SIM_SERVER").filter(|_| self.directory.dir.is_none()) else { return Ok(None) };
        let ca = variable("HSM_SIM_CA").ok_or_else(|| {
            Failure::new(format!("HSM_SIM_CA must name the file of the certificate of the CA that {server} is of"))
        })?;
        let target = Target {
            server,
            ca: fs::read_to_string(&ca).map_err(|error| Failure::new(format!("the CA certificate {ca}: {error}")))?,
            cluster: self.clusters()?.first().map(ToString::to_string),
            client: ClientFiles::of_environment().read()?,
            retry: Retry::Standard,
            timeout: CALL_TIMEOUT,
        };
        let client = Client::open(&target, false).map_err(|error| Failure::new(error.to_string()))?;
        let way = Way::Network(client);
        match way.slots()?.first() {
            Some(slot) => Ok(Some(Token { slot: *slot, way, world: None })),
            None => Err(Failure::new("the server shows no token")),
        }
    }

    /// Every token of the directory with its cluster, those first that the module would show first; or the server's, which does not
    /// name its cluster.
    pub(super) fn all(&self) -> Result<Vec<(Option<ClusterId>, TokenInfo)>, Failure> {
        if let Some(token) = self.at_server()? {
            let info = token.way.token_info(token.slot)?;
            return Ok(vec![(self.clusters()?.pop(), info)]);
        }
        let world = ClientFiles::of_environment().present(directory::open_existing(&self.directory.path()?)?)?;
        let mut clusters = world.read(|rows| row::list::<Cluster>(rows, b""))?;
        clusters.sort_by_key(|(_, cluster)| (cluster.personality == Personality::Generic, cluster.opened));
        let mut tokens = Vec::new();
        for (_, cluster) in clusters {
            // One that is not ACTIVE, or that a fault hides, has no slot.
            let way = application(&world, vec![cluster.id.clone()])?;
            if let Some(slot) = way.slots()?.first() {
                tokens.push((Some(cluster.id), way.token_info(*slot)?));
            }
        }
        Ok(tokens)
    }

    /// Opens the token and a session that writes. With a PIN, or one that a person at the terminal types, the user is logged in.
    pub(super) fn session(&self, login: &Login) -> Result<Session, Failure> {
        let token = self.open()?;
        let id = token.way.open_session(token.slot, true)?;
        if let Some(pin) = login.source().find_or_ask()?.filter(|pin| !pin.expose().is_empty()) {
            token.way.login(id, UserType::User, pin.expose().as_bytes()).map_err(|error| login_failure(&error))?;
        }
        let personality = token.way.token_info(token.slot)?.personality;
        Ok(Session { token, id, personality })
    }
}

impl Token {
    /// The moment from which a new certificate is valid: the earlier of the world's clock and the machine's, Unix seconds. Of a
    /// world behind a server only the machine's is known.
    pub(super) fn now(&self) -> Result<i64, Failure> {
        let Some(world) = &self.world else {
            let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
            return Ok(i64::try_from(since.as_secs()).unwrap_or(i64::MAX));
        };
        let simulated = world.read(|rows| world.now(rows))?.seconds();
        Ok(simulated.min(world.wall().now_millis().div_euclid(1000)).max(0))
    }

    /// A random serial number.
    pub(super) fn serial(&self, session: SessionId) -> Result<[u8; 16], Failure> {
        let mut serial = [0; 16];
        self.way.random(session, &mut serial)?;
        Ok(serial)
    }
}

/// The only place where a command becomes an application of the directory.
fn application(world: &World, clusters: Vec<ClusterId>) -> Result<Way, Failure> {
    let options = Options { clusters, ..Options::default() };
    Ok(Way::Local(Application::open(world, options)?))
}

/// The clusters that the module would show.
fn of_environment() -> Result<Vec<ClusterId>, Failure> {
    let named = env::var("HSM_SIM_CLUSTER").unwrap_or_default();
    let ids = named.split(',').map(str::trim).filter(|id| !id.is_empty());
    ids.map(|id| id.parse().map_err(|error| Failure::new(format!("HSM_SIM_CLUSTER: {error}")))).collect()
}

/// What to do about a login that failed, where that is not plain.
fn login_failure(error: &Error) -> Failure {
    let hint = match error {
        Error::UserPinNotInitialized => "; 'hsm-sim token init' sets it",
        Error::PinLocked => "; a crypto officer's password change unlocks the user",
        _ => "",
    };
    Failure::new(format!("no login: {error}{hint}"))
}
