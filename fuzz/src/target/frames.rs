//! A message of the network way, as a client that keeps to nothing sends it: it is refused or answered.

use std::sync::{LazyLock, Mutex, PoisonError};

use hsm_sim::cluster::Personality;
use hsm_sim::token::{Application, Options};
use hsm_sim::{ActiveCluster, Realm, World};
use wire::{Buffer, Request};

/// A server's application on a world of its own, which lasts as long as the program.
struct Served {
    _cluster: ActiveCluster,
    application: Application,
}

static SERVED: LazyLock<Mutex<Served>> = LazyLock::new(|| {
    let world = World::ephemeral().expect("a temporary world can be made");
    let builder = ActiveCluster::builder().nodes(1).personality(Personality::Generic);
    let cluster = builder.build_in(&world, &Realm::default()).expect("a cluster can be made");
    let application = Application::open(&world, Options::default()).expect("the world can be read");
    Mutex::new(Served { _cluster: cluster, application })
});

pub(super) fn run(bytes: &[u8]) {
    let Ok(request) = Request::read(bytes) else { return };
    let served = SERVED.lock().unwrap_or_else(PoisonError::into_inner);
    request.answer(&served.application, &mut Buffer::new()).expect("every answer can be written");
}
