//! What the steps ask a host cluster, and how the host is found.

use http::Method;
use k8s_openapi::ByteString;
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::json;
use vwi_core::name::marker_label_cluster;
use vwi_core::translation::{ServiceAddress, VirtualClusterName};
use vwi_core::vcluster_labels::{MANAGED_BY, VCLUSTER_SERVICE};

use crate::cluster::Cluster;
use crate::cluster_as::{ClusterAs, Scope, service_account_label};
use crate::error::{ApiCause, ApiError};
use crate::object::{Meta, Pod, Service, WebhookConfiguration};
use crate::path::path;
use crate::request::Ask;

pub mod control_plane;
pub mod discovery;
mod fleet;

pub use control_plane::ControlPlane;
pub use discovery::{HostCandidate, HostOrigin};
pub use fleet::{SyncedPage, SyncedPages};

/// A host cluster.
pub type Host = ClusterAs<HostOrigin>;

impl Host {
    /// Takes a cluster for a host.
    pub fn new(cluster: Cluster, origin: HostOrigin) -> Self {
        Self {
            cluster,
            part: origin,
        }
    }

    /// Returns how it was found.
    pub fn origin(&self) -> &HostOrigin {
        &self.part
    }

    /// Lists the Services in front of vClusters; the shared address tells which one a tenant is.
    ///
    /// # Errors
    ///
    /// [`ApiError`]
    pub async fn services(&self, scope: &Scope) -> Result<Vec<ServiceAddress>, ApiError> {
        let selector = format!("{VCLUSTER_SERVICE}=true");
        let found: Vec<Service> = self
            .list_in(
                ("api/v1", "services"),
                "vCluster Services",
                scope,
                Some(&selector),
                None,
            )
            .await?;
        let services = found.into_iter().map(|service| ServiceAddress {
            which: VirtualClusterName {
                name: service.metadata.name,
                namespace: service.metadata.namespace,
            },
            address: service
                .spec
                .cluster_ip
                .filter(|address| !address.is_empty() && address != "None"),
        });
        Ok(services.collect())
    }

    /// Reads the configuration of a vCluster (0.20 and newer): key `config.yaml` of its Secret
    /// `vc-config-NAME`. `None` if there is no such Secret or key.
    ///
    /// # Errors
    ///
    /// [`ApiError`]
    pub async fn configuration(
        &self,
        vcluster: &str,
        namespace: &str,
    ) -> Result<Option<String>, ApiError> {
        let name = format!("vc-config-{vcluster}");
        let url = path("/api/v1/namespaces/{}/secrets/{}", &[namespace, &name]);
        let object = format!("Secret `{namespace}/{name}`");
        let secret: Option<ConfigurationSecret> =
            self.cluster.find(Ask::get(object.clone(), &url)).await?;
        let Some(ByteString(bytes)) = secret.and_then(|secret| secret.data.config) else {
            return Ok(None);
        };
        let text = String::from_utf8(bytes).map_err(|_hidden| ApiError {
            operation: "read",
            object,
            cluster: self.cluster.label(),
            cause: Box::new(ApiCause::NotUnderstood {
                fault: "key `config.yaml` is no text".to_owned(),
            }),
        })?;
        Ok(Some(text))
    }

    /// Returns the issuer of the cluster's tokens, byte for byte, from its discovery document.
    ///
    /// # Errors
    ///
    /// [`ApiError`]
    pub async fn issuer(&self) -> Result<String, ApiError> {
        let ask = Ask::get(
            "the OpenID discovery document".to_owned(),
            "/.well-known/openid-configuration",
        );
        let document: Discovery = self.cluster.read(ask).await?;
        Ok(document.issuer)
    }

    /// Mints a token for a ServiceAccount with the TokenRequest API.
    ///
    /// # Errors
    ///
    /// [`ApiError`]
    pub async fn mint_token(
        &self,
        namespace: &str,
        name: &str,
        audience: &str,
    ) -> Result<SecretString, ApiError> {
        let url = path(
            "/api/v1/namespaces/{}/serviceaccounts/{}/token",
            &[namespace, name],
        );
        // Ten minutes, the shortest that the API takes.
        let body = json!({
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenRequest",
            "spec": {"audiences": [audience], "expirationSeconds": 600},
        });
        let ask = Ask {
            operation: "mint",
            object: format!("a token for {}", service_account_label(namespace, name)),
            method: Method::POST,
            path: &url,
            content: Some(("application/json", body.to_string().into_bytes())),
        };
        let answer: TokenRequest = self.cluster.read(ask).await?;
        Ok(SecretString::from(answer.status.token))
    }

    /// Lists the Namespaces that a vCluster has on the host.
    ///
    /// # Errors
    ///
    /// [`ApiError`]
    pub async fn namespaces_of(&self, which: &VirtualClusterName) -> Result<Vec<Meta>, ApiError> {
        let marker = marker_label_cluster(&which.namespace, &which.name);
        let selector = format!("{MANAGED_BY}={marker}");
        let mut found: Vec<Meta> = self
            .list_in(
                ("api/v1", "namespaces"),
                "synced Namespaces",
                &Scope::All,
                Some(&selector),
                None,
            )
            .await?;
        found.retain(|namespace| which.owns_namespace(&namespace.metadata.labels));
        Ok(found)
    }

    /// Lists all Namespaces.
    ///
    /// # Errors
    ///
    /// [`ApiError`]
    pub async fn namespaces(&self) -> Result<Vec<Meta>, ApiError> {
        self.list_in(
            ("api/v1", "namespaces"),
            "Namespaces",
            &Scope::All,
            None,
            None,
        )
        .await
    }

    /// Lists the pods in scope that a vCluster has synced.
    ///
    /// # Errors
    ///
    /// [`ApiError`]
    pub async fn pods_of(&self, vcluster: &str, scope: &Scope) -> Result<Vec<Pod>, ApiError> {
        let selector = format!("{MANAGED_BY}={vcluster}");
        self.list_in(
            ("api/v1", "pods"),
            "synced pods",
            scope,
            Some(&selector),
            None,
        )
        .await
    }

    /// Lists the mutating admission webhooks.
    ///
    /// # Errors
    ///
    /// [`ApiError`]
    pub async fn webhooks(&self) -> Result<Vec<WebhookConfiguration>, ApiError> {
        self.list_in(
            (
                "apis/admissionregistration.k8s.io/v1",
                "mutatingwebhookconfigurations",
            ),
            "mutating webhooks",
            &Scope::All,
            None,
            None,
        )
        .await
    }
}

#[derive(Deserialize)]
struct ConfigurationSecret {
    #[serde(default)]
    data: ConfigurationData,
}

#[derive(Default, Deserialize)]
struct ConfigurationData {
    #[serde(rename = "config.yaml")]
    config: Option<ByteString>,
}

#[derive(Deserialize)]
struct Discovery {
    issuer: String,
}

#[derive(Deserialize)]
struct TokenRequest {
    status: TokenStatus,
}

#[derive(Deserialize)]
struct TokenStatus {
    token: String,
}
