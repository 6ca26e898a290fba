//! Random management commands, faults and restarts against a naive model in which every node and every backup is a copy of its own.
//!
//! After every step: a node has changed only if a command reached it, handles agree across nodes, every backup holds what it held,
//! nothing acknowledged is lost.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, TestRunner};

use store::Durability;

use super::*;
use crate::backup::Backup;
use crate::control::HsmSelector;
use crate::error::HsmError;
use crate::fault::Clients;
use crate::id::NodeId;
use crate::node::NodeResult;
use crate::node::view::{LayerId, View};
use crate::object::index::{self, By};
use crate::object::{Attribute, AttributeValue, Object, layer};
use crate::row::{Rows, Seq};
use crate::user::{LoginType, NodeUsers, Role};
use crate::world::WorldOptions;

const USERS: [&str; 3] = ["ann", "bob", "eve"];
const KEYS: [&str; 3] = ["k0", "k1", "k2"];
const PASSWORDS: [&str; 2] = ["password1", "password2"];
const MOST_NODES: usize = 5;
const CASES: u32 = 24;

#[derive(Debug, Clone)]
enum Command {
    CreateUser { user: usize, password: usize, server: Option<Index> },
    DeleteUser { user: usize, server: Option<Index> },
    ChangePassword { user: usize, password: usize, server: Option<Index> },
    LogIn { user: usize, password: usize, server: Option<Index> },
    SyncUser { user: usize, from: Index, to: Index },
    SetTokenTimeout { seconds: u8, server: Option<Index> },
    CreateKey(usize),
    DeleteKey(usize),
    SetLabel { key: usize, label: usize, server: Option<Index> },
    ShareKey { key: usize, user: usize, share: bool, server: Option<Index> },
    SyncKey { key: usize, from: Index, to: Index },
    AddHsm(usize),
    RemoveHsm(Index),
    TakeBackup,
    Restore(Index),
    Break(Index, Broken),
    HealAll,
    Restart,
    Wait(u8),
}

fn command() -> impl Strategy<Value = Command> {
    let server = || prop::option::of(any::<Index>());
    prop_oneof![
        3 => (0..3_usize, 0..2_usize, server()).prop_map(|(user, password, server)| Command::CreateUser { user, password, server }),
        1 => (0..3_usize, server()).prop_map(|(user, server)| Command::DeleteUser { user, server }),
        2 => (0..3_usize, 0..2_usize, server()).prop_map(|(user, password, server)| Command::ChangePassword { user, password, server }),
        2 => (0..3_usize, 0..2_usize, server()).prop_map(|(user, password, server)| Command::LogIn { user, password, server }),
        1 => (0..3_usize, any::<Index>(), any::<Index>()).prop_map(|(user, from, to)| Command::SyncUser { user, from, to }),
        1 => (1..200_u8, server()).prop_map(|(seconds, server)| Command::SetTokenTimeout { seconds, server }),
        3 => (0..3_usize).prop_map(Command::CreateKey),
        2 => (0..3_usize).prop_map(Command::DeleteKey),
        2 => (0..3_usize, 0..3_usize, server()).prop_map(|(key, label, server)| Command::SetLabel { key, label, server }),
        2 => (0..3_usize, 0..3_usize, any::<bool>(), server()).prop_map(|(key, user, share, server)| Command::ShareKey { key, user, share, server }),
        2 => (0..3_usize, any::<Index>(), any::<Index>()).prop_map(|(key, from, to)| Command::SyncKey { key, from, to }),
        2 => (0..3_usize).prop_map(Command::AddHsm),
        2 => any::<Index>().prop_map(Command::RemoveHsm),
        1 => Just(Command::TakeBackup),
        1 => any::<Index>().prop_map(Command::Restore),
        3 => (any::<Index>(), prop::sample::select(Broken::ALL.as_slice())).prop_map(|(which, broken)| Command::Break(which, broken)),
        1 => Just(Command::HealAll),
        1 => Just(Command::Restart),
        1 => (1..40_u8).prop_map(Command::Wait),
    ]
}

/// What is wrong with a node.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Broken {
    Down,
    Apart,
    Tampered,
    Full,
}

impl Broken {
    const ALL: [Self; 4] = [Self::Down, Self::Apart, Self::Tampered, Self::Full];

    fn kind(self, cluster: ClusterId, node: NodeId) -> FaultKind {
        match self {
            Self::Down => FaultKind::NodeDown { cluster, node },
            Self::Apart => FaultKind::Partition { cluster, node: Some(node), from: Clients(ClientClass::Tools) },
            Self::Tampered => FaultKind::Tampered { cluster, node },
            Self::Full => FaultKind::Full { cluster, node },
        }
    }
}

/// What a node or a backup holds.
#[derive(Debug, Clone, PartialEq)]
struct Content {
    /// The verifier's number and the failed logins of each of [`USERS`].
    users: BTreeMap<&'static str, ([u8; 16], u32)>,
    /// Label and whom it is shared with, by handle; several keys may have one label.
    keys: BTreeMap<u32, (String, Vec<u32>)>,
    /// Of the policy of quorum tokens, the seconds that an approved one is valid.
    timeout: u64,
}

impl Default for Content {
    fn default() -> Self {
        Self { users: BTreeMap::new(), keys: BTreeMap::new(), timeout: 600 }
    }
}

#[derive(Debug)]
struct ModelNode {
    id: NodeId,
    content: Content,
    broken: Option<Broken>,
}

impl ModelNode {
    /// What it answers a tool instead of doing what it is asked.
    fn refusal(&self) -> Option<HsmError> {
        match self.broken {
            Some(Broken::Down | Broken::Apart) => Some(HsmError::NodeUnavailable),
            Some(Broken::Tampered) => Some(HsmError::Zeroized),
            Some(Broken::Full) | None => None,
        }
    }
}

/// The world under test and the model of its one cluster.
struct Run {
    directory: tempfile::TempDir,
    world: Option<World>,
    id: ClusterId,
    admin: Password,
    nodes: Vec<ModelNode>,
    backups: BTreeMap<BackupId, Content>,
    /// The password behind each verifier.
    passwords: BTreeMap<[u8; 16], &'static str>,
}

impl Run {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let world = open(&directory);
        let wall = world.wall().now_millis();
        let now = crate::SimTime::from_millis(wall);
        world.write(|tx| world.set_clock(tx, crate::clock::ClockSetting::Manual { now })).unwrap();
        let cluster =
            ActiveCluster::builder().nodes(2).kmsuser("kmsPswd1").build_in(&world, &Realm::default()).unwrap();
        world.snapshots().save("start").unwrap();
        let (id, admin) = (cluster.cluster_id().clone(), cluster.admin_password().clone());
        Self {
            directory,
            world: Some(world),
            id,
            admin,
            nodes: vec![],
            backups: BTreeMap::new(),
            passwords: BTreeMap::new(),
        }
    }

    fn world(&self) -> &World {
        self.world.as_ref().unwrap()
    }

    fn control(&self) -> Control {
        self.world().control(Realm::default())
    }

    /// Back to the beginning of a case.
    fn begin(&mut self) {
        assert!(self.world().snapshots().restore("start").unwrap());
        let recorded = nodes(&self.control(), &self.id);
        self.nodes = recorded
            .into_iter()
            .map(|node| ModelNode { id: node.id, content: Content::default(), broken: None })
            .collect();
        self.backups =
            backups(&self.control(), &self.id).into_iter().map(|backup| (backup.id, Content::default())).collect();
    }

    fn apply(&mut self, command: &Command) {
        match command {
            Command::CreateUser { user, password, server } => {
                self.create_user(USERS[*user], PASSWORDS[*password], *server)
            }
            Command::DeleteUser { user, server } => self.delete_user(USERS[*user], *server),
            Command::ChangePassword { user, password, server } => {
                self.change_password(USERS[*user], PASSWORDS[*password], *server);
            }
            Command::LogIn { user, password, server } => self.log_in(USERS[*user], PASSWORDS[*password], *server),
            Command::SyncUser { user, from, to } => self.sync_user(USERS[*user], *from, *to),
            Command::SetTokenTimeout { seconds, server } => self.set_token_timeout(u64::from(*seconds), *server),
            Command::CreateKey(key) => self.create_key(KEYS[*key]),
            Command::DeleteKey(key) => self.delete_key(KEYS[*key]),
            Command::SetLabel { key, label, server } => self.set_label(KEYS[*key], KEYS[*label], *server),
            Command::ShareKey { key, user, share, server } => {
                self.share_key(KEYS[*key], USERS[*user], *share, *server);
            }
            Command::SyncKey { key, from, to } => self.sync_key(KEYS[*key], *from, *to),
            Command::AddHsm(place) => self.add_hsm(*place),
            Command::RemoveHsm(which) => self.remove_hsm(*which),
            Command::TakeBackup => {
                if self.nodes.iter().any(|node| node.broken != Some(Broken::Tampered)) {
                    self.control().take_backup(&self.id).unwrap();
                }
            }
            Command::Restore(which) => self.restore(*which),
            Command::Break(which, broken) => self.break_node(*which, *broken),
            Command::HealAll => {
                self.world().faults().clear_all().unwrap();
                self.nodes.iter_mut().for_each(|node| node.broken = None);
            }
            Command::Restart => {
                drop(self.world.take());
                self.world = Some(open(&self.directory));
            }
            Command::Wait(hours) => {
                self.world().advance(Duration::from_secs(u64::from(*hours) * 3_600), &[]).unwrap();
            }
        }
    }

    /// The tool as the first officer on every node that it reaches, with commands going to one server or to all.
    fn tool(&self, server: Option<Index>) -> crate::admin::Admin {
        let mut tool = self.world().admin(&self.id).unwrap();
        tool.login(LoginType::Co, "admin", &self.admin).unwrap();
        if !self.nodes.is_empty() {
            tool.select(server.map(|server| server.index(self.nodes.len())));
        }
        tool
    }

    /// Changes the content of the nodes that answered well; the second argument is what the node holds now.
    fn settle<T>(&mut self, answers: &[NodeResult<T>], mut change: impl FnMut(&mut Content, &Content)) {
        for answer in answers.iter().filter(|answer| answer.result.is_ok()) {
            let found = self.content(&answer.node);
            let node = self.nodes.iter_mut().find(|node| node.id == answer.node).unwrap();
            assert_eq!(node.refusal(), None, "a node answered that cannot");
            change(&mut node.content, &found);
        }
    }

    fn create_user(&mut self, name: &'static str, password: &'static str, server: Option<Index>) {
        let answers = self.tool(server).create_user(Role::Cu, name, &Password::from(password)).unwrap();
        let mut made = None;
        self.settle(&answers, |content, found| {
            let (verifier, _) = *made.insert(found.users[name]);
            assert_eq!(content.users.insert(name, (verifier, 0)), None, "created twice");
        });
        self.passwords.extend(made.map(|(verifier, _)| (verifier, password)));
    }

    fn delete_user(&mut self, name: &'static str, server: Option<Index>) {
        let answers = self.tool(server).delete_user(LoginType::Cu, name).unwrap();
        self.settle(&answers, |content, _| assert!(content.users.remove(name).is_some(), "deleted twice"));
    }

    fn change_password(&mut self, name: &'static str, password: &'static str, server: Option<Index>) {
        let answers = self.tool(server).change_password(LoginType::Cu, name, &Password::from(password)).unwrap();
        let mut made = None;
        self.settle(&answers, |content, found| {
            let (verifier, _) = *made.insert(found.users[name]);
            let (before, failures) = std::mem::replace(content.users.get_mut(name).unwrap(), (verifier, 0));
            assert!(before != verifier, "the password of {name} with {failures} failures stayed");
        });
        self.passwords.extend(made.map(|(verifier, _)| (verifier, password)));
    }

    fn log_in(&mut self, name: &'static str, password: &'static str, server: Option<Index>) {
        let mut tool = self.world().admin(&self.id).unwrap();
        let selected = server.filter(|_| !self.nodes.is_empty()).map(|server| server.index(self.nodes.len()));
        tool.select(selected);
        let answers = tool.login(LoginType::Cu, name, &Password::from(password)).unwrap();
        assert_eq!(answers.len(), if selected.is_some() { 1 } else { self.nodes.len() });
        for answer in answers {
            let node = self.nodes.iter_mut().find(|node| node.id == answer.node).unwrap();
            let refusal = node.refusal();
            let expected = match node.content.users.get_mut(name) {
                _ if refusal.is_some() => refusal.map_or(Ok(()), Err),
                None => Err(HsmError::UserUnknown),
                Some((_, 5)) => Err(HsmError::UserLocked),
                Some((verifier, failures)) if self.passwords[verifier] == password => {
                    *failures = 0;
                    Ok(())
                }
                Some((_, failures)) => {
                    *failures += 1;
                    Err(HsmError::LoginFailure)
                }
            };
            assert_eq!(answer.result, expected);
        }
    }

    /// Brings a user from one node to another, or to itself.
    fn sync_user(&mut self, name: &'static str, from: Index, to: Index) {
        if self.nodes.is_empty() {
            return;
        }
        let to = to.index(self.nodes.len());
        let source = from.index(self.nodes.len());
        let users = self.world().read(|rows| NodeUsers::load(rows, &self.id, &self.nodes[source].id)).unwrap();
        let id = users.find(&name.parse().unwrap()).map_or(u32::MAX, |user| user.id);
        let synced = self.tool(Some(from)).sync_user(id, to).unwrap();
        let there = match self.nodes[source].content.users.get(name) {
            _ if self.nodes[source].refusal().is_some() => {
                self.nodes[source].refusal().map_or(Err(HsmError::Busy), Err)
            }
            None => Err(HsmError::NoSuchUser),
            Some(user) => Ok(*user),
        };
        assert_eq!(synced.extracted, there.clone().map(|_| ()));
        let Ok(user) = there else { return };
        let target = &mut self.nodes[to];
        let expected = target.refusal().map_or(Ok(()), Err);
        assert_eq!(synced.inserted, Some(expected.clone()));
        if expected.is_ok() {
            target.content.users.insert(name, user);
        }
    }

    fn set_token_timeout(&mut self, seconds: u64, server: Option<Index>) {
        let answers = self.tool(server).set_token_timeouts(None, Some(Duration::from_secs(seconds))).unwrap();
        self.settle(&answers, |content, _| content.timeout = seconds);
    }

    /// An application of kmsuser, if it reaches any node.
    fn application(&self) -> Option<Client> {
        let mut client = self.world().client(&self.id, ClientClass::Tools).unwrap();
        let answers = client.login("kmsuser", &Password::from("kmsPswd1")).ok()?;
        answers.iter().any(|answer| answer.result.is_ok()).then_some(client)
    }

    fn create_key(&mut self, label: &str) {
        let Some(client) = self.application() else { return };
        let made = match client.generate_key(&KeyTemplate::aes(32, label)) {
            Ok(made) => made,
            Err(error) => {
                assert!(self.nodes.iter().all(|node| node.broken.is_some()), "a node has room: {error}");
                return;
            }
        };
        let handle = made.handle.get();
        let new = (label.to_owned(), Vec::new());
        self.settle(&made.nodes, |content, _| assert_eq!(content.keys.insert(handle, new.clone()), None));
        let missed = self.nodes.iter().filter(|node| !node.content.keys.contains_key(&handle));
        assert!(missed.into_iter().all(|node| node.broken.is_some()), "a key is on every node that is reached");
    }

    fn delete_key(&mut self, label: &str) {
        let Some(client) = self.application() else { return };
        let Some(handle) = find_key(&client, label).first().copied() else { return };
        let answers = client.delete_key(handle).unwrap();
        self.settle(&answers, |content, _| assert!(content.keys.remove(&handle.get()).is_some()));
    }

    /// A key of this label that some node holds.
    fn key_of(&self, label: &str) -> Option<Handle> {
        let mut keys = self.nodes.iter().flat_map(|node| &node.content.keys);
        keys.find(|(_, (known, _))| known == label).map(|(handle, _)| Handle::new(*handle))
    }

    /// The tool as kmsuser.
    fn owner(&self, server: Option<Index>) -> crate::admin::Admin {
        let mut tool = self.world().admin(&self.id).unwrap();
        tool.login(LoginType::Cu, "kmsuser", &Password::from("kmsPswd1")).unwrap();
        tool.select(server.map(|server| server.index(self.nodes.len())));
        tool
    }

    fn set_label(&mut self, label: &str, new: &str, server: Option<Index>) {
        let Some(key) = self.key_of(label) else { return };
        let answers = self.owner(server).set_attribute(key, Attribute::Label, &AttributeValue::Text(new.to_owned()));
        self.settle(&answers.unwrap(), |content, _| {
            new.clone_into(&mut content.keys.get_mut(&key.get()).unwrap().0);
        });
    }

    fn share_key(&mut self, label: &str, name: &str, share: bool, server: Option<Index>) {
        let Some(key) = self.key_of(label) else { return };
        let users = self.world().read(|rows| NodeUsers::load(rows, &self.id, &self.nodes[0].id)).unwrap();
        let Some(user) = users.find(&name.parse().unwrap()).map(|user| user.id) else { return };
        let answers = self.owner(server).share_key(key, user, share).unwrap();
        self.settle(&answers, |content, _| {
            let shared = &mut content.keys.get_mut(&key.get()).unwrap().1;
            shared.retain(|id| *id != user);
            if share {
                shared.push(user);
                shared.sort_unstable();
            }
        });
    }

    /// An officer brings a key from one node to another, or to itself.
    fn sync_key(&mut self, label: &str, from: Index, to: Index) {
        let Some(key) = self.key_of(label) else { return };
        let to = to.index(self.nodes.len());
        let source = &self.nodes[from.index(self.nodes.len())];
        let held = source.content.keys.get(&key.get()).cloned().filter(|_| source.refusal().is_none());
        let synced = self.tool(Some(from)).sync_key(key, to);
        let target = &mut self.nodes[to];
        assert_eq!(synced.is_ok(), held.is_some() && target.refusal().is_none(), "{synced:?}");
        if let (Ok(()), Some(held)) = (synced, held) {
            target.content.keys.insert(key.get(), held);
        }
    }

    fn add_hsm(&mut self, place: usize) {
        if self.nodes.len() == MOST_NODES {
            return;
        }
        let latest = backups(&self.control(), &self.id).pop().map(|backup| self.backups[&backup.id].clone());
        let node = self.control().create_hsm(&self.id, &zone(['a', 'b', 'c'][place]), None).unwrap();
        let content = self.content(&node.id);
        // A copy of one of the others that has something left, of one that is reached if any is; alone, what the latest backup holds.
        let active = || self.nodes.iter().filter(|node| node.broken != Some(Broken::Tampered));
        let reached = active().any(|node| node.broken != Some(Broken::Down));
        let sources = active().filter(|node| !reached || node.broken != Some(Broken::Down)).map(|node| &node.content);
        let sources: Vec<&Content> = if active().count() == 0 { latest.iter().collect() } else { sources.collect() };
        let content = sources.into_iter().find(|source| **source == content).cloned();
        let content = content.unwrap_or_else(|| panic!("a new node is nobody's copy: {:?}", self.content(&node.id)));
        self.nodes.push(ModelNode { id: node.id, content, broken: None });
    }

    fn remove_hsm(&mut self, which: Index) {
        if self.nodes.is_empty() {
            return;
        }
        let node = self.nodes.remove(which.index(self.nodes.len()));
        self.control().delete_hsm(&self.id, &HsmSelector::Id(node.id)).unwrap();
        if node.broken == Some(Broken::Tampered) {
            // The backup is of another one, if there is any.
            return;
        }
        let backup = backups(&self.control(), &self.id).pop().unwrap();
        self.backups.insert(backup.id, node.content);
    }

    /// A cluster from a backup holds what the backup held, and goes again.
    fn restore(&mut self, which: Index) {
        let (backup, expected) = self.backups.iter().nth(which.index(self.backups.len())).unwrap();
        let control = self.control();
        let clone = restore(&control, backup, 1);
        let node = nodes(&control, &clone).remove(0);
        let found = self.content_in(&clone, &node.id);
        assert_eq!(found, *expected);
        control.delete_hsm(&clone, &HsmSelector::Id(node.id)).unwrap();
        control.delete_cluster(&clone).unwrap();
    }

    fn break_node(&mut self, which: Index, broken: Broken) {
        if self.nodes.is_empty() {
            return;
        }
        let at = which.index(self.nodes.len());
        if self.nodes[at].broken.is_none() {
            fault(self.world(), broken.kind(self.id.clone(), self.nodes[at].id.clone()));
            self.nodes[at].broken = Some(broken);
        }
    }

    /// What a node really holds.
    fn content(&self, node: &NodeId) -> Content {
        self.content_in(&self.id, node)
    }

    fn content_in(&self, cluster: &ClusterId, node: &NodeId) -> Content {
        let read = |rows: &crate::row::Reader<'_>| {
            let view = Node::load(rows, cluster, node)?.unwrap().view;
            Ok::<_, Error>(content(rows, self.world(), &NodeUsers::load(rows, cluster, node)?, &view))
        };
        self.world().read(read).unwrap()
    }

    fn check(&mut self) {
        // What is freed in the background is nothing that anybody sees.
        while self.world().snapshots().sweep().unwrap() {}
        let recorded: Vec<NodeId> = nodes(&self.control(), &self.id).into_iter().map(|node| node.id).collect();
        assert_eq!(recorded, self.nodes.iter().map(|node| node.id.clone()).collect::<Vec<_>>());
        for node in &self.nodes {
            let found = self.content(&node.id);
            assert_eq!(found, node.content, "node {}", node.id);
        }
        let shown = backups(&self.control(), &self.id);
        for backup in &shown {
            let found = self.content_of_backup(backup);
            let Some(expected) = self.backups.get(&backup.id) else {
                // Taken by the way: of one of the nodes.
                let source = self.nodes.iter().find(|node| node.content == found);
                let source = source.unwrap_or_else(|| panic!("a backup of nobody: {found:?}"));
                self.backups.insert(backup.id.clone(), source.content.clone());
                continue;
            };
            assert_eq!(found, *expected, "backup {}", backup.id);
        }
        self.backups.retain(|id, _| shown.iter().any(|backup| backup.id == *id));
    }

    fn content_of_backup(&self, backup: &Backup) -> Content {
        let own = LayerId::opened_by(Seq::ZERO, 0);
        let view = View { own, diverged: false, chain: backup.view.clone() };
        self.world().read(|rows| Ok::<_, Error>(content(rows, self.world(), &backup.users, &view))).unwrap()
    }

    /// The verifiers fit the passwords that were set last.
    fn check_passwords(&self) {
        for node in &self.nodes {
            let users = self.world().read(|rows| NodeUsers::load(rows, &self.id, &node.id)).unwrap();
            for (name, (verifier, _)) in &node.content.users {
                let user = users.find(&name.parse().unwrap()).unwrap();
                let password = Password::from(self.passwords[verifier]);
                assert!(user.verifier.as_ref().unwrap().verify(&password), "{name}");
            }
        }
    }
}

fn open(directory: &tempfile::TempDir) -> World {
    World::open(directory.path(), WorldOptions { durability: Durability::Unsynced, ..WorldOptions::default() }).unwrap()
}

fn content(rows: &impl Rows, world: &World, users: &NodeUsers, view: &View) -> Content {
    let known = |name: &&'static str| {
        users.find(&name.parse().unwrap()).map(|user| (*name, (user.verifier_id().unwrap(), user.failures)))
    };
    let keys: Vec<Object> = layer::all(rows, view).unwrap().into_iter().map(|found| found.object).collect();
    for label in KEYS {
        let found = index::outlines(rows, world.vault(), view, By::Label(label)).unwrap();
        let labelled = keys.iter().filter(|key| key.label == label).map(|key| key.handle);
        assert_eq!(found.into_keys().collect::<Vec<_>>(), labelled.collect::<Vec<_>>(), "{label}");
    }
    Content {
        users: USERS.iter().filter_map(known).collect(),
        keys: keys.into_iter().map(|key| (key.handle.get(), (key.label, key.shared))).collect(),
        timeout: users.policy.timeouts.approved.as_secs(),
    }
}

#[test]
fn any_sequence_of_commands_keeps_the_promises() {
    let run = std::cell::RefCell::new(Run::new());
    let mut runner = TestRunner::new(Config { cases: CASES, failure_persistence: None, ..Config::default() });
    let commands = prop::collection::vec(command(), 1..40);
    let result = runner.run(&commands, |commands| {
        let mut run = run.borrow_mut();
        run.begin();
        for command in &commands {
            run.apply(command);
            run.check();
        }
        run.check_passwords();
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{error}"));
}
