//! Scopes: where a role holds.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// Where a role assignment holds: the ARM id of a management group, a subscription, a resource
/// group or a resource, without a slash at the end.
#[derive(Clone, Debug)]
pub struct Scope(String);

/// A text that is no scope.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("`{}` is not a scope (`/subscriptions/…`, or `/providers/Microsoft.Management/managementGroups/…`)", crate::text::escape(.0))]
pub struct InvalidScope(pub String);

impl Scope {
    /// Returns the scope's own spelling.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the spelling that scopes are compared in.
    pub fn folded(&self) -> String {
        self.0.to_lowercase()
    }

    /// Returns the subscription that the scope lies in.
    pub fn subscription(&self) -> Option<&str> {
        let mut segments = self.0.split('/').skip(1);
        let first = segments.next()?;
        if first.eq_ignore_ascii_case("subscriptions") {
            segments.next()
        } else {
            None
        }
    }
}

impl FromStr for Scope {
    type Err = InvalidScope;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = || InvalidScope(text.to_owned());
        let trimmed = text.strip_suffix('/').unwrap_or(text);
        let segments: Vec<&str> = trimmed.split('/').skip(1).collect();
        // Names of resources differ by provider: only what would change the meaning of a URL,
        // or can't be a name anywhere, is refused.
        let is_segment = |segment: &&str| {
            !segment.is_empty()
                && *segment != "."
                && *segment != ".."
                && !segment.chars().any(|character| {
                    character.is_control()
                        || character.is_whitespace()
                        || matches!(character, '?' | '#' | '\\' | '%')
                })
        };
        let starts = match segments.as_slice() {
            [first, subscription, ..] if first.eq_ignore_ascii_case("subscriptions") => {
                super::is_guid(subscription)
            }
            [first, provider, ..] if first.eq_ignore_ascii_case("providers") => {
                provider.eq_ignore_ascii_case("Microsoft.Management")
            }
            _ => false,
        };
        if text.starts_with('/') && starts && segments.iter().all(is_segment) {
            Ok(Self(trimmed.to_owned()))
        } else {
            Err(invalid())
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl PartialEq for Scope {
    fn eq(&self, other: &Self) -> bool {
        self.folded() == other.folded()
    }
}

impl Eq for Scope {}
