//! `kubectl vwi version`: which version answers, from which file, and what answers in its place.
//!
//! kubectl prefers `kubectl-vwi-translate` on PATH to the umbrella for `kubectl vwi translate`, so
//! that two versions can mix without a word.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command as Process, ExitCode, Stdio};

use clap::builder::EnumValueParser;
use clap::{Arg, ArgMatches, Command};
use serde::Serialize;
use vwi_cli::output::Format;
use vwi_core::exit::Outcome;
use vwi_core::step::Step;

/// The word after `kubectl vwi`.
pub(crate) const WORD: &str = "version";

/// Id of `-o`, the same as the steps' own.
pub(crate) const OUTPUT: &str = "output";

/// What is printed.
#[derive(Debug, Serialize)]
struct Report {
    version: &'static str,
    path: Option<PathBuf>,
    steps: Vec<StepFile>,
}

/// A step that is on PATH as a file of its own.
#[derive(Debug, Serialize)]
struct StepFile {
    step: &'static str,
    /// The words that kubectl answers with it.
    words: String,
    path: PathBuf,
    /// What it says of itself; none if it says nothing.
    version: Option<String>,
}

/// Returns the command line.
pub(crate) fn command() -> Command {
    let output = Arg::new(OUTPUT)
        .short('o')
        .long("output")
        .value_name("FORMAT")
        .value_parser(EnumValueParser::<Format>::new())
        .hide_possible_values(true)
        .help("json or yaml; without it, text");
    Command::new(WORD)
        .about("Print the version, and which files answer for the steps")
        .arg(output)
}

/// Prints the versions.
pub(crate) fn run(matches: &ArgMatches) -> ExitCode {
    let report = Report::look();
    let text = match matches.get_one::<Format>(OUTPUT) {
        None => Some(report.text()),
        Some(Format::Json) => serde_json::to_string_pretty(&report).ok(),
        Some(Format::Yaml) => serde_saphyr::to_string(&report).ok(),
        Some(format) => return refuse(*format),
    };
    let text = text.unwrap_or_default();
    let mut stdout = io::stdout();
    let written = writeln!(stdout, "{}", text.trim_end()).and_then(|()| stdout.flush());
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
            ExitCode::from(Outcome::ReaderGone.code())
        }
        Err(error) => say(
            &format!("error: cannot write to standard output\n  caused by: {error}\n"),
            Outcome::CouldNotRun,
        ),
    }
}

fn refuse(format: Format) -> ExitCode {
    let word = format.word();
    say(
        &format!("error: a version cannot be printed as `{word}`\nhint: use `-o json`\n"),
        Outcome::Usage,
    )
}

fn say(message: &str, outcome: Outcome) -> ExitCode {
    // Nothing is left to tell the user if standard error itself is gone.
    let _written = io::stderr().write_all(message.as_bytes());
    ExitCode::from(outcome.code())
}

impl Report {
    fn look() -> Self {
        let path = std::env::current_exe().and_then(|path| path.canonicalize());
        let path = path.ok();
        let steps = Step::ALL.into_iter().flat_map(|step| {
            let names = [
                (format!("kubectl-vwi-{step}"), format!("kubectl vwi {step}")),
                (format!("kubectl-vwi_{step}"), format!("kubectl vwi-{step}")),
            ];
            names.map(|(name, words)| (step, name, words))
        });
        let steps = steps
            .filter_map(|(step, name, words)| {
                let found = which::which(name).ok()?;
                Some(StepFile {
                    step: step.word(),
                    words,
                    version: version_of(&found),
                    path: found,
                })
            })
            .collect();
        Self {
            version: concat!("v", env!("CARGO_PKG_VERSION")),
            path,
            steps,
        }
    }

    fn text(&self) -> String {
        let mut text = format!("kubectl-vwi {}", self.version);
        if let Some(path) = &self.path {
            // Writing to a String can't fail.
            let _written = write!(text, " ({})", path.display());
        }
        for file in &self.steps {
            let StepFile { words, path, .. } = file;
            let version = file.version.as_deref().unwrap_or("of an unknown version");
            let _written = write!(text, "\n{words}: {version} ({})", path.display());
        }
        text
    }
}

/// Asks a step's file for its version.
fn version_of(program: &Path) -> Option<String> {
    let asked = Process::new(program)
        .arg("--version")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let answer = String::from_utf8(asked.stdout).ok()?;
    let version = answer.lines().next()?.rsplit(' ').next()?;
    version
        .starts_with(|first: char| first.is_ascii_digit())
        .then(|| format!("v{version}"))
}
