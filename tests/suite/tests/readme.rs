//! Every block of the README is run as it is printed.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "helpers of tests: what fails ends the test"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use vwi_bed::require_kubectl;
use vwi_tests::Scene;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The blocks by the name in the comment above each.
fn blocks() -> BTreeMap<String, String> {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let mut blocks = BTreeMap::new();
    let mut name = None;
    let mut lines = readme.lines();
    while let Some(line) = lines.next() {
        if let Some(marked) = line.strip_prefix("<!-- ") {
            name = Some(marked.trim_end_matches(" -->").to_owned());
        } else if line.starts_with("```") {
            let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            let name = name
                .take()
                .expect("a block without a name is run by nobody");
            blocks.insert(name, block.join("\n"));
        }
    }
    blocks
}

#[test]
fn every_block_has_a_test() {
    let blocks = blocks();
    let names: Vec<&str> = blocks.keys().map(String::as_str).collect();
    assert_eq!(names, ["pipe", "sandbox", "tests"]);
}

#[test]
fn ci_runs_the_block_that_passes_the_tests() {
    let ci = std::fs::read_to_string(root().join(".ci/run")).unwrap();
    assert!(ci.contains("'/<!-- tests -->/,/^```$/p' README.md"));
    assert!(blocks()["tests"].starts_with("cargo test"));
}

#[test]
fn the_sandbox_block_runs_the_main_job() {
    let output = Command::new("sh")
        .args(["-c", &blocks()["sandbox"]])
        .current_dir(root())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let stdout = String::from_utf8_lossy(&output.stdout);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stdout}\n{stderr}");
    assert!(stdout.contains('√'), "{stdout}\n{stderr}");
}

#[tokio::test]
async fn the_pipe_block_works() {
    let Some(kubectl) = require_kubectl() else {
        return;
    };
    let scene = Scene::new("readme").await;
    // A user's context says which namespace is meant; here it is the test's.
    let kubeconfig = scene.bed.folder().join("kubeconfig");
    std::fs::copy(&scene.bed.description().tenant.kubeconfig, &kubeconfig).unwrap();
    let script = format!(
        "{} config set-context --current --namespace=\"$NAMESPACE\" >/dev/null && {}",
        kubectl.display(),
        blocks()["pipe"]
    );
    let path = std::env::join_paths(
        [
            kubectl.parent().unwrap().to_owned(),
            std::env::current_exe().unwrap().join("../.."),
        ]
        .into_iter()
        .chain(["/usr/bin".into(), "/bin".into()]),
    );
    let finished = scene
        .prepared(scene.bed.program(Path::new("/bin/sh")))
        .env("KUBECONFIG", &kubeconfig)
        .env("PATH", path.unwrap())
        .args(["-c", &script])
        .run()
        .unwrap();
    assert_eq!(
        finished.status,
        Some(0),
        "{}\n{}",
        finished.stdout,
        finished.stderr
    );
}
