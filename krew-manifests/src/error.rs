//! What can go wrong while packing and rendering.

use std::io;
use std::path::{Path, PathBuf};

/// Packing, rendering or reading did not work.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KrewError {
    /// A file could not be read.
    #[error("cannot read `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file could not be written.
    #[error("cannot write `{}`", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The content of a file is no gzip-compressed tar archive.
    #[error("`{}` is no gzip-compressed tar archive", path.display())]
    NoArchive {
        /// The file.
        path: PathBuf,
        /// What the decoder says.
        source: io::Error,
    },
    /// The name of an archive does not say what it is for.
    #[error("the name of archive `{0}` is not `kubectl-vwi-vX.Y.Z-OS-ARCH.tar.gz`")]
    ArchiveName(String),
    /// The archives given belong to different releases.
    #[error("archive `{name}` is not of version `{version}` as the first one is")]
    Versions {
        /// The archive.
        name: String,
        /// The first archive's version.
        version: String,
    },
    /// No archive was given.
    #[error("a manifest needs at least one archive")]
    NoArchives,
    /// A version is not `vX.Y.Z`.
    #[error("`{0}` is no version such as `v0.1.0`")]
    Version(String),
    /// krew knows no such platform.
    #[error("krew's index takes no archive for platform `{0}`")]
    Platform(String),
    /// The manifest could not be written as YAML.
    #[error("cannot write the manifest as YAML")]
    Yaml(#[source] Box<serde_saphyr::ser::Error>),
}

impl KrewError {
    pub(crate) fn read(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        |source| Self::Read { path, source }
    }

    pub(crate) fn write(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        |source| Self::Write { path, source }
    }
}
