//! Rules for manifests and archives: krew's own, those of its index, and ours.
//!
//! krew checks some things only while installing and some never (`bin: ../x` is "installed" without
//! a link), and ignores unknown fields. Here each rule is a function of its own with a name.

mod archives;
mod document;
mod ours;
mod platforms;
#[cfg(test)]
mod tests;

use std::fmt;
use std::path::Path;

use crate::archive::Archive;
use crate::manifest::Manifest;

/// What is checked.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The manifest's file, of which only the name counts.
    pub file: &'a Path,
    /// The manifest.
    pub manifest: &'a Manifest,
    /// The version that it must have, with `v`.
    pub version: &'a str,
    /// Archives that are at hand; an entry is compared with the one that its `uri` names.
    pub archives: &'a [Archive],
}

/// A rule that is broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule's name.
    pub rule: &'static str,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.rule, self.message)
    }
}

/// What a rule finds wrong: nothing, if it holds.
type Faults = Vec<String>;

/// A rule: its name and how it is checked.
type Rule = (&'static str, fn(&Subject<'_>) -> Faults);

/// The name under which [`lint`] reports a file that is no manifest at all.
pub const SCHEMA: &str = "schema";

/// Returns the names of all rules.
pub fn rules() -> impl Iterator<Item = &'static str> {
    [SCHEMA].into_iter().chain(all().map(|(name, _)| *name))
}

fn all() -> impl Iterator<Item = &'static Rule> {
    let groups = [
        document::RULES,
        platforms::RULES,
        ours::RULES,
        archives::RULES,
    ];
    groups.into_iter().flatten()
}

/// Checks the text of a manifest against all rules.
pub fn lint(file: &Path, text: &str, version: &str, archives: &[Archive]) -> Vec<Finding> {
    let options = serde_saphyr::options! { with_snippet: false, strict_booleans: true };
    match serde_saphyr::from_str_with_options::<Manifest>(text, options) {
        Ok(manifest) => check(&Subject {
            file,
            manifest: &manifest,
            version,
            archives,
        }),
        Err(error) => vec![Finding {
            rule: SCHEMA,
            message: error.to_string(),
        }],
    }
}

/// Checks a manifest against all rules but [`SCHEMA`].
pub fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let finding = |rule| move |message| Finding { rule, message };
    all()
        .flat_map(|(rule, faults)| faults(subject).into_iter().map(finding(*rule)))
        .collect()
}

/// One fault if `broken`, none otherwise.
fn fault(broken: bool, message: impl FnOnce() -> String) -> Faults {
    broken.then(message).into_iter().collect()
}
