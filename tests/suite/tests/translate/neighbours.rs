//! A vCluster beside it on the host, whose tenant writes what it likes.

use k8s_openapi::api::core::v1::Namespace;
use kube::api::{Api, Patch, PatchParams};
use serde_json::json;
use vwi_bed::unique;

use crate::scene::{Scene, condition, create_namespace, failed_with, lines};

/// A host Namespace of a neighbour, whose labels name the scene's vCluster, with a ServiceAccount
/// for the scene's `victim`.
async fn labelled_as_if_of(scene: &Scene) -> String {
    let host = scene.bed.host().await.unwrap();
    let namespace = unique("neighbour");
    create_namespace(host.clone(), &namespace).await;
    let labels = json!({
        "vcluster.loft.sh/managed-by": "neighbours-x-evil",
        "vcluster.loft.sh/vcluster-name": scene.name(),
        "vcluster.loft.sh/vcluster-namespace": scene.namespace(),
    });
    let annotations = json!({"vcluster.loft.sh/object-name": scene.inside});
    let patch = json!({"metadata": {"labels": labels, "annotations": annotations}});
    let namespaces: Api<Namespace> = Api::all(host);
    namespaces
        .patch(&namespace, &PatchParams::default(), &Patch::Merge(&patch))
        .await
        .unwrap();
    scene.forge(&namespace, "victim", "victim", "any").await;
    namespace
}

#[tokio::test]
async fn a_namespace_that_another_vcluster_marks_is_not_this_ones() {
    let scene = Scene::new("marked").await;
    scene.account("victim").await;
    scene.synced("victim").await;
    let neighbours = labelled_as_if_of(&scene).await;
    let own = format!(
        "system:serviceaccount:{}:{}",
        scene.namespace(),
        scene.host_name("victim")
    );

    let found = scene.translate(&["--all-vclusters", "--host-context", "aks"]);
    assert!(!found.stdout.contains(&neighbours), "{}", found.stdout);
    let records = lines(&found);
    let victims: Vec<_> = records
        .iter()
        .filter(|record| record["metadata"]["name"] == "victim")
        .map(|record| record["status"]["subject"].clone())
        .collect();
    assert_eq!(victims, [json!(own)], "{}", found.stderr);

    // Somebody who may not read the configuration goes by the host's Namespaces.
    let reader = scene.host_reader().await;
    let found = scene.translate(&["victim", "--host-kubeconfig", &reader]);
    assert_eq!(found.status, Some(0), "{}", found.stderr);
    assert_eq!(condition(&found)["reason"], "Proven");
    assert_eq!(lines(&found)[0]["status"]["subject"], own);
}

#[tokio::test]
async fn a_record_of_another_vcluster_gets_nothing_of_this_ones() {
    let scene = Scene::new("other").await;
    let uid = scene.account("app").await;
    scene.synced("app").await;
    let record = json!({
        "apiVersion": "vwi/v1alpha1", "kind": "WorkloadIdentity",
        "metadata": {"name": "app", "namespace": scene.inside},
        "spec": {"virtualCluster": {"name": "nobody", "namespace": "nowhere"}},
        "status": {"tenant": {"serviceAccountUid": "old"}, "issuer": "https://old/"},
    });
    let program = scene.bed.plugin("kubectl-vwi-translate").unwrap();
    let found = program
        .args(["-f", "-"])
        .stdin(format!("{record}\n"))
        .run()
        .unwrap();
    failed_with(
        &found,
        "OtherVirtualCluster",
        ["nowhere/nobody", scene.name()],
    );
    let status = lines(&found)[0]["status"].clone();
    let keys: Vec<_> = status.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["conditions"], "{status}");
    assert!(!found.stdout.contains(&uid), "{}", found.stdout);
}
