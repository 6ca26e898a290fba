//! A server over a state directory, for modules that are its clients. It runs in the test's own process, which has the directory open.

use std::ffi::OsString;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread::{self, JoinHandle};

use hsm_sim::cluster::{Cluster, Personality};
use hsm_sim::token::{Application, Options};
use hsm_sim::{ActiveCluster, Realm, World, WorldOptions, row};
use server::hsm::{HsmPort, Limits};
use tokio::runtime;
use tokio::sync::oneshot;

/// A running server; dropping it stops it.
pub(crate) struct Server {
    world: World,
    ca: PathBuf,
    address: SocketAddr,
    running: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
}

impl Server {
    /// Serves a directory; an empty one gets what a module would make there: a `generic` cluster of one HSM.
    pub(crate) fn start(directory: &Path) -> Self {
        let world = World::open(directory, WorldOptions::default()).unwrap();
        let clusters = || world.read(|rows| row::list::<Cluster>(rows, b"")).unwrap();
        if clusters().is_empty() {
            let builder = ActiveCluster::builder().nodes(1).personality(Personality::Generic);
            builder.build_in(&world, &Realm::default()).unwrap();
        }
        let ca = directory.join("customerCA.crt");
        let (_, cluster) = clusters().swap_remove(0);
        fs::write(&ca, cluster.certificates.trust_anchor.unwrap()).unwrap();
        let mut server = Self { world, ca, address: SocketAddr::from(([127, 0, 0, 1], 0)), running: None };
        server.start_again();
        server
    }

    /// The variables that tell a module of a server.
    pub(crate) const VARIABLES: [&str; 2] = ["HSM_SIM_SERVER", "HSM_SIM_CA"];

    /// What tells a module to be a client of this server.
    pub(crate) fn variables(&self) -> [(&'static str, OsString); 2] {
        let [server, ca] = Self::VARIABLES;
        [(server, format!("tls://{}", self.address).into()), (ca, self.ca.clone().into())]
    }

    /// The label of its token.
    pub(crate) fn label(&self) -> String {
        let application = Application::open(&self.world, Options::default()).unwrap();
        let slot = application.slots().unwrap()[0];
        application.token_info(slot).unwrap().label
    }

    /// How many logins there are.
    pub(crate) fn logins(&self) -> usize {
        self.world.presence().view(b"").unwrap().len()
    }

    pub(crate) fn stop(&mut self) {
        if let Some((stop, thread)) = self.running.take() {
            drop(stop);
            thread.join().unwrap();
        }
    }

    /// Starts at the address where it was before.
    pub(crate) fn start_again(&mut self) {
        let (world, address) = (self.world.clone(), self.address);
        let (stop, stopped) = oneshot::channel::<()>();
        let (tell, told) = mpsc::channel();
        let thread = thread::spawn(move || {
            let runtime = runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let port = HsmPort::bind(address, world, Limits::default()).await.unwrap();
                tell.send(port.local_addr().unwrap()).unwrap();
                port.run(async { drop(stopped.await) }).await;
            });
        });
        self.address = told.recv().unwrap();
        self.running = Some((stop, thread));
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}
