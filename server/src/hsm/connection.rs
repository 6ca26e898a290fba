//! One connection, from its first byte to its last.

use std::net::Shutdown;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use hsm_sim::World;
use hsm_sim::mtls::{ClientCertificate, ClientChain};
use hsm_sim::token::{Application, Options};
use wire::{Buffer, CALLS, Channel, Ended, Greeting, MAX_FRAME, Patience, Refusal, Request, Welcome};

use super::applications::Member;
use super::connections::Admission;
use super::{Limits, Shared};

/// Serves a connection. What ends it is the client's affair: it went away or does not speak our language.
pub(super) fn run(shared: &Shared, mut admission: Admission) {
    let Ok((mut channel, mut member)) = greet(shared, &admission) else { return };
    admission.introduced();
    let Some(application) = member.application() else { return };
    // A defect costs the one connection; what it left behind is behind locks or belongs to a session.
    let served = catch_unwind(AssertUnwindSafe(|| serve(shared, &mut channel, application)));
    if matches!(served, Ok(Err(Ended::Closed))) {
        member.take_leave();
        // The application ends before the connection does: a client that waits for the one learns of the other.
        drop(member);
        let _ = channel.close();
    } else {
        // The client learns at once that it needs another connection, for which the application waits.
        let _ = admission.socket().shutdown(Shutdown::Both);
    }
}

fn greet<'a>(shared: &'a Shared, admission: &Admission) -> Result<(Channel, Member<'a>), Ended> {
    let Limits { handshake, frame, .. } = shared.limits;
    let mut found = None;
    let patience = Patience { idle: Some(handshake), frame: handshake };
    let mut channel = Channel::accept(admission.socket(), patience, |name| {
        let (cluster, identity) = shared.identities.find(&shared.world, name)?;
        found = Some(cluster);
        Some(identity)
    })?;
    let cluster = found.ok_or(Ended::Broken)?;
    let world = as_seen_by(&shared.world, &channel);
    let admitted = match Greeting::receive(&mut channel)? {
        Greeting::Hello { calls, .. } | Greeting::Join { calls, .. } if calls != CALLS => Err(Refusal::OtherVersion),
        // What it may do on which HSM is looked at with every call; whom none lets in, there is no application for.
        _ if Application::is_let_in(&world, &cluster) == Ok(false) => Err(Refusal::NotLetIn),
        Greeting::Hello { epoch, skip_availability_check, .. } => {
            let numbering = Greeting::numbering(epoch);
            let options = Options { skip_availability_check, numbering, ..Options::default() };
            let opened = shared.applications.open(&world, cluster, &options);
            opened.map_err(|error| Refusal::Failed(error.to_string()))
        }
        Greeting::Join { application, .. } => {
            let joined = shared.applications.join(&cluster, &application);
            joined.map(|member| (application, member)).ok_or(Refusal::UnknownApplication)
        }
    };
    match admitted {
        Ok((application, member)) => {
            Welcome::Ready(application).send(&mut channel)?;
            channel.set_patience(Patience { idle: None, frame });
            Ok((channel, member))
        }
        Err(refusal) => {
            Welcome::Refused(refusal).send(&mut channel)?;
            channel.close()?;
            Err(Ended::Closed)
        }
    }
}

/// The world as the client at the other end sees it: with the certificate whose key it has shown.
fn as_seen_by(world: &World, channel: &Channel) -> World {
    let chain = channel.client_chain().and_then(|chain| ClientChain::from_der(chain).ok());
    match chain {
        Some(chain) => world.presenting(Arc::new(ClientCertificate::proven(chain))),
        None => world.clone(),
    }
}

/// Answers requests until the channel ends.
fn serve(shared: &Shared, channel: &mut Channel, application: &Application) -> Result<(), Ended> {
    let patience = shared.limits.frame;
    let mut message = Buffer::new();
    let mut answer = Buffer::new();
    loop {
        let len = channel.receive_length(MAX_FRAME)?;
        let share = shared.budget.take(len, patience).ok_or(Ended::TooSlow)?;
        channel.receive_body(&mut message, len)?;
        let request = Request::read(&message).map_err(|_| Ended::Broken)?;
        let room = shared.budget.take(request.room(), patience).ok_or(Ended::TooSlow)?;
        channel.send(&mut answer, |answer| request.answer(application, answer).map_err(|_| Ended::Broken))?;
        message.clear();
        answer.clear();
        drop((share, room));
    }
}
