//! What a record claims to be proven, and a host that says otherwise or has nothing to say.

use serde_json::{Value, json};
use vwi_bed::Finished;
use vwi_tests::Scene;
use vwi_tests::scene::{ACCOUNT, GROUP, IDENTITY};

fn translated(scene: &Scene) -> (Value, String) {
    let finished = scene
        .plugin("kubectl-vwi-translate")
        .args([ACCOUNT, "-n", &scene.namespace])
        .run()
        .unwrap();
    assert_eq!(finished.status, Some(0), "{}", finished.stderr);
    let (record, end) = finished.stdout.split_once('\n').unwrap();
    (serde_json::from_str(record).unwrap(), end.to_owned())
}

fn federate(scene: &Scene, record: &Value, end: &str, more: &[&str]) -> Finished {
    let flags = ["--identity", IDENTITY, "-g", GROUP, "--aks-cluster", "aks"];
    scene
        .plugin("kubectl-vwi-federate")
        .args([&flags[..], more].concat())
        .stdin(format!("{record}\n{end}"))
        .run()
        .unwrap()
}

#[tokio::test]
async fn a_tenant_that_has_another_address_than_its_vcluster_here_is_refused() {
    let scene = Scene::new("moved").await;
    let (mut record, end) = translated(&scene);
    record["status"]["tenant"]["serviceIP"] = json!("203.0.113.9");
    let refused = federate(&scene, &record, &end, &[]);
    assert_eq!(refused.status, Some(1), "{}", refused.stderr);
    for part in ["OtherHost", "203.0.113.9", "--no-host"] {
        assert!(refused.stderr.contains(part), "{part}: {}", refused.stderr);
    }
    assert_eq!(scene.writes().await, Vec::<String>::new());
    // Nobody says where it lives: that is told, and translate's word counts.
    record["status"]["tenant"]["serviceIP"].take();
    let done = federate(&scene, &record, &end, &[]);
    assert_eq!(done.status, Some(0), "{}", done.stderr);
    let told = "1 record is not proven on";
    assert!(done.stderr.contains(told), "{}", done.stderr);
}

#[tokio::test]
async fn nothing_is_proven_that_the_host_was_asked_for_and_lacks() {
    let scene = Scene::new("ghost").await;
    let (record, end) = translated(&scene);
    let real = scene.host_name(ACCOUNT);
    let ghost = scene.host_name("ghost");
    let claimed = record.to_string().replace(&real, &ghost);
    let mut claimed: Value = serde_json::from_str(&claimed).unwrap();
    claimed["metadata"]["name"] = json!("ghost");
    claimed["status"]["tenant"]["serviceAccountUid"].take();
    claimed["status"]["hostServiceAccount"]["uid"].take();
    let flags = ["--host-context", "aks", "--accept", "proven"];
    let refused = federate(&scene, &claimed, &end, &flags);
    assert_eq!(refused.status, Some(1), "{}", refused.stderr);
    assert!(refused.stderr.contains("Unproven"), "{}", refused.stderr);
    assert_eq!(scene.writes().await, Vec::<String>::new());
    let done = federate(&scene, &record, &end, &flags);
    assert_eq!(done.status, Some(0), "{}", done.stderr);
}
