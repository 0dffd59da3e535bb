//! With clusters: facts from tenant and host with few requests, then judgement of each
//! ServiceAccount.

use std::collections::VecDeque;
use std::io;
use std::time::{Duration, Instant};

use vwi_cli::input;
use vwi_cli::interrupt::Interrupt;
use vwi_cli::session::Session;
use vwi_core::exit::Outcome;
use vwi_core::record::Source;
use vwi_core::text::escape;
use vwi_core::translation::Judgement;
use vwi_kubernetes::{Host, Kubeconfig, Tenant};

use crate::answer::Answers;
use crate::args::TranslateArgs;
use crate::error::TranslateError;
use crate::offline;
use crate::place::Place;
use crate::terraform;
use crate::wanted::{TenantAnswer, Wanted};

mod accounts;
mod clusters;
mod identify;
mod token;

use accounts::Request;
use clusters::Clusters;
use identify::Identified;
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
    let mut left_out = 0;
    for source in input::sources(&args.input, true, &session.talk)?.unwrap_or_default() {
        left_out += offline::read(&source, args, session, &mut |wanted| {
            documents.push(wanted);
            Ok(())
        })?;
    }
    let choice = args.kubectl.choice(&session.environment);
    let kubeconfig = Kubeconfig::load(&choice.kubeconfig)
        .map_err(|error| TranslateError::Tenant(error.into()))?;
    let work = Work {
        args,
        kubeconfig,
        session_talk: session.talk.clone(),
    };
    let settings = session.connect_settings(&args.kubectl);
    let host_choice = args.host.choice(&session.environment);
    let interrupt = session.interrupt.clone();
    let identified = session.block_on(async {
        tokio::select! {
            found = work.gather(documents, &choice, &host_choice, &settings) => found,
            _reason = interrupt.requested() => Err(TranslateError::Interrupted),
        }
    })??;
    let found = session.block_on(work.judge(identified, &interrupt))??;
    let found = Found {
        left_out: found.left_out + left_out,
        ..found
    };
    write(found, args, session)
}

/// What all steps of the work need.
struct Work<'a> {
    args: &'a TranslateArgs,
    kubeconfig: Kubeconfig,
    session_talk: vwi_cli::talk::Talk,
}

/// What was found out.
struct Found {
    place: Place,
    judged: VecDeque<(Wanted, Judgement)>,
    /// What the selection covers, in words.
    scope: String,
    /// Whether `--timeout` ran out while waiting.
    timed_out: bool,
    /// ServiceAccounts left out, as nobody asked for them by name.
    left_out: usize,
}

impl Work<'_> {
    async fn gather(
        &self,
        documents: Vec<Wanted>,
        choice: &vwi_kubernetes::ClusterChoice,
        host_choice: &vwi_kubernetes::HostChoice,
        settings: &vwi_kubernetes::ConnectSettings,
    ) -> Result<Identified, TranslateError> {
        let clusters = Clusters::connect(self, choice, host_choice, settings).await?;
        let request = Request::new(self.args, documents, clusters.default_namespace())?;
        let identified = Identified::find(self, &clusters, &request).await?;
        self.somebody_to_ask(&identified)?;
        Ok(identified)
    }

    /// At least one of the sources that were picked can be asked.
    fn somebody_to_ask(&self, identified: &Identified) -> Result<(), TranslateError> {
        let via = &self.args.via.via;
        let missing = |source: &Source| {
            if *source == Source::Host && identified.place.evidence.is_none() {
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
        let words: Vec<_> = via.iter().map(|source| source.word()).collect();
        Err(TranslateError::NobodyToAsk {
            via: words.join(","),
            why,
        })
    }

    /// Asks who else was picked, and judges. The pods of `--via=token` are gone when this ends, so
    /// it is not dropped when the user asks to stop.
    async fn judge(
        &self,
        identified: Identified,
        interrupt: &Interrupt,
    ) -> Result<Found, TranslateError> {
        let Identified {
            place,
            tenant,
            host,
            mut wanted,
            left_out,
        } = identified;
        let scope = match &tenant {
            Some(tenant) => tenant.cluster().label(),
            None => format!("vCluster {}", place.which),
        };
        let probe = Probe {
            args: self.args,
            talk: &self.session_talk,
            interrupt,
            deadline: self.args.change.timeout().map(|time| Instant::now() + time),
        };
        let timed_out = probe.ask(tenant.as_ref(), &place, &mut wanted).await;
        if interrupt.is_requested() {
            return Err(TranslateError::Interrupted);
        }
        let mut found = Found {
            judged: wanted
                .into_iter()
                .map(|wanted| {
                    let judgement = place.judge(&wanted, self.args);
                    (wanted, judgement)
                })
                .collect(),
            place,
            scope,
            timed_out,
            left_out,
        };
        if self.args.proof.wait {
            tokio::select! {
                waited = self.wait(&mut found, tenant.as_ref(), host.as_ref()) => waited?,
                _reason = interrupt.requested() => return Err(TranslateError::Interrupted),
            }
        }
        Ok(found)
    }

    /// Looks again until vCluster has done its part for all.
    async fn wait(
        &self,
        found: &mut Found,
        tenant: Option<&Tenant>,
        host: Option<&Host>,
    ) -> Result<(), TranslateError> {
        let (Some(tenant), Some(host)) = (tenant, host) else {
            return Ok(());
        };
        let deadline = self.args.change.timeout().map(|time| Instant::now() + time);
        let mut pause = FIRST_PAUSE;
        while found
            .judged
            .iter()
            .any(|(_, judgement)| judgement.can_be_awaited())
        {
            if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                found.timed_out = true;
                return Ok(());
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
            found.place.evidence = Some(host.evidence(&found.place.which).await?);
            for (wanted, judgement) in &mut found.judged {
                if !judgement.can_be_awaited() {
                    continue;
                }
                // It may have been deleted and created again meanwhile.
                let (namespace, name) = (wanted.record.namespace(), wanted.record.name());
                let account = tenant.service_account(namespace, name).await?;
                wanted.tenant = match account {
                    Some(account) => TenantAnswer::Found(account.metadata.uid),
                    None => TenantAnswer::Missing,
                };
                *judgement = found.place.judge(wanted, self.args);
            }
        }
        Ok(())
    }
}

/// vCluster needs some milliseconds for one ServiceAccount, and 25 ms each for many.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

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
    for (wanted, judgement) in found.judged {
        answers.put(wanted, &found.place, judgement)?;
    }
    let counts = answers.finish(args.selection_of(&found.scope))?;
    let outcome = counts.outcome();
    Ok(if found.timed_out {
        outcome.and(Outcome::TimedOut)
    } else {
        outcome
    })
}
