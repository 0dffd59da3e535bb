//! Both prunes with every kind of input and host: what was deleted, as a table.
//!
//! `removed` goes by the input, and the host only proves it; `dangling` goes by the host, and reads
//! no input at all.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::{Value, json};
use snapbox::{assert_data_eq, str};
use vwi_test_azure::CredentialSpec;
use vwi_tests::Scene;
use vwi_tests::scene::ACCOUNT;

use crate::azure::{Azure, IDENTITIES, ours};
use crate::cut_host;

const OWNER: &str = "shop";

/// The host has it, the input does not.
const THERE: &str = "system:serviceaccount:kube-system:default";
/// Neither has it.
const GONE: &str = "system:serviceaccount:no-such-namespace:app";

/// One row: its name, what stands on standard input, further flags, and a kubeconfig for the host.
struct Row {
    name: &'static str,
    input: String,
    flags: &'static [&'static str],
    host: Option<String>,
}

/// What both prunes find on an identity; the owner's wanted, there and gone among it.
fn credentials(scene: &Scene) -> Vec<CredentialSpec> {
    let issuer = &scene.bed.description().issuer;
    let owned = [&scene.subject(ACCOUNT), THERE, GONE];
    let owned = owned.map(|subject| ours(issuer, subject, Some(OWNER)));
    let of_others = [
        CredentialSpec::new("by-hand", issuer, &format!("{GONE}-1")),
        CredentialSpec::new("aks-identity-binding", issuer, &format!("{GONE}-2")),
        ours(issuer, &format!("{GONE}-3"), Some("blog")),
        ours("https://elsewhere/", &scene.subject(ACCOUNT), Some("blog")),
    ];
    owned.into_iter().chain(of_others).collect()
}

/// A stream of translate with these records and this selection.
fn stream(records: &[Value], failed: usize, selection: &Value) -> String {
    let end = json!({
        "apiVersion": "vwi/v1alpha1",
        "kind": "StreamEnd",
        "metadata": {"name": "translate"},
        "status": {"records": records.len(), "failed": failed, "selection": selection},
    });
    let lines = records.iter().chain([&end]).map(|line| format!("{line}\n"));
    lines.collect()
}

async fn rows(scene: &Scene) -> Vec<Row> {
    let (record, _) = scene.translated();
    let mut failed = record.clone();
    failed["metadata"]["name"] = json!("other");
    failed["status"] = json!({"conditions": [
        {"type": "Translated", "status": "False", "reason": "NotSynced", "message": "not there"},
    ]});
    let all = json!({"all": {"scope": "the vCluster"}});
    let whole = stream(std::slice::from_ref(&record), 0, &all);
    let row = |name, input, flags, host| Row {
        name,
        input,
        flags,
        host,
    };
    let narrowed = |by: &str| {
        let selection = json!({"narrowed": {"by": [by]}});
        stream(std::slice::from_ref(&record), 0, &selection)
    };
    let cut = cut_host::kubeconfig(scene.bed.host().await.unwrap()).await;
    vec![
        row("complete", whole.clone(), &[], None),
        row("names", narrowed("names"), &[], None),
        row("selector", narrowed("selector"), &[], None),
        row("shard", narrowed("shard"), &[], None),
        row("partial", whole.clone(), &["--partial"], None),
        row(
            "a failed record",
            stream(&[record.clone(), failed], 1, &all),
            &[],
            None,
        ),
        row(
            "host forbidden",
            whole.clone(),
            &[],
            Some(cut_host::forbidden(scene)),
        ),
        row("host cut", whole, &[], Some(cut)),
    ]
}

/// Exit status, and what was deleted.
fn cell(scene: &Scene, row: &Row, prune: &[&str]) -> String {
    let azure = Azure::with(&credentials(scene));
    let before = azure.held();
    let mut program = azure
        .federate(scene)
        .args(["-g", "rg", "--owner", OWNER, "--prune"])
        .args(prune)
        .args(row.flags)
        .stdin(row.input.clone());
    if let Some(host) = &row.host {
        let file = scene.bed.folder().join("host");
        std::fs::write(&file, host).unwrap();
        program = program.arg("--host-kubeconfig").arg(file);
    }
    let done = tokio::task::block_in_place(|| program.run()).unwrap();
    let after = azure.held();
    let [one, other] = IDENTITIES.map(|identity| {
        let gone = before[identity].difference(&after[identity]);
        let gone = gone.map(|(_, subject)| match subject.as_str() {
            THERE => "there",
            GONE => "gone",
            other => other,
        });
        gone.collect::<BTreeSet<&str>>()
    });
    assert_eq!(one, other, "{}: {}", row.name, done.stderr);
    let gone = if one.is_empty() {
        "nothing".to_owned()
    } else {
        Vec::from_iter(one).join(", ")
    };
    format!("{} {gone}", done.status.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_seen_whole_deletes_nothing() {
    let scene = Scene::new("table").await;
    let mut table = format!("{:<16} {:<14} dangling\n", "", "removed");
    for row in rows(&scene).await {
        let removed = ["removed", "--identity", "app", "--shared-identity"];
        let removed = cell(&scene, &row, &removed);
        let dangling = cell(&scene, &row, &["dangling"]);
        writeln!(table, "{:<16} {removed:<14} {dangling}", row.name).unwrap();
    }
    assert_data_eq!(
        table,
        str![[r#"
                 removed        dangling
complete         0 gone, there  0 gone
names            0 nothing      0 gone
selector         0 nothing      0 gone
shard            0 nothing      0 gone
partial          0 nothing      0 gone
a failed record  1 nothing      0 gone
host forbidden   0 gone, there  3 nothing
host cut         1 nothing      3 nothing

"#]]
    );
}
