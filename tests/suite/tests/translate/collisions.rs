//! Two ServiceAccounts with one host name, through the pipe: neither gets an identity.

use serde_json::{Value, json};
use vwi_bed::Finished;
use vwi_tests::Scene;

/// `a-x-b` in `c`, and `a` in `b-x-c`: vCluster joins both to one name.
const PAIR: &str = r#"{"apiVersion":"v1","kind":"List","items":[
    {"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"a-x-b","namespace":"c"}},
    {"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"a","namespace":"b-x-c"}}]}"#;

/// Status and reason of a step's condition, record by record.
fn conditions(finished: &Finished, step: &str) -> Vec<String> {
    let mut records: Vec<Value> = finished
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let end = records.pop().unwrap();
    assert_eq!(
        end["status"]["collisions"].as_array().unwrap().len(),
        1,
        "{end}"
    );
    let shown = |record: &Value| {
        let conditions = record["status"]["conditions"].as_array().unwrap();
        let own = conditions.iter().find(|own| own["type"] == step).unwrap();
        let text = |key: &str| own[key].as_str().unwrap();
        format!("{} {}", text("status"), text("reason"))
    };
    records.iter().map(shown).collect()
}

#[tokio::test]
async fn neither_of_a_pair_is_federated_or_annotated() {
    let scene = Scene::without_account("pair").await;
    let vcluster = &scene.bed.description().tenant.vcluster;
    let run = |program: &str, arguments: &[&str], input: &str| {
        let program = scene.plugin(program).args(arguments).stdin(input);
        let finished = program.run().unwrap();
        assert_eq!(finished.status, Some(1), "{}", finished.stderr);
        finished
    };
    let which = [
        "--vcluster",
        &vcluster.name,
        "--vcluster-namespace",
        &vcluster.namespace,
    ];
    let translate = [&["--offline", "-f", "-"], &which[..]].concat();
    let translated = run("kubectl-vwi-translate", &translate, PAIR);
    assert_eq!(
        conditions(&translated, "Translated"),
        ["True Computed", "False HostNameCollision"]
    );

    let federate = [
        "--identity",
        "app-identity",
        "-g",
        "rg",
        "--aks-cluster",
        "aks",
        "--accept=computed",
        "--shared-identity",
        "-o",
        "ndjson",
    ];
    let federated = run("kubectl-vwi-federate", &federate, &translated.stdout);
    assert_eq!(
        conditions(&federated, "Federated"),
        ["False HostNameCollision", "Unknown UpstreamFailed"]
    );
    let client = &scene.world.identities[0].client_id;
    let annotate = ["--client-id", client, "-o", "ndjson"];
    let annotated = run("kubectl-vwi-annotate", &annotate, &translated.stdout);
    assert_eq!(
        conditions(&annotated, "Annotated"),
        ["False Collision", "Unknown UpstreamFailed"]
    );
    let annotated = run("kubectl-vwi-annotate", &["-o", "ndjson"], &federated.stdout);
    assert_eq!(
        conditions(&annotated, "Annotated"),
        ["Unknown UpstreamFailed", "Unknown UpstreamFailed"]
    );
    assert_eq!(scene.writes().await, Vec::<String>::new());
}

#[test]
fn two_vclusters_in_one_namespace_collide() {
    // Both are `a-x-n-x-x-n-x-vc` there.
    let record = |namespace: &str, name: &str, vcluster: &str| {
        json!({
            "apiVersion": "vwi/v1alpha1", "kind": "WorkloadIdentity",
            "metadata": {"name": name, "namespace": namespace},
            "spec": {"virtualCluster": {"name": vcluster, "namespace": "hns"}},
        })
    };
    let first = record("n", "a", "x-n-x-vc");
    let second = record("x-n", "a-x-n", "vc");
    let program = vwi_tests::installed::plugin("kubectl-vwi-translate");
    let finished = vwi_bed::Program::new(program)
        .args(["--offline", "-f", "-"])
        .stdin(format!("{first}\n{second}"))
        .run()
        .unwrap();
    assert_eq!(finished.status, Some(1), "{}", finished.stderr);
    assert_eq!(
        conditions(&finished, "Translated"),
        ["True Computed", "False HostNameCollision"]
    );
}
