//! Random changes, copies, joins, backups and restores: in every view the index finds what a look at every object finds.

use proptest::prelude::*;
use proptest::sample::Index;
use store::Seq;

use super::*;
use crate::clock::SimTime;
use crate::id::{ClusterId, NodeId};
use crate::node::{Node, NodeState};
use crate::object::Extra;
use crate::object::collect::tests::collect;
use crate::object::layer::Change;
use crate::vault::Sealed;
use crate::{Entropy, Error, World};

const LABELS: [&str; 3] = ["a", "b", "c"];
const IDS: [&[u8]; 3] = [b"", b"1", b"2"];
const HANDLES: u32 = 4;

/// What an object shall be; none is deleted.
type Wish = Option<(usize, usize, u32, bool)>;

#[derive(Debug, Clone)]
enum Step {
    /// On each node, by its place, this or that, or the change does not reach it.
    Write {
        handle: u32,
        wishes: [Wish; 2],
        choices: Vec<Option<bool>>,
    },
    Copy {
        from: Index,
        to: Index,
        handle: u32,
    },
    Join {
        beside: Index,
    },
    Remove {
        node: Index,
    },
    Freeze {
        node: Index,
    },
    Restore {
        backup: Index,
    },
    Forget {
        backup: Index,
    },
    Collect,
}

fn step() -> impl Strategy<Value = Step> {
    let wish = || prop::option::weighted(0.8, (0..LABELS.len(), 0..IDS.len(), 3..5_u32, any::<bool>()));
    let handle = || 1..=HANDLES;
    prop_oneof![
        8 => (handle(), wish(), wish(), prop::collection::vec(prop::option::weighted(0.7, any::<bool>()), 4))
            .prop_map(|(handle, one, other, choices)| Step::Write { handle, wishes: [one, other], choices }),
        2 => (any::<Index>(), any::<Index>(), handle()).prop_map(|(from, to, handle)| Step::Copy { from, to, handle }),
        1 => any::<Index>().prop_map(|beside| Step::Join { beside }),
        1 => any::<Index>().prop_map(|node| Step::Remove { node }),
        1 => any::<Index>().prop_map(|node| Step::Freeze { node }),
        1 => any::<Index>().prop_map(|backup| Step::Restore { backup }),
        1 => any::<Index>().prop_map(|backup| Step::Forget { backup }),
        3 => Just(Step::Collect),
    ]
}

fn object(handle: u32, (label, id, owner, shared): (usize, usize, u32, bool)) -> Object {
    Object {
        handle: Handle::new(handle),
        unique: [7; 16],
        class: Class::Public,
        key_type: KeyType::Aes,
        label: LABELS[label].to_owned(),
        id: IDS[id].to_vec(),
        flags: Flags::TOKEN.with(Flags::PRIVATE, shared),
        value_len: 16,
        owner,
        shared: if shared { vec![9] } else { Vec::new() },
        kcv: [0; 3],
        material: Sealed::nothing(),
        extra: Extra::default(),
    }
}

fn node(index: u32, cluster: &ClusterId, view: View) -> Node {
    let entropy = Entropy::seeded(u64::from(index));
    Node {
        id: NodeId::generate(&entropy),
        cluster: cluster.clone(),
        index,
        state: NodeState::Active,
        state_message: None,
        created: SimTime::from_millis(0),
        zone: "us-east-1a".parse().unwrap(),
        subnet: crate::id::SubnetId::generate(&entropy),
        eni: crate::id::EniId::generate(&entropy),
        ip: [10, 0, 0, 1].into(),
        view,
        joining: false,
    }
}

/// A cluster's nodes and backups, without anything else of a cluster.
struct Run {
    world: World,
    cluster: ClusterId,
    shared: LayerId,
    nodes: Vec<Node>,
    made: u32,
    backups: Vec<Vec<crate::node::view::Step>>,
}

impl Run {
    fn new() -> Self {
        let world = World::ephemeral().unwrap();
        let cluster = ClusterId::generate(world.entropy());
        let seq = world.write(|tx| Ok::<_, Error>(tx.seq())).unwrap();
        let shared = LayerId::opened_by(seq, 0);
        let first = node(0, &cluster, View::new(LayerId::opened_by(seq, 1), shared));
        Self { world, cluster, shared, nodes: vec![first], made: 1, backups: Vec::new() }
    }

    fn apply(&mut self, step: &Step) {
        let (world, views) = (self.world.clone(), self.views());
        let add = |nodes: &mut Vec<Node>, made: &mut u32, view: View| {
            nodes.push(node(*made, &self.cluster, view));
            *made += 1;
        };
        world
            .write(|tx| {
                let seq = tx.seq();
                match step {
                    Step::Write { handle, wishes, choices } => {
                        let change = |choice: &Option<bool>| match choice.map(|second| wishes[usize::from(second)]) {
                            None => Change::Missed,
                            Some(None) => Change::Delete,
                            Some(Some(wish)) => Change::Put(object(*handle, wish)),
                        };
                        let changes: Vec<Change> = choices.iter().cycle().map(change).take(self.nodes.len()).collect();
                        let (vault, handle) = (world.vault(), Handle::new(*handle));
                        layer::write(tx, vault, self.shared, &mut self.nodes, handle, &changes)?;
                    }
                    Step::Copy { from, to, handle } => {
                        let (from, to) = (from.index(self.nodes.len()), to.index(self.nodes.len()));
                        let view = self.nodes[from].view.clone();
                        layer::copy(tx, world.vault(), &view, &mut self.nodes[to], Handle::new(*handle))?;
                    }
                    Step::Join { beside } if self.nodes.len() < 4 => {
                        let view = &self.nodes[beside.index(self.nodes.len())].view;
                        let view = view.joined_by(LayerId::opened_by(seq, 1), seq);
                        add(&mut self.nodes, &mut self.made, view);
                    }
                    Step::Remove { node } if self.nodes.len() > 1 => {
                        self.nodes.remove(node.index(self.nodes.len()));
                    }
                    Step::Join { .. } | Step::Remove { .. } => {}
                    Step::Freeze { node } => {
                        self.backups.push(self.nodes[node.index(self.nodes.len())].view.frozen(seq));
                    }
                    Step::Restore { backup } if !self.backups.is_empty() => {
                        self.shared = LayerId::opened_by(seq, 0);
                        let frozen = &self.backups[backup.index(self.backups.len())];
                        let view = View::restored(LayerId::opened_by(seq, 1), self.shared, frozen);
                        self.nodes.clear();
                        add(&mut self.nodes, &mut self.made, view);
                    }
                    Step::Forget { backup } if !self.backups.is_empty() => {
                        self.backups.remove(backup.index(self.backups.len()));
                    }
                    Step::Restore { .. } | Step::Forget { .. } => {}
                    Step::Collect => collect(tx, &views)?,
                }
                Ok::<_, Error>(())
            })
            .unwrap();
    }

    fn views(&self) -> Vec<View> {
        let own = LayerId::opened_by(Seq::ZERO, 0);
        let backups = self.backups.iter().map(|chain| View { own, diverged: false, chain: chain.clone() });
        self.nodes.iter().map(|node| node.view.clone()).chain(backups).collect()
    }

    /// What every view shows.
    fn shown(&self) -> Vec<Vec<Object>> {
        let views = self.views();
        let objects = |all: Vec<Located>| all.into_iter().map(|located| located.object).collect();
        self.world.read(|rows| views.iter().map(|view| layer::all(rows, view).map(objects)).collect()).unwrap()
    }

    fn check(&self) {
        let views = self.views();
        let labels = LABELS.map(By::Label);
        let ids = [By::Id(IDS[1]), By::Id(IDS[2])];
        self.world
            .read(|rows| {
                for view in &views {
                    let all = layer::all(rows, view)?;
                    for by in labels.iter().chain(&ids).copied().chain([By::Class(Class::Public)]) {
                        let fits = |object: &Object| match by {
                            By::Label(label) => object.label == label,
                            By::Id(id) => object.id == id,
                            By::Class(class) => object.class == class,
                        };
                        let expected: Vec<(Handle, Outline)> = (all.iter().map(|located| &located.object))
                            .filter(|object| fits(object))
                            .map(|object| (object.handle, Outline::of(object)))
                            .collect();
                        let found: Vec<_> = outlines(rows, self.world.vault(), view, by)?.into_iter().collect();
                        assert_eq!(found, expected, "{by:?} in {view:?}");
                    }
                }
                Ok::<_, Error>(())
            })
            .unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_index_tells_what_every_view_shows(steps in prop::collection::vec(step(), 1..40)) {
        let mut run = Run::new();
        for step in &steps {
            let before = run.shown();
            run.apply(step);
            run.check();
            if matches!(step, Step::Collect) {
                assert_eq!(run.shown(), before);
            }
        }
        // With nobody to show anything, nothing is left.
        run.nodes.clear();
        run.backups.clear();
        run.apply(&Step::Collect);
        let left = |table| run.world.read(|rows| Ok::<_, Error>(rows.scan_at(table, b"", None, Seq::MAX)?.count())).unwrap();
        assert_eq!([row::OBJECT, row::OBJECT_INDEX].map(left), [0, 0]);
    }
}
