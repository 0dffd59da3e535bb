//! Which vCluster a syncer belongs to, and how that one is set up.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;
use thiserror::Error;
use vwi_core::name::workload_service_account;
use vwi_core::namespaces::{InvalidMappings, NamespaceMappings, NamespaceMode};

use crate::metadata::Place;

/// The two manners in which vCluster versions differ here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Generation {
    /// 0.20 and older: one way, every label key hashed, three annotations.
    UpTo020,
    /// 0.21 and newer: both ways, labels unchanged but for four, six annotations.
    Since021,
}

/// The tenant namespaces that a syncer looks at, so that several can share one tenant in tests
/// without one's deletions being the other's news.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All of them.
    All,
    /// Those whose name begins so.
    Only(String),
    /// Those whose name does not begin so.
    Except(String),
}

impl Scope {
    /// Whether the namespace is looked at.
    pub(crate) fn holds(&self, namespace: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only(prefix) => namespace.starts_with(prefix),
            Self::Except(prefix) => !namespace.starts_with(prefix),
        }
    }
}

/// What a syncer has to know.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of vCluster's own"
)]
pub struct Config {
    /// Name of the vCluster: that of the Helm release.
    pub vcluster: String,
    /// Host namespace of the control plane.
    pub namespace: String,
    /// How tenant namespaces are mapped.
    pub mode: NamespaceMode,
    /// Whether ServiceAccounts are synced. If not, all host pods run as the workload's one.
    pub service_account_sync: bool,
    /// Whether pods are synced.
    pub pod_sync: bool,
    /// The host ServiceAccount of all pods while ServiceAccounts are not synced.
    pub workload_service_account: String,
    /// The version's manner.
    pub generation: Generation,
    /// Up to 0.20: label keys that are not hashed; a `*` at the end stands for any text.
    pub sync_labels: Vec<String>,
    /// Labels that host Namespaces get on top.
    pub extra_labels: BTreeMap<String, String>,
    /// Whether host objects name the vCluster's Service as their owner.
    pub set_owner: bool,
    /// Whether a host name stays reserved for the first owner that lost it, as vCluster does for
    /// some three minutes, until [`Syncer::clean_up`](crate::Syncer::clean_up). If not, the next
    /// change of a newcomer gives it the name.
    pub reserve_names: bool,
    /// Which of the tenant's namespaces it looks at; a real one at all.
    pub scope: Scope,
    /// Port of the kubelet that the tenant's Nodes have, which is vCluster itself, on this machine;
    /// without one, pods have no node in the tenant.
    pub kubelet_port: Option<u16>,
    /// Pause after each write on the host; vCluster itself makes 25 ms of it under load.
    pub write_pause: Duration,
}

/// Values from which no vCluster would start.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The namespace mappings are refused.
    #[error("cannot use the namespace mappings of vCluster `{vcluster}`")]
    Mappings {
        /// Its name.
        vcluster: String,
        /// vCluster's own words.
        #[source]
        source: InvalidMappings,
    },
}

impl Config {
    /// Returns the configuration of a vCluster in single-namespace mode, of today's manner, that
    /// syncs ServiceAccounts and pods.
    pub fn new(vcluster: impl Into<String>, namespace: impl Into<String>) -> Self {
        let vcluster = vcluster.into();
        Self {
            workload_service_account: workload_service_account(&vcluster),
            vcluster,
            namespace: namespace.into(),
            mode: NamespaceMode::Single,
            service_account_sync: true,
            pod_sync: true,
            generation: Generation::Since021,
            sync_labels: Vec::new(),
            extra_labels: BTreeMap::new(),
            set_owner: true,
            reserve_names: false,
            scope: Scope::All,
            kubelet_port: None,
            write_pause: Duration::ZERO,
        }
    }

    /// Returns namespace and name on the host of what is `namespace`/`name` in the tenant; `None` for
    /// what is not synced.
    pub fn on_host(&self, namespace: &str, name: &str) -> Option<(String, String)> {
        let place = Place {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
        };
        place.on_host(self).map(|host| (host.namespace, host.name))
    }

    /// Returns the configuration that a vCluster of `version`, such as `0.36.1`, reads from
    /// `values`, its `vcluster.yaml`.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] where vCluster does not start.
    pub fn from_values(
        vcluster: &str,
        namespace: &str,
        values: &Value,
        version: &str,
    ) -> Result<Self, ConfigError> {
        let flag = |path: &str, default| {
            let value = values.pointer(path).and_then(Value::as_bool);
            value.unwrap_or(default)
        };
        let text = |path: &str| {
            let value = values.pointer(path).and_then(Value::as_str);
            value.filter(|text| !text.is_empty()).map(str::to_owned)
        };
        // Such nodes are the tenant's own: vCluster then starts no syncer at all.
        let shared_nodes = !flag("/privateNodes/enabled", false)
            && !flag("/controlPlane/standalone/enabled", false);

        let mut config = Self::new(vcluster, namespace);
        if let Some(name) = text("/controlPlane/advanced/workloadServiceAccount/name") {
            config.workload_service_account = name;
        }
        config.service_account_sync =
            shared_nodes && flag("/sync/toHost/serviceAccounts/enabled", false);
        config.pod_sync = shared_nodes && flag("/sync/toHost/pods/enabled", true);
        config.generation = generation(version);
        config.sync_labels = texts(values.pointer("/experimental/syncSettings/syncLabels"));
        config.set_owner = flag("/experimental/syncSettings/setOwner", true);
        if let Some(target) = text("/experimental/syncSettings/targetNamespace") {
            // An owner has to be in the namespace of what it owns.
            config.set_owner &= target == config.namespace;
            config.namespace = target;
        }
        if flag("/experimental/multiNamespaceMode/enabled", false) {
            config.mode = NamespaceMode::LegacyMulti;
        } else if flag("/sync/toHost/namespaces/enabled", false) {
            let by_name = pairs(values.pointer("/sync/toHost/namespaces/mappings/byName"));
            let mappings =
                NamespaceMappings::new(&by_name, vcluster, namespace).map_err(|source| {
                    ConfigError::Mappings {
                        vcluster: vcluster.to_owned(),
                        source,
                    }
                })?;
            config.mode = NamespaceMode::Sync {
                mappings,
                mappings_only: flag("/sync/toHost/namespaces/mappingsOnly", false),
            };
            config.extra_labels = pairs(values.pointer("/sync/toHost/namespaces/extraLabels"));
        }
        Ok(config)
    }
}

fn generation(version: &str) -> Generation {
    let mut numbers = version.trim_start_matches('v').split('.');
    let mut next = || numbers.next().and_then(|number| number.parse::<u32>().ok());
    match (next(), next()) {
        (Some(0), Some(minor)) if minor <= 20 => Generation::UpTo020,
        _ => Generation::Since021,
    }
}

fn texts(value: Option<&Value>) -> Vec<String> {
    let items = value.and_then(Value::as_array).into_iter().flatten();
    items
        .filter_map(|item| item.as_str().map(str::to_owned))
        .collect()
}

fn pairs(value: Option<&Value>) -> BTreeMap<String, String> {
    let entries = value.and_then(Value::as_object).into_iter().flatten();
    entries
        .filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(values: &Value, version: &str) -> Config {
        Config::from_values("vc", "hns", values, version).unwrap()
    }

    #[test]
    fn an_empty_file_syncs_pods_only() {
        let config = read(&json!({}), "0.36.1");
        assert!(!config.service_account_sync);
        assert!(config.pod_sync);
        assert_eq!(config.workload_service_account, "vc-workload-vc");
        assert_eq!(config.mode, NamespaceMode::Single);
        assert_eq!(config.generation, Generation::Since021);
    }

    #[test]
    fn private_nodes_sync_nothing() {
        let values = json!({
            "privateNodes": {"enabled": true},
            "sync": {"toHost": {"serviceAccounts": {"enabled": true}}},
        });
        let config = read(&values, "0.36.1");
        assert!(!config.service_account_sync && !config.pod_sync);
    }

    #[test]
    fn every_setting_arrives() {
        let values = json!({
            "sync": {"toHost": {
                "serviceAccounts": {"enabled": true},
                "namespaces": {
                    "enabled": true,
                    "mappingsOnly": true,
                    "mappings": {"byName": {"team-*": "t-*"}},
                    "extraLabels": {"tier": "gold"},
                },
            }},
            "controlPlane": {"advanced": {"workloadServiceAccount": {"name": "runner"}}},
            "experimental": {"syncSettings": {"syncLabels": ["a/*"], "targetNamespace": "other"}},
        });
        let config = read(&values, "v0.20.4");
        assert!(config.service_account_sync);
        assert_eq!(config.workload_service_account, "runner");
        assert_eq!(config.generation, Generation::UpTo020);
        assert_eq!(config.sync_labels, ["a/*"]);
        assert_eq!(config.extra_labels["tier"], "gold");
        assert_eq!((&*config.namespace, config.set_owner), ("other", false));
        assert!(matches!(
            config.mode,
            NamespaceMode::Sync {
                mappings_only: true,
                ..
            }
        ));
    }

    #[test]
    fn mappings_that_vcluster_refuses_are_refused() {
        let values = json!({"sync": {"toHost": {"namespaces": {"enabled": true}}}});
        let error = Config::from_values("vc", "hns", &values, "0.36.1").unwrap_err();
        assert_eq!(
            error.to_string(),
            "cannot use the namespace mappings of vCluster `vc`"
        );
    }
}
