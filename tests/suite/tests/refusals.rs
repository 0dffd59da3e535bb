//! Subjects that nobody may trust, and clusters that nobody meant: refused, and nothing changed.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests: what fails ends the test"
)]

use k8s_openapi::api::core::v1::ServiceAccount;
use kube::api::{Patch, PatchParams, PostParams};
use serde_json::json;
use vwi_tests::Scene;
use vwi_tests::scene::ACCOUNT;

const FEDERATE: [&str; 8] = [
    "--identity",
    "app-identity",
    "-g",
    "rg",
    "--aks-cluster",
    "aks",
    "--host-context",
    "aks",
];

async fn refused(scene: &Scene, stream: String, both_sides: [&str; 2]) {
    scene.forget_requests().await;
    let finished = scene
        .plugin("kubectl-vwi-federate")
        .args(FEDERATE)
        .stdin(stream)
        .run()
        .unwrap();
    assert_eq!(finished.status, Some(1), "{}", finished.stderr);
    for side in both_sides {
        assert!(
            finished.stderr.contains(side),
            "`{side}` in {}",
            finished.stderr
        );
    }
    assert_eq!(scene.writes().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_subject_whose_host_service_account_does_not_exist() {
    let scene = Scene::new("absent").await;
    let (record, end) = scene.translated();
    let real = scene.host_name(ACCOUNT);
    let wrong = real.replace("app-x-", "apq-x-");
    let claimed = record.to_string().replace(&real, &wrong);
    refused(&scene, format!("{claimed}\n{end}"), [&wrong, &real]).await;
}

#[tokio::test]
async fn a_host_service_account_that_carries_another_uid() {
    let scene = Scene::new("uid").await;
    let (mut record, end) = scene.translated();
    let real = record["status"]["tenant"]["serviceAccountUid"].clone();
    let other = "00000000-0000-0000-0000-000000000000";
    record["status"]["tenant"]["serviceAccountUid"] = other.into();
    let stream = format!("{record}\n{end}");
    refused(&scene, stream, [other, real.as_str().unwrap()]).await;
}

#[tokio::test]
async fn a_host_service_account_that_is_somebody_elses() {
    let scene = Scene::without_account("foreign").await;
    let host = scene.host_accounts().await;
    let squatted = scene.host_name("taken");
    let mut foreign = ServiceAccount::default();
    foreign.metadata.name = Some(squatted.clone());
    host.create(&PostParams::default(), &foreign).await.unwrap();
    let mut account = ServiceAccount::default();
    account.metadata.name = Some("taken".to_owned());
    let tenant = scene.tenant_accounts().await;
    tenant
        .create(&PostParams::default(), &account)
        .await
        .unwrap();

    let finished = scene.sh("kubectl-vwi-translate taken -n \"$NAMESPACE\" \
         | kubectl-vwi-federate --identity app-identity -g rg --aks-cluster aks");
    assert_eq!(finished.status, Some(1), "{}", finished.stderr);
    assert!(finished.stderr.contains(&squatted), "{}", finished.stderr);
    assert_eq!(scene.writes().await, Vec::<String>::new());
}

#[tokio::test]
async fn annotate_refuses_the_hosts_context() {
    let scene = Scene::new("wrong").await;
    let (record, end) = scene.translated();
    // A ServiceAccount of the same name and namespace on the host would be the victim.
    let client = scene.bed.host().await.unwrap();
    let namespaces: kube::Api<k8s_openapi::api::core::v1::Namespace> =
        kube::Api::all(client.clone());
    let mut namespace = k8s_openapi::api::core::v1::Namespace::default();
    namespace.metadata.name = Some(scene.namespace.clone());
    namespaces
        .create(&PostParams::default(), &namespace)
        .await
        .unwrap();
    let accounts: kube::Api<ServiceAccount> = kube::Api::namespaced(client, &scene.namespace);
    let victim =
        json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": ACCOUNT}});
    let apply = PatchParams::apply("test");
    let before = accounts
        .patch(ACCOUNT, &apply, &Patch::Apply(&victim))
        .await
        .unwrap();

    let client_id = &scene.world.identities[0].client_id;
    let finished = scene
        .plugin("kubectl-vwi-annotate")
        .args(["--context", "aks", "--client-id", client_id])
        .stdin(format!("{record}\n{end}"))
        .run()
        .unwrap();
    assert!(
        matches!(finished.status, Some(1 | 3)),
        "{}",
        finished.stderr
    );
    let after = accounts.get(ACCOUNT).await.unwrap();
    assert_eq!(after, before);
}
