//! A pod that runs once: made, waited for, its log read, and removed on every way out.
//!
//! Nothing is left behind: the pod is removed before its result is given, whatever that is. What a
//! killed process leaves ends by itself (`activeDeadlineSeconds`), goes with its ServiceAccount, and
//! is removed by the next run ([`Cluster::sweep_pods`]).

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;
use thiserror::Error;
use tokio::time::{Instant, sleep, timeout_at};
use vwi_core::json::null_is_absent;
use vwi_core::text::escape;

use crate::cluster::Cluster;
use crate::error::ApiError;
use crate::object::Meta;
use crate::path::{path, with_query};
use crate::request::{Ask, List};

mod made;
mod manifest;
mod state;

pub use manifest::{CONTAINER, EXPIRES};

use made::{Made, MadeMetadata};
use manifest::{changed, manifest};
use state::{ProbedPod, Verdict, why_not};

/// A pod that is to run once.
#[derive(Clone, Debug)]
pub struct OneShot {
    /// Its namespace.
    pub namespace: String,
    /// Its ServiceAccount.
    pub service_account: String,
    /// uid of that, which becomes its owner.
    pub service_account_uid: Option<String>,
    /// Beginning of its name.
    pub prefix: &'static str,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Image of its only container.
    pub image: String,
    /// What `/bin/sh` runs there.
    pub script: &'static str,
    /// How long it may take until its log can be read.
    pub patience: Duration,
    /// Most of its log that is read, in bytes.
    pub longest_log: usize,
}

/// A pod that has run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ran {
    /// Its name.
    pub name: String,
    /// Its uid.
    pub uid: String,
    /// What it printed, to `longest_log`.
    pub log: String,
    /// Why it could not be removed, if it could not.
    pub left: Option<String>,
}

/// Why a pod has nothing to say. It has been removed, unless the message says otherwise.
#[derive(Debug, Error)]
pub enum PodError {
    /// An API server did not do its part.
    #[error("{}", .0.in_one_line())]
    Api(#[from] ApiError),
    /// It did not run in time.
    #[error("pod `{pod}` did not run within {} s: {}", after.as_secs(), escape(why))]
    TimedOut {
        /// Its name.
        pod: String,
        /// How long it had.
        after: Duration,
        /// What it waited for.
        why: String,
    },
    /// It can't run.
    #[error("pod `{pod}` cannot run: {}", escape(why))]
    CannotRun {
        /// Its name.
        pod: String,
        /// Why not.
        why: String,
    },
    /// It ran and failed.
    #[error("pod `{pod}` failed: {}", escape(why))]
    Failed {
        /// Its name.
        pod: String,
        /// How.
        why: String,
    },
    /// Somebody removed it, or another has its name now.
    #[error("pod `{pod}` was removed by somebody else before its log was read")]
    Gone {
        /// Its name.
        pod: String,
    },
    /// It is not the pod that was asked for.
    #[error("admission changed `{field}` of pod `{pod}`, so its word does not count")]
    Changed {
        /// Its name.
        pod: String,
        /// Field of its container or of the pod.
        field: &'static str,
    },
    /// The user asked to stop.
    #[error("interrupted")]
    Stopped,
    /// It failed as told, and could not be removed.
    #[error("{error}; and it is still there: {left}")]
    Left {
        /// What went wrong first.
        error: Box<Self>,
        /// Why it could not be removed.
        left: String,
    },
}

impl PodError {
    /// Whether time ran out.
    pub fn is_time_out(&self) -> bool {
        match self {
            Self::TimedOut { .. } => true,
            Self::Left { error, .. } => error.is_time_out(),
            Self::Api(_)
            | Self::CannotRun { .. }
            | Self::Failed { .. }
            | Self::Gone { .. }
            | Self::Changed { .. }
            | Self::Stopped => false,
        }
    }
}

/// The first look comes early, as a node that has the image needs a second or two.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

impl Cluster {
    /// Makes the pod, waits until it has run, reads its log and removes it.
    ///
    /// This has to be awaited to its end, or the pod stays: `stop` ends it early.
    ///
    /// # Errors
    ///
    /// [`PodError`]
    pub async fn run_pod(
        &self,
        wanted: &OneShot,
        stop: impl Future<Output = ()>,
    ) -> Result<Ran, PodError> {
        let made = self.make_pod(wanted).await?;
        let result = tokio::select! {
            biased;
            () = stop => Err(PodError::Stopped),
            result = self.watch_pod(wanted, &made) => result,
        };
        let removed = self.remove_pod(&wanted.namespace, &made.metadata).await;
        let left = removed.err().map(|error| error.in_one_line());
        match (result, left) {
            (Ok(log), left) => Ok(Ran {
                name: made.metadata.name,
                uid: made.metadata.uid,
                log,
                left,
            }),
            (Err(error), None) => Err(error),
            (Err(error), Some(left)) => Err(PodError::Left {
                error: Box::new(error),
                left,
            }),
        }
    }

    /// Removes pods with these labels that killed processes left in a namespace; returns how many.
    ///
    /// # Errors
    ///
    /// [`ApiError`]
    pub async fn sweep_pods(&self, namespace: &str, labels: &str) -> Result<usize, ApiError> {
        let url = path("/api/v1/namespaces/{}/pods", &[namespace]);
        let found: Vec<Meta> = self
            .list(List {
                object: format!("pods in namespace `{namespace}`"),
                path: url,
                labels: Some(labels),
                fields: None,
            })
            .await?;
        let now = seconds_now();
        let expired = found.into_iter().filter(|pod| {
            let expires = pod.metadata.annotations.get(EXPIRES);
            expires.is_some_and(|at| at.parse::<u64>().is_ok_and(|at| at < now))
        });
        let mut removed = 0;
        for pod in expired {
            let metadata = MadeMetadata {
                name: pod.metadata.name,
                uid: pod.metadata.uid,
            };
            self.remove_pod(namespace, &metadata).await?;
            removed += 1;
        }
        Ok(removed)
    }

    /// Returns the pod's log as soon as it has run.
    async fn watch_pod(&self, wanted: &OneShot, made: &Made) -> Result<String, PodError> {
        let asked = manifest(wanted, &made.metadata.name, 0);
        let refuse_changed = |spec: &Value| match changed(&asked, spec) {
            None => Ok(()),
            Some(field) => Err(PodError::Changed {
                pod: made.metadata.name.clone(),
                field,
            }),
        };
        refuse_changed(&made.spec)?;
        let deadline = Instant::now() + wanted.patience;
        let mut last = String::from("it was not looked at yet");
        let ended = timeout_at(deadline, self.until_ended(wanted, made, &mut last)).await;
        let Ok(ended) = ended else {
            let events = self.events(wanted, made).await;
            let why = match events {
                Some(event) => format!("{last}; {event}"),
                None => last,
            };
            return Err(PodError::TimedOut {
                pod: made.metadata.name.clone(),
                after: wanted.patience,
                why,
            });
        };
        ended?;
        let log = self.pod_log(wanted, made).await?;
        // Its image can be changed while it is there, and a namesake can take its place.
        let after = self.look(wanted, made).await?;
        refuse_changed(&after.spec)?;
        Ok(log)
    }

    async fn until_ended(
        &self,
        wanted: &OneShot,
        made: &Made,
        last: &mut String,
    ) -> Result<(), PodError> {
        let mut pause = FIRST_PAUSE;
        loop {
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
            let pod = made.metadata.name.clone();
            match self.look(wanted, made).await?.verdict() {
                Verdict::Ended => return Ok(()),
                Verdict::Waits(why) => *last = why,
                Verdict::CannotRun(why) => return Err(PodError::CannotRun { pod, why }),
                Verdict::Failed(why) => return Err(PodError::Failed { pod, why }),
            }
        }
    }

    /// Reads the very pod that was made.
    async fn look(&self, wanted: &OneShot, made: &Made) -> Result<ProbedPod, PodError> {
        let name = &made.metadata.name;
        let url = path("/api/v1/namespaces/{}/pods/{}", &[&wanted.namespace, name]);
        let label = format!("pod `{}/{name}`", wanted.namespace);
        let found: Option<ProbedPod> = self.find(Ask::get(label, &url)).await?;
        found
            .filter(|pod| pod.metadata.uid == made.metadata.uid)
            .ok_or_else(|| PodError::Gone { pod: name.clone() })
    }

    async fn pod_log(&self, wanted: &OneShot, made: &Made) -> Result<String, ApiError> {
        let name = &made.metadata.name;
        let url = path(
            "/api/v1/namespaces/{}/pods/{}/log",
            &[&wanted.namespace, name],
        );
        // One byte more, so that a longer log is seen to be one.
        let most = (wanted.longest_log + 1).to_string();
        let url = with_query(
            &url,
            &[("container", Some(CONTAINER)), ("limitBytes", Some(&most))],
        );
        let label = format!("the log of pod `{}/{name}`", wanted.namespace);
        self.text(Ask::get(label, &url)).await
    }

    /// Returns what the events say of a pod that does not start; nobody has to be able to read them.
    async fn events(&self, wanted: &OneShot, made: &Made) -> Option<String> {
        let url = path("/api/v1/namespaces/{}/events", &[&wanted.namespace]);
        let fields = format!("involvedObject.uid={}", made.metadata.uid);
        let events = self.list(List {
            object: "events".to_owned(),
            path: url,
            labels: None,
            fields: Some(&fields),
        });
        why_not(&events.await.ok()?)
    }
}

/// Seconds since 1970, for the time after which anybody may remove a pod.
fn seconds_now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}
