//! What happens on a change, one object after another.
//!
//! A change only says where to look: both sides are then read anew and compared with how they were
//! when they were synced last.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use k8s_openapi::api::core::v1::Service;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use kube::api::PostParams;
use kube::{Api, Client};
use tokio::sync::mpsc::error::TryRecvError;
use tokio::sync::{mpsc, watch};
use tokio::time::sleep;
use vwi_core::namespaces::NamespaceMode;

use crate::config::Config;
use crate::metadata::{Place, Snapshot};
use crate::syncer::{Command, Log};

mod namespaces;
mod objects;
mod pods;
mod sources;
mod token;

use sources::{Message, Sources};

/// Pause before what failed is tried again; vCluster's grows from 5 ms on.
const RETRY_AFTER: Duration = Duration::from_millis(200);

/// The sorts of objects that are synced, in the order in which they need each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Sort {
    Namespace,
    ServiceAccount,
    Pod,
}

/// A tenant object to look at; that of a Namespace is a name without a namespace.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    sort: Sort,
    place: Place,
}

/// Runs until its test is through with it.
pub(crate) async fn run(
    host: Client,
    tenant: Client,
    config: Config,
    mut orders: mpsc::Receiver<Command>,
    settled: watch::Sender<bool>,
    log: Log,
) {
    let start = || Engine::start(host.clone(), tenant.clone(), config.clone(), log.clone());
    let mut engine = Some(start());
    loop {
        let order = match &mut engine {
            Some(engine) => match orders.try_recv() {
                Ok(order) => Some(order),
                Err(TryRecvError::Disconnected) => return,
                Err(TryRecvError::Empty) => engine.step(&mut orders, &settled).await,
            },
            None => match orders.recv().await {
                Some(order) => Some(order),
                None => return,
            },
        };
        let done = match order {
            None => continue,
            Some(Command::Pause(done)) => {
                engine = None;
                done
            }
            Some(Command::Resume(done)) => {
                engine.get_or_insert_with(start);
                done
            }
            Some(Command::CleanUp(done)) => {
                if let Some(engine) = &mut engine {
                    engine.clean_up();
                }
                done
            }
        };
        settled.send_replace(false);
        // The test may have stopped waiting.
        let _heard = done.send(());
    }
}

/// A syncer that is up; what it remembers goes with it.
struct Engine {
    host: Client,
    tenant: Client,
    config: Config,
    log: Log,
    sources: Sources,
    queue: VecDeque<Key>,
    failed: BTreeSet<Key>,
    /// How both sides were when they were synced last.
    synced: BTreeMap<Key, Snapshot>,
    /// Which tenant object each host name was given to.
    names: BTreeMap<(Sort, Place), Place>,
    /// Wait for a host name that is reserved.
    blocked: BTreeSet<Key>,
    owner: Option<OwnerReference>,
}

impl Engine {
    fn start(host: Client, tenant: Client, config: Config, log: Log) -> Self {
        Self {
            sources: Sources::start(&host, &tenant, &config),
            host,
            tenant,
            config,
            log,
            queue: VecDeque::new(),
            failed: BTreeSet::new(),
            synced: BTreeMap::new(),
            names: BTreeMap::new(),
            blocked: BTreeSet::new(),
            owner: None,
        }
    }

    /// Looks at one object, or waits for something to do; returns an order that came meanwhile.
    async fn step(
        &mut self,
        orders: &mut mpsc::Receiver<Command>,
        settled: &watch::Sender<bool>,
    ) -> Option<Command> {
        while let Some(message) = self.sources.next_now() {
            self.note(message);
        }
        if let Some(key) = self.queue.pop_front() {
            settled.send_replace(false);
            Box::pin(self.reconcile(key)).await;
            return None;
        }
        settled.send_replace(self.sources.all_listed());
        tokio::select! {
            order = orders.recv() => order,
            message = self.sources.next() => {
                settled.send_replace(false);
                self.note(message);
                None
            }
            () = sleep(RETRY_AFTER), if !self.failed.is_empty() => {
                let failed = std::mem::take(&mut self.failed);
                self.enqueue_all(failed);
                None
            }
        }
    }

    fn enqueue(&mut self, key: Key) {
        if !self.queue.contains(&key) {
            self.queue.push_back(key);
        }
    }

    fn enqueue_all(&mut self, keys: impl IntoIterator<Item = Key>) {
        for key in keys {
            self.enqueue(key);
        }
    }

    fn note(&mut self, message: Message) {
        match message {
            Message::Look(key) => self.enqueue(key),
            // What went away while nobody watched is in no list.
            Message::Listed(sort) => {
                let known = self.synced.keys().filter(|key| key.sort == sort);
                let known: Vec<_> = known.cloned().collect();
                self.enqueue_all(known);
            }
        }
    }

    async fn reconcile(&mut self, key: Key) {
        let result = match key.sort {
            Sort::Namespace => self.namespace(&key.place.name).await,
            Sort::ServiceAccount => self.service_account(&key).await,
            Sort::Pod => Box::pin(self.pod(&key)).await,
        };
        match result {
            Ok(()) => {}
            // Somebody was faster; what they wrote is looked at at once.
            Err(kube::Error::Api(status)) if status.is_conflict() => self.enqueue(key),
            Err(error) => {
                self.log.add(format!("cannot sync {}: {error}", key.place));
                self.failed.insert(key);
            }
        }
    }

    /// Frees the host names that lost their owner.
    fn clean_up(&mut self) {
        let synced = &self.synced;
        self.names.retain(|(sort, _), place| {
            let key = Key {
                sort: *sort,
                place: place.clone(),
            };
            synced.contains_key(&key)
        });
        let blocked = std::mem::take(&mut self.blocked);
        self.enqueue_all(blocked);
    }

    /// Whether the object goes to the namespace of the control plane.
    fn is_beside_control_plane(&self, host: &Place) -> bool {
        host.namespace == self.config.namespace
    }

    /// Returns the owner of the host object, if it has to have one.
    async fn owner(&mut self) -> Result<Option<OwnerReference>, kube::Error> {
        // The host's garbage collector deletes what names an owner in another namespace.
        if !self.config.set_owner || self.config.mode != NamespaceMode::Single {
            return Ok(None);
        }
        if self.owner.is_none() {
            let namespace = &self.config.namespace;
            let services: Api<Service> = Api::namespaced(self.host.clone(), namespace);
            let service = services.get_opt(&self.config.vcluster).await?;
            self.owner = service.and_then(|service| {
                Some(OwnerReference {
                    api_version: "v1".to_owned(),
                    kind: "Service".to_owned(),
                    name: service.metadata.name?,
                    uid: service.metadata.uid?,
                    controller: Some(false),
                    block_owner_deletion: None,
                })
            });
        }
        Ok(self.owner.clone())
    }

    /// Waits as long as vCluster does between two writes on the host.
    async fn written(&self) {
        if !self.config.write_pause.is_zero() {
            sleep(self.config.write_pause).await;
        }
    }
}

/// Parameters of a write; vCluster's own is the manager of what it wrote.
fn creating() -> PostParams {
    PostParams {
        field_manager: Some("vcluster".to_owned()),
        ..PostParams::default()
    }
}
