//! Terraform as the plan is printed in it, read by the real `OpenTofu`.

use vwi_bed::{Program, require_tofu};

/// What the core's own test compares with, so it is what federate prints.
const PRINTED: &str = include_str!("../../../../shared/core/src/federation/emit/golden/plan.tf");

#[test]
fn terraform_needs_no_formatting() {
    let Some(tofu) = require_tofu() else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let check = |text: &str| {
        Program::new(&tofu.program)
            .folder(folder.path())
            .env("HOME", folder.path())
            .env("CHECKPOINT_DISABLE", "1")
            .args(["fmt", "-check", "-diff", "-no-color", "-"])
            .stdin(text)
            .run()
            .unwrap()
    };
    let read = check(PRINTED);
    assert_eq!(read.status, Some(0), "{}\n{}", read.stdout, read.stderr);
    let askew = check(&PRINTED.replacen(" = ", "=", 1));
    assert_ne!(askew.status, Some(0), "a check that passes everything");
}
