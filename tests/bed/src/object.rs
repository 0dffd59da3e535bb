//! Objects that the bed makes, and pods that it lets be ready.

use std::fmt::Debug;
use std::net::Ipv4Addr;
use std::time::Duration;

use k8s_openapi::api::core::v1::Pod;
use kube::api::{ListParams, Patch, PatchParams, PostParams};
use kube::{Api, Resource, ResourceExt};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::error::{BedError, Doing};
use crate::wait;

/// How long a controller may take to make a pod; some milliseconds are usual.
const MADE_WITHIN: Duration = Duration::from_secs(30);

/// Creates one object.
///
/// # Errors
///
/// When it is not of that kind, or the API server refuses it.
pub(crate) async fn create<K>(api: &Api<K>, value: Value) -> Result<K, BedError>
where
    K: Resource<DynamicType = ()> + Clone + Debug + DeserializeOwned + Serialize,
{
    let doing = || {
        let name = value
            .pointer("/metadata/name")
            .and_then(Value::as_str)
            .unwrap_or_default();
        format!("cannot make the {} `{name}`", K::kind(&()))
    };
    let object: K = serde_json::from_value(value.clone()).doing(doing)?;
    api.create(&PostParams::default(), &object)
        .await
        .doing(doing)
}

/// Does to the pods of a controller what the kubelet of a real host would: they run, and have
/// these addresses.
///
/// # Errors
///
/// When the controller does not make that many, or the API server refuses.
pub(crate) async fn run_pods(
    pods: &Api<Pod>,
    selector: &str,
    addresses: &[Ipv4Addr],
) -> Result<(), BedError> {
    let doing = || format!("cannot run the pods `{selector}`");
    let selected = ListParams::default().labels(selector);
    let made = wait::until(&format!("the pods `{selector}`"), MADE_WITHIN, async || {
        let found = pods.list(&selected).await.doing(doing)?.items;
        Ok((found.len() >= addresses.len()).then_some(found))
    })
    .await?;
    let conditions = ["PodScheduled", "Initialized", "ContainersReady", "Ready"];
    let conditions = conditions.map(|kind| json!({"type": kind, "status": "True"}));
    for (pod, address) in made.iter().zip(addresses) {
        let status = json!({"status": {
            "phase": "Running",
            "podIP": address,
            "podIPs": [{"ip": address}],
            "conditions": conditions,
        }});
        let patch = Patch::Merge(&status);
        let patched = pods
            .patch_status(&pod.name_any(), &PatchParams::default(), &patch)
            .await;
        patched.doing(doing)?;
    }
    Ok(())
}
