//! `-o az`: run by the real `az`, the script leaves what applying the plan leaves.

use std::collections::BTreeSet;

use serde_json::Value;
use vwi_bed::require_az;
use vwi_tests::Scene;
use vwi_tests::az::Az;
use vwi_tests::scene::{ACCOUNT, GROUP};

/// What `az` shows of an identity: itself, its credentials, its roles.
fn state(az: &Az<'_>, name: &str) -> (Value, BTreeSet<String>, BTreeSet<String>) {
    let place = ["-g", GROUP];
    let show = ["identity", "show", "-n", name];
    let mut identity = az.answer(&[&show[..], &place].concat());
    let principal = identity["principalId"].as_str().unwrap().to_owned();
    let kept = ["location", "tags", "type"].map(|key| (key.to_owned(), identity[key].take()));
    let list = [
        "identity",
        "federated-credential",
        "list",
        "--identity-name",
        name,
    ];
    let credentials = az.answer(&[&list[..], &place].concat());
    let roles = az.answer(&[
        "role",
        "assignment",
        "list",
        "--all",
        "--assignee",
        &principal,
    ]);
    let texts = |list: &Value, keys: &[&str]| -> BTreeSet<String> {
        let items = list.as_array().unwrap().iter();
        let text = |item: &Value| {
            let values = keys.iter().map(|key| format!("{key}={}", item[*key]));
            values.collect::<Vec<_>>().join(" ")
        };
        items.map(text).collect()
    };
    (
        Value::Object(kept.into_iter().collect()),
        texts(&credentials, &["name", "issuer", "subject", "audiences"]),
        texts(&roles, &["roleDefinitionName", "scope", "principalType"]),
    )
}

#[tokio::test]
async fn a_script_that_az_runs_leaves_what_applying_leaves() {
    let Some(program) = require_az() else {
        return;
    };
    let scene = Scene::new("script").await;
    scene.add_account("job").await;
    let az = Az::logged_in(&scene, &program, "caller");
    let federate = |identity: &str, more: &str| {
        let made = "--create-identity --location westeurope --pace off";
        let roles = "--assign \"Reader@/subscriptions/$SUBSCRIPTION/resourceGroups/rg\" \
             --assign \"AcrPull@/subscriptions/$SUBSCRIPTION\"";
        let finished = scene.sh(&format!(
            "kubectl-vwi-translate {ACCOUNT} job -n \"$NAMESPACE\" | kubectl-vwi-federate \
             --identity {identity} -g {GROUP} --aks-cluster aks {made} {roles} {more}"
        ));
        assert_eq!(finished.status, Some(0), "{}", finished.stderr);
        finished
    };
    for identity in ["fresh", "app-identity"] {
        scene.forget_requests().await;
        let printed = federate(identity, "-o az");
        assert_eq!(
            scene.writes().await,
            Vec::<String>::new(),
            "printed, not done"
        );
        let script = scene.bed.folder().join(format!("{identity}.sh"));
        std::fs::write(&script, &printed.stdout).unwrap();
        let ran = az.script(&script);
        assert_eq!(ran.status, Some(0), "{}\n{}", printed.stdout, ran.stderr);
    }
    federate("applied", "");
    let scripted = state(&az, "fresh");
    assert_eq!(scripted, state(&az, "applied"));
    assert_eq!((scripted.1.len(), scripted.2.len()), (2, 2));
    // What the script did is what the next run finds.
    for identity in ["fresh", "app-identity"] {
        scene.forget_requests().await;
        let again = federate(identity, "--fail-on change");
        assert!(again.stderr.contains("unchanged") || again.stderr.contains("adopted"));
        assert_eq!(scene.writes().await, Vec::<String>::new(), "{identity}");
    }
}
