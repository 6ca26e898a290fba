//! Messages of the network way, as a client that keeps to nothing sends them: each is refused or answered.
//!
//! Bytes that are a request are one; others make requests, one after the other, in a session whose user is logged in. What was made
//! arrives as it was sent.

use std::sync::{LazyLock, Mutex, PoisonError};

use hsm_sim::cluster::Personality;
use hsm_sim::token::{
    Application, Attribute, Mechanism, MechanismType, Options, SessionId, SlotId, Template, UserType,
};
use hsm_sim::{ActiveCluster, Realm, World};
use wire::arbitrary::Arbitrary;
use wire::{Buffer, Request};

use crate::module::{SO_PIN, USER_PIN};

/// Requests of one input.
const MOST_REQUESTS: usize = 32;
/// Inputs after which the world is made anew: they leave objects behind.
const MOST_INPUTS: usize = 2000;

/// A world of its own.
struct Served {
    cluster: ActiveCluster,
    inputs: usize,
}

static SERVED: LazyLock<Mutex<Option<Served>>> = LazyLock::new(Mutex::default);

pub(super) fn run(bytes: &[u8]) {
    let mut place = SERVED.lock().unwrap_or_else(PoisonError::into_inner);
    let served = match place.take() {
        Some(served) if served.inputs < MOST_INPUTS => served,
        _ => Served::new(),
    };
    served.answer(bytes);
    // Only after an input that ended well.
    *place = Some(Served { inputs: served.inputs + 1, ..served });
}

impl Served {
    fn new() -> Self {
        let world = World::ephemeral().expect("a temporary world can be made");
        let builder = ActiveCluster::builder().nodes(1).personality(Personality::Generic);
        let cluster = builder.build_in(&world, &Realm::default()).expect("a cluster can be made");
        Self { cluster, inputs: 0 }
    }

    fn answer(&self, bytes: &[u8]) {
        let application = Application::open(self.cluster.world(), Options::default()).expect("the world can be read");
        if let Ok(request) = Request::read(bytes) {
            answer(request, &application);
            return;
        }
        log_in(&application);
        let mut source = Arbitrary(bytes);
        for _ in 0..MOST_REQUESTS {
            if source.0.is_empty() {
                break;
            }
            // Refused are values that nobody can send, such as templates without end.
            let Ok(request) = source.request() else { continue };
            let mut sent = Buffer::new();
            sent.write(&request).expect("what was made can be written");
            let arrived = Request::read(&sent).expect("what was written can be read");
            assert_eq!(arrived.name(), request.name());
            answer(arrived, &application);
        }
    }
}

fn answer(request: Request<'_>, application: &Application) {
    request.answer(application, &mut Buffer::new()).expect("every answer can be written");
}

/// Opens session 1 with a key, as far as the inputs before allow it: they may have given the token other PINs.
fn log_in(application: &Application) {
    let slot = SlotId::new(0);
    let Ok(session) = application.open_session(slot, true) else { return };
    if application.login(session, UserType::User, USER_PIN).is_err() {
        drop(begin(application, slot, session));
    }
    let everything = [Attribute::Encrypt, Attribute::Decrypt, Attribute::Sign, Attribute::Verify, Attribute::Derive];
    let template = Template::new().number(Attribute::ValueLen, 16);
    let template = everything.into_iter().fold(template, |template, attribute| template.flag(attribute, true));
    drop(application.generate_key(session, &Mechanism::new(MechanismType::AesKeyGen), &template));
}

/// Initialises the token.
fn begin(application: &Application, slot: SlotId, session: SessionId) -> hsm_sim::token::Result<()> {
    application.close_session(session)?;
    application.init_token(slot, SO_PIN, "fuzz")?;
    let session = application.open_session(slot, true)?;
    application.login(session, UserType::SecurityOfficer, SO_PIN)?;
    application.init_pin(session, USER_PIN)?;
    application.logout(session)?;
    application.login(session, UserType::User, USER_PIN)
}
