//! Platforms that krew's index knows, and selectors that match them.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use crate::error::KrewError;
use crate::manifest::{Requirement, Selector};

/// An operating system and an architecture, in Go's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Platform {
    /// `GOOS`.
    pub os: &'static str,
    /// `GOARCH`.
    pub arch: &'static str,
}

/// The pairs that `validate-krew-manifest` tries, in its order (krew,
/// `cmd/validate-krew-manifest/main.go`, `allPlatforms`).
pub const KNOWN: [Platform; 11] = [
    Platform::new("windows", "386"),
    Platform::new("windows", "amd64"),
    Platform::new("windows", "arm64"),
    Platform::new("linux", "386"),
    Platform::new("linux", "amd64"),
    Platform::new("linux", "arm"),
    Platform::new("linux", "arm64"),
    Platform::new("linux", "ppc64le"),
    Platform::new("darwin", "386"),
    Platform::new("darwin", "amd64"),
    Platform::new("darwin", "arm64"),
];

impl Platform {
    const fn new(os: &'static str, arch: &'static str) -> Self {
        Self { os, arch }
    }

    /// Returns the platform of a pair of Go's words.
    ///
    /// # Errors
    ///
    /// When krew's index does not know it.
    pub fn find(os: &str, arch: &str) -> Result<Self, KrewError> {
        let mut known = KNOWN.into_iter();
        known
            .find(|known| known.os == os && known.arch == arch)
            .ok_or_else(|| KrewError::Platform(format!("{os}-{arch}")))
    }

    /// Returns the name of a program's file: `.exe` is added for Windows.
    pub fn program(self, name: &str) -> String {
        let extension = if self.os == "windows" { ".exe" } else { "" };
        format!("{name}{extension}")
    }

    /// Says whether a selector takes this platform, as a Kubernetes label selector does.
    pub fn matches(self, selector: &Selector) -> bool {
        let labels = BTreeMap::from([("os", self.os), ("arch", self.arch)]);
        let value = |key: &str| labels.get(key).copied();
        let wanted = selector.match_labels.iter().flatten();
        let expressions = selector.match_expressions.iter().flatten();
        wanted
            .map(|(key, wanted)| value(key) == Some(wanted.as_str()))
            .chain(expressions.map(|requirement| holds(requirement, value(&requirement.key))))
            .all(|matches| matches)
    }
}

/// Says whether a label's value meets a requirement; a malformed requirement is never met.
fn holds(requirement: &Requirement, value: Option<&str>) -> bool {
    let values = requirement.values.as_deref().unwrap_or_default();
    let listed = value.is_some_and(|value| values.iter().any(|listed| listed == value));
    match requirement.operator.as_str() {
        "In" => listed,
        "NotIn" => !values.is_empty() && !listed,
        "Exists" => values.is_empty() && value.is_some(),
        "DoesNotExist" => values.is_empty() && value.is_none(),
        _ => false,
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}-{}", self.os, self.arch)
    }
}

impl FromStr for Platform {
    type Err = KrewError;

    /// Reads `OS-ARCH`.
    fn from_str(text: &str) -> Result<Self, KrewError> {
        match text.split_once('-') {
            Some((os, arch)) => Self::find(os, arch),
            None => Err(KrewError::Platform(text.to_owned())),
        }
    }
}
