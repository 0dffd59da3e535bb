//! `kubectl vwi check` as a program of its own.

use std::process::ExitCode;

use kubectl_vwi_check::Check;

fn main() -> ExitCode {
    vwi_cli::plugin::main::<Check>()
}
