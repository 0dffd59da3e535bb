//! Finds tenant ServiceAccounts that claim one host name, in a stream of any length.
//!
//! vCluster gives the name to the newcomer and destroys the first, so a pair is an attack or about
//! to be one. Only names that another tenant name can have are kept, and of those only hashes.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hash};

use crate::name::{is_ambiguous_join, is_cut};
use crate::namespaces::{HostNamespace, NamespaceMode, host_namespace};

/// Whether another ServiceAccount, of this vCluster or of one beside it, can have the same host
/// name; if not, there is no need to [claim](Claims::claim) it.
///
/// In the control plane's namespace those are the names that can be taken apart in several ways,
/// and all cut ones, which 40 bits of digest tell apart. In a mapped namespace it is every name,
/// since it is kept as it is and other mappings can lead there.
pub fn can_collide(
    mode: &NamespaceMode,
    vcluster: &str,
    vcluster_namespace: &str,
    namespace: &str,
    name: &str,
) -> bool {
    match host_namespace(mode, vcluster, vcluster_namespace, namespace) {
        HostNamespace::Unmapped => {
            is_ambiguous_join(name, namespace, vcluster) || is_cut(name, namespace, vcluster)
        }
        HostNamespace::Mapped { .. } | HostNamespace::Ambiguous { .. } => true,
        HostNamespace::Forbidden => false,
    }
}

/// The host names claimed so far, 8 bytes each.
#[derive(Debug, Default)]
pub struct Claims {
    /// Picked by the first bits of the host name's hash; none before the first claim. Each claim is
    /// the bits after those and, below, some of its owner's hash.
    buckets: Vec<Vec<u64>>,
    // Keyed at random, so that nobody can choose names whose hashes meet.
    hasher: RandomState,
}

/// Bits of a host name's hash that pick its bucket: with a million claims, one has some sixty.
const BUCKET_BITS: u32 = 14;

/// Bits of a claim that are its owner's. The other 44 and those of the bucket tell host names apart:
/// among ten million, the odds that two are taken for one are 1 in 5,000.
const OWNER_BITS: u32 = 20;

/// The answer to a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// Nobody has claimed the host name before.
    First,
    /// The same owner has.
    Again,
    /// Somebody else has: both are to be refused.
    Taken,
}

impl Claims {
    /// Returns no claims.
    pub fn new() -> Self {
        Self::default()
    }

    /// Claims the ServiceAccount `host` for the tenant's `owner`.
    ///
    /// `host` is what tells host ServiceAccounts apart: the cluster, as far as it is known,
    /// namespace and name. `owner` is what tells tenant ServiceAccounts apart: the vCluster and its
    /// namespace, namespace and name. Of a pair, the second is told; the first has passed by then.
    pub fn claim(&mut self, host: impl Hash, owner: impl Hash) -> Claim {
        let host = self.hasher.hash_one(host);
        let owner = self.hasher.hash_one(owner) >> (u64::BITS - OWNER_BITS);
        let claim = (host << BUCKET_BITS >> OWNER_BITS << OWNER_BITS) | owner;
        if self.buckets.is_empty() {
            self.buckets.resize_with(1 << BUCKET_BITS, Vec::new);
        }
        let bucket = usize::try_from(host >> (u64::BITS - BUCKET_BITS)).unwrap_or_default();
        let Some(bucket) = self.buckets.get_mut(bucket) else {
            return Claim::First;
        };
        let same_host = |known: &&u64| (*known ^ claim) >> OWNER_BITS == 0;
        match bucket.iter().find(same_host) {
            Some(first) if *first == claim => Claim::Again,
            Some(_) => Claim::Taken,
            None => {
                if bucket.len() == bucket.capacity() {
                    // Not doubled, which would leave half of it unused.
                    bucket.reserve_exact(bucket.len() / 8 + 4);
                }
                bucket.push(claim);
                Claim::First
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::name::host_name;
    use crate::namespaces::NamespaceMappings;

    #[test]
    fn the_second_of_a_pair_is_told_and_a_repeat_is_none() {
        let mut claims = Claims::new();
        let mut claim = |namespace: &str, name: &str, vcluster: &str| {
            let host = host_name(name, namespace, vcluster);
            claims.claim(("hns", host), (vcluster, "hns", namespace, name))
        };
        assert_eq!(claim("c", "a-x-b", "vc"), Claim::First);
        assert_eq!(claim("c", "a-x-b", "vc"), Claim::Again);
        assert_eq!(claim("b-x-c", "a", "vc"), Claim::Taken);
        assert_eq!(claim("c", "a-x-b", "vc"), Claim::Again);
        assert_eq!(claim("a-x", "n", "vc"), Claim::First);
        assert_eq!(
            claim("a", "n", "x-vc"),
            Claim::Taken,
            "two vClusters in one namespace"
        );
        assert_eq!(claim("d", "a-x-b", "vc"), Claim::First);
    }

    #[test]
    fn many_claims_stay_what_they_were_and_take_eight_bytes() {
        const COUNT: u32 = 200_000;
        let mut claims = Claims::new();
        for host in 0..COUNT {
            assert_eq!(claims.claim(host, "first"), Claim::First, "{host}");
        }
        for host in 0..COUNT {
            assert_eq!(claims.claim(host, "first"), Claim::Again, "{host}");
            assert_eq!(claims.claim(host, "second"), Claim::Taken, "{host}");
        }
        let room: usize = claims.buckets.iter().map(Vec::capacity).sum();
        assert!(room < COUNT as usize * 3 / 2, "{room}");
    }

    #[test]
    fn the_hosts_of_two_clusters_are_two() {
        let mut claims = Claims::new();
        assert_eq!(claims.claim(("east", "hns", "a"), "one"), Claim::First);
        assert_eq!(claims.claim(("west", "hns", "a"), "two"), Claim::First);
    }

    #[test]
    fn only_names_that_can_meet_others_are_candidates() {
        let by_name = BTreeMap::from([("team-*".to_owned(), "t-*".to_owned())]);
        let sync = |mappings_only| NamespaceMode::Sync {
            mappings: NamespaceMappings::new(&by_name, "vc", "hns").unwrap(),
            mappings_only,
        };
        let single = NamespaceMode::Single;
        let (fits, cut) = ("n".repeat(54), "n".repeat(55));
        for (mode, namespace, name, expected) in [
            (&single, "b", "app", false),
            (&single, "b", &*fits, false),
            (&single, "b", &*cut, true),
            (&single, "x-b", "a", true),
            (&sync(false), "team-b", "app", true),
            (&sync(false), "other", "app", false),
            (&sync(false), "other", "a-x-b", true),
            (&sync(true), "other", "a-x-b", false),
            (&NamespaceMode::LegacyMulti, "b", "app", true),
        ] {
            let found = can_collide(mode, "vc", "hns", namespace, name);
            assert_eq!(found, expected, "{namespace}/{name}");
        }
    }
}
