//! What is proven on the host, and what there is refused.

use k8s_openapi::api::core::v1::Namespace;
use kube::api::Api;
use serde_json::json;
use vwi_bed::{SyncerOrder, VirtualCluster, client, unique};

use crate::scene::{Scene, condition, create, create_namespace, failed_with, lines};

#[tokio::test]
async fn without_any_flag_it_is_proven_on_the_host() {
    let scene = Scene::new("proven").await;
    let uid = scene.account("app").await;
    scene.synced("app").await;
    let found = scene.translate(&["app"]);
    assert_eq!(found.status, Some(0), "{}", found.stderr);

    let host_name = scene.host_name("app");
    let accounts = scene.host_accounts(scene.namespace()).await;
    let host = accounts.get(&host_name).await.unwrap();
    let tenant = client(&scene.tenant.cluster).await.unwrap();
    let namespaces: Api<Namespace> = Api::all(tenant);
    let kube_system = namespaces.get("kube-system").await.unwrap();
    let record = &lines(&found)[0];
    let which = json!({"name": scene.name(), "namespace": scene.namespace()});
    assert_eq!(
        record["status"],
        json!({
            "tenant": {
                "serviceAccountUid": uid,
                "clusterUid": kube_system.metadata.uid,
                "serviceIP": scene.tenant.service_address,
            },
            "subject": format!("system:serviceaccount:{}:{host_name}", scene.namespace()),
            "hostServiceAccount": {
                "namespace": scene.namespace(), "name": host_name, "uid": host.metadata.uid,
            },
            "evidence": [
                {"source": "serviceIP", "virtualCluster": which},
                {"source": "certificate", "virtualCluster": which},
                {"source": "contextName", "virtualCluster": which},
                {"source": "computed", "namespace": scene.namespace(), "name": host_name,
                 "message": "single namespace, configuration"},
                {"source": "host", "namespace": scene.namespace(), "name": host_name},
            ],
            "issuer": scene.bed.description().issuer,
            "conditions": [{
                "type": "Translated", "status": "True", "reason": "Proven",
                "message": format!("seen on the host as `{}/{host_name}`", scene.namespace()),
            }],
        })
    );
    assert_eq!(record["spec"]["virtualCluster"], which);
    let named = "the host is context `aks`, the parent in the context's name";
    assert_eq!(found.stderr.matches(named).count(), 1, "{}", found.stderr);
    assert_eq!(
        scene.translate(&["app"]).stdout,
        found.stdout,
        "twice the same bytes"
    );
}

#[tokio::test]
async fn a_host_that_does_not_have_it_yet_is_waited_for() {
    let scene = Scene::alone("wait", |vcluster| vcluster).await;
    scene.order(SyncerOrder::Pause);
    scene.account("app").await;
    let host_name = scene.host_name("app");
    failed_with(
        &scene.translate(&["app"]),
        "NotSynced",
        ["default/app", &host_name],
    );
    let late = scene.translate(&["app", "--wait", "--timeout", "300ms"]);
    assert_eq!(late.status, Some(124), "{}", late.stderr);

    let program = scene.bed.plugin("kubectl-vwi-translate").unwrap();
    let waiting = program
        .env("KUBECONFIG", &scene.tenant.kubeconfig)
        .args(["app", "--wait"])
        .start()
        .unwrap();
    scene.order(SyncerOrder::Resume);
    let found = waiting.finish().unwrap();
    assert_eq!(found.status, Some(0), "{}", found.stderr);
    assert_eq!(condition(&found)["reason"], "Proven");
}

#[tokio::test]
async fn what_is_not_its_own_on_the_host_is_refused_and_both_sides_are_shown() {
    let scene = Scene::alone("forged", |vcluster| vcluster).await;
    scene.order(SyncerOrder::Pause);

    let uid = scene.account("other").await;
    let name = scene.host_name("other");
    scene
        .forge(scene.namespace(), &name, "other", "another-uid")
        .await;
    failed_with(
        &scene.translate(&["other"]),
        "OtherUid",
        [&uid, "another-uid"],
    );

    scene.account("squatted").await;
    let name = scene.host_name("squatted");
    create(scene.host_accounts(scene.namespace()).await, &name, [], []).await;
    let found = scene.translate(&["squatted"]);
    failed_with(&found, "ForeignHostServiceAccount", [&name, "managed-by"]);

    let uid = scene.account("twice").await;
    let first = scene.host_name("twice");
    scene.forge(scene.namespace(), &first, "twice", &uid).await;
    scene
        .forge(scene.namespace(), "second", "twice", &uid)
        .await;
    failed_with(
        &scene.translate(&["twice"]),
        "DuplicateUid",
        [&first, "second"],
    );
}

#[tokio::test]
async fn what_stands_in_other_namespaces_of_the_host_is_no_evidence() {
    let scene = Scene::alone("outside", |vcluster| vcluster).await;
    scene.order(SyncerOrder::Pause);
    let uid = scene.account("app").await;
    let elsewhere = unique("elsewhere");
    create_namespace(scene.bed.host().await.unwrap(), &elsewhere).await;
    let name = scene.host_name("app");
    scene.forge(&elsewhere, &name, "app", &uid).await;
    failed_with(
        &scene.translate(&["app"]),
        "NotSynced",
        ["default/app", &name],
    );
}

#[tokio::test]
async fn a_vcluster_that_does_not_sync_service_accounts_is_refused_with_the_fix() {
    let off = |vcluster: VirtualCluster| {
        vcluster
            .with("sync.toHost.serviceAccounts.enabled", false)
            .unwrap()
    };
    let scene = Scene::alone("off", off).await;
    scene.account("app").await;
    let found = scene.translate(&["app"]);
    let shared = format!("vc-workload-{}", scene.name());
    failed_with(
        &found,
        "ServiceAccountSyncOff",
        ["does not sync ServiceAccounts", &shared],
    );
    assert!(
        found
            .stderr
            .contains("hint: set `sync.toHost.serviceAccounts.enabled: true`"),
        "{}",
        found.stderr
    );
}

#[tokio::test]
async fn a_service_account_that_is_missing_fails_unless_it_is_allowed() {
    let scene = Scene::new("missing").await;
    let found = scene.translate(&["app"]);
    assert_eq!(found.status, Some(1));
    assert_eq!(condition(&found)["reason"], "ServiceAccountNotFound");
    let found = scene.translate(&["app", "--allow-missing"]);
    assert_eq!(found.status, Some(0), "{}", found.stderr);
    let condition = condition(&found);
    assert_eq!(condition["reason"], "Configured");
    assert!(
        condition["message"]
            .as_str()
            .unwrap()
            .starts_with("awaited"),
        "{condition}"
    );
    let record = &lines(&found)[0];
    assert!(record["status"]["hostServiceAccount"].get("uid").is_none());
}
