//! What is spoilt in the tenant or on the host.

use std::time::Duration;

use k8s_openapi::api::core::v1::{Pod, ServiceAccount};
use kube::api::{Api, PostParams};
use serde_json::json;
use vwi_bed::until;
use vwi_tests::Scene;
use vwi_tests::scene::ACCOUNT;

use crate::checked::{CHECK, Checked, SEEDED};

#[tokio::test]
async fn what_is_spoilt_in_the_tenant_is_named() {
    let checked = Checked::federated("tenant").await;
    checked.annotate(&[("client-id", "app-identity")]).await;
    let (status, findings) = checked.findings(&["--identity", SEEDED, "-g", "rg"]);
    assert_eq!(status, Some(1));
    assert_eq!(findings, ["wrong-client error"]);
    let finished = checked.check(&["--identity", SEEDED, "-g", "rg"]);
    let fix = format!(
        "fix: kubectl vwi annotate {ACCOUNT} -n {} --client-id {}",
        checked.scene.namespace, checked.client_id
    );
    assert!(finished.stdout.contains(&fix), "{}", finished.stdout);

    let gone = checked
        .scene
        .plugin(CHECK)
        .args(["apq", "-n", &checked.scene.namespace])
        .args(["--identity", SEEDED, "-g", "rg"])
        .run()
        .unwrap();
    assert_eq!(gone.status, Some(1), "{}", gone.stderr);
    assert!(gone.stdout.contains("[sa-missing]"), "{}", gone.stdout);
    assert!(
        gone.stdout.contains("its namespace has `app`"),
        "{}",
        gone.stdout
    );
}

#[tokio::test]
async fn somebody_elses_host_service_account_is_named() {
    let scene = Scene::without_account("squatted").await;
    let host = scene.host_accounts().await;
    let mut foreign = ServiceAccount::default();
    foreign.metadata.name = Some(scene.host_name("taken"));
    host.create(&PostParams::default(), &foreign).await.unwrap();
    let mut account = ServiceAccount::default();
    account.metadata.name = Some("taken".to_owned());
    let tenant = scene.tenant_accounts().await;
    tenant
        .create(&PostParams::default(), &account)
        .await
        .unwrap();
    let finished = scene
        .plugin(CHECK)
        .args(["taken", "-n", &scene.namespace, "-o", "short"])
        .run()
        .unwrap();
    assert_eq!(finished.status, Some(1), "{}", finished.stderr);
    assert!(
        finished.stdout.contains("[host-sa-foreign]"),
        "{}",
        finished.stdout
    );
}

#[tokio::test]
async fn a_pod_from_before_the_annotation_is_stale() {
    let checked = Checked::federated("stale").await;
    checked.annotate(&[("client-id", "")]).await;
    let scene = &checked.scene;
    let pods: Api<Pod> = Api::namespaced(scene.bed.tenant().await.unwrap(), &scene.namespace);
    let pod: Pod = serde_json::from_value(json!({
        "metadata": {"name": "web", "labels": {"azure.workload.identity/use": "true"}},
        "spec": {
            "serviceAccountName": ACCOUNT,
            "containers": [{"name": "web", "image": "example.org/web"}],
        },
    }))
    .unwrap();
    pods.create(&PostParams::default(), &pod).await.unwrap();
    let host: Api<Pod> = Api::namespaced(scene.bed.host().await.unwrap(), scene.host_namespace());
    let name = scene.host_name("web");
    until("the host's pod", Duration::from_secs(20), async || {
        Ok(host.get_opt(&name).await.unwrap())
    })
    .await
    .unwrap();

    checked.annotate(&[("client-id", &checked.client_id)]).await;
    let (status, findings) = checked.findings(&[]);
    assert_eq!(
        (status, findings),
        (Some(1), vec!["pods-stale error".to_owned()])
    );
    let finished = checked.check(&["-o", "short"]);
    let expected = "AZURE_CLIENT_ID of Pod web, made at ";
    assert!(finished.stdout.contains(expected), "{}", finished.stdout);
    assert!(
        finished.stdout.contains(&checked.client_id),
        "{}",
        finished.stdout
    );
}

#[tokio::test]
async fn records_lead_to_their_own_context_where_another_is_current() {
    let checked = Checked::federated("context").await;
    let scene = &checked.scene;
    let record = scene
        .plugin("kubectl-vwi-translate")
        .args([ACCOUNT, "-n", &scene.namespace, "-o", "ndjson"])
        .run()
        .unwrap();
    assert_eq!(record.status, Some(0), "{}", record.stderr);
    // The host's context is the current one.
    let description = scene.bed.description();
    let files = [&description.host.kubeconfig, &description.tenant.kubeconfig];
    let finished = scene
        .plugin(CHECK)
        .args(["--fail-on=unknown"])
        .env("KUBECONFIG", std::env::join_paths(files).unwrap())
        .stdin(record.stdout)
        .run()
        .unwrap();
    let tenant = format!(
        "the tenant is context `{}`",
        description.tenant.cluster.context
    );
    assert!(finished.stderr.contains(&tenant), "{}", finished.stderr);
    assert!(
        !finished.stdout.contains("is another cluster"),
        "{}",
        finished.stdout
    );
}
