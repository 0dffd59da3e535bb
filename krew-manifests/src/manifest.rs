//! The manifest's schema (krew, `pkg/index/types.go`).
//!
//! Everything may be absent, so that [`crate::lint`] can say what is missing; unknown fields are an
//! error, unlike in krew, where a misspelt `caveats` disappears without a word.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The `apiVersion` of a manifest.
pub const API_VERSION: &str = "krew.googlecontainertools.github.com/v1alpha2";
/// The `kind` of a manifest.
pub const KIND: &str = "Plugin";

/// A plugin of krew.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Manifest {
    /// Always [`API_VERSION`].
    pub api_version: String,
    /// Always [`KIND`].
    pub kind: String,
    /// Its name.
    pub metadata: Metadata,
    /// Everything else.
    pub spec: Spec,
}

/// The plugin's name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Metadata {
    /// What follows `kubectl krew install`.
    pub name: String,
}

/// What the plugin is, and where it is to be had.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Spec {
    /// Semantic version with a leading `v`.
    pub version: String,
    /// Where the documentation is.
    pub homepage: String,
    /// One line for `kubectl krew search`.
    pub short_description: String,
    /// Some lines for `kubectl krew info`.
    pub description: String,
    /// What is shown after installing.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub caveats: String,
    /// One entry an archive.
    pub platforms: Vec<PlatformEntry>,
}

/// An archive and the platforms that it is for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PlatformEntry {
    /// The platforms.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub selector: Option<Selector>,
    /// Where the archive is.
    pub uri: String,
    /// Its SHA-256 as 64 lower-case hexadecimal digits.
    pub sha256: String,
    /// What is taken from the archive; absent: everything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub files: Option<Vec<FileOperation>>,
    /// The program, relative to the folder into which `files` puts things.
    pub bin: String,
}

/// A label selector over `os` and `arch`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Selector {
    /// Labels with their values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub match_labels: Option<BTreeMap<String, String>>,
    /// Requirements.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub match_expressions: Option<Vec<Requirement>>,
}

/// A requirement of a label selector.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Requirement {
    /// `os` or `arch`.
    pub key: String,
    /// `In`, `NotIn`, `Exists` or `DoesNotExist`.
    pub operator: String,
    /// Values of `In` and `NotIn`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub values: Option<Vec<String>>,
}

/// One move of files from the archive into the plugin's folder.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FileOperation {
    /// A path, or a pattern in which `*` matches within one folder.
    pub from: String,
    /// A folder; if `from` is a path, the new name.
    pub to: String,
}

impl FileOperation {
    /// What krew does when `files` is absent.
    pub fn everything() -> Vec<Self> {
        vec![Self::new("*", ".")]
    }

    /// Moves what `from` matches to `to`.
    pub fn new(from: &str, to: &str) -> Self {
        Self {
            from: from.to_owned(),
            to: to.to_owned(),
        }
    }
}
