//! User-assigned managed identities, and the resource groups that they are made in.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::json;
use vwi_core::arm::{Call, Kind, ResourceId};
use vwi_core::federation::Identity;

use super::client::{Arm, Written};
use super::error::ArmError;

/// Version of the managed identity API: the same surface as the newest, and the least likely to be
/// missing in a sovereign cloud.
///
/// Source: azure-rest-api-specs `specification/msi/resource-manager`.
pub(super) const API_VERSION: &str = "2024-11-30";

/// Version of the resource group API that the Azure CLI uses.
const GROUP_API_VERSION: &str = "2024-11-01";

#[derive(Deserialize)]
struct Wire {
    id: String,
    #[serde(default)]
    location: String,
    // `null` and absent mean none.
    #[serde(default)]
    tags: Option<BTreeMap<String, String>>,
    properties: WireProperties,
}

#[derive(Deserialize)]
struct WireProperties {
    #[serde(rename = "tenantId")]
    tenant: String,
    #[serde(rename = "principalId")]
    principal: String,
    #[serde(rename = "clientId")]
    client: String,
}

#[derive(Deserialize)]
struct WireGroup {
    location: String,
}

impl Wire {
    fn into_identity(self, id: ResourceId) -> Identity {
        Identity {
            id,
            location: self.location,
            client_id: self.properties.client,
            principal_id: self.properties.principal,
            tenant_id: self.properties.tenant,
            tags: self.tags.unwrap_or_default(),
        }
    }
}

impl Arm {
    /// Reads an identity; `None` if there is none.
    ///
    /// # Errors
    ///
    /// [`ArmError`] if ARM does not say either.
    pub async fn identity(&self, id: &ResourceId) -> Result<Option<Identity>, ArmError> {
        let path = id.to_string();
        let url = self.url(&path, API_VERSION, &[]);
        let wire: Option<Wire> = self.get("read identity", &path, url).await?;
        Ok(wire.map(|wire| wire.into_identity(id.clone())))
    }

    /// Lists the identities of a subscription, or of one of its resource groups.
    ///
    /// # Errors
    ///
    /// [`ArmError`] if a page of the list can't be had.
    pub async fn identities(
        &self,
        subscription: &str,
        group: Option<&str>,
    ) -> Result<Vec<Identity>, ArmError> {
        let (provider, resource_type) = Kind::Identity.provider();
        let group = group.map_or(String::new(), |group| format!("/resourceGroups/{group}"));
        let path =
            format!("/subscriptions/{subscription}{group}/providers/{provider}/{resource_type}");
        let url = self.url(&path, API_VERSION, &[]);
        let wires: Vec<Wire> = self
            .list("list identities", &path, url)
            .await?
            .unwrap_or_default();
        Ok(wires
            .into_iter()
            .filter_map(|wire| {
                let id = ResourceId::parse(Kind::Identity, &wire.id).ok()?;
                Some(wire.into_identity(id))
            })
            .collect())
    }

    /// Makes an identity, or sets location and tags of the one that is there.
    ///
    /// # Errors
    ///
    /// [`ArmError`] if ARM refuses it.
    pub async fn put_identity(
        &self,
        id: &ResourceId,
        location: &str,
        tags: &BTreeMap<String, String>,
    ) -> Result<Written<Identity>, ArmError> {
        let path = id.to_string();
        let url = self.url(&path, API_VERSION, &[]);
        let body = json!({"location": location, "tags": tags});
        let written: Written<Wire> = self
            .put(Call::Write, "create identity", &path, url, &body)
            .await?;
        Ok(Written {
            created: written.created,
            value: written.value.into_identity(id.clone()),
        })
    }

    /// Deletes an identity, and with it all trust in it; `false` if there was none.
    ///
    /// # Errors
    ///
    /// [`ArmError`] if ARM refuses it.
    pub async fn delete_identity(&self, id: &ResourceId) -> Result<bool, ArmError> {
        let path = id.to_string();
        let url = self.url(&path, API_VERSION, &[]);
        self.delete(Call::Write, "delete identity", &path, url)
            .await
    }

    /// Reads the region of a resource group; `None` if there is no such group.
    ///
    /// # Errors
    ///
    /// [`ArmError`] if ARM does not say either.
    pub async fn group_location(
        &self,
        subscription: &str,
        group: &str,
    ) -> Result<Option<String>, ArmError> {
        let path = format!("/subscriptions/{subscription}/resourceGroups/{group}");
        let url = self.url(&path, GROUP_API_VERSION, &[]);
        let group: Option<WireGroup> = self.get("read resource group", &path, url).await?;
        Ok(group.map(|group| group.location))
    }
}
