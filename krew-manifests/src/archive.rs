//! Archives as krew sees them: recognised by content, plain files and folders only.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use sha2::{Digest, Sha256};
use tar::EntryType;

use crate::error::KrewError;

/// A release archive that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Archive {
    /// Name of its file.
    pub name: String,
    /// SHA-256 of its bytes, as manifests write it.
    pub sha256: String,
    /// What is in it, in its order.
    pub entries: Vec<Entry>,
}

/// One entry of an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Path as it stands in the archive.
    pub path: String,
    /// What it is.
    pub kind: EntryKind,
    /// Unix mode.
    pub mode: u32,
    /// Numeric owner and group.
    pub owner: (u64, u64),
    /// Seconds since 1970.
    pub modified: u64,
    /// Length of its content in bytes.
    pub size: u64,
}

/// What an entry of an archive is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// A plain file.
    File,
    /// A folder.
    Folder,
    /// Something that krew refuses, by tar's type byte: a link, a device.
    Other(u8),
}

impl Archive {
    /// Reads a `.tar.gz` file.
    ///
    /// # Errors
    ///
    /// When it cannot be read, or is none.
    pub fn read(path: &Path) -> Result<Self, KrewError> {
        let bytes = fs::read(path).map_err(KrewError::read(path))?;
        let name = path.file_name().unwrap_or(path.as_os_str());
        Self::parse(&name.to_string_lossy(), &bytes).map_err(|source| KrewError::NoArchive {
            path: PathBuf::from(path),
            source,
        })
    }

    /// Reads the bytes of the `.tar.gz` file called `name`.
    ///
    /// # Errors
    ///
    /// When they are none: another compression, cut, damaged.
    pub fn parse(name: &str, bytes: &[u8]) -> io::Result<Self> {
        let mut archive = tar::Archive::new(GzDecoder::new(bytes));
        let mut entries = Vec::new();
        for entry in archive.entries()? {
            let entry = entry?;
            // As krew: not a file, but remarks of the tool that packed.
            if entry.header().entry_type() != EntryType::XGlobalHeader {
                entries.push(Entry::read(&entry)?);
            }
        }
        // The rest holds gzip's check sum.
        io::copy(&mut archive.into_inner(), &mut io::sink())?;
        Ok(Self {
            name: name.to_owned(),
            sha256: format!("{:x}", Sha256::digest(bytes)),
            entries,
        })
    }
}

impl Entry {
    fn read(entry: &tar::Entry<'_, impl Read>) -> io::Result<Self> {
        let header = entry.header();
        let kind = header.entry_type();
        let kind = if kind == EntryType::Regular {
            EntryKind::File
        } else if kind == EntryType::Directory {
            EntryKind::Folder
        } else {
            EntryKind::Other(kind.as_byte())
        };
        Ok(Self {
            path: String::from_utf8_lossy(&entry.path_bytes()).into_owned(),
            kind,
            mode: header.mode()?,
            owner: (header.uid()?, header.gid()?),
            modified: header.mtime()?,
            size: entry.size(),
        })
    }
}

#[cfg(test)]
mod tests {
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use tar::{EntryType, Header};

    use super::{Archive, EntryKind};
    use crate::install::{InstallError, install};
    use crate::manifest::FileOperation;

    fn archive(kind: EntryType, path: &str) -> Archive {
        let mut archive = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
        let mut header = Header::new_ustar();
        header.set_entry_type(kind);
        header.set_mode(0o644);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(0);
        header.set_size(0);
        if matches!(kind, EntryType::Link | EntryType::Symlink) {
            header.set_link_name("elsewhere").unwrap();
        }
        archive.append_data(&mut header, path, &[][..]).unwrap();
        let bytes = archive.into_inner().unwrap().finish().unwrap();
        Archive::parse("x.tar.gz", &bytes).unwrap()
    }

    /// krew says `unable to handle file type 49` and `50`.
    #[test]
    fn links_are_refused_with_krews_numbers() {
        for (kind, number) in [(EntryType::Link, 49), (EntryType::Symlink, 50)] {
            let archive = archive(kind, "x");
            assert_eq!(archive.entries[0].kind, EntryKind::Other(number));
            let refused = install(&archive, &FileOperation::everything()).unwrap_err();
            let path = "x".to_owned();
            let kind = number;
            assert_eq!(refused, InstallError::Kind { path, kind });
        }
    }

    /// Git writes one into the archives that it makes.
    #[test]
    fn remarks_of_the_packing_tool_are_no_files() {
        let archive = archive(EntryType::XGlobalHeader, "pax_global_header");
        assert_eq!(archive.entries, []);
    }
}
