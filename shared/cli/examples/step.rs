//! A step that does next to nothing, to show how one is made and to test what all have in common.

use std::process::ExitCode;

use clap::Args;
use vwi_cli::flags::{ChangeFlags, InputFlags, OutputFlags, SelectionFlags, bad_usage};
use vwi_cli::output::{EndFacts, Format, RecordWriter, TableSpec};
use vwi_cli::plugin::{Plugin, nothing_to_do};
use vwi_cli::session::Session;
use vwi_cli::{Failure, input};
use vwi_core::exit::{Explain, Outcome};
use vwi_core::record::{ConditionStatus, Record, Upstream};
use vwi_core::step::Step;

const FORMATS: [Format; 4] = [Format::Ndjson, Format::Json, Format::Yaml, Format::Table];
const TABLE: TableSpec = TableSpec {
    headers: &["NAMESPACE", "NAME"],
    wide_from: 2,
    row: |record| vec![record.namespace().to_owned(), record.name().to_owned()],
};

#[derive(Args, Debug)]
struct ExampleArgs {
    #[command(flatten)]
    selection: SelectionFlags,
    #[command(flatten)]
    input: InputFlags,
    #[command(flatten)]
    change: ChangeFlags,
    #[command(flatten)]
    output: OutputFlags,
    /// Make so many records instead of reading any
    #[arg(long)]
    make: Option<u64>,
    /// Wait for a signal after the first record
    #[arg(long)]
    wait: bool,
    /// Could not run
    #[arg(long)]
    broken: bool,
    /// Is asked for what can't be meant
    #[arg(long)]
    misused: bool,
}

#[derive(Debug, thiserror::Error)]
#[error("cannot reach `host`")]
struct Unreachable(#[source] std::io::Error);

impl Explain for Unreachable {
    fn outcome(&self) -> Outcome {
        Outcome::CouldNotRun
    }

    fn hint(&self) -> Option<String> {
        Some("run `kubectl vwi check` first".to_owned())
    }
}

struct Example;

impl Plugin for Example {
    const STEP: Step = Step::Federate;
    const ABOUT: &'static str = "Pass records on";
    const EXAMPLES: &'static str = "  {} --make 1";
    const FORMATS: &'static [Format] = &FORMATS;
    type Args = ExampleArgs;

    fn output(arguments: &ExampleArgs) -> &OutputFlags {
        &arguments.output
    }

    fn run(arguments: &ExampleArgs, session: &mut Session) -> Result<Outcome, Failure> {
        if arguments.misused {
            return Err(bad_usage("`--misused` can't be meant", None).into());
        }
        if arguments.broken {
            // A server that hangs up, not the reader of standard output.
            let cause = std::io::ErrorKind::BrokenPipe.into();
            return Err(Unreachable(cause).into());
        }
        let format = arguments.output.format(&FORMATS, session.terminals)?;
        let mut writer = RecordWriter::new(session.stdout(), Self::STEP, format, TABLE);
        let mut facts = EndFacts::default();
        if let Some(count) = arguments.make {
            for number in 0..count {
                let mut record = Record::new("n", &format!("sa-{number}"));
                record.set_condition(Self::STEP, ConditionStatus::True, "Made", "");
                writer.write(&record)?;
                if arguments.wait {
                    let interrupt = session.interrupt.clone();
                    session.block_on(async move { interrupt.requested().await })?;
                    break;
                }
            }
        } else {
            if arguments.input.names_stdin() {
                session.end_at_signals();
            }
            let selected = arguments.selection.is_given();
            let Some(collected) = input::collect(&arguments.input, selected, &session.talk)? else {
                return Ok(nothing_to_do::<Self>(session));
            };
            facts.selection = collected.selection;
            for record in collected.records.records()? {
                let mut record = record?;
                match record.upstream(Self::STEP) {
                    Upstream::Failed(_) => session.talk.record_failed(&record.key(), "before"),
                    Upstream::Planned | Upstream::Ready => {
                        record.set_condition(Self::STEP, ConditionStatus::True, "Passed", "");
                        session.talk.record(&record.key(), "passed");
                    }
                }
                writer.write(&record)?;
            }
        }
        Ok(writer.finish(facts)?.outcome())
    }
}

fn main() -> ExitCode {
    vwi_cli::plugin::main::<Example>()
}
