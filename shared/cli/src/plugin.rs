//! From the command line to the exit status, the same for every step.

use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};
use vwi_core::exit::{Explain, Outcome};
use vwi_core::step::Step;

use crate::Failure;
use crate::flags::{FormatParser, KubectlFlags, OutputFlags, go_bool};
use crate::interrupt::Reason;
use crate::invocation::Invocation;
use crate::limit::GivenUp;
use crate::output::{Format, OutputError, write_error_end};
use crate::report;
use crate::session::Session;

/// A step as a program.
pub trait Plugin {
    /// Which step it is.
    const STEP: Step;
    /// One line for `--help`.
    const ABOUT: &'static str;
    /// Examples for `--help`, with `{}` in place of the words that the user typed.
    const EXAMPLES: &'static str;
    /// What `-o` can ask of it.
    const FORMATS: &'static [Format] = &[];
    /// Whether it writes records where `-o` does not say and standard output is no terminal; then
    /// a failure leaves a StreamEnd there.
    const STREAMS: bool = true;
    /// Its arguments.
    type Args: Args;

    /// Returns the flags about output.
    fn output(arguments: &Self::Args) -> &OutputFlags;

    /// Does the work.
    ///
    /// # Errors
    ///
    /// Whatever keeps the step from going on; a record that failed is no such thing.
    fn run(arguments: &Self::Args, session: &mut Session) -> Result<Outcome, Failure>;
}

/// Runs a step as a program of its own.
pub fn main<P: Plugin>() -> ExitCode {
    let mut arguments = std::env::args_os();
    let program = arguments
        .next()
        .unwrap_or_else(|| OsString::from(P::STEP.word()));
    let invocation = Invocation::of_step(&program, P::STEP);
    let command = command::<P>(&invocation);
    match command.try_get_matches_from(std::iter::once(program).chain(arguments)) {
        Ok(matches) => execute::<P>(&matches, invocation),
        Err(error) => usage(&error),
    }
}

/// Returns the step's command line, with the words that the user typed.
pub fn command<P: Plugin>(invocation: &Invocation) -> Command {
    let words = invocation.words();
    let examples = report::in_words_of(invocation, &P::EXAMPLES.replace("{}", words));
    let command = Command::new(P::STEP.word())
        .version(env!("CARGO_PKG_VERSION"))
        .help_template(help_template(&format!("Examples:\n  {}", examples.trim())))
        .bin_name(words.to_owned())
        .display_name(words.to_owned())
        // As with kubectl, the last of several wins.
        .args_override_self(true);
    // A doc comment on the struct of flags must not take the step's own line away.
    let command = P::Args::augment_args(command)
        .about(P::ABOUT)
        .long_about(None)
        .mut_args(as_kubectl);
    if P::FORMATS.is_empty() {
        return command;
    }
    command.mut_arg("output", |argument| {
        argument.value_parser(FormatParser::new(P::FORMATS))
    })
}

/// Returns the template of `--help` in kubectl's order: what it does, examples, flags, usage.
///
/// The examples are part of the template, which clap does not wrap: they stay lines to be pasted.
pub fn help_template(examples: &str) -> String {
    format!(
        "{{about-with-newline}}\n{}\n\n{{all-args}}\n\n{{usage-heading}} {{usage}}{{after-help}}",
        examples.trim_end()
    )
}

/// Lets every switch be written as `--flag=false` too, as all of kubectl's can.
fn as_kubectl(argument: Arg) -> Arg {
    if !matches!(argument.get_action(), ArgAction::SetTrue) {
        return argument;
    }
    argument
        .action(ArgAction::Set)
        .num_args(0..=1)
        .require_equals(true)
        .default_value("false")
        .default_missing_value("true")
        .value_name("BOOL")
        .value_parser(go_bool)
        .hide_default_value(true)
}

/// Runs a step with arguments that clap has accepted.
pub fn execute<P: Plugin>(matches: &ArgMatches, invocation: Invocation) -> ExitCode {
    let mut matches = matches.clone();
    KubectlFlags::unset_empty(&mut matches);
    let arguments = match P::Args::from_arg_matches(&matches) {
        Ok(arguments) => arguments,
        Err(error) => return usage(&error),
    };
    let output = P::output(&arguments);
    let mut session = Session::new(invocation, output);
    let (outcome, failed) = match P::run(&arguments, &mut session) {
        Ok(outcome) => (outcome, false),
        Err(failure) => {
            let streams = match output.output {
                Some(format) => format == Format::Ndjson,
                None => P::STREAMS && !session.terminals.stdout,
            };
            (fail(&failure, &session, streams), true)
        }
    };
    let outcome = match session.stdout().flush().map_err(OutputError::from) {
        Ok(()) => outcome,
        Err(error) if error.is_reader_gone() => outcome.and(Outcome::ReaderGone),
        Err(error) => outcome.and(tell(&error, &session)),
    };
    let outcome = match session.interrupt.reason() {
        // A failure has said it by itself.
        Some(reason @ Reason::Signal) if !failed => {
            outcome.and(tell(&GivenUp::Interrupted(reason), &session))
        }
        Some(reason) => outcome.and(reason.outcome()),
        None => outcome,
    };
    ExitCode::from(outcome.code())
}

/// Reports a failure, and leaves the next step an end that says so: a step that only heard
/// nothing could not tell why.
fn fail(failure: &Failure, session: &Session, streams: bool) -> Outcome {
    let failure = failure.as_ref();
    if report::is_reader_gone(failure) {
        return Outcome::ReaderGone;
    }
    let outcome = tell(failure, session);
    let mut stdout = session.stdout();
    if streams && !stdout.is_used() {
        let step = session.invocation.step();
        // What an earlier step said goes on under its name.
        let (step, error) = match report::upstream(failure) {
            Some((upstream, error)) => (upstream.to_owned(), error.to_owned()),
            None => (step.word().to_owned(), report::in_one_line(failure)),
        };
        // If the reader has gone too, there is nobody left to tell.
        let _written = write_error_end(&mut stdout, &step, &error);
    }
    outcome
}

fn tell(error: &dyn Explain, session: &Session) -> Outcome {
    let style = session.talk.style();
    session
        .talk
        .raw(&report::message(&session.invocation, style, error));
    error.outcome()
}

/// Prints what clap has to say: help and version on standard output, faults on standard error.
pub fn usage(error: &clap::Error) -> ExitCode {
    let _printed = error.print();
    let code = u8::try_from(error.exit_code()).unwrap_or_else(|_| Outcome::Usage.code());
    ExitCode::from(code)
}

/// Prints the short help on standard error, for a command that was given nothing to do.
pub fn nothing_to_do<P: Plugin>(session: &Session) -> Outcome {
    let help = command::<P>(&session.invocation).render_help().to_string();
    session.talk.raw(&help);
    Outcome::Usage
}

#[cfg(test)]
mod tests;
