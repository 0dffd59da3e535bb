//! The folder of one run of the bed, which goes with it.

use std::fs::{self, File};
use std::path::Path;

use tempfile::TempDir;

use crate::error::{BedError, Doing};
use crate::files;

/// A folder of its own for each run, below the target folder.
///
/// A run that was killed leaves its folder behind; the next run removes it. Which run still lives
/// is told by a lock that the kernel releases at its end.
#[derive(Debug)]
pub(crate) struct RunFolder {
    folder: TempDir,
    _alive: File,
}

const PREFIX: &str = "run-";
const ALIVE: &str = "alive";

impl RunFolder {
    /// Makes a folder below `home` and removes those of dead runs.
    ///
    /// # Errors
    ///
    /// When the file system refuses.
    pub(crate) fn new(home: &Path) -> Result<Self, BedError> {
        files::make_folder(home)?;
        // Two beds may start at once: neither may see the other's folder without its lock.
        let guard = files::lock_file(&home.join("folders.lock"))?;
        guard
            .lock()
            .doing(|| format!("cannot lock `{}`", home.display()))?;
        remove_dead(home)?;
        let folder = tempfile::Builder::new().prefix(PREFIX).tempdir_in(home);
        let folder = folder.doing(|| format!("cannot make a folder in `{}`", home.display()))?;
        let alive = files::lock_file(&folder.path().join(ALIVE))?;
        alive
            .lock()
            .doing(|| format!("cannot lock `{}`", folder.path().display()))?;
        Ok(Self {
            folder,
            _alive: alive,
        })
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }
}

fn remove_dead(home: &Path) -> Result<(), BedError> {
    let entries = fs::read_dir(home).doing(|| format!("cannot list `{}`", home.display()))?;
    for folder in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        if is_dead(&folder) {
            // What cannot be removed now is tried again by the next run.
            let _removed = fs::remove_dir_all(&folder);
        }
    }
    Ok(())
}

fn is_dead(folder: &Path) -> bool {
    let name = folder.file_name().and_then(|name| name.to_str());
    let is_run = name.is_some_and(|name| name.starts_with(PREFIX));
    is_run && File::open(folder.join(ALIVE)).is_ok_and(|alive| alive.try_lock().is_ok())
}
