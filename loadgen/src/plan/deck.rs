//! The order of calls, made before the run: a deck of cards that a worker goes through again and again. So choosing the next call
//! costs a load, and every mix is exact over each turn of the deck.

use fastrand::Rng;

use super::Plan;

/// A deck has at least this many cards, so that keys and sizes meet each operation often.
const CARDS: u64 = 4096;

/// One call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Card {
    /// Which operation of the mix.
    pub step: usize,
    /// Which key, from 0 to the plan's number of keys.
    pub key: usize,
    /// Which of the plan's sizes.
    pub size: usize,
}

/// A worker's deck.
#[derive(Debug, Clone)]
pub struct Deck {
    cards: Vec<Card>,
    next: usize,
}

impl Deck {
    /// The deck of a worker. Workers have different orders, a seed always the same.
    #[must_use]
    pub fn new(plan: &Plan, worker: usize) -> Self {
        let mut rng = Rng::with_seed(plan.seed.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(worker as u64));
        let entries = plan.mix.entries();
        let sum: u64 = entries.iter().map(|entry| u64::from(entry.weight)).sum();
        let turns = CARDS.div_ceil(sum.max(1));
        let (keys, sizes) = (plan.keys.max(1), plan.sizes.bytes().len().max(1));
        let mut cards = Vec::new();
        for (step, entry) in entries.iter().enumerate() {
            for _ in 0..u64::from(entry.weight) * turns {
                cards.push(Card { step, key: rng.usize(..keys), size: rng.usize(..sizes) });
            }
        }
        rng.shuffle(&mut cards);
        Self { cards, next: 0 }
    }

    /// The next card; after the last the first again.
    pub fn draw(&mut self) -> Card {
        let card = self.cards[self.next];
        self.next += 1;
        if self.next == self.cards.len() {
            self.next = 0;
        }
        card
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::{Length, Pace};
    use super::*;

    fn plan(mix: &str, sizes: &str, keys: usize) -> Plan {
        Plan {
            mix: mix.parse().unwrap(),
            sizes: sizes.parse().unwrap(),
            keys,
            threads: 2,
            pace: Pace::Closed,
            warm_up: Duration::ZERO,
            length: Length::Calls(1),
            seed: 7,
        }
    }

    #[test]
    fn a_turn_has_the_mix_exactly() {
        for (mix, cards, first) in
            [("a=70,b=20,c=10", 4100, 2870), ("a", 4096, 4096), ("a=49999,b=50001", 100_000, 49_999)]
        {
            let mut deck = Deck::new(&plan(mix, "1,2,3", 5), 0);
            assert_eq!(deck.cards.len(), cards, "{mix}");
            let drawn: Vec<Card> = (0..cards).map(|_| deck.draw()).collect();
            assert_eq!(drawn.iter().filter(|card| card.step == 0).count(), first, "{mix}");
            assert_eq!(deck.draw(), drawn[0]);
            for key in 0..5 {
                assert!(drawn.iter().any(|card| card.key == key && card.size == key % 3), "{mix}: key {key}");
            }
            assert!(drawn.iter().all(|card| card.key < 5 && card.size < 3));
        }
    }

    #[test]
    fn a_seed_decides_the_order() {
        let plan = plan("a=1,b=1", "1..99", 9);
        let cards = |plan: &Plan, worker| Deck::new(plan, worker).cards;
        assert_eq!(cards(&plan, 0), cards(&plan, 0));
        assert_ne!(cards(&plan, 0), cards(&plan, 1));
        assert_ne!(cards(&plan, 0), cards(&Plan { seed: 8, ..plan.clone() }, 0));
    }
}
