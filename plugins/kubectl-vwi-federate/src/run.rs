//! One run: input, wishes, what is there, plan, writes, output.

use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;
use std::time::Duration;

use thiserror::Error;
use tokio::sync::watch;
use tokio::time::Instant;
use vwi_azure::{Azure, AzureChoice, Patience};
use vwi_cli::flags::bad_usage;
use vwi_cli::input::{self, Collected};
use vwi_cli::interrupt::Interrupt;
use vwi_cli::output::Format;
use vwi_cli::plugin::nothing_to_do;
use vwi_cli::session::Session;
use vwi_cli::{Failure, http};
use vwi_core::arm::{Kind, ResourceId, Scope};
use vwi_core::exit::{Explain, Outcome as Exit};
use vwi_core::federation::{
    Found, Issuer, IssuerError, IssuerSource, Pace, Plan, Refusal, Rules, Trust, Wanted, agree,
    estimate, plan,
};
use vwi_core::stream::{Collision, Selection};

use crate::Federate;
use crate::apply::Writer;
use crate::args::{Assign, FailOn, FederateArgs, PaceChoice};
use crate::gather::{Gathered, Question, gather};
use crate::host::{Access, HostView};
use crate::placed::{Outcome, Result as Placed, results};
use crate::wish::{Defaults, Named};
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
    let Some(collected) = collect(arguments, session)? else {
        return Ok(nothing_to_do::<Federate>(session));
    };
    let access = Access {
        flags: &arguments.host,
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
    let results = both(&outcome, works.len());
    let timed_out = results.iter().flatten().any(|result| {
        let refusal = result.refusal.as_ref();
        refusal.is_some_and(|refusal| refusal.reason == "TimedOut")
    });
    let shown = outcome.shown();
    let exit = Writing {
        session,
        format,
        no_headers: arguments.output.no_headers,
        collected: &collected,
        works: &works,
        results: &results,
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
    Ok(if timed_out {
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
    session: &Session,
    patience: Patience,
) -> Result<Azure, Failure> {
    let http = http::client(&session.http_settings(&arguments.kubectl))?;
    let choice = AzureChoice {
        cloud: arguments.azure.azure_cloud.clone(),
        auth: arguments.azure.azure_auth,
        subscription: arguments.identity.subscription.clone(),
        concurrency: Some(usize::from(arguments.azure.concurrency)),
        request_timeout: Some(arguments.kubectl.request_timeout().unwrap_or(FOR_EVER)),
    };
    let variable = |name: &str| session.environment.get(name).map(str::to_owned);
    Ok(Azure::connect(http, &choice, &variable, patience)?)
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

fn both(outcomes: &Outcomes, records: usize) -> Vec<Option<Placed>> {
    let live = results(&outcomes.live, records);
    let planned = results(&outcomes.planned, records);
    let both = live.into_iter().zip(planned);
    both.map(|(live, planned)| live.or(planned)).collect()
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
        access: &Access<'_>,
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
        access: &Access<'_>,
    ) -> Result<(Vec<Work>, Plan, Plan), Failure> {
        let defaults = self.defaults(collected).await?;
        let mut works = Vec::new();
        for record in collected.records.records()? {
            works.push(Work::new(&record?, self.arguments, &defaults));
        }
        refuse_collisions(&mut works, &collected.collisions);
        self.refuse_bulk(&works, collected.selection.as_ref())?;
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

    /// One identity for many ServiceAccounts that nobody named one by one has to be meant.
    fn refuse_bulk(&self, works: &[Work], selection: Option<&Selection>) -> Result<(), Failure> {
        let bulk = match selection {
            Some(Selection::All { .. }) => true,
            Some(Selection::Narrowed { by }) => !by.iter().any(|by| by == "names"),
            None => false,
        };
        let Some(identity) = &self.arguments.identity.identity else {
            return Ok(());
        };
        let count = works.iter().filter(|work| work.is_open()).count();
        if bulk && count > 1 && !self.arguments.identity.shared_identity {
            return Err(bad_usage(
                format!(
                    "`--identity {}` would be given to {count} ServiceAccounts that were selected \
                     in bulk",
                    vwi_core::text::escape(identity)
                ),
                Some("say `--shared-identity` if they are to share it"),
            )
            .into());
        }
        Ok(())
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
        };
        writer.apply(plan).await
    }
}

/// What is asked of Azure for all records, each thing once.
#[derive(Debug, Default)]
struct Asked {
    identities: Vec<Question>,
    clusters: Vec<Named>,
    assigns: Vec<Assign>,
    /// Positions in `identities` by record.
    identity_of: Vec<Option<usize>>,
}

impl Asked {
    fn new(works: &mut [Work], arguments: &FederateArgs, azure: &Azure) -> Self {
        let mut asked = Self::default();
        let mut positions: HashMap<String, usize> = HashMap::new();
        for work in works {
            let position = asked.add(work, arguments, azure, &mut positions);
            asked.identity_of.push(position);
        }
        asked
    }

    fn add(
        &mut self,
        work: &mut Work,
        arguments: &FederateArgs,
        azure: &Azure,
        positions: &mut HashMap<String, usize>,
    ) -> Option<usize> {
        if !work.is_open() {
            return None;
        }
        let wish = work.wish.clone()?;
        let id: ResourceId = match wish.identity.id(Kind::Identity) {
            Ok(id) => id,
            Err(refusal) => {
                work.refuse(refusal);
                return None;
            }
        };
        if let Some(cluster) = &wish.cluster
            && !self.clusters.contains(cluster)
        {
            self.clusters.push(cluster.clone());
        }
        let position = *positions.entry(id.folded()).or_insert_with(|| {
            let location = wish.location.clone().or_else(|| azure.location.clone());
            self.identities.push(Question {
                id,
                scopes: Vec::new(),
                create: arguments.identity.create_identity.then_some(location),
            });
            self.identities.len() - 1
        });
        for assign in &wish.roles {
            if !self.assigns.contains(assign) {
                self.assigns.push(assign.clone());
            }
            if let Some(question) = self.identities.get_mut(position) {
                add_scope(&mut question.scopes, &assign.scope);
            }
        }
        Some(position)
    }

    /// Gathers what is wanted of each identity, beside what is there.
    fn wanted(
        &self,
        works: &mut [Work],
        gathered: &Gathered,
        issuers: &[Option<Issuer>],
        is_planned: bool,
    ) -> Vec<(Wanted, Found)> {
        let mut all: BTreeMap<usize, (Wanted, Found)> = BTreeMap::new();
        for (record, work) in works.iter_mut().enumerate() {
            if !work.is_open() || work.is_planned != is_planned {
                continue;
            }
            let position = self.identity_of.get(record).copied().flatten();
            let answer = position.and_then(|position| gathered.identities.get(position));
            let (Some(position), Some(answer)) = (position, answer) else {
                continue;
            };
            let answer = match answer {
                Ok(answer) => answer,
                Err(refusal) => {
                    work.refuse(refusal.clone());
                    continue;
                }
            };
            let Some(question) = self.identities.get(position) else {
                continue;
            };
            let (wanted, _) = all.entry(position).or_insert_with(|| {
                let wanted = Wanted::new(question.id.clone(), answer.create_in.clone());
                (wanted, answer.found.clone())
            });
            self.add_wish(wanted, record, work, gathered, issuers);
        }
        all.into_values().collect()
    }

    fn add_wish(
        &self,
        wanted: &mut Wanted,
        record: usize,
        work: &Work,
        gathered: &Gathered,
        issuers: &[Option<Issuer>],
    ) {
        let issuer = issuers.get(record).and_then(Option::as_ref);
        let (Some(wish), Some(subject), Some(issuer)) = (&work.wish, work.subject(), issuer) else {
            return;
        };
        let trust = Trust {
            issuer: issuer.url.clone(),
            subject: subject.to_string(),
            audience: wish.audience.clone(),
        };
        wanted.add_credential(record, trust, issuer.confirmed);
        for assign in &wish.roles {
            let index = self.assigns.iter().position(|known| known == assign);
            let definition = index.and_then(|index| gathered.definitions.get(index));
            wanted.add_role(record, &assign.role, &assign.scope);
            let added = wanted
                .roles
                .iter_mut()
                .find(|role| role.role == assign.role && role.scope == assign.scope);
            if let (Some(role), Some(definition)) = (added, definition) {
                role.definition = definition.clone();
            }
        }
    }
}

fn add_scope(scopes: &mut Vec<Scope>, scope: &Scope) {
    if !scopes.contains(scope) {
        scopes.push(scope.clone());
    }
}

/// Returns the issuer of each record that everybody who knows one agrees on.
fn issuers(
    works: &mut [Work],
    asked: &Asked,
    gathered: &Gathered,
    host: Option<&HostView>,
) -> Vec<Option<Issuer>> {
    let works = works.iter_mut();
    works
        .map(|work| {
            let wish = work.wish.clone().filter(|_| work.is_open())?;
            let mut sources: Vec<(IssuerSource, &str)> = Vec::new();
            if let Some(named) = &wish.cluster {
                let index = asked.clusters.iter().position(|known| known == named);
                match index.and_then(|index| gathered.clusters.get(index)) {
                    Some(Ok(cluster)) => match &cluster.issuer {
                        Some(issuer) => {
                            let name = cluster.id.name().to_owned();
                            sources.push((IssuerSource::Cluster(name), issuer));
                        }
                        None => {
                            work.refuse(oidc_off(&cluster.id));
                            return None;
                        }
                    },
                    Some(Err(refusal)) => {
                        work.refuse(refusal.clone());
                        return None;
                    }
                    None => {}
                }
            }
            if let Some(issuer) = host.and_then(|host| host.issuer(work)) {
                sources.push((IssuerSource::Host, issuer));
            }
            let named = wish.issuers.iter();
            sources.extend(named.map(|(source, url)| (source.clone(), url.as_str())));
            match agree(&sources) {
                Ok(issuer) => Some(issuer),
                Err(error) => {
                    work.refuse(no_issuer(&error));
                    None
                }
            }
        })
        .collect()
}

fn oidc_off(cluster: &ResourceId) -> Refusal {
    Refusal {
        reason: "OidcDisabled",
        message: format!("AKS cluster `{cluster}` has its OIDC issuer off"),
        hint: Some(format!(
            "switch it on with `az aks update -g {} -n {} --enable-oidc-issuer \
             --enable-workload-identity`",
            cluster.group(),
            cluster.name()
        )),
    }
}

fn no_issuer(error: &IssuerError) -> Refusal {
    let (reason, hint) = match error {
        IssuerError::Unknown => (
            "IssuerUnknown",
            Some("name it with `--aks-cluster`, `--host-context` or `--issuer`"),
        ),
        IssuerError::Differ { .. } => ("IssuersDiffer", None),
        _ => ("IssuerUnusable", None),
    };
    Refusal {
        reason,
        message: error.to_string(),
        hint: hint.map(str::to_owned),
    }
}

/// Two ServiceAccounts with one host name: neither is trusted, for vCluster gives the name to the
/// newcomer.
fn refuse_collisions(works: &mut [Work], collisions: &[Collision]) {
    for work in works {
        let collision = collisions.iter().find(|collision| {
            work.host.as_ref().is_some_and(|host| {
                host.namespace == collision.host_namespace && host.name == collision.host_name
            })
        });
        if let Some(collision) = collision {
            work.refuse(collided(&format!(
                "{}/{}",
                collision.host_namespace, collision.host_name
            )));
        }
    }
}

fn collided(host: &str) -> Refusal {
    Refusal {
        reason: "HostNameCollision",
        message: format!(
            "several ServiceAccounts have the host name `{}`, hence one Azure identity",
            vwi_core::text::escape(host)
        ),
        hint: Some("rename one of them".to_owned()),
    }
}

/// Refuses all records of different ServiceAccounts that have one subject of one issuer.
fn refuse_twins(works: &mut [Work], issuers: &[Option<Issuer>]) {
    type Owner = (Option<String>, String);
    let mut owners: HashMap<(String, String), Vec<Owner>> = HashMap::new();
    let key = |work: &Work, issuer: &Option<Issuer>| {
        let host = work.host.as_ref().filter(|_| work.is_open())?;
        let issuer = issuer.as_ref()?;
        Some((
            issuer.url.clone(),
            format!("{}/{}", host.namespace, host.name),
        ))
    };
    for (work, issuer) in works.iter().zip(issuers) {
        if let Some(key) = key(work, issuer) {
            let vcluster = work.vcluster.as_ref().map(ToString::to_string);
            let owner = (vcluster, work.key());
            let known = owners.entry(key).or_default();
            if !known.contains(&owner) {
                known.push(owner);
            }
        }
    }
    for (work, issuer) in works.iter_mut().zip(issuers) {
        if let Some(key) = key(work, issuer)
            && owners.get(&key).is_some_and(|owners| owners.len() > 1)
        {
            work.refuse(collided(&key.1));
        }
    }
}
