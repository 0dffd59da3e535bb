//! What can go wrong in the bed.

use std::error::Error;

/// Why the bed could not do what a test asked for.
///
/// The bed is used by tests, which only show the text: one kind with its cause is enough.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct BedError {
    message: String,
    #[source]
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl BedError {
    /// An error without a cause.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            source: None,
        }
    }

    /// The error and its causes in one line, for a protocol or a test's output.
    pub fn chain(&self) -> String {
        let mut text = self.message.clone();
        let mut cause = self.source();
        while let Some(error) = cause {
            text.push_str(": ");
            text.push_str(&error.to_string());
            cause = error.source();
        }
        text
    }
}

/// Adds what was being done to an error.
pub trait Doing<T> {
    /// Wraps the error, with what was tried on what.
    ///
    /// # Errors
    ///
    /// The wrapped one.
    fn doing(self, what: impl FnOnce() -> String) -> Result<T, BedError>;
}

impl<T, E: Into<Box<dyn Error + Send + Sync>>> Doing<T> for Result<T, E> {
    fn doing(self, what: impl FnOnce() -> String) -> Result<T, BedError> {
        self.map_err(|source| BedError {
            message: what(),
            source: Some(source.into()),
        })
    }
}
