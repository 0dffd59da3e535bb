//! The workload of the sandbox: a ServiceAccount and a Deployment in the tenant.

use std::io::Write;
use std::time::Duration;

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{Pod, ServiceAccount};
use kube::api::{ListParams, Patch, PatchParams};
use kube::{Api, ResourceExt};
use serde_json::json;

use crate::error::{BedError, Doing};
use crate::object::create;
use crate::sandbox::{Spoil, Stage, say};
use crate::wait;

/// Name of ServiceAccount and Deployment, both in `default`.
pub(super) const APP: &str = "app";

/// How long the syncer may take to carry the workload to the host; some milliseconds are usual.
const SYNCED_WITHIN: Duration = Duration::from_secs(20);

/// Makes ServiceAccount and Deployment, whose pods are not started yet, and waits until the host
/// has the ServiceAccount.
pub(super) async fn deploy(
    stage: &Stage,
    spoil: Option<Spoil>,
    out: &mut dyn Write,
) -> Result<(), BedError> {
    let tenant = stage.bed.tenant().await?;
    let account = json!({"metadata": {"name": APP}});
    create::<ServiceAccount>(&Api::namespaced(tenant.clone(), "default"), account).await?;
    let label = if spoil == Some(Spoil::PodLabel) {
        json!({"app": APP})
    } else {
        json!({"app": APP, "azure.workload.identity/use": "true"})
    };
    let deployment = json!({
        "metadata": {"name": APP},
        "spec": {
            "replicas": 0,
            "selector": {"matchLabels": {"app": APP}},
            "template": {
                "metadata": {"labels": label},
                "spec": {
                    "serviceAccountName": APP,
                    "containers": [{"name": "main", "image": "registry.example/app"}],
                },
            },
        },
    });
    create::<Deployment>(&Api::namespaced(tenant, "default"), deployment).await?;
    say(
        out,
        "\n== workload\nServiceAccount `default/app`, Deployment `default/app` (no pods yet)",
    )?;
    let accounts: Api<ServiceAccount> = Api::namespaced(stage.bed.host().await?, stage.namespace());
    let name = stage.host_name();
    let doing = || format!("cannot read the host's ServiceAccount `{name}`");
    wait::until(&format!("the host's `{name}`"), SYNCED_WITHIN, async || {
        accounts.get_opt(&name).await.doing(doing)
    })
    .await?;
    Ok(())
}

/// Starts the pod of the workload, and shows what the host's webhook gave it.
pub(super) async fn start(stage: &Stage, out: &mut dyn Write) -> Result<(), BedError> {
    let doing = || format!("cannot start the workload `{APP}`");
    let deployments: Api<Deployment> = Api::namespaced(stage.bed.tenant().await?, "default");
    let patch = Patch::Merge(json!({"spec": {"replicas": 1}}));
    deployments
        .patch(APP, &PatchParams::default(), &patch)
        .await
        .doing(doing)?;
    let pods: Api<Pod> = Api::namespaced(stage.bed.host().await?, stage.namespace());
    let synced = ListParams::default().labels("app=app,vcluster.loft.sh/managed-by");
    let pod = wait::until(
        "the workload's pod on the host",
        SYNCED_WITHIN,
        async || {
            let found = pods.list(&synced).await.doing(doing)?;
            Ok(found.items.into_iter().next())
        },
    )
    .await?;
    say(
        out,
        &format!("\n== the workload's pod on the host: `{}`", pod.name_any()),
    )?;
    let containers = pod.spec.map(|spec| spec.containers).unwrap_or_default();
    for variable in containers
        .into_iter()
        .filter_map(|container| container.env)
        .flatten()
    {
        say(
            out,
            &format!("{}={}", variable.name, variable.value.unwrap_or_default()),
        )?;
    }
    Ok(())
}
