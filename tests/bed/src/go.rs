//! Programs that the tests build from a Go module of their own, once for each version of its
//! sources.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use sha2::{Digest, Sha256};

use crate::controlplane::say;
use crate::error::{BedError, Doing};
use crate::files;

/// A program of a Go module beside the bed.
pub(crate) struct GoProgram {
    /// Folder of the module, below `tests`.
    pub(crate) module: &'static str,
    /// Path of its package, as `go build` takes it.
    pub(crate) package: &'static str,
    /// Name of the program.
    pub(crate) name: &'static str,
    /// What is built, in words.
    pub(crate) what: &'static str,
    /// Flags for the linker.
    pub(crate) link: String,
}

impl GoProgram {
    /// Returns the program, and builds it if need be. Processes that need it at the same time make
    /// one.
    ///
    /// # Errors
    ///
    /// When Go is missing or fails.
    pub(crate) fn find_or_build(&self, talk: &mut dyn Write) -> Result<PathBuf, BedError> {
        let sources = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("..")
            .join(self.module);
        let home = files::target()?.join(self.module);
        let folder = home.join(digest(&sources)?);
        let program = folder.join(self.name);
        if program.is_file() {
            return Ok(program);
        }
        files::make_folder(&folder)?;
        let lock = files::lock_file(&home.join("lock"))?;
        lock.lock()
            .doing(|| format!("cannot lock `{}`", home.display()))?;
        // Another process may have built it while this one waited.
        if !program.is_file() {
            let started = Instant::now();
            let (what, module) = (self.what, self.module);
            say(
                talk,
                &format!("building {what} from tests/{module}; the first time takes minutes"),
            );
            let unfinished = folder.join("unfinished");
            self.build(&sources, &unfinished)?;
            // Renamed when complete, so that a build that was cut short is never taken for one.
            fs::rename(unfinished, &program)
                .doing(|| format!("cannot keep `{}`", program.display()))?;
            let seconds = started.elapsed().as_secs();
            say(talk, &format!("built {what} in {seconds} s"));
        }
        Ok(program)
    }

    fn build(&self, sources: &Path, output: &Path) -> Result<(), BedError> {
        let built = Command::new("go")
            .args([
                "build",
                "-trimpath",
                "-buildvcs=false",
                "-mod=readonly",
                "-ldflags",
            ])
            .arg(&self.link)
            .arg("-o")
            .arg(output)
            .arg(self.package)
            .env("CGO_ENABLED", "0")
            .current_dir(sources)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .output()
            .doing(|| format!("cannot start `go`, which builds {}", self.what))?;
        if built.status.success() {
            return Ok(());
        }
        Err(BedError::new(format!(
            "`go build` in `tests/{}` failed ({}):\n{}",
            self.module,
            built.status,
            String::from_utf8_lossy(&built.stderr)
        )))
    }
}

/// Names a build by its sources, so that a change of them is built and an old build is not mistaken.
fn digest(sources: &Path) -> Result<String, BedError> {
    let mut digest = Sha256::new();
    let mut folders = vec![sources.to_owned()];
    while let Some(folder) = folders.pop() {
        let read = || format!("cannot read `{}`", folder.display());
        let mut entries = fs::read_dir(&folder)
            .and_then(|entries| {
                let paths = entries.map(|entry| entry.map(|entry| entry.path()));
                paths.collect::<std::io::Result<Vec<PathBuf>>>()
            })
            .doing(read)?;
        entries.sort();
        for entry in entries {
            if entry.is_dir() {
                folders.push(entry);
            } else {
                digest.update(fs::read(&entry).doing(read)?);
            }
        }
    }
    Ok(format!("{:.16}", format!("{:x}", digest.finalize())))
}
