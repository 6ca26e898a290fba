//! What new keys have in common.

use clap::Args;
use hsm_sim::HsmError;
use hsm_sim::keys::Terms;
use hsm_sim::token::{Attribute, Template};
use hsm_sim::user::Role;

use crate::chsm::answer::Refusal;
use crate::chsm::session::Session;

/// The most users that a key's use may need (documented).
const MOST_APPROVALS: u8 = 8;

/// Whether a new key stays.
#[derive(Debug, Args)]
pub(in crate::chsm) struct Lasting {
    /// Creates a session key that exists only in the current session. The key cannot be recovered after the session ends
    #[arg(long)]
    session: bool,
}

/// Who may use a new key.
#[derive(Debug, Args)]
pub(in crate::chsm) struct Users {
    /// Space separated list of Crypto User usernames to share the key with
    #[arg(long, num_args = 0..)]
    share_crypto_users: Vec<String>,
}

/// How many users must approve what is done with a new key.
#[derive(Debug, Args)]
pub(in crate::chsm) struct Quorum {
    /// The quorum value for key management operations
    #[arg(long, default_value_t = 0)]
    manage_key_quorum_value: u8,
    /// The quorum value for key usage operations
    #[arg(long, default_value_t = 0)]
    use_key_quorum_value: u8,
}

impl Lasting {
    /// The attributes that every new key has.
    pub(super) fn template(&self, label: &str) -> Template {
        Template::new().flag(Attribute::Token, !self.session).bytes(Attribute::Label, label.as_bytes())
    }
}

impl Quorum {
    pub(super) const fn values(&self) -> (u8, u8) {
        (self.manage_key_quorum_value, self.use_key_quorum_value)
    }
}

impl Users {
    /// The terms of a key that is shared with these users and needs so many approvals to be managed and used.
    pub(super) fn terms(&self, session: &mut Session<'_>, (manage, r#use): (u8, u8)) -> Result<Terms, Refusal> {
        let nodes = session.connection(None)?.admin.list_users()?;
        let users = nodes.into_iter().find_map(|node| node.result.ok()).ok_or(HsmError::NoNode)?;
        let mut shared = Vec::new();
        for name in &self.share_crypto_users {
            let user = users.iter().find(|user| user.role == Role::Cu && user.name.as_str().eq_ignore_ascii_case(name));
            shared.push(user.ok_or(HsmError::NoSuchUser)?.id);
        }
        // Real keys have one value for both (observed); the text is documented.
        let approvals = manage.max(r#use);
        if manage != r#use || approvals > MOST_APPROVALS || usize::from(approvals) > shared.len() + 1 {
            return Err(Refusal::new("Invalid quorum value provided."));
        }
        Ok(Terms { shared, approvals, ..Terms::default() })
    }
}
