//! Waiting for something that sends no event, for a bounded time.

use std::time::{Duration, Instant};

use crate::error::BedError;

/// How often a condition is looked at.
const STEP: Duration = Duration::from_millis(20);

/// Asks again and again until the answer is `Some`, or the time is over.
///
/// # Errors
///
/// When the time is over, naming `what` was waited for; and the first error of `ask`.
pub async fn until<T>(
    what: &str,
    within: Duration,
    mut ask: impl AsyncFnMut() -> Result<Option<T>, BedError>,
) -> Result<T, BedError> {
    let end = Instant::now() + within;
    loop {
        if let Some(answer) = ask().await? {
            return Ok(answer);
        }
        if Instant::now() >= end {
            let seconds = within.as_secs_f32();
            return Err(BedError::new(format!(
                "waited {seconds} s for {what}, in vain"
            )));
        }
        tokio::time::sleep(STEP).await;
    }
}

/// As [`until`], for code without a runtime.
///
/// # Errors
///
/// As for [`until`].
pub fn until_blocking<T>(
    what: &str,
    within: Duration,
    mut ask: impl FnMut() -> Result<Option<T>, BedError>,
) -> Result<T, BedError> {
    let end = Instant::now() + within;
    loop {
        if let Some(answer) = ask()? {
            return Ok(answer);
        }
        if Instant::now() >= end {
            let seconds = within.as_secs_f32();
            return Err(BedError::new(format!(
                "waited {seconds} s for {what}, in vain"
            )));
        }
        std::thread::sleep(STEP);
    }
}
