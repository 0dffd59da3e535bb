//! Records: which cluster, which object, and what earlier steps said.

use serde_json::{Value, json};
use vwi_bed::Finished;
use vwi_tests::Scene;
use vwi_tests::scene::{ACCOUNT, annotation};

use crate::{ANNOTATE, CLIENT_ID, ONE, account, values};

/// The record that translate makes, with an identity as federate would leave it, and its end.
pub(crate) fn translated(scene: &Scene) -> (Value, String) {
    let (mut record, end) = scene.translated();
    record["status"]["identity"] = json!({"id": "", "clientId": ONE, "tenantId": ONE});
    (record, end)
}

pub(crate) fn run(scene: &Scene, record: &Value, end: &str, arguments: &[&str]) -> Finished {
    scene
        .plugin(ANNOTATE)
        .args(["-o", "ndjson"])
        .args(arguments)
        .stdin(format!("{record}\n{end}"))
        .run()
        .unwrap()
}

/// The condition that annotate left.
pub(crate) fn condition(finished: &Finished) -> (String, String) {
    let record: Value = serde_json::from_str(finished.stdout.lines().next().unwrap()).unwrap();
    let conditions = record["status"]["conditions"].as_array().unwrap();
    let own = conditions
        .iter()
        .find(|condition| condition["type"] == "Annotated")
        .unwrap();
    let text = |key: &str| own[key].as_str().unwrap().to_owned();
    (text("status"), text("reason"))
}

#[tokio::test]
async fn a_host_that_is_none_and_a_tenant_that_hangs_stop_it_before_the_first_write() {
    let scene = Scene::new("before").await;
    let (record, end) = translated(&scene);
    let no_host = run(&scene, &record, &end, &["--host-context", "absent"]);
    assert_eq!(no_host.status, Some(3), "{}", no_host.stderr);

    // Bound, and never answers.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let server = format!("https://{}", silent.local_addr().unwrap());
    let late = run(
        &scene,
        &record,
        &end,
        &["--server", &server, "--timeout", "50ms"],
    );
    assert_eq!(late.status, Some(124), "{}", late.stderr);
    assert_eq!(values(&scene).await, [const { None }; 4]);
}

#[tokio::test]
async fn two_records_of_one_object_that_want_different_things_change_nothing() {
    let scene = Scene::new("contra").await;
    let (record, end) = translated(&scene);
    let mut other = record.clone();
    other["status"]["identity"]["clientId"] = "22222222-2222-3333-4444-555555555555".into();
    let end = end.replace("\"records\":1", "\"records\":2");
    let finished = run(&scene, &record, &format!("{other}\n{end}"), &[]);
    assert_eq!(finished.status, Some(1), "{}", finished.stderr);
    assert_eq!(
        condition(&finished),
        ("False".into(), "Contradiction".into())
    );
    assert_eq!(values(&scene).await, [const { None }; 4]);
}

#[tokio::test]
async fn a_record_says_what_is_written_and_where() {
    let scene = Scene::new("record").await;
    let (record, end) = translated(&scene);
    let finished = run(&scene, &record, &end, &[]);
    assert_eq!(finished.status, Some(0), "{}", finished.stderr);
    assert_eq!(condition(&finished), ("True".into(), "Updated".into()));
    assert_eq!(
        values(&scene).await,
        [const { Some(ONE) }; 4].map(|one| one.map(str::to_owned))
    );
    let again = run(&scene, &record, &end, &[]);
    assert_eq!(condition(&again), ("True".into(), "Unchanged".into()));
}

#[tokio::test]
async fn the_host_in_place_of_the_tenant_is_refused() {
    let scene = Scene::new("wrong").await;
    let (record, end) = translated(&scene);
    let host = scene.bed.description().host.context.clone();
    let finished = run(&scene, &record, &end, &["--context", &host]);
    assert_eq!(finished.status, Some(1), "{}", finished.stderr);
    assert_eq!(
        condition(&finished),
        ("False".into(), "WrongCluster".into())
    );
    assert_eq!(values(&scene).await, [const { None }; 4]);
}

#[tokio::test]
async fn another_object_of_that_name_is_refused() {
    let scene = Scene::new("other").await;
    let (mut record, end) = translated(&scene);
    record["status"]["tenant"]["serviceAccountUid"] = "0".into();
    let finished = run(&scene, &record, &end, &[]);
    assert_eq!(finished.status, Some(1), "{}", finished.stderr);
    assert_eq!(
        condition(&finished),
        ("False".into(), "OtherServiceAccount".into())
    );
    assert_eq!(annotation(&account(&scene).await, CLIENT_ID), None);
}

#[tokio::test]
async fn a_record_of_no_known_cluster_is_refused() {
    let scene = Scene::new("unknown").await;
    let (mut record, end) = translated(&scene);
    record["status"]["tenant"] = json!({});
    let finished = run(&scene, &record, &end, &[]);
    assert_eq!(finished.status, Some(1), "{}", finished.stderr);
    assert_eq!(
        condition(&finished),
        ("False".into(), "UnverifiedCluster".into())
    );
    assert_eq!(annotation(&account(&scene).await, CLIENT_ID), None);
    let finished = run(&scene, &record, &end, &["--allow-unverified-cluster"]);
    assert_eq!(finished.status, Some(0), "{}", finished.stderr);
}

#[tokio::test]
async fn plans_and_failures_of_earlier_steps_change_nothing() {
    let scene = Scene::new("earlier").await;
    let (record, end) = translated(&scene);
    for (status, reason, expected) in [
        ("Unknown", "Planned", ("Unknown", "Planned", Some(0))),
        ("False", "NoRoom", ("Unknown", "UpstreamFailed", Some(1))),
    ] {
        let mut record = record.clone();
        let conditions = record["status"]["conditions"].as_array_mut().unwrap();
        conditions
            .push(json!({"type": "Federated", "status": status, "reason": reason, "message": ""}));
        let end = if status == "False" {
            end.replace("\"failed\":0", "\"failed\":1")
        } else {
            end.clone()
        };
        let finished = run(&scene, &record, &end, &[]);
        let (status, reason, exit) = expected;
        assert_eq!(finished.status, exit, "{}", finished.stderr);
        assert_eq!(condition(&finished), (status.into(), reason.into()));
    }
    assert_eq!(values(&scene).await, [const { None }; 4]);
}

#[tokio::test]
async fn names_beside_a_file_are_refused_for_the_cluster_is_the_records() {
    let scene = Scene::new("beside").await;
    let (record, _end) = translated(&scene);
    let file = scene.bed.folder().join("record.json");
    std::fs::write(&file, record.to_string()).unwrap();
    let finished = scene
        .plugin(ANNOTATE)
        .args([ACCOUNT, "-n", &scene.namespace, "--client-id", ONE, "-f"])
        .arg(&file)
        .run()
        .unwrap();
    assert_eq!(finished.status, Some(2), "{}", finished.stderr);
    assert_eq!(values(&scene).await, [const { None }; 4]);
}

#[tokio::test]
async fn nothing_is_removed_by_a_record_whose_tenant_translate_did_not_identify() {
    let scene = Scene::new("unidentified").await;
    let (mut record, end) = translated(&scene);
    let set = run(&scene, &record, &end, &[]);
    assert_eq!(set.status, Some(0), "{}", set.stderr);
    let translated = &mut record["status"]["conditions"][0];
    translated["status"] = "False".into();
    translated["reason"] = "OtherVirtualCluster".into();
    let end = end.replace("\"failed\":0", "\"failed\":1");
    let finished = run(&scene, &record, &end, &["--remove"]);
    assert_eq!(finished.status, Some(1), "{}", finished.stderr);
    assert_eq!(
        condition(&finished),
        ("Unknown".into(), "UpstreamFailed".into())
    );
    let found = account(&scene).await;
    assert_eq!(annotation(&found, CLIENT_ID).as_deref(), Some(ONE));
}

#[tokio::test]
async fn the_end_says_what_was_selected() {
    let scene = Scene::new("selection").await;
    let finished = scene
        .plugin(ANNOTATE)
        .args(["-l", "a=b", "-n", &scene.namespace, "-o", "ndjson"])
        .args(["--client-id", ONE])
        .run()
        .unwrap();
    assert_eq!(finished.status, Some(0), "{}", finished.stderr);
    let end: Value = serde_json::from_str(finished.stdout.lines().last().unwrap()).unwrap();
    assert_eq!(
        end["status"]["selection"],
        json!({"narrowed": {"by": ["namespace", "selector"]}})
    );
}
