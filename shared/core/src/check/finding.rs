//! The answer to one check.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use super::catalogue::Check;
use super::facts::Unseen;

/// How bad a failure is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// It works by luck, is unsafe, or may be intended.
    Warning,
    /// The workload gets no token, or no access.
    Error,
}

impl Severity {
    /// Returns the word for machines.
    pub fn word(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// One check's answer for one record.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The check.
    pub check: &'static Check,
    /// The answer.
    pub verdict: Verdict,
}

impl Finding {
    /// Returns the failure that counts: one that a planned step would mend does not.
    pub fn failure(&self) -> Option<&Failure> {
        match &self.verdict {
            Verdict::Failed(failure) if !failure.planned => Some(failure),
            Verdict::Failed(_)
            | Verdict::Passed
            | Verdict::Unknown(_)
            | Verdict::Skipped { .. } => None,
        }
    }
}

/// What a check says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// What the title states holds.
    Passed,
    /// It does not.
    Failed(Failure),
    /// A fact was not seen, so nothing is claimed.
    Unknown(Unseen),
    /// There is nothing that it could hold for.
    Skipped {
        /// Why not.
        reason: String,
    },
}

impl Verdict {
    /// Returns the word for machines.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Passed => "success",
            Self::Failed(failure) => failure.severity.word(),
            Self::Unknown(_) => "unknown",
            Self::Skipped { .. } => "skipped",
        }
    }
}

/// What does not hold, how that is known, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// How bad it is.
    pub severity: Severity,
    /// Whether a step that was only planned would mend it; then it does not count.
    pub planned: bool,
    /// How it is known, in the order in which it is shown.
    pub evidence: Vec<Evidence>,
    /// One command, or one thing to do, that can be pasted; none rather than a vague one.
    pub fix: Option<String>,
}

impl Failure {
    /// Returns an error without a fix.
    pub fn error(evidence: Vec<Evidence>) -> Self {
        Self {
            severity: Severity::Error,
            planned: false,
            evidence,
            fix: None,
        }
    }

    /// Returns a warning without a fix.
    pub fn warning(evidence: Vec<Evidence>) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(evidence)
        }
    }

    /// Adds what to do.
    #[must_use]
    pub fn fix(mut self, fix: impl Into<String>) -> Self {
        self.fix = Some(fix.into());
        self
    }

    /// Returns the failure in one line: its first evidence.
    pub fn in_one_line(&self) -> String {
        self.evidence
            .first()
            .map(ToString::to_string)
            .unwrap_or_default()
    }
}

impl From<Failure> for Verdict {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// How something is known. Texts are as they were found; who shows them escapes them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// Two values that should be equal byte for byte.
    Pair {
        /// What they are.
        of: String,
        /// What should be there.
        expected: String,
        /// What is there; `None` if nothing is.
        found: Option<String>,
    },
    /// A sentence, already safe to show.
    Note(String),
}

impl Evidence {
    /// Returns two values that differ.
    pub fn pair(
        of: impl Into<String>,
        expected: impl Into<String>,
        found: Option<impl Into<String>>,
    ) -> Self {
        Self::Pair {
            of: of.into(),
            expected: expected.into(),
            found: found.map(Into::into),
        }
    }

    /// Returns a sentence.
    pub fn note(text: impl Into<String>) -> Self {
        Self::Note(text.into())
    }
}

impl fmt::Display for Evidence {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        use crate::text::escape;
        match self {
            Self::Pair {
                of,
                expected,
                found: Some(found),
            } => write!(
                formatter,
                "{of} is `{}` and not `{}`",
                escape(found),
                escape(expected)
            ),
            Self::Pair {
                of,
                expected,
                found: None,
            } => write!(formatter, "{of} is missing: `{}`", escape(expected)),
            Self::Note(text) => formatter.write_str(text),
        }
    }
}

/// From which finding on a run counts as failed: `--fail-on`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FailOn {
    /// From an error on.
    #[default]
    Error,
    /// From a warning on.
    Warning,
    /// From what is unknown on.
    Unknown,
    /// Never.
    Never,
}

/// A text that `--fail-on` does not know.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("`{}` is none of `error`, `warning`, `unknown` and `never`", crate::text::escape(.0))]
pub struct InvalidFailOn(String);

impl FromStr for FailOn {
    type Err = InvalidFailOn;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "error" => Ok(Self::Error),
            "warning" => Ok(Self::Warning),
            "unknown" => Ok(Self::Unknown),
            "never" => Ok(Self::Never),
            other => Err(InvalidFailOn(other.to_owned())),
        }
    }
}

impl FailOn {
    /// Whether this verdict makes the run fail.
    pub fn counts(self, verdict: &Verdict) -> bool {
        match verdict {
            Verdict::Failed(failure) if failure.planned => false,
            Verdict::Failed(failure) => match self {
                Self::Error => failure.severity == Severity::Error,
                Self::Warning | Self::Unknown => true,
                Self::Never => false,
            },
            Verdict::Unknown(_) => self == Self::Unknown,
            Verdict::Passed | Verdict::Skipped { .. } => false,
        }
    }
}
