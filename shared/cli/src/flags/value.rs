//! Values of flags, and what is said of a command line that can't be meant.

use std::str::FromStr;
use std::time::Duration;

use thiserror::Error;
use vwi_core::exit::{Explain, Outcome};

/// A duration in Go's words, as kubectl takes it: `30s`, `5m`, `1h30m`; `0` is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DurationFlag(pub Duration);

impl FromStr for DurationFlag {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.is_empty() {
            return Err("empty; a duration is such as `30s`".to_owned());
        }
        // kubectl also takes a bare number, as seconds.
        if let Ok(seconds) = text.parse::<u64>() {
            return Ok(Self(Duration::from_secs(seconds)));
        }
        let parsed: kube::core::Duration = text
            .parse()
            .map_err(|_unclear| "not a duration such as `30s`, `5m` or `1h30m`".to_owned())?;
        if parsed.is_negative() {
            return Err("a duration can't be negative".to_owned());
        }
        Ok(Self(parsed.into()))
    }
}

/// A command line that clap accepts and that still can't be meant.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("{fault}")]
pub struct UsageError {
    fault: String,
    hint: Option<String>,
}

impl Explain for UsageError {
    fn outcome(&self) -> Outcome {
        Outcome::Usage
    }

    fn hint(&self) -> Option<String> {
        self.hint.clone()
    }
}

/// Returns the error of a command line that can't be meant.
pub fn bad_usage(fault: impl Into<String>, hint: Option<&str>) -> UsageError {
    UsageError {
        fault: fault.into(),
        hint: hint.map(str::to_owned),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_gos() {
        for (text, milliseconds) in [
            ("30s", 30_000),
            ("1h30m", 5_400_000),
            ("1.5s", 1500),
            ("0", 0),
            ("7", 7000),
        ] {
            let parsed: DurationFlag = text.parse().unwrap();
            assert_eq!(parsed.0.as_millis(), milliseconds, "{text}");
        }
        for text in ["", "s", "-1s", "5 minutes"] {
            assert!(text.parse::<DurationFlag>().is_err(), "{text}");
        }
    }
}
