//! A port over a world of its own.

use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use hsm_sim::cluster::Personality;
use hsm_sim::token::{
    Attribute, Mechanism, MechanismType, ObjectHandle, Output, Parameter, Result, SessionId, Template, UserType,
};
use hsm_sim::{ActiveCluster, ClusterId, Realm, World};
use hsm_sim_server::hsm::{HsmPort, Limits};
use tokio::sync::oneshot;
use wire::{Client, Greeting, Retry, Target, Way};

/// The crypto user of every cluster here, as a PIN.
pub(crate) const PIN: &[u8] = b"kmsuser:kmsPswd1";

/// Impatient limits, so that nothing here waits long for what never comes.
pub(crate) fn limits() -> Limits {
    Limits {
        handshake: Duration::from_millis(500),
        frame: Duration::from_millis(500),
        linger: Duration::from_millis(200),
        ..Limits::default()
    }
}

/// A cluster and the certificate of its customer's CA.
#[derive(Debug, Clone)]
pub(crate) struct Cluster {
    pub(crate) id: ClusterId,
    pub(crate) ca: String,
}

/// A world with a cluster.
pub(crate) fn world() -> (World, Cluster) {
    let world = World::ephemeral().unwrap();
    let cluster = cluster(&world);
    (world, cluster)
}

/// A further cluster of a world.
pub(crate) fn cluster(world: &World) -> Cluster {
    let builder = ActiveCluster::builder().nodes(2).kmsuser("kmsPswd1").personality(Personality::CloudHsm);
    let cluster = builder.build_in(world, &Realm::default()).unwrap();
    Cluster { id: cluster.cluster_id().clone(), ca: cluster.trust_anchor().to_owned() }
}

/// A running port; dropping it stops it.
pub(crate) struct Port {
    pub(crate) address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Port {
    pub(crate) fn start(world: &World, limits: Limits) -> Self {
        Self::start_at(world, limits, SocketAddr::from(([127, 0, 0, 1], 0)))
    }

    pub(crate) fn start_at(world: &World, limits: Limits, address: SocketAddr) -> Self {
        let world = world.clone();
        let (stop, stopped) = oneshot::channel::<()>();
        let (tell, told) = std::sync::mpsc::channel();
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let port = HsmPort::bind(address, world, limits).await.unwrap();
                tell.send(port.local_addr().unwrap()).unwrap();
                port.run(async {
                    let _ = stopped.await;
                })
                .await;
            });
        });
        Self { address: told.recv().unwrap(), stop: Some(stop), thread: Some(thread) }
    }

    pub(crate) fn target(&self, cluster: &Cluster) -> Target {
        Target {
            client: None,
            server: format!("tls://{}", self.address),
            ca: cluster.ca.clone(),
            cluster: None,
            retry: Retry::Off,
            timeout: Duration::from_secs(30),
        }
    }

    pub(crate) fn client(&self, cluster: &Cluster) -> Arc<Way> {
        Arc::new(Way::Network(Client::open(&self.target(cluster), false).unwrap()))
    }

    pub(crate) fn stop(mut self) -> SocketAddr {
        self.end();
        self.address
    }

    fn end(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

impl Drop for Port {
    fn drop(&mut self) {
        self.end();
    }
}

/// The greeting of a new application.
pub(crate) fn hello() -> Greeting {
    Greeting::Hello { calls: wire::CALLS, epoch: 0, skip_availability_check: false }
}

/// A session in which the crypto user is logged in.
pub(crate) fn logged_in(way: &Way) -> Result<SessionId> {
    let session = way.open_session(way.slots()?[0], true)?;
    match way.login(session, UserType::User, PIN) {
        Ok(()) | Err(hsm_sim::token::Error::UserAlreadyLoggedIn) => Ok(session),
        Err(error) => Err(error),
    }
}

/// An AES key of the session.
pub(crate) fn aes_key(way: &Way, session: SessionId) -> Result<ObjectHandle> {
    let template = Template::new()
        .number(Attribute::ValueLen, 32)
        .flag(Attribute::Token, false)
        .flag(Attribute::Encrypt, true)
        .flag(Attribute::Decrypt, true);
    way.generate_key(session, &Mechanism::new(MechanismType::AesKeyGen), &template)
}

/// The key's work, there and back.
pub(crate) fn round_trip(way: &Way, session: SessionId, key: ObjectHandle, data: &[u8]) -> Result<()> {
    let cbc = Mechanism::with(MechanismType::AesCbcPad, Parameter::Bytes(vec![7; 16]));
    way.encrypt_init(session, &cbc, key)?;
    let length = way.encrypt(session, data, Output::Length)?;
    let mut sealed = vec![0; length];
    let written = way.encrypt(session, data, Output::Buffer(&mut sealed))?;
    sealed.truncate(written);
    way.decrypt_init(session, &cbc, key)?;
    let mut opened = vec![0; sealed.len()];
    let written = way.decrypt(session, &sealed, Output::Buffer(&mut opened))?;
    opened.truncate(written);
    assert_eq!(opened, data);
    Ok(())
}
