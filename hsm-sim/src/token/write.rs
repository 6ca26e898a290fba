//! Token objects: written on one node and brought to all others that are reached, as the client library does (documented).

use crate::audit::{self, Command, Detail, Event};
use crate::client::{Added, Terms};
use crate::cluster::Personality;
use crate::error::HsmError;
use crate::fault;
use crate::object::layer::{self, Change};
use crate::object::{Flags, Handle, NOBODY, Object};
use crate::performance::Work;
use crate::token::application::Application;
use crate::token::certificate;
use crate::token::handles::Target;
use crate::token::session::Session;
use crate::token::slot::{Born, Login, Sight};
use crate::token::{Error, ObjectHandle, Result, UserType};

impl Application {
    /// Gives new objects handles: token objects in one transaction, session objects on one node. The login is that with which the
    /// command began.
    pub(crate) fn add(&self, session: &Session, login: Login, objects: Vec<Object>) -> Result<Vec<ObjectHandle>> {
        let command = audit::making(&objects);
        self.add_by(session, login, objects, command)
    }

    /// The same where the objects do not tell which command makes them.
    pub(crate) fn add_by(
        &self,
        session: &Session,
        login: Login,
        objects: Vec<Object>,
        command: Command,
    ) -> Result<Vec<ObjectHandle>> {
        let slot = &session.slot;
        for object in &objects {
            if object.flags.has(Flags::TOKEN) && !session.read_write {
                return Err(Error::SessionReadOnly);
            }
            slot.may_make(login, object.flags.has(Flags::PRIVATE))?;
        }
        // That a node can be used comes before all else.
        session.with_sight(self.world(), |_| Ok(()))?;
        let work = Work::making(&objects);
        let (token, own): (Vec<_>, Vec<_>) =
            objects.into_iter().enumerate().partition(|(_, object)| object.flags.has(Flags::TOKEN));
        let mut handles = Vec::new();
        // Those first that can be taken back.
        if !own.is_empty() {
            let (places, own): (Vec<usize>, Vec<Object>) = own.into_iter().unzip();
            let made: Vec<ObjectHandle> = session.with_sight(self.world(), |sight| {
                let born = self.add_own(session, sight, own, work)?;
                slot.keep(&born, login)?;
                // The nodes note what is made of the token.
                if token.is_empty() {
                    self.note_made(command, &born);
                }
                Ok(born.iter().map(|born| born.handle).collect())
            })?;
            handles.extend(places.into_iter().zip(made));
        }
        if !token.is_empty() {
            let privacy: Vec<bool> = token.iter().map(|(_, object)| object.flags.has(Flags::PRIVATE)).collect();
            let (places, token): (Vec<usize>, Vec<Object>) = token.into_iter().unzip();
            let made = self.write_new(session, login, &token, &Terms::default(), command);
            let made = made.inspect_err(|_| handles.iter().for_each(|(_, own)| slot.forget(*own)))?;
            for ((place, private), handle) in places.into_iter().zip(privacy).zip(made.handles) {
                handles.push((place, slot.handles.of(Target::Token(handle), private)));
            }
        }
        handles.sort_by_key(|(place, _)| *place);
        Ok(handles.into_iter().map(|(_, handle)| handle).collect())
    }

    /// Gives new objects of a session handles.
    fn add_own<'s>(
        &self,
        session: &Session,
        sight: &'s Sight,
        objects: Vec<Object>,
        mut work: Work,
    ) -> Result<Vec<Born<'s>>> {
        let slot = &session.slot;
        let mut placed = Vec::with_capacity(objects.len());
        // All at once, so the time of the first is that of all.
        for object in objects {
            let seen = slot.place(sight, &object)?;
            seen.bear(self.world(), std::mem::replace(&mut work, Work::Command))?;
            placed.push((seen, object));
        }
        // Nothing is there before every node has agreed.
        placed.into_iter().map(|(seen, object)| slot.add_session_object(seen, session, object)).collect()
    }

    /// Writes new token objects.
    ///
    /// # Errors
    /// [`Error::UserNotLoggedIn`] for private ones when the login under which they were made has ended.
    pub(crate) fn write_new(
        &self,
        session: &Session,
        login: Login,
        objects: &[Object],
        terms: &Terms,
        command: Command,
    ) -> crate::Result<Added> {
        let slot = &session.slot;
        self.take_time(session, Work::making(objects))?;
        let identity = slot.identity.read();
        let private = objects.iter().any(|object| object.flags.has(Flags::PRIVATE));
        slot.may_make(login, private).map_err(crate::Error::Token)?;
        let access = &identity.client;
        let logged_in = slot.who() == Some(UserType::User);
        let servers = if self.needs_two(session) { terms.servers.max(2) } else { terms.servers };
        let terms = Terms { servers, ..terms.clone() };
        let certificates = slot.personality == Personality::CloudHsm && certificate::are(objects);
        self.world().write(|tx| {
            let mut reach = access.reach(tx)?;
            if certificates {
                certificate::require_room(self.world(), tx, &reach, objects.len()).map_err(crate::Error::Token)?;
            }
            access.add(tx, &mut reach, objects, &terms, command, |user| match user {
                // The keys of users are found by their owners; certificates are among nobody's.
                Ok(_) if certificates => Ok(NOBODY),
                Err(HsmError::NotLoggedIn | HsmError::PermissionDenied) if !logged_in => Ok(NOBODY),
                user => user,
            })
        })
    }

    /// Takes the time that the nodes take for what all are told; those that cannot be reached say so themselves.
    fn take_time(&self, session: &Session, work: Work) -> Result<()> {
        let turn = session.slot.turn(usize::MAX);
        let taken = session.with_sight(self.world(), |sight| Ok(sight.bear_each(self.world(), turn, work)));
        taken.unwrap_or(Ok(()))
    }

    /// Makes a session's object one of the token; its handle stays.
    pub(crate) fn promote(&self, session: &Session, login: Login, number: u64, object: Object) -> crate::Result<Added> {
        if !session.read_write {
            return Err(crate::Error::Token(Error::SessionReadOnly));
        }
        let object = Object { owner: NOBODY, ..object };
        let added = self.write_new(session, login, &[object], &Terms::default(), Command::CreateObject)?;
        // One object, one handle.
        session.slot.promoted(number, added.handles[0]);
        Ok(added)
    }

    /// Changes or deletes (`None`) a token object on every node where the user can.
    pub(crate) fn rewrite(
        &self,
        session: &Session,
        handle: Handle,
        change: impl Fn(Object) -> Result<Option<Object>> + Send + Sync,
    ) -> Result<()> {
        let slot = &session.slot;
        self.take_time(session, Work::Command)?;
        let identity = slot.identity.read();
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
            let deletes = changes.contains(&Change::Delete);
            let command = if deletes { Command::TombstoneObject } else { Command::ModifyObject };
            if let Some(error) = fault::command_fails(tx, self.world(), command)? {
                return Err(error.into());
            }
            layer::write(tx, self.world().vault(), reach.cluster.layer, &mut reach.nodes, handle, &changes)?;
            for (node, _) in reach.nodes.iter().zip(&changes).filter(|(_, change)| **change != Change::Missed) {
                let detail = Detail::Key { handle: handle.get(), public: 0 };
                let session = access.session_number(&node.id);
                audit::note(tx, self.world(), &node.id, Event { command, detail, session }, Ok(()))?;
            }
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::thread;

    use super::*;
    use crate::fault::{FaultKind, FaultSpec, Turn};
    use crate::token::{Attribute, Mechanism, MechanismType, Options, Output, SessionId, Template};
    use crate::{ActiveCluster, Realm, World};

    /// An application with its user logged in.
    fn user() -> (Application, SessionId) {
        let world = World::ephemeral().unwrap();
        ActiveCluster::builder().nodes(1).kmsuser("kmsPswd1").build_in(&world, &Realm::default()).unwrap();
        let application = Application::open(&world, Options::default()).unwrap();
        let session = application.open_session(application.slots().unwrap()[0], true).unwrap();
        application.login(session, UserType::User, b"kmsuser:kmsPswd1").unwrap();
        (application, session)
    }

    fn key(application: &Application, session: &Session, token: bool) -> Object {
        let template = Template::new().number(Attribute::ValueLen, 16).flag(Attribute::Token, token);
        application.make_key(session, &Mechanism::new(MechanismType::AesKeyGen), &template).unwrap()
    }

    /// A logout looks at session objects first and at handles after that.
    #[test]
    fn an_object_that_is_made_between_the_two_looks_of_a_logout_is_refused() {
        let (application, session) = user();
        let session = application.session(session).unwrap();
        let slot = &session.slot;
        let (login, sight) = (slot.login(), slot.sight(application.world()).unwrap());
        let keys = vec![key(&application, &session, false)];
        slot.set_who(&mut slot.identity.write(), None);
        slot.objects.remove_private();
        let born = application.add_own(&session, &sight, keys, Work::Command).unwrap();
        slot.handles.forget_private();
        assert_eq!(slot.keep(&born, login), Err(Error::UserNotLoggedIn));
        assert_eq!(slot.objects.list(|_| true).len(), 0);
        assert_eq!(slot.handles.target(born[0].handle), Err(Error::ObjectHandleInvalid));
    }

    #[test]
    fn who_logs_in_while_the_last_session_closes_stays_logged_in() {
        let (application, first) = user();
        let session = application.session(first).unwrap();
        assert!(session.slot.sessions.0.close(true), "the last one");
        let second = application.open_session(application.slots().unwrap()[0], true).unwrap();
        application.end_login(&session.slot, Command::CloseSession).unwrap();
        assert_eq!(session.slot.who(), Some(UserType::User));
        application.close_session(second).unwrap();
        assert_eq!(session.slot.who(), None);
    }

    #[test]
    fn what_a_thread_has_begun_does_not_outlive_a_logout_by_another() {
        let (application, id) = user();
        let other = application.open_session(application.slots().unwrap()[0], true).unwrap();
        let template = Template::new().number(Attribute::ValueLen, 16).flag(Attribute::Encrypt, true);
        let key = application.generate_key(id, &Mechanism::new(MechanismType::AesKeyGen), &template).unwrap();
        application.encrypt_init(id, &Mechanism::new(MechanismType::AesEcb), key).unwrap();
        let mut inside = application.enter(id).unwrap();
        inside.parts();
        application.logout(other).unwrap();
        drop(inside);
        application.login(id, UserType::User, b"kmsuser:kmsPswd1").unwrap();
        let refused = application.encrypt(id, &[0; 16], Output::Buffer(&mut [0; 16]));
        assert_eq!(refused, Err(Error::OperationNotInitialized));
    }

    /// Making the pair takes many times as long as the logout and the login.
    #[test]
    fn a_key_that_was_begun_under_one_login_is_not_kept_under_the_next() {
        let (application, id) = user();
        let other = application.open_session(application.slots().unwrap()[0], true).unwrap();
        let session = application.session(other).unwrap();
        let public = Template::new().number(Attribute::ModulusBits, 2048).bytes(Attribute::PublicExponent, &[1, 0, 1]);
        let private = Template::new();
        let mechanism = Mechanism::new(MechanismType::RsaPkcsKeyPairGen);
        let refused = (0..20).any(|_| {
            thread::scope(|scope| {
                let at_rest = Arc::strong_count(&session);
                let maker = scope.spawn(|| application.generate_key_pair(other, &mechanism, &public, &private));
                // Until the command has taken up the session. One that has not yet looked at the login tells nothing in this round.
                while Arc::strong_count(&session) == at_rest && !maker.is_finished() {
                    thread::yield_now();
                }
                application.logout(id).unwrap();
                application.login(id, UserType::User, b"kmsuser:kmsPswd1").unwrap();
                maker.join().unwrap() == Err(Error::UserNotLoggedIn)
            })
        });
        assert!(refused);
    }

    #[test]
    fn a_private_token_object_is_not_written_under_a_login_that_ended() {
        let (application, id) = user();
        let session = application.session(id).unwrap();
        let (login, keys) = (session.slot.login(), [key(&application, &session, true)]);
        let write = || application.write_new(&session, login, &keys, &Terms::default(), Command::GenerateKey);
        let refused = Some(crate::Error::Token(Error::UserNotLoggedIn));
        application.logout(id).unwrap();
        assert_eq!(write().err(), refused, "it would be nobody's");
        application.login(id, UserType::User, b"kmsuser:kmsPswd1").unwrap();
        assert_eq!(write().err(), refused, "it could be another's");
    }

    #[test]
    fn a_pair_of_which_one_key_cannot_be_written_leaves_none() {
        let (application, id) = user();
        let session = application.session(id).unwrap();
        let pair = vec![key(&application, &session, false), key(&application, &session, true)];
        let failing = FaultKind::OperationFailing {
            operation: Command::GenerateKeyPair.name().parse().unwrap(),
            code: "0x3".parse().unwrap(),
            call: Turn(1),
        };
        application.world().faults().set(&FaultSpec::new(failing)).unwrap();
        application.add(&session, session.slot.login(), pair).unwrap_err();
        assert_eq!(session.slot.objects.list(|_| true).len(), 0);
    }
}
