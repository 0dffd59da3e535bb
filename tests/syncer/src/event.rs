//! Events on tenant objects: all that a tenant's user sees of a failure on the host.

use std::fmt::Debug;

use k8s_openapi::api::core::v1::{Event, EventSource, ObjectReference};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, Time};
use k8s_openapi::jiff::Timestamp;
use kube::api::{Patch, PatchParams, PostParams};
use kube::{Api, Client, Resource};
use serde_json::json;
use sha2::{Digest, Sha256};

/// Longest message of an event, in bytes.
///
/// Source: Kubernetes `pkg/apis/core/validation/events.go`.
const MAX_MESSAGE_BYTES: usize = 1024;

/// Bytes of the object's name that an event's name can begin with; a `.` and 16 digits follow.
const MAX_NAME_BYTES: usize = 253 - 17;

/// Posts a warning `SyncError` on `object`; the same one again counts up instead.
///
/// # Errors
///
/// When the API server refuses it.
pub(crate) async fn sync_error<K>(
    tenant: &Client,
    syncer: &str,
    object: &K,
    message: &str,
) -> Result<(), kube::Error>
where
    K: Resource<DynamicType = ()> + Debug,
{
    let regarding: ObjectReference = object.object_ref(&());
    let namespace = regarding.namespace.clone().unwrap_or_default();
    let events: Api<Event> = Api::namespaced(tenant.clone(), &namespace);

    let uid = regarding.uid.as_deref().unwrap_or_default();
    let digest = format!("{:.16x}", Sha256::digest(format!("{uid} {message}")));
    let object_name = regarding.name.as_deref().unwrap_or_default();
    let object_name = cut(object_name, MAX_NAME_BYTES).trim_end_matches(['.', '-']);
    let name = format!("{object_name}.{digest}");
    let now = Time(Timestamp::now());
    if let Some(posted) = events.get_opt(&name).await? {
        let count = posted.count.unwrap_or(1).saturating_add(1);
        let again = json!({"count": count, "lastTimestamp": now});
        events
            .patch(&name, &PatchParams::default(), &Patch::Merge(&again))
            .await?;
        return Ok(());
    }
    let event = Event {
        metadata: ObjectMeta {
            name: Some(name),
            namespace: Some(namespace),
            ..ObjectMeta::default()
        },
        involved_object: regarding,
        type_: Some("Warning".to_owned()),
        reason: Some("SyncError".to_owned()),
        message: Some(cut(message, MAX_MESSAGE_BYTES).to_owned()),
        count: Some(1),
        first_timestamp: Some(now.clone()),
        last_timestamp: Some(now),
        source: Some(EventSource {
            component: Some(format!("{syncer}-syncer")),
            host: None,
        }),
        ..Event::default()
    };
    events.create(&PostParams::default(), &event).await?;
    Ok(())
}

fn cut(text: &str, bytes: usize) -> &str {
    text.get(..text.floor_char_boundary(bytes))
        .unwrap_or_default()
}
