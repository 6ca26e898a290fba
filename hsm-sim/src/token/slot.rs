//! A slot: one cluster as one application sees it, with the application's login, its session objects and its handles.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use store::{Rows, Stamp};

use crate::client::Client;
use crate::cluster::{Cluster, ClusterState, Personality};
use crate::error::HsmError;
use crate::fault::{ClientClass, FaultView};
use crate::id::{ClusterId, NodeId};
use crate::lock::{Apart, Lanes, RwLock};
use crate::node::strain::Strain;
use crate::node::view::View;
use crate::object::index::{self, By, Outline};
use crate::object::layer::{self, Place};
use crate::object::{Flags, Handle, NOBODY, Object};
use crate::performance::Work;
use crate::row;
use crate::token::count::Counter;
use crate::token::handles::{Handles, Target};
use crate::token::session::Session;
use crate::token::session_objects::{SessionObject, SessionObjects};
use crate::token::{Error, ObjectHandle, Result, SlotId, UserType, profile};
use crate::world::World;

/// No commit has such a number.
const NEVER: u64 = u64::MAX;
/// The bits of [`Quiet::easy`] that are of the epoch: so many changes do not happen between two commits unseen.
const EPOCH_BITS: u32 = 24;

/// Who uses the token.
#[derive(Debug)]
pub(crate) struct Identity {
    pub(crate) client: Client,
    /// The name that was last logged in with, or tried.
    pub(crate) name: Option<String>,
}

/// What holds until the next commit or login: the nodes that can be used, and as whom.
#[derive(Debug)]
pub(crate) struct Sight {
    stamp: Stamp,
    epoch: u64,
    /// Nothing but a commit or a change here ends it. A fault may heal with time alone.
    steady: bool,
    pub(crate) nodes: Vec<Seen>,
    /// Nodes that are reached and refuse what they are asked.
    busy: Vec<NodeId>,
}

impl Sight {
    /// The stamp and epoch for which it holds, if it may be kept.
    pub(crate) fn kept(&self) -> Option<(Stamp, u64)> {
        self.steady.then_some((self.stamp, self.epoch))
    }

    /// One of the nodes, by turn.
    ///
    /// # Panics
    /// Never: a sight has a node.
    pub(crate) fn any_node(&self, turn: usize) -> &Seen {
        &self.nodes[turn % self.nodes.len()]
    }

    /// Takes the time that one of the nodes takes for a request.
    ///
    /// # Errors
    /// [`Error::Busy`] when too much waits for the node.
    pub(crate) fn bear(&self, world: &World, turn: usize, work: Work) -> Result<()> {
        let seen = turn.checked_rem(self.nodes.len()).and_then(|place| self.nodes.get(place));
        seen.map_or(Ok(()), |seen| seen.bear(world, work))
    }

    /// Takes the time that all nodes take: one does the work, the others are told.
    ///
    /// # Errors
    /// [`Error::Busy`] when too much waits for the node.
    pub(crate) fn bear_each(&self, world: &World, turn: usize, work: Work) -> Result<()> {
        for place in 0..self.nodes.len() {
            self.bear(world, place + turn, if place == 0 { work } else { Work::Command })?;
        }
        Ok(())
    }
}

/// A node that can be used.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) node: NodeId,
    /// The number of the client's session there.
    pub(crate) session_number: u32,
    view: View,
    /// The crypto user's id there.
    pub(crate) user: Option<u32>,
    /// The place of an earlier node that shows the same, as nodes do that nothing set apart.
    twin: Option<usize>,
    full: bool,
    strain: Option<Strain>,
}

impl Seen {
    /// Takes the time that the node takes for a request.
    ///
    /// # Errors
    /// [`Error::Busy`] when too much waits for the node.
    pub(crate) fn bear(&self, world: &World, work: Work) -> Result<()> {
        let Some(strain) = &self.strain else { return Ok(()) };
        Ok(strain.bear(world, work)?)
    }

    fn shows(&self, object: &Object) -> bool {
        !object.flags.has(Flags::PRIVATE) || self.user.is_some_and(|user| object.usable_by(user))
    }

    fn owns(&self, object: &Object) -> bool {
        !object.flags.has(Flags::PRIVATE) || self.user == Some(object.owner)
    }

    /// The same of an outline; none if only the object tells.
    fn shows_outline(&self, outline: &Outline) -> Option<bool> {
        match self.user {
            _ if !outline.flags.has(Flags::PRIVATE) => Some(true),
            None => Some(false),
            Some(user) => outline.usable_by(user),
        }
    }
}

/// An object of a session that was just made.
#[derive(Debug)]
pub(crate) struct Born<'s> {
    pub(crate) handle: ObjectHandle,
    number: u64,
    /// The handle that it has on its node, if any.
    pub(crate) own: Handle,
    private: bool,
    pub(crate) seen: &'s Seen,
}

/// An object as one node holds it.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub(crate) object: Arc<Object>,
    /// Where its row is; none for a session's object.
    pub(crate) place: Option<Place>,
    /// What the node is under.
    pub(crate) strain: Option<Strain>,
    /// The user's own there, not only shared with the user.
    pub(crate) own: bool,
}

/// What every call reads and few write.
#[derive(Debug)]
struct Quiet {
    /// Goes up with every login and logout, and whenever this application changes the cluster's objects.
    epoch: AtomicU64,
    /// The stamp and epoch of a sight in which no node takes its time, in one word.
    easy: AtomicU64,
    /// The [`Login`].
    login: AtomicU64,
}

/// Who is logged in, and the how manieth change of that it is: no two logins are equal. By default nobody, before any login.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Login(u64);

impl Login {
    /// How many there are of who can be logged in.
    const KINDS: u64 = 4;

    fn next(self, who: Option<UserType>) -> Self {
        Self((self.0 / Self::KINDS + 1) * Self::KINDS + Self::number_of(who))
    }

    fn number_of(who: Option<UserType>) -> u64 {
        match who {
            None => 0,
            Some(UserType::User) => 1,
            Some(UserType::SecurityOfficer) => 2,
            Some(UserType::ContextSpecific) => 3,
        }
    }

    pub(crate) fn who(self) -> Option<UserType> {
        [UserType::User, UserType::SecurityOfficer, UserType::ContextSpecific]
            .into_iter()
            .find(|who| Self::number_of(Some(*who)) == self.0 % Self::KINDS)
    }
}

/// A cluster as one application sees it.
#[derive(Debug)]
pub(crate) struct Slot {
    pub(crate) id: SlotId,
    pub(crate) cluster: ClusterId,
    pub(crate) personality: Personality,
    pub(crate) identity: RwLock<Identity>,
    pub(crate) sessions: Apart<Counter>,
    quiet: Apart<Quiet>,
    sight: RwLock<Option<Arc<Sight>>>,
    pub(crate) handles: Handles,
    pub(crate) objects: SessionObjects,
    cursor: Lanes<AtomicUsize>,
}

/// The clusters to show: those that are named, or else the oldest ACTIVE one, `cloudhsm` before `generic` (documented).
pub(crate) fn shown(world: &World, named: &[ClusterId]) -> Result<Vec<(ClusterId, Personality)>> {
    let clusters = world.read(|rows| {
        let faults = FaultView::load(rows, world.now(rows)?)?;
        let mut clusters: Vec<Cluster> = row::list::<Cluster>(rows, b"")?.into_iter().map(|(_, c)| c).collect();
        clusters.retain(|cluster| cluster.state == ClusterState::Active && faults.cluster_present(cluster));
        clusters.sort_by_key(|cluster| (cluster.personality == Personality::Generic, cluster.opened));
        Ok::<_, crate::Error>(clusters)
    })?;
    if named.is_empty() {
        return Ok(clusters.into_iter().take(1).map(|cluster| (cluster.id, cluster.personality)).collect());
    }
    let of_name = |name: &ClusterId| clusters.iter().find(|cluster| cluster.id == *name);
    Ok(named.iter().filter_map(of_name).map(|cluster| (cluster.id.clone(), cluster.personality)).collect())
}

impl Slot {
    pub(crate) fn new(
        world: &World,
        id: SlotId,
        cluster: ClusterId,
        personality: Personality,
        class: ClientClass,
        numbering: u64,
    ) -> Result<Self> {
        let client = world.client(&cluster, class)?;
        Ok(Self {
            id,
            cluster,
            personality,
            identity: RwLock::new(Identity { client, name: None }),
            sessions: Apart::default(),
            quiet: Apart(Quiet {
                epoch: AtomicU64::new(0),
                easy: AtomicU64::new(NEVER),
                login: AtomicU64::new(Login::default().0),
            }),
            sight: RwLock::default(),
            handles: Handles::after(numbering),
            objects: SessionObjects::default(),
            cursor: Lanes::default(),
        })
    }

    /// Who is logged in. It does not change while the identity is held.
    pub(crate) fn who(&self) -> Option<UserType> {
        self.login().who()
    }

    pub(crate) fn login(&self) -> Login {
        Login(self.quiet.0.login.load(Ordering::Acquire))
    }

    /// Notes who is logged in from now on.
    pub(crate) fn set_who(&self, _held: &mut Identity, who: Option<UserType>) {
        self.quiet.0.login.store(self.login().next(who).0, Ordering::Release);
    }

    /// The count that a cached answer must still have.
    pub(crate) fn epoch(&self) -> u64 {
        self.quiet.0.epoch.load(Ordering::Acquire)
    }

    /// What was resolved before is resolved again.
    pub(crate) fn changed(&self) {
        self.quiet.0.epoch.fetch_add(1, Ordering::AcqRel);
        *self.sight.write() = None;
    }

    /// Takes the time that one of the nodes takes for a request that needs no key.
    ///
    /// # Errors
    /// As [`Slot::sight`], and [`Error::Busy`] when too much waits for the node.
    #[inline]
    pub(crate) fn bear(&self, world: &World) -> Result<()> {
        let easy = self.quiet.0.easy.load(Ordering::Acquire);
        let (stamp, epoch) = (easy >> EPOCH_BITS, easy & ((1 << EPOCH_BITS) - 1));
        if epoch == self.epoch() % (1 << EPOCH_BITS) && world.store().is_current(Stamp::of_number(stamp)) {
            return Ok(());
        }
        self.bear_anew(world)
    }

    #[cold]
    fn bear_anew(&self, world: &World) -> Result<()> {
        let sight = self.sight(world)?;
        if let Some((stamp, epoch)) = sight.kept()
            && sight.nodes.iter().all(|seen| seen.strain.is_none())
        {
            let word = (stamp.number() << EPOCH_BITS) | (epoch % (1 << EPOCH_BITS));
            self.quiet.0.easy.store(word, Ordering::Release);
        }
        let seen = &sight.nodes[self.turn(sight.nodes.len())];
        seen.bear(world, Work::Symmetric)
    }

    /// The nodes that can be used now. A session that has asked before is answered without a word that all sessions share.
    ///
    /// # Errors
    /// As [`Slot::sight`].
    pub(crate) fn sight_again<'s>(&self, world: &World, last: &'s mut Option<Arc<Sight>>) -> Result<&'s Sight> {
        let sight = match last.take() {
            Some(sight) if self.holds(world, &sight) => sight,
            _ => self.sight(world)?,
        };
        Ok(last.insert(sight))
    }

    fn holds(&self, world: &World, sight: &Sight) -> bool {
        sight.steady && sight.epoch == self.epoch() && world.store().is_current(sight.stamp)
    }

    /// The nodes that can be used now.
    ///
    /// # Errors
    /// [`Error::DeviceError`] when there are none, [`Error::Busy`] when all that are reached are busy,
    /// [`Error::SessionHandleInvalid`] when the world was rewound.
    pub(crate) fn sight(&self, world: &World) -> Result<Arc<Sight>> {
        if let Some(sight) = self.sight.read().as_ref()
            && self.holds(world, sight)
        {
            return Ok(Arc::clone(sight));
        }
        let identity = self.identity.read();
        let epoch = self.epoch();
        let sight = world.read(|rows| {
            let reach = identity.client.reach(rows)?;
            let (mut nodes, mut busy): (Vec<Seen>, Vec<NodeId>) = (Vec::new(), Vec::new());
            for node in reach.present() {
                match reach.answers(node) {
                    Ok(()) => {}
                    Err(HsmError::Busy) => {
                        busy.push(node.id.clone());
                        continue;
                    }
                    Err(_) => continue,
                }
                let user = match identity.client.user_on(rows, &reach, node)? {
                    Ok(user) => Some(user),
                    Err(HsmError::SessionLost) => return Err(HsmError::SessionLost.into()),
                    Err(_) => None,
                };
                let alike = |seen: &Seen| seen.user == user && seen.view.steps().eq(node.view.steps());
                let twin = nodes.iter().position(alike);
                let (full, strain) = (reach.has_room(node).is_err(), reach.strain(node));
                let session_number = identity.client.session_number(&node.id);
                let (node, view) = (node.id.clone(), node.view.clone());
                nodes.push(Seen { node, session_number, view, user, twin, full, strain });
            }
            Ok::<_, crate::Error>(Sight { stamp: rows.stamp(), epoch, steady: reach.is_steady(), nodes, busy })
        })?;
        // An HSM destroys the objects of a connection that broke, so they are gone when it comes back (inferred).
        let is_gone = |node: &NodeId| !sight.busy.contains(node) && !sight.nodes.iter().any(|seen| seen.node == *node);
        self.forget_handles(self.objects.remove_of_nodes(is_gone));
        if sight.nodes.is_empty() {
            return Err(if sight.busy.is_empty() { Error::DeviceError } else { Error::Busy });
        }
        let sight = Arc::new(sight);
        *self.sight.write() = sight.steady.then(|| Arc::clone(&sight));
        Ok(sight)
    }

    /// The place in a rotation over `count` nodes, as this thread goes round.
    pub(crate) fn turn(&self, count: usize) -> usize {
        // Where there is no choice the rotation stays where it is.
        if count < 2 { 0 } else { self.cursor.own().fetch_add(1, Ordering::Relaxed) % count }
    }

    /// The handle of a destroyed object names nothing any more.
    pub(crate) fn forget(&self, handle: ObjectHandle) {
        match self.handles.forget(handle) {
            Some(Target::Session(number)) => self.objects.remove(number),
            _ => self.changed(),
        }
    }

    /// After a logout: private objects of sessions are destroyed, handles of private objects name nothing any more.
    pub(crate) fn forget_private(&self) {
        self.objects.remove_private();
        self.handles.forget_private();
    }

    /// The objects of a session go with it.
    pub(crate) fn forget_session(&self, session: &Session) {
        self.forget_handles(self.objects.remove_of_session(session));
    }

    /// Objects of sessions were destroyed.
    fn forget_handles(&self, gone: Vec<u64>) {
        if !gone.is_empty() {
            self.handles.forget_all(gone.into_iter().map(Target::Session));
        }
    }

    /// One of the nodes where the user may have an object of a session.
    pub(crate) fn place<'s>(&self, sight: &'s Sight, object: &Object) -> Result<&'s Seen> {
        let private = object.flags.has(Flags::PRIVATE);
        let mut able = sight.nodes.iter().filter(|seen| !private || seen.user.is_some()).peekable();
        if able.peek().is_none() {
            return Err(Error::UserNotLoggedIn);
        }
        let mut roomy = able.filter(|seen| !seen.full);
        let turn = self.turn(roomy.clone().count());
        roomy.nth(turn).ok_or(Error::DeviceMemory)
    }

    /// Puts a session's object on a node.
    ///
    /// # Errors
    /// [`Error::SessionHandleInvalid`] when the session was closed meanwhile.
    pub(crate) fn add_session_object<'s>(&self, seen: &'s Seen, session: &Session, object: Object) -> Result<Born<'s>> {
        let (private, own) = (object.flags.has(Flags::PRIVATE), object.handle);
        let object = Object { owner: seen.user.unwrap_or(NOBODY), ..object };
        let number = self.objects.add(session, &seen.node, object)?;
        let handle = self.handles.give(Target::Session(number), private);
        if session.objects.have_ended() {
            // Whoever closed the session may have looked for the handle before it was there.
            self.forget_handles(vec![number]);
            return Err(Error::SessionHandleInvalid);
        }
        Ok(Born { handle, number, own, private, seen })
    }

    /// Keeps new objects of a session if the login under which they were made lasts: who ends it either finds them or is seen here.
    ///
    /// # Errors
    /// [`Error::UserNotLoggedIn`].
    pub(crate) fn keep(&self, born: &[Born<'_>], login: Login) -> Result<()> {
        self.may_make(login, born.iter().any(|born| born.private)).inspect_err(|_| {
            // Not by their handles, which may be gone.
            born.iter().for_each(|born| self.objects.remove(born.number));
            self.forget_handles(born.iter().map(|born| born.number).collect());
        })
    }

    /// That a command that began with this login may make an object: a private one only while the login lasts and is a user's, as an
    /// officer sees public objects only (PKCS#11 v3.1 §5.6). While the identity is held the answer stays.
    ///
    /// # Errors
    /// [`Error::UserNotLoggedIn`].
    pub(crate) fn may_make(&self, login: Login, private: bool) -> Result<()> {
        let may = !private || (login.who() == Some(UserType::User) && self.login() == login);
        if may { Ok(()) } else { Err(Error::UserNotLoggedIn) }
    }

    /// The node that has a session's object, and the handle that the object has there.
    ///
    /// # Errors
    /// [`Error::ObjectHandleInvalid`].
    pub(crate) fn home(&self, number: u64) -> Result<(NodeId, Handle)> {
        let found = self.objects.get(number).ok_or(Error::ObjectHandleInvalid)?;
        Ok((found.node.clone(), found.object.handle))
    }

    /// Replaces a session's object by a changed one.
    ///
    /// # Errors
    /// [`Error::ObjectHandleInvalid`].
    pub(crate) fn replace_session_object(&self, number: u64, object: Object) -> Result<()> {
        self.objects.replace(number, object)
    }

    /// A session's object has become one of the token.
    pub(crate) fn promoted(&self, number: u64, token: Handle) {
        self.handles.becomes(Target::Session(number), Target::Token(token));
        self.objects.remove(number);
    }

    /// The object that a handle names, as each node that shows it holds it.
    ///
    /// # Errors
    /// [`Error::ObjectHandleInvalid`], [`Error::Busy`] for an object of a session whose node is, or the store fails.
    pub(crate) fn find(&self, world: &World, sight: &Sight, handle: ObjectHandle) -> Result<Vec<Found>> {
        let found = match self.handles.target(handle)? {
            Target::Session(number) => {
                let object = self.objects.get(number);
                if object.as_ref().is_some_and(|object| sight.busy.contains(&object.node)) {
                    return Err(Error::Busy);
                }
                let found = object.and_then(|object| on_node(sight, &object).map(|seen| (seen.strain.clone(), object)));
                let found = found.map(|(strain, found)| Found {
                    object: Arc::clone(&found.object),
                    place: None,
                    strain,
                    own: true,
                });
                found.into_iter().collect()
            }
            Target::Profile(id) => {
                vec![Found { object: Arc::new(profile::object(id)), place: None, strain: None, own: true }]
            }
            Target::Token(handle) => world.read(|rows| located(rows, sight, handle))?,
        };
        if found.is_empty() { Err(Error::ObjectHandleInvalid) } else { Ok(found) }
    }

    /// The object of a session that bears this handle of the cluster, and its node, if it can be seen. Only those of tools bear one.
    pub(crate) fn session_object(&self, sight: &Sight, handle: Handle) -> Option<(u64, Arc<Object>, NodeId)> {
        let mut found = self.objects.list(|found| found.object.handle == handle && on_node(sight, found).is_some());
        let (number, found) = found.pop()?;
        Some((number, Arc::clone(&found.object), found.node.clone()))
    }

    /// The session objects that can be seen, by number.
    pub(crate) fn session_objects(&self, sight: &Sight) -> Vec<(u64, Arc<Object>)> {
        let shown = self.objects.list(|object| on_node(sight, object).is_some());
        shown.into_iter().map(|(number, found)| (number, Arc::clone(&found.object))).collect()
    }

    /// The cluster's objects that a test passes, among those that can be seen on any node and, if `by` is given, have that value: by
    /// handle, and whether they are private. `brief` is the test where an outline is enough for it.
    pub(crate) fn token_objects(
        &self,
        world: &World,
        sight: &Sight,
        by: Option<By<'_>>,
        brief: impl Fn(&Outline) -> Option<bool>,
        test: impl Fn(&Object) -> bool,
    ) -> Result<BTreeMap<Handle, bool>> {
        world.read(|rows| {
            let mut found = BTreeMap::new();
            let fits = |seen: &Seen, object: &Object| seen.shows(object) && test(object);
            for seen in sight.nodes.iter().filter(|seen| seen.twin.is_none()) {
                let Some(by) = by else {
                    layer::visit(rows, &seen.view, |layer::Located { object, .. }| {
                        if fits(seen, &object) {
                            found.insert(object.handle, object.flags.has(Flags::PRIVATE));
                        }
                        ControlFlow::Continue(())
                    })?;
                    continue;
                };
                for (handle, outline) in index::outlines(rows, world.vault(), &seen.view, by)? {
                    let fits = match (seen.shows_outline(&outline), brief(&outline)) {
                        (Some(false), _) | (_, Some(false)) => false,
                        (Some(true), Some(true)) => true,
                        (None, _) | (_, None) => {
                            let located = layer::locate(rows, &seen.view, handle)?;
                            located.is_some_and(|located| fits(seen, &located.object))
                        }
                    };
                    if fits {
                        found.insert(handle, outline.flags.has(Flags::PRIVATE));
                    }
                }
            }
            Ok(found)
        })
    }
}

/// The node of a session's object: it is there as long as the node can be used, and only to whom it belongs.
fn on_node<'s>(sight: &'s Sight, object: &SessionObject) -> Option<&'s Seen> {
    sight.nodes.iter().find(|seen| seen.node == object.node && seen.shows(&object.object))
}

fn located(rows: &impl Rows, sight: &Sight, handle: Handle) -> Result<Vec<Found>> {
    let mut found: Vec<Option<Found>> = Vec::with_capacity(sight.nodes.len());
    for seen in &sight.nodes {
        let here = match seen.twin.and_then(|twin| found.get(twin)) {
            Some(same) => same.clone().map(|same| Found { strain: seen.strain.clone(), ..same }),
            None => {
                let located = layer::locate(rows, &seen.view, handle)?;
                let shown = located.filter(|located| seen.shows(&located.object));
                let strain = seen.strain.clone();
                shown.map(|located| {
                    let own = seen.owns(&located.object);
                    Found { object: Arc::new(located.object), place: Some(located.place), strain, own }
                })
            }
        };
        found.push(here);
    }
    Ok(found.into_iter().flatten().collect())
}
