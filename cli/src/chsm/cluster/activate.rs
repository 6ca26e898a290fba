//! `cluster activate`: the first officer gets a password, and the cluster becomes ACTIVE (documented).

use clap::Args;
use hsm_sim::user::{LoginType, NodeUsers};
use hsm_sim::{HsmError, Password};

use crate::chsm::answer::{Answer, Data, Refusal, everywhere};
use crate::chsm::session::Session;
use crate::secret;

/// The first officer.
const FIRST: &str = "admin";

#[derive(Debug, Args)]
pub(in crate::chsm) struct Options {
    /// Optional: the admin's password; it is asked for unless it is given
    #[arg(long, value_parser = secret::parse)]
    password: Option<Password>,
}

impl Options {
    pub(super) fn run(&self, session: &mut Session<'_>) -> Answer {
        let password = session.new_password(self.password.as_ref())?;
        let admin = &mut session.connection(None)?.admin;
        let logins = admin.login(LoginType::Preco, FIRST, &NodeUsers::default_password())?;
        let others = |answer: &hsm_sim::admin::NodeResult<()>| answer.result == Err(HsmError::InvalidUserType);
        if logins.iter().any(others) {
            return Err(Refusal::new("Cluster is already activated"));
        }
        everywhere("Cluster activation", &logins)?;
        let results = admin.change_password(LoginType::Preco, FIRST, &password);
        admin.logout()?;
        everywhere("Cluster activation", &results?)?;
        Data::of("Cluster activation successful")
    }
}
