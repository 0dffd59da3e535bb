//! The program by itself, without any cluster.
#![expect(
    clippy::unwrap_used,
    reason = "these are tests: what can't be run ends the test"
)]

use std::process::{Command, Output, Stdio};

fn check(arguments: &[&str], input: Stdio) -> Output {
    Command::new(env!("CARGO_BIN_EXE_kubectl-vwi-check"))
        .args(arguments)
        .env_clear()
        .stdin(input)
        .output()
        .unwrap()
}

#[test]
fn the_checks_are_listed_without_asking_anybody() {
    let output = check(&["--list-checks"], Stdio::null());
    assert_eq!(output.status.code(), Some(0));
    let listed = String::from_utf8(output.stdout).unwrap();
    for id in ["sa-missing", "subject-mismatch", "rbac-missing"] {
        assert!(listed.contains(id), "{listed}");
    }
}

#[test]
fn an_upstream_that_wrote_nothing_is_no_success() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(writer);
    let output = check(&[], reader.into());
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(3), "{stderr}");
    assert!(stderr.contains("is empty"), "{stderr}");
}
