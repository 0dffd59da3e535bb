//! Packs a release archive: the same bytes from the same files, wherever and whenever it is made.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use flate2::{Compression, GzBuilder};
use semver::Version;
use tar::{EntryType, Header};

use crate::error::KrewError;
use crate::platform::Platform;

/// Name of the program in the archive, and the first part of the archive's own name.
pub const PROGRAM: &str = "kubectl-vwi";

/// 1980-01-01, the earliest time that zip tools know, too: an archive does not tell when it was
/// made.
const MODIFIED: u64 = 315_532_800;

/// What an archive is called and for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    /// Version, without `v`.
    pub version: Version,
    /// The platform on which its program runs.
    pub platform: Platform,
}

/// Files that go into an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sources {
    /// The umbrella program.
    pub binary: PathBuf,
    /// The licence.
    pub license: PathBuf,
    /// The README.
    pub readme: PathBuf,
}

impl Release {
    /// Reads the version as tags write it, with a leading `v`.
    ///
    /// # Errors
    ///
    /// When it is none.
    pub fn version(tag: &str) -> Result<Version, KrewError> {
        let version = tag.strip_prefix('v').and_then(|v| Version::parse(v).ok());
        version.ok_or_else(|| KrewError::Version(tag.to_owned()))
    }

    /// Returns the name of the folder in the archive.
    pub fn folder(&self) -> String {
        format!("{PROGRAM}-v{}-{}", self.version, self.platform)
    }

    /// Returns the name of the archive.
    pub fn file_name(&self) -> String {
        format!("{}.tar.gz", self.folder())
    }

    /// Reads the name of an archive.
    ///
    /// # Errors
    ///
    /// When it is not one that [`Release::file_name`] makes.
    pub fn from_file_name(name: &str) -> Result<Self, KrewError> {
        let other = || KrewError::ArchiveName(name.to_owned());
        let stem = name.strip_suffix(".tar.gz").ok_or_else(other)?;
        let rest = stem.strip_prefix(PROGRAM).ok_or_else(other)?;
        let rest = rest.strip_prefix('-').ok_or_else(other)?;
        let (rest, arch) = rest.rsplit_once('-').ok_or_else(other)?;
        let (tag, os) = rest.rsplit_once('-').ok_or_else(other)?;
        Ok(Self {
            version: Self::version(tag)?,
            platform: Platform::find(os, arch)?,
        })
    }
}

/// Packs an archive into `folder`, and returns its path.
///
/// # Errors
///
/// When a source cannot be read, or the archive not written.
pub fn pack(release: &Release, sources: &Sources, folder: &Path) -> Result<PathBuf, KrewError> {
    let read = |path: &Path| fs::read(path).map_err(KrewError::read(path));
    let program = release.platform.program(PROGRAM);
    let files = BTreeMap::from([
        (program, (0o755, read(&sources.binary)?)),
        ("LICENSE".to_owned(), (0o644, read(&sources.license)?)),
        ("README.md".to_owned(), (0o644, read(&sources.readme)?)),
    ]);
    let path = folder.join(release.file_name());
    let bytes = compress(&release.folder(), &files).map_err(KrewError::write(&path))?;
    fs::create_dir_all(folder).map_err(KrewError::write(folder))?;
    fs::write(&path, bytes).map_err(KrewError::write(&path))?;
    Ok(path)
}

/// Modes and contents by name, which is also their order in the archive.
type Contents = BTreeMap<String, (u32, Vec<u8>)>;

fn compress(folder: &str, files: &Contents) -> io::Result<Vec<u8>> {
    // Without a name and a time of its own, which gzip would otherwise record.
    let gzip = GzBuilder::new().write(Vec::new(), Compression::best());
    let mut archive = tar::Builder::new(gzip);
    append(&mut archive, &format!("{folder}/"), 0o755, None)?;
    for (name, (mode, bytes)) in files {
        append(
            &mut archive,
            &format!("{folder}/{name}"),
            *mode,
            Some(bytes),
        )?;
    }
    archive.into_inner()?.finish()
}

/// Appends a file, or a folder, which has no content.
fn append(
    archive: &mut tar::Builder<impl Write>,
    path: &str,
    mode: u32,
    content: Option<&[u8]>,
) -> io::Result<()> {
    let kind = match content {
        Some(_) => EntryType::Regular,
        None => EntryType::Directory,
    };
    let content = content.unwrap_or_default();
    let mut header = Header::new_ustar();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(MODIFIED);
    header.set_size(u64::try_from(content.len()).map_err(io::Error::other)?);
    archive.append_data(&mut header, path, content)
}

#[cfg(test)]
mod tests {
    use super::{Release, Sources, pack};
    use crate::archive::{Archive, EntryKind};
    use crate::platform::Platform;

    fn release(os: &str) -> Release {
        Release {
            version: Release::version("v1.2.3-rc.1").unwrap(),
            platform: Platform::find(os, "arm64").unwrap(),
        }
    }

    #[test]
    fn names_of_archives_are_read_back() {
        let release = release("darwin");
        let name = "kubectl-vwi-v1.2.3-rc.1-darwin-arm64.tar.gz";
        assert_eq!(release.file_name(), name);
        assert_eq!(Release::from_file_name(name).unwrap(), release);
    }

    #[test]
    fn names_of_other_files_are_refused() {
        for name in [
            "kubectl-vwi-v1.2.3-linux-amd64.tar.xz",
            "kubectl-vwi-v1.2.3-linux.tar.gz",
            "kubectl-vwi-v1.2.3-linux-riscv64.tar.gz",
            "kubectl-vwi-1.2.3-linux-amd64.tar.gz",
            "kubectl-vwi-v1.2-linux-amd64.tar.gz",
            "kubectl-v1.2.3-linux-amd64.tar.gz",
        ] {
            assert!(Release::from_file_name(name).is_err(), "{name}");
        }
    }

    #[test]
    fn an_archive_holds_the_same_bytes_whenever_it_is_made() {
        let folder = tempfile::tempdir().unwrap();
        let source = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let sources = Sources {
            binary: source("debug-build", "program"),
            license: source("LICENSE", "licence"),
            readme: source("README.md", "read me"),
        };
        let first = pack(&release("windows"), &sources, &folder.path().join("1")).unwrap();
        // Another time and another mode of the sources.
        source("debug-build", "program");
        let second = pack(&release("windows"), &sources, &folder.path().join("2")).unwrap();
        let archive = Archive::read(&first).unwrap();
        assert_eq!(archive, Archive::read(&second).unwrap());

        let root = "kubectl-vwi-v1.2.3-rc.1-windows-arm64";
        let entries = archive.entries.iter();
        let found: Vec<_> = entries.map(|e| (e.path.as_str(), e.kind, e.mode)).collect();
        let file = EntryKind::File;
        assert_eq!(
            found,
            [
                (&*format!("{root}/"), EntryKind::Folder, 0o755),
                (&*format!("{root}/LICENSE"), file, 0o644),
                (&*format!("{root}/README.md"), file, 0o644),
                (&*format!("{root}/kubectl-vwi.exe"), file, 0o755),
            ]
        );
        assert!(archive.entries.iter().all(|entry| entry.owner == (0, 0)));
    }

    #[test]
    fn damaged_and_foreign_archives_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("source");
        std::fs::write(&path, "x").unwrap();
        let sources = Sources {
            binary: path.clone(),
            license: path.clone(),
            readme: path,
        };
        let packed = pack(&release("linux"), &sources, folder.path()).unwrap();
        let bytes = std::fs::read(packed).unwrap();
        let (cut, _) = bytes.split_at(bytes.len() - 1);
        for bytes in [cut, b"", b"\xfd7zXZ\0", b"BZh9"] {
            assert!(Archive::parse("x.tar.gz", bytes).is_err());
        }
    }
}
