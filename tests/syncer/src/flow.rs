//! How a change on one side reaches the other: only what changed flows, and the tenant goes first.
//!
//! Source: vCluster `pkg/util/translate/labels.go` and `translate.go`, commit 487667546.

use std::collections::BTreeMap;

/// Labels or annotations.
pub(crate) type Map = BTreeMap<String, String>;

/// The same kind of map on both sides.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sides {
    pub(crate) tenant: Map,
    pub(crate) host: Map,
}

/// Brings what changed between `old` and `now` to the other side.
///
/// When both sides changed, the host's change is not taken over, and it stays as it is unless the
/// tenant changed the same key. A key that a function returns nothing for stays on its side.
pub(crate) fn both_ways(
    old: &Sides,
    now: &Sides,
    to_host: impl Fn(&str) -> Option<String>,
    to_tenant: impl Fn(&str) -> Option<String>,
) -> Sides {
    let mut new = now.clone();
    if old.tenant != now.tenant {
        apply_changes(&old.tenant, &now.tenant, &mut new.host, to_host);
    } else if old.host != now.host {
        apply_changes(&old.host, &now.host, &mut new.tenant, to_tenant);
    }
    new
}

fn apply_changes(
    before: &Map,
    after: &Map,
    target: &mut Map,
    key: impl Fn(&str) -> Option<String>,
) {
    for gone in before.keys().filter(|gone| !after.contains_key(*gone)) {
        if let Some(gone) = key(gone) {
            target.remove(&gone);
        }
    }
    for (changed, value) in after {
        if before.get(changed) != Some(value)
            && let Some(changed) = key(changed)
        {
            target.insert(changed, value.clone());
        }
    }
}

/// Up to 0.20: puts the tenant's annotations on the host, and takes away those that the tenant has
/// no more. `managed` is what the last call returned: the tenant's keys.
pub(crate) fn one_way(tenant: &Map, host: &mut Map, managed: &[String]) -> Vec<String> {
    for key in managed {
        host.remove(key);
    }
    host.extend(tenant.clone());
    tenant.keys().cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(text: &str) -> Map {
        let pairs = text
            .split_whitespace()
            .filter_map(|pair| pair.split_once('='));
        pairs
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect()
    }

    fn text(map: &Map) -> String {
        let pairs: Vec<_> = map
            .iter()
            .map(|(key, value)| format!("{key}={value}"))
            .collect();
        pairs.join(" ")
    }

    #[test]
    fn only_what_changed_flows() {
        for (case, old, now, expected) in [
            ("tenant adds", ("", ""), ("a=1", ""), ("a=1", "a=1")),
            (
                "tenant changes",
                ("a=1", "a=1"),
                ("a=2", "a=1"),
                ("a=2", "a=2"),
            ),
            ("tenant removes", ("a=1", "a=1"), ("", "a=1"), ("", "")),
            (
                "host changes",
                ("a=1", "a=1"),
                ("a=1", "a=2"),
                ("a=2", "a=2"),
            ),
            ("host removes", ("a=1", "a=1"), ("a=1", ""), ("", "")),
            (
                "both change one key",
                ("a=1", "a=1"),
                ("a=2", "a=3"),
                ("a=2", "a=2"),
            ),
            (
                "both change, two keys",
                ("", ""),
                ("a=1", "b=1"),
                ("a=1", "a=1 b=1"),
            ),
            (
                "drift stays",
                ("a=t", "a=h"),
                ("a=t b=1", "a=h"),
                ("a=t b=1", "a=h b=1"),
            ),
            ("drift ends", ("a=t", "a=h"), ("a=h", "a=h"), ("a=h", "a=h")),
            (
                "drift ends on the host",
                ("a=t", "a=h"),
                ("a=t", "a=t"),
                ("a=t", "a=t"),
            ),
            ("own keys stay", ("", ""), ("own=1", ""), ("own=1", "")),
        ] {
            let sides = |(tenant, host): (&str, &str)| Sides {
                tenant: map(tenant),
                host: map(host),
            };
            let same = |key: &str| (key != "own").then(|| key.to_owned());
            let new = both_ways(&sides(old), &sides(now), same, same);
            assert_eq!((&*text(&new.tenant), &*text(&new.host)), expected, "{case}");
        }
    }

    #[test]
    fn one_way_leaves_what_only_the_host_has() {
        let mut host = map("a=old gone=1 host=1");
        let managed = one_way(
            &map("a=new"),
            &mut host,
            &["a".to_owned(), "gone".to_owned()],
        );
        assert_eq!(text(&host), "a=new host=1");
        assert_eq!(managed, ["a"]);
    }
}
