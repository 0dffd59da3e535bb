//! Writing annotations of a ServiceAccount: server-side apply of our keys, and creation.

use std::collections::BTreeMap;

use http::Method;
use serde_json::{Value, json};

use super::Tenant;
use crate::cluster_as::{ClusterAs, service_account_label};
use crate::error::{ApiCause, ApiError};
use crate::object::{Metadata, ServiceAccount};
use crate::path::{path, with_query};
use crate::request::Ask;

/// Default of the field manager's name.
pub const FIELD_MANAGER: &str = "kubectl-vwi";

/// Annotations to be applied to a ServiceAccount.
#[derive(Clone, Debug)]
pub struct Annotations<'a> {
    /// Its namespace.
    pub namespace: &'a str,
    /// Its name.
    pub name: &'a str,
    /// The uid that was read: the write can neither create it nor hit a successor.
    pub uid: &'a str,
    /// The version that was read, if the write has to fail on a newer one.
    pub version: Option<&'a str>,
    /// All keys that the field manager is to own; one that it owned before and is not here goes.
    pub annotations: &'a BTreeMap<String, String>,
    /// The field manager; [`FIELD_MANAGER`] by default.
    pub field_manager: &'a str,
    /// Whether to take keys over from other managers.
    pub force: bool,
    /// Whether the server only says what it would do.
    pub dry_run: bool,
}

impl<Part> ClusterAs<Part> {
    /// Applies annotations to a ServiceAccount, server-side; returns the object as it is then.
    ///
    /// Seen on Kubernetes 1.36: an object that is not there is answered with 409 (`uid mismatch`),
    /// another object of that name with 422 (`field is immutable`), a key of another manager with
    /// 409 and a cause for each field.
    ///
    /// # Errors
    ///
    /// [`ApiError`]
    pub async fn apply_annotations(
        &self,
        wanted: &Annotations<'_>,
    ) -> Result<ServiceAccount, ApiError> {
        let url = path(
            "/api/v1/namespaces/{}/serviceaccounts/{}",
            &[wanted.namespace, wanted.name],
        );
        let url = with_query(
            &url,
            &[
                ("fieldManager", Some(wanted.field_manager)),
                ("force", Some(if wanted.force { "true" } else { "false" })),
                ("fieldValidation", Some("Strict")),
                ("dryRun", wanted.dry_run.then_some("All")),
            ],
        );
        let mut metadata = json!({
            "name": wanted.name,
            "namespace": wanted.namespace,
            "uid": wanted.uid,
            "annotations": wanted.annotations,
        });
        if let (Some(version), Some(fields)) = (wanted.version, metadata.as_object_mut()) {
            fields.insert("resourceVersion".to_owned(), version.into());
        }
        let body = json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata});
        let ask = Ask {
            operation: "apply",
            object: service_account_label(wanted.namespace, wanted.name),
            method: Method::PATCH,
            path: &url,
            content: Some(("application/apply-patch+yaml", bytes(&body))),
        };
        self.cluster.read(ask).await
    }
}

impl Tenant {
    /// Takes annotations away from the ServiceAccount that was read, whoever wrote them; returns
    /// the object as it is then.
    ///
    /// # Errors
    ///
    /// [`ApiError`]; [`ApiError::is_conflict`] if it has changed since, and [`is_other_object`] if
    /// it is another one.
    pub async fn strip_annotations(
        &self,
        read: &Metadata,
        keys: &[&str],
        field_manager: &str,
        dry_run: bool,
    ) -> Result<ServiceAccount, ApiError> {
        let url = path(
            "/api/v1/namespaces/{}/serviceaccounts/{}",
            &[&read.namespace, &read.name],
        );
        let url = with_query(
            &url,
            &[
                ("fieldManager", Some(field_manager)),
                ("dryRun", dry_run.then_some("All")),
            ],
        );
        let gone: BTreeMap<&str, Value> = keys.iter().map(|key| (*key, Value::Null)).collect();
        let body = json!({"metadata": {
            "uid": read.uid,
            "resourceVersion": read.resource_version,
            "annotations": gone,
        }});
        let ask = Ask {
            operation: "patch",
            object: service_account_label(&read.namespace, &read.name),
            method: Method::PATCH,
            path: &url,
            content: Some(("application/merge-patch+json", bytes(&body))),
        };
        self.cluster.read(ask).await
    }

    /// Creates a ServiceAccount with these annotations; one that is there is a conflict.
    ///
    /// # Errors
    ///
    /// [`ApiError`]; [`ApiError::is_conflict`] if it exists.
    pub async fn create_service_account(
        &self,
        namespace: &str,
        name: &str,
        annotations: &BTreeMap<String, String>,
        field_manager: &str,
        dry_run: bool,
    ) -> Result<ServiceAccount, ApiError> {
        let url = path("/api/v1/namespaces/{}/serviceaccounts", &[namespace]);
        let url = with_query(
            &url,
            &[
                ("fieldManager", Some(field_manager)),
                ("dryRun", dry_run.then_some("All")),
            ],
        );
        let body = json!({
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": {"name": name, "namespace": namespace, "annotations": annotations},
        });
        let ask = Ask {
            operation: "create",
            object: service_account_label(namespace, name),
            method: Method::POST,
            path: &url,
            content: Some(("application/json", bytes(&body))),
        };
        self.cluster.read(ask).await
    }
}

/// JSON values always serialise.
fn bytes(body: &Value) -> Vec<u8> {
    body.to_string().into_bytes()
}

/// Whether a refused apply says that the object is not the one whose uid was sent.
pub fn is_other_object(error: &ApiError) -> bool {
    match &*error.cause {
        ApiCause::Refused {
            code: 409, message, ..
        } => message.contains("uid mismatch"),
        ApiCause::Refused {
            code: 422, message, ..
        } => message.contains("uid"),
        ApiCause::Refused { .. }
        | ApiCause::Unreachable(_)
        | ApiCause::TimedOut { .. }
        | ApiCause::NotUnderstood { .. }
        | ApiCause::Unsendable(_)
        | ApiCause::Credential(_) => false,
    }
}
