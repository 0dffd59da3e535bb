//! Records in and out, ways that don't open, and waiting.

use std::time::Duration;

use serde_json::Value;
use vwi_bed::until;
use vwi_tests::scene::ACCOUNT;

use crate::checked::{CHECK, Checked, SEEDED};

#[tokio::test]
async fn what_was_not_seen_is_unknown_and_typed_ways_must_answer() {
    let checked = Checked::federated("unseen").await;
    let (status, findings) = checked.findings(&["--no-host"]);
    assert_eq!(status, Some(0));
    assert!(
        findings.contains(&"host-sa-missing unknown".to_owned()),
        "{findings:?}"
    );
    let (status, _) = checked.findings(&["--no-host", "--fail-on=unknown"]);
    assert_eq!(status, Some(1));
    let (status, _) = checked.findings(&["--host-context", "absent"]);
    assert_eq!(status, Some(3));
    let without_login = checked
        .scene
        .plugin(CHECK)
        .args([ACCOUNT, "-n", &checked.scene.namespace])
        .args(["--identity", SEEDED, "-g", "rg"])
        .env("AZURE_CLIENT_SECRET", "wrong")
        .run()
        .unwrap();
    assert_eq!(without_login.status, Some(3), "{}", without_login.stdout);
    assert!(
        without_login.stdout.contains("Not seen:\n    Azure: "),
        "{}",
        without_login.stdout
    );
}

#[tokio::test]
async fn records_are_judged_and_travel_on() {
    let checked = Checked::federated("records").await;
    let scene = &checked.scene;
    let translated = scene
        .plugin("kubectl-vwi-translate")
        .args([ACCOUNT, "-n", &scene.namespace, "-o", "ndjson"])
        .run()
        .unwrap();
    assert_eq!(translated.status, Some(0), "{}", translated.stderr);
    let run = |stream: &str, arguments: &[&str]| {
        scene
            .plugin(CHECK)
            .args(["-o", "ndjson"])
            .args(arguments)
            .stdin(stream)
            .run()
            .unwrap()
    };
    let finished = run(&translated.stdout, &[]);
    assert_eq!(finished.status, Some(0), "{}", finished.stderr);
    let (record, end) = finished.stdout.split_once('\n').unwrap();
    let record: Value = serde_json::from_str(record).unwrap();
    let conditions = record["status"]["conditions"].as_array().unwrap();
    let last = conditions.last().unwrap();
    assert_eq!(last["type"], "Checked");
    assert_eq!(last["status"], "True", "{last}");
    assert!(end.contains("\"StreamEnd\""), "{end}");

    let cut = &translated.stdout[..translated.stdout.len() / 2];
    let finished = run(cut, &[]);
    assert_eq!(finished.status, Some(3), "{}", finished.stdout);
    let finished = run("", &[]);
    assert_eq!(finished.status, Some(3), "{}", finished.stdout);
    let table = scene.plugin(CHECK).stdin("").run().unwrap();
    assert_eq!(table.status, Some(3));
    assert_eq!(table.stdout, "", "a report is no stream of records");
}

#[tokio::test]
async fn with_wait_it_looks_until_all_pass() {
    let checked = Checked::federated("waits").await;
    checked.annotate(&[("client-id", "")]).await;
    let late = checked.check(&["--wait", "--timeout=3s"]);
    assert_eq!(late.status, Some(124), "{}", late.stdout);
    assert!(
        late.stdout.contains("[client-id-missing]"),
        "{}",
        late.stdout
    );

    let program = checked
        .scene
        .plugin(CHECK)
        .args([ACCOUNT, "-n", &checked.scene.namespace])
        .args(["--identity", SEEDED, "-g", "rg", "--wait", "--timeout=60s"]);
    checked.scene.forget_requests().await;
    let waiting = tokio::task::spawn_blocking(move || program.run().unwrap());
    // It has looked twice at what is wrong before that is mended.
    until("two looks", Duration::from_secs(30), async || {
        let requests = checked.scene.requests().await;
        let looks = requests.iter().filter(|one| one.path.contains(SEEDED));
        Ok((looks.count() > 2).then_some(()))
    })
    .await
    .unwrap();
    checked.annotate(&[("client-id", &checked.client_id)]).await;
    let finished = waiting.await.unwrap();
    assert_eq!(finished.status, Some(0), "{}", finished.stdout);
}
