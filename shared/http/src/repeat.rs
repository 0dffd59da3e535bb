//! One call: its attempts, until it succeeds, is refused, or patience is over.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use backon::{ExponentialBuilder, Retryable};
use vwi_core::arm::{PAUSES, Verdict};

use crate::patience::{GaveUp, Patience};

/// How one attempt failed.
#[derive(Debug)]
pub struct Failed<C> {
    /// Why.
    pub cause: C,
    /// How long the server asks to wait.
    pub retry_after: Option<Duration>,
    /// Why it is not tried again, where a fault of the moment would have been.
    pub gave_up: Option<GaveUp>,
}

impl<C> Failed<C> {
    /// A failure of which nothing but the cause is known.
    pub fn of(cause: C) -> Self {
        Self {
            cause,
            retry_after: None,
            gave_up: None,
        }
    }
}

/// Makes attempts until one succeeds, or `verdict` says of its cause that another is pointless, or
/// patience is over; `Retry-After` is obeyed.
///
/// # Errors
///
/// [`Failed`]: the last attempt's failure.
pub async fn repeat<T, C>(
    patience: &Patience,
    attempt: impl AsyncFn() -> Result<T, Failed<C>>,
    verdict: impl Fn(&C) -> Verdict,
) -> Result<T, Failed<C>> {
    let attempts = AtomicU32::new(0);
    let mut gave_up = None;
    let counted = async || {
        attempts.fetch_add(1, Ordering::Relaxed);
        attempt().await
    };
    let repeats = |failed: &Failed<C>| match verdict(&failed.cause) {
        Verdict::Retry => true,
        Verdict::RetryAtMost(most) => attempts.load(Ordering::Relaxed) < most,
        Verdict::Report => false,
    };
    let pausing = patience.clone();
    let result = counted
        .retry(
            ExponentialBuilder::default()
                .with_min_delay(PAUSES.0)
                .with_max_delay(PAUSES.1)
                .with_jitter()
                .without_max_times(),
        )
        .when(repeats)
        .adjust(|failed: &Failed<C>, pause| {
            // A server that asks for no pause at all would be asked without end.
            let asked = failed.retry_after.map(|asked| asked.max(PAUSES.0));
            let pause = asked.or(pause)?;
            if patience.is_stopped() {
                gave_up = Some(GaveUp::Stopped);
                None
            } else if pause >= patience.remaining() {
                gave_up = Some(GaveUp::TimedOut);
                None
            } else {
                Some(pause)
            }
        })
        .sleep(move |pause| {
            let patience = pausing.clone();
            async move { patience.pause(pause).await }
        })
        .await;
    result.map_err(|failed| Failed {
        gave_up: failed.gave_up.or(gave_up),
        ..failed
    })
}
