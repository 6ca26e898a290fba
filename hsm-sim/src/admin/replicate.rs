//! Users and keys brought from one cluster to a clone of it: commands of the newer tool. Each server of the clone takes them by
//! itself, so one that is missed differs.

use crate::admin::quorum_token::Permit;
use crate::admin::sync_user::created;
use crate::admin::{Admin, NodeResult};
use crate::audit::{Command, Detail};
use crate::cluster::Cluster;
use crate::error::{HsmError, Result};
use crate::object::{Handle, Object, layer};
use crate::row::{Rows, Writer};
use crate::user::{LoginType, NodeUsers, Operation, User, UserName};

impl Admin {
    /// Brings a user, with id, password and keys for signing, to every addressed server of a clone. Both connections are an
    /// officer's; no quorum is asked, as the documented list of what it controls has no copies of users. A server that has the same user
    /// already is done; one on which the name or the id means another refuses.
    ///
    /// # Errors
    /// A cluster does not exist, the store fails, [`HsmError::NotClones`], or no server of this connection has the user:
    /// [`HsmError::NoSuchUser`]. What a server of the clone says is in its result: [`HsmError::UserExists`], or the login does
    /// not permit it.
    pub fn replicate_user(&self, user_type: LoginType, name: &str, clone: &Self) -> Result<Vec<NodeResult<()>>> {
        let name = name.parse::<UserName>().map_err(|_| HsmError::NoSuchUser)?;
        clone.bear()?;
        self.tell(|tx, reach| {
            self.require_clone(tx, clone)?;
            let found = self.on_each(tx, &reach, Operation::CreateUser, |_, _, users| {
                let user = users.find(&name).filter(|user| user.role.login_type() == user_type);
                Ok(user.filter(|user| user.verifier.is_some()).cloned().ok_or(HsmError::NoSuchUser))
            })?;
            let user = first(found)?;
            let reach = clone.reach(tx)?;
            let noted = (created(user.role), Detail::User { name: name.as_str(), role: user.role });
            clone.change_each(tx, &reach, Operation::CreateUser, Some(noted), |tx, node, mut users| {
                if users.find(&user.name).is_some_and(|own| *own == user) {
                    return Ok(Ok(()));
                }
                if users.find(&user.name).is_some() || users.by_id(user.id).is_some() {
                    return Ok(Err(HsmError::UserExists));
                }
                users.insert(user.clone());
                users.save(tx, &clone.cluster, &node.id)?;
                Ok(Ok(()))
            })
        })
    }

    /// Brings a key, under its handle, to every addressed server of a clone on which its owner and those it is shared with exist
    /// under the same ids. An officer brings any key, a crypto user those it owns. A server that has the same key already is done;
    /// one on which the handle means another refuses.
    ///
    /// # Errors
    /// A cluster does not exist, the store fails, [`HsmError::NotClones`], or no server of this connection gives the key:
    /// [`HsmError::InvalidHandle`], [`HsmError::KeyAccessDenied`], or the login does not permit it. What a server of the clone says is
    /// in its result: [`HsmError::NoSuchUser`], [`HsmError::PolicyViolation`] for another key, or the login does not permit it.
    pub fn replicate_key(&self, handle: Handle, clone: &Self) -> Result<Vec<NodeResult<()>>> {
        clone.bear()?;
        self.tell(|tx, reach| {
            self.require_clone(tx, clone)?;
            let found = self.on_each(tx, &reach, Operation::SyncKey, |rows, node, users| {
                let found = match layer::locate(rows, &node.view, handle)? {
                    None => return Ok(Err(HsmError::InvalidHandle)),
                    Some(found) => found.object,
                };
                let people = people(&found, &users);
                Ok(self.may_sync(node, &users, &found).map(|()| (found, people)))
            })?;
            self.note_source(tx, &found, handle)?;
            let (object, people) = first(found)?;
            let reach = clone.reach(tx)?;
            let answers = clone.on_each(tx, &reach, Operation::SyncKey, |rows, node, users| {
                if let Err(error) = clone.may_sync(node, &users, &object) {
                    return Ok(Err(error));
                }
                if people != self::people(&object, &users) {
                    return Ok(Err(HsmError::NoSuchUser));
                }
                Ok(match layer::locate(rows, &node.view, handle)? {
                    Some(found) if found.object != object => Err(HsmError::PolicyViolation),
                    // What is masked asks nobody (documented list of what a quorum controls).
                    _ => Ok((object.clone(), Permit::not_needed())),
                })
            })?;
            clone.put_answers(tx, reach, handle, Command::InsertMasked, answers)
        })
    }
}

impl Admin {
    /// That the other connection is to a clone of this one's cluster, or to the cluster itself.
    pub(super) fn require_clone(&self, rows: &impl Rows, other: &Self) -> Result<()> {
        let are_clones = Cluster::are_clones(rows, &self.cluster, &other.cluster)?;
        if are_clones { Ok(()) } else { Err(HsmError::NotClones.into()) }
    }

    /// Notes that a key was taken from the first server that gave it.
    fn note_source<T>(&self, tx: &mut Writer<'_>, found: &[NodeResult<T>], handle: Handle) -> Result<()> {
        let Some(source) = found.iter().find(|answer| answer.result.is_ok()) else { return Ok(()) };
        let detail = Detail::Key { handle: handle.get(), public: 0 };
        self.note(tx, std::slice::from_ref(source), Some((Command::ExtractMasked, detail)))
    }
}

/// The names of a key's owner and of those it is shared with.
fn people(object: &Object, users: &NodeUsers) -> Vec<Option<UserName>> {
    let name = |id: &u32| users.by_id(*id).map(|user: &User| user.name.clone());
    std::iter::once(&object.owner).chain(&object.shared).map(name).collect()
}

/// The first good answer, or the first one.
fn first<T>(answers: Vec<NodeResult<T>>) -> Result<T, HsmError> {
    let mut refusal = HsmError::NoNode;
    for (place, answer) in answers.into_iter().enumerate() {
        match answer.result {
            Ok(value) => return Ok(value),
            Err(error) if place == 0 => refusal = error,
            Err(_) => {}
        }
    }
    Err(refusal)
}
