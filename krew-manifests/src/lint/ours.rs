//! Rules of ours: what reviewers of krew's index ask for, and what krew lets pass.

use super::platforms::each;
use super::{Faults, Rule, Subject, fault};
use crate::install::clean;
use crate::manifest::PlatformEntry;

pub(super) const RULES: &[Rule] = &[
    ("name-kebab", name_kebab),
    ("short-description-length", short_description_length),
    ("description-present", description_present),
    ("description-width", description_width),
    ("caveats-width", caveats_width),
    ("homepage", homepage),
    ("version-workspace", version_workspace),
    ("uri-version", uri_version),
    ("uri-https", |subject| each(subject, uri_https)),
    ("files-clean", |subject| each(subject, files_clean)),
    ("files-pattern", |subject| each(subject, files_pattern)),
    ("bin-inside", |subject| each(subject, bin_inside)),
    ("bin-windows", |subject| each(subject, bin_windows)),
];

/// Longest short description that reviewers accept, in characters.
const SHORT: usize = 50;
/// Longest line of a description, in characters.
const WIDTH: usize = 80;

fn name_kebab(subject: &Subject<'_>) -> Faults {
    let name = &subject.manifest.metadata.name;
    let word = |word: &str| {
        let letter = |letter: u8| letter.is_ascii_lowercase() || letter.is_ascii_digit();
        !word.is_empty() && word.bytes().all(letter)
    };
    fault(!name.split('-').all(word), || {
        format!("name `{name}` is not in lower-case kebab style")
    })
}

fn short_description_length(subject: &Subject<'_>) -> Faults {
    let length = subject.manifest.spec.short_description.chars().count();
    fault(length > SHORT, || {
        format!("`shortDescription` has {length} characters, reviewers accept {SHORT}")
    })
}

fn description_present(subject: &Subject<'_>) -> Faults {
    fault(subject.manifest.spec.description.trim().is_empty(), || {
        "`description` is empty".to_owned()
    })
}

fn description_width(subject: &Subject<'_>) -> Faults {
    wide("description", &subject.manifest.spec.description)
}

fn caveats_width(subject: &Subject<'_>) -> Faults {
    wide("caveats", &subject.manifest.spec.caveats)
}

fn wide(field: &str, text: &str) -> Faults {
    let lines = text.lines().filter(|line| line.chars().count() > WIDTH);
    lines
        .map(|line| format!("`{field}` is not wrapped at {WIDTH}: `{line}`"))
        .collect()
}

fn homepage(subject: &Subject<'_>) -> Faults {
    let homepage = &subject.manifest.spec.homepage;
    fault(!homepage.starts_with("https://"), || {
        format!("homepage `{homepage}` is no https address")
    })
}

fn version_workspace(subject: &Subject<'_>) -> Faults {
    let (version, wanted) = (&subject.manifest.spec.version, subject.version);
    fault(version != wanted, || {
        format!("version `{version}` is not `{wanted}`")
    })
}

fn uri_version(subject: &Subject<'_>) -> Faults {
    let spec = &subject.manifest.spec;
    let uris = spec.platforms.iter().map(|entry| &entry.uri);
    uris.filter(|uri| !uri.contains(&spec.version))
        .map(|uri| format!("`{uri}` does not name version `{}`", spec.version))
        .collect()
}

fn uri_https(entry: &PlatformEntry) -> Faults {
    fault(!entry.uri.starts_with("https://"), || {
        format!("`{}` is no https address", entry.uri)
    })
}

/// krew refuses these only while installing.
fn files_clean(entry: &PlatformEntry) -> Faults {
    let targets = entry.files.iter().flatten().map(|file| &file.to);
    targets
        .filter(|to| clean(to).as_ref() != Some(*to))
        .map(|to| format!("`to: {to}` is not clean, or leads out of the plugin's folder"))
        .collect()
}

/// Go's patterns and ours agree on `*`; nothing else is needed.
fn files_pattern(entry: &PlatformEntry) -> Faults {
    let sources = entry.files.iter().flatten().map(|file| &file.from);
    sources
        .filter(|from| from.contains(['?', '[', ']', '\\']) || from.contains("**"))
        .map(|from| format!("`from: {from}` has other wildcards than `*`"))
        .collect()
}

/// krew says that it has installed a plugin whose `bin` is elsewhere, and makes no link.
fn bin_inside(entry: &PlatformEntry) -> Faults {
    let bin = &entry.bin;
    let outside = clean(bin).is_none_or(|path| path == ".") || bin.contains('\\');
    fault(outside, || {
        format!("`bin: {bin}` is not below the plugin's folder")
    })
}

/// krew's link ends in `.exe` there whatever `bin` is called.
fn bin_windows(entry: &PlatformEntry) -> Faults {
    let labels = |entry: &PlatformEntry| entry.selector.clone()?.match_labels;
    let windows = labels(entry).is_some_and(|l| l.get("os").is_some_and(|os| os == "windows"));
    let executable = |bin: &str| bin.strip_suffix(".exe").is_some();
    fault(windows && !executable(&entry.bin), || {
        "`bin` does not end in `.exe`".to_owned()
    })
}
