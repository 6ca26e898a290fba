//! `user change-password`: one's own, or by an admin anybody's.

use clap::Args;
use hsm_sim::Password;

use crate::chsm::answer::{Answer, Data, everywhere};
use crate::chsm::login::Named;
use crate::chsm::session::Session;
use crate::chsm::user::Subject;
use crate::secret;

#[derive(Debug, Args)]
pub(in crate::chsm) struct Options {
    #[command(flatten)]
    subject: Subject,
    /// Optional: the password; it is asked for unless it is given
    #[arg(long, value_parser = secret::parse)]
    password: Option<Password>,
}

impl Options {
    pub(super) fn run(&self, session: &mut Session<'_>) -> Answer {
        session.connection(None)?.user()?;
        let password = session.new_password(self.password.as_ref())?;
        let Subject { username, role } = &self.subject;
        let admin = &mut session.connection(None)?.admin;
        let results = admin.change_password(role.login_type(), username, &password)?;
        everywhere("User change-password", &results)?;
        Data::of(&Named::new(username, *role))
    }
}
