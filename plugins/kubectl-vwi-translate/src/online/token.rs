//! `--via=token`: a pod of the tenant prints the payload of the token that the host's webhook gave
//! it.
//!
//! What that proves. The issuer, the subject and the audience are those that Entra would be shown,
//! whatever mode the vCluster runs in; no host access is needed. They reach us through the tenant's
//! own API server, though. A tenant who may change pods on admission could let the pod say anything:
//! so it counts only if its container is the one that was asked for when it was made and after its
//! log was read, if it is the same pod all along, and if it printed one whole line and nothing else.
//! Whoever may run programs in that container (`pods/exec`) in the milliseconds that it lives can
//! still forge. Therefore a token never stands against the host: where one can be read, its object,
//! that object's uid and its issuer have to agree; and federate says of an issuer that neither host
//! nor ARM confirms that it is unconfirmed.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use vwi_cli::interrupt::Interrupt;
use vwi_cli::talk::Talk;
use vwi_core::record::Source;
use vwi_core::text::escape;
use vwi_core::translation::token::{LONGEST_LOG, ProbePod, SCRIPT, opinion};
use vwi_core::translation::{Configuration, Opinion, Silence, VirtualClusterName};
use vwi_kubernetes::{OneShot, PodError, Tenant};

use crate::args::TranslateArgs;
use crate::place::Place;
use crate::wanted::{TenantAnswer, Wanted};

/// Longest that one pod is waited for, where `--timeout` allows more: a node that has to be added
/// first needs some minutes.
const PATIENCE: Duration = Duration::from_mins(5);

/// Pods that run at once.
const AT_ONCE: usize = 8;

/// Labels by which a later run finds what a killed one left.
const OURS: &str =
    "app.kubernetes.io/managed-by=kubectl-vwi,app.kubernetes.io/component=token-probe";

/// Whom to ask, and how long.
pub(super) struct Probe<'a> {
    pub(super) args: &'a TranslateArgs,
    pub(super) talk: &'a Talk,
    pub(super) interrupt: &'a Interrupt,
    pub(super) deadline: Option<Instant>,
}

impl Probe<'_> {
    /// Asks a pod of each ServiceAccount; says whether time ran out. All pods are gone then, also if
    /// the user asked to stop meanwhile: this must not be dropped before its end.
    pub(super) async fn ask(
        &self,
        tenant: &Tenant,
        place: &Place,
        mut wanted: Vec<&mut Wanted>,
    ) -> bool {
        if !self.args.via.picks(Source::Token) {
            return false;
        }
        if self.args.change.dry_run.is_dry() {
            silence_all(&mut wanted, "a dry run makes no pod");
            return false;
        }
        let refusal = |found: &Configuration| {
            if self.args.reach.workload_service_account {
                found.pods_refusal(&place.which)
            } else {
                found.refusal(&place.which)
            }
        };
        if place.facts().configuration.and_then(refusal).is_some() {
            return false;
        }
        self.sweep(tenant, &wanted).await;
        let slots = Arc::new(Semaphore::new(AT_ONCE));
        let mut running = JoinSet::new();
        for (index, wanted) in wanted.iter().enumerate() {
            if let Some(pod) = self.pod(wanted) {
                let (tenant, slots) = (tenant.clone(), Arc::clone(&slots));
                let (which, deadline) = (place.which.clone(), self.deadline);
                let interrupt = self.interrupt.clone();
                running.spawn(async move {
                    let _slot = slots.acquire().await;
                    (index, run(&tenant, pod, &which, deadline, &interrupt).await)
                });
            }
        }
        let mut timed_out = false;
        // A task is never cancelled here, and does not panic.
        while let Some(Ok((index, answer))) = running.join_next().await {
            timed_out |= answer.timed_out && self.is_late();
            if let Some(left) = &answer.left {
                self.talk.warn(left);
            }
            let Some(wanted) = wanted.get_mut(index) else {
                continue;
            };
            match answer.said {
                Ok(opinion) => wanted.opinions.push(opinion),
                Err(why) => wanted.silences.push(silence(why)),
            }
        }
        timed_out
    }

    fn is_late(&self) -> bool {
        self.deadline
            .is_some_and(|deadline| Instant::now() >= deadline)
    }

    /// Removes what killed runs left in the namespaces of this one. It is a courtesy: who may not
    /// list pods goes on without.
    async fn sweep(&self, tenant: &Tenant, wanted: &[&mut Wanted]) {
        let mut namespaces: Vec<&str> = wanted
            .iter()
            .map(|wanted| wanted.record.namespace())
            .collect();
        namespaces.sort_unstable();
        namespaces.dedup();
        for namespace in namespaces {
            if self.interrupt.is_requested() {
                return;
            }
            if let Ok(removed @ 1..) = tenant.cluster().sweep_pods(namespace, OURS).await {
                self.talk.say(&format!(
                    "{removed} pods removed that an earlier run had left in namespace {}",
                    escape(namespace)
                ));
            }
        }
    }

    /// Returns the pod that asks for a ServiceAccount, if it can have one.
    fn pod(&self, wanted: &Wanted) -> Option<OneShot> {
        let uid = match &wanted.tenant {
            TenantAnswer::Missing => return None,
            TenantAnswer::Found(uid) => Some(uid.clone()),
            TenantAnswer::NotAsked | TenantAnswer::Asleep | TenantAnswer::Forbidden => None,
        };
        let labels = [
            ("azure.workload.identity/use", "true"),
            ("app.kubernetes.io/managed-by", "kubectl-vwi"),
            ("app.kubernetes.io/component", "token-probe"),
        ];
        let labels = labels.map(|(key, value)| (key.to_owned(), value.to_owned()));
        wanted.fault.is_none().then(|| OneShot {
            namespace: wanted.record.namespace().to_owned(),
            service_account: wanted.record.name().to_owned(),
            service_account_uid: uid,
            prefix: "vwi-token-",
            labels: labels.into(),
            image: self.args.via.image().to_owned(),
            script: SCRIPT,
            patience: PATIENCE,
            longest_log: LONGEST_LOG,
        })
    }
}

/// What one pod gave.
struct Answer {
    said: Result<Opinion, String>,
    timed_out: bool,
    /// Why the pod is still there, if it is.
    left: Option<String>,
}

async fn run(
    tenant: &Tenant,
    mut pod: OneShot,
    which: &VirtualClusterName,
    deadline: Option<Instant>,
    interrupt: &Interrupt,
) -> Answer {
    let silent = |why: &str, timed_out| Answer {
        said: Err(why.to_owned()),
        timed_out,
        left: None,
    };
    // Its turn may come late.
    if interrupt.is_requested() {
        return silent("interrupted", false);
    }
    if let Some(deadline) = deadline {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return silent("there was no time left for its pod", true);
        }
        pod.patience = pod.patience.min(left);
    }
    let stop = async {
        interrupt.requested().await;
    };
    match tenant.cluster().run_pod(&pod, stop).await {
        Ok(ran) => {
            let asked = ProbePod {
                namespace: &pod.namespace,
                name: &ran.name,
                uid: &ran.uid,
                vcluster: &which.name,
            };
            let said = opinion(&ran.log, &asked).map_err(|error| match error.hint() {
                Some(hint) => format!("{error}; {hint}"),
                None => error.to_string(),
            });
            Answer {
                said,
                timed_out: false,
                left: ran.left,
            }
        }
        Err(error) => Answer {
            timed_out: error.is_time_out(),
            said: Err(explained(&error, &pod)),
            left: None,
        },
    }
}

fn explained(error: &PodError, pod: &OneShot) -> String {
    let advice = match error {
        PodError::CannotRun { .. } => {
            let image = escape(&pod.image);
            format!("; another image than `{image}` can be given with `--token-image`")
        }
        PodError::Changed { field, .. } => match *field {
            "env" | "volumeMounts" => {
                "; does the tenant run an Azure workload identity webhook of its own?".to_owned()
            }
            "image" => "; give the image that it is changed to with `--token-image`".to_owned(),
            _ => String::new(),
        },
        PodError::Api(_)
        | PodError::TimedOut { .. }
        | PodError::Failed { .. }
        | PodError::Gone { .. }
        | PodError::Stopped
        | PodError::Left { .. } => String::new(),
    };
    format!("{error}{advice}")
}

fn silence(why: String) -> Silence {
    Silence {
        source: Source::Token,
        why,
    }
}

fn silence_all(wanted: &mut [&mut Wanted], why: &str) {
    for wanted in wanted {
        wanted.silences.push(silence(why.to_owned()));
    }
}
