//! Keys of others, and objects that Git keeps.

use k8s_openapi::api::core::v1::ServiceAccount;
use kube::api::{Patch, PatchParams};
use serde_json::json;
use vwi_tests::Scene;
use vwi_tests::scene::{ACCOUNT, annotation};

use crate::{CLIENT_ID, ONE, TWO, account, annotate};

/// Lets another field manager write the client id.
async fn written_by(scene: &Scene, manager: &str) {
    let patch = json!({
        "apiVersion": "v1", "kind": "ServiceAccount",
        "metadata": {"annotations": {CLIENT_ID: TWO}},
    });
    let accounts = scene.tenant_accounts().await;
    let parameters = PatchParams::apply(manager);
    let _account: ServiceAccount = accounts
        .patch(ACCOUNT, &parameters, &Patch::Apply(&patch))
        .await
        .unwrap();
}

#[tokio::test]
async fn another_managers_key_is_named_and_taken_over_only_on_request() {
    let scene = Scene::new("conflict").await;
    written_by(&scene, "somebody").await;
    let refused = annotate(&scene, &["--client-id", ONE]);
    assert_eq!(refused.status, Some(1), "{}", refused.stderr);
    for said in ["`somebody`", ONE, TWO, "--force-conflicts"] {
        assert!(refused.stderr.contains(said), "{said}: {}", refused.stderr);
    }
    let found = account(&scene).await;
    assert_eq!(annotation(&found, CLIENT_ID).as_deref(), Some(TWO));

    let forced = annotate(&scene, &["--client-id", ONE, "--force-conflicts"]);
    assert_eq!(forced.status, Some(0), "{}", forced.stderr);
    let found = account(&scene).await;
    assert_eq!(annotation(&found, CLIENT_ID).as_deref(), Some(ONE));
}

#[tokio::test]
async fn what_git_keeps_is_changed_in_git() {
    let scene = Scene::new("git").await;
    written_by(&scene, "argocd-controller").await;
    let refused = annotate(&scene, &["--client-id", ONE]);
    assert_eq!(refused.status, Some(1), "{}", refused.stderr);
    assert!(refused.stderr.contains("Argo CD"), "{}", refused.stderr);
    assert!(
        refused.stdout.contains("ManagedInGit"),
        "{}",
        refused.stdout
    );
    let found = account(&scene).await;
    assert_eq!(annotation(&found, CLIENT_ID).as_deref(), Some(TWO));
    // What the message says to commit.
    let snippet = annotate(&scene, &["--client-id", ONE, "-o", "yaml"]);
    assert!(
        snippet.stdout.contains("kind: ServiceAccount"),
        "{}",
        snippet.stdout
    );
    assert!(snippet.stdout.contains(ONE), "{}", snippet.stdout);
}

#[tokio::test]
async fn a_key_that_somebody_shares_is_removed_only_on_request() {
    let scene = Scene::new("shared").await;
    written_by(&scene, "somebody").await;
    let same = annotate(&scene, &["--client-id", TWO]);
    assert_eq!(same.status, Some(0), "{}", same.stderr);
    let refused = annotate(&scene, &["--remove"]);
    assert_eq!(refused.status, Some(1), "{}", refused.stderr);
    assert!(refused.stderr.contains("`somebody`"), "{}", refused.stderr);
    let found = account(&scene).await;
    assert_eq!(annotation(&found, CLIENT_ID).as_deref(), Some(TWO));
    assert!(
        refused.stderr.contains("`--force-conflicts` removes it"),
        "{}",
        refused.stderr
    );
    let forced = annotate(&scene, &["--remove", "--force-conflicts"]);
    assert_eq!(forced.status, Some(0), "{}", forced.stderr);
    let found = account(&scene).await;
    assert_eq!(annotation(&found, CLIENT_ID), None);
}
