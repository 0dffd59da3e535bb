//! What is looked at in a pod of the host. Its annotations hold live tokens and are not shown.

use vwi_core::annotation::{USE, USE_VALUE};
use vwi_core::check::facts::HostPodFact;
use vwi_core::vcluster_labels::{NAMESPACE, POD_NAME, POD_SERVICE_ACCOUNT};
use vwi_kubernetes::object::{Container, Pod};

use crate::gather::tenant::is_over;
use crate::wanted::Wanted;

/// Volume of the webhook up to 1.5, and the beginning of its name since 1.6.
const VOLUMES: [&str; 2] = ["azure-identity-token", "azure-workload-identity-reserved-"];

/// Returns the pods in a host namespace that run for a tenant ServiceAccount, by vCluster's
/// annotations.
pub(super) fn pod_facts(pods: &[Pod], host_namespace: &str, wanted: &Wanted) -> Vec<HostPodFact> {
    pods.iter()
        .filter(|pod| pod.metadata.namespace == host_namespace)
        .filter(|pod| {
            let says = |key: &str| pod.metadata.annotations.get(key).map(String::as_str);
            says(NAMESPACE) == Some(wanted.namespace())
                && says(POD_SERVICE_ACCOUNT) == Some(wanted.name())
                && !is_over(pod)
        })
        .map(pod_fact)
        .collect()
}

fn pod_fact(pod: &Pod) -> HostPodFact {
    let metadata = &pod.metadata;
    let injected = pod.spec.volumes.iter().find(|volume| {
        VOLUMES.iter().any(|name| volume.name.starts_with(name)) && volume.projected.is_some()
    });
    let audience = injected
        .and_then(|volume| volume.projected.as_ref())
        .and_then(|projected| {
            projected
                .sources
                .iter()
                .find_map(|source| source.service_account_token.as_ref())
        })
        .map(|token| token.audience.clone())
        .filter(|audience| !audience.is_empty());
    HostPodFact {
        name: metadata.name.clone(),
        tenant_name: metadata
            .annotations
            .get(POD_NAME)
            .cloned()
            .unwrap_or_default(),
        service_account: pod.spec.service_account_name.clone(),
        is_labelled: metadata.labels.get(USE).map(String::as_str) == Some(USE_VALUE),
        is_injected: audience.is_some(),
        client_id: variable(pod, "AZURE_CLIENT_ID"),
        tenant_id: variable(pod, "AZURE_TENANT_ID"),
        audience,
        created: metadata.creation_timestamp.clone(),
    }
}

fn variable(pod: &Pod, name: &str) -> Option<String> {
    let of = |container: &Container| {
        container
            .env
            .iter()
            .find(|variable| variable.name == name)
            .map(|variable| variable.value.clone())
    };
    pod.spec.containers.iter().find_map(of)
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use vwi_core::record::Record;

    use super::*;
    use crate::wanted::tests::without_flags;

    fn pod(namespace: &str, volume: &str) -> Pod {
        serde_json::from_value(json!({
            "metadata": {
                "name": "web-x-default-x-vc", "namespace": namespace,
                "labels": {"azure.workload.identity/use": "true"},
                "annotations": {
                    "vcluster.loft.sh/name": "web", "vcluster.loft.sh/namespace": "default",
                    "vcluster.loft.sh/service-account-name": "app",
                    "vcluster.loft.sh/token-abcdefgh": "secret",
                },
            },
            "spec": {
                "serviceAccountName": "app-x-default-x-vc",
                "containers": [
                    {"name": "side", "env": []},
                    {"name": "main", "env": [{"name": "AZURE_CLIENT_ID", "value": "c"}]},
                ],
                "volumes": [{"name": volume, "projected": {"sources": [
                    {"serviceAccountToken": {"audience": "api://x", "path": "t"}},
                ]}}],
            },
        }))
        .unwrap()
    }

    #[test]
    fn an_injected_pod_is_known_in_both_generations_and_only_in_its_namespace() {
        let wanted = without_flags(Record::new("default", "app"));
        for (volume, is_injected) in [
            ("azure-identity-token", true),
            (
                "azure-workload-identity-reserved-a18b869b2e81c0c529552a3c4fa5c9",
                true,
            ),
            ("kube-api-access-abcde", false),
        ] {
            let pods = [pod("team-x", volume), pod("elsewhere", volume)];
            let facts = pod_facts(&pods, "team-x", &wanted);
            let [fact] = facts.as_slice() else {
                panic!("{facts:?}");
            };
            assert_eq!(fact.is_injected, is_injected, "{volume}");
            assert!(fact.is_labelled);
            assert_eq!(fact.client_id.as_deref(), Some("c"));
            assert_eq!(fact.audience.as_deref(), is_injected.then_some("api://x"));
            assert!(!format!("{fact:?}").contains("secret"));
        }
        let other = without_flags(Record::new("default", "other"));
        assert!(pod_facts(&[pod("team-x", "v")], "team-x", &other).is_empty());
    }
}
