//! How a vCluster runs, read from its own configuration.
//!
//! Source: vCluster `config/config.go` and `chart/values.yaml`; the Secret holds all merged values,
//! so that an absent `enabled` is false, but for what the chart switches on.

use std::collections::BTreeMap;

use serde_json::Value;
use thiserror::Error;

use crate::name::workload_service_account;
use crate::namespaces::{InvalidMappings, NamespaceMappings, NamespaceMode};

use super::identification::VirtualClusterName;

/// What matters of a vCluster's configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Configuration {
    /// `sync.toHost.serviceAccounts.enabled`.
    pub syncs_service_accounts: bool,
    /// Where its pods run.
    pub pods: PodPlace,
    /// How namespaces are mapped.
    pub mode: NamespaceMode,
    /// `experimental.syncSettings.targetNamespace` (up to 0.28): where synced objects go instead.
    pub target_namespace: Option<String>,
    /// The ServiceAccount of all host pods while ServiceAccounts are not synced.
    pub workload_service_account: String,
}

/// Where a vCluster's pods run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PodPlace {
    /// On the host, as everything here needs it.
    Host,
    /// Nowhere: `sync.toHost.pods.enabled` is false.
    Nowhere,
    /// On its own nodes: `privateNodes.enabled` or `controlPlane.standalone.enabled`.
    OwnNodes,
    /// In another cluster: `experimental.isolatedControlPlane.enabled` (up to 0.27).
    OtherCluster,
}

/// A configuration that can't be used.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum ConfigurationError {
    /// It is no YAML mapping. Its text may hold secrets, so only the place is told.
    #[error("its configuration is no YAML mapping{}", place(*at))]
    Syntax {
        /// Line and column, from 1.
        at: Option<(u64, u64)>,
    },
    /// A 0.19 vCluster takes another name than its Helm release's for host names.
    #[error(
        "its arguments name it `{}`, unlike its Helm release",
        crate::text::escape(name)
    )]
    OtherName {
        /// What its arguments say.
        name: String,
    },
    /// vCluster itself refuses its namespace mappings.
    #[error("vCluster refuses its namespace mappings")]
    Mappings(#[from] InvalidMappings),
}

/// A vCluster for whose ServiceAccounts there is no subject, or none of their own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Reason of the condition.
    pub reason: &'static str,
    /// What is the matter.
    pub message: String,
    /// What would help.
    pub hint: Option<&'static str>,
}

impl Configuration {
    /// Reads `config.yaml` of a vCluster, leniently: what is not as expected is as if absent.
    ///
    /// # Errors
    ///
    /// [`ConfigurationError`]
    pub fn parse(text: &str, which: &VirtualClusterName) -> Result<Self, ConfigurationError> {
        let options = serde_saphyr::options! { with_snippet: false, strict_booleans: true };
        let values: Value =
            serde_saphyr::from_str_with_options(text, options).map_err(|error| {
                ConfigurationError::Syntax {
                    at: error.location().map(|at| (at.line(), at.column())),
                }
            })?;
        if !values.is_object() {
            return Err(ConfigurationError::Syntax { at: None });
        }
        Self::from_values(&values, which)
    }

    /// Reads a configuration that has been parsed.
    ///
    /// # Errors
    ///
    /// [`ConfigurationError::Mappings`]
    pub fn from_values(
        values: &Value,
        which: &VirtualClusterName,
    ) -> Result<Self, ConfigurationError> {
        let at = |path: &str| values.pointer(path).unwrap_or(&Value::Null);
        let on = |path: &str| is_true(at(path));
        let text = |path: &str| {
            let text = at(path).as_str().unwrap_or_default();
            Some(text.to_owned()).filter(|text| !text.is_empty())
        };

        let mode = if on("/experimental/multiNamespaceMode/enabled") {
            NamespaceMode::LegacyMulti
        } else if on("/sync/toHost/namespaces/enabled") {
            let by_name: BTreeMap<String, String> = at("/sync/toHost/namespaces/mappings/byName")
                .as_object()
                .into_iter()
                .flatten()
                .map(|(tenant, host)| {
                    (tenant.clone(), host.as_str().unwrap_or_default().to_owned())
                })
                .collect();
            NamespaceMode::Sync {
                mappings: NamespaceMappings::new(&by_name, &which.name, &which.namespace)?,
                mappings_only: on("/sync/toHost/namespaces/mappingsOnly"),
            }
        } else {
            NamespaceMode::Single
        };
        let pods = at("/sync/toHost/pods/enabled");
        let pods = if on("/privateNodes/enabled") || on("/controlPlane/standalone/enabled") {
            PodPlace::OwnNodes
        } else if on("/experimental/isolatedControlPlane/enabled") {
            PodPlace::OtherCluster
        } else if pods.is_null() || is_true(pods) {
            PodPlace::Host
        } else {
            PodPlace::Nowhere
        };
        Ok(Self {
            syncs_service_accounts: on("/sync/toHost/serviceAccounts/enabled"),
            pods,
            mode,
            target_namespace: text("/experimental/syncSettings/targetNamespace"),
            workload_service_account: text("/controlPlane/advanced/workloadServiceAccount/name")
                .unwrap_or_else(|| workload_service_account(&which.name)),
        })
    }

    /// Returns what of host names another configuration says otherwise, in words.
    pub fn differences(&self, other: &Self) -> Vec<&'static str> {
        let pairs = [
            (
                self.syncs_service_accounts == other.syncs_service_accounts,
                "whether ServiceAccounts are synced",
            ),
            (self.pods == other.pods, "where pods run"),
            (self.mode == other.mode, "how namespaces are mapped"),
            (
                self.target_namespace == other.target_namespace,
                "the target namespace",
            ),
            (
                self.workload_service_account == other.workload_service_account,
                "the workload ServiceAccount",
            ),
        ];
        let differing = pairs.into_iter().filter(|(same, _)| !same);
        differing.map(|(_, what)| what).collect()
    }

    /// Returns the host namespace of synced objects, where namespaces are not mapped.
    pub fn host_namespace<'a>(&'a self, which: &'a VirtualClusterName) -> &'a str {
        self.target_namespace.as_deref().unwrap_or(&which.namespace)
    }

    /// Returns why no ServiceAccount of this vCluster has a subject of its own on the host.
    pub fn refusal(&self, which: &VirtualClusterName) -> Option<Refusal> {
        let off = || Refusal {
            reason: "ServiceAccountSyncOff",
            message: format!(
                "vCluster `{which}` does not sync ServiceAccounts: all its pods run as `{}/{}` on \
                 the host",
                self.host_namespace(which),
                self.workload_service_account
            ),
            hint: Some(
                "set `sync.toHost.serviceAccounts.enabled: true` in its vcluster.yaml, or say \
                 `--workload-service-account` to give all its pods the identity",
            ),
        };
        self.pods_refusal(which)
            .or_else(|| (!self.syncs_service_accounts).then(off))
    }

    /// Returns why no pod of this vCluster has a subject on the host.
    pub fn pods_refusal(&self, which: &VirtualClusterName) -> Option<Refusal> {
        let (reason, message, hint) = match self.pods {
            PodPlace::OwnNodes => (
                "NothingSynced",
                format!(
                    "vCluster `{which}` has nodes of its own (private nodes or standalone): its pods \
                     never reach the host, and their tokens come from its own issuer"
                ),
                Some("federate the issuer of the vCluster itself"),
            ),
            PodPlace::OtherCluster => (
                "OtherHost",
                format!(
                    "vCluster `{which}` runs its pods in another cluster \
                     (`experimental.isolatedControlPlane`)"
                ),
                None,
            ),
            PodPlace::Nowhere => (
                "NothingSynced",
                format!(
                    "vCluster `{which}` does not sync pods (`sync.toHost.pods.enabled: false`)"
                ),
                Some("set `sync.toHost.pods.enabled: true` in its vcluster.yaml"),
            ),
            PodPlace::Host => return None,
        };
        Some(Refusal {
            reason,
            message,
            hint,
        })
    }
}

/// Helm values can be texts where the chart has booleans.
fn is_true(value: &Value) -> bool {
    match value {
        Value::Bool(on) => *on,
        Value::String(text) => text == "true",
        Value::Null | Value::Number(_) | Value::Array(_) | Value::Object(_) => false,
    }
}

fn place(at: Option<(u64, u64)>) -> String {
    at.map_or_else(String::new, |(line, column)| {
        format!(" (line {line}, column {column})")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn which() -> VirtualClusterName {
        VirtualClusterName {
            name: "vc".to_owned(),
            namespace: "hns".to_owned(),
        }
    }

    fn parse(text: &str) -> Configuration {
        Configuration::parse(text, &which()).unwrap()
    }

    const ON: &str = "sync: {toHost: {serviceAccounts: {enabled: true}}}";

    #[test]
    fn absent_is_off_but_for_pods() {
        let found = parse("networking: {advanced: {clusterDomain: cluster.local}}");
        assert!(!found.syncs_service_accounts);
        assert_eq!(found.pods, PodPlace::Host);
        assert_eq!(found.mode, NamespaceMode::Single);
        assert_eq!(found.workload_service_account, "vc-workload-vc");
        assert_eq!(found.host_namespace(&which()), "hns");
    }

    #[test]
    fn odd_values_do_not_stop_it() {
        let found = parse(
            "sync: {toHost: {serviceAccounts: {enabled: 'true', patches: []}, pods: {enabled: auto}, \
             ingresses: auto}}\nprivateNodes: null\n",
        );
        assert!(found.syncs_service_accounts);
        assert_eq!(found.pods, PodPlace::Nowhere);
    }

    #[test]
    fn each_refusal_has_its_reason() {
        for (text, expected) in [
            (ON, None),
            ("sync: {}", Some("ServiceAccountSyncOff")),
            (
                "{privateNodes: {enabled: true}, sync: {toHost: {serviceAccounts: {enabled: true}}}}",
                Some("NothingSynced"),
            ),
            (
                "controlPlane: {standalone: {enabled: true}}",
                Some("NothingSynced"),
            ),
            (
                "experimental: {isolatedControlPlane: {enabled: true}}",
                Some("OtherHost"),
            ),
            (
                "sync: {toHost: {serviceAccounts: {enabled: true}, pods: {enabled: false}}}",
                Some("NothingSynced"),
            ),
        ] {
            let refusal = parse(text).refusal(&which());
            assert_eq!(refusal.map(|refusal| refusal.reason), expected, "{text}");
        }
        let off = parse("controlPlane: {advanced: {workloadServiceAccount: {name: shared}}}");
        let message = off.refusal(&which()).unwrap().message;
        assert!(message.contains("`hns/shared`"), "{message}");
    }

    #[test]
    fn modes_are_told_apart() {
        let legacy = parse("experimental: {multiNamespaceMode: {enabled: true}}");
        assert_eq!(legacy.mode, NamespaceMode::LegacyMulti);
        let sync = parse(
            "sync: {toHost: {namespaces: {enabled: true, mappingsOnly: true, mappings: \
             {byName: {'team-*': 'vc-*'}}}}}",
        );
        assert!(matches!(
            sync.mode,
            NamespaceMode::Sync {
                mappings_only: true,
                ..
            }
        ));
        let target = parse("experimental: {syncSettings: {targetNamespace: elsewhere}}");
        assert_eq!(target.host_namespace(&which()), "elsewhere");
        let text = "sync: {toHost: {namespaces: {enabled: true}}}";
        let error = Configuration::parse(text, &which()).unwrap_err();
        assert!(matches!(error, ConfigurationError::Mappings(_)));
    }

    #[test]
    fn an_error_tells_the_place_and_not_the_text() {
        for text in ["a: [secret", "secret", "- secret"] {
            let error = Configuration::parse(text, &which()).unwrap_err();
            let shown = format!("{error} {error:?}");
            assert!(!shown.contains("secret"), "{shown}");
        }
    }
}
