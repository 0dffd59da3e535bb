//! Out and back: whatever a host ServiceAccount is called, its annotations lead to the one that the
//! name was made for, and nobody else's do.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::name::marker_label_cluster;
use crate::namespaces::host_service_account;
use crate::vcluster_labels::{OBJECT_NAMESPACE, OBJECT_UID, VCLUSTER_NAME, VCLUSTER_NAMESPACE};

/// A label, with the separator of host names in it as often as not.
fn label() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?",
        "[a-z0-9]{1,4}-x-[a-z0-9]{1,4}",
        Just("x".to_owned()),
        "[a-z0-9]{63}",
    ]
}

/// A subdomain that is cut in host names, or is not.
fn subdomain() -> impl Strategy<Value = String> {
    prop_oneof![label(), "[a-z0-9]{1,30}(\\.[a-z0-9]{1,30}){1,6}"]
}

/// How a vCluster maps namespaces, `HOST` a host namespace of its own for the tenant's.
#[derive(Clone, Copy, Debug)]
enum Mode {
    Single,
    Target,
    Mapped,
    Legacy,
}

fn mode() -> impl Strategy<Value = Mode> {
    prop_oneof![
        Just(Mode::Single),
        Just(Mode::Target),
        Just(Mode::Mapped),
        Just(Mode::Legacy)
    ]
}

fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
    pairs.iter().map(owned).collect()
}

fn configuration(mode: Mode, which: &VirtualClusterName, namespace: &str) -> Configuration {
    let values = match mode {
        Mode::Single => serde_json::json!({}),
        Mode::Target => {
            serde_json::json!({"experimental": {"syncSettings": {"targetNamespace": "target"}}})
        }
        Mode::Mapped => serde_json::json!({"sync": {"toHost": {"namespaces": {
            "enabled": true, "mappings": {"byName": {namespace: "mapped"}},
        }}}}),
        Mode::Legacy => {
            serde_json::json!({"experimental": {"multiNamespaceMode": {"enabled": true}}})
        }
    };
    Configuration::from_values(&values, which).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_host_name_leads_back_to_whom_it_was_made_for(
        mode in mode(),
        vcluster in label(),
        control_plane in label(),
        namespace in label(),
        name in subdomain(),
        other in label(),
    ) {
        let which = VirtualClusterName { name: vcluster, namespace: control_plane };
        let configuration = configuration(mode, &which, &namespace);
        let host = host_service_account(
            &configuration.mode,
            &which.name,
            configuration.host_namespace(&which),
            &namespace,
            &name,
        )
        .unwrap();
        // As vCluster writes them.
        let labels = map(&[(MANAGED_BY, &which.name)]);
        let annotations = map(&[
            (OBJECT_NAME, &name),
            (OBJECT_NAMESPACE, &namespace),
            (OBJECT_UID, "uid"),
        ]);
        let account = HostObject {
            metadata: HostMetadata {
                namespace: &host.namespace,
                name: &host.name,
                labels: &labels,
                annotations: &annotations,
            },
            uid: "host-uid",
        };
        let vclusters = [which.clone()];
        let mut trusted = TrustedNamespaces::default();
        trusted.add_control_plane(&which);
        let marker = marker_label_cluster(&which.namespace, &which.name);
        let namespace_labels = map(&[
            (MANAGED_BY, &marker),
            (VCLUSTER_NAME, &which.name),
            (VCLUSTER_NAMESPACE, &which.namespace),
        ]);
        let namespace_annotations = map(&[(OBJECT_NAME, &namespace)]);
        if matches!(mode, Mode::Mapped) {
            let synced = HostMetadata {
                namespace: "",
                name: &host.namespace,
                labels: &namespace_labels,
                annotations: &namespace_annotations,
            };
            prop_assert!(trusted.add_synced(synced, &vclusters));
        } else {
            trusted.add_configured(&host.namespace, &which, &configuration);
        }
        let origins = Origins::new(&trusted, [account]);
        let origin = origins.of(&host.namespace, &host.name).unwrap();
        prop_assert_eq!(&origin.which, &which);
        prop_assert_eq!((&origin.namespace, &origin.name), (&namespace, &name));

        // Annotations that name somebody else belong elsewhere, unless both have one name.
        prop_assume!(other != namespace);
        let forged = map(&[(OBJECT_NAME, &name), (OBJECT_NAMESPACE, &other)]);
        let metadata = HostMetadata { annotations: &forged, ..account.metadata };
        let theirs = host_service_account(
            &configuration.mode,
            &which.name,
            configuration.host_namespace(&which),
            &other,
            &name,
        );
        prop_assume!(theirs.as_ref() != Ok(&host));
        let origins = Origins::new(&trusted, [HostObject { metadata, ..account }]);
        prop_assert!(origins.of(&host.namespace, &host.name).is_err());
    }
}
