use std::collections::BTreeMap;

use super::*;
use crate::vcluster_labels::{OBJECT_HOST_NAME, OBJECT_NAMESPACE, OBJECT_UID};

type Map = BTreeMap<String, String>;

fn map(pairs: &[(&str, &str)]) -> Map {
    let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
    pairs.iter().map(owned).collect()
}

fn which(name: &str) -> VirtualClusterName {
    VirtualClusterName {
        name: name.to_owned(),
        namespace: "team-x".to_owned(),
    }
}

/// A ServiceAccount or Namespace of the host.
struct Object {
    namespace: &'static str,
    name: &'static str,
    labels: Map,
    annotations: Map,
}

impl Object {
    fn metadata(&self) -> HostMetadata<'_> {
        HostMetadata {
            namespace: self.namespace,
            name: self.name,
            labels: &self.labels,
            annotations: &self.annotations,
        }
    }
}

/// One that vCluster `managed_by` made for `default/app`, or pretends to be.
fn account(namespace: &'static str, name: &'static str, managed_by: &str) -> Object {
    Object {
        namespace,
        name,
        labels: map(&[(MANAGED_BY, managed_by)]),
        annotations: map(&[
            (OBJECT_NAME, "app"),
            (OBJECT_NAMESPACE, "default"),
            (OBJECT_UID, "u1"),
        ]),
    }
}

fn synced_namespace(name: &'static str, of: &str) -> Object {
    let marker = format!("team-x-x-{of}");
    Object {
        namespace: "",
        name,
        labels: map(&[
            (VCLUSTER_NAME, of),
            (VCLUSTER_NAMESPACE, "team-x"),
            (MANAGED_BY, &marker),
        ]),
        annotations: map(&[(OBJECT_NAME, "default")]),
    }
}

/// vClusters `blue` and `red` in `team-x`, and Namespace `mapped` of `blue`.
fn trusted() -> TrustedNamespaces {
    let mut trusted = TrustedNamespaces::default();
    trusted.add_control_plane(&which("blue"));
    trusted.add_control_plane(&which("red"));
    let mapped = synced_namespace("mapped", "blue");
    assert!(trusted.add_synced(mapped.metadata(), &[which("blue"), which("red")]));
    trusted
}

fn answer(objects: &[Object], namespace: &str, name: &str) -> String {
    let trusted = trusted();
    let accounts = objects.iter().map(|object| HostObject {
        metadata: object.metadata(),
        uid: "h1",
    });
    let origins = Origins::new(&trusted, accounts);
    match origins.of(namespace, name) {
        Ok(origin) => format!("{} {}/{}", origin.which, origin.namespace, origin.name),
        Err(unknown) => format!("{}: {}", unknown.reason, unknown.message),
    }
}

#[test]
fn annotations_lead_back() {
    for (object, expected) in [
        (
            account("team-x", "app-x-default-x-blue", "blue"),
            "team-x/blue default/app",
        ),
        (
            account("team-x", "app-x-default-x-red", "red"),
            "team-x/red default/app",
        ),
        (account("mapped", "app", "blue"), "team-x/blue default/app"),
    ] {
        let (namespace, name) = (object.namespace, object.name);
        assert_eq!(answer(&[object], namespace, name), expected);
    }
}

#[test]
fn what_can_be_forged_leads_nowhere() {
    let mut copy = account("team-x", "app-x-default-x-blue", "blue");
    let _absent = copy
        .annotations
        .insert(OBJECT_HOST_NAME.to_owned(), "other".to_owned());
    for (object, expected) in [
        (
            account("attacker", "app-x-default-x-blue", "blue"),
            "NotOfVirtualCluster: host ServiceAccount `attacker/app-x-default-x-blue` is in a \
             namespace of no vCluster, so what it says of itself is not trusted",
        ),
        (
            account("team-x", "app", "blue"),
            "ForeignHostServiceAccount: host ServiceAccount `team-x/app` is not one that vCluster \
             `team-x/blue` made: its annotations name `default/app`, which belongs elsewhere",
        ),
        (
            account("team-x", "app-x-default-x-red", "blue"),
            "ForeignHostServiceAccount: host ServiceAccount `team-x/app-x-default-x-red` is not one \
             that vCluster `team-x/blue` made: its annotations name `default/app`, which belongs \
             elsewhere",
        ),
        (
            account("mapped", "app-x-default-x-blue", "blue"),
            "ForeignHostServiceAccount: host ServiceAccount `mapped/app-x-default-x-blue` is not \
             one that vCluster `team-x/blue` made: its annotations name `default/app`, which \
             belongs elsewhere",
        ),
        (
            copy,
            "ForeignHostServiceAccount: host ServiceAccount `team-x/app-x-default-x-blue` is not \
             one that vCluster `team-x/blue` made: its annotation \
             `vcluster.loft.sh/object-host-name` says `other`",
        ),
        (
            account("team-x", "vc-workload-blue", ""),
            "WorkloadServiceAccount: host ServiceAccount `team-x/vc-workload-blue` is not of one \
             ServiceAccount: every pod of vCluster `team-x/blue` runs as it while ServiceAccounts \
             are not synced",
        ),
    ] {
        let (namespace, name) = (object.namespace, object.name);
        assert_eq!(answer(&[object], namespace, name), expected);
    }
}

#[test]
fn two_with_one_uid_are_both_refused() {
    let pair = || {
        [
            account("team-x", "app-x-default-x-blue", "blue"),
            account("mapped", "app", "blue"),
        ]
    };
    for (namespace, name) in [("team-x", "app-x-default-x-blue"), ("mapped", "app")] {
        assert_eq!(
            answer(&pair(), namespace, name),
            "DuplicateUid: uid `u1` of the tenant's ServiceAccount is on several of the host: \
             `team-x/app-x-default-x-blue` and `mapped/app`"
        );
    }
    // A restored copy carries the same uids, and is another vCluster.
    let copy = [
        account("team-x", "app-x-default-x-blue", "blue"),
        account("team-x", "app-x-default-x-red", "red"),
    ];
    assert_eq!(
        answer(&copy, "team-x", "app-x-default-x-red"),
        "team-x/red default/app"
    );
}

#[test]
fn what_is_not_there_is_said_so() {
    assert_eq!(
        answer(&[], "team-x", "gone"),
        "HostServiceAccountNotFound: the host has no ServiceAccount `team-x/gone`"
    );
    assert_eq!(
        answer(&[], "else\u{1b}", "gone"),
        "HostServiceAccountNotFound: the host has no ServiceAccount `else\\u{1b}/gone`, and its \
         namespace is of no vCluster"
    );
}

#[test]
fn a_namespace_is_believed_that_carries_all_marks_of_a_vcluster_that_exists() {
    let known = [which("blue")];
    let add = |object: &Object| TrustedNamespaces::default().add_synced(object.metadata(), &known);
    assert!(add(&synced_namespace("mapped", "blue")));
    assert!(!add(&synced_namespace("mapped", "gone")));
    for key in [VCLUSTER_NAME, VCLUSTER_NAMESPACE, MANAGED_BY] {
        let mut object = synced_namespace("mapped", "blue");
        let _removed = object.labels.remove(key);
        assert!(!add(&object), "{key}");
    }
    let mut object = synced_namespace("mapped", "blue");
    object.annotations.clear();
    assert!(!add(&object));
    // vCluster refuses to map onto its own control plane.
    assert!(!add(&synced_namespace("team-x", "blue")));
}

#[test]
fn a_configuration_leads_to_more_namespaces() {
    let blue = which("blue");
    let legacy = "vcluster-37a8eec1-";
    for (values, namespace, expected) in [
        (
            "experimental: {syncSettings: {targetNamespace: target}}",
            "target",
            "team-x/blue default/app",
        ),
        (
            "experimental: {syncSettings: {targetNamespace: else}}",
            "target",
            "NotOfVirtualCluster",
        ),
    ] {
        let mut trusted = TrustedNamespaces::default();
        trusted.add_control_plane(&blue);
        let object = account(namespace, "unnamed", "blue");
        let object = Object {
            name: "app-x-default-x-blue",
            ..object
        };
        let known = [blue.clone()];
        assert_eq!(trusted.candidates(object.metadata(), &known), [&blue]);
        let configuration = Configuration::parse(values, &blue).unwrap();
        trusted.add_configured(namespace, &blue, &configuration);
        let objects = [HostObject {
            metadata: object.metadata(),
            uid: "h1",
        }];
        let origins = Origins::new(&trusted, objects);
        let found = match origins.of(namespace, object.name) {
            Ok(origin) => format!("{} {}/{}", origin.which, origin.namespace, origin.name),
            Err(unknown) => unknown.reason.to_owned(),
        };
        assert_eq!(found, expected, "{values}");
    }

    // Up to 0.20 nothing is labelled in legacy mode; the namespace's name tells.
    let mode = NamespaceMode::LegacyMulti;
    let crate::namespaces::HostNamespace::Mapped { namespace } =
        crate::namespaces::host_namespace(&mode, "blue", "team-x", "default")
    else {
        panic!("legacy mode maps every namespace");
    };
    assert!(namespace.starts_with(legacy), "{namespace}");
    let mut object = account("", "app", "");
    object.labels.clear();
    let metadata = HostMetadata {
        namespace: &namespace,
        ..object.metadata()
    };
    let mut trusted = TrustedNamespaces::default();
    trusted.add_control_plane(&blue);
    let known = [blue.clone()];
    assert_eq!(trusted.candidates(metadata, &known), [&blue]);
    let values = "experimental: {multiNamespaceMode: {enabled: true}}";
    trusted.add_configured(
        &namespace,
        &blue,
        &Configuration::parse(values, &blue).unwrap(),
    );
    let origins = Origins::new(
        &trusted,
        [HostObject {
            metadata,
            uid: "h1",
        }],
    );
    assert_eq!(origins.of(&namespace, "app").unwrap().name, "app");
}
