//! With clusters: facts from tenant and host with few requests, then judgement of each
//! ServiceAccount.

use std::collections::VecDeque;
use std::io;
use std::time::Instant;

use vwi_cli::input;
use vwi_cli::interrupt::{Interrupt, Reason};
use vwi_cli::limit::{GivenUp, limited};
use vwi_cli::session::Session;
use vwi_cli::talk::Talk;
use vwi_core::exit::Outcome;
use vwi_core::record::Source;
use vwi_core::text::escape;
use vwi_core::translation::Judgement;
use vwi_kubernetes::{ClusterChoice, ConnectSettings, HostChoice, Kubeconfig, Tenant};

use crate::answer::Answers;
use crate::args::TranslateArgs;
use crate::error::TranslateError;
use crate::offline;
use crate::place::Place;
use crate::terraform;
use crate::wanted::Wanted;

mod accounts;
mod alone;
mod clusters;
mod fleet;
mod identify;
mod located;
mod platform;
mod survey;
mod token;
mod wait;

use accounts::Request;
use clusters::Clusters;
use identify::Identified;
use located::Located;
use platform::View;
use token::Probe;

/// Translates with the help of the tenant and of the host, as far as they can be read.
///
/// # Errors
///
/// [`TranslateError`]
pub fn run(args: &TranslateArgs, session: &mut Session) -> Result<Outcome, TranslateError> {
    // Read before a credential plugin runs and before anything is asked.
    let mut documents = if args.way.terraform {
        terraform::query(io::stdin().lock())?
    } else {
        Vec::new()
    };
    let choice = args.kubectl.choice(&session.environment);
    let kubeconfig = Kubeconfig::load(&choice.kubeconfig)
        .map_err(|error| TranslateError::Tenant(error.into()))?;
    let namespace = offline::namespace(args, &kubeconfig);
    let mut left_out = 0;
    for source in input::sources(&args.input, true, &session.talk)?.unwrap_or_default() {
        left_out += offline::read(&source, namespace, args, session, &mut |wanted| {
            documents.push(wanted);
            Ok(())
        })?;
    }
    let platform = View::open(args, session, &kubeconfig, &choice)?;
    let interrupt = session.interrupt.clone();
    let deadline = args.change.timeout().map(|time| Instant::now() + time);
    // First, as it says whether the tenant may be contacted, and where its host is.
    let platform = match platform {
        Some(view) => session.block_on(limited(view.ask(args), &interrupt, deadline))???,
        None => None,
    };
    let work = Work {
        args,
        kubeconfig,
        platform,
        session_talk: session.talk.clone(),
    };
    let settings = session.connect_settings(&args.kubectl);
    let host_choice = args.host.choice(&session.environment);
    if args.reach.all_vclusters {
        let gather = fleet::gather(&work, &choice, &host_choice, &settings);
        let fleets = session.block_on(limited(gather, &interrupt, deadline))???;
        return fleet::write(&fleets, args, session);
    }
    let gather = work.gather(documents, &choice, &host_choice, &settings);
    let identified = session.block_on(limited(gather, &interrupt, deadline))???;
    let mut found = session.block_on(work.judge(identified, &interrupt, deadline))??;
    if args.proof.wait {
        let wait = limited(work.wait(&mut found), &interrupt, deadline);
        match session.block_on(wait)? {
            Ok(waited) => waited?,
            Err(GivenUp::TimedOut) => found.timed_out = true,
            Err(error) => return Err(error.into()),
        }
    }
    found.left_out += left_out;
    write(found, args, session)
}

/// What all steps of the work need.
struct Work<'a> {
    args: &'a TranslateArgs,
    kubeconfig: Kubeconfig,
    /// The Platform, where there is one that answers.
    platform: Option<View>,
    session_talk: Talk,
}

/// What was found out.
struct Found {
    places: Vec<Place>,
    tenant: Option<Tenant>,
    judged: VecDeque<Judged>,
    /// What the selection covers, in words.
    scope: String,
    /// Whether `--timeout` ran out while waiting.
    timed_out: bool,
    /// ServiceAccounts left out, as nobody asked for them by name.
    left_out: usize,
}

/// A ServiceAccount, the number of its vCluster if that is known, and what is to be said of it.
struct Judged {
    wanted: Wanted,
    place: Option<usize>,
    judgement: Judgement,
}

impl Work<'_> {
    fn talk(&self) -> &Talk {
        &self.session_talk
    }

    async fn gather(
        &self,
        documents: Vec<Wanted>,
        choice: &ClusterChoice,
        host_choice: &HostChoice,
        settings: &ConnectSettings,
    ) -> Result<Identified, TranslateError> {
        let clusters = Clusters::connect(self, choice, host_choice, settings).await?;
        let typed = self.args.kubectl.namespace.as_deref();
        let request = Request::new(self.args, documents, &clusters.default_namespace(typed))?;
        let mut identified = Identified::find(self, &clusters, &request).await?;
        // Where a tenant was asked, its own has been.
        if identified.tenant.is_none()
            && let (Some(platform), Some(own)) = (&self.platform, identified.places.first_mut())
        {
            platform.fill(own)?;
        }
        self.somebody_to_ask(&identified)?;
        Ok(identified)
    }

    /// At least one of the sources that were picked can be asked.
    fn somebody_to_ask(&self, identified: &Identified) -> Result<(), TranslateError> {
        let via = &self.args.via.via;
        let looks = identified.places.iter().any(|it| it.evidence.is_some());
        let missing = |source: &Source| {
            if *source == Source::Host && !looks {
                Some("no host is looked at")
            } else if *source == Source::Token && identified.tenant.is_none() {
                Some("no tenant is contacted")
            } else {
                None
            }
        };
        let Some(why) = via.first().and_then(missing) else {
            return Ok(());
        };
        if via.iter().any(|source| missing(source).is_none()) {
            return Ok(());
        }
        Err(TranslateError::NobodyToAsk {
            via: self.args.via.words(),
            why,
        })
    }

    /// Asks who else was picked, and judges. The pods of `--via=token` are gone when this ends, so
    /// it is not dropped when the user asks to stop.
    async fn judge(
        &self,
        identified: Identified,
        interrupt: &Interrupt,
        deadline: Option<Instant>,
    ) -> Result<Found, TranslateError> {
        let Identified {
            places,
            tenant,
            mut located,
            left_out,
        } = identified;
        let scope = match (&tenant, places.first()) {
            (Some(tenant), _) => tenant.cluster().label(),
            (None, Some(place)) => format!("vCluster {}", place.which),
            (None, None) => String::new(),
        };
        let probe = Probe {
            args: self.args,
            talk: self.talk(),
            interrupt,
            deadline,
        };
        let mut timed_out = false;
        if let (Some(platform), Some(own)) = (&self.platform, places.first())
            && (self.args.via.via.is_empty() || self.args.via.picks(Source::Platform))
        {
            let is_own = |one: &&mut Located| one.1 == Some(0);
            let wanted = located.iter_mut().filter(is_own);
            let wanted = wanted.map(|(wanted, _)| wanted).collect();
            let ask = platform.ask_names(own, self.args.reach.workload_service_account, wanted);
            limited(ask, interrupt, deadline).await?;
        }
        if let (Some(tenant), Some(own)) = (&tenant, places.first()) {
            let is_own = |one: &&mut Located| one.1 == Some(0);
            let wanted = located.iter_mut().filter(is_own);
            let wanted = wanted.map(|(wanted, _)| wanted).collect();
            timed_out = probe.ask(tenant, own, wanted).await;
        }
        if interrupt.is_requested() {
            let reason = interrupt.reason().unwrap_or(Reason::Signal);
            return Err(GivenUp::Interrupted(reason).into());
        }
        let judged = located.into_iter().map(|(wanted, place)| Judged {
            judgement: self.judgement(&places, &wanted, place),
            wanted,
            place,
        });
        Ok(Found {
            judged: judged.collect(),
            places,
            tenant,
            scope,
            timed_out,
            left_out,
        })
    }

    fn judgement(&self, places: &[Place], wanted: &Wanted, place: Option<usize>) -> Judgement {
        if let Some(place) = place.and_then(|place| places.get(place)) {
            return place.judge(wanted, self.args);
        }
        let fault = wanted.fault.clone().unwrap_or_default();
        Judgement::failed(fault.reason, fault.message, None)
    }
}

fn write(found: Found, args: &TranslateArgs, session: &Session) -> Result<Outcome, TranslateError> {
    let mut answers = Answers::new(args, session)?;
    answers.left_out(found.left_out);
    if found.judged.is_empty() {
        let place = match &args.kubectl.namespace {
            Some(namespace) if !args.selection.all_namespaces => {
                format!(" in {} namespace", escape(namespace))
            }
            Some(_) | None => String::new(),
        };
        session.talk.say(&format!("No resources found{place}."));
    }
    for one in found.judged {
        if let Some(place) = one.place.and_then(|place| found.places.get(place)) {
            answers.put(one.wanted, place, one.judgement)?;
        } else {
            let fault = one.wanted.fault.unwrap_or_default();
            answers.put_fault(one.wanted.record.into_record(), &fault)?;
        }
    }
    let counts = answers.finish(args.selection_of(&found.scope))?;
    let outcome = counts.outcome();
    Ok(if found.timed_out {
        outcome.and(Outcome::TimedOut)
    } else {
        outcome
    })
}
