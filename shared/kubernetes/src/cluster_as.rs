//! A cluster in its part as tenant or host, and what is asked of both alike.

use serde::de::DeserializeOwned;

use crate::cluster::Cluster;
use crate::error::ApiError;
use crate::object::{Pod, ServiceAccount};
use crate::path::path;
use crate::request::{Ask, List};

/// Which ServiceAccounts, pods or workloads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Of one namespace.
    Namespace(String),
    /// Of all namespaces.
    All,
}

/// A cluster in the part that it plays: [`Tenant`](crate::Tenant) or [`Host`](crate::Host).
#[derive(Clone, Debug)]
pub struct ClusterAs<Part> {
    pub(crate) cluster: Cluster,
    pub(crate) part: Part,
}

impl<Part> ClusterAs<Part> {
    /// Returns the connection.
    pub fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// Reads a ServiceAccount; `None` if it is not there.
    ///
    /// # Errors
    ///
    /// [`ApiError`]
    pub async fn service_account(
        &self,
        namespace: &str,
        name: &str,
    ) -> Result<Option<ServiceAccount>, ApiError> {
        let url = path(
            "/api/v1/namespaces/{}/serviceaccounts/{}",
            &[namespace, name],
        );
        let ask = Ask::get(service_account_label(namespace, name), &url);
        self.cluster.find(ask).await
    }

    /// Lists ServiceAccounts, page by page.
    ///
    /// # Errors
    ///
    /// [`ApiError`]
    pub async fn service_accounts(
        &self,
        scope: &Scope,
        label_selector: Option<&str>,
        field_selector: Option<&str>,
    ) -> Result<Vec<ServiceAccount>, ApiError> {
        self.list_in(
            ("api/v1", "serviceaccounts"),
            "ServiceAccounts",
            scope,
            label_selector,
            field_selector,
        )
        .await
    }

    /// Lists pods, page by page.
    ///
    /// # Errors
    ///
    /// [`ApiError`]
    pub async fn pods(
        &self,
        scope: &Scope,
        label_selector: Option<&str>,
    ) -> Result<Vec<Pod>, ApiError> {
        self.list_in(("api/v1", "pods"), "pods", scope, label_selector, None)
            .await
    }

    /// Lists what is in scope of one resource, page by page; errors call it `label`.
    pub(crate) async fn list_in<T: DeserializeOwned>(
        &self,
        (group, resource): (&str, &str),
        label: &str,
        scope: &Scope,
        labels: Option<&str>,
        fields: Option<&str>,
    ) -> Result<Vec<T>, ApiError> {
        self.list_kept_in((group, resource), label, scope, labels, fields, Some)
            .await
    }

    /// The same, keeping of each item only what `keep` makes of it.
    pub(crate) async fn list_kept_in<T: DeserializeOwned, U>(
        &self,
        (group, resource): (&str, &str),
        label: &str,
        scope: &Scope,
        labels: Option<&str>,
        fields: Option<&str>,
        keep: impl FnMut(T) -> Option<U>,
    ) -> Result<Vec<U>, ApiError> {
        let list = list_in((group, resource), label, scope, labels, fields);
        self.cluster.list_kept(list, keep).await
    }
}

/// Returns the list of what is in scope of one resource; errors call it `label`.
pub(crate) fn list_in<'a>(
    (group, resource): (&str, &str),
    label: &str,
    scope: &Scope,
    labels: Option<&'a str>,
    fields: Option<&'a str>,
) -> List<'a> {
    let (path, object) = match scope {
        Scope::All => (
            format!("/{group}/{resource}"),
            format!("{label} in all namespaces"),
        ),
        Scope::Namespace(namespace) => (
            path(
                &format!("/{group}/namespaces/{{}}/{resource}"),
                &[namespace],
            ),
            format!("{label} in namespace `{namespace}`"),
        ),
    };
    List {
        object,
        path,
        labels,
        fields,
    }
}

pub(crate) fn service_account_label(namespace: &str, name: &str) -> String {
    format!("ServiceAccount `{namespace}/{name}`")
}
