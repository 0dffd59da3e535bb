//! Whether a vCluster sleeps, as its host shows it: any request to its API would wake it.
//!
//! Source: vCluster `pkg/cli/find/find.go` and `pkg/lifecycle`.

use std::collections::BTreeMap;
use std::fmt;

const PAUSED: &str = "loft.sh/paused";
const SLEEP_MODE: &str = "loft.sh/sleep-mode";

/// Why a vCluster does not run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sleep {
    /// `vcluster pause`: annotation `loft.sh/paused`.
    Paused,
    /// Sleep mode: label `loft.sh/sleep-mode`.
    Sleeping,
    /// Its StatefulSet or Deployment has no replicas.
    ScaledDown,
}

impl fmt::Display for Sleep {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Paused => "paused",
            Self::Sleeping => "asleep",
            Self::ScaledDown => "scaled down",
        })
    }
}

/// Returns why the vCluster with this StatefulSet or Deployment does not run; `None` if it does.
/// Without a number of replicas there is one.
pub fn sleep(
    labels: &BTreeMap<String, String>,
    annotations: &BTreeMap<String, String>,
    replicas: Option<i64>,
) -> Option<Sleep> {
    let is_true = |of: &BTreeMap<String, String>, key| of.get(key).is_some_and(|it| it == "true");
    if is_true(annotations, PAUSED) {
        Some(Sleep::Paused)
    } else if is_true(labels, SLEEP_MODE) {
        Some(Sleep::Sleeping)
    } else if replicas == Some(0) {
        Some(Sleep::ScaledDown)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_sign_of_sleep_is_seen() {
        let map = |key: &str, value: &str| BTreeMap::from([(key.to_owned(), value.to_owned())]);
        let none = BTreeMap::new;
        for (labels, annotations, replicas, expected) in [
            (none(), none(), None, None),
            (none(), none(), Some(1), None),
            (none(), none(), Some(0), Some(Sleep::ScaledDown)),
            (none(), map(PAUSED, "true"), Some(0), Some(Sleep::Paused)),
            (none(), map(PAUSED, "false"), Some(1), None),
            (
                map(SLEEP_MODE, "true"),
                none(),
                Some(1),
                Some(Sleep::Sleeping),
            ),
            (map(SLEEP_MODE, ""), map(SLEEP_MODE, "true"), Some(1), None),
        ] {
            assert_eq!(sleep(&labels, &annotations, replicas), expected);
        }
    }
}
