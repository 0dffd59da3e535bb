//! Looking that is given up when the user asks to stop, or when the time of `--timeout` is over.
//!
//! Only for work that changes nothing: what is under way is dropped.

use std::future::Future;
use std::time::Instant;

use thiserror::Error;
use vwi_core::exit::{Explain, Outcome};

use crate::interrupt::{Interrupt, Reason};

/// Why the work was given up.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum GivenUp {
    /// The user asked to stop, or nobody reads any more.
    #[error("interrupted")]
    Interrupted(Reason),
    /// The time was over.
    #[error("the time was over before all was seen; nothing was changed")]
    TimedOut,
}

impl Explain for GivenUp {
    fn outcome(&self) -> Outcome {
        match self {
            Self::Interrupted(reason) => reason.outcome(),
            Self::TimedOut => Outcome::TimedOut,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Interrupted(_) => None,
            Self::TimedOut => Some("give it longer with `--timeout`".to_owned()),
        }
    }
}

/// Does the work, unless one of the two comes first.
///
/// # Errors
///
/// [`GivenUp`], with the work dropped.
pub async fn limited<T>(
    work: impl Future<Output = T>,
    interrupt: &Interrupt,
    deadline: Option<Instant>,
) -> Result<T, GivenUp> {
    let over = async {
        match deadline {
            Some(deadline) => tokio::time::sleep_until(deadline.into()).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        biased;
        reason = interrupt.requested() => Err(GivenUp::Interrupted(reason)),
        done = work => Ok(done),
        () = over => Err(GivenUp::TimedOut),
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use super::*;

    #[tokio::test]
    async fn work_ends_by_itself_by_a_signal_or_by_the_clock() {
        let interrupt = Interrupt::default();
        let past = Some(Instant::now());
        assert_eq!(limited(ready(1), &interrupt, None).await, Ok(1));
        assert_eq!(limited(ready(1), &interrupt, past).await, Ok(1));
        let late = limited(pending::<()>(), &interrupt, past).await;
        assert_eq!(late, Err(GivenUp::TimedOut));
        let ask = async {
            tokio::task::yield_now().await;
            interrupt.request(Reason::Signal);
        };
        let (stopped, ()) = tokio::join!(limited(pending::<()>(), &interrupt, None), ask);
        assert_eq!(stopped, Err(GivenUp::Interrupted(Reason::Signal)));
        assert_eq!(
            GivenUp::Interrupted(Reason::ReaderGone).outcome(),
            Outcome::ReaderGone
        );
    }
}
