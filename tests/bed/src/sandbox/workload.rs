//! The workload of the sandbox: a ServiceAccount and a Deployment in the tenant.

use std::io::Write;
use std::time::Duration;

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{Pod, ServiceAccount};
use kube::Api;
use kube::api::{ListParams, PostParams};
use serde_json::json;

use crate::error::{BedError, Doing};
use crate::sandbox::{Spoil, Stage, say};
use crate::wait;

/// Name of ServiceAccount and Deployment, both in `default`.
pub(super) const APP: &str = "app";

/// How long the syncer may take to carry the workload to the host; some milliseconds are usual.
const SYNCED_WITHIN: Duration = Duration::from_secs(20);

/// Makes the workload, and waits until the host has its pod.
pub(super) async fn deploy(
    stage: &Stage,
    spoil: Option<Spoil>,
    out: &mut dyn Write,
) -> Result<(), BedError> {
    let doing = || format!("cannot deploy the workload `{APP}`");
    let tenant = stage.bed.tenant().await?;
    let accounts: Api<ServiceAccount> = Api::namespaced(tenant.clone(), "default");
    let account = serde_json::from_value(json!({"metadata": {"name": APP}})).doing(doing)?;
    accounts
        .create(&PostParams::default(), &account)
        .await
        .doing(doing)?;

    let label = if spoil == Some(Spoil::PodLabel) {
        json!({"app": APP})
    } else {
        json!({"app": APP, "azure.workload.identity/use": "true"})
    };
    let deployment: Deployment = serde_json::from_value(json!({
        "metadata": {"name": APP},
        "spec": {
            "selector": {"matchLabels": {"app": APP}},
            "template": {
                "metadata": {"labels": label},
                "spec": {
                    "serviceAccountName": APP,
                    "containers": [{"name": "main", "image": "registry.example/app"}],
                },
            },
        },
    }))
    .doing(doing)?;
    let deployments: Api<Deployment> = Api::namespaced(tenant, "default");
    deployments
        .create(&PostParams::default(), &deployment)
        .await
        .doing(doing)?;
    say(
        out,
        "\n== workload\nServiceAccount `default/app`, Deployment `default/app`",
    )?;

    let pods: Api<Pod> = Api::namespaced(stage.bed.host().await?, stage.namespace());
    let synced = ListParams::default().labels("app=app,vcluster.loft.sh/managed-by");
    wait::until(
        "the workload's pod on the host",
        SYNCED_WITHIN,
        async || {
            let found = pods.list(&synced).await.doing(doing)?;
            Ok(found.items.into_iter().next())
        },
    )
    .await?;
    Ok(())
}
