//! Flags about the records that a step reads.

use clap::Args;

/// Which records are read
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Input")]
pub struct InputFlags {
    /// File with records, `-` for standard input, or a folder; repeatable
    #[arg(short = 'f', long = "filename", value_name = "FILE")]
    pub filenames: Vec<String>,
    /// Read folders of folders too
    #[arg(short = 'R', long)]
    pub recursive: bool,
    /// Accept a stream whose end is missing, as `grep` and `jq 'select(…)'` leave it
    #[arg(long)]
    pub partial: bool,
}

impl InputFlags {
    /// Whether standard input is named.
    pub fn names_stdin(&self) -> bool {
        self.filenames.iter().any(|name| name == "-")
    }
}
