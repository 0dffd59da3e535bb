//! Host names agree with vCluster's own, row by row.
//!
//! `vectors/host-names-single.jsonl` and the legacy rows of `vectors/host-names-multi.jsonl` are
//! output of vCluster's translate package; the namespace-sync rows combine its open matcher, turned
//! round, with the documented fallback. A row pins what it has a value for.

use std::collections::BTreeMap;

use serde::Deserialize;
use vwi_core::name::{
    host_name, host_name_cluster, is_cut, is_label, is_subdomain, marker_label_cluster,
    workload_service_account,
};
use vwi_core::namespaces::{
    HostNamespace, NameError, NamespaceMappings, NamespaceMode, host_namespace,
    host_service_account,
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    case: String,
    mode: String,
    name: String,
    namespace: String,
    vcluster: String,
    vcluster_namespace: String,
    host_name: String,
    host_namespace: String,
    host_name_cluster: Option<String>,
    marker_label_cluster: Option<String>,
    full_len: Option<usize>,
    truncated: Option<bool>,
    #[serde(rename = "validK8sName")]
    valid_name: Option<bool>,
    workload_service_account: Option<String>,
    mappings: Option<BTreeMap<String, String>>,
    mappings_only: Option<bool>,
    mapped: Option<bool>,
    allowed: Option<bool>,
    ambiguous: Option<bool>,
    config_error: Option<String>,
    round_trip: Option<bool>,
    valid_inputs: Option<bool>,
    valid_host_namespace: Option<bool>,
}

impl Row {
    fn label(&self) -> String {
        format!("{}: {} in {}", self.case, self.name, self.namespace)
    }

    fn resolved(&self, mode: &NamespaceMode) -> Result<(String, String), NameError> {
        let (vcluster, hns) = (&self.vcluster, &self.vcluster_namespace);
        host_service_account(mode, vcluster, hns, &self.namespace, &self.name)
            .map(|host| (host.namespace, host.name))
    }

    fn expected(&self) -> (String, String) {
        (self.host_namespace.clone(), self.host_name.clone())
    }

    fn check_cluster_scoped(&self) {
        let (vcluster, hns) = (&self.vcluster, &self.vcluster_namespace);
        let found = host_name_cluster(&self.name, hns, vcluster);
        assert_eq!(Some(found), self.host_name_cluster, "{}", self.label());
        let found = marker_label_cluster(hns, vcluster);
        assert_eq!(Some(found), self.marker_label_cluster, "{}", self.label());
    }
}

fn rows(text: &str) -> serde_json::Result<Vec<Row>> {
    text.lines().map(serde_json::from_str).collect()
}

fn multi(mode: &str) -> serde_json::Result<Vec<Row>> {
    let mut rows = rows(include_str!("vectors/host-names-multi.jsonl"))?;
    rows.retain(|row| row.mode == mode);
    Ok(rows)
}

#[test]
fn single_namespace_mode() {
    let rows = rows(include_str!("vectors/host-names-single.jsonl")).unwrap();
    assert_eq!(rows.len(), 385);
    for row in rows {
        let (name, namespace, vcluster) = (&*row.name, &*row.namespace, &*row.vcluster);
        let label = row.label();
        assert_eq!(
            host_name(name, namespace, vcluster),
            row.host_name,
            "{label}"
        );
        assert_eq!(
            Some(is_cut(name, namespace, vcluster)),
            row.truncated,
            "{label}"
        );
        let full_len = name.len() + namespace.len() + vcluster.len() + 6;
        assert_eq!(Some(full_len), row.full_len, "{label}");
        let valid = is_subdomain(name) && is_label(namespace) && is_subdomain(vcluster);
        assert_eq!(Some(valid), row.valid_name, "{label}");
        let workload = workload_service_account(vcluster);
        assert_eq!(Some(workload), row.workload_service_account, "{label}");
        row.check_cluster_scoped();
        match row.resolved(&NamespaceMode::Single) {
            Ok(found) => assert_eq!(found, row.expected(), "{label}"),
            Err(error) => assert!(!valid, "{label}: {error}"),
        }
    }
}

#[test]
fn legacy_multi_namespace_mode() {
    let rows = multi("legacy-multi-namespace").unwrap();
    assert_eq!(rows.len(), 199);
    for row in rows {
        let found = row.resolved(&NamespaceMode::LegacyMulti).unwrap();
        assert_eq!(found, row.expected(), "{}", row.label());
        row.check_cluster_scoped();
    }
}

#[test]
fn namespace_sync() {
    let rows = multi("namespace-sync").unwrap();
    assert_eq!(rows.len(), 109);
    for row in rows {
        let label = row.label();
        let (vcluster, hns) = (&row.vcluster, &row.vcluster_namespace);
        let by_name = row.mappings.as_ref().unwrap();
        let mappings = match NamespaceMappings::new(by_name, vcluster, hns) {
            Ok(mappings) => mappings,
            Err(error) => {
                assert_eq!(Some(error.to_string()), row.config_error, "{label}");
                continue;
            }
        };
        assert_eq!(row.config_error.as_deref(), Some(""), "{label}");
        let mode = NamespaceMode::Sync {
            mappings: mappings.clone(),
            mappings_only: row.mappings_only.unwrap(),
        };

        let found = host_namespace(&mode, vcluster, hns, &row.namespace);
        assert_eq!(
            row.mapped,
            Some(matches!(
                found,
                HostNamespace::Mapped { .. } | HostNamespace::Ambiguous { .. }
            )),
            "{label}"
        );
        assert_eq!(
            row.allowed,
            Some(found != HostNamespace::Forbidden),
            "{label}"
        );
        let ambiguous = matches!(found, HostNamespace::Ambiguous { .. });
        assert_eq!(row.ambiguous, Some(ambiguous), "{label}");
        if let HostNamespace::Mapped { namespace } = &found {
            assert_eq!(*namespace, row.host_namespace, "{label}");
            assert_eq!(
                row.valid_host_namespace,
                Some(is_label(namespace)),
                "{label}"
            );
            let back = mappings.host_to_virtual(namespace) == [row.namespace.clone()];
            assert_eq!(row.round_trip, Some(back), "{label}");
        }

        let pinned = row.allowed == Some(true) && row.ambiguous == Some(false);
        let valid = row.valid_inputs == Some(true) && row.valid_host_namespace == Some(true);
        match row.resolved(&mode) {
            Ok(found) => {
                assert!(pinned && valid, "{label}");
                assert_eq!(found, row.expected(), "{label}");
            }
            Err(error) => assert!(!(pinned && valid), "{label}: {error}"),
        }
    }
}
