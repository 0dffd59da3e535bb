//! One ServiceAccount by its name: written, left alone, made, and taken back.

use vwi_tests::Scene;
use vwi_tests::scene::{ACCOUNT, annotation};

use crate::{ANNOTATE, CLIENT_ID, EXPIRATION, ONE, TENANT_ID, TWO, account, annotate, values};

#[tokio::test]
async fn it_is_on_the_host_when_annotate_ends_and_a_second_run_writes_nothing() {
    let scene = Scene::new("object").await;
    let flags = ["--client-id", ONE, "--azure-tenant-id", TWO];
    let first = annotate(&scene, &flags);
    assert_eq!(first.status, Some(0), "{}", first.stderr);
    assert!(first.stderr.contains("updated"), "{}", first.stderr);
    let [client, tenant] = [Some(ONE.to_owned()), Some(TWO.to_owned())];
    assert_eq!(
        values(&scene).await,
        [client.clone(), tenant.clone(), client, tenant]
    );
    let written = account(&scene).await;
    let fields = written.metadata.managed_fields.clone().unwrap();
    let ours = fields
        .iter()
        .find(|fields| fields.manager.as_deref() == Some("kubectl-vwi"));
    assert_eq!(ours.unwrap().operation.as_deref(), Some("Apply"));

    let second = annotate(&scene, &flags);
    assert_eq!(second.status, Some(0), "{}", second.stderr);
    assert!(second.stderr.contains("1 unchanged"), "{}", second.stderr);
    assert_eq!(
        account(&scene).await.metadata.resource_version,
        written.metadata.resource_version
    );
}

#[tokio::test]
async fn a_key_that_was_set_before_stays_when_another_is_set() {
    let scene = Scene::new("keys").await;
    let first = annotate(&scene, &["--client-id", ONE, "--token-expiration", "7200"]);
    assert_eq!(first.status, Some(0), "{}", first.stderr);
    let second = annotate(&scene, &["--client-id", TWO]);
    assert_eq!(second.status, Some(0), "{}", second.stderr);
    let found = account(&scene).await;
    assert_eq!(annotation(&found, CLIENT_ID).as_deref(), Some(TWO));
    assert_eq!(annotation(&found, EXPIRATION).as_deref(), Some("7200"));
}

#[tokio::test]
async fn values_that_can_not_work_are_refused_before_anything_is_asked() {
    let scene = Scene::new("values").await;
    for flags in [
        &["--client-id", "app-identity"][..],
        &["--client-id", ONE, "--azure-tenant-id", "contoso"],
        &["--client-id", ONE, "--token-expiration", "3599"],
        &["--client-id", ONE, "--token-expiration", "86401"],
    ] {
        let finished = annotate(&scene, flags);
        assert_eq!(finished.status, Some(2), "{flags:?}: {}", finished.stderr);
    }
    let nothing = annotate(&scene, &[]);
    assert_eq!(nothing.status, Some(2), "{}", nothing.stderr);
    assert_eq!(values(&scene).await, [const { None }; 4]);
}

#[tokio::test]
async fn a_missing_one_is_made_on_request_only() {
    let scene = Scene::without_account("create").await;
    let refused = annotate(&scene, &["--client-id", ONE]);
    assert_eq!(refused.status, Some(1), "{}", refused.stderr);
    assert!(refused.stderr.contains("--create"), "{}", refused.stderr);
    let accounts = scene.tenant_accounts().await;
    assert_eq!(accounts.get_opt(ACCOUNT).await.unwrap(), None);

    let made = annotate(&scene, &["--client-id", ONE, "--create"]);
    assert_eq!(made.status, Some(0), "{}", made.stderr);
    assert!(made.stderr.contains("1 created"), "{}", made.stderr);
    let found = accounts.get(ACCOUNT).await.unwrap();
    assert_eq!(annotation(&found, CLIENT_ID).as_deref(), Some(ONE));

    let changed = annotate(&scene, &["--client-id", TWO]);
    assert_eq!(changed.status, Some(0), "{}", changed.stderr);
    let found = accounts.get(ACCOUNT).await.unwrap();
    assert_eq!(annotation(&found, CLIENT_ID).as_deref(), Some(TWO));
}

#[tokio::test]
async fn what_it_made_it_takes_the_annotations_from() {
    let scene = Scene::without_account("unmake").await;
    let flags = ["--client-id", ONE, "--azure-tenant-id", TWO, "--create"];
    let made = annotate(&scene, &flags);
    assert_eq!(made.status, Some(0), "{}", made.stderr);
    // One key of the two is now the apply's.
    let changed = annotate(&scene, &["--client-id", TWO]);
    assert_eq!(changed.status, Some(0), "{}", changed.stderr);
    let removed = annotate(&scene, &["--remove"]);
    assert_eq!(removed.status, Some(0), "{}", removed.stderr);
    let found = account(&scene).await;
    assert_eq!(annotation(&found, CLIENT_ID), None);
    assert_eq!(annotation(&found, TENANT_ID), None);
}

#[tokio::test]
async fn what_was_set_is_taken_back_and_nothing_else() {
    let scene = Scene::new("remove").await;
    let set = annotate(&scene, &["--client-id", ONE, "--azure-tenant-id", TWO]);
    assert_eq!(set.status, Some(0), "{}", set.stderr);
    let removed = annotate(&scene, &["--remove"]);
    assert_eq!(removed.status, Some(0), "{}", removed.stderr);
    let found = account(&scene).await;
    assert_eq!(annotation(&found, CLIENT_ID), None);
    assert_eq!(annotation(&found, TENANT_ID), None);
    let again = annotate(&scene, &["--remove"]);
    assert_eq!(again.status, Some(0), "{}", again.stderr);
    assert!(again.stderr.contains("1 unchanged"), "{}", again.stderr);
}

#[tokio::test]
async fn a_dry_run_says_what_it_would_do_and_does_nothing() {
    let scene = Scene::new("dry").await;
    for mode in ["--dry-run=client", "--dry-run=server"] {
        let finished = annotate(&scene, &["--client-id", ONE, mode, "-o", "yaml"]);
        assert_eq!(finished.status, Some(0), "{mode}: {}", finished.stderr);
        assert!(
            finished.stdout.contains("kind: ServiceAccount"),
            "{}",
            finished.stdout
        );
        assert!(finished.stdout.contains(ONE), "{}", finished.stdout);
        assert_eq!(values(&scene).await, [const { None }; 4], "{mode}");
    }
    let missing = scene
        .plugin(ANNOTATE)
        .args(["absent", "-n", &scene.namespace, "--client-id", ONE])
        .args(["--create", "--dry-run=server"])
        .run()
        .unwrap();
    assert_eq!(missing.status, Some(0), "{}", missing.stderr);
    let accounts = scene.tenant_accounts().await;
    assert_eq!(accounts.get_opt("absent").await.unwrap(), None);
}
