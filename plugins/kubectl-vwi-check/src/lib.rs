//! `kubectl vwi check`: says whether workload identity works for a ServiceAccount, and why not.
//!
//! Facts first (`gather`), from tenant, host, Azure and the issuer at once; then
//! `vwi_core::check` judges them, and `write` prints what it says. Nothing is changed.

mod args;
mod gather;
mod open;
mod probe;
mod said;
mod select;
mod wanted;
mod write;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use tokio::time::timeout_at;
use vwi_cli::flags::{OutputFlags, bad_usage};
use vwi_cli::input::Early;
use vwi_cli::limit::limited;
use vwi_cli::output::Format;
use vwi_cli::plugin::Plugin;
use vwi_cli::session::Session;
use vwi_cli::{Failure, input};
use vwi_core::check::report::RecordReport;
use vwi_core::check::{FactSource, Unseen, judge_all};
use vwi_core::exit::Outcome;
use vwi_core::record::Record;
use vwi_core::step::Step;

pub use args::{CheckArgs, CheckFlags, FailOnFlag, ProbeChoice, WantedFlags};
use gather::{Access, Seen, Sides};
use wanted::Wanted;

/// Pauses of `--wait` between two looks.
const PAUSES: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(5));

/// Time between the end of `--wait` and that of `--timeout`, in which the report is written.
const LAST_MOMENT: Duration = Duration::from_millis(50);

/// Sides that can fall silent: tenant, host and Azure. If all do, nothing has been checked.
const SIDES: usize = 3;

/// The step.
#[derive(Clone, Copy, Debug)]
pub struct Check;

impl Plugin for Check {
    const STEP: Step = Step::Check;
    const ABOUT: &'static str =
        "Say whether workload identity works for a ServiceAccount of a vCluster, and why not";
    const EXAMPLES: &'static str = "\
  # the end of the pipe: does it work, up to a token of Entra?
  kubectl vwi translate app | kubectl vwi federate --identity app-identity -g rg \\
    | kubectl vwi annotate | {} --probe=token

  # alone: the identity is found by the annotation client-id
  {} app -n default

  # only what is wrong, in all namespaces; exit 1 also for warnings
  {} -A -o short --fail-on=warning

  # what is checked
  {} --list-checks
";
    const FORMATS: &'static [Format] = &write::FORMATS;
    const STREAMS: bool = false;
    type Args = CheckArgs;

    fn output(arguments: &Self::Args) -> &OutputFlags {
        &arguments.output
    }

    fn run(arguments: &Self::Args, session: &mut Session) -> Result<Outcome, Failure> {
        arguments.validate()?;
        let skip = arguments.skipped()?;
        let format = arguments.output.format_or(Format::Table, &write::FORMATS)?;
        if arguments.checks.list_checks {
            write::list_checks(session, !arguments.output.no_headers)?;
            return Ok(Outcome::Done);
        }
        let ways = open::Ways::new(arguments, session);
        let interrupt = session.interrupt.clone();
        let (wanted, looked, end) = session.block_on(async {
            let mut early = Early::new(ways.open_early());
            let selected = arguments.selection.is_given();
            let reading = input::collect_while(&arguments.input, selected, &ways.talk, &mut early);
            let collected = limited(reading, &interrupt, None).await??;
            let end = arguments.change.timeout().map(|time| Instant::now() + time);
            let looking = async {
                let (access, sides) = if let Some(opened) = early.finish().await {
                    opened?
                } else {
                    // The input has been read to its end: now credential plugins may run.
                    let access = ways.open().await?;
                    let sides = access.sides().await;
                    (access, sides)
                };
                let (records, stream_end) = match collected {
                    Some(collected) => {
                        let records = collected.records.records()?;
                        let records = records.collect::<Result<Vec<Record>, _>>()?;
                        let end = write::End {
                            selection: collected.selection,
                            collisions: collected.collisions,
                        };
                        (records, end)
                    }
                    None => select(arguments, &access, &ways.talk).await?,
                };
                let wanted = records
                    .into_iter()
                    .map(|record| Wanted::new(record, arguments))
                    .collect::<Result<Vec<Wanted>, _>>()?;
                let (access, sides) = if sides.know_any(&wanted) {
                    (access, sides)
                } else {
                    match ways.elsewhere(&wanted).await? {
                        Some(opened) => opened,
                        None => (access, sides),
                    }
                };
                let looked = look_until(arguments, &access, sides, &wanted, &skip, end);
                let looked = Box::pin(looked).await;
                Ok::<_, Failure>((wanted, looked, stream_end))
            };
            limited(Box::pin(looking), &interrupt, end).await?
        })??;
        if let Some(host) = &looked.untyped_host {
            session.talk.say(&format!("the host is {host}"));
        }
        let records = wanted
            .into_iter()
            .map(|wanted| wanted.record)
            .zip(looked.reports)
            .collect();
        let mut outcome = write::report(session, arguments, format, records, end)?;
        if looked.timed_out {
            outcome = outcome.and(Outcome::TimedOut);
        }
        let is_side = |unseen: &&Unseen| unseen.source != FactSource::Entra;
        if looked.silent.iter().filter(is_side).count() == SIDES {
            outcome = outcome.and(Outcome::CouldNotRun);
        }
        for unseen in looked.silent.iter().filter(|it| is_typed(arguments, it)) {
            session.talk.say(&format!("nothing came from {unseen}"));
            outcome = outcome.and(Outcome::CouldNotRun);
        }
        Ok(outcome)
    }
}

/// What a run has found out.
struct Looked {
    reports: Vec<RecordReport>,
    silent: Vec<Unseen>,
    untyped_host: Option<String>,
    /// Whether something is found that counts.
    fails: bool,
    timed_out: bool,
}

/// Gathers and judges; with `--wait` until nothing fails, or the time is over. What was seen by
/// then is reported; a look that is not done by then is dropped.
async fn look_until(
    arguments: &CheckArgs,
    access: &Access<'_>,
    sides: Sides,
    wanted: &[Wanted],
    skip: &BTreeSet<&'static str>,
    end: Option<Instant>,
) -> Looked {
    let mut looked = look(arguments, access, sides, wanted, skip).await;
    let mut pause = PAUSES.0;
    while looked.fails && arguments.checks.wait {
        let again = async {
            tokio::time::sleep(pause).await;
            let sides = access.sides().await;
            look(arguments, access, sides, wanted, skip).await
        };
        let again = Box::pin(again);
        looked = match end {
            None => again.await,
            // A moment before the whole run is given up.
            Some(end) => {
                match timeout_at(end.checked_sub(LAST_MOMENT).unwrap_or(end).into(), again).await {
                    Ok(next) => next,
                    Err(_over) => {
                        looked.timed_out = true;
                        break;
                    }
                }
            }
        };
        pause = (pause * 2).min(PAUSES.1);
    }
    looked
}

async fn look(
    arguments: &CheckArgs,
    access: &Access<'_>,
    sides: Sides,
    wanted: &[Wanted],
    skip: &BTreeSet<&'static str>,
) -> Looked {
    let Seen {
        facts,
        silent,
        untyped_host,
    } = Box::pin(access.gather(sides, wanted)).await;
    let mut fails = false;
    let reports = wanted
        .iter()
        .zip(&facts)
        .map(|(one, facts)| {
            let findings = judge_all(facts, skip);
            let fail_on = arguments.checks.fail_on.0;
            fails |= findings
                .iter()
                .any(|finding| fail_on.counts(&finding.verdict));
            RecordReport::judged(facts, findings, one.upstream.clone())
        })
        .collect();
    Looked {
        reports,
        silent,
        untyped_host,
        fails,
        timed_out: false,
    }
}

/// Makes records of the names, or of the candidates in scope.
async fn select(
    arguments: &CheckArgs,
    access: &Access<'_>,
    talk: &vwi_cli::talk::Talk,
) -> Result<(Vec<Record>, write::End), Failure> {
    let namespace = match (&access.tenant, &arguments.kubectl.namespace) {
        (Ok(tenant), _) => tenant.cluster().default_namespace().to_owned(),
        (Err(_), Some(namespace)) => namespace.clone(),
        (Err(_), None) => "default".to_owned(),
    };
    let scope = match &access.tenant {
        Ok(tenant) => tenant.cluster().label(),
        Err(_) => String::new(),
    };
    let selection = arguments.selection.selection(&scope);
    let mut end = write::End {
        selection: Some(selection.clone()),
        collisions: Vec::new(),
    };
    if !arguments.selection.names.is_empty() {
        return Ok((select::named(arguments, &namespace)?, end));
    }
    let tenant = match &access.tenant {
        Ok(tenant) => tenant,
        Err(unseen) => {
            return Err(bad_usage(
                format!("without a tenant cluster there is nothing to select from: {unseen}"),
                Some("give a context, or records with `-f`"),
            )
            .into());
        }
    };
    let selected = select::candidates(arguments, tenant, &namespace).await?;
    if selected.left_out > 0 {
        end.selection = Some(selection.narrow("candidates"));
        talk.say(&format!(
            "{} left out: nothing about these ServiceAccounts has to do with Azure",
            selected.left_out
        ));
    }
    Ok((selected.records, end))
}

/// Whether the way to this side was typed, so that its silence is an error.
fn is_typed(arguments: &CheckArgs, unseen: &Unseen) -> bool {
    match unseen.source {
        FactSource::Tenant => arguments.kubectl.is_typed() || arguments.selection.is_given(),
        FactSource::Host => arguments.host.is_typed(),
        FactSource::Azure => arguments.azure_is_typed(),
        FactSource::Issuer => false,
        FactSource::Entra => arguments.checks.probe == ProbeChoice::Token,
    }
}
