//! `kubectl vwi annotate`: tells the workload which managed identity it is.
//!
//! The records are read to their end, each one's cluster is verified, and only then is anything
//! written: the keys that are ours, by server-side apply, on the object that was read.

mod args;
mod assign;
mod copies;
mod follow;
mod patch;
mod refuse;
mod select;
mod target;
mod ways;
mod work;
mod workloads;
mod write;

use std::time::Instant;

use futures_util::{StreamExt, stream};
use vwi_cli::flags::{OutputFlags, bad_usage};
use vwi_cli::input::Early;
use vwi_cli::interrupt::Interrupt;
use vwi_cli::limit::limited;
use vwi_cli::output::Format;
use vwi_cli::plugin::{Plugin, nothing_to_do};
use vwi_cli::session::Session;
use vwi_cli::{Failure, input};
use vwi_core::annotation::Wanted;
use vwi_core::exit::Outcome;
use vwi_core::step::Step;

pub use args::{AnnotateArgs, GitOps};
use assign::Assigned;
use ways::Ways;
use work::{Verdict, Work};

/// The step.
#[derive(Clone, Copy, Debug)]
pub struct Annotate;

impl Plugin for Annotate {
    const STEP: Step = Step::Annotate;
    const ABOUT: &'static str = "Tell a tenant ServiceAccount which managed identity it is";
    const EXAMPLES: &'static str = "  # the end of the pipe that makes Azure trust `app`
  kubectl vwi translate app | kubectl vwi federate --identity app-identity -g rg | {}

  # alone
  {} app -n default --client-id 11111111-2222-3333-4444-555555555555

  # what to commit to Git, nothing is written
  {} app --client-id 11111111-2222-3333-4444-555555555555 --dry-run -o yaml
";
    const FORMATS: &'static [Format] = &write::FORMATS;
    type Args = AnnotateArgs;

    fn output(arguments: &Self::Args) -> &OutputFlags {
        &arguments.output
    }

    fn run(arguments: &Self::Args, session: &mut Session) -> Result<Outcome, Failure> {
        let format = arguments
            .output
            .format(&write::FORMATS, session.terminals)?;
        arguments.selection.check(&arguments.input)?;
        arguments.kubectl.check()?;
        let selected = arguments.selection.is_given();
        let ways = Ways::new(arguments, session);
        let talk = session.talk.clone();
        let interrupt = session.interrupt.clone();
        let done = session.block_on(async {
            let mut early = Early::new(ways.look_early());
            let reading = input::collect_while(&arguments.input, selected, &talk, &mut early);
            let collected = limited(reading, &interrupt, None).await??;
            if collected.is_none() && !selected {
                return Ok(None);
            }
            // Values that can't be meant are an error before anybody is written to.
            Wanted::new(
                arguments.client_id.as_deref(),
                arguments.azure_tenant_id.as_deref(),
                arguments.token_expiration,
            )?;
            if selected && arguments.client_id.is_none() && !arguments.remove {
                return Err(bad_usage(
                    "nothing says which identity the ServiceAccounts are to have",
                    Some("give it with `--client-id`, or records of `kubectl vwi federate`"),
                )
                .into());
            }
            let limits = Limits {
                interrupt: interrupt.clone(),
                end: arguments.change.timeout().map(|time| Instant::now() + time),
            };
            let looking = async {
                let looked = match early.finish().await {
                    Some(looked) => looked,
                    None => ways.look().await,
                };
                // A host that was typed and is none is known before anything is written.
                let mut current = ways.reached(looked)?;
                // Only who typed the names has typed the cluster with them.
                let typed = collected.is_none();
                let collected = if let Some(collected) = collected {
                    collected
                } else {
                    let reached = current?;
                    if !arguments.allow_unverified_cluster {
                        target::require_no_host(&reached.target).await?;
                    }
                    let collected =
                        select::records(arguments, &reached.target.tenant, &talk).await?;
                    current = Ok(reached);
                    collected
                };
                let mut works = Vec::new();
                for record in collected.records.records()? {
                    works.push(Work::new(&record?, arguments, typed));
                }
                refuse::collisions(&mut works, &collected.collisions);
                let unverified = arguments.allow_unverified_cluster;
                let mut assigned =
                    assign::assign(&mut works, &ways, current, unverified, &talk).await?;
                refuse::contradictions(&mut works, &assigned);
                assigned.retain_open(&works);
                Ok::<_, Failure>((collected, works, assigned))
            };
            let (collected, mut works, assigned) =
                limited(Box::pin(looking), &limits.interrupt, limits.end).await??;
            let listing = workloads::of(&works, &assigned);
            let listing = limited(listing, &limits.interrupt, limits.end);
            let bringing = async {
                bring_all(&mut works, &assigned, arguments, &limits).await;
                let followed =
                    follow::follow_all(&assigned, &works, arguments, &limits, &talk).await;
                for (index, differs) in followed {
                    if let Some(work) = works.get_mut(index) {
                        work.verdict = Some(Verdict::failed("NotOnHost", differs));
                    }
                }
            };
            let ((), workloads) = tokio::join!(bringing, listing);
            workloads::tell(&works, &workloads.unwrap_or_default(), &talk);
            let timed_out = limits.is_over();
            limits.close(&mut works);
            Ok::<_, Failure>(Some((collected, works, timed_out)))
        })??;
        let Some((collected, works, timed_out)) = done else {
            return Ok(nothing_to_do::<Self>(session));
        };
        let outcome = write::records(session, arguments, format, &collected, &works)?;
        Ok(if timed_out {
            outcome.and(Outcome::TimedOut)
        } else {
            outcome
        })
    }
}

/// What keeps new work from being begun.
struct Limits {
    interrupt: Interrupt,
    /// When the time of `--timeout` is over.
    end: Option<Instant>,
}

impl Limits {
    fn is_over(&self) -> bool {
        self.end.is_some_and(|end| Instant::now() >= end)
    }

    /// Says of what was not begun why it was not.
    fn close(&self, works: &mut [Work]) {
        let (reason, message) = if self.interrupt.is_requested() {
            ("Interrupted", "not done: interrupted")
        } else {
            ("TimedOut", "not done: the time was over")
        };
        for work in works.iter_mut().filter(|work| work.is_open()) {
            work.verdict = Some(Verdict::failed(reason, message));
        }
    }
}

/// Works on all records that have a cluster, some at once. What has begun is finished, and
/// nothing new is begun once the user asks to stop or the time is over.
async fn bring_all(
    works: &mut [Work],
    assigned: &Assigned,
    arguments: &AnnotateArgs,
    limits: &Limits,
) {
    let verdicts: Vec<(usize, Option<Verdict>)> = {
        let works = &*works;
        stream::iter(assigned.iter())
            .map(|(index, target)| async move {
                let work = works.get(index)?;
                if limits.interrupt.is_requested() || limits.is_over() {
                    return Some((index, None));
                }
                let verdict = patch::bring(&target.tenant, work, arguments).await;
                Some((index, Some(verdict)))
            })
            .buffer_unordered(usize::from(arguments.concurrency))
            .filter_map(std::future::ready)
            .collect()
            .await
    };
    for (index, verdict) in verdicts {
        if let Some(work) = works.get_mut(index) {
            work.verdict = verdict;
        }
    }
}
