//! How many keys a cluster holds (documented); it matters only where quotas apply.

use crate::object::{Class, Object};

/// Keys and, among them, halves of pairs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Count {
    keys: usize,
    /// Each half counts (inferred).
    halves: usize,
}

impl Count {
    /// Of these objects, some of which may be no keys.
    pub(crate) fn of<'o>(objects: impl IntoIterator<Item = &'o Object>) -> Self {
        let mut count = Self { keys: 0, halves: 0 };
        for object in objects {
            match object.class {
                Class::Secret => count.keys += 1,
                Class::Public | Class::Private => {
                    count.keys += 1;
                    count.halves += 1;
                }
                Class::Data | Class::Certificate | Class::Profile => {}
            }
        }
        count
    }
}

/// The most that an HSM type holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Quota(Count);

impl Quota {
    /// That of an HSM type.
    pub(crate) fn of(hsm_type: &str) -> Self {
        Self(match hsm_type {
            "hsm1.medium" => Count { keys: 3_300, halves: 3_300 },
            _ => Count { keys: 16_666, halves: 3_333 },
        })
    }

    /// Whether so many more may come to those that are held. What is no key always may.
    pub(crate) fn admits(self, held: Count, more: Count) -> bool {
        let room = |held: usize, more: usize, limit: usize| more == 0 || held + more <= limit;
        room(held.keys, more.keys, self.0.keys) && room(held.halves, more.halves, self.0.halves)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documented_limits() {
        let secrets = |keys| Count { keys, halves: 0 };
        let halves = |halves| Count { keys: halves, halves };
        for (hsm_type, held, more, admitted) in [
            ("hsm1.medium", secrets(3_299), secrets(1), true),
            ("hsm1.medium", secrets(3_300), secrets(1), false),
            ("hsm1.medium", halves(3_298), halves(2), true),
            ("hsm1.medium", halves(3_299), halves(2), false),
            ("hsm2m.medium", secrets(16_665), secrets(1), true),
            ("hsm2m.medium", secrets(16_666), secrets(1), false),
            ("hsm2m.medium", halves(3_332), halves(2), false),
            ("hsm2m.medium", halves(3_333), secrets(1), true),
            // A cluster that held more before quotas applied still takes certificates.
            ("hsm1.medium", secrets(9_999), secrets(0), true),
        ] {
            assert_eq!(Quota::of(hsm_type).admits(held, more), admitted, "{hsm_type} {held:?} {more:?}");
        }
    }
}
