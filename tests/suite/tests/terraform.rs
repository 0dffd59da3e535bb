//! The Terraform modules, run by the real `OpenTofu`.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests: what fails ends the test"
)]

use std::path::{Path, PathBuf};

use serde_json::json;
use vwi_bed::{Finished, Program, Tofu, require_tofu};

fn modules() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    root.join("terraform").canonicalize().unwrap()
}

/// Runs `OpenTofu` in `folder`, with nothing kept elsewhere and nothing asked of the network.
fn tofu(tofu: &Tofu, folder: &Path, program: Program, arguments: &[&str]) -> Finished {
    let configuration = folder.join("tofu.rc");
    let providers = json!(tofu.providers);
    let text = format!(
        "provider_installation {{\n  dev_overrides {{\n    \"hashicorp/external\" = {providers}\n  }}\n}}\n"
    );
    std::fs::write(&configuration, text).unwrap();
    program
        .folder(folder)
        .env("TF_CLI_CONFIG_FILE", &configuration)
        .env("TF_DATA_DIR", folder.join("data"))
        .env("HOME", folder)
        .env("CHECKPOINT_DISABLE", "1")
        .args(arguments)
        .run()
        .unwrap()
}

#[test]
fn host_name_agrees_with_every_vector() {
    let Some(tools) = require_tofu() else {
        return;
    };
    let scratch = tempfile::tempdir().unwrap();
    let module = format!("-chdir={}", modules().join("host-name").display());
    let run = |arguments: &[&str]| {
        let program = Program::new(&tools.program);
        let finished = tofu(&tools, scratch.path(), program, arguments);
        assert_eq!(
            finished.status,
            Some(0),
            "{}\n{}",
            finished.stdout,
            finished.stderr
        );
        finished.stdout
    };
    run(&[
        &module,
        "init",
        "-backend=false",
        "-input=false",
        "-no-color",
    ]);
    let said = run(&[&module, "test", "-no-color"]);
    assert!(said.contains("Success! 6 passed, 0 failed."), "{said}");
    run(&[&module, "fmt", "-check", "-recursive", "-no-color"]);
}

#[test]
fn both_modules_are_well_formed() {
    let Some(tools) = require_tofu() else {
        return;
    };
    let scratch = tempfile::tempdir().unwrap();
    let module = format!("-chdir={}", modules().join("proven-name").display());
    for arguments in [
        [&*module, "validate", "-no-color"].as_slice(),
        &[&module, "fmt", "-check", "-recursive", "-no-color"],
    ] {
        let program = Program::new(&tools.program);
        let finished = tofu(&tools, scratch.path(), program, arguments);
        assert_eq!(
            finished.status,
            Some(0),
            "{}\n{}",
            finished.stdout,
            finished.stderr
        );
    }
}
