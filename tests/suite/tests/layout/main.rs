//! The repository keeps its shape: who may depend on whom, where versions stand, what files hold.
#![expect(
    clippy::unwrap_used,
    reason = "these are tests: what is not as expected ends the test"
)]

mod dependencies;
mod files;
mod manifests;

use std::path::{Path, PathBuf};
use std::process::Command;

use cargo_metadata::{Metadata, MetadataCommand};

/// The repository's folder.
fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap().to_owned()
}

/// What the workspace's manifests say, without its dependencies' own.
fn metadata() -> Metadata {
    MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .no_deps()
        .exec()
        .unwrap()
}

/// Standard output of a program that is run in the repository and must succeed.
fn output(program: &str, arguments: &[&str]) -> String {
    let run = Command::new(program)
        .args(arguments)
        .current_dir(root())
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{program} {arguments:?}: {stderr}");
    String::from_utf8(run.stdout).unwrap()
}

/// Files that Git tracks, relative to the repository's folder.
fn tracked() -> Vec<String> {
    let listing = output("git", &["ls-files", "-z"]);
    let names = listing.split('\0').filter(|name| !name.is_empty());
    // A file that is deleted in the working tree is still listed.
    names
        .filter(|name| root().join(name).exists())
        .map(str::to_owned)
        .collect()
}
