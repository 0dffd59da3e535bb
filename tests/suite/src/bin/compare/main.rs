//! Compares the suite with what a user would use instead, in one run: `cargo compare`.
//!
//! | subject | rival |
//! |---|---|
//! | the pipe, once through kubectl and once called directly | the vendor's documented procedure with the real `az` and `kubectl` |
//! | start of `translate --offline` | `/bin/true` |
//! | federate: 1,000 credentials over 50 identities | the bound of 20 serial writes, and the real `az` for 20 |
//! | the same at the documented pace (only as `cargo compare pace`: eight minutes) | the pace's own bound |
//! | `translate --all-vclusters` over 200 vClusters with 10,000 ServiceAccounts | the raw paged lists |
//! | a List of ServiceAccounts through `translate --offline` | `jq -c '.items[]'` and `cat` |
//!
//! The suite's binary is the umbrella in the release profile, which this builds first.
#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a program for developers, whose answer is its output"
)]

mod federate;
mod fleet;
mod measure;
mod pipe;
mod start;
mod stream;

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// The umbrella in the release profile, with a link for each step beside it.
pub(crate) struct Suite {
    folder: TempDir,
}

impl Suite {
    fn build() -> Self {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let built = Command::new(cargo)
            .args(["build", "--release", "--locked", "--package", "kubectl-vwi"])
            .status()
            .expect("cargo");
        assert!(built.success(), "the umbrella does not build");
        let own = std::env::current_exe().expect("this program's path");
        let target = own
            .parent()
            .and_then(Path::parent)
            .expect("the target folder");
        let binary = target.join("release").join("kubectl-vwi");
        let size = std::fs::metadata(&binary).expect("the umbrella").len();
        println!("umbrella: {size} bytes");
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["", "-translate", "-federate", "-annotate", "-check"] {
            let link = folder.path().join(format!("kubectl-vwi{name}"));
            std::os::unix::fs::symlink(&binary, link).expect("a link");
        }
        Self { folder }
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn step(&self, step: &str) -> PathBuf {
        self.folder().join(format!("kubectl-vwi-{step}"))
    }
}

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let is_wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|word| word == name);
    let suite = Suite::build();
    if is_wanted("start") {
        start::compare(&suite);
    }
    if is_wanted("stream") {
        stream::compare(&suite);
    }
    if is_wanted("federate") {
        federate::compare(&suite);
    }
    if wanted.iter().any(|word| word == "pace") {
        federate::compare_pace(&suite);
    }
    if is_wanted("fleet") {
        fleet::compare(&suite);
    }
    if is_wanted("pipe") {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(pipe::compare(&suite));
    }
}
