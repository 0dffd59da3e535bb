//! How a step ends: exit statuses, and errors that know theirs.

use std::error::Error;

/// What the exit status tells a script; the same in every step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// 0: done, or the answer is yes.
    Done,
    /// 1: a record of the output is failed, or `check` found something.
    Failed,
    /// 2: the command line is wrong; clap uses the same number.
    Usage,
    /// 3: nobody answered, or the input is incomplete, so nothing is claimed.
    CouldNotRun,
    /// 124: `--timeout` ran out, as with GNU `timeout`.
    TimedOut,
    /// 130: interrupted by SIGINT or SIGTERM.
    Interrupted,
    /// 141: the reader of stdout went away.
    ReaderGone,
}

impl Outcome {
    /// Returns the number that the process ends with.
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::CouldNotRun => 3,
            Self::TimedOut => 124,
            Self::Interrupted => 130,
            Self::ReaderGone => 141,
        }
    }

    /// Returns the one of two outcomes that the process reports: 130, 3, 124, 1 in this order.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        if self.rank() >= other.rank() {
            self
        } else {
            other
        }
    }

    fn rank(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::ReaderGone => 1,
            Self::Failed => 2,
            Self::TimedOut => 3,
            Self::CouldNotRun => 4,
            Self::Usage => 5,
            Self::Interrupted => 6,
        }
    }
}

/// An error that knows its exit status and may know a way out.
pub trait Explain: Error {
    /// Returns the outcome that this error ends the process with.
    fn outcome(&self) -> Outcome;

    /// Returns one thing the user can do next, without a full stop; commands stand in backticks.
    fn hint(&self) -> Option<String> {
        None
    }
}

impl<E: Explain + 'static> From<E> for Box<dyn Explain> {
    fn from(error: E) -> Self {
        Box::new(error)
    }
}
