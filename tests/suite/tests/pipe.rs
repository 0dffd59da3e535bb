//! The four steps in a pipe, as a user types them: once, again, cut, and without their neighbours.

use serde_json::Value;
use vwi_bed::require_kubectl;
use vwi_tests::Scene;
use vwi_tests::scene::{ACCOUNT, annotation};

const FEDERATE: &str = "--identity app-identity -g rg --aks-cluster aks \
    --assign \"Reader@/subscriptions/$SUBSCRIPTION/resourceGroups/rg\"";

/// The pipe of the README, with `command` in front of each step's word.
fn pipe(command: &str) -> String {
    format!(
        "{command}translate app -n \"$NAMESPACE\" | {command}federate {FEDERATE} \
         | {command}annotate | {command}check --probe=token"
    )
}

#[tokio::test]
async fn the_pipe_works_through_kubectl_and_a_second_run_changes_nothing() {
    let Some(kubectl) = require_kubectl() else {
        return;
    };
    let scene = Scene::new("pipe").await;
    let script = pipe(&format!("{} vwi ", kubectl.display()));

    let first = scene.sh(&script);
    assert_eq!(first.status, Some(0), "{}\n{}", first.stdout, first.stderr);
    assert!(!first.stdout.contains('×'), "{}", first.stdout);
    let account = scene.tenant_accounts().await.get(ACCOUNT).await.unwrap();
    let client = &scene.world.identities[0].client_id;
    let written = annotation(&account, "azure.workload.identity/client-id");
    assert_eq!(written.as_ref(), Some(client));
    assert_eq!(scene.writes().await.len(), 2, "{:?}", scene.writes().await);
    let version = account.metadata.resource_version;

    scene.forget_requests().await;
    let second = scene.sh(&script);
    assert_eq!(
        second.status,
        Some(0),
        "{}\n{}",
        second.stdout,
        second.stderr
    );
    assert_eq!(scene.writes().await, Vec::<String>::new());
    assert!(second.stderr.contains("unchanged"), "{}", second.stderr);
    assert!(!second.stderr.contains("created"), "{}", second.stderr);
    let account = scene.tenant_accounts().await.get(ACCOUNT).await.unwrap();
    assert_eq!(account.metadata.resource_version, version);
}

#[tokio::test]
async fn a_stream_that_is_cut_anywhere_changes_nothing() {
    let scene = Scene::new("cut").await;
    let translate = scene.plugin("kubectl-vwi-translate");
    let translated = translate
        .args([ACCOUNT, "-n", &scene.namespace])
        .run()
        .unwrap();
    assert_eq!(translated.status, Some(0), "{}", translated.stderr);
    let scope = format!(
        "/subscriptions/{}/resourceGroups/rg",
        scene.world.subscription_id
    );
    let assign = format!("Reader@{scope}");
    let federate = [
        "--identity",
        "app-identity",
        "-g",
        "rg",
        "--aks-cluster",
        "aks",
        "--assign",
    ];
    let dry = scene
        .plugin("kubectl-vwi-federate")
        .args(federate)
        .arg(&assign)
        .arg("--dry-run")
        .stdin(translated.stdout.clone())
        .run()
        .unwrap();
    assert_eq!(dry.status, Some(0), "{}", dry.stderr);
    scene.forget_requests().await;

    let account = scene.tenant_accounts().await.get(ACCOUNT).await.unwrap();
    for (step, arguments, stream) in [
        (
            "kubectl-vwi-federate",
            federate.as_slice(),
            &translated.stdout,
        ),
        ("kubectl-vwi-annotate", &[], &translated.stdout),
    ] {
        for cut in cut_points(stream) {
            let mut program = scene.plugin(step).args(arguments);
            if step.ends_with("federate") {
                program = program.arg(&assign);
            } else {
                program = program.args(["--client-id", &scene.world.identities[0].client_id]);
            }
            let finished = program.stdin(&stream.as_bytes()[..cut]).run().unwrap();
            assert_eq!(
                finished.status,
                Some(3),
                "{step} on {cut} of {} bytes: {}",
                stream.len(),
                finished.stderr
            );
        }
    }
    assert_eq!(scene.writes().await, Vec::<String>::new());
    let after = scene.tenant_accounts().await.get(ACCOUNT).await.unwrap();
    assert_eq!(after, account);
}

/// Byte 0, around each line's end, and a spread of others; the whole stream less its last line
/// feed is complete, so it isn't among them.
fn cut_points(stream: &str) -> Vec<usize> {
    let complete = stream.trim_end().len();
    let mut points: Vec<usize> = (0..complete).step_by(97).collect();
    for (end, _) in stream.match_indices('\n') {
        points.extend([end.saturating_sub(1), end, end + 1]);
    }
    points.push(complete - 1);
    points.retain(|&point| point < complete);
    points.sort_unstable();
    points.dedup();
    points
}

#[tokio::test]
async fn a_step_that_cannot_run_fails_the_last_one() {
    let scene = Scene::new("norun").await;
    let finished = scene.sh(
        "KUBECONFIG=/nonexistent kubectl-vwi-translate app -n \"$NAMESPACE\" \
         | kubectl-vwi-federate --identity app-identity -g rg --aks-cluster aks \
         | kubectl-vwi-annotate | kubectl-vwi-check",
    );
    assert_eq!(finished.status, Some(3), "{}", finished.stderr);

    let finished = scene.sh("kubectl-vwi-translate app -n \"$NAMESPACE\" \
         | AZURE_CLIENT_SECRET=wrong kubectl-vwi-federate --identity app-identity -g rg \
             --aks-cluster aks --azure-auth environment \
         | kubectl-vwi-annotate | kubectl-vwi-check");
    assert_eq!(finished.status, Some(3), "{}", finished.stderr);
    assert_eq!(scene.writes().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_dry_run_makes_the_rest_of_the_pipe_dry() {
    let scene = Scene::new("dry").await;
    let before = scene.tenant_accounts().await.get(ACCOUNT).await.unwrap();
    let finished = scene.sh(&format!(
        "kubectl-vwi-translate app -n \"$NAMESPACE\" | kubectl-vwi-federate {FEDERATE} --dry-run \
         | kubectl-vwi-annotate -o ndjson"
    ));
    assert_eq!(finished.status, Some(0), "{}", finished.stderr);
    let record: Value = serde_json::from_str(finished.stdout.lines().next().unwrap()).unwrap();
    let conditions = record["status"]["conditions"].as_array().unwrap();
    let reasons: Vec<&str> = conditions
        .iter()
        .map(|condition| condition["reason"].as_str().unwrap())
        .collect();
    assert_eq!(reasons, ["Proven", "Planned", "Planned"], "{record:#}");
    assert_eq!(scene.writes().await, Vec::<String>::new());
    let after = scene.tenant_accounts().await.get(ACCOUNT).await.unwrap();
    assert_eq!(after, before);
}
