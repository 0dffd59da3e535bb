//! Rules for the archives that are at hand: what krew's validator finds by really installing.

use super::{Faults, Rule, Subject, fault};
use crate::archive::Archive;
use crate::install::{Files, InstallError, clean, install};
use crate::manifest::{FileOperation, PlatformEntry};

pub(super) const RULES: &[Rule] = &[
    ("archive-digest", |subject| each(subject, digest)),
    ("archive-install", |subject| each(subject, installs)),
    ("archive-bin", |subject| each(subject, bin)),
    ("archive-license", |subject| each(subject, license)),
    ("archive-used", used),
];

/// File names of a licence, in any case (krew, `cmd/validate-krew-manifest/main.go`).
const LICENSES: [&str; 8] = [
    "license",
    "license.txt",
    "license.md",
    "licenses",
    "licenses.txt",
    "licenses.md",
    "copying",
    "copying.txt",
];

/// Applies a rule to each platform whose archive is at hand.
fn each(subject: &Subject<'_>, rule: fn(&PlatformEntry, &Archive) -> Faults) -> Faults {
    let pairs = subject.manifest.spec.platforms.iter().flat_map(|entry| {
        let named = |archive: &&Archive| names(entry, archive);
        subject
            .archives
            .iter()
            .filter(named)
            .map(move |a| (entry, a))
    });
    pairs
        .flat_map(|(entry, archive)| {
            let place = |fault| format!("`{}`: {fault}", archive.name);
            rule(entry, archive).into_iter().map(place)
        })
        .collect()
}

fn names(entry: &PlatformEntry, archive: &Archive) -> bool {
    entry.uri.rsplit('/').next() == Some(archive.name.as_str())
}

fn installed(entry: &PlatformEntry, archive: &Archive) -> Result<Files, InstallError> {
    let files = entry.files.clone();
    install(archive, &files.unwrap_or_else(FileOperation::everything))
}

fn digest(entry: &PlatformEntry, archive: &Archive) -> Faults {
    fault(entry.sha256 != archive.sha256, || {
        format!("`sha256` is not {}", archive.sha256)
    })
}

fn installs(entry: &PlatformEntry, archive: &Archive) -> Faults {
    let refused = installed(entry, archive).err();
    refused.iter().map(ToString::to_string).collect()
}

fn bin(entry: &PlatformEntry, archive: &Archive) -> Faults {
    let Ok(files) = installed(entry, archive) else {
        return Faults::new();
    };
    let file = clean(&entry.bin).and_then(|path| files.get(&path).copied());
    let executable = file.is_some_and(|file| file.mode & 0o111 == 0o111 && file.size > 0);
    fault(!executable, || {
        format!("`bin: {}` is no executable file in it", entry.bin)
    })
}

fn license(entry: &PlatformEntry, archive: &Archive) -> Faults {
    let Ok(files) = installed(entry, archive) else {
        return Faults::new();
    };
    let name = |path: &str| path.rsplit('/').next().unwrap_or_default().to_lowercase();
    let mut names = files.keys().map(|path| name(path));
    fault(!names.any(|name| LICENSES.contains(&name.as_str())), || {
        "no licence is installed".to_owned()
    })
}

/// An archive that no entry names has been forgotten, or is called otherwise.
fn used(subject: &Subject<'_>) -> Faults {
    let platforms = &subject.manifest.spec.platforms;
    let unused = |archive: &&Archive| !platforms.iter().any(|entry| names(entry, archive));
    subject
        .archives
        .iter()
        .filter(unused)
        .map(|archive| format!("no entry names `{}`", archive.name))
        .collect()
}
