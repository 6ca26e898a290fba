//! `user create`: on every HSM; where some have the user already the others get it, which is how divergence is repaired
//! (observed on real clusters).

use clap::Args;
use hsm_sim::admin::NodeResult;
use hsm_sim::{HsmError, Password};

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
        let holders = admin.list_users()?;
        let mut results = admin.create_user(role.of_new_user(), username, &password)?;
        let has = |node: &NodeResult<()>| {
            let users =
                holders.iter().find(|holder| holder.node == node.node).and_then(|holder| holder.result.as_ref().ok());
            users.into_iter().flatten().any(|user| {
                user.name.as_str().eq_ignore_ascii_case(username) && user.role.login_type() == role.login_type()
            })
        };
        if results.iter().any(|answer| answer.result.is_ok()) {
            for answer in &mut results {
                if answer.result == Err(HsmError::UserExists) && has(answer) {
                    answer.result = Ok(());
                }
            }
        }
        everywhere("User create", &results)?;
        Data::of(&Named::new(username, *role))
    }
}
