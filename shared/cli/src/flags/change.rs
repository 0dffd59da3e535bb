//! Flags of steps that change things.

use std::str::FromStr;
use std::time::Duration;

use clap::Args;

use super::DurationFlag;

/// Whether changes are made
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Changes")]
pub struct ChangeFlags {
    /// Show what would be changed: `none`, `client` or `server`; alone it means `client`
    #[arg(long, value_name = "MODE", num_args = 0..=1, require_equals = true, default_value = "none", default_missing_value = "client")]
    pub dry_run: DryRun,
    /// Longest time for everything, such as 5m; 0 waits for ever
    #[arg(long, value_name = "DURATION", default_value = "10m")]
    pub timeout: Option<DurationFlag>,
    /// Take the flag where a record says otherwise
    #[arg(long = "override")]
    pub override_records: bool,
}

impl ChangeFlags {
    /// Returns the longest time for everything; `None` waits for ever.
    pub fn timeout(&self) -> Option<Duration> {
        let flag = self
            .timeout
            .unwrap_or(DurationFlag(Duration::from_mins(10)));
        Some(flag.0).filter(|time| !time.is_zero())
    }
}

/// `--dry-run`, with kubectl's values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DryRun {
    /// Change things.
    #[default]
    None,
    /// Work it out here.
    Client,
    /// Let the server work it out, where there is one that can.
    Server,
}

impl DryRun {
    /// Whether nothing is changed.
    pub fn is_dry(self) -> bool {
        self != Self::None
    }
}

impl FromStr for DryRun {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "none" => Ok(Self::None),
            "client" => Ok(Self::Client),
            "server" => Ok(Self::Server),
            // kubectl's own words.
            other => Err(format!(
                "Invalid dry-run value ({other}). Must be \"none\", \"server\", or \"client\"."
            )),
        }
    }
}
