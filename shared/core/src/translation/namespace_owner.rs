//! Whose a host Namespace is.

use std::collections::BTreeMap;

use crate::name::marker_label_cluster;
use crate::vcluster_labels::{MANAGED_BY, VCLUSTER_NAME, VCLUSTER_NAMESPACE};

use super::identification::VirtualClusterName;

impl VirtualClusterName {
    /// Whether a host Namespace with these labels is one of this vCluster's.
    ///
    /// The marker decides: the syncer that has the Namespace writes it, whatever the tenant's copy
    /// says. Namespace sync adds the vCluster's name and namespace, which a tenant's copy can carry
    /// too, so that they prove nothing alone; the legacy mode has the marker only.
    pub fn owns_namespace(&self, labels: &BTreeMap<String, String>) -> bool {
        let label = |key| labels.get(key).map(String::as_str);
        let is_named = match (label(VCLUSTER_NAME), label(VCLUSTER_NAMESPACE)) {
            (None, None) => true,
            (name, namespace) => name == Some(&*self.name) && namespace == Some(&*self.namespace),
        };
        is_named && label(MANAGED_BY) == Some(&*marker_label_cluster(&self.namespace, &self.name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_marker_decides_and_names_must_not_say_otherwise() {
        let which = VirtualClusterName {
            name: "vc".to_owned(),
            namespace: "team".to_owned(),
        };
        let own = Some("team-x-vc");
        for (marker, name, namespace, expected) in [
            (own, Some("vc"), Some("team"), true),
            (own, None, None, true),
            (own, Some("vc"), None, false),
            (own, Some("vc"), Some("other"), false),
            (own, Some("other"), Some("team"), false),
            (Some("evil-x-vc"), Some("vc"), Some("team"), false),
            (Some("vc"), Some("vc"), Some("team"), false),
            (None, Some("vc"), Some("team"), false),
            (None, None, None, false),
        ] {
            let labels = [
                (MANAGED_BY, marker),
                (VCLUSTER_NAME, name),
                (VCLUSTER_NAMESPACE, namespace),
            ];
            let labels = labels.into_iter();
            let labels: BTreeMap<String, String> = labels
                .filter_map(|(key, value)| Some((key.to_owned(), value?.to_owned())))
                .collect();
            assert_eq!(which.owns_namespace(&labels), expected, "{labels:?}");
        }
    }
}
