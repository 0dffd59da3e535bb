//! `kubectl vwi STEP`: the command line above the steps.

use std::ffi::{OsStr, OsString};
use std::process::ExitCode;

use clap::builder::EnumValueParser;
use clap::error::ErrorKind;
use clap::{Arg, ArgAction, ArgMatches, Command};
use vwi_cli::invocation::{Invocation, umbrella_words};
use vwi_cli::output::Format;
use vwi_cli::plugin;
use vwi_core::step::Step;

use crate::{steps, unknown, version};

const ABOUT: &str = "Let workloads in vCluster tenants on AKS reach Azure without a secret";

const EXAMPLES: &str = "\
Examples:
  # From a ServiceAccount of the tenant to a workload that reaches Azure, step by step
  {} translate app \\
    | {} federate --identity app-identity -g rg --aks-cluster aks \\
    | {} annotate \\
    | {} check --probe=token";

const AFTER_HELP: &str = "\
Flags that all steps know, such as -n and --context, may stand before the step.";

/// Runs the step that the first word picks.
pub(crate) fn run(program: &OsStr, rest: &[OsString]) -> ExitCode {
    match parse(program, rest) {
        Ok(matches) => dispatch(program, &matches),
        Err(error) if error.kind() == ErrorKind::InvalidSubcommand => {
            unknown::report(&umbrella_words(program), &error)
        }
        Err(error) => plugin::usage(&error),
    }
}

fn parse(program: &OsStr, rest: &[OsString]) -> Result<ArgMatches, clap::Error> {
    let words = || std::iter::once(program).chain(rest.iter().map(OsString::as_os_str));
    let mut command = command(program);
    let matches = command.try_get_matches_from_mut(words())?;
    // What stands behind the step takes the place of what stands before it, which is right for all
    // but the flags that add up.
    let adds_up = |arg: &&Arg| is_repeatable(arg) && matches.contains_id(arg.get_id().as_str());
    let given: Vec<Arg> = command.get_arguments().filter(adds_up).cloned().collect();
    if given.is_empty() {
        return Ok(matches);
    }
    let mut apart = command_of(program, Repeatable::WhereTyped);
    let typed = apart.try_get_matches_from_mut(words())?;
    for arg in given {
        let id = arg.get_id().as_str();
        let behind = typed
            .subcommand()
            .filter(|(_, matches)| matches.contains_id(id));
        if let Some((step, _)) = behind.filter(|_| typed.contains_id(id)) {
            let fault = format!(
                "`--{}` stands before `{step}` and behind it\n\n  tip: give all of them behind it\n",
                arg.get_long().unwrap_or(id)
            );
            let error = clap::Error::raw(ErrorKind::ArgumentConflict, fault);
            return Err(error.with_cmd(&apart));
        }
    }
    Ok(matches)
}

fn dispatch(program: &OsStr, matches: &ArgMatches) -> ExitCode {
    // One of them is there, as a step is required.
    let (word, matches) = matches.subcommand().unwrap_or((version::WORD, matches));
    match Step::ALL.into_iter().find(|step| step.word() == word) {
        Some(step) => steps::execute(step, matches, Invocation::of_umbrella(program, step)),
        None => version::run(matches),
    }
}

/// Where the values of flags that add up are found.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Repeatable {
    /// With the step, wherever they were typed.
    WithTheStep,
    /// Where they were typed: before the step, or behind it.
    WhereTyped,
}

fn is_repeatable(arg: &Arg) -> bool {
    matches!(arg.get_action(), ArgAction::Append)
}

/// Returns the whole command line.
fn command(program: &OsStr) -> Command {
    command_of(program, Repeatable::WithTheStep)
}

fn command_of(program: &OsStr, repeatable: Repeatable) -> Command {
    let words = umbrella_words(program);
    let steps = Step::ALL.map(|step| {
        let invocation = Invocation::of_umbrella(program, step);
        steps::command(step, &invocation)
    });
    let common: Vec<Arg> = common(&steps)
        .into_iter()
        .map(|arg| {
            let stays = repeatable == Repeatable::WhereTyped && is_repeatable(&arg);
            arg.global(!stays)
        })
        .collect();
    // Flags that exclude these stand there too.
    let of_version = common.iter().filter(|arg| !arg.is_global_set()).cloned();
    let version = version::command().args(of_version);
    Command::new("kubectl-vwi")
        .bin_name(words.clone())
        .display_name(words.clone())
        .version(env!("CARGO_PKG_VERSION"))
        .about(ABOUT)
        .after_help(AFTER_HELP)
        .help_template(plugin::help_template(&EXAMPLES.replace("{}", &words)))
        .args_override_self(true)
        .subcommand_value_name("STEP")
        .subcommand_help_heading("Steps")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .args(common)
        .subcommands(steps)
        .subcommand(version)
}

/// Returns the flags that every step has, to be accepted before the step's word; a step's own help
/// shows them.
fn common(steps: &[Command]) -> Vec<Arg> {
    let Some((first, others)) = steps.split_first() else {
        return Vec::new();
    };
    let same = |one: &Arg, other: &Arg| {
        let long = one.get_long() == other.get_long();
        long && one.get_id() == other.get_id() && one.get_short() == other.get_short()
    };
    let everywhere = |arg: &&Arg| {
        let known = |step: &Command| step.get_arguments().any(|other| same(arg, other));
        !arg.is_positional() && others.iter().all(known)
    };
    let flags = first.get_arguments().filter(everywhere);
    let flags = flags.map(|arg| arg.clone().hide(true));
    flags
        .map(|arg| match arg.get_id().as_str() {
            // Each step has formats of its own; which ones count is known once the step is.
            version::OUTPUT => arg.value_parser(EnumValueParser::<Format>::new()),
            _ => arg,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::ffi::{OsStr, OsString};

    use vwi_cli::output::Format;

    use super::{command, parse};

    #[test]
    fn the_command_line_is_sound() {
        command(OsStr::new("kubectl-vwi")).debug_assert();
    }

    #[test]
    fn flags_before_the_step_reach_it() {
        for words in [
            "kubectl-vwi -n x --context=c translate a",
            "kubectl-vwi -n x translate --context c a",
            "kubectl-vwi translate a -n x --context c",
            // The last one wins, as with kubectl.
            "kubectl-vwi -n y translate a -n x --context=c",
            "kubectl-vwi -n y -n x --context c translate a",
        ] {
            let matches = command(OsStr::new("kubectl-vwi"))
                .try_get_matches_from(words.split(' '))
                .unwrap();
            let (step, matches) = matches.subcommand().unwrap();
            assert_eq!(step, "translate");
            let value = |name| matches.get_one::<String>(name).map(String::as_str);
            assert_eq!(value("namespace"), Some("x"), "{words:?}");
            assert_eq!(value("context"), Some("c"), "{words:?}");
        }
    }

    #[test]
    fn flags_that_add_up_are_not_lost_before_the_step() {
        let parse = |words: &str| {
            let rest: Vec<OsString> = words.split(' ').map(OsString::from).collect();
            parse(OsStr::new("kubectl-vwi"), &rest)
        };
        for words in [
            "--as-group g translate a --as-group h",
            "--as u --host-context g check a --host-context h",
            "-f a.yaml federate -f b.yaml",
        ] {
            let error = parse(words).unwrap_err();
            assert_eq!(error.exit_code(), 2, "{words}");
            assert!(error.to_string().contains("and behind it"), "{error}");
        }
        for words in [
            "--as-group g --as-group h --as u translate a",
            "--as u translate a --as-group g --as-group h",
        ] {
            let matches = parse(words).unwrap();
            let (_, matches) = matches.subcommand().unwrap();
            let groups = matches.get_many::<String>("impersonate_groups").unwrap();
            assert_eq!(groups.collect::<Vec<_>>(), ["g", "h"], "{words}");
        }
    }

    #[test]
    fn formats_of_any_step_may_stand_before_it() {
        let words = ["kubectl-vwi", "-o", "plan", "federate"];
        let matches = command(OsStr::new("kubectl-vwi")).try_get_matches_from(words);
        let matches = matches.unwrap();
        let (_, matches) = matches.subcommand().unwrap();
        assert_eq!(matches.get_one::<Format>("output"), Some(&Format::Plan));
    }

    #[test]
    fn usage_names_the_words_that_were_typed() {
        for (program, words) in [
            ("/bin/kubectl-vwi", "kubectl vwi federate"),
            ("vwi.exe", "vwi federate"),
        ] {
            let mut command = command(OsStr::new(program));
            command.build();
            let step = command.find_subcommand("federate").unwrap();
            assert_eq!(step.get_bin_name(), Some(words));
        }
    }
}
