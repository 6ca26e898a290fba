//! Token objects: written on one node and brought to all others that are reached, as the client library does (documented).

use crate::audit::{self, Command, Detail, Event};
use crate::client::{NodeResult, first};
use crate::cluster::Personality;
use crate::error::HsmError;
use crate::object::layer::{self, Change};
use crate::object::{Class, Flags, Handle, Object};
use crate::token::application::Application;
use crate::token::certificate;
use crate::token::session::Session;
use crate::token::slot::Target;
use crate::token::{Error, ObjectHandle, Result, UserType};

/// The owner of public objects that nobody was logged in for.
const NOBODY: u32 = 0;

/// How an audit log tells of new objects: a pair has two handles; what was not made in the HSM was brought in.
fn noted(objects: &[Object], handles: &[Handle]) -> (Command, Detail<'static>) {
    let handle_of = |class: Class| {
        let found = objects.iter().zip(handles).find(|(object, _)| object.class == class);
        found.map_or(0, |(_, handle)| handle.get())
    };
    let first = handles.first().map_or(0, |handle| handle.get());
    let local = objects.iter().all(|object| object.flags.has(Flags::LOCAL));
    let (private, public) = (handle_of(Class::Private), handle_of(Class::Public));
    match objects {
        [_, _] if local => (Command::GenerateKeyPair, Detail::Key { handle: private, public }),
        [object] if local && object.class == Class::Secret => {
            (Command::GenerateKey, Detail::Key { handle: first, public: 0 })
        }
        [object, ..] if matches!(object.class, Class::Secret | Class::Private) => {
            (Command::UnwrapKey, Detail::Key { handle: first, public: 0 })
        }
        _ => (Command::CreateObject, Detail::Key { handle: first, public: 0 }),
    }
}

impl Application {
    /// Gives new objects handles: token objects in one transaction, session objects on one node.
    pub(crate) fn add(&self, session: &Session, objects: Vec<Object>) -> Result<Vec<ObjectHandle>> {
        let slot = &session.slot;
        let who = slot.identity.read().who;
        for object in &objects {
            if object.flags.has(Flags::TOKEN) && !session.read_write {
                return Err(Error::SessionReadOnly);
            }
            // An officer sees public objects only.
            if object.flags.has(Flags::PRIVATE) && who != Some(UserType::User) {
                return Err(Error::UserNotLoggedIn);
            }
        }
        let sight = slot.sight(self.world())?;
        let (token, of_session): (Vec<_>, Vec<_>) =
            objects.into_iter().enumerate().partition(|(_, object)| object.flags.has(Flags::TOKEN));
        let mut handles = Vec::new();
        if !token.is_empty() {
            let privacy: Vec<bool> = token.iter().map(|(_, object)| object.flags.has(Flags::PRIVATE)).collect();
            let (places, token): (Vec<usize>, Vec<Object>) = token.into_iter().unzip();
            let made = self.write_new(session, &token)?;
            for ((place, private), handle) in places.into_iter().zip(privacy).zip(made) {
                handles.push((place, slot.handle_of(Target::Token(handle), private)));
            }
        }
        for (place, object) in of_session {
            handles.push((place, slot.add_session_object(&sight, session.id, object)?));
        }
        handles.sort_by_key(|(place, _)| *place);
        Ok(handles.into_iter().map(|(_, handle)| handle).collect())
    }

    fn write_new(&self, session: &Session, objects: &[Object]) -> Result<Vec<Handle>> {
        let identity = session.slot.identity.read();
        let access = &identity.client;
        let logged_in = identity.who == Some(UserType::User);
        let needs_two = self.needs_two(session);
        let turn = session.slot.turn(usize::MAX);
        let certificates = session.slot.personality == Personality::CloudHsm && certificate::are(objects);
        self.world().write(|tx| {
            let mut reach = access.reach(tx)?;
            if certificates {
                certificate::require_room(self.world(), tx, &reach, objects.len())?;
            }
            let mut takers = Vec::with_capacity(reach.nodes.len());
            for node in &reach.nodes {
                let taker = match access.user_on(tx, &reach, node)? {
                    // The keys of users are found by their owners; certificates are among nobody's.
                    Ok(_) if certificates => Ok(NOBODY),
                    Ok(user) => Ok(user),
                    Err(HsmError::NotLoggedIn | HsmError::PermissionDenied) if !logged_in => Ok(NOBODY),
                    Err(error) => Err(error),
                };
                takers.push(taker.and_then(|user| reach.has_room(node).map(|()| user)));
            }
            let count = takers.len();
            let in_turn = (0..count).map(|place| (place + turn) % count);
            let (maker, owner) =
                first(in_turn.map(|place| takers[place].clone().map(|user| (reach.nodes[place].id.clone(), user))))?;
            // Keys name their owner by number, and users are numbered by each node (documented).
            let takes: Vec<bool> = takers.iter().map(|taker| *taker == Ok(owner)).collect();
            if needs_two && takes.iter().filter(|takes| **takes).count() < 2 {
                return Err(Error::FunctionFailed("the key does not meet the availability requirements".into()));
            }
            let mut handles = Vec::with_capacity(objects.len());
            for object in objects {
                let handle = access.next_handle(tx, &reach.nodes, &maker)?;
                let object = Object { handle, owner, ..object.clone() };
                let put = |takes: &bool| if *takes { Change::Put(object.clone()) } else { Change::Missed };
                let changes: Vec<Change> = takes.iter().map(put).collect();
                layer::write(tx, self.world().vault(), reach.cluster.layer, &mut reach.nodes, handle, &changes)?;
                handles.push(handle);
            }
            let (command, detail) = noted(objects, &handles);
            let nodes = reach.nodes.iter().zip(&takers).enumerate().map(|(server, (node, taker))| NodeResult {
                server,
                node: node.id.clone(),
                ip: node.ip,
                result: taker.clone().map(drop),
            });
            access.note_new(tx, &maker, &nodes.collect::<Vec<_>>(), command, detail)?;
            Ok(handles)
        })
    }

    /// Makes a session's object one of the token; its handle stays.
    pub(crate) fn promote(&self, session: &Session, number: u64, object: Object) -> Result<()> {
        if !session.read_write {
            return Err(Error::SessionReadOnly);
        }
        let made = self.write_new(session, &[object])?;
        // One object, one handle.
        let handle = made.into_iter().next().ok_or(Error::FunctionFailed("the object was not made".into()))?;
        session.slot.promoted(number, handle);
        Ok(())
    }

    /// Changes or deletes (`None`) a token object on every node where the user can.
    pub(crate) fn rewrite(
        &self,
        session: &Session,
        handle: Handle,
        change: impl Fn(Object) -> Result<Option<Object>> + Send + Sync,
    ) -> Result<()> {
        let identity = session.slot.identity.read();
        let access = &identity.client;
        self.world().write(|tx| {
            let mut reach = access.reach(tx)?;
            let mut changes = Vec::with_capacity(reach.nodes.len());
            let mut refusal = Error::ObjectHandleInvalid;
            for node in &reach.nodes {
                let user = match access.user_on(tx, &reach, node)? {
                    Ok(user) => Some(user),
                    Err(HsmError::NotLoggedIn | HsmError::PermissionDenied) => None,
                    Err(_) => {
                        changes.push(Change::Missed);
                        continue;
                    }
                };
                let found = layer::locate(tx, &node.view, handle)?.map(|found| found.object);
                let answer = match found {
                    None => Err(Error::ObjectHandleInvalid),
                    // Those it is shared with use it and change nothing (documented).
                    Some(object) if object.flags.has(Flags::PRIVATE) && user != Some(object.owner) => {
                        let usable = user.is_some_and(|user| object.usable_by(user));
                        Err(if usable { Error::ActionProhibited } else { Error::ObjectHandleInvalid })
                    }
                    Some(object) => change(object),
                };
                changes.push(match answer {
                    Ok(Some(object)) => Change::Put(object),
                    Ok(None) => Change::Delete,
                    Err(error) => {
                        if error != Error::ObjectHandleInvalid {
                            refusal = error;
                        }
                        Change::Missed
                    }
                });
            }
            if changes.iter().all(|change| *change == Change::Missed) {
                return Err(refusal);
            }
            layer::write(tx, self.world().vault(), reach.cluster.layer, &mut reach.nodes, handle, &changes)?;
            for (node, _) in reach.nodes.iter().zip(&changes).filter(|(_, change)| **change == Change::Delete) {
                let detail = Detail::Key { handle: handle.get(), public: 0 };
                let session = access.session_number(&node.id);
                let event = Event { command: Command::DestroyObject, detail, session };
                audit::note(tx, self.world(), &node.id, event, Ok(()))?;
            }
            Ok(())
        })
    }
}
