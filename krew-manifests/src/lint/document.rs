//! Rules of `validate-krew-manifest` for everything but the platforms (krew,
//! `internal/index/validation/validate.go` and `cmd/validate-krew-manifest/main.go`).

use semver::Version;

use super::{Faults, Rule, Subject, fault};
use crate::manifest::{API_VERSION, KIND};

pub(super) const RULES: &[Rule] = &[
    ("file-extension", file_extension),
    ("file-name", file_name),
    ("api-version", api_version),
    ("kind", kind),
    ("name-characters", name_characters),
    ("name-reserved", name_reserved),
    ("short-description-present", short_description_present),
    ("short-description-line", short_description_line),
    ("version-prefix", version_prefix),
    ("version-semantic", version_semantic),
    ("platforms-present", platforms_present),
];

/// Names of devices under Windows, in any case.
const RESERVED: [&str; 4] = ["con", "prn", "aux", "nul"];

fn file_extension(subject: &Subject<'_>) -> Faults {
    let other = subject.file.extension().is_none_or(|end| end != "yaml");
    fault(other, || "the file's extension is not `.yaml`".to_owned())
}

fn file_name(subject: &Subject<'_>) -> Faults {
    let name = &subject.manifest.metadata.name;
    let other = subject
        .file
        .file_stem()
        .is_none_or(|stem| stem != name.as_str());
    fault(other, || format!("the file is not called `{name}.yaml`"))
}

fn api_version(subject: &Subject<'_>) -> Faults {
    let other = subject.manifest.api_version != API_VERSION;
    fault(other, || format!("`apiVersion` is not `{API_VERSION}`"))
}

fn kind(subject: &Subject<'_>) -> Faults {
    let other = subject.manifest.kind != KIND;
    fault(other, || format!("`kind` is not `{KIND}`"))
}

fn name_characters(subject: &Subject<'_>) -> Faults {
    let name = &subject.manifest.metadata.name;
    let safe = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-');
    let unsafe_name = name.is_empty() || !name.chars().all(safe);
    fault(unsafe_name, || {
        format!("name `{name}` has other characters than letters, digits, `_` and `-`")
    })
}

fn name_reserved(subject: &Subject<'_>) -> Faults {
    let name = &subject.manifest.metadata.name;
    let lower = name.to_lowercase();
    let number = ["com", "lpt"]
        .iter()
        .find_map(|port| lower.strip_prefix(port));
    let port = number.is_some_and(|n| matches!(n.as_bytes(), [b'1'..=b'9']));
    fault(port || RESERVED.contains(&lower.as_str()), || {
        format!("name `{name}` is a device of Windows")
    })
}

fn short_description_present(subject: &Subject<'_>) -> Faults {
    fault(subject.manifest.spec.short_description.is_empty(), || {
        "`shortDescription` is empty".to_owned()
    })
}

fn short_description_line(subject: &Subject<'_>) -> Faults {
    let breaks = subject
        .manifest
        .spec
        .short_description
        .contains(['\r', '\n']);
    fault(breaks, || "`shortDescription` is not one line".to_owned())
}

fn version_prefix(subject: &Subject<'_>) -> Faults {
    let version = &subject.manifest.spec.version;
    fault(!version.starts_with('v'), || {
        format!("version `{version}` does not start with `v`")
    })
}

fn version_semantic(subject: &Subject<'_>) -> Faults {
    let version = &subject.manifest.spec.version;
    let number = version.strip_prefix('v').unwrap_or(version);
    let other = Version::parse(number).is_err();
    fault(other, || format!("version `{version}` is not semantic"))
}

fn platforms_present(subject: &Subject<'_>) -> Faults {
    let none = subject.manifest.spec.platforms.is_empty();
    fault(none, || "there is no platform".to_owned())
}
