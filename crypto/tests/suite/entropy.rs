//! Entropy: repeatable when seeded, never repeating an IV otherwise. What happens after a fork is in `tests/fork.rs`.

use std::{collections::HashSet, thread};

use hsm_sim_crypto::Entropy;
use proptest::prelude::*;

#[test]
fn a_seed_repeats_itself() {
    let draw = |entropy: &Entropy| {
        let mut odd = [0; 37];
        entropy.fill(&mut odd);
        (odd, entropy.bytes::<32>(), entropy.below(1000), entropy.iv(0))
    };
    let (one, again, other) = (Entropy::seeded(7), Entropy::seeded(7), Entropy::seeded(8));
    let first = draw(&one);
    assert_eq!(first, draw(&again));
    assert_ne!(first, draw(&other));
    assert_ne!(first, draw(&one), "the generator moves on");
}

#[test]
fn a_seed_means_the_same_bytes_in_every_release() {
    // A recorded world is replayed by its seed, so these bytes may not change.
    assert_eq!(Entropy::seeded(1).bytes(), [154, 55, 68, 80, 69, 96, 99, 158]);
}

#[test]
fn clones_share_their_state() {
    let entropy = Entropy::seeded(7);
    let (first, second) = (entropy.clone().bytes::<16>(), entropy.bytes::<16>());
    assert_ne!(first, second);
    let reference = Entropy::seeded(7);
    assert_eq!((first, second), (reference.bytes(), reference.bytes()));
}

#[test]
fn ivs_never_repeat_within_or_across_threads() {
    for entropy in [Entropy::system(), Entropy::seeded(1)] {
        // More than two buffers in each thread.
        let draw = || (0..2_000).map(|_| entropy.iv(0)).collect::<Vec<_>>();
        let ivs: Vec<[u8; 12]> = thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(draw)).collect();
            threads.into_iter().flat_map(|thread| thread.join().expect("the thread draws IVs")).collect()
        });
        let distinct: HashSet<_> = ivs.iter().collect();
        assert_eq!(distinct.len(), ivs.len(), "{entropy:?}");
    }
}

#[test]
fn system_bytes_differ() {
    let entropy = Entropy::system();
    assert!(!entropy.is_deterministic() && Entropy::seeded(0).is_deterministic());
    assert_ne!(entropy.bytes::<16>(), entropy.bytes::<16>());
}

#[test]
fn numbers_below_a_bound_are_uniform() {
    let entropy = Entropy::seeded(3);
    let mut counts = [0_u32; 6];
    (0..60_000).for_each(|_| counts[entropy.below(6) as usize] += 1);
    // 10,000 expected of each, standard deviation 91.
    assert!(counts.iter().all(|count| (9_500..10_500).contains(count)), "{counts:?}");
}

proptest! {
    #[test]
    fn numbers_stay_below_their_bound(seed: u64, bound: u32) {
        let number = Entropy::seeded(seed).below(bound);
        prop_assert!(number < bound || bound == 0 && number == 0);
    }
}
