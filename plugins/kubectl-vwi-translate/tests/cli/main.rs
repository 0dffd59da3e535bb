//! The program by itself, without any cluster: flags, formats, documents, exit statuses.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "these are tests: what can't be run ends the test"
)]

mod env;
mod input;
mod program;
mod shard;
mod vectors;

use program::{Finished, offline, translate, translate_at};

#[test]
fn a_name_is_answered_as_one_record_and_its_end() {
    let found = offline(&["app", "-n", "default"], "");
    assert_eq!(found.status, 0, "{}", found.stderr);
    assert_eq!(
        found.stdout,
        concat!(
            r#"{"apiVersion":"vwi/v1alpha1","kind":"WorkloadIdentity","metadata":{"name":"app","namespace":"default"},"#,
            r#""spec":{"virtualCluster":{"name":"my-vcluster","namespace":"team-x"}},"status":{"#,
            r#""subject":"system:serviceaccount:team-x:app-x-default-x-my-vcluster","#,
            r#""hostServiceAccount":{"namespace":"team-x","name":"app-x-default-x-my-vcluster"},"#,
            r#""evidence":[{"source":"stated","virtualCluster":{"name":"my-vcluster","namespace":"team-x"}},{"source":"computed","namespace":"team-x","name":"app-x-default-x-my-vcluster","message":"single namespace, assumed"}],"#,
            r#""conditions":[{"type":"Translated","status":"True","reason":"Computed","message":"`team-x/app-x-default-x-my-vcluster`, by vCluster's algorithm alone"}]}}"#,
            "\n",
            r#"{"apiVersion":"vwi/v1alpha1","kind":"StreamEnd","metadata":{"name":"translate"},"status":{"records":1,"failed":0,"selection":{"narrowed":{"by":["names"]}}}}"#,
            "\n"
        )
    );
}

#[test]
fn every_format_answers() {
    for (format, expected) in [
        (
            "subject",
            "system:serviceaccount:team-x:app-x-default-x-my-vcluster\n",
        ),
        (
            "env",
            "export KSA_NAME=app-x-default-x-my-vcluster\nexport KSA_NAMESPACE=team-x\n",
        ),
        ("name", "serviceaccount/app\n"),
        (
            "table",
            "NAMESPACE   NAME   HOST-NAMESPACE   HOST-NAME                     RESULT\n\
             default     app    team-x           app-x-default-x-my-vcluster   Computed\n",
        ),
    ] {
        let found = offline(&["serviceaccount/app", "-o", format], "");
        assert_eq!(
            (found.status, found.stdout.as_str()),
            (0, expected),
            "{format}"
        );
    }
    for format in ["json", "yaml", "manifest", "wide"] {
        let found = offline(&["app", "-o", format], "");
        assert_eq!(found.status, 0, "{format}: {}", found.stderr);
        assert!(
            found.stdout.contains("my-vcluster"),
            "{format}: {}",
            found.stdout
        );
    }
}

#[test]
fn what_can_not_be_meant_is_a_usage_error() {
    for (arguments, expected) in [
        (&["--vcluster", "x"][..], "Usage:"),
        (&["app", "-A"], "names can't be given together with `-A`"),
        (
            &["app", "-f", "-"],
            "`-f` can't be given together with names",
        ),
        (&["--offline", "-A"], "asks no cluster"),
        (&["app", "--offline", "--wait"], "looks at no cluster"),
        (
            &["secret/app", "--offline"],
            "`secret/app` is no ServiceAccount",
        ),
        (
            &[
                "App",
                "--offline",
                "--vcluster",
                "a",
                "--vcluster-namespace",
                "b",
            ],
            "`App` is no name",
        ),
        (
            &["app", "--offline", "--vcluster", "A"],
            "no name of a Helm release",
        ),
        (&["app", "-n", "a/b"], "no name of a namespace"),
        (&["app", "--accept", "sure"], "none of `proven`"),
        (&["app", "--offline", "-o", "plan"], "plan"),
        (
            &["app", "--offline", "-o", "jsonpath={.items}"],
            "`-o json | jq`",
        ),
        (&["app", "--shard", "4/4"], "no part of the work"),
        (
            &["--terraform", "--all-vclusters"],
            "can't be given together with `--terraform`",
        ),
        (
            &["--terraform", "--shard", "0/2"],
            "can't be given together with `--terraform`",
        ),
        (
            &["app", "--wait", "--no-host"],
            "`--no-host` looks at no host",
        ),
        (
            &["app", "--wait", "--via=computed,platform"],
            "`--via=computed,platform` looks at no host",
        ),
        (
            &["ns/app", "--reverse", "--via=token"],
            "`--via` can't be given together with `--reverse`",
        ),
        (
            &["ns/app", "--reverse", "--all-vclusters"],
            "`--all-vclusters` can't be given together with `--reverse`",
        ),
    ] {
        let found = translate(arguments, "");
        assert_eq!(found.status, 2, "{arguments:?}: {}", found.stderr);
        let answered = found.records();
        assert!(
            answered.iter().all(|line| line["kind"] == "StreamEnd"),
            "{arguments:?}: {}",
            found.stdout
        );
        assert!(
            found.stderr.contains(expected),
            "{arguments:?}: {}",
            found.stderr
        );
    }
}

#[test]
fn a_step_that_cannot_run_says_so_to_the_next_one() {
    for (arguments, input, expected) in [
        (&["app"][..], "", "there is no kubeconfig"),
        (
            &["app", "--offline"],
            "",
            "nothing tells which vCluster this is",
        ),
        (
            &["app", "--offline", "--vcluster", "a"],
            "",
            "nothing tells in which host namespace the vCluster `a` runs",
        ),
        (&["-f", "-", "--offline"], "  \n", "standard input is empty"),
        (
            &["-f", "-", "--offline"],
            "{\"kind\":",
            "cannot read standard input",
        ),
        (
            &["-f", "/nowhere", "--offline"],
            "",
            "cannot open `/nowhere`",
        ),
    ] {
        let found = translate(arguments, input);
        assert_eq!(found.status, 3, "{arguments:?}: {}", found.stderr);
        assert!(
            found.stderr.contains(expected),
            "{arguments:?}: {}",
            found.stderr
        );
        let end = &found.records()[0];
        assert_eq!(end["kind"], "StreamEnd");
        let error = end["status"]["error"].as_str().unwrap();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn a_context_name_of_the_vcluster_command_line_is_enough() {
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir(home.path().join(".kube")).unwrap();
    let context = "{name: vcluster_demo_team-y_aks, context: {cluster: c, user: u, namespace: ns}}";
    let kubeconfig =
        format!("{{current-context: vcluster_demo_team-y_aks, contexts: [{context}]}}");
    std::fs::write(home.path().join(".kube/config"), kubeconfig).unwrap();
    let found = translate_at(home.path(), &["app", "--offline", "-o", "subject"], "");
    assert_eq!(
        found.stdout,
        "system:serviceaccount:team-y:app-x-ns-x-demo\n"
    );
    let arguments = ["app", "--offline", "-o", "subject", "--vcluster", "other"];
    let found = translate_at(home.path(), &arguments, "");
    assert_eq!(found.status, 3, "a hint that contradicts fills nothing in");
    let arguments = [&arguments[..], &["--vcluster-namespace", "ns"]].concat();
    let found = translate_at(home.path(), &arguments, "");
    assert_eq!(found.status, 0);
    assert!(
        found.stderr.contains("warning: the name of context"),
        "{}",
        found.stderr
    );
}

#[test]
fn a_stream_fed_in_again_gives_the_same_bytes() {
    let first = offline(&["app", "other", "-n", "default"], "");
    let second = translate(&["--offline", "-f", "-"], &first.stdout);
    let records = |found: &Finished| {
        let mut records = found.records();
        records.pop();
        records
    };
    assert_eq!(records(&first), records(&second));
    assert_eq!(second.status, 0, "{}", second.stderr);
}

#[test]
fn a_record_says_which_vcluster_it_is_for_and_unknown_fields_stay() {
    let record = "apiVersion: vwi/v1alpha1\nkind: WorkloadIdentity\nmetadata: {name: app, labels: {a: b}}\n\
         spec: {extra: [1], virtualCluster: {team: x, name: vc, namespace: hns}}\n";
    let open = record.replace(", namespace: hns", "");
    for (arguments, record) in [
        (
            &["-f", "-", "--offline", "--vcluster-namespace", "hns"][..],
            open.as_str(),
        ),
        (
            &["-f", "-", "--offline", "--override", "--vcluster", "vc"],
            record,
        ),
    ] {
        let found = translate(arguments, record);
        let vcluster = &found.records()[0]["spec"]["virtualCluster"];
        let expected = serde_json::json!({"team": "x", "name": "vc", "namespace": "hns"});
        assert_eq!(*vcluster, expected, "{arguments:?}: {}", found.stderr);
    }
    let found = translate(&["--offline", "-f", "-"], record);
    assert_eq!(found.status, 0, "{}", found.stderr);
    let found = &found.records()[0];
    assert_eq!(
        found["status"]["subject"],
        "system:serviceaccount:hns:app-x-default-x-vc"
    );
    assert_eq!(found["spec"]["extra"][0], 1);
    assert_eq!(found["metadata"]["labels"]["a"], "b");

    let mismatch = offline(&["-f", "-"], record);
    assert_eq!(mismatch.status, 1);
    let condition = &mismatch.records()[0]["status"]["conditions"][0];
    assert_eq!(condition["reason"], "FlagAgainstRecord");
    assert_eq!(
        condition["message"],
        "`--vcluster` says `my-vcluster`, but `spec.virtualCluster.name` of the record says `vc`"
    );
    let forced = offline(&["-f", "-", "--override"], record);
    assert_eq!(
        forced.records()[0]["status"]["subject"],
        "system:serviceaccount:team-x:app-x-default-x-my-vcluster"
    );
}

#[test]
fn a_flag_fills_in_the_namespace_and_contradicts_another() {
    let open = "apiVersion: vwi/v1alpha1\nkind: WorkloadIdentity\nmetadata: {name: app}\n";
    let found = offline(&["-f", "-", "-n", "ns"], open);
    assert_eq!(found.records()[0]["metadata"]["namespace"], "ns");
    let stated = open.replace("name: app", "name: app, namespace: other");
    let found = offline(&["-f", "-", "-n", "ns"], &stated);
    assert_eq!(found.status, 1);
    assert_eq!(
        found.records()[0]["status"]["conditions"][0]["reason"],
        "FlagAgainstRecord"
    );
}

#[test]
fn of_two_with_one_host_name_the_second_fails_and_the_end_says_so() {
    let input = r#"{"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"a-x-b","namespace":"c"}}
        {"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"a","namespace":"b-x-c"}}
        {"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"a-x-b","namespace":"c"}}"#;
    let found = offline(&["-f", "-"], input);
    assert_eq!(found.status, 1);
    let records = found.records();
    let reasons: Vec<_> = records[..3]
        .iter()
        .map(|record| {
            record["status"]["conditions"][0]["reason"]
                .as_str()
                .unwrap()
        })
        .collect();
    assert_eq!(reasons, ["Computed", "HostNameCollision", "Computed"]);
    assert!(records[1]["status"].get("subject").is_none());
    let end = &records[3]["status"];
    assert_eq!(end["failed"], 1);
    assert_eq!(end["collisions"][0]["hostName"], "a-x-b-x-c-x-my-vcluster");
    assert_eq!(end["collisions"][0]["records"][0], "b-x-c/a");
}

#[test]
fn a_dry_run_is_planned() {
    let found = offline(&["app", "--dry-run"], "");
    assert_eq!(found.status, 0);
    let condition = &found.records()[0]["status"]["conditions"][0];
    assert_eq!(
        (&condition["status"], &condition["reason"]),
        (&"Unknown".into(), &"Planned".into())
    );
}

#[test]
fn values_of_a_file_say_the_mode() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("values.yaml");
    let on = "sync: {toHost: {serviceAccounts: {enabled: true}, namespaces: {enabled: true, \
              mappings: {byName: {'team-*': 'host-*'}}}}}";
    std::fs::write(&path, on).unwrap();
    let file = path.to_str().unwrap();
    let arguments = ["app", "-n", "team-a", "--vcluster-values", file];
    let found = offline(&[&arguments[..], &["-osubject"]].concat(), "");
    assert_eq!(
        found.stdout, "system:serviceaccount:host-a:app\n",
        "{}",
        found.stderr
    );
    std::fs::write(&path, "sync: {}").unwrap();
    let found = offline(&arguments, "");
    assert_eq!(found.status, 1);
    assert!(
        found.stderr.contains("does not sync ServiceAccounts"),
        "{}",
        found.stderr
    );
}

#[test]
fn a_name_cannot_steer_the_terminal() {
    let input = r#"{"apiVersion":"vwi/v1alpha1","kind":"WorkloadIdentity","metadata":{"name":"app"},
        "spec":{"virtualCluster":{"name":"\u001b[2J","namespace":"n"}}}"#;
    let found = translate(&["--offline", "-f", "-"], input);
    assert_eq!(found.status, 1);
    assert!(!found.stderr.contains('\u{1b}') && !found.stdout.contains('\u{1b}'));
}
