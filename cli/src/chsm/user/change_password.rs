//! `user change-password`: one's own, or by an admin anybody's.

use clap::Args;
use hsm_sim::Password;
use hsm_sim::admin::NewCredentials;

use crate::chsm::answer::{Answer, Data, everywhere};
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
    /// Deregister the MFA public key, if present; a new password does so anyway
    #[arg(long)]
    deregister_mfa: bool,
    /// Deregister the Quorum public key, if present
    #[arg(long)]
    deregister_quorum: bool,
}

impl Options {
    pub(super) fn run(&self, session: &mut Session<'_>) -> Answer {
        session.connection(None)?.user()?;
        let password = session.new_password(self.password.as_ref())?;
        let Subject { username, role } = &self.subject;
        let admin = &mut session.connection(None)?.admin;
        self.approval.hand_in(admin)?;
        let credentials =
            NewCredentials { password: &password, second_factor: None, deregister_quorum: self.deregister_quorum };
        let results = admin.change_password(role.login_type(), username, credentials)?;
        everywhere("User change-password", &results)?;
        Data::of(&Named::new(username, *role))
    }
}
