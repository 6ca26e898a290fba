//! What the scenarios run through.

use std::sync::Barrier;
use std::thread;

use crate::library::Library;
use crate::module::Module;
use crate::raw::{AwsLc, Disk, PasswordHash, Ring};
use crate::rival::RIVALS;
use crate::scenario::{Scenario, Work};

/// One iteration of a scenario on one thread.
pub type Worker = Box<dyn FnMut() + Send>;

/// A way to get the work done.
pub trait Edge: Sync {
    /// Its name in reports.
    fn name(&self) -> &'static str;

    /// Whether it is a bare primitive, which others are measured against.
    fn is_raw(&self) -> bool {
        false
    }

    /// Whether it is this project's.
    fn is_own(&self) -> bool {
        false
    }

    /// What one thread repeats; none if the edge has nothing for this.
    fn worker(&self, work: Work, of_session: bool) -> Option<Worker>;
}

/// Workers that were each made by a thread of its own, as a program's would be: what they allocate is on no line of memory that another
/// one writes. Of one thread's making they would now and then be neighbours, and bare primitives on two threads no faster than on one.
pub fn workers(edge: &dyn Edge, work: Work, of_session: bool, count: usize) -> Vec<Worker> {
    let all_made = Barrier::new(count);
    let make = || {
        let worker = edge.worker(work, of_session);
        // A thread that ended would leave its memory to the next.
        all_made.wait();
        worker
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..count).map(|_| scope.spawn(make)).collect();
        threads.into_iter().filter_map(|thread| thread.join().expect("making a worker does not panic")).collect()
    })
}

/// The edges of scenarios whose token holds this many keys. Made one after the other: a process can have one of each module at a time.
pub fn edges(objects: usize) -> Vec<Box<dyn Edge>> {
    let mut edges: Vec<Box<dyn Edge>> = vec![
        Box::new(Ring::new()),
        Box::new(AwsLc::new()),
        Box::new(Disk::new()),
        Box::new(PasswordHash::new()),
        Box::new(Library::new(objects)),
        Box::new(Module::own(objects)),
    ];
    // The rivals need minutes to make the many keys of the larger scenarios.
    if objects <= 100 {
        edges.extend(RIVALS.iter().filter_map(|rival| Some(Box::new(Module::of(rival, objects)?) as Box<dyn Edge>)));
    }
    edges
}

/// The scenarios in groups that share their edges.
pub fn grouped(scenarios: &[Scenario]) -> Vec<(usize, Vec<Scenario>)> {
    let mut groups: Vec<(usize, Vec<Scenario>)> = Vec::new();
    for scenario in scenarios {
        match groups.iter_mut().find(|(objects, _)| *objects == scenario.objects) {
            Some((_, group)) => group.push(*scenario),
            None => groups.push((scenario.objects, vec![*scenario])),
        }
    }
    groups
}
