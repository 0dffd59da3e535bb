//! `-o env`: lines that a shell evaluates, whatever comes in.

use std::fs;
use std::process::Command;

use proptest::prelude::*;

use crate::program::{Finished, offline, translate};

/// What a shell evaluates after a failure.
const FAILED: &str = "unset KSA_NAME KSA_NAMESPACE; false\n";

#[test]
fn lines_are_for_one_service_account() {
    let two = r#"{"apiVersion":"vwi/v1alpha1","kind":"WorkloadIdentity","metadata":{"name":"app"}}
        {"apiVersion":"vwi/v1alpha1","kind":"WorkloadIdentity","metadata":{"name":"other"},"spec":{"virtualCluster":{"name":"else"}}}"#;
    for found in [
        offline(&["app", "other", "-o", "env"], ""),
        // One that failed is one too, else the other's name would be taken for its.
        offline(&["-f", "-", "-o", "env"], two),
    ] {
        assert_eq!(
            (found.status, found.stdout.as_str()),
            (2, FAILED),
            "{}",
            found.stderr
        );
        assert!(
            found.stderr.contains("answers for one ServiceAccount"),
            "{}",
            found.stderr
        );
    }
}

#[test]
fn after_a_failure_no_variable_is_left_of_a_run_before() {
    let record = r#"{"apiVersion":"vwi/v1alpha1","kind":"WorkloadIdentity","metadata":{"name":"app"},"spec":{"virtualCluster":{"name":"else"}}}"#;
    let found = offline(&["-f", "-", "-o", "env"], record);
    assert_eq!((found.status, found.stdout.as_str()), (1, FAILED));
    let unknown = translate(&["app", "--offline", "-o", "env"], "");
    assert_eq!((unknown.status, unknown.stdout.as_str()), (3, FAILED));
    let script = "KSA_NAME=old KSA_NAMESPACE=old; eval \"$1\"; echo \"$? ${KSA_NAME-none}\"";
    for shell in shells() {
        let evaluated = Command::new(&shell)
            .args(["-c", script, "x", &found.stdout])
            .output()
            .unwrap();
        assert_eq!(evaluated.stdout, b"1 none\n", "{shell}");
    }
}

/// What a shell would run, with text of all kinds around it.
fn hostile() -> impl Strategy<Value = String> {
    let fragment = prop_oneof![
        Just("$(touch ran)".to_owned()),
        Just("`touch ran`".to_owned()),
        Just("; touch ran #".to_owned()),
        Just("\n touch ran\n".to_owned()),
        Just("'; touch ran; '".to_owned()),
        Just("\" && touch ran \"".to_owned()),
        Just("<(touch ran)".to_owned()),
        Just("\\".to_owned()),
        Just("!".to_owned()),
        "[a-z0-9.-]{1,8}",
        any::<String>(),
    ];
    prop::collection::vec(fragment, 1..4).prop_map(|fragments| fragments.concat())
}

/// Lets each shell evaluate what was printed, in an empty folder.
fn nothing_runs(found: &Finished) {
    for shell in shells() {
        let folder = tempfile::tempdir().unwrap();
        let evaluated = Command::new(&shell)
            .args(["-c", "eval \"$1\"", "x", &found.stdout])
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert!(
            evaluated.status.success() != (found.stdout == FAILED)
                && evaluated.stdout.is_empty()
                && evaluated.stderr.is_empty(),
            "{shell}: {}",
            found.stdout
        );
        assert_eq!(
            fs::read_dir(folder.path()).unwrap().count(),
            0,
            "{shell}: {}",
            found.stdout
        );
    }
}

/// `sh`, and `bash` and `dash` where they are.
fn shells() -> Vec<String> {
    let is_there = |shell: &&str| Command::new(shell).args(["-c", ":"]).output().is_ok();
    let all = ["sh", "bash", "dash"];
    let found: Vec<String> = all
        .into_iter()
        .filter(is_there)
        .map(str::to_owned)
        .collect();
    let ci = std::env::var_os("CI").is_some_and(|value| value == "true");
    assert!(
        !ci || found.len() == all.len(),
        "CI has all of {all:?}, not only {found:?}"
    );
    found
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_name_runs_anything(name in hostile(), namespace in hostile(), vcluster in hostile()) {
        // An argument holds no NUL, and one that begins with a dash is a flag.
        let text = |text: &str| format!("a{}", text.replace('\0', ""));
        let typed = [text(&name), text(&namespace), text(&vcluster)];
        nothing_runs(&translate(
            &[&*typed[0], "-n", &typed[1], "--vcluster", &typed[2], "--vcluster-namespace", "hns", "--offline", "-o", "env"],
            "",
        ));
        let record = serde_json::json!({
            "apiVersion": "vwi/v1alpha1", "kind": "WorkloadIdentity",
            "metadata": {"name": name, "namespace": namespace},
            "spec": {"virtualCluster": {"name": vcluster, "namespace": namespace}},
            "status": {"subject": name, "hostServiceAccount": {"namespace": namespace, "name": name}},
        });
        nothing_runs(&translate(&["-f", "-", "--offline", "-o", "env"], &record.to_string()));
        let account = serde_json::json!({
            "apiVersion": "v1", "kind": "ServiceAccount",
            "metadata": {"name": "app", "namespace": "b"},
        });
        let values = tempfile::NamedTempFile::new().unwrap();
        let mappings = serde_json::json!({"sync": {"toHost": {
            "serviceAccounts": {"enabled": true},
            "namespaces": {"enabled": true, "mappings": {"byName": {"b": name}}},
        }}});
        fs::write(values.path(), mappings.to_string()).unwrap();
        let file = values.path().to_str().unwrap();
        nothing_runs(&offline(&["-f", "-", "-o", "env", "--vcluster-values", file], &account.to_string()));
    }
}
