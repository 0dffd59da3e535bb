//! `--via`: which sources are asked, and what becomes of those that differ or give nothing.

use serde_json::json;
use vwi_bed::VirtualCluster;

use super::sources;
use crate::scene::{Scene, condition, failed_with, lines};

#[tokio::test]
async fn what_is_picked_is_asked_and_nothing_else() {
    let scene = Scene::new("via").await;
    scene.account("app").await;
    scene.synced("app").await;
    for (via, grade, expected) in [
        ("computed", "Configured", &["computed"][..]),
        ("host", "Proven", &["host"]),
        ("host,token", "Proven", &["host", "token"]),
        (
            "computed,host,token",
            "Proven",
            &["computed", "host", "token"],
        ),
    ] {
        let found = scene.translate(&["app", "--via", via]);
        assert_eq!(found.status, Some(0), "{via}: {}", found.stderr);
        assert_eq!(condition(&found)["reason"], grade, "{via}");
        assert_eq!(sources(&lines(&found)[0]), expected, "{via}");
    }
    scene.no_pod_left().await;
}

#[tokio::test]
async fn what_is_picked_has_to_answer() {
    let scene = Scene::new("nobody").await;
    scene.account("app").await;
    scene.synced("app").await;
    let nobody = scene.translate(&["app", "--no-host", "--via=host"]);
    assert_eq!(nobody.status, Some(3), "{}", nobody.stderr);
    assert!(
        nobody.stderr.contains("`--via=host` has nobody to ask"),
        "{}",
        nobody.stderr
    );

    let one = scene.translate(&["app", "--no-host", "--via=computed,host"]);
    assert_eq!(one.status, Some(1), "{}", one.stderr);
    assert_eq!(condition(&one)["reason"], "HostUnavailable");

    let dry = scene.translate(&["app", "--no-host", "--via=token", "--dry-run"]);
    assert_eq!(dry.status, Some(1), "{}", dry.stderr);
    let message = condition(&dry)["message"].to_string();
    assert!(message.contains("a dry run makes no pod"), "{message}");

    // Who may not make pods is told so.
    let reader = ["app", "--no-host", "--via=token", "--as", "nobody"];
    let found = scene.translate(&reader);
    assert_eq!(found.status, Some(1), "{}", found.stderr);
    let message = condition(&found)["message"].to_string();
    assert!(message.contains("cannot create a pod"), "{message}");
    assert!(message.contains("403"), "{message}");
    scene.no_pod_left().await;
}

#[tokio::test]
async fn a_token_tells_the_mode_that_the_formula_can_only_assume() {
    let scene = Scene::alone("mapped", |vcluster: VirtualCluster| {
        let host = format!("{}-mapped", vcluster.namespace);
        let mut vcluster = vcluster
            .with(
                "sync.toHost.namespaces",
                json!({"enabled": true, "mappings": {"byName": {"default": host}}}),
            )
            .unwrap();
        vcluster.webhook.audience = "api://other".to_owned();
        vcluster
    })
    .await;
    scene.account("app").await;
    let mapped = format!("{}-mapped", scene.namespace());
    let alone = scene.translate(&["app", "--no-host", "--via=token"]);
    assert_eq!(alone.status, Some(0), "{}", alone.stderr);
    let record = &lines(&alone)[0];
    let subject = format!("system:serviceaccount:{mapped}:app");
    assert_eq!(record["status"]["subject"], subject);

    let both = scene.translate(&["app", "--no-host", "--via=computed,token"]);
    let computed = format!("{}/{}", scene.namespace(), scene.host_name("app"));
    let token = format!("{mapped}/app");
    failed_with(
        &both,
        "SourcesDisagree",
        [
            &format!("computed `{computed}`"),
            &format!("token `{token}`"),
        ],
    );
    let side_by_side =
        format!("translate:   computed  {computed}\ntranslate:   token     {token}\n");
    assert!(both.stderr.contains(&side_by_side), "{}", both.stderr);
}

#[tokio::test]
async fn a_token_tells_that_service_accounts_are_not_synced() {
    let scene = Scene::alone("off", |vcluster: VirtualCluster| {
        vcluster
            .with("sync.toHost.serviceAccounts.enabled", false)
            .unwrap()
    })
    .await;
    scene.account("app").await;
    let found = scene.translate(&["app", "--no-host", "--via=token"]);
    let shared = format!("{}/vc-workload-{}", scene.namespace(), scene.name());
    failed_with(&found, "ServiceAccountSyncOff", ["does not sync", &shared]);
    let known = scene.translate(&["app", "--via=token"]);
    assert_eq!(condition(&known)["reason"], "ServiceAccountSyncOff");
}

#[tokio::test]
async fn a_webhook_that_is_down_is_named() {
    let scene = Scene::alone("down", |mut vcluster: VirtualCluster| {
        vcluster.webhook.is_down = true;
        vcluster
    })
    .await;
    scene.account("app").await;
    let found = scene.translate(&["app", "--no-host", "--via=token", "--timeout=4s"]);
    assert_eq!(found.status, Some(124), "{}", found.stderr);
    let message = condition(&found)["message"].to_string();
    assert!(message.contains("SyncError"), "{message}");
    assert!(
        message.contains("mutation.azure-workload-identity.io"),
        "{message}"
    );
}
