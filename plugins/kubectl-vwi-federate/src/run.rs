//! One run: input, wishes, what is there, plan, writes, output.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use thiserror::Error;
use tokio::sync::watch;
use tokio::time::Instant;
use vwi_azure::metadata::cloud_at;
use vwi_azure::{Azure, AzureChoice, AzureError, Patience};
use vwi_cli::flags::bad_usage;
use vwi_cli::input::{self, Collected};
use vwi_cli::interrupt::Interrupt;
use vwi_cli::output::Format;
use vwi_cli::plugin::nothing_to_do;
use vwi_cli::session::Session;
use vwi_cli::{Failure, http};
use vwi_core::exit::{Explain, Outcome as Exit};
use vwi_core::federation::{Pace, Plan, Rules, estimate, plan};

use crate::Federate;
use crate::apply::Writer;
use crate::args::{FailOn, FederateArgs, PaceChoice};
use crate::asked::Asked;
use crate::gather::gather;
use crate::host::Access;
use crate::issuers::issuers;
use crate::one_subject::{refuse_bulk, refuse_collisions, refuse_twins};
use crate::placed::{Outcome, Places};
use crate::wish::Defaults;
use crate::work::Work;
use crate::write::{FORMATS, Writing};

/// Time for everything where the user waits for ever; a year.
const FOR_EVER: Duration = Duration::from_hours(365 * 24);

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
    let format = format(arguments, session)?;
    let timeout = arguments.change.timeout().unwrap_or(FOR_EVER);
    let (stop, stopped) = watch::channel(false);
    let patience = Patience::lasting(timeout).stopped_by(stopped);
    let azure = connect(arguments, session, patience)?;
    log_in_early(arguments, &azure);
    let Some(collected) = collect(arguments, session)? else {
        return Ok(nothing_to_do::<Federate>(session));
    };
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
    };
    let (works, outcome) = session.block_on(async {
        let watch = async {
            let _reason = interrupt.requested().await;
            // Nobody listens any more once the run is over.
            let _told = stop.send(true);
            std::future::pending::<()>().await;
        };
        tokio::select! {
            done = run.all(&collected, &access) => done,
            () = watch => Err(Interrupted.into()),
        }
    })??;
    let (live, planned) = (
        Places::new(&outcome.live, works.len()),
        Places::new(&outcome.planned, works.len()),
    );
    let result = |record: usize| live.result(record).or_else(|| planned.result(record));
    let shown = outcome.shown();
    let exit = Writing {
        session,
        format,
        no_headers: arguments.output.no_headers,
        collected: &collected,
        works: &works,
        result: &result,
        plan: &shown,
        is_dry: outcome.live.applied.is_none() || !outcome.planned.plan.identities.is_empty(),
    }
    .write()?;
    let changes = arguments.azure.fail_on == Some(FailOn::Change) && shown.changes();
    let exit = if changes {
        exit.and(Exit::Failed)
    } else {
        exit
    };
    Ok(if outcome.live.timed_out() {
        exit.and(Exit::TimedOut)
    } else {
        exit
    })
}

/// The plan of a dry run is what a person on a terminal wants to see.
fn format(arguments: &FederateArgs, session: &Session) -> Result<Format, Failure> {
    let dry = arguments.change.dry_run.is_dry();
    let default = match (session.terminals.stdout, dry) {
        (true, true) => Format::Plan,
        (true, false) => Format::Table,
        (false, _) => Format::Ndjson,
    };
    Ok(arguments.output.format_or(default, &FORMATS)?)
}

fn connect(
    arguments: &FederateArgs,
    session: &mut Session,
    patience: Patience,
) -> Result<Azure, Failure> {
    let settings = http::HttpSettings {
        // The flag is about the API servers; Azure's certificates are verified whatever is typed.
        insecure_skip_verify: false,
        ..session.http_settings(&arguments.kubectl)
    };
    let http = http::client(&settings)?;
    let endpoint = arguments.azure.arm_endpoint.as_deref();
    let found_cloud = endpoint
        .map(|endpoint| session.block_on(cloud_at(&http, endpoint)))
        .transpose()?
        .transpose()
        .map_err(AzureError::from)?;
    let choice = AzureChoice {
        found_cloud,
        cloud: arguments.azure.azure_cloud.clone(),
        auth: arguments.azure.azure_auth,
        subscription: arguments.identity.subscription.clone(),
        concurrency: Some(usize::from(arguments.azure.concurrency)),
        request_timeout: Some(arguments.kubectl.request_timeout().unwrap_or(FOR_EVER)),
    };
    let variable = |name: &str| session.environment.get(name).map(str::to_owned);
    Ok(Azure::connect(http, &choice, &variable, patience)?)
}

/// Logs in while the step before this one still works: `az` alone takes a second.
///
/// The thread stays until the process ends, since the connection that it opens lives on it.
fn log_in_early(arguments: &FederateArgs, azure: &Azure) {
    if arguments.trust.subject.is_some() || !arguments.input.filenames.is_empty() {
        return;
    }
    let login = Arc::clone(azure.arm.login());
    let begun = std::thread::Builder::new().spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        if let Ok(runtime) = runtime {
            runtime.block_on(async {
                // Whoever needs the token is told what went wrong.
                let _token = login.token().await;
                std::future::pending::<()>().await;
            });
        }
    });
    // Without a thread, whoever needs the token asks for it.
    drop(begun);
}

fn collect(arguments: &FederateArgs, session: &Session) -> Result<Option<Collected>, Failure> {
    if let Some(subject) = &arguments.trust.subject {
        return Ok(Some(input::of_records([Work::stated(subject)])?));
    }
    Ok(input::collect(&arguments.input, false, session)?)
}

/// Plans for the records that are acted on, and for those that a step before only planned.
#[derive(Debug, Default)]
struct Outcomes {
    live: Outcome,
    planned: Outcome,
}

impl Outcomes {
    /// Returns all of it as one plan, to be shown.
    fn shown(&self) -> Plan {
        let mut shown = self.live.plan.clone();
        shown
            .identities
            .extend(self.planned.plan.identities.iter().cloned());
        shown
            .refused
            .extend(self.planned.plan.refused.iter().cloned());
        shown.refused.sort_by_key(|refused| refused.record);
        shown
    }
}

struct Run<'a> {
    arguments: &'a FederateArgs,
    azure: &'a Azure,
    interrupt: &'a Interrupt,
    talk: vwi_cli::talk::Talk,
}

impl Run<'_> {
    async fn all(
        &self,
        collected: &Collected,
        access: &Access,
    ) -> Result<(Vec<Work>, Outcomes), Failure> {
        // Up to here nothing is written, so there is nothing to finish.
        let (works, live, planned) = tokio::select! {
            planned = self.plan(collected, access) => planned?,
            _reason = self.interrupt.requested() => return Err(Interrupted.into()),
        };
        let applied = if self.arguments.change.dry_run.is_dry() {
            None
        } else {
            Some(self.apply(&live).await)
        };
        let outcomes = Outcomes {
            live: Outcome {
                plan: live,
                applied,
            },
            planned: Outcome {
                plan: planned,
                applied: None,
            },
        };
        Ok((works, outcomes))
    }

    /// Reads what is wanted and what is there; returns the plan to carry out and the one to show.
    async fn plan(
        &self,
        collected: &Collected,
        access: &Access,
    ) -> Result<(Vec<Work>, Plan, Plan), Failure> {
        let defaults = self.defaults(collected).await?;
        let mut works = Vec::new();
        for record in collected.records.records()? {
            works.push(Work::new(&record?, self.arguments, &defaults));
        }
        refuse_collisions(&mut works, &collected.collisions);
        refuse_bulk(
            &works,
            collected.selection.as_ref(),
            &self.arguments.identity,
        )?;
        let asked = Asked::new(&mut works, self.arguments, self.azure);
        let (gathered, host) = futures_util::future::try_join(
            gather(
                self.azure,
                &asked.identities,
                &asked.clusters,
                &asked.assigns,
            ),
            access.look(&works),
        )
        .await?;
        if let Some(host) = &host {
            for work in &mut works {
                host.prove(work);
            }
        }
        let accept = self.arguments.trust.accept;
        for work in &mut works {
            work.require(accept);
        }
        let issuers = issuers(&mut works, &asked, &gathered, host.as_ref());
        refuse_twins(&mut works, &issuers);
        let rules = Rules {
            owner: self.arguments.identity.owner.clone(),
            ..Rules::default()
        };
        let mut plan_of = |is_planned: bool| {
            let wanted = asked.wanted(&mut works, &gathered, &issuers, is_planned);
            plan(&wanted, &rules)
        };
        let (live, planned) = (plan_of(false), plan_of(true));
        Ok((works, live, planned))
    }

    /// Fills in what flags and the Azure CLI leave open, and only asks if a record needs it.
    async fn defaults(&self, collected: &Collected) -> Result<Defaults, Failure> {
        let mut defaults = Defaults {
            flag_subscription: self.azure.typed_subscription.clone(),
            subscription: self.azure.subscription.clone(),
            group: self.azure.group.clone(),
            audience: self.azure.cloud.audience.clone(),
        };
        if defaults.subscription.is_some() {
            return Ok(defaults);
        }
        let mut lacks = false;
        for record in collected.records.records()? {
            let work = Work::new(&record?, self.arguments, &defaults);
            lacks |= work
                .wish
                .is_some_and(|wish| wish.identity.subscription.is_none());
        }
        if !lacks {
            return Ok(defaults);
        }
        let subscriptions = self.azure.arm.subscriptions().await?;
        match subscriptions.as_slice() {
            [only] => defaults.subscription = Some(only.subscription_id.clone()),
            several => {
                let listed: Vec<String> = several
                    .iter()
                    .map(|one| format!("{} ({})", one.subscription_id, one.display_name))
                    .collect();
                let fault = if listed.is_empty() {
                    "the login sees no subscription".to_owned()
                } else {
                    format!(
                        "the login sees several subscriptions: {}",
                        listed.join(", ")
                    )
                };
                return Err(bad_usage(fault, Some("name one with `--subscription`")).into());
            }
        }
        Ok(defaults)
    }

    async fn apply(&self, plan: &Plan) -> Vec<crate::apply::Applied> {
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
        }
        let writer = Writer {
            arm: &self.azure.arm,
            pace,
            start: Instant::now(),
            interrupt: self.interrupt,
            concurrency: usize::from(self.arguments.azure.concurrency),
            waits_for_roles: self.arguments.roles.wait,
            host: None,
        };
        writer.apply(plan).await
    }
}
