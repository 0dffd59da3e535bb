//! Where a vCluster puts a tenant namespace's objects on the host, and under which names.

use std::fmt::Write;

use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::name::{host_name, is_label, is_subdomain};
use crate::text::escape;

mod label_error;
mod mappings;
mod seen;
mod validation;

pub use mappings::{HostNamespace, NamespaceMappings};
pub use seen::SeenNamespaces;
pub use validation::{InvalidMappings, Side};

/// How a vCluster maps namespaces; fixed when it is deployed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NamespaceMode {
    /// All tenant namespaces share the control plane's namespace. The default.
    Single,
    /// `sync.toHost.namespaces.enabled` (0.26 and newer).
    Sync {
        /// `sync.toHost.namespaces.mappings.byName`, validated.
        mappings: NamespaceMappings,
        /// `sync.toHost.namespaces.mappingsOnly`: no other namespace can exist in the tenant.
        mappings_only: bool,
    },
    /// `experimental.multiNamespaceMode.enabled` (up to 0.25): a host namespace for each one.
    LegacyMulti,
}

/// A ServiceAccount as the host knows it; together with the issuer, the subject of its tokens.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HostServiceAccount {
    /// Host namespace.
    pub namespace: String,
    /// Host name.
    pub name: String,
}

/// A ServiceAccount that has no host name, or not one that can be known from the configuration.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum NameError {
    /// No Kubernetes object can have this name.
    #[error("`{}` is no valid {what}", escape(value))]
    Invalid {
        /// What the text was meant as.
        what: &'static str,
        /// The text as given.
        value: String,
    },
    /// `mappingsOnly` is on and no mapping matches: vCluster forbids the namespace.
    #[error(
        "no namespace mapping matches `{namespace}`, and this vCluster allows no other namespace"
    )]
    Forbidden {
        /// Tenant namespace.
        namespace: String,
    },
    /// vCluster itself leaves the choice to chance; only the host Namespace's annotation tells.
    #[error(
        "several namespace mappings match `{namespace}`; its host namespace can be {}",
        quoted(candidates)
    )]
    Ambiguous {
        /// Tenant namespace.
        namespace: String,
        /// Host namespaces, sorted.
        candidates: Vec<String>,
    },
    /// The host says otherwise.
    #[error(
        "the configuration leads tenant namespace `{}` to `{computed}`, but the host has Namespace \
         `{}` for it",
        escape(namespace),
        escape(seen)
    )]
    Disagree {
        /// Tenant namespace.
        namespace: String,
        /// Host namespace by the configuration.
        computed: String,
        /// Host namespace whose annotation names the tenant's.
        seen: String,
    },
    /// The mapping's result is no namespace that the host could have.
    #[error(
        "tenant namespace `{namespace}` is mapped to `{host_namespace}`, which the host refuses"
    )]
    InvalidHostNamespace {
        /// Tenant namespace.
        namespace: String,
        /// What vCluster computes.
        host_namespace: String,
    },
}

/// Returns the host's ServiceAccount for `name` in the tenant's `namespace`.
///
/// `vcluster` is the name of the Helm release, `vcluster_namespace` the host namespace of its
/// control plane.
///
/// # Errors
///
/// [`NameError`]; nothing is lower-cased, trimmed or guessed.
///
/// # Examples
///
/// ```
/// # use vwi_core::namespaces::{NamespaceMode, host_service_account};
/// let host = host_service_account(&NamespaceMode::Single, "blue", "tenants", "shop", "api")?;
/// assert_eq!((&*host.namespace, &*host.name), ("tenants", "api-x-shop-x-blue"));
/// # Ok::<(), vwi_core::namespaces::NameError>(())
/// ```
pub fn host_service_account(
    mode: &NamespaceMode,
    vcluster: &str,
    vcluster_namespace: &str,
    namespace: &str,
    name: &str,
) -> Result<HostServiceAccount, NameError> {
    for (what, value, valid) in [
        ("ServiceAccount name", name, is_subdomain(name)),
        ("namespace", namespace, is_label(namespace)),
        ("vCluster name", vcluster, is_subdomain(vcluster)),
        (
            "vCluster namespace",
            vcluster_namespace,
            is_label(vcluster_namespace),
        ),
    ] {
        if !valid {
            let value = value.to_owned();
            return Err(NameError::Invalid { what, value });
        }
    }
    match host_namespace(mode, vcluster, vcluster_namespace, namespace) {
        HostNamespace::Unmapped => Ok(HostServiceAccount {
            namespace: vcluster_namespace.to_owned(),
            name: host_name(name, namespace, vcluster),
        }),
        HostNamespace::Mapped { namespace: host } if is_label(&host) => Ok(HostServiceAccount {
            namespace: host,
            name: name.to_owned(),
        }),
        HostNamespace::Mapped { namespace: host } => Err(NameError::InvalidHostNamespace {
            namespace: namespace.to_owned(),
            host_namespace: host,
        }),
        HostNamespace::Forbidden => Err(NameError::Forbidden {
            namespace: namespace.to_owned(),
        }),
        HostNamespace::Ambiguous { candidates } => Err(NameError::Ambiguous {
            namespace: namespace.to_owned(),
            candidates,
        }),
    }
}

/// Returns where the objects of the tenant's `namespace` go. Refuses no text.
pub fn host_namespace(
    mode: &NamespaceMode,
    vcluster: &str,
    vcluster_namespace: &str,
    namespace: &str,
) -> HostNamespace {
    match mode {
        NamespaceMode::Single => HostNamespace::Unmapped,
        NamespaceMode::Sync {
            mappings,
            mappings_only,
        } => {
            let found = mappings.virtual_to_host(namespace);
            if *mappings_only && found == HostNamespace::Unmapped {
                HostNamespace::Forbidden
            } else {
                found
            }
        }
        NamespaceMode::LegacyMulti => HostNamespace::Mapped {
            namespace: legacy_host_namespace(vcluster, vcluster_namespace, namespace),
        },
    }
}

/// Returns the host namespace of a tenant namespace in legacy multi-namespace mode, where every
/// namespace is mapped and objects keep their names.
///
/// Source: vCluster v0.25.2 `pkg/util/translate/multi_namespace.go`; the same from 0.16.4 on.
pub fn legacy_host_namespace(vcluster: &str, vcluster_namespace: &str, namespace: &str) -> String {
    let mut owner = Sha256::new();
    for part in [vcluster_namespace, "x", vcluster] {
        owner.update(part);
    }
    let mut host = legacy_start(namespace);
    // Writing to a String can't fail.
    let _written = write!(host, "{:.8x}", owner.finalize());
    host
}

/// Returns how the host namespaces of a tenant namespace begin in legacy multi-namespace mode,
/// whatever the vCluster.
pub(crate) fn legacy_start(namespace: &str) -> String {
    let mut start = String::with_capacity("vcluster-01234567-01234567".len());
    // Writing to a String can't fail.
    let _written = write!(start, "vcluster-{:.8x}-", Sha256::digest(namespace));
    start
}

fn quoted(names: &[String]) -> String {
    let quoted: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(" or ")
}

#[cfg(test)]
mod tests;
