//! Tells of every change of a kind of object, from a list on.

use std::fmt::Debug;
use std::time::Duration;

use futures_util::{StreamExt, pin_mut};
use kube::api::{ListParams, WatchEvent, WatchParams};
use kube::{Api, Resource};
use serde::de::DeserializeOwned;
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::sleep;

/// One thing that a watch has seen.
#[derive(Debug)]
pub enum Seen<K> {
    /// It is there, new or changed.
    There(K),
    /// It is gone; this is its last state.
    Gone(K),
    /// All there were at one moment have been told; what was known and is not among them is gone.
    Listed,
}

/// Pause after an API server did not answer.
const PAUSE: Duration = Duration::from_millis(200);

/// Watches `api` until `to` is closed, and sends what it sees as `wrap` has it.
pub async fn watch<K, M>(api: Api<K>, to: UnboundedSender<M>, wrap: impl Fn(Seen<K>) -> M + Send)
where
    K: Resource + Clone + Debug + DeserializeOwned + Send + 'static,
    M: Send,
{
    while !to.is_closed() {
        // A watch ends after minutes, or when it has fallen behind: then from a new list on.
        if let Err(_unanswered) = watch_once(&api, &to, &wrap).await {
            sleep(PAUSE).await;
        }
    }
}

async fn watch_once<K, M>(
    api: &Api<K>,
    to: &UnboundedSender<M>,
    wrap: &(impl Fn(Seen<K>) -> M + Send),
) -> Result<(), kube::Error>
where
    K: Resource + Clone + Debug + DeserializeOwned + Send + 'static,
    M: Send,
{
    let listed = api.list(&ListParams::default()).await?;
    let mut version = listed.metadata.resource_version.unwrap_or_default();
    // Nobody listens any more when sending fails; the caller sees it too.
    for object in listed.items {
        let _sent = to.send(wrap(Seen::There(object)));
    }
    let _sent = to.send(wrap(Seen::Listed));
    while !to.is_closed() {
        let events = api.watch(&WatchParams::default(), &version).await?;
        pin_mut!(events);
        while let Some(event) = events.next().await {
            let (seen, object_version) = match event? {
                WatchEvent::Added(object) | WatchEvent::Modified(object) => {
                    let version = object.meta().resource_version.clone();
                    (Seen::There(object), version)
                }
                WatchEvent::Deleted(object) => {
                    let version = object.meta().resource_version.clone();
                    (Seen::Gone(object), version)
                }
                WatchEvent::Bookmark(bookmark) => {
                    version = bookmark.metadata.resource_version;
                    continue;
                }
                // Most of all 410: the version is too old to continue from.
                WatchEvent::Error(status) => return Err(kube::Error::Api(status)),
            };
            version = object_version.unwrap_or(version);
            let _sent = to.send(wrap(seen));
        }
    }
    Ok(())
}
