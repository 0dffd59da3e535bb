//! `kubectl vwi federate` as a program of its own.

use std::process::ExitCode;

fn main() -> ExitCode {
    vwi_cli::plugin::main::<kubectl_vwi_federate::Federate>()
}
