//! An application: what one process has between `C_Initialize` and `C_Finalize`.

use std::fs::OpenOptions;
use std::io::Write;
use std::sync::Arc;

use crate::audit::Command;
use crate::cluster::{Cluster, Personality};
use crate::error::HsmError;
use crate::fault::ClientClass;
use crate::id::ClusterId;
use crate::lock::Mutex;
use crate::node::reach::Reach;
use crate::object::Object;
use crate::performance::Work;
use crate::quorum::Subject;
use crate::token::keys::{Holder, Purpose, Recent};
use crate::token::mechanism::{MechanismInfo, MechanismType};
use crate::token::session::{Entered, InUse, Session, Sessions};
use crate::token::slot::{self, Found, Slot};
use crate::token::slots::Slots;
use crate::token::{
    Error, ObjectHandle, OperationKind, Options, Result, SessionId, SessionInfo, SessionState, SlotId, UserType,
};
use crate::world::World;

/// Sessions that an application may have (documented).
const CLOUD_SESSIONS: u64 = 1024;

/// The most random bytes that one node makes at a time.
const RANDOM_PIECE: usize = 16 * 1024;

/// What one process has between `C_Initialize` and `C_Finalize`. Dropping it logs out and destroys its session objects.
#[derive(Debug)]
pub struct Application {
    world: World,
    options: Options,
    tool: bool,
    /// What the users of keys have approved; only a tool's one thread ever puts something here.
    permits: Mutex<Vec<Subject>>,
    slots: Slots,
    sessions: Sessions,
}

impl Application {
    /// Starts.
    ///
    /// # Errors
    /// The store fails.
    pub fn open(world: &World, options: Options) -> Result<Self> {
        let sessions = Sessions::new(options.numbering);
        let (permits, slots) = (Mutex::default(), Slots::default());
        let application = Self { world: world.clone(), options, tool: false, permits, slots, sessions };
        application.slots()?;
        Ok(application)
    }

    /// What a tool has that is connected to one cluster, whatever the cluster's state: one session of one slot.
    pub(crate) fn of_tool(world: &World, cluster: &ClusterId, needs_two: bool) -> crate::Result<(Self, Arc<Session>)> {
        let record = world.read(|rows| Cluster::load(rows, cluster))?;
        let personality = record.ok_or_else(|| HsmError::NoCluster(cluster.clone()))?.personality;
        let options = Options { skip_availability_check: !needs_two, ..Options::default() };
        let slot = Arc::new(Slot::new(world, SlotId(0), cluster.clone(), personality, ClientClass::Tools, 0)?);
        let sessions = Sessions::new(0);
        let session = sessions.get(sessions.open(&slot, true)?)?;
        let slots = Slots::default();
        slots.adding().add(slot);
        Ok((Self { world: world.clone(), options, tool: true, permits: Mutex::default(), slots, sessions }, session))
    }

    /// Whether a tool uses it.
    pub(crate) fn is_tool(&self) -> bool {
        self.tool
    }

    /// The clusters that an application would show now.
    ///
    /// # Errors
    /// The store fails.
    pub fn shown(world: &World, options: &Options) -> Result<Vec<ClusterId>> {
        Ok(slot::shown(world, &options.clusters)?.into_iter().map(|(cluster, _)| cluster).collect())
    }

    /// Whether any HSM of a cluster lets the client in whose world this is; those that insist on a certificate may not.
    ///
    /// # Errors
    /// The cluster does not exist, or the store fails.
    pub fn is_let_in(world: &World, cluster: &ClusterId) -> Result<bool> {
        let reach = world.read(|rows| Reach::load(world, rows, cluster, ClientClass::Pkcs11))?;
        Ok(reach.lets_in())
    }

    /// Fails when the fault model says that this function of the standard fails now.
    ///
    /// # Errors
    /// The error that it is told to fail with.
    #[inline]
    pub fn meet_faults(&self, function: impl FnOnce() -> Option<String>) -> Result<()> {
        if self.world.watched_before().is_some_and(|watched| !watched.operations) {
            return Ok(());
        }
        self.meet_faults_anew(function)
    }

    #[cold]
    fn meet_faults_anew(&self, function: impl FnOnce() -> Option<String>) -> Result<()> {
        if !self.world.watched()?.operations {
            return Ok(());
        }
        let code = function().map_or(Ok(None), |function| self.world.told_to_fail(&function))?;
        code.map_or(Ok(()), |code| Err(Error::of_code(code.as_str())))
    }

    pub(crate) fn world(&self) -> &World {
        &self.world
    }

    /// The slots, looked up anew; all of them hold a token. A cluster that was seen keeps its slot's number.
    ///
    /// # Errors
    /// The store fails.
    pub fn slots(&self) -> Result<Vec<SlotId>> {
        let shown = slot::shown(&self.world, &self.options.clusters)?;
        let adding = self.slots.adding();
        let mut ids = Vec::with_capacity(shown.len());
        for (cluster, personality) in shown {
            let known = self.slots.iter().find(|slot| slot.cluster == cluster).map(|slot| slot.id);
            ids.push(match known {
                Some(id) => id,
                None => {
                    let id = adding.next();
                    let class = ClientClass::Pkcs11;
                    let slot = Slot::new(&self.world, id, cluster, personality, class, self.options.numbering)?;
                    adding.add(Arc::new(slot));
                    id
                }
            });
        }
        Ok(ids)
    }

    pub(crate) fn slot(&self, id: SlotId) -> Result<&Arc<Slot>> {
        self.slots.iter().find(|slot| slot.id == id).ok_or(Error::SlotIdInvalid)
    }

    pub(crate) fn session(&self, id: SessionId) -> Result<Arc<Session>> {
        self.sessions.get(id)
    }

    /// Enters a session, to work in it.
    #[inline]
    pub(crate) fn enter(&self, id: SessionId) -> Result<Entered<'_>> {
        self.sessions.enter(id)
    }

    /// The session for a short call that looks up no session.
    pub(crate) fn using(&self, id: SessionId) -> Result<InUse<'_>> {
        self.sessions.using(id)
    }

    /// The mechanisms of a token.
    ///
    /// # Errors
    /// [`Error::SlotIdInvalid`].
    pub fn mechanisms(&self, slot: SlotId) -> Result<Vec<MechanismType>> {
        let personality = self.slot(slot)?.personality;
        Ok(MechanismType::ALL.iter().copied().filter(|mechanism| mechanism.is_offered(personality)).collect())
    }

    /// What a token says of a mechanism.
    ///
    /// # Errors
    /// [`Error::SlotIdInvalid`], [`Error::MechanismInvalid`].
    pub fn mechanism_info(&self, slot: SlotId, mechanism: MechanismType) -> Result<MechanismInfo> {
        let personality = self.slot(slot)?.personality;
        if mechanism.is_offered(personality) { Ok(mechanism.info(personality)) } else { Err(Error::MechanismInvalid) }
    }

    /// Opens a session.
    ///
    /// # Errors
    /// [`Error::SlotIdInvalid`], [`Error::SessionCount`], [`Error::SessionReadWriteSoExists`]; in `cloudhsm` sessions that only
    /// read are refused with [`Error::FunctionFailed`] (documented).
    pub fn open_session(&self, slot: SlotId, read_write: bool) -> Result<SessionId> {
        let slot = self.slot(slot)?;
        let cloud = slot.personality == Personality::CloudHsm;
        if cloud && !read_write {
            return Err(Error::FunctionFailed("sessions that only read are not supported".into()));
        }
        // Held until a session that only reads counts, so that no officer logs in meanwhile; the others are no matter to officers.
        let identity = (!read_write).then(|| slot.identity.read());
        if identity.is_some() && slot.who() == Some(UserType::SecurityOfficer) {
            return Err(Error::SessionReadWriteSoExists);
        }
        let before = slot.sessions.0.open(read_write);
        drop(identity);
        let opened = if cloud && before.all() >= CLOUD_SESSIONS {
            Err(Error::SessionCount)
        } else {
            self.sessions.open(slot, read_write)
        };
        if opened.is_err() {
            // Whoever closed another one meanwhile took this one for a session that stays.
            self.no_longer_counts(slot, read_write)?;
        }
        opened
    }

    /// A session of a slot is gone; with the last one goes the login.
    fn no_longer_counts(&self, slot: &Slot, read_write: bool) -> Result<()> {
        if !slot.sessions.0.close(read_write) {
            return Ok(());
        }
        match self.end_login(slot, Command::CloseSession) {
            Ok(()) | Err(Error::UserNotLoggedIn) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Closes a session: its objects are destroyed. Closing a token's last one logs out.
    ///
    /// # Errors
    /// [`Error::SessionHandleInvalid`].
    pub fn close_session(&self, session: SessionId) -> Result<()> {
        let session = self.sessions.close(session)?;
        let slot = &session.slot;
        slot.forget_session(&session);
        self.no_longer_counts(slot, session.read_write)
    }

    /// Closes every session of a slot.
    ///
    /// # Errors
    /// [`Error::SlotIdInvalid`].
    pub fn close_all_sessions(&self, slot: SlotId) -> Result<()> {
        let slot = self.slot(slot)?;
        for session in self.sessions_of(slot) {
            match self.close_session(session.id) {
                // Another thread was faster.
                Ok(()) | Err(Error::SessionHandleInvalid) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    pub(crate) fn sessions_of(&self, slot: &Slot) -> Vec<Arc<Session>> {
        self.sessions.all().into_iter().filter(|session| session.slot.id == slot.id).collect()
    }

    /// What a session is.
    ///
    /// # Errors
    /// [`Error::SessionHandleInvalid`].
    pub fn session_info(&self, session: SessionId) -> Result<SessionInfo> {
        let session = self.using(session)?;
        let state = match (session.read_write, session.slot.who()) {
            (true, Some(UserType::SecurityOfficer)) => SessionState::ReadWriteSecurityOfficer,
            (true, Some(_)) => SessionState::ReadWriteUser,
            (true, None) => SessionState::ReadWritePublic,
            (false, Some(_)) => SessionState::ReadOnlyUser,
            (false, None) => SessionState::ReadOnlyPublic,
        };
        Ok(SessionInfo { slot: session.slot.id, state, read_write: session.read_write })
    }

    /// How the token of a session behaves.
    ///
    /// # Errors
    /// [`Error::SessionHandleInvalid`].
    pub fn personality(&self, session: SessionId) -> Result<Personality> {
        Ok(self.session(session)?.slot.personality)
    }

    /// Ends an operation without a result; also what an `…Init` call without mechanism means.
    ///
    /// # Errors
    /// [`Error::OperationNotInitialized`].
    pub fn cancel(&self, session: SessionId, kind: OperationKind) -> Result<()> {
        self.enter(session)?.parts().1.operations.cancel(kind)
    }

    /// Ends the operations of these kinds that are active (PKCS#11 v3.1 §5.6.10).
    ///
    /// # Errors
    /// [`Error::SessionHandleInvalid`].
    pub fn cancel_all(&self, session: SessionId, kinds: &[OperationKind]) -> Result<()> {
        let mut entered = self.enter(session)?;
        let (_, state) = entered.parts();
        for kind in kinds {
            match state.operations.cancel(*kind) {
                Ok(()) | Err(Error::OperationNotInitialized) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Random bytes of an HSM.
    ///
    /// # Errors
    /// [`Error::SessionHandleInvalid`], [`Error::DeviceError`].
    pub fn random(&self, session: SessionId, out: &mut [u8]) -> Result<()> {
        let session = self.using(session)?;
        session.slot.bear(&self.world)?;
        for piece in out.chunks_mut(RANDOM_PIECE) {
            self.world.entropy().fill(piece);
        }
        Ok(())
    }

    /// Mixes a seed into the generator: it draws from the kernel's, which takes what is written to it. The CloudHSM client library has
    /// no such function (documented).
    ///
    /// # Errors
    /// [`Error::SessionHandleInvalid`], [`Error::FunctionNotSupported`] in `cloudhsm`, [`Error::RandomSeedNotSupported`].
    pub fn seed_random(&self, session: SessionId, seed: &[u8]) -> Result<()> {
        if self.session(session)?.slot.personality == Personality::CloudHsm {
            return Err(Error::FunctionNotSupported);
        }
        let kernel = OpenOptions::new().write(true).open("/dev/urandom");
        kernel.and_then(|mut kernel| kernel.write_all(seed)).map_err(|_| Error::RandomSeedNotSupported)
    }

    /// An object as one of the nodes that show it holds it.
    ///
    /// # Errors
    /// [`Error::ObjectHandleInvalid`], [`Error::DeviceError`].
    pub(crate) fn object(&self, session: &Session, handle: ObjectHandle) -> Result<Arc<Object>> {
        Ok(self.found(session, handle)?.object)
    }

    /// The same with what the node says of it.
    pub(crate) fn found(&self, session: &Session, handle: ObjectHandle) -> Result<Found> {
        let slot = &session.slot;
        let mut found = session.with_sight(&self.world, |sight| slot.find(&self.world, sight, handle))?;
        let turn = slot.turn(found.len());
        let found = found.swap_remove(turn);
        if let Some(strain) = &found.strain {
            strain.bear(&self.world, Work::Command)?;
        }
        Ok(found)
    }

    /// A key that may be used for a purpose.
    #[inline]
    pub(crate) fn key<'r>(
        &self,
        session: &Session,
        recent: &'r mut Recent,
        key: ObjectHandle,
        mechanism: MechanismType,
        purpose: Purpose,
    ) -> Result<&'r Holder> {
        let two = self.needs_two(session);
        let holder = recent.holder_for(&self.world, session, two, key, mechanism, purpose)?;
        if holder.guarded {
            self.require_approval(purpose.subject(holder.object.handle))?;
        }
        holder.bear(&self.world)?;
        Ok(holder)
    }

    /// That the users of a key have approved this. Only a tool can get their approvals (documented), and it does so before
    /// ([`Application::permitting`]).
    ///
    /// # Errors
    /// [`Error::NOT_APPROVED`].
    pub(crate) fn require_approval(&self, subject: Subject) -> Result<()> {
        if self.permits.lock().contains(&subject) { Ok(()) } else { Err(Error::NOT_APPROVED) }
    }

    /// Does something that the users of keys have approved.
    pub(crate) fn permitting<T>(&self, subjects: &[Subject], act: impl FnOnce() -> T) -> T {
        self.permits.lock().extend_from_slice(subjects);
        let done = act();
        self.permits.lock().clear();
        done
    }

    /// Whether token keys must be on two HSMs.
    pub(crate) fn needs_two(&self, session: &Session) -> bool {
        session.slot.personality == Personality::CloudHsm && !self.options.skip_availability_check
    }
}
