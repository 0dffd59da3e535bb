//! Values of flags, and what is said of a command line that can't be meant.

use std::str::FromStr;
use std::time::Duration;

use thiserror::Error;
use vwi_core::exit::{Explain, Outcome};

/// The longest duration of Go, 292 years: a point in time can be so far away, and not much farther.
const LONGEST: Duration = Duration::from_nanos(i64::MAX.unsigned_abs());

/// Digits in a row that are still few enough for kube's parser, which multiplies without looking.
const MOST_DIGITS: usize = 15;

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
        let duration = match text.parse::<u64>() {
            Ok(seconds) => Duration::from_secs(seconds),
            Err(_no_number) => with_units(text)?,
        };
        if duration > LONGEST {
            return Err(TOO_LONG.to_owned());
        }
        Ok(Self(duration))
    }
}

const TOO_LONG: &str = "longer than 292 years; 0 is for ever";

fn with_units(text: &str) -> Result<Duration, String> {
    let unclear = || "not a duration such as `30s`, `5m` or `1h30m`".to_owned();
    let digits = |part: &str| part.len() > MOST_DIGITS;
    if text
        .split(|character: char| !character.is_ascii_digit())
        .any(digits)
    {
        return Err(TOO_LONG.to_owned());
    }
    // A sign further on makes kube's parser panic.
    if text
        .chars()
        .skip(1)
        .any(|character| matches!(character, '-' | '+'))
    {
        return Err(unclear());
    }
    let parsed: kube::core::Duration = text.parse().map_err(|_unclear| unclear())?;
    if parsed.is_negative() {
        return Err("a duration can't be negative".to_owned());
    }
    Ok(parsed.into())
}

/// Reads a truth value as Go's `strconv.ParseBool`, which kubectl's flags use.
///
/// # Errors
///
/// What it has to be.
pub fn go_bool(text: &str) -> Result<bool, &'static str> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
        _ => Err("must be true or false"),
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
    fn switches_are_gos() {
        for (text, is_on) in [("1", true), ("T", true), ("False", false), ("0", false)] {
            assert_eq!(go_bool(text), Ok(is_on), "{text}");
        }
        assert!(go_bool("yes").is_err());
    }

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
        for text in ["", "s", "-1s", "--1s", "5 minutes", "5m-3s", "9.9.9s"] {
            assert!(text.parse::<DurationFlag>().is_err(), "{text}");
        }
    }

    #[test]
    fn every_duration_that_is_taken_leads_to_a_point_in_time() {
        let now = std::time::Instant::now();
        for text in ["9223372036", "2562047h", "0.000000000000001h"] {
            let DurationFlag(duration) = text.parse().unwrap();
            assert!(now.checked_add(duration).is_some(), "{text}");
        }
        for text in [
            "9223372037",
            "9223372036854775807",
            "18446744073709551615",
            "99999999999999999999",
            "9223372036854775807s",
            "999999999999999h",
            "2562048h",
        ] {
            let refused = text.parse::<DurationFlag>();
            assert_eq!(refused, Err(TOO_LONG.to_owned()), "{text}");
        }
    }
}
