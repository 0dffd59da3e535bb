//! What the kubelet says of a pod.

use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt;
use kube::api::{Patch, PatchParams};
use serde_json::{Value, json};

use super::Shared;

/// Says how far a pod is; the container's state is one of `waiting`, `running` and `terminated`.
pub(super) async fn say(
    shared: &Shared,
    pod: &Pod,
    phase: &str,
    state: Value,
) -> Result<(), kube::Error> {
    let container = pod.spec.as_ref().and_then(|spec| spec.containers.first());
    let is_running = state.get("running").is_some();
    let status = json!({
        "phase": phase,
        "conditions": [
            {"type": "PodScheduled", "status": "True"},
            {"type": "Ready", "status": if is_running { "True" } else { "False" }},
        ],
        "containerStatuses": [{
            "name": container.map(|container| container.name.as_str()),
            "image": container.and_then(|container| container.image.as_deref()),
            "imageID": "",
            "ready": is_running,
            "started": is_running,
            "restartCount": 0,
            "state": state,
        }],
    });
    patch(shared, pod, status).await
}

/// Says that no node takes a pod.
pub(super) async fn unschedulable(shared: &Shared, pod: &Pod) -> Result<(), kube::Error> {
    let condition = json!({
        "type": "PodScheduled",
        "status": "False",
        "reason": "Unschedulable",
        "message": "0/3 nodes are available: 3 Insufficient cpu.",
    });
    patch(
        shared,
        pod,
        json!({"phase": "Pending", "conditions": [condition]}),
    )
    .await
}

/// Says that a pod was ended from outside.
pub(super) async fn failed(shared: &Shared, pod: &Pod, reason: &str) -> Result<(), kube::Error> {
    patch(shared, pod, json!({"phase": "Failed", "reason": reason})).await
}

async fn patch(shared: &Shared, pod: &Pod, status: Value) -> Result<(), kube::Error> {
    let patch = Patch::Merge(json!({"status": status}));
    let parameters = PatchParams::default();
    let pods = shared.pods(pod);
    pods.patch_status(&pod.name_any(), &parameters, &patch)
        .await?;
    Ok(())
}
