//! The labels and annotations that vCluster writes on host objects, and whom they name.
//!
//! Source: vCluster `pkg/util/translate/{translate,labels,single_namespace}.go` and
//! `pkg/controllers/resources/{serviceaccounts,pods,namespaces}`, commit 487667546.

use std::collections::BTreeMap;
use std::fmt;

use sha2::{Digest, Sha256};

use crate::name::safe_concat;
use crate::namespaces::{HostServiceAccount, NamespaceMode, host_service_account};
use crate::text::escape;

/// Annotation: the tenant object's name.
pub const OBJECT_NAME: &str = "vcluster.loft.sh/object-name";
/// Annotation: the tenant object's namespace.
pub const OBJECT_NAMESPACE: &str = "vcluster.loft.sh/object-namespace";
/// Annotation: the tenant object's uid.
pub const OBJECT_UID: &str = "vcluster.loft.sh/object-uid";
/// Annotation since 0.21: the object's group, version and kind.
pub const OBJECT_KIND: &str = "vcluster.loft.sh/object-kind";
/// Annotation since 0.21: the host object's own name.
pub const OBJECT_HOST_NAME: &str = "vcluster.loft.sh/object-host-name";
/// Annotation since 0.21: the host object's own namespace.
pub const OBJECT_HOST_NAMESPACE: &str = "vcluster.loft.sh/object-host-namespace";
/// Annotation `"true"`: the host Namespace existed before the tenant's.
pub const OBJECT_IMPORTED: &str = "vcluster.loft.sh/object-imported";
/// Annotation: the keys that the user had set when the host object was made, one a line.
pub const MANAGED_ANNOTATIONS: &str = "vcluster.loft.sh/managed-annotations";

/// Label: the vCluster that a host object belongs to. The Platform uses it too, with value `loft`.
pub const MANAGED_BY: &str = "vcluster.loft.sh/managed-by";
/// Label, and on pods an annotation too: the tenant namespace.
pub const NAMESPACE: &str = "vcluster.loft.sh/namespace";
/// Label or annotation: another syncer owns the object.
pub const CONTROLLED_BY: &str = "vcluster.loft.sh/controlled-by";
/// Label of a host Namespace that is synced: the vCluster's name.
pub const VCLUSTER_NAME: &str = "vcluster.loft.sh/vcluster-name";
/// Label of a host Namespace that is synced: the control plane's namespace.
pub const VCLUSTER_NAMESPACE: &str = "vcluster.loft.sh/vcluster-namespace";
/// Label `"true"` of the Service in front of a vCluster's control plane.
pub const VCLUSTER_SERVICE: &str = "vcluster.loft.sh/service";

/// Annotation of a host pod: the tenant pod's name.
pub const POD_NAME: &str = "vcluster.loft.sh/name";
/// Annotation of a host pod: the tenant pod's uid.
pub const POD_UID: &str = "vcluster.loft.sh/uid";
/// Annotation of a host pod: the tenant's name of its ServiceAccount, not the subject's.
pub const POD_SERVICE_ACCOUNT: &str = "vcluster.loft.sh/service-account-name";
/// Annotation of a host pod: the tenant pod's labels, `key="value"` a line.
pub const POD_LABELS: &str = "vcluster.loft.sh/labels";
/// Beginning of the host pod annotations that hold live tokens of the tenant. Never shown.
pub const POD_TOKEN_PREFIX: &str = "vcluster.loft.sh/token-";

/// Value of [`OBJECT_KIND`] on ServiceAccounts.
pub const KIND_SERVICE_ACCOUNT: &str = "/v1, Kind=ServiceAccount";
/// Value of [`OBJECT_KIND`] on pods.
pub const KIND_POD: &str = "/v1, Kind=Pod";
/// Value of [`OBJECT_KIND`] on Namespaces.
pub const KIND_NAMESPACE: &str = "/v1, Kind=Namespace";

/// The label keys that vCluster 0.21 and newer does not pass unchanged to the host.
pub const REWRITTEN_LABELS: [&str; 4] = ["release", NAMESPACE, MANAGED_BY, CONTROLLED_BY];

/// Returns the host's key for the tenant label `key` where it is rewritten: [`REWRITTEN_LABELS`],
/// and every key in single-namespace mode up to 0.20.
pub fn host_label_key(vcluster: &str, key: &str) -> String {
    rewritten("vcluster.loft.sh/label", vcluster, key)
}

/// Returns the key under which a host pod carries the label `key` of the tenant's namespace.
pub fn host_namespace_label_key(vcluster: &str, key: &str) -> String {
    rewritten("vcluster.loft.sh/ns-label", vcluster, key)
}

fn rewritten(prefix: &str, vcluster: &str, key: &str) -> String {
    let digest = format!("{:.10x}", Sha256::digest(key));
    safe_concat(&[prefix, vcluster, "x", &digest])
}

/// What [`tenant_of`] looks at: a host ServiceAccount's metadata.
#[derive(Clone, Copy, Debug)]
pub struct HostMetadata<'a> {
    /// Its own namespace.
    pub namespace: &'a str,
    /// Its own name.
    pub name: &'a str,
    /// Its labels.
    pub labels: &'a BTreeMap<String, String>,
    /// Its annotations.
    pub annotations: &'a BTreeMap<String, String>,
}

/// The tenant ServiceAccount that a host one was made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TenantObject<'a> {
    /// Tenant namespace.
    pub namespace: &'a str,
    /// Tenant name.
    pub name: &'a str,
    /// Its uid when it was synced last. Whoever may write on the host can forge it, and a
    /// restored copy carries the same.
    pub uid: Option<&'a str>,
}

/// Why a host ServiceAccount does not count as synced by the vCluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unmanaged<'a> {
    /// Label [`MANAGED_BY`] is missing or names another vCluster.
    ManagedBy(Option<&'a str>),
    /// Annotation [`OBJECT_NAME`] is missing or empty.
    NoObjectName,
    /// Annotation [`OBJECT_KIND`] names another kind.
    Kind(&'a str),
    /// An annotation says that the host object is called or placed otherwise than it is: a copy.
    HostName {
        /// [`OBJECT_HOST_NAME`] or [`OBJECT_HOST_NAMESPACE`].
        key: &'static str,
        /// What the annotation says.
        found: &'a str,
    },
    /// The tenant object that the annotations name belongs at another host name.
    Elsewhere(TenantObject<'a>),
}

/// Why, as the end of a sentence about the host ServiceAccount.
impl fmt::Display for Unmanaged<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ManagedBy(None) => write!(formatter, "it has no label `{MANAGED_BY}`"),
            Self::ManagedBy(Some(other)) => {
                write!(
                    formatter,
                    "its label `{MANAGED_BY}` says `{}`",
                    escape(other)
                )
            }
            Self::NoObjectName => write!(formatter, "it has no annotation `{OBJECT_NAME}`"),
            Self::Kind(kind) => {
                write!(
                    formatter,
                    "its annotations are those of a `{}`",
                    escape(kind)
                )
            }
            Self::HostName { key, found } => {
                write!(formatter, "its annotation `{key}` says `{}`", escape(found))
            }
            Self::Elsewhere(tenant) => write!(
                formatter,
                "its annotations name `{}/{}`, which belongs elsewhere",
                escape(tenant.namespace),
                escape(tenant.name)
            ),
        }
    }
}

/// Returns the tenant ServiceAccount that the host one stands for, if vCluster itself would count
/// it as its own: vCluster's test `IsManaged`, with the name computed for `mode`.
///
/// `vcluster_namespace` is the host namespace of the control plane. The test is no proof outside
/// that namespace and the Namespaces that carry this vCluster's labels, since everything it reads
/// can be forged; compare the uid too.
///
/// # Errors
///
/// [`Unmanaged`], the first part of the test that fails.
pub fn tenant_of<'a>(
    host: HostMetadata<'a>,
    mode: &NamespaceMode,
    vcluster: &str,
    vcluster_namespace: &str,
) -> Result<TenantObject<'a>, Unmanaged<'a>> {
    // Legacy multi-namespace mode up to 0.20 labels nothing.
    let labels_all = !matches!(mode, NamespaceMode::LegacyMulti);
    tenant_by(host, vcluster, labels_all, |namespace, name| {
        host_service_account(mode, vcluster, vcluster_namespace, namespace, name).ok()
    })
}

/// The test of [`tenant_of`], with any way to name a ServiceAccount on the host; `labels_all` says
/// that an object without label [`MANAGED_BY`] is none of the vCluster's.
///
/// # Errors
///
/// [`Unmanaged`], the first part of the test that fails.
pub fn tenant_by<'a>(
    host: HostMetadata<'a>,
    vcluster: &str,
    labels_all: bool,
    host_name: impl FnOnce(&str, &str) -> Option<HostServiceAccount>,
) -> Result<TenantObject<'a>, Unmanaged<'a>> {
    let annotation = |key| host.annotations.get(key).map(String::as_str);

    let managed_by = host.labels.get(MANAGED_BY).map(String::as_str);
    let unlabelled = managed_by.is_none() && !labels_all;
    if managed_by != Some(vcluster) && !unlabelled {
        return Err(Unmanaged::ManagedBy(managed_by));
    }
    let Some(name) = annotation(OBJECT_NAME).filter(|name| !name.is_empty()) else {
        return Err(Unmanaged::NoObjectName);
    };
    if let Some(kind) = annotation(OBJECT_KIND).filter(|kind| *kind != KIND_SERVICE_ACCOUNT) {
        return Err(Unmanaged::Kind(kind));
    }
    for (key, own) in [
        (OBJECT_HOST_NAME, host.name),
        (OBJECT_HOST_NAMESPACE, host.namespace),
    ] {
        if let Some(found) = annotation(key).filter(|found| *found != own) {
            return Err(Unmanaged::HostName { key, found });
        }
    }
    let tenant = TenantObject {
        namespace: annotation(OBJECT_NAMESPACE).unwrap_or(""),
        name,
        uid: annotation(OBJECT_UID),
    };
    match host_name(tenant.namespace, tenant.name) {
        Some(own) if own.namespace == host.namespace && own.name == host.name => Ok(tenant),
        Some(_) | None => Err(Unmanaged::Elsewhere(tenant)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VC: &str = "my-vcluster";
    const HNS: &str = "vcluster-my-vcluster";
    const HOST_NAME: &str = "app-x-default-x-my-vcluster";

    /// A synced ServiceAccount after `change`, tested in `namespace` as `name`.
    fn judged(
        (namespace, name): (&str, &str),
        mode: &NamespaceMode,
        change: impl FnOnce(&mut BTreeMap<String, String>, &mut BTreeMap<String, String>),
    ) -> String {
        let map = |pairs: &[(&str, &str)]| {
            pairs
                .iter()
                .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
                .collect::<BTreeMap<_, _>>()
        };
        let mut labels = map(&[(MANAGED_BY, VC)]);
        let mut annotations = map(&[
            (OBJECT_NAME, "app"),
            (OBJECT_NAMESPACE, "default"),
            (OBJECT_UID, "u1"),
            (OBJECT_KIND, KIND_SERVICE_ACCOUNT),
            (OBJECT_HOST_NAME, name),
            (OBJECT_HOST_NAMESPACE, namespace),
        ]);
        change(&mut labels, &mut annotations);
        let host = HostMetadata {
            namespace,
            name,
            labels: &labels,
            annotations: &annotations,
        };
        match tenant_of(host, mode, VC, HNS) {
            Ok(tenant) => format!("{}/{} {:?}", tenant.namespace, tenant.name, tenant.uid),
            Err(unmanaged) => format!("{unmanaged:?}"),
        }
    }

    #[test]
    fn only_what_vcluster_made_counts() {
        type Maps<'a> = (
            &'a mut BTreeMap<String, String>,
            &'a mut BTreeMap<String, String>,
        );
        type Row = (&'static str, fn(Maps<'_>), &'static str);
        let rows: [Row; 9] = [
            ("whole", |_| {}, "default/app Some(\"u1\")"),
            (
                "0.20: three keys",
                |(_, annotations)| {
                    annotations.retain(|key, _| [OBJECT_NAME, OBJECT_NAMESPACE].contains(&&**key));
                },
                "default/app None",
            ),
            ("no label", |(labels, _)| labels.clear(), "ManagedBy(None)"),
            (
                "the Platform's label",
                |(labels, _)| {
                    labels.insert(MANAGED_BY.into(), "loft".into());
                },
                "ManagedBy(Some(\"loft\"))",
            ),
            (
                "foreign",
                |(_, annotations)| annotations.clear(),
                "NoObjectName",
            ),
            (
                "another kind",
                |(_, annotations)| {
                    annotations.insert(OBJECT_KIND.into(), KIND_POD.into());
                },
                "Kind(\"/v1, Kind=Pod\")",
            ),
            (
                "a copy",
                |(_, annotations)| {
                    annotations.insert(OBJECT_HOST_NAME.into(), "other".into());
                },
                "HostName { key: \"vcluster.loft.sh/object-host-name\", found: \"other\" }",
            ),
            (
                "a copy from another namespace",
                |(_, annotations)| {
                    annotations.insert(OBJECT_HOST_NAMESPACE.into(), "other".into());
                },
                "HostName { key: \"vcluster.loft.sh/object-host-namespace\", found: \"other\" }",
            ),
            (
                "somebody else's",
                |(_, annotations)| {
                    annotations.insert(OBJECT_NAMESPACE.into(), "other".into());
                },
                "Elsewhere(TenantObject { namespace: \"other\", name: \"app\", uid: Some(\"u1\") })",
            ),
        ];
        for (case, change, expected) in rows {
            let found = judged((HNS, HOST_NAME), &NamespaceMode::Single, |labels, notes| {
                change((labels, notes));
            });
            assert_eq!(found, expected, "{case}");
        }
    }

    #[test]
    fn another_namespace_of_the_host_does_not_count() {
        let found = judged(("attacker", HOST_NAME), &NamespaceMode::Single, |_, _| {});
        assert!(found.starts_with("Elsewhere"), "{found}");
    }

    #[test]
    fn legacy_mode_counts_without_a_label() {
        let mode = NamespaceMode::LegacyMulti;
        let place = ("vcluster-37a8eec1-b6420b83", "app");
        let found = judged(place, &mode, |labels, _| labels.clear());
        assert_eq!(found, "default/app Some(\"u1\")");
    }

    #[test]
    fn rewritten_keys_are_vclusters() {
        assert_eq!(
            host_label_key(VC, "release"),
            "vcluster.loft.sh/label-my-vcluster-x-a4d451ec23"
        );
        assert_eq!(
            host_label_key("vc", "azure.workload.identity/use"),
            "vcluster.loft.sh/label-vc-x-0a125b09d2"
        );
        assert_eq!(
            host_namespace_label_key(VC, "kubernetes.io/metadata.name"),
            "vcluster.loft.sh/ns-label-my-vcluster-x-cf1227b7b2"
        );
    }
}
