//! `kubectl vwi translate`: names the host ServiceAccount behind one of a vCluster, and proves it.

use std::process::ExitCode;

use kubectl_vwi_translate::Translate;

fn main() -> ExitCode {
    vwi_cli::plugin::main::<Translate>()
}
