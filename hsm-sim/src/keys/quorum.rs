//! Keys whose users must approve what is done with them: a tool asks for tokens, hands approvals in, and uses a token up with each
//! operation (documented).

use crate::admin::Admin;
use crate::error::{HsmError, Result};
use crate::keys::Keys;
use crate::object::layer;
use crate::quorum::{NodeTokens, Subject};

impl Keys {
    /// This connection as one that asks for quorum tokens and hands approvals in. It ends with this one.
    ///
    /// # Errors
    /// The cluster does not exist, or the store fails.
    pub fn quorum(&self) -> Result<Admin> {
        let mut admin = self.world().admin(&self.session.slot.cluster)?;
        admin.lend(self.with_client(|client| client.logins()));
        Ok(admin)
    }

    /// Does something with keys and uses up what approved it. The result is worth something only together with that, so it is lost
    /// when the approvals are gone meanwhile.
    pub(super) fn approved<T>(&self, subjects: &[Subject], act: impl FnOnce() -> Result<T>) -> Result<T> {
        let mut guarded = Vec::new();
        for subject in subjects {
            if self.is_guarded(*subject)? {
                guarded.push(*subject);
            }
        }
        if guarded.is_empty() {
            return act();
        }
        let done = self.application.permitting(&guarded, act)?;
        self.spend(&guarded)?;
        Ok(done)
    }

    /// Whether the key needs approvals on any node.
    fn is_guarded(&self, subject: Subject) -> Result<bool> {
        let Some(key) = subject.key() else { return Ok(false) };
        self.with_client(|client| {
            self.world().read(|rows| {
                for node in client.reach(rows)?.present() {
                    if layer::locate(rows, &node.view, key)?.is_some_and(|found| found.object.is_guarded()) {
                        return Ok(true);
                    }
                }
                Ok(false)
            })
        })
    }

    /// Uses up one token for each on every node that answers and has one: one approval by the users is one operation (documented).
    fn spend(&self, subjects: &[Subject]) -> Result<()> {
        let cluster = &self.session.slot.cluster;
        let world = self.world();
        self.with_client(|client| {
            let logins = client.logins();
            world.write(|tx| {
                let reach = client.reach(tx)?;
                for subject in subjects {
                    let mut spent = false;
                    for node in reach.present().filter(|node| reach.answers(node).is_ok()) {
                        let Some(login) = logins.get(&node.id) else { continue };
                        let Some(key) = subject.key() else { continue };
                        let Some(found) = layer::locate(tx, &node.view, key)? else { continue };
                        let mut tokens = NodeTokens::valid(world, tx, cluster, &node.id)?;
                        let needed = found.object.approvals();
                        let Some(id) = tokens.approved(*subject, &login.session(), needed).map(|token| token.id) else {
                            continue;
                        };
                        tokens.drop_if(|token| token.id == id);
                        tokens.save(tx, cluster, &node.id)?;
                        spent = true;
                    }
                    if !spent {
                        return Err(HsmError::KeyNotApproved.into());
                    }
                }
                Ok(())
            })
        })
    }
}
