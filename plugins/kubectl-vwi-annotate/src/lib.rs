//! `kubectl vwi annotate`: tells the workload which managed identity it is.
//!
//! The records are read to their end, each one's cluster is verified, and only then is anything
//! written: the keys that are ours, by server-side apply, on the object that was read.

mod args;
mod follow;
mod patch;
mod select;
mod target;
mod work;
mod workloads;
mod write;

use std::collections::BTreeMap;

use futures_util::{StreamExt, stream};
use vwi_cli::flags::OutputFlags;
use vwi_cli::output::Format;
use vwi_cli::plugin::{Plugin, nothing_to_do};
use vwi_cli::session::Session;
use vwi_cli::{Failure, host, input};
use vwi_core::annotation::Wanted;
use vwi_core::exit::Outcome;
use vwi_core::record::HostServiceAccount;
use vwi_core::step::Step;
use vwi_kubernetes::{Cluster, Host};

pub use args::{AnnotateArgs, GitOps};
use follow::Expected;
use target::Target;
use work::{Verdict, Work};

/// The step.
#[derive(Clone, Copy, Debug)]
pub struct Annotate;

impl Plugin for Annotate {
    const STEP: Step = Step::Annotate;
    const ABOUT: &'static str = "Tell a tenant ServiceAccount which managed identity it is";
    const EXAMPLES: &'static str = "\
  # the end of the pipe that makes Azure trust `app`
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
        let selected = arguments.selection.is_given();
        // The input is read to its end before anything else: a credential plugin must not eat it.
        let collected = input::collect(&arguments.input, selected, session)?;
        if collected.is_none() && !selected {
            return Ok(nothing_to_do::<Self>(session));
        }
        // Values that can't be meant are an error before anybody is asked.
        Wanted::new(
            arguments.client_id.as_deref(),
            arguments.azure_tenant_id.as_deref(),
            arguments.token_expiration,
        )?;
        let interrupt = session.interrupt.clone();
        let choice = arguments.kubectl.choice(&session.environment);
        let settings = session.connect_settings(&arguments.kubectl);
        let host_choice = arguments.host.choice(&session.environment);
        let talk = session.talk.clone();
        let timeout = arguments.change.timeout();
        let done = session.block_on(async {
            let cluster = Cluster::connect(&choice, &settings).await?;
            let current = target::look(cluster).await?;
            let collected = if let Some(collected) = collected {
                collected
            } else {
                if !arguments.allow_unverified_cluster {
                    target::require_no_host(&current).await?;
                }
                select::records(arguments, &current.tenant).await?
            };
            let mut works = Vec::new();
            for record in collected.records.records()? {
                works.push(Work::new(&record?, arguments, selected));
            }
            refuse_collisions(&mut works, &collected.collisions);
            let assigned = target::assign(
                &mut works,
                &choice,
                &settings,
                &current,
                arguments.allow_unverified_cluster,
            )
            .await;
            let work = async {
                bring_all(&mut works, &assigned, arguments, &interrupt).await;
                let address = current.found.service_ip.as_deref();
                let host = if arguments.wait {
                    host::connect(&host_choice, &choice, &settings, &talk).await?
                } else {
                    None
                };
                let host = match host {
                    Some(host) => host::proven(host, address, &talk).await,
                    None => None,
                };
                let (followed, ()) = tokio::join!(
                    follow_all(host.as_ref(), &works, arguments, &interrupt),
                    workloads::tell(&works, &assigned, &talk),
                );
                for (index, differs) in followed {
                    if let Some(work) = works.get_mut(index) {
                        work.verdict = Some(Verdict::failed("NotOnHost", differs));
                    }
                }
                Ok::<(), Failure>(())
            };
            let timed_out = match timeout {
                Some(timeout) => match tokio::time::timeout(timeout, work).await {
                    Ok(done) => done.map(|()| false)?,
                    Err(_elapsed) => true,
                },
                None => work.await.map(|()| false)?,
            };
            for work in works.iter_mut().filter(|work| work.is_open()) {
                let (reason, message) = if timed_out {
                    ("TimedOut", "not done: the time was over")
                } else {
                    ("Interrupted", "not done: interrupted")
                };
                work.verdict = Some(Verdict::failed(reason, message));
            }
            Ok::<_, Failure>((collected, works, timed_out))
        })?;
        let (collected, works, timed_out) = done?;
        let outcome = write::records(session, arguments, format, &collected, &works)?;
        Ok(if timed_out {
            outcome.and(Outcome::TimedOut)
        } else {
            outcome
        })
    }
}

/// Two ServiceAccounts with one host name: neither is touched, for the newcomer takes the identity.
fn refuse_collisions(works: &mut [Work], collisions: &[vwi_core::stream::Collision]) {
    for collision in collisions {
        for work in works.iter_mut().filter(|work| work.is_open()) {
            if collision.records.contains(&work.key()) {
                work.verdict = Some(Verdict::failed(
                    "Collision",
                    format!(
                        "{} share the host ServiceAccount `{}/{}`",
                        collision.records.join(" and "),
                        collision.host_namespace,
                        collision.host_name
                    ),
                ));
            }
        }
    }
}

/// Works on all records that have a cluster, some at once; begins nothing new once interrupted.
async fn bring_all(
    works: &mut [Work],
    assigned: &[(usize, Target)],
    arguments: &AnnotateArgs,
    interrupt: &vwi_cli::interrupt::Interrupt,
) {
    let verdicts: Vec<(usize, Option<Verdict>)> = {
        let works = &*works;
        stream::iter(assigned)
            .map(|(index, target)| async move {
                let work = works.get(*index)?;
                if interrupt.is_requested() {
                    return Some((*index, None));
                }
                let verdict = patch::bring(&target.tenant, work, arguments).await;
                Some((*index, Some(verdict)))
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

async fn follow_all(
    host: Option<&Host>,
    works: &[Work],
    arguments: &AnnotateArgs,
    interrupt: &vwi_cli::interrupt::Interrupt,
) -> Vec<(usize, String)> {
    let Some(host) = host.filter(|_| !arguments.remove) else {
        return Vec::new();
    };
    let expected = works.iter().enumerate().filter_map(|(index, work)| {
        let done = matches!(work.verdict, Some(Verdict::Done { .. }));
        let account: HostServiceAccount = work.host.clone().filter(|_| done)?;
        let annotations: BTreeMap<String, String> = work.wanted.annotations();
        Some(Expected {
            index,
            account,
            annotations,
        })
    });
    follow::follow(
        host,
        expected.collect(),
        usize::from(arguments.concurrency),
        interrupt,
    )
    .await
}
