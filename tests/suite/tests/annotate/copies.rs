//! What the user named is waited for on the host as a record's ServiceAccount is.

use serde_json::Value;
use vwi_bed::{Finished, SyncerOrder};
use vwi_tests::Scene;
use vwi_tests::scene::{ACCOUNT, annotation};

use crate::second::Second;
use crate::{ANNOTATE, CLIENT_ID, ONE, TWO};

fn annotate(scene: &Scene, second: &Second, flags: &[&str]) -> Finished {
    scene
        .plugin(ANNOTATE)
        .env("KUBECONFIG", &second.tenant.kubeconfig)
        .args([ACCOUNT, "-n", &scene.namespace])
        .args(flags)
        .run()
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_does_not_follow_is_an_error_unless_nobody_waits() {
    let scene = Scene::without_account("follow").await;
    let second = Second::new(&scene, |vcluster| vcluster).await;
    let copy = second.is_synced().await;
    let order = |order| {
        let vcluster = &second.tenant.vcluster;
        tokio::task::block_in_place(|| scene.bed.syncer(vcluster, order)).unwrap();
    };
    order(SyncerOrder::Pause);

    let late = annotate(&scene, &second, &["--client-id", ONE, "--timeout", "6s"]);
    assert_eq!(late.status, Some(124), "{}", late.stderr);
    let name = copy.metadata.name.unwrap();
    let said = format!("{name}` on the host has {CLIENT_ID} ``");
    assert!(late.stderr.contains(&said), "{}", late.stderr);
    let written = second.accounts.get(ACCOUNT).await.unwrap();
    assert_eq!(annotation(&written, CLIENT_ID).as_deref(), Some(ONE));

    let left = annotate(&scene, &second, &["--client-id", ONE, "--wait=false"]);
    assert_eq!(left.status, Some(0), "{}", left.stderr);

    order(SyncerOrder::Resume);
    // What changed while vCluster was down stays different until the key changes once more.
    let followed = annotate(&scene, &second, &["--client-id", TWO]);
    assert_eq!(followed.status, Some(0), "{}", followed.stderr);
    let copy = second.is_synced().await;
    assert_eq!(annotation(&copy, CLIENT_ID).as_deref(), Some(TWO));
}

#[tokio::test(flavor = "multi_thread")]
async fn where_no_copy_will_come_that_is_said_and_nothing_is_waited_for() {
    let scene = Scene::without_account("off").await;
    let path = "sync.toHost.serviceAccounts.enabled";
    let off = |vcluster: vwi_bed::VirtualCluster| vcluster.with(path, Value::Bool(false)).unwrap();
    let second = Second::new(&scene, off).await;
    let finished = annotate(&scene, &second, &["--client-id", ONE]);
    assert_eq!(finished.status, Some(0), "{}", finished.stderr);
    let said = "no copy on the host is waited for: vCluster";
    assert_eq!(
        finished.stderr.matches(said).count(),
        1,
        "{}",
        finished.stderr
    );
    assert!(
        finished.stderr.contains("does not sync"),
        "{}",
        finished.stderr
    );
}
