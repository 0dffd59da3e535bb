//! The umbrella as a program: the step is its first word, or its own name.
#![expect(
    clippy::unwrap_used,
    reason = "these are tests: what can't be run ends the test"
)]

use std::os::unix::process::CommandExt;
use std::process::{Command, Output, Stdio};

fn umbrella(called: &str, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_kubectl-vwi"))
        .arg0(called)
        .args(arguments)
        .env_clear()
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

const OFFLINE: [&str; 8] = [
    "app",
    "--offline",
    "--vcluster",
    "demo",
    "--vcluster-namespace",
    "team-x",
    "-o",
    "subject",
];

#[test]
fn the_step_is_picked_by_word_and_by_name() {
    let by_word = [&["translate"], &OFFLINE[..]].concat();
    for (called, arguments) in [
        ("kubectl-vwi", by_word.as_slice()),
        ("/x/kubectl-vwi-translate", &OFFLINE),
        ("kubectl-vwi_translate", &OFFLINE),
    ] {
        let output = umbrella(called, arguments);
        let stderr = String::from_utf8(output.stderr).unwrap();
        let stdout = String::from_utf8(output.stdout).unwrap();
        assert_eq!(
            stdout, "system:serviceaccount:team-x:app-x-default-x-demo\n",
            "{called}: {stderr}"
        );
    }
}

#[test]
fn an_unknown_word_is_a_usage_error() {
    let output = umbrella("kubectl-vwi", &["tranlate"]);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert!(stderr.contains("translate"), "{stderr}");
}

#[test]
fn a_version_that_cannot_be_written_is_an_error() {
    let full = std::fs::File::options()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_kubectl-vwi"))
        .arg("version")
        .env_clear()
        .stdout(full)
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(3), "{stderr}");
    assert!(
        stderr.starts_with("error: cannot write to standard output\n"),
        "{stderr}"
    );
}
