//! `vwi-krew`: packs release archives of kubectl-vwi, renders krew's manifest, checks both.

mod commands;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let arguments = commands::Arguments::parse();
    commands::run(&arguments, &mut std::io::stdout(), &mut std::io::stderr())
}
