//! Host Namespaces that a vCluster made or imported: what they say goes before every formula.

use std::collections::{BTreeMap, BTreeSet};

use crate::name::{is_label, is_subdomain};
use crate::vcluster_labels::OBJECT_NAME;

use super::{HostServiceAccount, NameError};

/// The host Namespaces that carry a vCluster's labels, by the tenant's namespace.
///
/// Source: vCluster `pkg/controllers/resources/namespaces/{syncer,translate}.go`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SeenNamespaces {
    by_tenant: BTreeMap<String, BTreeSet<String>>,
    hosts: BTreeSet<String>,
}

impl SeenNamespaces {
    /// Adds a host Namespace by its name and annotations.
    pub fn add(&mut self, host: &str, annotations: &BTreeMap<String, String>) {
        self.hosts.insert(host.to_owned());
        if let Some(tenant) = annotations.get(OBJECT_NAME) {
            let hosts = self.by_tenant.entry(tenant.clone()).or_default();
            hosts.insert(host.to_owned());
        }
    }

    /// Whether it is one of them.
    pub fn contains(&self, host: &str) -> bool {
        self.hosts.contains(host)
    }

    /// Returns the host's names of all.
    pub fn hosts(&self) -> impl Iterator<Item = &str> {
        self.hosts.iter().map(String::as_str)
    }

    /// Returns what a ServiceAccount is called, given what was computed; `is_known` says that this
    /// rests on the vCluster's own configuration. Objects keep their names in a host Namespace of
    /// their own.
    ///
    /// # Errors
    ///
    /// [`NameError`], also where the two disagree.
    pub fn settle(
        &self,
        namespace: &str,
        name: &str,
        computed: Result<HostServiceAccount, NameError>,
        is_known: bool,
    ) -> Result<HostServiceAccount, NameError> {
        let Some(hosts) = self.by_tenant.get(namespace) else {
            return computed;
        };
        let mut seen = hosts.iter();
        let (Some(host), None) = (seen.next(), seen.next()) else {
            return Err(NameError::Ambiguous {
                namespace: namespace.to_owned(),
                candidates: hosts.iter().cloned().collect(),
            });
        };
        match computed {
            // An invalid name stays one, whatever the host has.
            Err(error @ NameError::Invalid { .. }) => Err(error),
            Ok(own) if is_known && own.namespace != *host => Err(NameError::Disagree {
                namespace: namespace.to_owned(),
                computed: own.namespace,
                seen: host.clone(),
            }),
            Err(error @ NameError::Forbidden { .. }) if is_known => Err(error),
            Err(NameError::Ambiguous { candidates, .. })
                if is_known && !candidates.contains(host) =>
            {
                Err(NameError::Disagree {
                    namespace: namespace.to_owned(),
                    computed: candidates.join("` or `"),
                    seen: host.clone(),
                })
            }
            Ok(_) | Err(_) if is_label(host) && is_subdomain(name) => Ok(HostServiceAccount {
                namespace: host.clone(),
                name: name.to_owned(),
            }),
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(pairs: &[(&str, &str)]) -> SeenNamespaces {
        let mut seen = SeenNamespaces::default();
        for (host, tenant) in pairs {
            let annotations = [(OBJECT_NAME.to_owned(), (*tenant).to_owned())];
            seen.add(host, &BTreeMap::from(annotations));
        }
        seen
    }

    fn own(namespace: &str, name: &str) -> HostServiceAccount {
        HostServiceAccount {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
        }
    }

    #[test]
    fn the_hosts_namespace_settles_what_the_formula_leaves_open() {
        let one = seen(&[("host-a", "a")]);
        let ambiguous = |candidates: &[&str]| NameError::Ambiguous {
            namespace: "a".to_owned(),
            candidates: candidates.iter().map(|&name| name.to_owned()).collect(),
        };
        let single = own("hns", "app-x-a-x-vc");
        for (computed, is_known, expected) in [
            (Ok(own("host-a", "app")), true, Ok("host-a/app".to_owned())),
            (Ok(single.clone()), false, Ok("host-a/app".to_owned())),
            (
                Err(ambiguous(&["host-a", "other"])),
                true,
                Ok("host-a/app".to_owned()),
            ),
            (
                Ok(single),
                true,
                Err(
                    "the configuration leads tenant namespace `a` to `hns`, but the host has \
                     Namespace `host-a` for it"
                        .to_owned(),
                ),
            ),
            (
                Err(ambiguous(&["b", "c"])),
                true,
                Err(
                    "the configuration leads tenant namespace `a` to `b` or `c`, but the host has \
                     Namespace `host-a` for it"
                        .to_owned(),
                ),
            ),
        ] {
            let settled = one.settle("a", "app", computed, is_known);
            let settled = settled
                .map(|own| format!("{}/{}", own.namespace, own.name))
                .map_err(|error| error.to_string());
            assert_eq!(settled, expected);
        }
        let untouched = one.settle("b", "app", Ok(own("hns", "x")), true);
        assert_eq!(untouched, Ok(own("hns", "x")));
        let two = seen(&[("host-a", "a"), ("host-b", "a")]);
        let refused = two.settle("a", "app", Ok(own("host-a", "app")), true);
        assert_eq!(refused, Err(ambiguous(&["host-a", "host-b"])));
        assert!(two.contains("host-b") && !two.contains("a"));
    }
}
