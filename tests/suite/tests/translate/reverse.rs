//! The way back: host names, subjects and federated credentials, answered by the host.

use serde_json::{Value, json};
use vwi_bed::{Finished, VirtualCluster, unique};

use crate::scene::{Scene, create, create_namespace, lines};

fn reverse(scene: &Scene, arguments: &[&str], input: &str) -> Finished {
    let program = scene.bed.plugin("kubectl-vwi-translate").unwrap();
    program
        .env("KUBECONFIG", &scene.tenant.kubeconfig)
        .arg("--reverse")
        .args(arguments)
        .stdin(input)
        .run()
        .unwrap()
}

/// Namespace, name, and reason of each record.
fn answers(finished: &Finished) -> Vec<String> {
    let mut records = lines(finished);
    records.pop();
    records
        .iter()
        .map(|record| {
            format!(
                "{}/{} {}",
                record["metadata"]["namespace"].as_str().unwrap(),
                record["metadata"]["name"].as_str().unwrap(),
                record["status"]["conditions"][0]["reason"]
                    .as_str()
                    .unwrap()
            )
        })
        .collect()
}

#[tokio::test]
async fn a_host_name_and_a_subject_lead_back_to_the_record_that_translate_writes() {
    let scene = Scene::new("back").await;
    scene.account("app").await;
    scene.synced("app").await;
    let name = format!("{}/{}", scene.namespace(), scene.host_name("app"));
    let found = reverse(&scene, &[&name], "");
    assert_eq!(found.status, Some(0), "{}", found.stderr);
    assert!(
        found.stderr.contains("the host is context `aks`"),
        "{}",
        found.stderr
    );

    let record = &lines(&found)[0];
    let there = lines(&scene.translate(&["app"]))[0].clone();
    assert_eq!(record["metadata"], there["metadata"]);
    assert_eq!(record["spec"], there["spec"]);
    for key in ["subject", "hostServiceAccount", "issuer"] {
        assert_eq!(record["status"][key], there["status"][key], "{key}");
    }
    assert_eq!(
        record["status"]["tenant"]["serviceAccountUid"],
        there["status"]["tenant"]["serviceAccountUid"]
    );
    assert_eq!(record["status"]["conditions"][0]["reason"], "Proven");

    let subject = record["status"]["subject"].as_str().unwrap();
    let host = scene.bed.description().host.kubeconfig.to_str().unwrap();
    let bare = scene.host_name("app");
    for arguments in [
        &[subject][..],
        &[&bare, "-n", scene.namespace()],
        &[&bare, "--vcluster-namespace", scene.namespace()],
        &[&name, "--host-kubeconfig", host],
        // The current context is taken for the host where nothing leads to another.
        &[&name, "--kubeconfig", host],
        &[&name, subject],
    ] {
        let again = reverse(&scene, arguments, "");
        assert_eq!(
            again.stdout, found.stdout,
            "{arguments:?}: {}",
            again.stderr
        );
    }
    // What comes out goes in again: it is a record like any other.
    let again = scene.bed.plugin("kubectl-vwi-translate").unwrap();
    let again = again
        .env("KUBECONFIG", &scene.tenant.kubeconfig)
        .args(["-f", "-"])
        .stdin(found.stdout.clone())
        .run()
        .unwrap();
    assert_eq!(again.status, Some(0), "{}", again.stderr);
}

#[tokio::test]
async fn federated_credentials_lead_back_to_whom_they_trust() {
    let scene = Scene::new("fics").await;
    scene.account("app").await;
    scene.synced("app").await;
    let issuer = scene.bed.description().issuer.clone();
    let subject = |name: &str| {
        format!(
            "system:serviceaccount:{}:{}",
            scene.namespace(),
            scene.host_name(name)
        )
    };
    let credential = |name: &str, issuer: &str, subject: &str| {
        json!({"name": name, "issuer": issuer, "subject": subject, "resourceGroup": "rg",
               "audiences": ["api://AzureADTokenExchange"], "id": format!("/x/{name}")})
    };
    let other = "https://westeurope.oic.prod-aks.azure.com/other/";
    let printed = json!([
        credential("works", &issuer, &subject("app")),
        credential("twice", &issuer, &subject("app")),
        credential("dangling", &issuer, &subject("gone")),
        credential("elsewhere", other, &subject("app")),
        credential(
            "github",
            "https://token.actions.githubusercontent.com",
            "repo:org/app:ref:x"
        ),
    ]);
    let found = reverse(&scene, &["-f", "-"], &printed.to_string());
    assert_eq!(found.status, Some(1), "{}", found.stderr);
    let (namespace, inside) = (scene.namespace(), &scene.inside);
    assert_eq!(
        answers(&found),
        [
            format!("{inside}/app Proven"),
            format!(
                "{namespace}/{} HostServiceAccountNotFound",
                scene.host_name("gone")
            ),
            format!("{namespace}/{} OtherIssuer", scene.host_name("app")),
        ]
    );
    for side in [other, &issuer, "credential `github` left out"] {
        assert!(found.stderr.contains(side), "{side}: {}", found.stderr);
    }
    // Without `-f` it is read where nothing else is asked about; one object is one.
    let shown = credential("works", &issuer, &subject("app"));
    let piped = reverse(&scene, &[], &shown.to_string());
    assert_eq!(
        answers(&piped),
        [format!("{inside}/app Proven")],
        "{}",
        piped.stderr
    );
    let nothing = reverse(&scene, &["-f", "-"], "");
    assert_eq!(nothing.status, Some(3), "{}", nothing.stderr);
    let no_credentials = reverse(&scene, &["-f", "-"], "{\"kind\":\"Pod\"}");
    assert_eq!(no_credentials.status, Some(3), "{}", no_credentials.stderr);
    assert_eq!(reverse(&scene, &["-f", "-"], "[]").status, Some(0));
}

#[tokio::test]
async fn what_others_wrote_on_the_host_leads_nowhere() {
    let scene = Scene::new("backforged").await;
    let elsewhere = unique("elsewhere");
    create_namespace(scene.bed.host().await.unwrap(), &elsewhere).await;
    let name = scene.host_name("app");
    scene.forge(&elsewhere, &name, "app", "u1").await;
    scene
        .forge(scene.namespace(), &unique("squatter"), "app", "u2")
        .await;
    let squatted = unique("bare");
    let accounts = scene.host_accounts(scene.namespace()).await;
    create(accounts.clone(), &squatted, [], []).await;
    let shared = format!("{}/vc-workload-{}", scene.namespace(), scene.name());
    let found = reverse(
        &scene,
        &[
            &format!("{elsewhere}/{name}"),
            &format!("{}/{squatted}", scene.namespace()),
            &shared,
        ],
        "",
    );
    assert_eq!(found.status, Some(1), "{}", found.stderr);
    let reasons: Vec<Value> = lines(&found)
        .iter()
        .take(3)
        .map(|record| {
            assert!(record["status"].get("subject").is_none(), "{record}");
            record["status"]["conditions"][0]["reason"].clone()
        })
        .collect();
    assert_eq!(
        reasons[..2],
        ["NotOfVirtualCluster", "ForeignHostServiceAccount"]
    );
}

#[tokio::test]
async fn a_mapped_namespace_leads_back_too() {
    let target = unique("mapped");
    let mapped = target.clone();
    let scene = Scene::alone("backsync", move |vcluster: VirtualCluster| {
        vcluster
            .with("sync.toHost.namespaces.enabled", true)
            .and_then(|vcluster| {
                vcluster.with(
                    "sync.toHost.namespaces.mappings",
                    json!({"byName": {"default": mapped}}),
                )
            })
            .unwrap()
    })
    .await;
    scene.account("app").await;
    let name = format!("{target}/app");
    let found = vwi_bed::until(
        "the mapped namespace",
        std::time::Duration::from_secs(20),
        async || Ok(Some(reverse(&scene, &[&name], "")).filter(|found| found.status == Some(0))),
    )
    .await
    .unwrap();
    assert_eq!(answers(&found), ["default/app Proven"]);
}

#[tokio::test]
async fn what_may_not_be_read_is_said_to_be_unknown() {
    let scene = Scene::new("backrights").await;
    scene.account("app").await;
    scene.synced("app").await;
    let nobody = scene.host_as("nobody-at-all");
    let name = format!("{}/{}", scene.namespace(), scene.host_name("app"));
    let found = reverse(&scene, &[&name, "--host-kubeconfig", &nobody], "");
    assert_eq!(found.status, Some(3), "{}", found.stdout);
    assert!(
        found.stderr.contains("as far as this user may see"),
        "{}",
        found.stderr
    );
    let tenant = scene.tenant.cluster.kubeconfig.to_str().unwrap();
    let found = reverse(&scene, &[&name, "--host-kubeconfig", tenant], "");
    assert_eq!(found.status, Some(3), "{}", found.stdout);
}
