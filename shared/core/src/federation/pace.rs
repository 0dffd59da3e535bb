//! The pace at which Azure takes writes of credentials: three limits at once.

use std::collections::{BTreeSet, HashMap};
use std::ops::Bound;
use std::time::Duration;

use crate::arm::ResourceId;

/// Time between two writes on one identity, in one subscription, and in one Entra tenant: 0.25, 2
/// and 10 a second.
///
/// Source: <https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/managed-identities-faq>,
/// limits of user-assigned managed identities, "create or update".
const BETWEEN: [Duration; 3] = [
    Duration::from_secs(4),
    Duration::from_millis(500),
    Duration::from_millis(100),
];

/// When the next write may be sent. Knows no clock: times are counted from the start of the run.
#[derive(Clone, Debug, Default)]
pub struct Pace {
    /// Moments that are taken. One identity's may lie ahead of moments that are free for others.
    taken: HashMap<Limited, BTreeSet<Duration>>,
}

/// What one limit is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Limited {
    Identity(String),
    Subscription(String),
    Tenant,
}

impl Pace {
    /// Takes the next free moment for a credential of this identity, `now` or later, and returns it.
    pub fn credential(&mut self, now: Duration, identity: &ResourceId) -> Duration {
        let keys = [
            Limited::Identity(identity.folded()),
            Limited::Subscription(identity.subscription().to_lowercase()),
            Limited::Tenant,
        ];
        self.take(now, keys.into_iter().zip(BETWEEN))
    }

    /// Takes the next free moment for making an identity.
    pub fn identity(&mut self, now: Duration, identity: &ResourceId) -> Duration {
        let keys = [
            Limited::Subscription(identity.subscription().to_lowercase()),
            Limited::Tenant,
        ];
        self.take(now, keys.into_iter().zip(BETWEEN.into_iter().skip(1)))
    }

    fn take(
        &mut self,
        now: Duration,
        limits: impl Iterator<Item = (Limited, Duration)>,
    ) -> Duration {
        let limits: Vec<_> = limits.collect();
        let mut at = now;
        while let Some(later) = limits
            .iter()
            .filter_map(|(limited, between)| self.too_close(limited, at, *between))
            .max()
        {
            at = later;
        }
        for (limited, between) in limits {
            let taken = self.taken.entry(limited).or_default();
            // Nobody asks for a moment before now.
            *taken = taken.split_off(&now.saturating_sub(between));
            taken.insert(at);
        }
        at
    }

    /// Returns the next moment to try if one that is taken lies too close to this one.
    fn too_close(&self, limited: &Limited, at: Duration, between: Duration) -> Option<Duration> {
        let from = at
            .checked_sub(between)
            .map_or(Bound::Unbounded, Bound::Excluded);
        let until = Bound::Excluded(at.saturating_add(between));
        let taken = self.taken.get(limited)?;
        let last = taken.range((from, until)).next_back()?;
        Some(last.saturating_add(between))
    }
}

/// Returns how long the pace makes so many writes last: credentials per identity. The narrowest of
/// the limits decides; queues side by side come close to it.
pub fn estimate<'a>(writes: impl IntoIterator<Item = (&'a ResourceId, usize)>) -> Duration {
    let mut counts: HashMap<Limited, (usize, Duration)> = HashMap::new();
    for (identity, writes) in writes {
        let keys = [
            Limited::Identity(identity.folded()),
            Limited::Subscription(identity.subscription().to_lowercase()),
            Limited::Tenant,
        ];
        for (limited, between) in keys.into_iter().zip(BETWEEN) {
            counts.entry(limited).or_insert((0, between)).0 += writes;
        }
    }
    let lasts = counts.into_values().map(|(writes, between)| {
        // The first waits for nobody.
        let waits = u32::try_from(writes.saturating_sub(1)).unwrap_or(u32::MAX);
        between.saturating_mul(waits)
    });
    lasts.max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arm::Kind;

    fn id(subscription: u8, name: usize) -> ResourceId {
        let subscription = format!("00000000-0000-4000-8000-00000000000{subscription}");
        ResourceId::new(Kind::Identity, &subscription, "rg", &format!("app-{name}")).unwrap()
    }

    #[test]
    fn the_first_write_waits_for_nobody_and_the_next_for_its_identity() {
        let mut pace = Pace::default();
        let seconds = Duration::from_secs_f64;
        let zero = Duration::ZERO;
        assert_eq!(pace.credential(zero, &id(1, 1)), zero);
        assert_eq!(pace.credential(zero, &id(1, 1)), seconds(4.0));
        assert_eq!(pace.credential(seconds(4.0), &id(1, 2)), seconds(4.5));
        assert_eq!(pace.credential(seconds(9.0), &id(1, 1)), seconds(9.0));
        assert_eq!(pace.identity(seconds(9.0), &id(1, 1)), seconds(9.5));
        // The identity took the half second after, and left the tenant's tenths before it free.
        assert_eq!(pace.credential(seconds(9.0), &id(2, 1)), seconds(9.1));
    }

    #[test]
    fn a_moment_that_waits_for_its_identity_leaves_those_before_it_to_others() {
        let mut pace = Pace::default();
        let seconds = Duration::from_secs_f64;
        assert_eq!(pace.credential(seconds(0.0), &id(1, 1)), seconds(0.0));
        assert_eq!(pace.credential(seconds(0.1), &id(1, 1)), seconds(4.0));
        assert_eq!(pace.credential(seconds(0.2), &id(1, 2)), seconds(0.5));
        assert_eq!(pace.credential(seconds(3.3), &id(1, 3)), seconds(3.3));
        // Too close to the one at four seconds.
        assert_eq!(pace.credential(seconds(3.7), &id(1, 4)), seconds(4.5));
    }

    #[test]
    fn the_narrowest_limit_decides() {
        let one = id(1, 1);
        assert_eq!(estimate([(&one, 20)]), Duration::from_secs(19 * 4));
        let fifty: Vec<ResourceId> = (0..50).map(|name| id(1, name)).collect();
        let bound = estimate(fifty.iter().map(|identity| (identity, 20)));
        assert_eq!(bound, Duration::from_millis(999 * 500));
        assert_eq!(estimate([]), Duration::ZERO);
    }

    #[test]
    fn queues_that_wait_for_their_answers_keep_the_pace_and_its_bound() {
        let latency = Duration::from_millis(100);
        for (subscriptions, identities, each) in [(1, 50, 20), (4, 50, 20), (1, 3, 20), (9, 90, 5)]
        {
            let ids: Vec<ResourceId> = (0..identities)
                .map(|name| id(u8::try_from(name % subscriptions).unwrap(), name))
                .collect();
            let mut pace = Pace::default();
            // When each queue asks for its next moment: after the answer to its last write.
            let mut queues: BTreeSet<(Duration, usize, usize)> = (0..identities)
                .map(|name| (Duration::ZERO, name, 0))
                .collect();
            let mut sent: Vec<(Duration, usize)> = Vec::new();
            while let Some((now, name, written)) = queues.pop_first() {
                let at = pace.credential(now, &ids[name]);
                sent.push((at, name));
                if written + 1 < each {
                    queues.insert((at + latency, name, written + 1));
                }
            }
            let bound = estimate(ids.iter().map(|identity| (identity, each)));
            let last = sent.iter().map(|(at, _)| *at).max().unwrap();
            assert!(
                last.as_secs_f64() <= bound.as_secs_f64() * 1.05,
                "{last:?} of {bound:?}"
            );
            sent.sort_unstable();
            let apart = |times: Vec<Duration>, between: Duration| {
                assert!(
                    times.windows(2).all(|pair| pair[0] + between <= pair[1]),
                    "{times:?}"
                );
            };
            let of = |fits: &dyn Fn(usize) -> bool| {
                let fitting = sent.iter().filter(|(_, name)| fits(*name));
                fitting.map(|(at, _)| *at).collect::<Vec<_>>()
            };
            apart(of(&|_| true), BETWEEN[2]);
            for subscription in 0..subscriptions {
                apart(of(&|name| name % subscriptions == subscription), BETWEEN[1]);
            }
            for identity in 0..identities {
                apart(of(&|name| name == identity), BETWEEN[0]);
            }
        }
    }
}
