//! Random lives of two applications on two tokens, compared to what PKCS#11 says of sessions, logins and objects: one login per
//! application and token; what a session made dies with it; private objects show to users only; the last session logs out.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{LazyLock, Mutex, PoisonError};

use hsm_sim::token::{SessionState, UserType};
use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

/// What an application does. Sessions and objects are numbers that choose among those there are; one choice of a session is nobody's.
#[derive(Debug, Clone)]
enum Step {
    Open { slot: usize, read_write: bool },
    Close { session: usize },
    CloseAll { slot: usize },
    Login { session: usize, officer: bool },
    Logout { session: usize },
    Create { session: usize, token: bool, private: bool },
    Destroy { session: usize, object: usize },
}

fn step() -> impl Strategy<Value = Step> {
    let (slot, session, object) = (0..2_usize, 0..60_usize, 0..60_usize);
    prop_oneof![
        4 => (slot.clone(), prop::bool::weighted(0.7)).prop_map(|(slot, read_write)| Step::Open { slot, read_write }),
        1 => session.clone().prop_map(|session| Step::Close { session }),
        1 => slot.prop_map(|slot| Step::CloseAll { slot }),
        4 => (session.clone(), prop::bool::weighted(0.2)).prop_map(|(session, officer)| Step::Login { session, officer }),
        2 => session.clone().prop_map(|session| Step::Logout { session }),
        8 => (session.clone(), any::<bool>(), any::<bool>())
            .prop_map(|(session, token, private)| Step::Create { session, token, private }),
        2 => (session, object).prop_map(|(session, object)| Step::Destroy { session, object }),
    ]
}

/// A session as the model sees it.
#[derive(Debug, Clone, Copy)]
struct Session {
    id: SessionId,
    slot: usize,
    read_write: bool,
}

/// An object, by its label.
#[derive(Debug, Clone)]
struct Object {
    label: String,
    slot: usize,
    private: bool,
    /// The application and session that it goes with; none for one of the token.
    of: Option<(usize, SessionId)>,
}

/// What there should be.
#[derive(Debug, Default)]
struct Model {
    sessions: [Vec<Session>; 2],
    logins: BTreeMap<(usize, usize), UserType>,
    objects: Vec<Object>,
}

impl Model {
    fn session(&self, application: usize, number: usize) -> Option<Session> {
        let sessions = &self.sessions[application];
        sessions.get(number % (sessions.len() + 1)).copied()
    }

    fn login(&self, application: usize, slot: usize) -> Option<UserType> {
        self.logins.get(&(application, slot)).copied()
    }

    fn state(&self, application: usize, session: Session) -> SessionState {
        match (self.login(application, session.slot), session.read_write) {
            (None | Some(UserType::ContextSpecific), false) => SessionState::ReadOnlyPublic,
            (None | Some(UserType::ContextSpecific), true) => SessionState::ReadWritePublic,
            (Some(UserType::User), false) => SessionState::ReadOnlyUser,
            (Some(UserType::User), true) => SessionState::ReadWriteUser,
            (Some(UserType::SecurityOfficer), _) => SessionState::ReadWriteSecurityOfficer,
        }
    }

    /// The labels that a session finds.
    fn seen(&self, application: usize, session: Session) -> BTreeSet<String> {
        let user = self.login(application, session.slot) == Some(UserType::User);
        let shown = self.objects.iter().filter(|object| object.slot == session.slot && (user || !object.private));
        shown.filter(|object| object.of.is_none_or(|(by, _)| by == application)).map(|o| o.label.clone()).collect()
    }

    fn closed(&mut self, application: usize, slot: usize, closed: impl Fn(SessionId) -> bool) {
        self.sessions[application].retain(|session| session.slot != slot || !closed(session.id));
        self.objects.retain(|object| object.of.is_none_or(|(by, id)| by != application || !closed(id)));
        if self.sessions[application].iter().all(|session| session.slot != slot) {
            self.logins.remove(&(application, slot));
        }
    }

    fn logged_out(&mut self, application: usize, slot: usize) {
        self.logins.remove(&(application, slot));
        let goes = |object: &Object| {
            object.private && object.slot == slot && object.of.is_some_and(|(by, _)| by == application)
        };
        self.objects.retain(|object| !goes(object));
    }
}

/// Two applications on the same two tokens.
struct Tokens {
    _clusters: [ActiveCluster; 2],
    applications: [Application; 2],
}

/// One session number that is nobody's.
const NOBODY: SessionId = SessionId::new(0);
const SLOTS: [SlotId; 2] = [SlotId::new(0), SlotId::new(1)];

static TOKENS: LazyLock<Mutex<Tokens>> = LazyLock::new(|| {
    let world = World::ephemeral().unwrap();
    let clusters = [(); 2].map(|()| {
        let builder = ActiveCluster::builder().nodes(1).personality(Personality::Generic);
        builder.build_in(&world, &Realm::default()).unwrap()
    });
    let ids = clusters.iter().map(|cluster| cluster.cluster_id().clone()).collect::<Vec<_>>();
    let open = || Application::open(&world, Options { clusters: ids.clone(), ..Options::default() }).unwrap();
    let applications = [open(), open()];
    for slot in SLOTS {
        let officer = &applications[0];
        officer.init_token(slot, SO_PIN, "model").unwrap();
        let session = officer.open_session(slot, true).unwrap();
        officer.login(session, UserType::SecurityOfficer, SO_PIN).unwrap();
        officer.init_pin(session, PIN).unwrap();
        officer.close_session(session).unwrap();
    }
    Mutex::new(Tokens { _clusters: clusters, applications })
});

thread_local! {
    static LABELS: Cell<u64> = const { Cell::new(0) };
}

fn template(label: &str, token: bool, private: bool) -> Template {
    const DATA: u64 = 0;
    let template = Template::new().number(Attribute::Class, DATA).bytes(Attribute::Label, label.as_bytes());
    template.flag(Attribute::Token, token).flag(Attribute::Private, private)
}

impl Tokens {
    /// Takes a step, here and in the model.
    fn take(&self, model: &mut Model, application: usize, step: &Step) {
        let it = &self.applications[application];
        let id = |session: Option<Session>| session.map_or(NOBODY, |session| session.id);
        match *step {
            Step::Open { slot, read_write } => {
                let refused = !read_write && model.login(application, slot) == Some(UserType::SecurityOfficer);
                match it.open_session(SLOTS[slot], read_write) {
                    Ok(id) if !refused => model.sessions[application].push(Session { id, slot, read_write }),
                    Err(Error::SessionReadWriteSoExists) if refused => {}
                    other => panic!("{other:?}"),
                }
            }
            Step::Close { session } => {
                let session = model.session(application, session);
                assert_eq!(it.close_session(id(session)), known(session));
                if let Some(Session { id, slot, .. }) = session {
                    model.closed(application, slot, |closed| closed == id);
                }
            }
            Step::CloseAll { slot } => {
                it.close_all_sessions(SLOTS[slot]).unwrap();
                let all: Vec<_> = model.sessions[application].iter().filter(|s| s.slot == slot).map(|s| s.id).collect();
                model.closed(application, slot, |id| all.contains(&id));
            }
            Step::Login { session, officer } => {
                let session = model.session(application, session);
                let (user, pin) = if officer { (UserType::SecurityOfficer, SO_PIN) } else { (UserType::User, PIN) };
                let expected = known(session).and_then(|()| model.may_log_in(application, session, user));
                assert_eq!(it.login(id(session), user, pin), expected);
                if let (Ok(()), Some(Session { slot, .. })) = (expected, session) {
                    model.logins.insert((application, slot), user);
                }
            }
            Step::Logout { session } => {
                let session = model.session(application, session);
                let slot = session.map_or(0, |session| session.slot);
                let nobody = model.login(application, slot).is_none();
                let expected = known(session).and(if nobody { Err(Error::UserNotLoggedIn) } else { Ok(()) });
                assert_eq!(it.logout(id(session)), expected);
                if expected.is_ok() {
                    model.logged_out(application, slot);
                }
            }
            Step::Create { session, token, private } => self.create(model, application, session, token, private),
            Step::Destroy { session, object } => self.destroy(model, application, session, object),
        }
    }

    fn create(&self, model: &mut Model, application: usize, session: usize, token: bool, private: bool) {
        let session = model.session(application, session);
        let label = LABELS.with(|next| {
            next.set(next.get() + 1);
            format!("object {}", next.get())
        });
        let id = session.map_or(NOBODY, |session| session.id);
        let made = self.applications[application].create_object(id, &template(&label, token, private)).map(drop);
        let Some(Session { id, slot, read_write }) = session else {
            assert_eq!(made, Err(Error::SessionHandleInvalid));
            return;
        };
        let hidden = private && model.login(application, slot) != Some(UserType::User);
        match made {
            Err(Error::SessionReadOnly) if token && !read_write => {}
            Err(Error::UserNotLoggedIn) if hidden => {}
            Ok(()) if !hidden && (!token || read_write) => {
                model.objects.push(Object { label, slot, private, of: (!token).then_some((application, id)) });
            }
            other => panic!("{other:?} of a token object {token}, private {private}, writing {read_write}"),
        }
    }

    /// Destroys an object that the session finds.
    fn destroy(&self, model: &mut Model, application: usize, session: usize, object: usize) {
        let Some(session) = model.session(application, session) else { return };
        let seen = model.seen(application, session);
        let Some(label) = seen.iter().cycle().nth(object) else { return };
        let at = model.objects.iter().position(|object| &object.label == label).unwrap();
        let it = &self.applications[application];
        let found = find(it, session.id, &Template::new().bytes(Attribute::Label, label.as_bytes()));
        assert_eq!(found.len(), 1, "{label}");
        let refused = model.objects[at].of.is_none() && !session.read_write;
        let expected = if refused { Err(Error::SessionReadOnly) } else { Ok(()) };
        assert_eq!(it.destroy_object(session.id, found[0]), expected);
        if !refused {
            model.objects.remove(at);
        }
    }

    /// Every session is as the model has it, and finds what it should.
    fn compare(&self, model: &Model) {
        for (application, it) in self.applications.iter().enumerate() {
            for session in &model.sessions[application] {
                let info = it.session_info(session.id).unwrap();
                assert_eq!((info.slot, info.state), (SLOTS[session.slot], model.state(application, *session)));
                let found = find(it, session.id, &Template::new()).into_iter().map(|object| {
                    match it.attributes(session.id, object, &[Attribute::Label]).unwrap().remove(0).unwrap() {
                        Value::Bytes(label) => String::from_utf8(label.expose().to_vec()).unwrap(),
                        other => panic!("{other:?} as a label"),
                    }
                });
                assert_eq!(found.collect::<BTreeSet<_>>(), model.seen(application, *session));
            }
        }
    }

    /// Leaves nothing behind for the next life.
    fn clean(&self) {
        for (application, slot) in self.applications.iter().flat_map(|it| SLOTS.map(|slot| (it, slot))) {
            application.close_all_sessions(slot).unwrap();
            let session = application.open_session(slot, true).unwrap();
            application.login(session, UserType::User, PIN).unwrap();
            for object in find(application, session, &Template::new()) {
                application.destroy_object(session, object).unwrap();
            }
            application.close_session(session).unwrap();
        }
    }
}

impl Model {
    fn may_log_in(&self, application: usize, session: Option<Session>, user: UserType) -> Result<()> {
        let slot = session.map_or(0, |session| session.slot);
        let reads = self.sessions[application].iter().any(|session| session.slot == slot && !session.read_write);
        match self.login(application, slot) {
            Some(who) if who == user => Err(Error::UserAlreadyLoggedIn),
            Some(_) => Err(Error::UserAnotherAlreadyLoggedIn),
            None if user == UserType::SecurityOfficer && reads => Err(Error::SessionReadOnlyExists),
            None => Ok(()),
        }
    }
}

fn known(session: Option<Session>) -> Result<()> {
    session.map(drop).ok_or(Error::SessionHandleInvalid)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]

    #[test]
    fn sessions_logins_and_objects_are_as_the_model_has_them(life in vec((0..2_usize, step()), 1..100)) {
        let tokens = TOKENS.lock().unwrap_or_else(PoisonError::into_inner);
        tokens.clean();
        let mut model = Model::default();
        for (application, step) in &life {
            tokens.take(&mut model, *application, step);
            tokens.compare(&model);
        }
    }
}
