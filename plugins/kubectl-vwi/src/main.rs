//! `kubectl vwi`: the four steps in one binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    kubectl_vwi::main(std::env::args_os())
}
