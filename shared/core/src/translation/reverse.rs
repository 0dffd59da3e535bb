//! The way back: which tenant ServiceAccount a host one is.
//!
//! A host name is never taken apart. The host's object says in its annotations whose it is, and is
//! believed where vCluster's own test holds and only in the namespaces of a vCluster: that of its
//! control plane, and Namespaces that carry its labels.

use std::collections::{BTreeMap, HashMap};

use crate::name::workload_service_account;
use crate::namespaces::{NamespaceMappings, NamespaceMode};
use crate::text::escape;
use crate::vcluster_labels::{
    HostMetadata, MANAGED_BY, OBJECT_NAME, Unmanaged, VCLUSTER_NAME, VCLUSTER_NAMESPACE, tenant_of,
};

use super::configuration::Configuration;
use super::identification::VirtualClusterName;
use super::judgement::HostObject;

/// The host namespaces whose ServiceAccounts count, and how their vClusters name what is in them.
#[derive(Clone, Debug, Default)]
pub struct TrustedNamespaces {
    by_name: BTreeMap<String, Vec<Naming>>,
}

/// How one vCluster names ServiceAccounts in one host namespace.
#[derive(Clone, Debug)]
struct Naming {
    which: VirtualClusterName,
    mode: NamespaceMode,
    /// Host namespace of what is not mapped elsewhere.
    host_namespace: String,
}

impl TrustedNamespaces {
    /// Trusts the namespace of a vCluster's control plane. Whatever the mode, only names of
    /// single-namespace mode are in it.
    pub fn add_control_plane(&mut self, which: &VirtualClusterName) {
        let naming = Naming {
            which: which.clone(),
            mode: NamespaceMode::Single,
            host_namespace: which.namespace.clone(),
        };
        self.add(&which.namespace, naming);
    }

    /// Trusts a Namespace that carries the labels of one of these vClusters and says which
    /// Namespace of the tenant it is; returns whether it does.
    pub fn add_synced(
        &mut self,
        namespace: HostMetadata<'_>,
        vclusters: &[VirtualClusterName],
    ) -> bool {
        let label = |key| namespace.labels.get(key).map(String::as_str);
        let (Some(name), Some(control_plane)) = (label(VCLUSTER_NAME), label(VCLUSTER_NAMESPACE))
        else {
            return false;
        };
        let mut vclusters = vclusters.iter();
        let which = vclusters.find(|which| which.owns_namespace(namespace.labels));
        let tenant = namespace.annotations.get(OBJECT_NAME);
        let (Some(which), Some(tenant)) = (which, tenant) else {
            return false;
        };
        // What is in it keeps its name, as under a mapping of just this pair.
        let pair = BTreeMap::from([(tenant.clone(), namespace.name.to_owned())]);
        let Ok(mappings) = NamespaceMappings::new(&pair, name, control_plane) else {
            return false;
        };
        let naming = Naming {
            which: which.clone(),
            mode: NamespaceMode::Sync {
                mappings,
                mappings_only: true,
            },
            host_namespace: control_plane.to_owned(),
        };
        self.add(namespace.name, naming);
        true
    }

    /// Returns the vClusters to which a ServiceAccount in a namespace that is not trusted points,
    /// and whose configuration may say why it is there.
    pub fn candidates<'v>(
        &self,
        account: HostMetadata<'_>,
        vclusters: &'v [VirtualClusterName],
    ) -> Vec<&'v VirtualClusterName> {
        if !self.of(account.namespace).is_empty() {
            return Vec::new();
        }
        let label = account.labels.get(MANAGED_BY);
        let legacy = |which: &VirtualClusterName| {
            let mode = NamespaceMode::LegacyMulti;
            tenant_of(account, &mode, &which.name, &which.namespace).is_ok()
        };
        vclusters
            .iter()
            .filter(|which| label == Some(&which.name) || legacy(which))
            .collect()
    }

    /// Trusts a namespace, if a vCluster's configuration says that its ServiceAccounts go there.
    pub fn add_configured(
        &mut self,
        namespace: &str,
        which: &VirtualClusterName,
        configuration: &Configuration,
    ) {
        let is_target = configuration.target_namespace.as_deref() == Some(namespace);
        let mode = match configuration.mode {
            // The name of each of its namespaces holds a digest of the vCluster's.
            NamespaceMode::LegacyMulti => NamespaceMode::LegacyMulti,
            NamespaceMode::Single | NamespaceMode::Sync { .. } if is_target => {
                NamespaceMode::Single
            }
            NamespaceMode::Single | NamespaceMode::Sync { .. } => return,
        };
        let naming = Naming {
            which: which.clone(),
            mode,
            host_namespace: configuration.host_namespace(which).to_owned(),
        };
        self.add(namespace, naming);
    }

    fn add(&mut self, namespace: &str, naming: Naming) {
        let namings = self.by_name.entry(namespace.to_owned()).or_default();
        namings.push(naming);
    }

    fn of(&self, namespace: &str) -> &[Naming] {
        self.by_name.get(namespace).map_or(&[], Vec::as_slice)
    }
}

/// The tenant ServiceAccount that a host one is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The vCluster.
    pub which: VirtualClusterName,
    /// Namespace in the tenant.
    pub namespace: String,
    /// Name in the tenant.
    pub name: String,
    /// uid in the tenant, as the host says.
    pub tenant_uid: Option<String>,
    /// uid of the host's own object.
    pub host_uid: String,
}

/// Why it is not known whose a host ServiceAccount is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoOrigin {
    /// Reason of the condition.
    pub reason: &'static str,
    /// Message of the condition.
    pub message: String,
}

impl NoOrigin {
    /// Returns the answer for one that the user may not read.
    pub fn not_read(namespace: &str, name: &str, error: &str) -> Self {
        Self {
            reason: "HostNotRead",
            message: format!("`{}` is not known: {error}", shown(namespace, name)),
        }
    }
}

/// All that a host says of whose its ServiceAccounts are.
#[derive(Debug)]
pub struct Origins<'a> {
    trusted: &'a TrustedNamespaces,
    by_name: HashMap<(String, String), Result<Origin, NoOrigin>>,
    by_tenant_uid: HashMap<(VirtualClusterName, String), Vec<String>>,
}

impl<'a> Origins<'a> {
    /// Looks at the ServiceAccounts of the host.
    pub fn new(
        trusted: &'a TrustedNamespaces,
        accounts: impl IntoIterator<Item = HostObject<'a>>,
    ) -> Self {
        let mut origins = Self {
            trusted,
            by_name: HashMap::new(),
            by_tenant_uid: HashMap::new(),
        };
        for account in accounts {
            let HostMetadata {
                namespace, name, ..
            } = account.metadata;
            let origin = trusted.origin(account);
            if let Ok(origin) = &origin
                && let Some(uid) = &origin.tenant_uid
            {
                let key = (origin.which.clone(), uid.clone());
                let with_uid = origins.by_tenant_uid.entry(key).or_default();
                with_uid.push(shown(namespace, name));
            }
            let key = (namespace.to_owned(), name.to_owned());
            origins.by_name.insert(key, origin);
        }
        origins
    }

    /// Says which tenant ServiceAccount `name` in the host's `namespace` is.
    ///
    /// # Errors
    ///
    /// [`NoOrigin`]
    pub fn of(&self, namespace: &str, name: &str) -> Result<&Origin, NoOrigin> {
        let key = (namespace.to_owned(), name.to_owned());
        let origin = match self.by_name.get(&key) {
            Some(Ok(origin)) => origin,
            Some(Err(unknown)) => return Err(unknown.clone()),
            None => {
                let place = match self.trusted.of(namespace) {
                    [] => ", and its namespace is of no vCluster",
                    _ => "",
                };
                return Err(NoOrigin {
                    reason: "HostServiceAccountNotFound",
                    message: format!(
                        "the host has no ServiceAccount `{}`{place}",
                        shown(namespace, name)
                    ),
                });
            }
        };
        let key = |uid: &String| (origin.which.clone(), uid.clone());
        let same = origin
            .tenant_uid
            .as_ref()
            .and_then(|uid| self.by_tenant_uid.get(&key(uid)));
        match same {
            Some(same) if same.len() > 1 => Err(NoOrigin {
                reason: "DuplicateUid",
                message: format!(
                    "uid `{}` of the tenant's ServiceAccount is on several of the host: `{}`",
                    escape(origin.tenant_uid.as_deref().unwrap_or_default()),
                    same.join("` and `")
                ),
            }),
            Some(_) | None => Ok(origin),
        }
    }
}

impl TrustedNamespaces {
    fn origin(&self, account: HostObject<'_>) -> Result<Origin, NoOrigin> {
        let metadata = account.metadata;
        let (namespace, name) = (metadata.namespace, metadata.name);
        let namings = self.of(namespace);
        let shared = namings
            .iter()
            .find(|naming| workload_service_account(&naming.which.name) == name);
        let mut why = None;
        for naming in namings {
            match tenant_of(
                metadata,
                &naming.mode,
                &naming.which.name,
                &naming.host_namespace,
            ) {
                Ok(tenant) => {
                    return Ok(Origin {
                        which: naming.which.clone(),
                        namespace: tenant.namespace.to_owned(),
                        name: tenant.name.to_owned(),
                        tenant_uid: tenant.uid.map(str::to_owned),
                        host_uid: account.uid.to_owned(),
                    });
                }
                // Of several vClusters in one namespace, the label says whose it would be.
                Err(Unmanaged::ManagedBy(_)) if why.is_some() => {}
                Err(unmanaged) => why = Some((naming, unmanaged)),
            }
        }
        let shown = shown(namespace, name);
        Err(match (shared, why) {
            (Some(naming), _) => NoOrigin {
                reason: "WorkloadServiceAccount",
                message: format!(
                    "host ServiceAccount `{shown}` is not of one ServiceAccount: every pod of \
                     vCluster `{}` runs as it while ServiceAccounts are not synced",
                    naming.which
                ),
            },
            (None, Some((naming, unmanaged))) => NoOrigin {
                reason: "ForeignHostServiceAccount",
                message: format!(
                    "host ServiceAccount `{shown}` is not one that vCluster `{}` made: {unmanaged}",
                    naming.which
                ),
            },
            (None, None) => NoOrigin {
                reason: "NotOfVirtualCluster",
                message: format!(
                    "host ServiceAccount `{shown}` is in a namespace of no vCluster, so what it \
                     says of itself is not trusted"
                ),
            },
        })
    }
}

fn shown(namespace: &str, name: &str) -> String {
    format!("{}/{}", escape(namespace), escape(name))
}

#[cfg(test)]
mod round_trip;
#[cfg(test)]
mod tests;
