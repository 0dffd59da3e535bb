//! Plan, apply, plan again; then somebody changes things with the real `az`, and only what is ours
//! is mended.

use regex::Regex;
use serde_json::Value;
use snapbox::{assert_data_eq, file};
use vwi_bed::require_az;
use vwi_tests::Scene;
use vwi_tests::az::Az;
use vwi_tests::scene::{ACCOUNT, GROUP, IDENTITY};

const THEIRS: &str = "system:serviceaccount:theirs:app";

/// The text without what differs from run to run.
fn settled(scene: &Scene, text: &str) -> String {
    let digest = Regex::new("-[0-9a-f]{16}").unwrap();
    let client = &scene.world.identities[0].client_id;
    let names = [
        (scene.namespace.as_str(), "NAMESPACE"),
        (&scene.world.subscription_id, "SUBSCRIPTION"),
        (&scene.bed.description().issuer, "ISSUER"),
        (client, "CLIENT"),
    ];
    let mut text = digest.replace_all(text, "-DIGEST").into_owned();
    for (found, name) in names {
        text = text.replace(found, name);
    }
    text
}

#[tokio::test]
async fn drift_is_shown_and_only_ours_is_mended() {
    let Some(program) = require_az() else {
        return;
    };
    let scene = Scene::new("drift").await;
    for account in ["job", "late", "lost"] {
        scene.add_account(account).await;
    }
    let az = Az::logged_in(&scene, &program, "caller");
    let federate = |accounts: &str, more: &str| {
        let finished = scene.sh(&format!(
            "kubectl-vwi-translate {accounts} -n \"$NAMESPACE\" | kubectl-vwi-federate \
             --identity {IDENTITY} -g {GROUP} --aks-cluster aks --pace off {more}"
        ));
        assert_eq!(finished.status, Some(0), "{}", finished.stderr);
        finished
    };
    let plan = |accounts: &str| {
        let finished = federate(accounts, "--dry-run -o plan");
        settled(&scene, &finished.stdout)
    };
    let first = format!("{ACCOUNT} job lost");
    assert_data_eq!(plan(&first), file!["golden/empty.txt"].raw());
    federate(&first, "");
    assert_data_eq!(plan(&first), file!["golden/applied.txt"].raw());
    federate(&first, "--fail-on change");

    let all = format!("{ACCOUNT} job late lost");
    let planned = federate(&all, "--dry-run -o json");
    let planned: Value = serde_json::from_str(&planned.stdout).unwrap();
    let credentials = planned["identities"][0]["credentials"].as_array().unwrap();
    let name = |account: &str| {
        let subject = scene.subject(account);
        let of = |credential: &&Value| credential["subject"] == subject.as_str();
        let found = credentials.iter().find(of).unwrap();
        found["name"].as_str().unwrap().to_owned()
    };
    let issuer = scene.bed.description().issuer.clone();
    let change = |verb: &str, account: &str, subject: &str, audience: &str| {
        let name = name(account);
        az.answer(&[
            "identity",
            "federated-credential",
            verb,
            "-g",
            GROUP,
            "--identity-name",
            IDENTITY,
            "-n",
            &name,
            "--issuer",
            &issuer,
            "--subject",
            subject,
            "--audiences",
            audience,
        ]);
    };
    change("update", ACCOUNT, THEIRS, "api://AzureADTokenExchange");
    change("update", "job", &scene.subject("job"), "api://theirs");
    let theirs = format!("{THEIRS}-too");
    change("create", "late", &theirs, "api://AzureADTokenExchange");
    let lost = name("lost");
    az.answer(&[
        "identity",
        "federated-credential",
        "delete",
        "-g",
        GROUP,
        "--identity-name",
        IDENTITY,
        "-n",
        &lost,
        "--yes",
    ]);

    assert_data_eq!(plan(&all), file!["golden/drifted.txt"].raw());
    federate(&all, "");
    assert_data_eq!(plan(&all), file!["golden/mended.txt"].raw());
    federate(&all, "--fail-on change");
    let listed = az.credentials(IDENTITY);
    let subject_of = |name: &str| {
        let listed = listed.as_array().unwrap();
        let found = listed.iter().find(|credential| credential["name"] == name);
        found.unwrap()["subject"].clone()
    };
    assert_eq!(
        subject_of(&name(ACCOUNT)),
        THEIRS,
        "somebody's now, and left alone"
    );
    assert_eq!(subject_of(&name("late")), theirs.as_str());
    assert_eq!(listed.as_array().unwrap().len(), 6);
}
