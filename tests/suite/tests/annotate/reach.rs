//! Clusters and hosts: each record goes to its own, and what is no host is known before a write.

use serde_json::{Value, json};
use vwi_tests::Scene;
use vwi_tests::scene::{ACCOUNT, annotation};

use crate::streams::{condition, run, translated};
use crate::{ANNOTATE, CLIENT_ID, ONE, account, values};

#[tokio::test]
async fn a_host_that_is_none_of_this_tenant_is_refused_before_the_first_write() {
    let scene = Scene::new("nohost").await;
    let (record, end) = translated(&scene);
    let tenant = scene.bed.description().tenant.cluster.context.clone();
    for (flags, said) in [
        (
            ["--host-context", &*tenant].as_slice(),
            "is not the host of the tenant",
        ),
        (&["--host-context", "absent", "--wait=false"], "absent"),
    ] {
        let refused = run(&scene, &record, &end, flags);
        assert_eq!(refused.status, Some(3), "{flags:?}: {}", refused.stderr);
        assert!(
            refused.stderr.contains(said),
            "{flags:?}: {}",
            refused.stderr
        );
    }
    assert_eq!(values(&scene).await, [const { None }; 4]);
}

#[tokio::test]
async fn a_current_context_that_is_gone_does_not_hide_the_records_own() {
    let scene = Scene::new("gone").await;
    let (record, end) = translated(&scene);
    let gone = scene.bed.folder().join("gone");
    let document = json!({"apiVersion": "v1", "kind": "Config", "current-context": "gone"});
    std::fs::write(&gone, document.to_string()).unwrap();
    let files = [&gone, &scene.bed.description().tenant.kubeconfig];
    let program = scene.plugin(ANNOTATE).args(["-o", "ndjson"]);
    let finished = program
        .env("KUBECONFIG", std::env::join_paths(files).unwrap())
        .stdin(format!("{record}\n{end}"))
        .run()
        .unwrap();
    assert_eq!(finished.status, Some(0), "{}", finished.stderr);
    assert_eq!(condition(&finished), ("True".into(), "Updated".into()));
    // Names are of the current context alone.
    let typed = scene
        .plugin(ANNOTATE)
        .args([ACCOUNT, "-n", &scene.namespace, "--client-id", ONE])
        .env("KUBECONFIG", &gone)
        .run()
        .unwrap();
    assert_eq!(typed.status, Some(3), "{}", typed.stderr);
}

#[tokio::test]
async fn a_namespace_that_the_record_does_not_say_is_refused() {
    let scene = Scene::new("namespace").await;
    let (record, end) = translated(&scene);
    let refused = run(&scene, &record, &end, &["-n", "other"]);
    assert_eq!(refused.status, Some(1), "{}", refused.stderr);
    assert_eq!(
        condition(&refused),
        ("False".into(), "FlagAgainstRecord".into())
    );
    assert_eq!(annotation(&account(&scene).await, CLIENT_ID), None);
}

#[tokio::test]
async fn a_client_id_that_no_step_plans_is_missing_in_a_dry_run_too() {
    let scene = Scene::new("noclient").await;
    let (mut record, end) = translated(&scene);
    record["status"]["identity"] = Value::Null;
    let dry = run(&scene, &record, &end, &["--dry-run"]);
    assert_eq!(dry.status, Some(1), "{}", dry.stderr);
    assert_eq!(condition(&dry), ("False".into(), "NoClientId".into()));

    let conditions = record["status"]["conditions"].as_array_mut().unwrap();
    conditions.push(
        json!({"type": "Federated", "status": "Unknown", "reason": "Planned", "message": ""}),
    );
    let planned = run(&scene, &record, &end, &[]);
    assert_eq!(planned.status, Some(0), "{}", planned.stderr);
    // There is no object yet that could be committed.
    let unknown = run(&scene, &record, &end, &["-o", "yaml"]);
    assert_eq!(unknown.status, Some(1), "{}", unknown.stderr);
    assert_eq!(unknown.stdout, "");
    assert!(
        unknown.stderr.contains("after federate"),
        "{}",
        unknown.stderr
    );
}
