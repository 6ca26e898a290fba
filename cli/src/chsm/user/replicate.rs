//! `user replicate`: to a clone of the cluster.

use clap::Args;
use serde::Serialize;

use crate::chsm::answer::{Answer, Data, Refusal};
use crate::chsm::replicate::Clusters;
use crate::chsm::session::Session;
use crate::chsm::user::Subject;
use crate::chsm::user::list::{self, Row};

#[derive(Debug, Args)]
pub(in crate::chsm) struct Options {
    #[command(flatten)]
    subject: Subject,
    #[command(flatten)]
    clusters: Clusters,
}

#[derive(Serialize)]
struct Replicated {
    user: Row,
    message: &'static str,
}

impl Options {
    pub(super) fn run(&self, session: &mut Session<'_>) -> Answer {
        let before = self.clusters.turn_to_source(session);
        let answer = self.replicate(session);
        session.turn_to(before);
        answer
    }

    fn replicate(&self, session: &mut Session<'_>) -> Answer {
        let Subject { username, role } = &self.subject;
        let user = list::one(session, username)?;
        if user.is_inconsistent() {
            // Documented.
            return Err(Refusal::new("Specified user is inconsistent across the cluster"));
        }
        self.clusters.bring("User replicate", session, |source, destination| {
            source.admin.replicate_user(role.login_type(), username, &destination.admin)
        })?;
        self.clusters.turn_to_destination(session);
        Data::of(&Replicated { user: list::one(session, username)?, message: "Successfully replicated user" })
    }
}
