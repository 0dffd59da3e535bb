//! Makes the pod and removes it.

use std::hash::{BuildHasher, RandomState};
use std::time::SystemTime;

use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::manifest::manifest;
use super::{OneShot, PodError, seconds_now};
use crate::cluster::Cluster;
use crate::error::ApiError;
use crate::path::path;
use crate::request::Ask;

/// The pod that was made.
#[derive(Deserialize)]
pub(super) struct Made {
    pub(super) metadata: MadeMetadata,
    pub(super) spec: Value,
}

#[derive(Deserialize)]
pub(super) struct MadeMetadata {
    pub(super) name: String,
    pub(super) uid: String,
}

impl Cluster {
    /// Makes the pod; one whose making is not answered is removed, if it was made.
    pub(super) async fn make_pod(&self, wanted: &OneShot) -> Result<Made, PodError> {
        let url = path("/api/v1/namespaces/{}/pods", &[&wanted.namespace]);
        let name = unique_name(wanted.prefix);
        let asked = manifest(wanted, &name, seconds_now());
        let ask = Ask {
            operation: "create",
            method: Method::POST,
            content: Some(("application/json", asked.to_string().into_bytes())),
            ..Ask::get(
                format!(
                    "a pod of ServiceAccount `{}/{}`",
                    wanted.namespace, wanted.service_account
                ),
                &url,
            )
        };
        let error = match self.read(ask).await {
            Ok(made) => return Ok(made),
            Err(error) => error,
        };
        // A request that is sent again after a time-out of a gateway finds its own pod there.
        let is_open = error.leaves_open() || error.is_conflict();
        let error = PodError::Api(error);
        if !is_open {
            return Err(error);
        }
        Err(match self.remove_named(&wanted.namespace, &name).await {
            Ok(()) => error,
            Err(why) => PodError::Left {
                error: Box::new(error),
                left: why.in_one_line(),
            },
        })
    }

    /// Removes a pod whose making was not answered, if it is there: nobody else has such a name.
    async fn remove_named(&self, namespace: &str, name: &str) -> Result<(), ApiError> {
        let url = path("/api/v1/namespaces/{}/pods/{}", &[namespace, name]);
        let label = format!("pod `{namespace}/{name}`");
        match self.find::<Made>(Ask::get(label, &url)).await? {
            Some(made) => self.remove_pod(namespace, &made.metadata).await,
            None => Ok(()),
        }
    }

    /// Removes the very pod that was made.
    pub(super) async fn remove_pod(
        &self,
        namespace: &str,
        pod: &MadeMetadata,
    ) -> Result<(), ApiError> {
        let url = path("/api/v1/namespaces/{}/pods/{}", &[namespace, &pod.name]);
        // Nothing in it wants to be told before it ends.
        let options = json!({
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "gracePeriodSeconds": 1,
            "preconditions": {"uid": pod.uid},
        });
        let ask = Ask {
            operation: "delete",
            method: Method::DELETE,
            content: Some(("application/json", options.to_string().into_bytes())),
            ..Ask::get(format!("pod `{namespace}/{}`", pod.name), &url)
        };
        match self.find::<Value>(ask).await {
            // A namesake with another uid is not ours.
            Err(error) if error.is_conflict() => Ok(()),
            removed => removed.map(|_| ()),
        }
    }
}

/// Returns a name that no other pod has: known before the pod is made, so that it can be removed
/// also if nobody says that it was.
fn unique_name(prefix: &str) -> String {
    let random = RandomState::new().hash_one(SystemTime::now());
    format!("{prefix}{random:016x}")
}

#[cfg(test)]
mod tests;
