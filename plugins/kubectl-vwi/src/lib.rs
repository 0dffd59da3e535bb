//! `kubectl vwi`: the four steps in one binary, which is what krew installs.
//!
//! The program's name picks the step (`kubectl-vwi_translate` is a link of krew's,
//! `kubectl-vwi-translate` one of a package); else the first word does. Flags that all steps know
//! may stand before that word, as kubectl's may. Everything else is the steps' own.

mod steps;
mod umbrella;
mod unknown;
mod version;

use std::ffi::OsString;
use std::process::ExitCode;

use vwi_cli::invocation::step_of;

/// Runs the umbrella with the words of its command line, the program's name first.
pub fn main(words: impl IntoIterator<Item = OsString>) -> ExitCode {
    let mut words = words.into_iter();
    let program = words
        .next()
        .unwrap_or_else(|| OsString::from("kubectl-vwi"));
    let rest: Vec<_> = words.collect();
    match step_of(&program) {
        Some(step) => steps::run(step, &program, &rest),
        None => umbrella::run(&program, &rest),
    }
}
