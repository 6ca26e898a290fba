//! Random histories against a naive model: one plain map of keys per node.

use std::collections::BTreeMap;

use hsm_sim::client::Query;
use hsm_sim::control::{CreateCluster, HsmSelector};
use hsm_sim::object::{Attribute, AttributeValue};
use hsm_sim::{BackupId, ClusterId, Handle, KeyTemplate, Realm, World};
use proptest::prelude::*;

use super::*;

#[derive(Debug, Clone)]
enum Step {
    Create,
    Delete(usize),
    Relabel(usize),
    Toggle(usize),
    AddNode,
    RemoveNode(usize),
    Backup,
    /// Goes on in a new cluster made from a backup.
    Restore(usize),
    Save,
    Rewind,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => Just(Step::Create),
        4 => any::<usize>().prop_map(Step::Delete),
        4 => any::<usize>().prop_map(Step::Relabel),
        5 => any::<usize>().prop_map(Step::Toggle),
        2 => Just(Step::AddNode),
        2 => any::<usize>().prop_map(Step::RemoveNode),
        1 => Just(Step::Backup),
        1 => any::<usize>().prop_map(Step::Restore),
        1 => Just(Step::Save),
        1 => Just(Step::Rewind),
    ]
}

type Keys = BTreeMap<Handle, String>;

#[derive(Debug, Clone)]
struct ModelNode {
    id: NodeId,
    keys: Keys,
    fault: Option<FaultId>,
}

#[derive(Debug, Clone)]
struct Model {
    cluster: ClusterId,
    nodes: Vec<ModelNode>,
    /// Their content, where it is certain.
    backups: Vec<(BackupId, Option<Keys>)>,
    labels: usize,
}

struct Run {
    world: World,
    model: Model,
    saved: Option<Model>,
}

const KMSUSER: &str = "kmsPswd1";

impl Run {
    fn client(&self) -> Client {
        let mut client = self.world.client(&self.model.cluster, ClientClass::Tools).unwrap();
        // With no node or none that is reached nobody can log in; the steps then fail as they should.
        let _ = client.login("kmsuser", &password(KMSUSER));
        client
    }

    fn control(&self) -> hsm_sim::control::Control {
        self.world.control(Realm::default())
    }

    fn reached(&mut self) -> Vec<&mut ModelNode> {
        self.model.nodes.iter_mut().filter(|node| node.fault.is_none()).collect()
    }

    fn some_handle(&self, choice: usize) -> Option<Handle> {
        let handles: Vec<Handle> = self.model.nodes.iter().flat_map(|node| node.keys.keys().copied()).collect();
        handles.get(choice.checked_rem(handles.len())?).copied()
    }

    fn fresh_label(&mut self) -> String {
        self.model.labels += 1;
        // Few different ones, so that the index has several keys and stale rows for each.
        format!("label {}", self.model.labels % 5)
    }

    fn apply(&mut self, step: &Step) {
        match step {
            Step::Create => {
                let label = self.fresh_label();
                let created = self.client().generate_key(&KeyTemplate::aes(16, &label));
                let reached = self.reached();
                if reached.is_empty() {
                    created.unwrap_err();
                    return;
                }
                let handle = created.unwrap().handle;
                for node in &self.model.nodes {
                    assert!(!node.keys.contains_key(&handle), "{handle} was taken");
                }
                self.reached().into_iter().for_each(|node| {
                    node.keys.insert(handle, label.clone());
                });
            }
            Step::Delete(choice) => {
                let Some(handle) = self.some_handle(*choice) else { return };
                if !self.model.nodes.is_empty() {
                    self.client().delete_key(handle).unwrap();
                }
                self.reached().into_iter().for_each(|node| {
                    node.keys.remove(&handle);
                });
            }
            Step::Relabel(choice) => {
                let Some(handle) = self.some_handle(*choice) else { return };
                let label = self.fresh_label();
                let mut tool = self.world.admin(&self.model.cluster).unwrap();
                tool.login(LoginType::Cu, "kmsuser", &password(KMSUSER)).unwrap();
                tool.set_attribute(handle, Attribute::Label, &AttributeValue::Text(label.clone())).unwrap();
                for node in self.reached() {
                    node.keys.entry(handle).and_modify(|old| old.clone_from(&label));
                }
            }
            Step::Toggle(choice) => {
                let count = self.model.nodes.len();
                let Some(number) = choice.checked_rem(count) else { return };
                let (world, cluster) = (self.world.clone(), self.model.cluster.clone());
                let node = &mut self.model.nodes[number];
                match node.fault.take() {
                    Some(fault) => assert!(world.faults().clear(&fault).unwrap()),
                    None => {
                        let kind = FaultKind::NodeDown { cluster, node: node.id.clone() };
                        node.fault = Some(world.faults().set(&FaultSpec::new(kind)).unwrap().id);
                    }
                }
            }
            Step::AddNode => {
                if self.model.nodes.len() < 5 {
                    self.add_node();
                }
            }
            Step::RemoveNode(choice) => {
                let Some(number) = choice.checked_rem(self.model.nodes.len()) else { return };
                let node = self.model.nodes.remove(number);
                let selector = HsmSelector::Id(node.id.clone());
                self.control().delete_hsm(&self.model.cluster, &selector).unwrap();
                self.note_backups(Some(&node.keys));
            }
            Step::Backup => {
                if self.control().take_backup(&self.model.cluster).is_ok() {
                    // Which node is backed up is the control plane's choice; it is certain where all agree.
                    let mut contents = self.model.nodes.iter().map(|node| node.keys.clone());
                    let first = contents.next().filter(|first| contents.all(|keys| keys == *first));
                    self.note_backups(first.as_ref());
                }
            }
            Step::Restore(choice) => {
                let certain = self.model.backups.iter().filter_map(|(id, keys)| Some((id, keys.as_ref()?)));
                let certain: Vec<_> = certain.map(|(id, keys)| (id.clone(), keys.clone())).collect();
                let Some(number) = choice.checked_rem(certain.len()) else { return };
                let (backup, keys) = certain[number].clone();
                let control = self.control();
                let subnets = control.default_subnets().unwrap().into_iter().map(|subnet| subnet.id).collect();
                let request = CreateCluster { source_backup: Some(backup.clone()), ..CreateCluster::new(subnets) };
                let cluster = control.create_cluster(request).unwrap().cluster.id;
                self.model.cluster = cluster;
                self.model.nodes.clear();
                self.add_node();
                assert_eq!(self.model.nodes[0].keys, keys, "{backup}");
            }
            Step::Save => {
                self.world.snapshots().save("saved").unwrap();
                self.saved = Some(self.model.clone());
            }
            Step::Rewind => {
                let Some(saved) = self.saved.clone() else { return };
                assert!(self.world.snapshots().restore("saved").unwrap());
                self.model = saved;
            }
        }
    }

    /// Adds a node and finds out which node it copies: it must equal one of them, or the latest backup.
    fn add_node(&mut self) {
        let control = self.control();
        let view = control.cluster(&self.model.cluster).unwrap();
        let zone = view.cluster.subnets.keys().next().unwrap().clone();
        let candidates: Vec<Keys> = match self.model.nodes.as_slice() {
            [] => self.model.backups.iter().filter_map(|(_, keys)| keys.clone()).collect(),
            nodes => nodes.iter().map(|node| node.keys.clone()).collect(),
        };
        let id = control.create_hsm(&self.model.cluster, &zone, None).unwrap().id;
        let keys = self.keys_of(&id);
        assert!(candidates.contains(&keys), "{keys:?} is no node's content: {candidates:?}");
        self.model.nodes.push(ModelNode { id, keys: keys.clone(), fault: None });
        self.note_backups(Some(&keys));
    }

    /// Backups that are new since the last look hold `keys`, if that is certain.
    fn note_backups(&mut self, keys: Option<&Keys>) {
        for backup in self.control().backups(&Default::default(), true).unwrap() {
            if self.model.backups.iter().all(|(known, _)| *known != backup.id) {
                self.model.backups.push((backup.id, keys.cloned()));
            }
        }
    }

    /// A node's keys and labels, read through the tool on that node alone.
    fn keys_of(&self, id: &NodeId) -> Keys {
        let mut tool = self.world.admin(&self.model.cluster).unwrap();
        let number = tool.servers().iter().find(|server| server.node == *id).unwrap().number;
        tool.select(Some(number));
        everywhere(tool.login(LoginType::Co, "admin", &password("adminPswd1")).unwrap());
        let found = everywhere(tool.find_all_keys(3).unwrap()).remove(0);
        everywhere(tool.logout().unwrap());
        everywhere(tool.login(LoginType::Cu, "kmsuser", &password(KMSUSER)).unwrap());
        let label = |handle| match everywhere(tool.attribute(handle, 3).unwrap()).remove(0).remove(0).1 {
            AttributeValue::Text(text) => text,
            other => panic!("{other:?}"),
        };
        found.handles.into_iter().map(|(handle, _)| (handle, label(handle))).collect()
    }

    fn check(&self) {
        for node in self.model.nodes.iter().filter(|node| node.fault.is_none()) {
            assert_eq!(self.keys_of(&node.id), node.keys, "{}", node.id);
        }
        let reached: Vec<_> = self.model.nodes.iter().filter(|node| node.fault.is_none()).collect();
        if reached.is_empty() {
            return;
        }
        let client = self.client();
        for number in 0..5 {
            let label = format!("label {number}");
            let mut expected: Vec<Handle> = reached
                .iter()
                .flat_map(|node| node.keys.iter().filter(|(_, own)| **own == label).map(|(handle, _)| *handle))
                .collect();
            expected.sort_unstable();
            expected.dedup();
            assert_eq!(client.find(&Query::label(&label)).unwrap().0, expected, "{label}");
        }
    }
}

/// How many histories: more when asked for a soak.
fn cases() -> u32 {
    if std::env::var_os("HSM_SIM_SOAK").is_some() { 500 } else { 32 }
}

#[test]
fn nodes_hold_what_a_naive_model_says() {
    // One world for all histories, rewound before each.
    let cluster = three();
    cluster.world().snapshots().save("start").unwrap();
    let nodes = cluster.control().cluster(cluster.cluster_id()).unwrap().nodes;
    let nodes = nodes.into_iter().map(|node| ModelNode { id: node.id, keys: Keys::new(), fault: None }).collect();
    let start = Model { cluster: cluster.cluster_id().clone(), nodes, backups: Vec::new(), labels: 0 };

    let config = ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(steps in prop::collection::vec(step(), 1..40))| {
        assert!(cluster.world().snapshots().restore("start").unwrap());
        let mut run = Run { world: cluster.world().clone(), model: start.clone(), saved: None };
        // The backup of activation is older than `kmsuser`.
        run.note_backups(None);
        for step in &steps {
            run.apply(step);
            run.check();
        }
        run.world.faults().clear_all().unwrap();
        run.model.nodes.iter_mut().for_each(|node| node.fault = None);
        run.check();
    });
}
