//! The suite's programs as they are released.

use std::path::{Path, PathBuf};

use tempfile::TempDir;
use vwi_bed::cargo;

/// What releases for Linux are built for: one static file, which starts faster than one that has to
/// find its libraries.
const RELEASED: &str = "x86_64-unknown-linux-gnu";
/// As the alias `cargo release` has it.
const STATIC: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../.cargo/static.toml");

/// The umbrella in the release profile, with a link for each step beside it.
pub(crate) struct Suite {
    links: TempDir,
}

impl Suite {
    /// Builds the umbrella.
    pub(crate) fn build() -> Self {
        let links = tempfile::tempdir().expect("a folder");
        let suite = Self { links };
        let binary = Self::built(&["--package", "kubectl-vwi"], "kubectl-vwi");
        let size = std::fs::metadata(&binary).expect("the umbrella").len();
        println!("umbrella: {size} bytes");
        for name in ["", "-translate", "-federate", "-annotate", "-check"] {
            let link = suite.folder().join(format!("kubectl-vwi{name}"));
            std::os::unix::fs::symlink(&binary, link).expect("a link");
        }
        suite
    }

    /// Builds something else in the same way, and returns where it is.
    pub(crate) fn built(what: &[&str], file: &str) -> PathBuf {
        let mut command = cargo();
        command
            .args(["build", "--release", "--locked", "--target", RELEASED])
            .args(["--config", STATIC])
            .args(what);
        let built = command.status().expect("cargo");
        assert!(built.success(), "{command:?}");
        let own = std::env::current_exe().expect("this program's path");
        let folder = own.ancestors().nth(2).expect("the target folder");
        folder.join(RELEASED).join("release").join(file)
    }

    pub(crate) fn folder(&self) -> &Path {
        self.links.path()
    }

    pub(crate) fn step(&self, step: &str) -> PathBuf {
        self.folder().join(format!("kubectl-vwi-{step}"))
    }
}
