//! What can be wrong with input.

use std::io;

use thiserror::Error;

use crate::exit::{Explain, Outcome};
use crate::record::RecordError;
use crate::text::excerpt;

/// Why input can't be read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StreamError {
    /// The file or pipe itself.
    #[error("cannot read {origin}")]
    Unreadable {
        /// Name of the input.
        origin: String,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// It is no JSON, or ends inside a document.
    #[error("cannot read {origin}, line {line}")]
    Json {
        /// Name of the input.
        origin: String,
        /// Line of the fault, from 1.
        line: usize,
        /// What is wrong there.
        #[source]
        source: Fault,
        /// Whether it ends inside a document.
        cut: bool,
    },
    /// It is no YAML.
    #[error("cannot read {origin} as YAML")]
    Yaml {
        /// Name of the input.
        origin: String,
        /// Where and what.
        #[source]
        source: Fault,
    },
    /// YAML is read document by document, so each has a limit.
    #[error("{origin} is YAML of more than {} MiB", limit_bytes / (1024 * 1024))]
    TooLarge {
        /// Name of the input.
        origin: String,
        /// The limit.
        limit_bytes: u64,
    },
    /// A document of a kind that is no input here.
    #[error(
        "{origin} has a document of kind `{}`, which is no input of this step",
        excerpt(found)
    )]
    Kind {
        /// Name of the input.
        origin: String,
        /// Its `kind`, or what it is.
        found: String,
    },
    /// An end that can't be read.
    #[error("{origin} has an end that can't be read: {}", excerpt(fault))]
    End {
        /// Name of the input.
        origin: String,
        /// What is wrong with it.
        fault: String,
    },
    /// A record that can't be used.
    #[error("cannot use a record of {origin}")]
    Record {
        /// Name of the input.
        origin: String,
        /// Which, and why.
        #[source]
        source: RecordError,
    },
    /// An object without a name.
    #[error(
        "{origin} has a ServiceAccount without a usable name: `{}`",
        excerpt(found)
    )]
    Name {
        /// Name of the input.
        origin: String,
        /// What stands there.
        found: String,
    },
}

impl StreamError {
    pub(super) fn unreadable(origin: &str, source: io::Error) -> Self {
        Self::Unreadable {
            origin: origin.to_owned(),
            source,
        }
    }

    /// Adds where in the input it is, to what does not know it yet.
    #[must_use]
    pub(super) fn located(mut self, place: &str) -> Self {
        match &mut self {
            Self::Kind { origin, .. }
            | Self::Record { origin, .. }
            | Self::Name { origin, .. }
            | Self::End { origin, .. } => {
                origin.push_str(", ");
                origin.push_str(place);
            }
            Self::Unreadable { .. }
            | Self::Json { .. }
            | Self::Yaml { .. }
            | Self::TooLarge { .. } => {}
        }
        self
    }
}

/// What is wrong with the text of a document, and where: the parser's words, which may quote it.
#[derive(Debug, Error)]
#[error("{}", excerpt(.0))]
pub struct Fault(pub(super) String);

impl Explain for StreamError {
    fn outcome(&self) -> Outcome {
        Outcome::CouldNotRun
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Json { cut: true, .. } => Some(
                "the input ends inside a document: look at the messages of the step before this one"
                    .to_owned(),
            ),
            Self::Record { source, .. } => source.hint(),
            Self::TooLarge { .. } => Some("use JSON, which has no limit".to_owned()),
            Self::Kind { .. } => Some(
                "records come from `translate`; `translate -f -` reads ServiceAccounts and Lists of them"
                    .to_owned(),
            ),
            Self::Unreadable { .. }
            | Self::Json { .. }
            | Self::Yaml { .. }
            | Self::Name { .. }
            | Self::End { .. } => None,
        }
    }
}

/// Why reading stopped: the input, or whoever took the items.
#[derive(Debug, Error)]
pub enum ReadError<E> {
    /// The input.
    #[error(transparent)]
    Stream(#[from] StreamError),
    /// The sink's own error.
    #[error("cannot go on")]
    Sink(E),
}
