//! Where things are: the folder of the programs, the target folder, the bed's own files.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::error::{BedError, Doing};

/// The folder that cargo put the programs of this build into, such as `target/debug`.
///
/// # Errors
///
/// When the running program is not inside such a folder.
pub(crate) fn programs() -> Result<PathBuf, BedError> {
    let own = std::env::current_exe().doing(|| "cannot tell where this program is".to_owned())?;
    // Tests are in `deps`, examples in `examples`, beside the programs.
    let inner = |name: &Path| name.ends_with("deps") || name.ends_with("examples");
    let folder = own.parent().map(|folder| match folder.parent() {
        Some(parent) if inner(folder) => parent,
        _ => folder,
    });
    let folder = folder.ok_or_else(|| BedError::new("this program is in no folder"))?;
    Ok(folder.to_owned())
}

/// The folder of everything that cargo and the bed build, such as `target`.
///
/// # Errors
///
/// As for [`programs`].
pub(crate) fn target() -> Result<PathBuf, BedError> {
    let programs = programs()?;
    let target = programs.parent().map(Path::to_owned);
    target.ok_or_else(|| BedError::new("the programs are in no target folder"))
}

/// Makes a folder, and those above it.
pub(crate) fn make_folder(path: &Path) -> Result<(), BedError> {
    fs::create_dir_all(path).doing(|| format!("cannot make the folder `{}`", path.display()))
}

/// Writes a file that only its owner may read.
pub(crate) fn write(path: &Path, text: &str) -> Result<(), BedError> {
    let write = || -> std::io::Result<()> {
        let mut options = OpenOptions::new();
        let mut file = options
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(path)?;
        file.write_all(text.as_bytes())
    };
    write().doing(|| format!("cannot write `{}`", path.display()))
}

/// Opens a file only to lock it: one for all users of this target folder.
pub(crate) fn lock_file(path: &Path) -> Result<fs::File, BedError> {
    let mut options = OpenOptions::new();
    let file = options
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path);
    file.doing(|| format!("cannot open `{}`", path.display()))
}
