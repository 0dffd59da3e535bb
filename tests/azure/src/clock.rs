//! A world's time, in milliseconds since 1970.

use jiff::Timestamp;
use tokio::time::{Instant, sleep_until};

use crate::settings::{ClockMode, Delay};

/// Milliseconds since 1970.
pub(crate) type Moment = i64;

/// Returns the machine's time.
pub(crate) fn real_now() -> Moment {
    Timestamp::now().as_millisecond()
}

/// Waits for a moment. One that has come costs nothing, where tokio's timer takes up to a
/// millisecond: the stand-in is not to be slower than it was told to be.
pub(crate) async fn reached(moment: Instant) {
    if moment > Instant::now() {
        sleep_until(moment).await;
    }
}

/// Returns a moment as RFC 3339 in UTC.
pub(crate) fn rfc3339(moment: Moment) -> String {
    timestamp(moment).to_string()
}

/// Returns a moment as Entra writes it in `timestamp`: `2026-08-01 12:00:00Z`.
pub(crate) fn entra_time(moment: Moment) -> String {
    timestamp(moment).strftime("%Y-%m-%d %H:%M:%SZ").to_string()
}

/// Returns a moment as Entra writes it in texts: `2026-08-01T12:00:00.0000000Z`.
pub(crate) fn entra_long_time(moment: Moment) -> String {
    let timestamp = timestamp(moment);
    timestamp.strftime("%Y-%m-%dT%H:%M:%S.%7fZ").to_string()
}

fn timestamp(moment: Moment) -> Timestamp {
    // Out of range only for times that no clock shows.
    Timestamp::from_millisecond(moment).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// A clock that is real or stands still, and can be advanced either way.
#[derive(Debug)]
pub(crate) struct Clock {
    mode: ClockMode,
    /// Where a virtual clock stands without its advances.
    base: Moment,
    advanced: Moment,
}

impl Clock {
    pub(crate) fn new(mode: ClockMode) -> Self {
        Self {
            mode,
            base: real_now(),
            advanced: 0,
        }
    }

    pub(crate) fn now(&self) -> Moment {
        let base = match self.mode {
            ClockMode::Real => real_now(),
            ClockMode::Virtual => self.base,
        };
        base.saturating_add(self.advanced)
    }

    pub(crate) fn advance(&mut self, milliseconds: Moment) {
        self.advanced = self.advanced.saturating_add(milliseconds.max(0));
    }

    /// Changes the mode; the time shown does not jump.
    pub(crate) fn set_mode(&mut self, mode: ClockMode) {
        if mode == self.mode {
            return;
        }
        let now = self.now();
        self.mode = mode;
        self.base = real_now();
        self.advanced = now.saturating_sub(self.base);
    }
}

/// A change on its way through Azure.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arrival {
    since: Moment,
    turned_away: u32,
    settled: bool,
}

impl Arrival {
    /// A change that has just been made.
    pub(crate) fn begun(now: Moment) -> Self {
        Self {
            since: now,
            turned_away: 0,
            settled: false,
        }
    }

    /// Something that has always been there.
    pub(crate) fn long_ago() -> Self {
        Self {
            since: 0,
            turned_away: 0,
            settled: true,
        }
    }

    /// Whether the change would have arrived for a use now.
    pub(crate) fn would_arrive(self, delay: Delay, now: Moment) -> bool {
        let waited = now.saturating_sub(self.since);
        let is_over = waited >= milliseconds(delay.seconds) && self.turned_away >= delay.attempts;
        self.settled || is_over
    }

    /// Whether the change has arrived; counts a use that is turned away.
    pub(crate) fn has_arrived(&mut self, delay: Delay, now: Moment) -> bool {
        self.settled = self.would_arrive(delay, now);
        if !self.settled {
            self.turned_away += 1;
        }
        self.settled
    }
}

/// Returns seconds as milliseconds, rounded up.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the cast saturates, and delays are short"
)]
pub(crate) fn milliseconds(seconds: f64) -> Moment {
    (seconds * 1000.0).ceil() as Moment
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_virtual_clock_moves_only_when_told() {
        let mut clock = Clock::new(ClockMode::Virtual);
        let start = clock.now();
        clock.advance(1500);
        assert_eq!(clock.now(), start + 1500);
        clock.advance(-5);
        assert_eq!(clock.now(), start + 1500, "time never goes back");
    }

    #[test]
    fn a_change_arrives_after_its_time_and_its_attempts() {
        for (seconds, attempts, expected) in [
            (0.0, 0, [true, true, true]),
            (2.0, 0, [false, false, true]),
            (0.0, 2, [false, false, true]),
            (1.0, 3, [false, false, false]),
        ] {
            let mut arrival = Arrival::begun(0);
            let delay = Delay { seconds, attempts };
            let seen = [0, 1000, 2000].map(|now| arrival.has_arrived(delay, now));
            assert_eq!(seen, expected, "{delay:?}");
        }
        let forever = Delay {
            seconds: 1e9,
            attempts: 9,
        };
        assert!(Arrival::long_ago().has_arrived(forever, 0));
    }

    #[test]
    fn entra_writes_times_in_two_ways() {
        assert_eq!(entra_time(1_785_585_600_123), "2026-08-01 12:00:00Z");
        assert_eq!(
            entra_long_time(1_785_585_600_123),
            "2026-08-01T12:00:00.1230000Z"
        );
    }
}
