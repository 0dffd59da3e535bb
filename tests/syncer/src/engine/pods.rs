//! What flows back from a host pod: its node, its status, its end.
//!
//! Source: vCluster `pkg/controllers/resources/pods/syncer.go` and
//! `pkg/controllers/resources/nodes/nodeservice`, commit 487667546.

use k8s_openapi::api::core::v1::{Binding, Node, ObjectReference, Pod};
use kube::api::{DeleteParams, Patch, PatchParams, Preconditions};
use kube::{Api, ResourceExt};
use serde_json::json;
use vwi_core::vcluster_labels as keys;

use super::{Engine, Key, creating};
use crate::metadata::text;

/// Both sides of a pod.
struct Pair {
    tenants: Api<Pod>,
    tenant: Pod,
    hosts: Api<Pod>,
    host: Option<Pod>,
}

impl Engine {
    /// Whether a pod is being deleted on one side; the other follows.
    pub(super) async fn is_ending(&mut self, key: &Key) -> Result<bool, kube::Error> {
        let Some(pair) = self.pair(key).await? else {
            return Ok(false);
        };
        let Pair {
            tenants,
            tenant,
            hosts,
            host,
        } = pair;
        let ends = |pod: &Pod| pod.metadata.deletion_timestamp.is_some();
        match host {
            None if ends(&tenant) => {
                self.synced.remove(key);
                end(&tenants, &tenant, Some(0)).await?;
                Ok(true)
            }
            Some(host) if ends(&tenant) => {
                if !ends(&host) {
                    end(&hosts, &host, tenant.metadata.deletion_grace_period_seconds).await?;
                }
                Ok(true)
            }
            Some(host) if ends(&host) => {
                end(
                    &tenants,
                    &tenant,
                    host.metadata.deletion_grace_period_seconds,
                )
                .await?;
                Ok(true)
            }
            Some(_) | None => Ok(false),
        }
    }

    /// Gives the tenant's pod the node and the status of the host's.
    pub(super) async fn flow_back(&self, key: &Key) -> Result<(), kube::Error> {
        let Some(Pair {
            tenants,
            tenant,
            host: Some(host),
            ..
        }) = self.pair(key).await?
        else {
            return Ok(());
        };
        let node = |pod: &Pod| pod.spec.as_ref().and_then(|spec| spec.node_name.clone());
        if let (Some(node), None, Some(port)) =
            (node(&host), node(&tenant), self.config.kubelet_port)
        {
            self.make_node(&node, port).await?;
            bind(&tenants, &tenant, node).await?;
        }
        if tenant.status != host.status {
            let patch = Patch::Merge(json!({"status": host.status}));
            let parameters = PatchParams::default();
            tenants
                .patch_status(&tenant.name_any(), &parameters, &patch)
                .await?;
        }
        Ok(())
    }

    /// Reads both sides of a pod that the tenant has; a foreign pod at the host name is none of it.
    async fn pair(&self, key: &Key) -> Result<Option<Pair>, kube::Error> {
        let tenants: Api<Pod> = Api::namespaced(self.tenant.clone(), &key.place.namespace);
        let Some(place) = key.place.on_host(&self.config) else {
            return Ok(None);
        };
        let Some(tenant) = tenants.get_opt(&key.place.name).await? else {
            return Ok(None);
        };
        let hosts: Api<Pod> = Api::namespaced(self.host.clone(), &place.namespace);
        let host = hosts.get_opt(&place.name).await?.filter(|host| {
            let uid = text(host.metadata.annotations.as_ref(), keys::POD_UID);
            Some(uid) == tenant.metadata.uid.as_deref()
        });
        Ok(Some(Pair {
            tenants,
            tenant,
            hosts,
            host,
        }))
    }

    /// Makes the tenant's Node once its first pod is bound; its kubelet is vCluster itself.
    async fn make_node(&self, name: &str, port: u16) -> Result<(), kube::Error> {
        let node = json!({
            "metadata": {
                "name": name,
                "labels": {
                    "kubernetes.io/hostname": "fake-host-node",
                    "kubernetes.io/os": "linux",
                    "vcluster.loft.sh/fake-node": "true",
                },
            },
            "status": {
                "addresses": [{"type": "InternalIP", "address": "127.0.0.1"}],
                "daemonEndpoints": {"kubeletEndpoint": {"Port": port}},
                "conditions": [{"type": "Ready", "status": "True", "reason": "KubeletReady"}],
            },
        });
        let node: Node = serde_json::from_value(node).map_err(kube::Error::SerdeError)?;
        let nodes: Api<Node> = Api::all(self.tenant.clone());
        match nodes.create(&creating(), &node).await {
            Err(kube::Error::Api(status)) if status.is_already_exists() => Ok(()),
            made => made.map(|_| ()),
        }
    }
}

async fn bind(pods: &Api<Pod>, pod: &Pod, node: String) -> Result<(), kube::Error> {
    let name = pod.name_any();
    let mut binding = Binding {
        target: ObjectReference {
            kind: Some("Node".to_owned()),
            name: Some(node),
            ..ObjectReference::default()
        },
        ..Binding::default()
    };
    binding.metadata.name = Some(name.clone());
    let _status: serde_json::Value = pods
        .create_subresource("binding", &name, &creating(), &binding)
        .await?;
    Ok(())
}

/// Deletes this very pod, with the other side's grace period.
async fn end(pods: &Api<Pod>, pod: &Pod, grace: Option<i64>) -> Result<(), kube::Error> {
    let parameters = DeleteParams {
        grace_period_seconds: grace.and_then(|seconds| seconds.try_into().ok()),
        preconditions: Some(Preconditions {
            uid: pod.metadata.uid.clone(),
            resource_version: None,
        }),
        ..DeleteParams::default()
    };
    match pods.delete(&pod.name_any(), &parameters).await {
        Err(kube::Error::Api(status)) if status.is_not_found() || status.is_conflict() => Ok(()),
        ended => ended.map(|_| ()),
    }
}
