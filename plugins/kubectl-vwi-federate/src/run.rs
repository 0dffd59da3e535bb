//! One run: input, wishes, what is there, plan, writes, output.

use std::mem;
use std::sync::Mutex;
use std::time::Duration;

use thiserror::Error;
use tokio::sync::watch;
use tokio::time::Instant;
use vwi_azure::{Azure, Patience};
use vwi_cli::Failure;
use vwi_cli::host::NoHost;
use vwi_cli::input::{self, Collected, Early};
use vwi_cli::interrupt::Interrupt;
use vwi_cli::output::Format;
use vwi_cli::plugin::nothing_to_do;
use vwi_cli::progress::Progress;
use vwi_cli::session::Session;
use vwi_cli::talk::Talk;
use vwi_cli::terminal::Terminals;
use vwi_core::exit::{Explain, Outcome as Exit};
use vwi_core::federation::{Pace, Plan, RefusedRecord, Withheld, estimate};
use vwi_kubernetes::Host;

use crate::Federate;
use crate::apply::Writer;
use crate::args::{FailOn, FederateArgs, PaceChoice};
use crate::connect::{FOR_EVER, connect, log_in_early};
use crate::emitted::{self, form};
use crate::host::{Access, Survey};
use crate::placed::{Outcome, Places};
use crate::planning::{Planned, Planning};
use crate::work::{Verdict, Work};
use crate::write::{FORMATS, Writing};

/// Stopped before anything was written.
#[derive(Debug, Error)]
#[error("interrupted before anything was written")]
struct Interrupted;

impl Explain for Interrupted {
    fn outcome(&self) -> Exit {
        Exit::Interrupted
    }
}

pub(crate) fn run(arguments: &FederateArgs, session: &mut Session) -> Result<Exit, Failure> {
    arguments.taking.check(arguments)?;
    let format = format(arguments, session)?;
    emitted::check(format, &arguments.taking)?;
    let timeout = arguments.change.timeout().unwrap_or(FOR_EVER);
    let (stop, stopped) = watch::channel(false);
    let patience = Patience::lasting(timeout).stopped_by(stopped);
    let azure = connect(arguments, session, patience)?;
    let access = Access {
        choice: arguments.host.choice(&session.environment),
        tenant: arguments.kubectl.choice(&session.environment),
        settings: session.connect_settings(&arguments.kubectl),
        talk: session.talk.clone(),
    };
    let interrupt = session.interrupt.clone();
    let run = Run {
        arguments,
        azure: &azure,
        interrupt: &interrupt,
        talk: session.talk.clone(),
        terminals: session.terminals,
        // Whoever asks for the plan, in whatever form, asks for nothing else.
        is_dry: arguments.change.dry_run.is_dry()
            || format == Format::Plan
            || form(format).is_some(),
    };
    let done = session.block_on(async {
        let mut early = Early::new(run.early(&access));
        let collected = tokio::select! {
            collected = run.collect(&mut early) => collected?,
            _reason = interrupt.requested() => return Err(Interrupted.into()),
        };
        let Some(collected) = collected else {
            return Ok(None);
        };
        let watch = async {
            let _reason = interrupt.requested().await;
            // Nobody listens any more once the run is over.
            let _told = stop.send(true);
            std::future::pending::<()>().await;
        };
        tokio::select! {
            done = run.all(&collected, &access, early) => {
                let (planned, outcome) = done?;
                Ok::<_, Failure>(Some((collected, planned, outcome)))
            }
            () = watch => Err(Interrupted.into()),
        }
    })??;
    let Some((collected, planned, outcome)) = done else {
        return Ok(nothing_to_do::<Federate>(session));
    };
    let records = planned.works.len();
    let (live, dry) = (
        Places::new(&outcome.live, records),
        Places::new(&outcome.planned, records),
    );
    let result = |record: usize| live.result(record).or_else(|| dry.result(record));
    let shown = outcome.shown(&planned.works);
    let written = Writing {
        session,
        format,
        no_headers: arguments.output.no_headers,
        collected: &collected,
        works: &planned.works,
        result: &result,
        outcome: &outcome.live,
        plan: &shown,
        is_dry: outcome.live.applied.is_none() || !outcome.planned.plan.identities.is_empty(),
    }
    .write()?;
    let fails = planned.is_short
        || shown.withheld.as_ref().is_some_and(Withheld::is_failure)
        || (arguments.azure.fail_on == Some(FailOn::Change) && shown.changes());
    let exit = if fails {
        written.and(Exit::Failed)
    } else {
        written
    };
    Ok(if outcome.live.timed_out() {
        exit.and(Exit::TimedOut)
    } else {
        exit
    })
}

/// The plan of a dry run is what a person on a terminal wants to see.
fn format(arguments: &FederateArgs, session: &Session) -> Result<Format, Failure> {
    // Without records, the plan is all there is to show.
    let dry = arguments.change.dry_run.is_dry() || arguments.taking.is_dangling();
    let default = match (session.terminals.stdout, dry) {
        (true, true) => Format::Plan,
        (true, false) => Format::Table,
        (false, _) => Format::Ndjson,
    };
    Ok(arguments.output.format_or(default, &FORMATS)?)
}

/// Plans for the records that are acted on, and for those that a step before only planned.
#[derive(Debug, Default)]
struct Outcomes {
    live: Outcome,
    planned: Outcome,
}

impl Outcomes {
    /// Returns all of it as one plan, to be shown, with the records that were refused before any.
    fn shown(&self, works: &[Work]) -> Plan {
        let mut shown = self.live.plan.clone();
        shown
            .identities
            .extend(self.planned.plan.identities.iter().cloned());
        shown
            .refused
            .extend(self.planned.plan.refused.iter().cloned());
        let works = works.iter().enumerate();
        shown.refused.extend(works.filter_map(|(record, work)| {
            let Some(Verdict::Refused(refusal)) = &work.verdict else {
                return None;
            };
            Some(RefusedRecord {
                record,
                identity: None,
                refusal: refusal.clone(),
            })
        }));
        shown.refused.sort_by_key(|refused| refused.record);
        shown
    }
}

/// What a run needs beside its writes, to say a `--timeout` in which it ends.
const SPARE: Duration = Duration::from_mins(1);

struct Run<'a> {
    arguments: &'a FederateArgs,
    azure: &'a Azure,
    interrupt: &'a Interrupt,
    talk: Talk,
    terminals: Terminals,
    /// Whether nothing is written: a dry run, or a plan for another tool.
    is_dry: bool,
}

type EarlySurvey<'a> = Early<'a, Result<Survey, NoHost>>;

impl Run<'_> {
    /// Asks the host what it says of itself, where records will be proven on it.
    async fn early(&self, access: &Access) -> Option<Result<Survey, NoHost>> {
        if self.arguments.taking.is_dangling() || self.arguments.taking.delete {
            return None;
        }
        access.survey_early().await
    }

    /// Reads the records, while what needs none of them is done.
    async fn collect(&self, early: &mut EarlySurvey<'_>) -> Result<Option<Collected>, Failure> {
        if self.arguments.taking.is_dangling() {
            return Ok(Some(Collected::default()));
        }
        if let Some(subject) = &self.arguments.trust.subject {
            return Ok(Some(input::of_records([Work::stated(subject)])?));
        }
        log_in_early(self.arguments, self.azure);
        let input = &self.arguments.input;
        Ok(input::collect_while(input, false, &self.talk, early).await?)
    }

    async fn all(
        &self,
        collected: &Collected,
        access: &Access,
        early: EarlySurvey<'_>,
    ) -> Result<(Planned, Outcomes), Failure> {
        // Up to here nothing is written, so there is nothing to finish.
        let mut planned = tokio::select! {
            planned = self.plan(collected, access, early) => planned?,
            _reason = self.interrupt.requested() => return Err(Interrupted.into()),
        };
        let live = mem::take(&mut planned.live);
        let applied = if self.is_dry {
            None
        } else {
            Some(self.apply(&live, planned.host.as_ref()).await)
        };
        let outcomes = Outcomes {
            live: Outcome {
                plan: live,
                applied,
            },
            planned: Outcome {
                plan: mem::take(&mut planned.dry),
                applied: None,
            },
        };
        Ok((planned, outcomes))
    }

    async fn plan(
        &self,
        collected: &Collected,
        access: &Access,
        early: EarlySurvey<'_>,
    ) -> Result<Planned, Failure> {
        let planning = Planning {
            arguments: self.arguments,
            azure: self.azure,
            talk: &self.talk,
        };
        if self.arguments.taking.is_dangling() {
            planning.dangling(access).await
        } else if self.arguments.taking.delete {
            planning.deletions(collected).await
        } else {
            planning.records(collected, access, early).await
        }
    }

    async fn apply(&self, plan: &Plan, host: Option<&Host>) -> Vec<crate::apply::Applied> {
        let pace = match self.arguments.azure.pace {
            PaceChoice::Off => None,
            PaceChoice::Documented => Some(Mutex::new(Pace::default())),
        };
        if pace.is_some() {
            let writes = plan.identities.iter().map(|identity| {
                let changing = identity.credentials.iter();
                let changing = changing.filter(|step| step.action.changes());
                (&identity.id, changing.count())
            });
            let lasts = estimate(writes);
            if lasts >= Duration::from_secs(10) {
                self.talk.say(&format!(
                    "writing takes about {} s at the documented pace; `--pace off` writes as fast \
                     as Azure answers",
                    lasts.as_secs()
                ));
            }
            // Nothing is lost by it, but nobody should learn it when the time is over.
            if lasts > self.azure.arm.patience().remaining() {
                self.talk.warn(&format!(
                    "that is longer than `--timeout` leaves: say `--timeout {}s` to have all of it \
                     in one run; what is not done is done by the next one",
                    lasts.as_secs() + SPARE.as_secs()
                ));
            }
        }
        let steps = plan.identities.iter().flat_map(|one| &one.credentials);
        let count = steps.filter(|step| step.action.changes()).count();
        let what = "writing credentials";
        let progress = Progress::start(&self.talk, self.terminals, what, count as u64);
        let writer = Writer {
            arm: &self.azure.arm,
            pace,
            start: Instant::now(),
            interrupt: self.interrupt,
            concurrency: usize::from(self.arguments.azure.concurrency),
            waits_for_roles: self.arguments.roles.wait,
            host,
            progress: &progress,
        };
        writer.apply(plan).await
    }
}
