use std::time::Duration;

use super::*;
use crate::error::Error;
use crate::lock::Mutex;

const OTHER: u8 = 9;
const MINUTE: Duration = Duration::from_secs(60);

/// Writes down what it is asked to do.
#[derive(Default)]
struct Recorder {
    done: Mutex<Vec<(u8, SimTime, SimTime)>>,
    /// Payload after which it plans another job, so much after the present one.
    chains: Option<(u8, u8, Duration)>,
    fails: Option<u8>,
    /// Leaves its jobs to the runner to remove.
    lazy: bool,
}

impl Handler for Recorder {
    fn owner(&self) -> u8 {
        OTHER
    }

    fn run(&self, world: &World, key: &JobKey, payload: &[u8], at: SimTime, horizon: SimTime) -> Result<()> {
        if self.fails == Some(payload[0]) {
            return Err(Error::Store(store::Error::DiskFull));
        }
        self.done.lock().push((payload[0], at, horizon));
        world.write(|tx| {
            if !self.lazy {
                assert!(take(tx, key)?);
            }
            match self.chains {
                Some((from, to, delay)) if from == payload[0] => schedule(tx, at + delay, OTHER, vec![to]).map(drop),
                _ => Ok(()),
            }
        })
    }
}

impl Recorder {
    fn payloads(&self) -> Vec<u8> {
        self.done.lock().iter().map(|(payload, _, _)| *payload).collect()
    }
}

/// A world at a known time with these jobs: payload and due time in minutes from then.
fn world(jobs: &[(u8, u32)]) -> (World, SimTime) {
    let world = World::ephemeral().unwrap();
    let now = world.read(|rows| world.now(rows)).unwrap();
    for (payload, minutes) in jobs {
        world.write(|tx| schedule(tx, now + MINUTE * *minutes, OTHER, vec![*payload])).unwrap();
    }
    (world, now)
}

fn queued(world: &World) -> usize {
    world.read(|rows| row::list::<Job>(rows, b"")).unwrap().len()
}

#[test]
fn due_jobs_run_in_due_order_and_once() {
    let (world, begin) = world(&[(3, 30), (1, 10), (2, 10), (4, 61)]);
    let recorder = Recorder::default();
    assert_eq!(world.run_due(&[&recorder]).unwrap(), 0);
    assert_eq!(world.advance(MINUTE * 60, &[&recorder]).unwrap(), 3);
    let horizon = begin + MINUTE * 60;
    let expected = [(1, begin + MINUTE * 10), (2, begin + MINUTE * 10), (3, begin + MINUTE * 30)];
    assert_eq!(*recorder.done.lock(), expected.map(|(payload, at)| (payload, at, horizon)));
    assert_eq!(world.run_due(&[&recorder]).unwrap(), 0);
    assert_eq!(world.read(|rows| next_due(rows)).unwrap(), Some(begin + MINUTE * 61));
}

#[test]
fn what_a_job_plans_runs_in_its_turn() {
    let (world, _) = world(&[(1, 10), (2, 30)]);
    let recorder = Recorder { chains: Some((1, 9, MINUTE * 10)), ..Recorder::default() };
    world.advance(MINUTE * 60, &[&recorder]).unwrap();
    assert_eq!(recorder.payloads(), [1, 9, 2]);
}

#[test]
fn a_failed_job_stays_and_the_others_run() {
    let (world, _) = world(&[(1, 10), (2, 20)]);
    let failing = Recorder { fails: Some(1), ..Recorder::default() };
    assert_eq!(world.advance(MINUTE * 60, &[&failing]), Err(Error::Store(store::Error::DiskFull)));
    assert_eq!(failing.payloads(), [2]);
    let recorder = Recorder::default();
    assert_eq!(world.run_due(&[&recorder]), Ok(1));
    assert_eq!(recorder.payloads(), [1]);
}

#[test]
fn jobs_of_unknown_owners_wait_and_forgotten_ones_are_removed() {
    let (world, _) = world(&[(1, 10), (2, 20)]);
    assert_eq!(world.advance(MINUTE * 60, &[]), Ok(0));
    assert_eq!(queued(&world), 2);
    let lazy = Recorder { lazy: true, ..Recorder::default() };
    assert_eq!((world.run_due(&[&lazy]), queued(&world)), (Ok(2), 0));
}

#[test]
fn jobs_of_one_transaction_are_told_apart_and_can_be_cancelled() {
    let (world, begin) = world(&[]);
    let keys =
        world.write(|tx| (0..3).map(|n| schedule(tx, begin, OTHER, vec![n])).collect::<Result<Vec<_>>>()).unwrap();
    assert!(keys.is_sorted() && keys.iter().all(|key| key.due() == begin));
    assert_eq!(world.write(|tx| cancel(tx, &keys[1])), Ok(true));
    assert_eq!(world.write(|tx| cancel(tx, &keys[1])), Ok(false));
    let recorder = Recorder::default();
    world.run_due(&[&recorder]).unwrap();
    assert_eq!(recorder.payloads(), [0, 2]);
}

#[test]
fn keys_order_as_times_do() {
    let times = [i64::MIN, -1, 0, 1, i64::MAX].map(SimTime::from_millis);
    let keys = times.map(|time| JobKey::new(time, 7, 0));
    assert!(keys.is_sorted());
    assert_eq!(keys.map(|key| key.due()), times);
}

#[test]
fn the_clock_goes_forward_only() {
    let (world, begin) = world(&[(1, 10)]);
    let recorder = Recorder::default();
    let past = SimTime::from_millis(begin.millis() - 1);
    assert_eq!(world.set_time(past, &[]), Err(Error::ClockBackwards { now: begin, wanted: past }));
    assert_eq!(world.set_time(begin, &[&recorder]), Ok(0));
    assert_eq!(world.set_time(begin + MINUTE * 10, &[&recorder]), Ok(1));
}
