//! The steps that are linked in.

use std::ffi::{OsStr, OsString};
use std::process::ExitCode;

use clap::{ArgMatches, Command};
use kubectl_vwi_annotate::Annotate;
use kubectl_vwi_check::Check;
use kubectl_vwi_federate::Federate;
use kubectl_vwi_translate::Translate;
use vwi_cli::invocation::Invocation;
use vwi_cli::plugin::{self, Plugin};
use vwi_core::step::Step;

/// A step without its type.
struct Linked {
    command: fn(&Invocation) -> Command,
    execute: fn(&ArgMatches, Invocation) -> ExitCode,
}

impl Linked {
    const fn new<P: Plugin>() -> Self {
        Self {
            command: plugin::command::<P>,
            execute: plugin::execute::<P>,
        }
    }

    const fn of(step: Step) -> Self {
        match step {
            Step::Translate => Self::new::<Translate>(),
            Step::Federate => Self::new::<Federate>(),
            Step::Annotate => Self::new::<Annotate>(),
            Step::Check => Self::new::<Check>(),
        }
    }
}

/// Returns a step's command line.
pub(crate) fn command(step: Step, invocation: &Invocation) -> Command {
    (Linked::of(step).command)(invocation)
}

/// Runs a step with arguments that clap has accepted.
pub(crate) fn execute(step: Step, matches: &ArgMatches, invocation: Invocation) -> ExitCode {
    (Linked::of(step).execute)(matches, invocation)
}

/// Runs the step that the program's name picks, as its own binary does.
pub(crate) fn run(step: Step, program: &OsStr, rest: &[OsString]) -> ExitCode {
    let invocation = Invocation::of_step(program, step);
    let words = std::iter::once(program).chain(rest.iter().map(OsString::as_os_str));
    match command(step, &invocation).try_get_matches_from(words) {
        Ok(matches) => execute(step, &matches, invocation),
        Err(error) => plugin::usage(&error),
    }
}
