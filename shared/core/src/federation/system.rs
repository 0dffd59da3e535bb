//! Subjects that may belong to a ServiceAccount of the tenant's system, by their names alone.

use crate::name::{KEPT_BYTES, MAX_BYTES, SEPARATOR};
use crate::namespaces::legacy_start;
use crate::subject::Subject;

/// How namespaces of the system begin.
const SYSTEM: &str = "kube-";
/// Namespaces of the system that every cluster has.
const NAMESPACES: [&str; 3] = ["kube-system", "kube-public", "kube-node-lease"];

/// Whether a ServiceAccount that [`crate::name::is_system`] names can have this subject, in whatever
/// mode its vCluster runs. A host name is never taken apart, so that others may look alike.
///
/// A cut name whose readable part does not reach the tenant's namespace may be anybody's.
pub(super) fn may_be_system(subject: &str) -> bool {
    let Ok(subject) = subject.parse::<Subject>() else {
        return false;
    };
    let (namespace, name) = (subject.namespace(), subject.name());
    name == "default"
        || name.starts_with("default-x-")
        || name.contains(&format!("{SEPARATOR}{SYSTEM}"))
        || hides_namespace(name)
        || namespace.contains(SYSTEM)
        || is_legacy_system(namespace)
}

/// Whether a name is cut before the tenant's namespace can be told from one of the system's.
fn hides_namespace(name: &str) -> bool {
    let is_cut = name.len() == MAX_BYTES
        && name.as_bytes().get(KEPT_BYTES) == Some(&b'-')
        && name
            .bytes()
            .skip(KEPT_BYTES + 1)
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let readable = name.get(..KEPT_BYTES).unwrap_or(name);
    let shown = readable.split_once(SEPARATOR);
    is_cut && shown.is_none_or(|(_, namespace)| SYSTEM.starts_with(namespace))
}

/// Whether a host namespace is one that legacy multi-namespace mode has for a namespace of the
/// system, of whatever vCluster.
fn is_legacy_system(namespace: &str) -> bool {
    NAMESPACES
        .iter()
        .any(|of| namespace.starts_with(&legacy_start(of)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::name::host_name;
    use crate::namespaces::legacy_host_namespace;

    fn subject(namespace: &str, name: &str) -> String {
        format!("system:serviceaccount:{namespace}:{name}")
    }

    #[test]
    fn what_may_be_a_systems_is_told_by_its_name() {
        let long = "a".repeat(60);
        for (name, namespace, expected) in [
            ("default", "shop", true),
            ("app", "kube-system", true),
            ("app", "shop", false),
            ("default-backend", "shop", false),
            ("app", "my-kube-tools", false),
            (&*long, "shop", true),
            (
                "app",
                "shop-with-a-name-that-is-quite-long-for-a-namespace",
                false,
            ),
            (
                "default",
                "shop-with-a-name-that-is-quite-long-for-a-namespace",
                true,
            ),
        ] {
            let host = host_name(name, namespace, "blue");
            let found = may_be_system(&subject("team", &host));
            assert_eq!(found, expected, "{host}");
        }
    }

    #[test]
    fn in_mapped_namespaces_the_namespace_tells() {
        let legacy = |namespace| legacy_host_namespace("vc", "team", namespace);
        for (namespace, name, expected) in [
            ("shop", "app", false),
            ("shop", "default", true),
            ("vc-kube-system", "coredns", true),
            (&*legacy("kube-system"), "coredns", true),
            (&*legacy("shop"), "app", false),
        ] {
            let found = may_be_system(&subject(namespace, name));
            assert_eq!(found, expected, "{namespace}/{name}");
        }
    }
}
