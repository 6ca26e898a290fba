//! `user delete`: from every HSM; where some lack the user already the others lose it too.

use clap::Args;
use hsm_sim::HsmError;

use crate::chsm::answer::{Answer, Data, everywhere, finish};
use crate::chsm::login::Named;
use crate::chsm::session::Session;
use crate::chsm::token_file::ApprovalFile;
use crate::chsm::user::Subject;

#[derive(Debug, Args)]
pub(in crate::chsm) struct Options {
    #[command(flatten)]
    subject: Subject,
    #[command(flatten)]
    approval: ApprovalFile,
}

impl Options {
    pub(super) fn run(&self, session: &mut Session<'_>) -> Answer {
        let Subject { username, role } = &self.subject;
        let connection = session.connection(None)?;
        connection.user()?;
        self.approval.hand_in(&mut connection.admin)?;
        let mut results = connection.admin.delete_user(role.login_type(), username)?;
        finish(&mut results, |answer| answer.result == Err(HsmError::NoSuchUser));
        everywhere("User delete", &results)?;
        Data::of(&Named::new(username, *role))
    }
}
