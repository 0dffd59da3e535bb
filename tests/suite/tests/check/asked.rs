//! What was asked for and can't be had, or is not so: it never passes.

use serde_json::{Value, json};

use crate::checked::{CHECK, Checked};

fn run(checked: &Checked, record: &Value, end: &str, flags: &[&str]) -> vwi_bed::Finished {
    let program = checked.scene.plugin(CHECK).args(flags);
    program.stdin(format!("{record}\n{end}")).run().unwrap()
}

#[tokio::test]
async fn the_time_is_over_also_where_nobody_answers() {
    let checked = Checked::federated("silent").await;
    // Bound, and never answers.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let server = format!("https://{}", silent.local_addr().unwrap());
    for wait in [&[][..], &["--wait"]] {
        let flags = [&["--server", &server, "--timeout", "200ms"], wait].concat();
        let late = checked.check(&flags);
        assert_eq!(late.status, Some(124), "{}", late.stderr);
    }
}

#[tokio::test]
async fn a_token_that_was_asked_for_and_never_tried_is_an_error() {
    let checked = Checked::federated("untried").await;
    let untried = checked.check(&["--probe=token", "--no-host"]);
    assert_eq!(untried.status, Some(3), "{}", untried.stdout);
    assert!(
        untried.stderr.contains("nothing came from Entra"),
        "{}",
        untried.stderr
    );
}

#[tokio::test]
async fn what_flag_or_record_claims_and_is_not_so_does_not_pass() {
    let checked = Checked::federated("claims").await;
    let (status, findings) = checked.findings(&["--audience", "api://other"]);
    assert_eq!(status, Some(1));
    assert_eq!(findings, ["audience-mismatch error"]);

    let (record, end) = checked.scene.translated();
    let (status, found) = {
        let mut other = record.clone();
        other["status"]["subject"] = "system:serviceaccount:other:app".into();
        let finished = run(&checked, &other, &end, &["-o", "short"]);
        (finished.status, finished.stdout)
    };
    assert_eq!(status, Some(1), "{found}");
    assert!(found.contains("[host-sa-foreign]"), "{found}");

    let mut spec = record.clone();
    spec["spec"] = json!({"issuer": "https://one.example/", "identity": "app identity"});
    let unusable = run(&checked, &spec, &end, &[]);
    assert_eq!(unusable.status, Some(2), "{}", unusable.stdout);
    spec["spec"] = json!({"issuer": "https://one.example/"});
    for flags in [["--issuer", "https://two.example/"], ["-n", "other"]] {
        let refused = run(&checked, &spec, &end, &flags);
        assert_eq!(refused.status, Some(2), "{flags:?}: {}", refused.stdout);
    }
    let other = run(&checked, &spec, &end, &["-o", "short"]);
    assert_eq!(other.status, Some(1), "{}", other.stdout);
    assert!(
        other.stdout.contains("[issuer-mismatch]"),
        "{}",
        other.stdout
    );
}

#[tokio::test]
async fn nothing_checked_is_said_and_not_green() {
    let checked = Checked::federated("nothing").await;
    let (_record, end) = checked.scene.translated();
    let end = end.replace("\"records\":1", "\"records\":0");
    let program = checked.scene.plugin(CHECK);
    let nothing = program.stdin(end).run().unwrap();
    assert_eq!(nothing.status, Some(0), "{}", nothing.stderr);
    assert!(
        nothing.stdout.starts_with("Nothing was checked"),
        "{}",
        nothing.stdout
    );
    assert!(!nothing.stdout.contains('√'), "{}", nothing.stdout);
}
