//! A folder of PATH with plugins in it, as krew, a package or a person has put them there.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use vwi_bed::Program;

/// A folder that is all of PATH for the programs that it runs.
#[derive(Debug)]
pub struct Installed {
    folder: TempDir,
    bin: PathBuf,
}

impl Installed {
    /// An empty folder.
    ///
    /// # Panics
    ///
    /// When it cannot be made.
    pub fn empty() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let bin = folder.path().join("bin");
        std::fs::create_dir(&bin).expect("a folder");
        Self { folder, bin }
    }

    /// Some of the suite's programs, linked under the names given, as krew links them.
    ///
    /// # Panics
    ///
    /// When one has not been built.
    pub fn links(links: &[(&str, &str)]) -> Self {
        let installed = Self::empty();
        for (name, program) in links {
            installed.link(name, &plugin(program));
        }
        installed
    }

    /// Scripts that print their name and their arguments.
    ///
    /// # Panics
    ///
    /// When they cannot be written.
    pub fn scripts(names: &[&str]) -> Self {
        let installed = Self::empty();
        for name in names {
            installed.script(name, "echo \"${0##*/}\" \"$@\"");
        }
        installed
    }

    /// Where the programs are.
    pub fn bin(&self) -> &Path {
        &self.bin
    }

    /// A folder that is not on PATH.
    pub fn elsewhere(&self) -> &Path {
        self.folder.path()
    }

    /// Links a program.
    ///
    /// # Panics
    ///
    /// When it cannot.
    pub fn link(&self, name: &str, program: &Path) {
        symlink(program, self.bin.join(name)).expect("a link");
    }

    /// Writes a shell script.
    ///
    /// # Panics
    ///
    /// When it cannot.
    pub fn script(&self, name: &str, body: &str) {
        let path = self.bin.join(name);
        std::fs::write(&path, format!("#!/bin/sh\n{body}\n")).expect("a script");
        let mode = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(&path, mode).expect("a script");
    }

    /// A program with this folder as its PATH and nothing else in its environment.
    pub fn program(&self, program: impl AsRef<Path>) -> Program {
        Program::new(program.as_ref())
            .env("PATH", &self.bin)
            .env("HOME", self.elsewhere())
            .folder(self.elsewhere())
    }
}

/// One of the suite's programs.
///
/// # Panics
///
/// When it has not been built.
pub fn plugin(name: &str) -> PathBuf {
    let own = std::env::current_exe().expect("this program");
    // Tests are in `deps`, below the programs.
    let mut programs = own
        .ancestors()
        .skip(1)
        .take(2)
        .map(|folder| folder.join(name));
    let found = programs.find(|path| path.is_file());
    let found = found.ok_or_else(|| format!("`{name}` is not built"));
    found.expect("run `cargo test --workspace`")
}
