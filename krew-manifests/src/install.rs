//! What `kubectl krew install` does with an archive, in memory (krew,
//! `internal/installation/move.go` and `internal/download/downloader.go`).

use std::collections::BTreeMap;

use glob::{MatchOptions, Pattern};

use crate::archive::{Archive, EntryKind};
use crate::manifest::FileOperation;

/// A file in the plugin's folder after installing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Installed {
    /// Length in bytes.
    pub size: u64,
    /// Unix mode.
    pub mode: u32,
}

/// Plain files by their path.
pub type Files = BTreeMap<String, Installed>;

/// Why krew would not install an archive, or would lose something of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InstallError {
    /// An entry is neither a file nor a folder.
    #[error("entry `{path}` is neither a file nor a folder, but of tar's type `{kind}`")]
    Kind {
        /// The entry.
        path: String,
        /// Tar's type byte: 49 is a hard link, 50 a symbolic one.
        kind: u8,
    },
    /// An entry's name leads out of the folder, or only looks so.
    #[error("entry `{0}` has `..` in its name or starts with a slash")]
    Path(String),
    /// `from` matches nothing that is still there.
    #[error("`from: {0}` matches nothing")]
    NoMatch(String),
    /// `from` is no pattern.
    #[error("`from: {0}` is no pattern")]
    Pattern(String),
    /// `to` is not written in its shortest form.
    #[error("`to: {0}` is not clean")]
    NotClean(String),
    /// A file would leave the plugin's folder.
    #[error("`to: {0}` leads out of the plugin's folder")]
    Outside(String),
    /// Two files would get the same path, and one of them would be lost.
    #[error("two files become `{0}`")]
    Twice(String),
}

/// Returns the plugin's folder after `operations`.
///
/// # Errors
///
/// When krew would refuse, and when it would silently replace one file by another.
pub fn install(archive: &Archive, operations: &[FileOperation]) -> Result<Files, InstallError> {
    let mut source = extract(archive)?;
    let mut target = Files::new();
    for operation in operations {
        for (from, to) in moves(&source, operation)? {
            if let Some(file) = source.remove(&from)
                && target.insert(to.clone(), file).is_some()
            {
                return Err(InstallError::Twice(to));
            }
        }
    }
    Ok(target)
}

/// Returns the path in its shortest form, or nothing if it leads out of the folder.
pub fn clean(path: &str) -> Option<String> {
    let mut parts = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    let absolute = path.starts_with('/');
    (!absolute).then(|| match parts.as_slice() {
        [] => ".".to_owned(),
        parts => parts.join("/"),
    })
}

fn extract(archive: &Archive) -> Result<Files, InstallError> {
    let mut files = Files::new();
    for entry in &archive.entries {
        let path = || entry.path.clone();
        if entry.path.contains("..") || entry.path.starts_with(['/', '\\']) {
            return Err(InstallError::Path(path()));
        }
        match entry.kind {
            EntryKind::Folder => {}
            EntryKind::Other(kind) => return Err(InstallError::Kind { path: path(), kind }),
            EntryKind::File => {
                let clean = clean(&entry.path).ok_or_else(|| InstallError::Path(path()))?;
                let file = Installed {
                    size: entry.size,
                    mode: entry.mode,
                };
                files.insert(clean, file);
            }
        }
    }
    Ok(files)
}

/// Returns what moves where: a path under its new name, or each match of a pattern, under its base
/// name, into a folder. Folders move as a whole.
fn moves(files: &Files, operation: &FileOperation) -> Result<Vec<(String, String)>, InstallError> {
    let FileOperation { from, to } = operation;
    let outside = || InstallError::Outside(to.clone());
    let cleaned = clean(to).ok_or_else(outside)?;
    if cleaned != *to {
        return Err(InstallError::NotClean(to.clone()));
    }
    let direct = clean(from).filter(|path| !tree(files, path).is_empty());
    let moves = match direct {
        Some(path) => {
            let renamed = if to == "." { base_name(&path) } else { to };
            moved(files, &path, renamed)
        }
        None => matches(files, from)?
            .iter()
            .flat_map(|path| moved(files, path, &join(to, base_name(path))))
            .collect(),
    };
    if moves.is_empty() {
        return Err(InstallError::NoMatch(from.clone()));
    }
    Ok(moves)
}

/// Files and folders that a pattern matches; `*` does not cross a slash.
fn matches(files: &Files, pattern: &str) -> Result<Vec<String>, InstallError> {
    let options = MatchOptions {
        require_literal_separator: true,
        ..MatchOptions::new()
    };
    let compiled = Pattern::new(pattern);
    let compiled = compiled.map_err(|_not_one| InstallError::Pattern(pattern.to_owned()))?;
    let mut found: Vec<String> = files
        .keys()
        .flat_map(|path| ancestors(path))
        .filter(|path| compiled.matches_with(path, options))
        .collect();
    found.sort();
    found.dedup();
    Ok(found)
}

/// The path and each folder above it.
fn ancestors(path: &str) -> Vec<String> {
    let ends = path.match_indices('/').map(|(at, _slash)| at);
    ends.chain([path.len()])
        .filter_map(|end| path.get(..end).map(str::to_owned))
        .collect()
}

/// The file at `path`, or all files below the folder there.
fn tree(files: &Files, path: &str) -> Vec<String> {
    let below = format!("{path}/");
    let here = |file: &&String| *file == path || path == "." || file.starts_with(&below);
    files.keys().filter(here).cloned().collect()
}

fn moved(files: &Files, path: &str, to: &str) -> Vec<(String, String)> {
    let target = |file: &str| match file.strip_prefix(path) {
        Some(rest) => format!("{to}{rest}"),
        None => join(to, file),
    };
    let tree = tree(files, path).into_iter();
    tree.map(|file| (file.clone(), target(&file))).collect()
}

fn join(folder: &str, name: &str) -> String {
    if folder == "." {
        name.to_owned()
    } else {
        format!("{folder}/{name}")
    }
}

fn base_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::{InstallError, clean, install};
    use crate::archive::{Archive, Entry, EntryKind};
    use crate::manifest::FileOperation;

    fn archive(paths: &[&str]) -> Archive {
        let entry = |path: &&str| Entry {
            path: (*path).to_owned(),
            kind: EntryKind::File,
            mode: 0o644,
            owner: (0, 0),
            modified: 0,
            size: 1,
        };
        Archive {
            name: "x.tar.gz".to_owned(),
            sha256: String::new(),
            entries: paths.iter().map(entry).collect(),
        }
    }

    #[test]
    fn files_land_where_krew_puts_them() {
        for (paths, operations, expected) in [
            (
                &["./a/x", "./a/y"][..],
                &[("*", ".")][..],
                &["a/x", "a/y"][..],
            ),
            (&["a/x", "a/y"], &[("a/x", ".")], &["x"]),
            (&["a/x", "a/y"], &[("a/x", "b/z")], &["b/z"]),
            (&["a/x", "a/y"], &[("a", "b")], &["b/x", "b/y"]),
            (&["a/x", "a/y"], &[("a/*", "b")], &["b/x", "b/y"]),
            (&["a/b/x", "a/y"], &[("*/*", ".")], &["b/x", "y"]),
            (&["a/x", "b"], &[(".", "c")], &["c/a/x", "c/b"]),
        ] {
            let operations: Vec<_> = operations
                .iter()
                .map(|(from, to)| FileOperation::new(from, to))
                .collect();
            let files = install(&archive(paths), &operations).unwrap();
            let found: Vec<_> = files.keys().map(String::as_str).collect();
            assert_eq!(found, expected, "{paths:?} {operations:?}");
        }
    }

    #[test]
    fn a_file_moves_only_once() {
        let twice = [
            FileOperation::new("a/*", "."),
            FileOperation::new("a/x", "y"),
        ];
        let error = install(&archive(&["a/x"]), &twice).unwrap_err();
        assert_eq!(error, InstallError::NoMatch("a/x".to_owned()));
    }

    #[test]
    fn paths_are_cleaned_as_go_does() {
        for (path, expected) in [
            ("", Some(".")),
            ("./a//b/", Some("a/b")),
            ("a/../b", Some("b")),
            ("a/..", Some(".")),
            ("../a", None),
            ("a/../../b", None),
            ("/a", None),
        ] {
            assert_eq!(clean(path).as_deref(), expected, "{path}");
        }
    }
}
