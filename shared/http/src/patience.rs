//! How long a call may be repeated, and who can stop that.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;
use vwi_core::exit::Outcome;

/// Why a call was not repeated although it could have been.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GaveUp {
    /// The run's time was over.
    TimedOut,
    /// Somebody asked to stop.
    Stopped,
}

impl GaveUp {
    /// Returns what is said behind what could not be done, with a space in front.
    pub fn words(self) -> &'static str {
        match self {
            Self::TimedOut => " within the time that `--timeout` gives",
            Self::Stopped => " before the interruption",
        }
    }

    /// Returns the outcome that this ends the process with.
    pub fn outcome(self) -> Outcome {
        match self {
            Self::TimedOut => Outcome::TimedOut,
            Self::Stopped => Outcome::Interrupted,
        }
    }
}

/// Until when calls are repeated. Clones share the one who stops them.
#[derive(Clone, Debug)]
pub struct Patience {
    deadline: Instant,
    stop: Option<watch::Receiver<bool>>,
}

impl Patience {
    /// Repeats calls until `time` from now.
    pub fn lasting(time: Duration) -> Self {
        let now = Instant::now();
        Self {
            // A time beyond what the clock can count is as good as a year.
            deadline: now
                .checked_add(time)
                .unwrap_or(now + Duration::from_hours(365 * 24)),
            stop: None,
        }
    }

    /// Stops repeating, but not a call in flight, as soon as `stop` holds `true`.
    #[must_use]
    pub fn stopped_by(self, stop: watch::Receiver<bool>) -> Self {
        Self {
            stop: Some(stop),
            ..self
        }
    }

    /// Whether somebody asked to stop.
    pub fn is_stopped(&self) -> bool {
        self.stop.as_ref().is_some_and(|stop| *stop.borrow())
    }

    /// Returns what is left of the time.
    pub fn remaining(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    /// Waits, or until somebody asks to stop.
    pub async fn pause(&self, time: Duration) {
        let stopped = async {
            match self.stop.clone() {
                Some(mut stop) => {
                    if stop.wait_for(|stop| *stop).await.is_err() {
                        // Nobody is left who could ask.
                        std::future::pending::<()>().await;
                    }
                }
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = tokio::time::sleep(time) => {}
            () = stopped => {}
        }
    }
}
