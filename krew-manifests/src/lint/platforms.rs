//! Rules of `validate-krew-manifest` for the platforms.

use std::collections::BTreeMap;

use super::{Faults, Rule, Subject, fault};
use crate::manifest::{PlatformEntry, Requirement, Selector};
use crate::platform::{KNOWN, Platform};

pub(super) const RULES: &[Rule] = &[
    ("uri-present", |subject| each(subject, uri_present)),
    ("sha256", |subject| each(subject, sha256)),
    ("bin-present", |subject| each(subject, bin_present)),
    ("files-some", |subject| each(subject, files_some)),
    ("files-complete", |subject| each(subject, files_complete)),
    ("selector-present", |subject| {
        each(subject, selector_present)
    }),
    ("selector-some", |subject| each(subject, selector_some)),
    ("match-labels-some", |subject| {
        each(subject, match_labels_some)
    }),
    ("match-expressions-some", |subject| {
        each(subject, match_expressions_some)
    }),
    ("selector-keys", |subject| each(subject, selector_keys)),
    ("selector-operators", |subject| {
        each(subject, selector_operators)
    }),
    ("coverage", |subject| each(subject, coverage)),
    ("overlap", overlap),
];

const OPERATORS: [&str; 4] = ["In", "NotIn", "Exists", "DoesNotExist"];

/// Applies a rule to each platform; a fault says to which one.
pub(super) fn each(subject: &Subject<'_>, rule: fn(&PlatformEntry) -> Faults) -> Faults {
    let platforms = subject.manifest.spec.platforms.iter().enumerate();
    platforms
        .flat_map(|(number, entry)| {
            let place = move |fault| format!("platforms[{number}]: {fault}");
            rule(entry).into_iter().map(place)
        })
        .collect()
}

fn uri_present(entry: &PlatformEntry) -> Faults {
    fault(entry.uri.is_empty(), || "`uri` is empty".to_owned())
}

fn sha256(entry: &PlatformEntry) -> Faults {
    let digit = |letter| matches!(letter, b'0'..=b'9' | b'a'..=b'f');
    let digest = entry.sha256.len() == 64 && entry.sha256.bytes().all(digit);
    fault(!digest, || {
        "`sha256` is not 64 lower-case hexadecimal digits".to_owned()
    })
}

fn bin_present(entry: &PlatformEntry) -> Faults {
    fault(entry.bin.is_empty(), || "`bin` is empty".to_owned())
}

fn files_some(entry: &PlatformEntry) -> Faults {
    let none = entry.files.as_ref().is_some_and(Vec::is_empty);
    fault(none, || "`files` is an empty list".to_owned())
}

fn files_complete(entry: &PlatformEntry) -> Faults {
    let mut files = entry.files.iter().flatten();
    let half = files.any(|file| file.from.is_empty() || file.to.is_empty());
    fault(half, || "`files` has an empty `from` or `to`".to_owned())
}

fn selector_present(entry: &PlatformEntry) -> Faults {
    fault(entry.selector.is_none(), || {
        "`selector` is absent".to_owned()
    })
}

fn selector_some(entry: &PlatformEntry) -> Faults {
    let nothing = |selector: &Selector| {
        let expressions = selector.match_expressions.as_ref();
        selector.match_labels.is_none() && expressions.is_none_or(Vec::is_empty)
    };
    let empty = entry.selector.as_ref().is_some_and(nothing);
    fault(empty, || "`selector` is empty".to_owned())
}

fn match_labels_some(entry: &PlatformEntry) -> Faults {
    let selector = entry.selector.as_ref();
    let labels = selector.and_then(|selector| selector.match_labels.as_ref());
    let empty = labels.is_some_and(BTreeMap::is_empty);
    fault(empty, || "`matchLabels` is empty".to_owned())
}

fn match_expressions_some(entry: &PlatformEntry) -> Faults {
    let selector = entry.selector.as_ref();
    let expressions = selector.and_then(|selector| selector.match_expressions.as_ref());
    let empty = expressions.is_some_and(Vec::is_empty);
    fault(empty, || "`matchExpressions` is empty".to_owned())
}

fn requirements(entry: &PlatformEntry) -> impl Iterator<Item = &Requirement> {
    let selector = entry.selector.iter();
    selector.flat_map(|selector| selector.match_expressions.iter().flatten())
}

fn selector_keys(entry: &PlatformEntry) -> Faults {
    let selector = entry.selector.iter();
    let labels = selector.flat_map(|selector| selector.match_labels.iter().flatten());
    let labels = labels.map(|(key, _)| key);
    let keys = labels.chain(requirements(entry).map(|requirement| &requirement.key));
    let unknown = |key: &&String| !matches!(key.as_str(), "os" | "arch");
    let faults = keys.filter(unknown);
    faults
        .map(|key| format!("selector key `{key}` is neither `os` nor `arch`"))
        .collect()
}

fn selector_operators(entry: &PlatformEntry) -> Faults {
    let operators = requirements(entry).map(|requirement| requirement.operator.as_str());
    operators
        .filter(|operator| !OPERATORS.contains(operator))
        .map(|operator| format!("operator `{operator}` does not exist"))
        .collect()
}

fn matches(platform: Platform, entry: &PlatformEntry) -> bool {
    let selector = entry.selector.as_ref();
    selector.is_some_and(|selector| platform.matches(selector))
}

fn coverage(entry: &PlatformEntry) -> Faults {
    let none = !KNOWN.iter().any(|platform| matches(*platform, entry));
    fault(none, || "no platform of krew's index is matched".to_owned())
}

fn overlap(subject: &Subject<'_>) -> Faults {
    let entries = &subject.manifest.spec.platforms;
    let count = |platform: Platform| {
        let matching = entries.iter().filter(|entry| matches(platform, entry));
        matching.count()
    };
    KNOWN
        .into_iter()
        .filter(|platform| count(*platform) > 1)
        .map(|platform| format!("`{platform}` is matched by {} entries", count(platform)))
        .collect()
}
