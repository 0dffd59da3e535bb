//! All vClusters of a host at once: which of its ServiceAccounts stand for whom.
//!
//! Nothing but lists is needed: Namespaces with a vCluster's labels tell its mappings, and whatever
//! is elsewhere formula and annotations must agree on. A ServiceAccount outside the namespaces of
//! the vCluster that it names proves nothing, since anybody could have made it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::name::marker_label_cluster;
use crate::namespaces::SeenNamespaces;
use crate::vcluster_labels::{HostMetadata, MANAGED_BY, OBJECT_UID, TenantObject};

use super::identification::VirtualClusterName;
use super::judgement::{ModeSource, VirtualClusterFacts};

/// The vClusters of a host.
#[derive(Debug, Default)]
pub struct Fleet {
    members: Vec<Member>,
    /// Members by the host namespaces that count for them.
    by_namespace: HashMap<String, Vec<usize>>,
    /// Several, if the marker leaves open where the namespace's name ends.
    by_marker: HashMap<String, Vec<usize>>,
}

/// One vCluster of a host.
#[derive(Debug)]
pub struct Member {
    which: VirtualClusterName,
    namespaces: SeenNamespaces,
}

/// What a host ServiceAccount is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing<'a> {
    /// A vCluster made it for a ServiceAccount of its tenant.
    Synced {
        /// Number of the vCluster.
        member: usize,
        /// Whom it stands for.
        tenant: TenantObject<'a>,
    },
    /// It is in a namespace of the vCluster that it names, and fails vCluster's own test.
    Unmanaged {
        /// Number of the vCluster.
        member: usize,
        /// The tenant's uid that it carries.
        uid: Option<&'a str>,
    },
    /// It is in no namespace of the vCluster that it names.
    Outside,
}

impl Fleet {
    /// Returns the fleet of these vClusters, in the order of host namespace and name.
    pub fn new(vclusters: impl IntoIterator<Item = VirtualClusterName>) -> Self {
        let sorted: BTreeSet<(String, String)> = vclusters
            .into_iter()
            .map(|which| (which.namespace, which.name))
            .collect();
        let mut fleet = Self::default();
        for (index, (namespace, name)) in sorted.into_iter().enumerate() {
            fleet
                .by_marker
                .entry(marker_label_cluster(&namespace, &name))
                .or_default()
                .push(index);
            fleet
                .by_namespace
                .entry(namespace.clone())
                .or_default()
                .push(index);
            fleet.members.push(Member {
                which: VirtualClusterName { name, namespace },
                namespaces: SeenNamespaces::default(),
            });
        }
        fleet
    }

    /// Adds a host Namespace to the vCluster whose labels it carries, if it is one of these.
    pub fn add_namespace(
        &mut self,
        host: &str,
        labels: &BTreeMap<String, String>,
        annotations: &BTreeMap<String, String>,
    ) {
        let Some(index) = self.owner_of(labels) else {
            return;
        };
        if let Some(member) = self.members.get_mut(index) {
            member.namespaces.add(host, annotations);
            let members = self.by_namespace.entry(host.to_owned()).or_default();
            members.push(index);
        }
    }

    /// Returns the one whose a host Namespace is; none if it may be one of several's.
    fn owner_of(&self, labels: &BTreeMap<String, String>) -> Option<usize> {
        let marked = self.by_marker.get(labels.get(MANAGED_BY)?)?;
        let mut owners = marked.iter().copied().filter(|index| {
            let member = self.members.get(*index);
            member.is_some_and(|member| member.which.owns_namespace(labels))
        });
        owners.next().filter(|_| owners.next().is_none())
    }

    /// Returns the vClusters.
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// Returns the host namespaces that count for any of them.
    pub fn namespaces(&self) -> BTreeSet<&str> {
        self.by_namespace.keys().map(String::as_str).collect()
    }

    /// Says what a host ServiceAccount is.
    pub fn standing<'a>(&self, host: HostMetadata<'a>) -> Standing<'a> {
        let managed_by = host.labels.get(MANAGED_BY);
        let mut unmanaged = Standing::Outside;
        for &index in self.by_namespace.get(host.namespace).into_iter().flatten() {
            let Some(member) = self.members.get(index) else {
                continue;
            };
            if managed_by != Some(&member.which.name) {
                continue;
            }
            match member.facts().tenant_of(host) {
                Ok(tenant) => {
                    return Standing::Synced {
                        member: index,
                        tenant,
                    };
                }
                Err(_) => {
                    unmanaged = Standing::Unmanaged {
                        member: index,
                        uid: host.annotations.get(OBJECT_UID).map(String::as_str),
                    };
                }
            }
        }
        unmanaged
    }
}

impl Member {
    /// Returns which vCluster it is.
    pub fn which(&self) -> &VirtualClusterName {
        &self.which
    }

    /// Returns what judgement needs of it. Its configuration, which is in a Secret, is not read.
    pub fn facts(&self) -> VirtualClusterFacts<'_> {
        VirtualClusterFacts {
            which: &self.which,
            configuration: None,
            mode_source: ModeSource::Assumed,
            namespaces: Some(&self.namespaces),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::name::host_name;
    use crate::vcluster_labels::{
        OBJECT_NAME, OBJECT_NAMESPACE, VCLUSTER_NAME, VCLUSTER_NAMESPACE,
    };

    type Map = BTreeMap<String, String>;

    fn map(pairs: &[(&str, &str)]) -> Map {
        let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        pairs.iter().map(owned).collect()
    }

    fn which((namespace, name): (&str, &str)) -> VirtualClusterName {
        VirtualClusterName {
            name: name.to_owned(),
            namespace: namespace.to_owned(),
        }
    }

    /// `vc` in two namespaces, `other` beside one of them; the second `vc` maps `shop` to `web`,
    /// the first is a legacy one with a Namespace for `old`.
    fn fleet() -> Fleet {
        let members = [("one", "vc"), ("two", "vc"), ("one", "other")];
        let mut fleet = Fleet::new(members.map(which));
        fleet.add_namespace(
            "web",
            &map(&[
                (MANAGED_BY, "two-x-vc"),
                (VCLUSTER_NAME, "vc"),
                (VCLUSTER_NAMESPACE, "two"),
            ]),
            &map(&[(OBJECT_NAME, "shop")]),
        );
        // A neighbour's tenant has given its Namespace the labels of `two/vc`.
        fleet.add_namespace(
            "neighbour",
            &map(&[
                (MANAGED_BY, "one-x-other"),
                (VCLUSTER_NAME, "vc"),
                (VCLUSTER_NAMESPACE, "two"),
            ]),
            &map(&[(OBJECT_NAME, "plans")]),
        );
        fleet.add_namespace(
            "legacy",
            &map(&[(MANAGED_BY, "one-x-vc")]),
            &map(&[(OBJECT_NAME, "old")]),
        );
        fleet.add_namespace(
            "stranger",
            &map(&[
                (MANAGED_BY, "three-x-vc"),
                (VCLUSTER_NAME, "vc"),
                (VCLUSTER_NAMESPACE, "three"),
            ]),
            &map(&[(OBJECT_NAME, "shop")]),
        );
        fleet
    }

    fn standing(namespace: &str, name: &str, managed_by: &str, tenant: (&str, &str)) -> String {
        let labels = map(&[(MANAGED_BY, managed_by)]);
        let annotations = map(&[
            (OBJECT_NAMESPACE, tenant.0),
            (OBJECT_NAME, tenant.1),
            (OBJECT_UID, "u1"),
        ]);
        let host = HostMetadata {
            namespace,
            name,
            labels: &labels,
            annotations: &annotations,
        };
        let fleet = fleet();
        match fleet.standing(host) {
            Standing::Synced { member, tenant } => {
                let which = fleet.members()[member].which();
                format!("{which}: {}/{}", tenant.namespace, tenant.name)
            }
            Standing::Unmanaged { member, uid } => {
                let which = fleet.members()[member].which();
                format!("{which} did not make it for {uid:?}")
            }
            Standing::Outside => "outside".to_owned(),
        }
    }

    #[test]
    fn every_service_account_is_the_one_of_the_vcluster_whose_namespace_it_is_in() {
        let single = host_name("app", "shop", "vc");
        let beside = host_name("app", "shop", "other");
        for (namespace, name, managed_by, tenant, expected) in [
            ("one", &*single, "vc", ("shop", "app"), "one/vc: shop/app"),
            (
                "one",
                &*beside,
                "other",
                ("shop", "app"),
                "one/other: shop/app",
            ),
            ("web", "app", "vc", ("shop", "app"), "two/vc: shop/app"),
            ("legacy", "app", "vc", ("old", "app"), "one/vc: old/app"),
            // Mapped to `web`, so that it can't be here.
            (
                "two",
                &*single,
                "vc",
                ("shop", "app"),
                "two/vc did not make it for Some(\"u1\")",
            ),
            (
                "one",
                "forged",
                "vc",
                ("shop", "app"),
                "one/vc did not make it for Some(\"u1\")",
            ),
            (
                "one",
                &*beside,
                "vc",
                ("shop", "app"),
                "one/vc did not make it for Some(\"u1\")",
            ),
            (
                "web",
                "app",
                "vc",
                ("other", "app"),
                "two/vc did not make it for Some(\"u1\")",
            ),
            ("web", "app", "other", ("shop", "app"), "outside"),
            ("elsewhere", &*single, "vc", ("shop", "app"), "outside"),
            ("stranger", "app", "vc", ("shop", "app"), "outside"),
            ("neighbour", "app", "vc", ("plans", "app"), "outside"),
            ("two", &*beside, "other", ("shop", "app"), "outside"),
            ("one", "app", "loft", ("shop", "app"), "outside"),
        ] {
            let found = standing(namespace, name, managed_by, tenant);
            assert_eq!(found, expected, "{namespace}/{name} of {managed_by}");
        }
    }
}
