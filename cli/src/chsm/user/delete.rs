//! `user delete`: from every HSM; where some lack the user already the others lose it too.

use clap::Args;
use hsm_sim::HsmError;

use crate::chsm::answer::{Answer, Data, everywhere};
use crate::chsm::login::Named;
use crate::chsm::session::Session;
use crate::chsm::user::Subject;

#[derive(Debug, Args)]
pub(in crate::chsm) struct Options {
    #[command(flatten)]
    subject: Subject,
}

impl Options {
    pub(super) fn run(&self, session: &mut Session<'_>) -> Answer {
        let Subject { username, role } = &self.subject;
        let connection = session.connection(None)?;
        connection.user()?;
        let mut results = connection.admin.delete_user(role.login_type(), username)?;
        if results.iter().any(|answer| answer.result.is_ok()) {
            for answer in &mut results {
                if answer.result == Err(HsmError::NoSuchUser) {
                    answer.result = Ok(());
                }
            }
        }
        everywhere("User delete", &results)?;
        Data::of(&Named::new(username, *role))
    }
}
