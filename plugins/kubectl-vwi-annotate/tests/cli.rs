//! The program by itself, without any cluster: exit statuses, and what it tells the next step.
#![expect(
    clippy::unwrap_used,
    reason = "these are tests: what can't be run ends the test"
)]

use std::io::Write;
use std::process::{Command, Output, Stdio};

fn annotate(arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_kubectl-vwi-annotate"))
        .args(arguments)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It may end without reading.
    let _written = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

#[test]
fn what_can_not_be_acted_on_ends_before_any_cluster_is_asked() {
    let end = |records: u32| {
        format!(
            r#"{{"apiVersion":"vwi/v1alpha1","kind":"StreamEnd","metadata":{{"name":"federate"}},"status":{{"records":{records},"failed":0}}}}"#
        )
    };
    let cases: [(&[&str], &str, i32, &str); 5] = [
        (&[], "", 3, "is empty"),
        (&[], &end(1), 3, "ended early"),
        (&["app", "--client-id", "mine"], "", 2, "is no client id"),
        (&["app"], "", 2, "--client-id"),
        (
            &["app", "--remove", "--create"],
            "",
            2,
            "cannot be used with",
        ),
    ];
    for (arguments, input, status, message) in cases {
        let output = annotate(arguments, input);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(
            output.status.code(),
            Some(status),
            "{arguments:?}: {stderr}"
        );
        assert!(stderr.contains(message), "{arguments:?}: {stderr}");
    }
}
