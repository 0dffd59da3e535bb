//! AKS clusters: their OIDC issuers. They are only read.

use serde::Deserialize;
use vwi_core::arm::{Kind, ResourceId};

use super::client::Arm;
use super::error::ArmError;

/// Version of the AKS API: the oldest stable one with identity bindings.
///
/// Source: azure-rest-api-specs `specification/containerservice/resource-manager`.
pub const API_VERSION: &str = "2026-04-01";

/// What is asked about an AKS cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cluster {
    /// Its id.
    pub id: ResourceId,
    /// Its region.
    pub location: String,
    /// The OIDC issuer, verbatim; none while OIDC is off.
    pub issuer: Option<String>,
    /// Whether the workload identity webhook is on.
    pub workload_identity: bool,
}

#[derive(Deserialize)]
struct Wire {
    id: String,
    #[serde(default)]
    location: String,
    #[serde(default)]
    properties: WireProperties,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WireProperties {
    oidc_issuer_profile: Option<WireIssuer>,
    security_profile: Option<WireSecurity>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct WireIssuer {
    enabled: bool,
    // ARM's own spelling; the Azure CLI shows `issuerUrl`.
    #[serde(rename = "issuerURL")]
    issuer_url: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WireSecurity {
    workload_identity: Option<WireSwitch>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct WireSwitch {
    enabled: bool,
}

impl Wire {
    fn into_cluster(self, id: ResourceId) -> Cluster {
        let issuer = self
            .properties
            .oidc_issuer_profile
            .filter(|profile| profile.enabled)
            .and_then(|profile| profile.issuer_url)
            .filter(|url| !url.is_empty());
        Cluster {
            id,
            location: self.location,
            issuer,
            workload_identity: self
                .properties
                .security_profile
                .and_then(|profile| profile.workload_identity)
                .is_some_and(|switch| switch.enabled),
        }
    }
}

impl Arm {
    /// Reads a cluster; `None` if there is none.
    ///
    /// # Errors
    ///
    /// [`ArmError`] if ARM does not say either.
    pub async fn cluster(&self, id: &ResourceId) -> Result<Option<Cluster>, ArmError> {
        let path = id.to_string();
        let url = self.url(&path, API_VERSION, &[]);
        let wire: Option<Wire> = self.get("read AKS cluster", &path, url).await?;
        Ok(wire.map(|wire| wire.into_cluster(id.clone())))
    }

    /// Lists the clusters of a subscription.
    ///
    /// # Errors
    ///
    /// [`ArmError`] if a page of the list can't be had.
    pub async fn clusters(&self, subscription: &str) -> Result<Vec<Cluster>, ArmError> {
        let (provider, resource_type) = Kind::Cluster.provider();
        let path = format!("/subscriptions/{subscription}/providers/{provider}/{resource_type}");
        let url = self.url(&path, API_VERSION, &[]);
        let wires: Vec<Wire> = self
            .list("list AKS clusters", &path, url)
            .await?
            .unwrap_or_default();
        Ok(wires
            .into_iter()
            .filter_map(|wire| {
                let id = ResourceId::parse(Kind::Cluster, &wire.id).ok()?;
                Some(wire.into_cluster(id))
            })
            .collect())
    }
}
