//! Talk: what a step says on standard error while it works.

use std::io::{Write, stderr};
use std::sync::{Arc, Mutex, PoisonError};

use vwi_core::step::Step;
use vwi_core::text::escape;

/// How much is said; `-q` is less, `-v` is more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Verbosity {
    /// Only errors.
    pub quiet: bool,
    /// kubectl's level: 4 decisions, 6 requests, 8 more. Never a token.
    pub level: u8,
}

/// Where talk goes: lines that start with the step's word, as four steps share one terminal.
#[derive(Clone)]
pub struct Talk {
    step: Step,
    verbosity: Verbosity,
    stream: Arc<Mutex<dyn Write + Send>>,
}

impl Talk {
    /// Talks on standard error.
    pub fn new(step: Step, verbosity: Verbosity) -> Self {
        Self::to(step, verbosity, stderr())
    }

    /// Talks to any stream.
    pub fn to(step: Step, verbosity: Verbosity, stream: impl Write + Send + 'static) -> Self {
        Self {
            step,
            verbosity,
            stream: Arc::new(Mutex::new(stream)),
        }
    }

    /// Says how much is said.
    pub fn set_verbosity(&mut self, verbosity: Verbosity) {
        self.verbosity = verbosity;
    }

    /// Returns how much is said.
    pub fn verbosity(&self) -> Verbosity {
        self.verbosity
    }

    /// Says what happened, one line; silent with `-q`.
    pub fn say(&self, text: &str) {
        if !self.verbosity.quiet {
            self.line(text);
        }
    }

    /// Says what a reader should know although the work goes on; silent with `-q`.
    pub fn warn(&self, text: &str) {
        if !self.verbosity.quiet {
            self.line(&format!("warning: {text}"));
        }
    }

    /// Says what failed on one record; never silent.
    pub fn record_failed(&self, key: &str, message: &str) {
        self.line(&format!("{}: failed: {message}", escape(key)));
    }

    /// Says what became of one record; silent with `-q`.
    pub fn record(&self, key: &str, message: &str) {
        self.say(&format!("{}: {message}", escape(key)));
    }

    /// Says how something was decided, from level 4.
    pub fn detail(&self, text: &str) {
        if self.verbosity.level >= 4 {
            self.line(text);
        }
    }

    /// Writes lines as they are, for an error report.
    pub fn raw(&self, text: &str) {
        let mut stream = self.stream.lock().unwrap_or_else(PoisonError::into_inner);
        // Nothing is left to tell the user if standard error itself is gone.
        let _written = stream
            .write_all(text.as_bytes())
            .and_then(|()| stream.flush());
    }

    fn line(&self, text: &str) {
        // One write a line: lines of the pipe's other steps must not mix with it.
        self.raw(&format!("{}: {text}\n", self.step));
    }
}

impl std::fmt::Debug for Talk {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Talk")
            .field("step", &self.step)
            .field("verbosity", &self.verbosity)
            .finish_non_exhaustive()
    }
}
