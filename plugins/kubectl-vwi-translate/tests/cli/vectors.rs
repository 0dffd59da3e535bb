//! vCluster's own answers through the program: one run for each configuration.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::Deserialize;
use serde_json::{Value, json};
use tempfile::NamedTempFile;

use crate::program::{Finished, translate};

const SINGLE: &str = include_str!("../../../../shared/core/tests/vectors/host-names-single.jsonl");
const MULTI: &str = include_str!("../../../../shared/core/tests/vectors/host-names-multi.jsonl");

#[derive(Clone, Deserialize)]
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
    #[serde(rename = "validK8sName")]
    valid_name: Option<bool>,
    valid_inputs: Option<bool>,
    valid_host_namespace: Option<bool>,
    mappings: Option<BTreeMap<String, String>>,
    mappings_only: Option<bool>,
    allowed: Option<bool>,
    ambiguous: Option<bool>,
    config_error: Option<String>,
}

impl Row {
    /// Whether a cluster can have such names; the reader of records takes no others.
    fn can_be(&self) -> bool {
        self.valid_name.or(self.valid_inputs) != Some(false)
    }

    fn has_answer(&self) -> bool {
        self.allowed != Some(false)
            && self.ambiguous != Some(true)
            && self.valid_host_namespace != Some(false)
    }

    fn record(&self) -> String {
        json!({
            "apiVersion": "vwi/v1alpha1", "kind": "WorkloadIdentity",
            "metadata": {"name": self.name, "namespace": self.namespace},
            "spec": {"virtualCluster": {"name": self.vcluster, "namespace": self.vcluster_namespace}},
        })
        .to_string()
    }

    fn values(&self) -> Option<Value> {
        let by_name = self.mappings.as_ref()?;
        Some(json!({"sync": {"toHost": {
            "serviceAccounts": {"enabled": true},
            "namespaces": {
                "enabled": true,
                "mappings": {"byName": by_name},
                "mappingsOnly": self.mappings_only,
            },
        }}}))
    }
}

fn rows(text: &str, mode: &str) -> Vec<Row> {
    let rows = text.lines().map(|line| serde_json::from_str(line).unwrap());
    rows.filter(|row: &Row| row.mode == mode).collect()
}

fn run(rows: &[Row], values: Option<&Value>) -> Finished {
    let file = NamedTempFile::new().unwrap();
    let mut arguments = vec!["--offline", "-f", "-"];
    if let Some(values) = values {
        std::fs::write(file.path(), values.to_string()).unwrap();
        arguments.extend(["--vcluster-values", file.path().to_str().unwrap()]);
    }
    let records: Vec<String> = rows.iter().map(Row::record).collect();
    translate(&arguments, &records.join("\n"))
}

/// Checks each row's answer, and returns how many there were.
fn agree(rows: &[Row], values: Option<&Value>) -> usize {
    let found = run(rows, values);
    let mut records = found.records();
    let end = records.pop().unwrap();
    assert_eq!(records.len(), rows.len(), "{}", found.stderr);
    let collisions: HashSet<(String, String)> = end["status"]["collisions"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|collision| {
            let text = |key: &str| collision[key].as_str().unwrap().to_owned();
            (text("hostNamespace"), text("hostName"))
        })
        .collect();
    for (row, record) in rows.iter().zip(&records) {
        let label = format!("{}: {}/{}", row.case, row.namespace, row.name);
        let condition = &record["status"]["conditions"][0];
        let subject = record["status"]["subject"].as_str();
        if condition["reason"] == "HostNameCollision" {
            // Some rows have one answer, which is what they are about.
            let host = (row.host_namespace.clone(), row.host_name.clone());
            assert!(collisions.contains(&host), "{label}");
        } else if row.has_answer() {
            let expected = format!(
                "system:serviceaccount:{}:{}",
                row.host_namespace, row.host_name
            );
            assert_eq!(subject, Some(&*expected), "{label}: {condition}");
        } else {
            assert_eq!(subject, None, "{label}");
            assert_eq!(condition["status"], "False", "{label}");
        }
    }
    rows.len()
}

#[test]
fn single_namespace_mode_in_one_run() {
    let mut rows = rows(SINGLE, "single");
    rows.retain(Row::can_be);
    assert_eq!(agree(&rows, None), 374);
}

#[test]
fn legacy_multi_namespace_mode_in_one_run() {
    let rows = rows(MULTI, "legacy-multi-namespace");
    let values = json!({
        "sync": {"toHost": {"serviceAccounts": {"enabled": true}}},
        "experimental": {"multiNamespaceMode": {"enabled": true}},
    });
    assert_eq!(agree(&rows, Some(&values)), 199);
}

#[test]
fn namespace_sync_in_one_run_for_each_configuration() {
    let mut by_values: HashMap<String, Vec<Row>> = HashMap::new();
    let (mut refused, mut ambiguous) = (0, 0);
    for row in rows(MULTI, "namespace-sync") {
        let values = row.values().unwrap();
        match row.config_error.as_deref() {
            Some("") => {
                ambiguous += usize::from(row.ambiguous == Some(true));
                by_values.entry(values.to_string()).or_default().push(row);
            }
            Some(error) => {
                refused += 1;
                let found = run(std::slice::from_ref(&row), Some(&values));
                assert_eq!(found.status, 3, "{}", row.case);
                assert!(found.stderr.contains(error), "{error}: {}", found.stderr);
            }
            None => panic!("{} says nothing of its configuration", row.case),
        }
    }
    let answered: usize = by_values
        .iter()
        .map(|(values, rows)| {
            let values: Value = serde_json::from_str(values).unwrap();
            let possible: Vec<Row> = rows.iter().filter(|row| row.can_be()).cloned().collect();
            agree(&possible, Some(&values))
        })
        .sum();
    assert_eq!((answered, refused, ambiguous), (90, 10, 3));
}
