//! How the vCluster runs: by its configuration, by a 0.19's arguments, or by a file.

use k8s_openapi::api::apps::v1::StatefulSet;
use k8s_openapi::api::core::v1::Secret;
use kube::api::{Api, DeleteParams, Patch, PatchParams};
use serde_json::{Value, json};
use vwi_bed::{VirtualCluster, unique};

use crate::scene::{Scene, condition, lines};

/// The line of the formula in the only record's evidence.
fn computed(found: &vwi_bed::Finished) -> Value {
    let record = lines(found)[0].clone();
    let evidence = record["status"]["evidence"].as_array().unwrap().iter();
    evidence
        .filter(|line| line["source"] == "computed")
        .map(|line| line["message"].clone())
        .collect()
}

#[tokio::test]
async fn a_vcluster_of_0_19_is_known_by_its_arguments() {
    let old = |vcluster: VirtualCluster| VirtualCluster {
        version: "0.19.7".to_owned(),
        ..vcluster
    };
    let scene = Scene::alone("old", old).await;
    scene.account("app").await;
    scene.synced("app").await;
    let host = scene.bed.host().await.unwrap();
    let secrets: Api<Secret> = Api::namespaced(host.clone(), scene.namespace());
    let secret = format!("vc-config-{}", scene.name());
    secrets
        .delete(&secret, &DeleteParams::default())
        .await
        .unwrap();
    let workloads: Api<StatefulSet> = Api::namespaced(host, scene.namespace());
    let name = format!("--name={}", scene.name());
    for (arguments, expected) in [
        (json!([name, "--sync=serviceaccounts"]), "Proven"),
        (json!([name, "--sync=ingresses"]), "ServiceAccountSyncOff"),
        (
            json!(["--name=other", "--sync=serviceaccounts"]),
            "ConfigurationUnusable",
        ),
    ] {
        let containers = json!([{"name": "syncer", "args": arguments}]);
        let patch = json!({"spec": {"template": {"spec": {"containers": containers}}}});
        let patch = Patch::Strategic(patch);
        workloads
            .patch(scene.name(), &PatchParams::default(), &patch)
            .await
            .unwrap();
        let found = scene.translate(&["app"]);
        assert_eq!(condition(&found)["reason"], expected, "{}", found.stderr);
        if expected == "Proven" {
            assert_eq!(computed(&found), json!(["single namespace, configuration"]));
        }
    }
}

#[tokio::test]
async fn a_configuration_that_vcluster_refuses_is_refused_in_its_words() {
    let scene = Scene::alone("refused", |vcluster| vcluster).await;
    scene.account("app").await;
    let file = scene.bed.folder().join(unique("values"));
    for (mappings, words) in [
        (
            json!({}),
            "config.sync.toHost.namespaces.mappings.byName are empty",
        ),
        (
            json!({"team-*": "plain"}),
            "'team-*':'plain' has mismatched wildcard '*' usage",
        ),
    ] {
        let namespaces = json!({"enabled": true, "mappings": {"byName": mappings}});
        let values = json!({"sync": {"toHost": {"namespaces": namespaces}}});
        std::fs::write(&file, values.to_string()).unwrap();
        let values = ["--vcluster-values", file.to_str().unwrap(), "--no-host"];
        let found = scene.translate(&[&["app"][..], &values].concat());
        assert_eq!(found.status, Some(3), "{}", found.stderr);
        assert!(found.stderr.contains(words), "{}", found.stderr);
    }
    let hns = scene.namespace();
    let values = json!({"sync": {"toHost": {
        "serviceAccounts": {"enabled": true},
        "namespaces": {"enabled": true, "mappings": {"byName": {"default": format!("{hns}-d")}}},
    }}});
    std::fs::write(&file, values.to_string()).unwrap();
    let values = ["--vcluster-values", file.to_str().unwrap(), "--no-host"];
    let found = scene.translate(&[&["app", "--accept=computed"][..], &values].concat());
    assert_eq!(found.status, Some(0), "{}", found.stderr);
    assert_eq!(computed(&found), json!(["namespace sync, given values"]));
    let account = &lines(&found)[0]["status"]["hostServiceAccount"];
    assert_eq!(
        *account,
        json!({"namespace": format!("{hns}-d"), "name": "app"})
    );
}

#[tokio::test]
async fn values_that_are_not_the_vclusters_own_are_refused() {
    let scene = Scene::new("values").await;
    scene.account("app").await;
    scene.synced("app").await;
    let file = scene.bed.folder().join(unique("values"));
    let file = file.to_str().unwrap();
    for (values, status) in [
        (
            json!({"sync": {"toHost": {"serviceAccounts": {"enabled": true}}}}),
            0,
        ),
        (
            json!({"sync": {"toHost": {"serviceAccounts": {"enabled": false}}}}),
            1,
        ),
    ] {
        std::fs::write(file, values.to_string()).unwrap();
        let found = scene.translate(&["app", "--vcluster-values", file]);
        assert_eq!(found.status, Some(status), "{}", found.stderr);
        if status == 1 {
            assert_eq!(condition(&found)["reason"], "ConfigurationDiffers");
            let told = "they differ in whether ServiceAccounts are synced";
            assert!(found.stderr.contains(told), "{}", found.stderr);
        }
    }
}
