//! `user create`: on every HSM; where some have the user already the others get it, which is how divergence is repaired
//! (observed on real clusters).

use clap::Args;
use hsm_sim::admin::UserInfo;
use hsm_sim::{HsmError, Password};

use crate::chsm::answer::{Answer, Data, everywhere, finish};
use crate::chsm::login::Named;
use crate::chsm::session::Session;
use crate::chsm::token_file::ApprovalFile;
use crate::chsm::user::Subject;
use crate::secret;

#[derive(Debug, Args)]
pub(in crate::chsm) struct Options {
    #[command(flatten)]
    subject: Subject,
    #[command(flatten)]
    approval: ApprovalFile,
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
        self.approval.hand_in(admin)?;
        let holders = admin.list_users()?;
        let mut results = admin.create_user(role.of_new_user(), username, &password)?;
        finish(&mut results, |answer| {
            let users = holders.iter().find(|holder| holder.node == answer.node);
            let has = |user: &UserInfo| {
                user.name.as_str().eq_ignore_ascii_case(username) && user.role.login_type() == role.login_type()
            };
            answer.result == Err(HsmError::UserExists)
                && users.and_then(|users| users.result.as_ref().ok()).is_some_and(|users| users.iter().any(has))
        });
        everywhere("User create", &results)?;
        Data::of(&Named::new(username, *role))
    }
}
