//! The suite's programs as they are released.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// What releases for Linux are built for: one static file, which starts faster than one that has to
/// find its libraries.
const RELEASED: &str = "x86_64-unknown-linux-musl";

/// The umbrella in the release profile, with a link for each step beside it.
pub(crate) struct Suite {
    links: TempDir,
    target: Option<&'static str>,
}

impl Suite {
    /// Builds the umbrella.
    pub(crate) fn build() -> Self {
        let target = can_build(RELEASED).then_some(RELEASED);
        if target.is_none() {
            println!(
                "NOT what is released: this machine has no {RELEASED}; see krew-manifests/README.md"
            );
        }
        let links = tempfile::tempdir().expect("a folder");
        let suite = Self { links, target };
        let binary = suite.built(&["--package", "kubectl-vwi"], "kubectl-vwi");
        let size = std::fs::metadata(&binary).expect("the umbrella").len();
        println!("umbrella: {size} bytes");
        for name in ["", "-translate", "-federate", "-annotate", "-check"] {
            let link = suite.folder().join(format!("kubectl-vwi{name}"));
            std::os::unix::fs::symlink(&binary, link).expect("a link");
        }
        suite
    }

    /// Builds something else in the same way, and returns where it is.
    pub(crate) fn built(&self, what: &[&str], file: &str) -> PathBuf {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(cargo);
        command.args(["build", "--release", "--locked"]).args(what);
        if let Some(target) = self.target {
            command.args(["--target", target]);
        }
        let built = command.status().expect("cargo");
        assert!(built.success(), "{command:?}");
        let own = std::env::current_exe().expect("this program's path");
        let folder = own.ancestors().nth(2).expect("the target folder");
        folder
            .join(self.target.unwrap_or_default())
            .join("release")
            .join(file)
    }

    pub(crate) fn folder(&self) -> &Path {
        self.links.path()
    }

    pub(crate) fn step(&self, step: &str) -> PathBuf {
        self.folder().join(format!("kubectl-vwi-{step}"))
    }
}

/// Whether Rust's library for a target is installed, and a C compiler for it.
fn can_build(target: &str) -> bool {
    let folder = Command::new("rustc")
        .args(["--print", "target-libdir", "--target", target])
        .output();
    let has_library = folder.is_ok_and(|output| {
        let folder = String::from_utf8_lossy(&output.stdout);
        Path::new(folder.trim()).is_dir()
    });
    let compiler = Command::new("musl-gcc")
        .arg("--version")
        .stdout(Stdio::null())
        .status();
    has_library && compiler.is_ok_and(|status| status.success())
}
