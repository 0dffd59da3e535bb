//! One of several processes that share the work on ServiceAccounts.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest, Sha256};
use thiserror::Error;

/// Part `index` of `count` parts that cover everything once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    index: u64,
    count: u64,
}

/// A text that names no part.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("no part of the work: it is `I/N`, with `I` from 0 and below `N`, such as `0/4`")]
pub struct InvalidShard;

impl Shard {
    /// Whether the ServiceAccount `name` in the tenant's `namespace` belongs to this part.
    ///
    /// Its part is the first 8 bytes of SHA-256 over `namespace/name`, read as a big-endian number,
    /// modulo the number of parts. Processes of different builds work on one fleet, so this stays
    /// as it is; another choice would get another flag.
    pub fn holds(self, namespace: &str, name: &str) -> bool {
        if self.is_whole() {
            return true;
        }
        let digest = Sha256::new()
            .chain_update(namespace)
            .chain_update("/")
            .chain_update(name)
            .finalize();
        let number = digest
            .iter()
            .take(8)
            .fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        number % self.count == self.index
    }

    /// Whether it is the only part.
    pub fn is_whole(self) -> bool {
        self.count == 1
    }
}

impl FromStr for Shard {
    type Err = InvalidShard;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (index, count) = text.split_once('/').ok_or(InvalidShard)?;
        // The number's own parser takes a sign too.
        match (number(index), number(count)) {
            (Some(index), Some(count)) if index < count => Ok(Self { index, count }),
            _ => Err(InvalidShard),
        }
    }
}

/// Reads digits alone; the number's own parser takes a sign too.
fn number(text: &str) -> Option<u64> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| digits)
}

impl fmt::Display for Shard {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.index, self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_service_account_is_in_one_part() {
        for count in 1..=9_u64 {
            let shards: Vec<Shard> = (0..count)
                .map(|index| format!("{index}/{count}").parse().unwrap())
                .collect();
            let mut sizes = vec![0_u32; shards.len()];
            for number in 0..900 {
                let name = format!("app-{number}");
                let holders: Vec<usize> = (0..shards.len())
                    .filter(|&index| shards[index].holds("default", &name))
                    .collect();
                assert_eq!(holders.len(), 1, "{name} of {count}");
                sizes[holders[0]] += 1;
            }
            let fair = 900 / u32::try_from(count).unwrap();
            assert!(
                sizes
                    .iter()
                    .all(|size| (fair / 2..=fair * 2).contains(size)),
                "{count}: {sizes:?}"
            );
        }
    }

    /// Shards of an older and of a newer build have to fit together.
    #[test]
    fn the_part_of_a_service_account_never_changes() {
        // printf %s default/app | sha256sum | cut -c1-16, modulo 1000
        for (namespace, name, part) in [("default", "app", 587), ("team-a", "x.y", 948)] {
            let shard: Shard = format!("{part}/1000").parse().unwrap();
            assert!(shard.holds(namespace, name), "{namespace}/{name}");
        }
    }

    #[test]
    fn only_a_part_of_something_is_one() {
        for text in ["0/1", "3/4", "0007/10"] {
            assert!(text.parse::<Shard>().is_ok(), "{text}");
        }
        for text in [
            "", "/", "1", "1/1", "4/4", "0/0", "-1/4", "+1/4", "1/4/2", "a/b", " 1/4",
        ] {
            assert_eq!(text.parse::<Shard>(), Err(InvalidShard), "{text}");
        }
        assert_eq!("1/4".parse::<Shard>().unwrap().to_string(), "1/4");
    }
}
