//! What a record claims to be proven, and a host that says otherwise or has nothing to say.

use serde_json::{Value, json};
use vwi_bed::Finished;
use vwi_tests::Scene;
use vwi_tests::scene::{ACCOUNT, GROUP, IDENTITY};

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
    let (mut record, end) = scene.translated();
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
    let (record, end) = scene.translated();
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

/// A record that translate wrote, claiming the subject of another ServiceAccount of the tenant.
async fn forged(scene: &Scene) -> (Value, String) {
    scene.add_account("victim").await;
    let (record, end) = scene.translated();
    let (own, victim) = (scene.host_name(ACCOUNT), scene.host_name("victim"));
    let mut forged: Value =
        serde_json::from_str(&record.to_string().replace(&own, &victim)).unwrap();
    forged["status"]["hostServiceAccount"]["uid"].take();
    (forged, end)
}

#[tokio::test]
async fn a_record_that_names_no_vcluster_claims_nobody_elses_subject() {
    let scene = Scene::new("silent").await;
    let (mut record, end) = forged(&scene).await;
    let typed: &[&str] = &["--host-context", "aks"];
    let which = record["spec"]["virtualCluster"].clone();
    for said in [
        json!({}),
        json!({"name": which["name"]}),
        json!({"namespace": which["namespace"]}),
    ] {
        record["spec"]["virtualCluster"] = said;
        for flags in [typed, &[]] {
            let refused = federate(&scene, &record, &end, flags);
            assert_eq!(refused.status, Some(1), "{}", refused.stderr);
            let told = refused.stderr.contains("SubjectDiffers");
            assert!(told, "{}", refused.stderr);
        }
    }
    // Nothing tells which vCluster it is: whoever has the subject is told by annotations.
    record["status"]["tenant"]["serviceIP"].take();
    let refused = federate(&scene, &record, &end, typed);
    assert_eq!(refused.status, Some(1), "{}", refused.stderr);
    assert!(
        refused.stderr.contains("SubjectDiffers"),
        "{}",
        refused.stderr
    );
    assert_eq!(scene.writes().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_record_that_no_host_can_answer_for_frees_no_other_from_proof() {
    let scene = Scene::new("spoiler").await;
    let (record, end) = forged(&scene).await;
    let mut spoiler = record.clone();
    for name in ["A B", "", "a/b"] {
        spoiler["spec"]["virtualCluster"]["name"] = json!(name);
        let end = end.replace("\"records\":1", "\"records\":2");
        let refused = scene
            .plugin("kubectl-vwi-federate")
            .args(["--identity", IDENTITY, "-g", GROUP, "--shared-identity"])
            .args(["--aks-cluster", "aks"])
            .stdin(format!("{spoiler}\n{record}\n{end}"))
            .run()
            .unwrap();
        assert_eq!(refused.status, Some(1), "{}", refused.stderr);
        for reason in ["InvalidVirtualCluster", "SubjectDiffers"] {
            let told = refused.stderr.contains(reason);
            assert!(told, "{name}: {reason}: {}", refused.stderr);
        }
    }
    assert_eq!(scene.writes().await, Vec::<String>::new());
}

#[tokio::test]
async fn who_asks_for_the_plan_changes_nothing() {
    let scene = Scene::new("only-plan").await;
    let (record, end) = scene.translated();
    let planned = federate(&scene, &record, &end, &["-o", "plan"]);
    assert_eq!(planned.status, Some(0), "{}", planned.stderr);
    assert!(planned.stdout.contains("to create"), "{}", planned.stdout);
    assert_eq!(scene.writes().await, Vec::<String>::new());
    let elsewhere = federate(&scene, &record, &end, &["-n", "elsewhere"]);
    assert_eq!(elsewhere.status, Some(1), "{}", elsewhere.stderr);
    assert!(
        elsewhere.stderr.contains("--namespace"),
        "{}",
        elsewhere.stderr
    );
}
