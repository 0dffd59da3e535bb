//! Where changes come from: watches of both sides.

use std::fmt::Debug;

use k8s_openapi::api::core::v1::{Namespace, Pod, ServiceAccount};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::{Api, Client, Resource};
use serde::de::DeserializeOwned;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;
use vwi_core::namespaces::NamespaceMode;

use super::objects::Synced;
use super::{Key, Sort};
use crate::config::Config;
use crate::metadata::{Place, tenant_place};
use crate::watch::{Seen, watch};

/// What a source has to say.
#[derive(Debug)]
pub(super) enum Message {
    /// Something changed about this tenant object or its copy.
    Look(Key),
    /// All objects of this sort on one side have been told.
    Listed(Sort),
}

/// The watches of both sides; they end with this.
pub(super) struct Sources {
    messages: UnboundedReceiver<Option<Message>>,
    watches: JoinSet<()>,
    listed: usize,
    /// Keeps the channel open where nothing is watched.
    sender: UnboundedSender<Option<Message>>,
}

impl Sources {
    /// Starts to watch what `config` says.
    pub(super) fn start(host: &Client, tenant: &Client, config: &Config) -> Self {
        let (sender, messages) = unbounded_channel();
        let mut sources = Self {
            messages,
            watches: JoinSet::new(),
            listed: 0,
            sender,
        };
        if !config.service_account_sync && !config.pod_sync {
            return sources;
        }
        if config.mode != NamespaceMode::Single {
            let tenants: Api<Namespace> = Api::all(tenant.clone());
            let scope = config.scope.clone();
            sources.watch(tenants, Sort::Namespace, move |metadata| {
                let name = metadata.name.clone().unwrap_or_default();
                let namespace = String::new();
                scope.holds(&name).then_some(Place { namespace, name })
            });
        }
        if config.service_account_sync {
            sources.both::<ServiceAccount>(host, tenant, config);
        }
        if config.pod_sync {
            sources.both::<Pod>(host, tenant, config);
        }
        sources
    }

    /// Returns the next message if there is one already.
    pub(super) fn next_now(&mut self) -> Option<Message> {
        while let Ok(message) = self.messages.try_recv() {
            if let Some(message) = self.counted(message) {
                return Some(message);
            }
        }
        None
    }

    /// Waits for the next message.
    pub(super) async fn next(&mut self) -> Message {
        loop {
            match self.messages.recv().await {
                Some(message) => {
                    if let Some(message) = self.counted(message) {
                        return message;
                    }
                }
                // Cannot be: this holds a sender.
                None => std::future::pending().await,
            }
        }
    }

    /// Whether every watch has told its first list.
    pub(super) fn all_listed(&self) -> bool {
        self.listed >= self.watches.len()
    }

    fn counted(&mut self, message: Option<Message>) -> Option<Message> {
        if matches!(message, Some(Message::Listed(_))) {
            self.listed += 1;
        }
        message
    }

    fn both<K: Synced>(&mut self, host: &Client, tenant: &Client, config: &Config) {
        let scope = config.scope.clone();
        self.watch(Api::<K>::all(tenant.clone()), K::SORT, move |metadata| {
            let place = Place::of(metadata);
            scope.holds(&place.namespace).then_some(place)
        });
        let copies: Api<K> = match config.mode {
            NamespaceMode::Single => Api::namespaced(host.clone(), &config.namespace),
            NamespaceMode::Sync { .. } | NamespaceMode::LegacyMulti => Api::all(host.clone()),
        };
        let config = config.clone();
        self.watch(copies, K::SORT, move |metadata| {
            let place = tenant_place(&config, K::KIND, metadata)?;
            config.scope.holds(&place.namespace).then_some(place)
        });
    }

    fn watch<K>(
        &mut self,
        api: Api<K>,
        sort: Sort,
        place: impl Fn(&ObjectMeta) -> Option<Place> + Send + Sync + 'static,
    ) where
        K: Resource<DynamicType = ()> + Clone + Debug + DeserializeOwned + Send + 'static,
    {
        let wrap = move |seen: Seen<K>| match seen {
            Seen::There(object) | Seen::Gone(object) => {
                let place = place(object.meta())?;
                Some(Message::Look(Key { sort, place }))
            }
            Seen::Listed => Some(Message::Listed(sort)),
        };
        self.watches.spawn(watch(api, self.sender.clone(), wrap));
    }
}
