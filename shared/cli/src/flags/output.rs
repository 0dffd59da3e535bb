//! Flags about what is printed.

use clap::Args;

use super::{UsageError, bad_usage};
use crate::output::Format;
use crate::talk::Verbosity;
use crate::terminal::{Color, Terminals};

/// What is printed
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Output")]
pub struct OutputFlags {
    /// Output format
    #[arg(short, long, value_name = "FORMAT", value_enum)]
    pub output: Option<Format>,
    /// No header line in tables
    #[arg(long)]
    pub no_headers: bool,
    /// Only errors on standard error
    #[arg(short, long)]
    pub quiet: bool,
    /// How much is said on standard error: from 4 on, how things were decided
    #[arg(short = 'v', long = "v", value_name = "LEVEL", default_value_t = 0)]
    pub verbosity: u8,
    /// When to use colour
    #[arg(long, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    pub color: Color,
}

impl OutputFlags {
    /// Returns how much is said on standard error.
    pub fn verbosity(&self) -> Verbosity {
        Verbosity {
            quiet: self.quiet,
            level: self.verbosity,
        }
    }

    /// Returns the format: the flag's, else a table on a terminal and the record stream elsewhere.
    ///
    /// # Errors
    ///
    /// [`UsageError`] if the step has no such format; it lists those it has.
    pub fn format(&self, allowed: &[Format], terminals: Terminals) -> Result<Format, UsageError> {
        let default = if terminals.stdout {
            Format::Table
        } else {
            Format::Ndjson
        };
        self.format_or(default, allowed)
    }

    /// Returns the format: the flag's, else `default`.
    ///
    /// # Errors
    ///
    /// As [`OutputFlags::format`].
    pub fn format_or(&self, default: Format, allowed: &[Format]) -> Result<Format, UsageError> {
        let format = self.output.unwrap_or(default);
        if allowed.contains(&format) {
            return Ok(format);
        }
        let listed: Vec<&str> = allowed.iter().map(|format| format.word()).collect();
        Err(bad_usage(
            format!("`-o {}` is not a format of this step", format.word()),
            Some(&format!("use one of {}", listed.join("|"))),
        ))
    }
}
