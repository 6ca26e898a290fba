//! `key share` and `key unshare`: on every HSM, each of which knows the user by a number of its own.

use clap::Args;
use hsm_sim::HsmError;
use hsm_sim::admin::NodeResult;

use crate::chsm::answer::{Answer, Data, Refusal, everywhere};
use crate::chsm::key::filter::One;
use crate::chsm::role::Role;
use crate::chsm::session::Session;
use crate::chsm::token_file::ApprovalFile;

#[derive(Debug, Args)]
pub(in crate::chsm) struct Options {
    #[command(flatten)]
    filter: One,
    /// A username with which the key will be shared, or no longer
    #[arg(long)]
    username: String,
    /// Role the user has in the cluster
    #[arg(long)]
    role: Role,
    #[command(flatten)]
    approval: ApprovalFile,
}

impl Options {
    pub(super) fn run(&self, session: &mut Session<'_>, share: bool) -> Answer {
        if self.role == Role::Admin {
            return Err(Refusal::new("Keys are shared with crypto users only"));
        }
        let key = self.filter.find(session)?.key_reference;
        let admin = &mut session.connection(None)?.admin;
        self.approval.hand_in(admin)?;
        let mut results = Vec::new();
        for NodeResult { server, node, ip, result } in admin.list_users()? {
            let named = |users: Vec<hsm_sim::admin::UserInfo>| {
                let user = users.into_iter().find(|user| user.name.as_str().eq_ignore_ascii_case(&self.username));
                user.ok_or(HsmError::NoSuchUser)
            };
            match result.and_then(named) {
                Err(error) => results.push(NodeResult { server, node, ip, result: Err(error) }),
                Ok(user) => {
                    admin.select(Some(server));
                    let answer = admin.share_key(key, user.id, share);
                    admin.select(None);
                    results.extend(answer?);
                }
            }
        }
        let (command, done) = if share { ("share", "shared") } else { ("unshare", "unshared") };
        everywhere(&format!("Key {command}"), &results)?;
        Data::message(&format!("Key {done} successfully"))
    }
}
