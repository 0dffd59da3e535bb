//! Federated identity credentials of an identity.

use serde::Deserialize;
use serde_json::json;
use vwi_core::arm::{Call, ResourceId};
use vwi_core::federation::{Credential, Trust};

use super::client::{Arm, Written};
use super::error::ArmError;
use super::identities::API_VERSION;

#[derive(Deserialize)]
struct Wire {
    name: String,
    properties: WireProperties,
}

#[derive(Deserialize)]
struct WireProperties {
    #[serde(default)]
    issuer: String,
    // Flexible ones have an expression in its place.
    #[serde(default)]
    subject: Option<String>,
    #[serde(default)]
    audiences: Vec<String>,
}

impl From<Wire> for Credential {
    fn from(wire: Wire) -> Self {
        Self {
            name: wire.name,
            issuer: wire.properties.issuer,
            subject: wire.properties.subject,
            audiences: wire.properties.audiences,
        }
    }
}

impl Arm {
    /// Lists the credentials of an identity, all pages; `None` if there is no such identity.
    ///
    /// # Errors
    ///
    /// [`ArmError`] if a page of the list can't be had.
    pub async fn credentials(
        &self,
        identity: &ResourceId,
    ) -> Result<Option<Vec<Credential>>, ArmError> {
        let id = identity.to_string();
        let path = format!("{id}/federatedIdentityCredentials");
        let url = self.url(&path, API_VERSION, &[]);
        let wires: Option<Vec<Wire>> = self.list("list federated credentials of", &id, url).await?;
        Ok(wires.map(|wires| wires.into_iter().map(Credential::from).collect()))
    }

    /// Reads a credential; `None` if there is none of this name.
    ///
    /// # Errors
    ///
    /// [`ArmError`] if ARM does not say either.
    pub async fn credential(
        &self,
        identity: &ResourceId,
        name: &str,
    ) -> Result<Option<Credential>, ArmError> {
        let path = identity.credential(name);
        let url = self.url(&path, API_VERSION, &[]);
        let wire: Option<Wire> = self.get("read federated credential", &path, url).await?;
        Ok(wire.map(Credential::from))
    }

    /// Writes a credential under a name, replacing whoever holds it: list them first.
    ///
    /// One write at a time on an identity is the caller's duty.
    ///
    /// # Errors
    ///
    /// [`ArmError`] if ARM refuses it.
    pub async fn put_credential(
        &self,
        identity: &ResourceId,
        name: &str,
        trust: &Trust,
    ) -> Result<Written<Credential>, ArmError> {
        let path = identity.credential(name);
        let url = self.url(&path, API_VERSION, &[]);
        let body = json!({"properties": {
            "issuer": trust.issuer,
            "subject": trust.subject,
            "audiences": [trust.audience],
        }});
        let written: Written<Wire> = self
            .put(
                Call::WriteCredential,
                "write federated credential",
                &path,
                url,
                &body,
            )
            .await?;
        Ok(Written {
            created: written.created,
            value: written.value.into(),
        })
    }

    /// Deletes a credential; `false` if there was none.
    ///
    /// # Errors
    ///
    /// [`ArmError`] if ARM refuses it.
    pub async fn delete_credential(
        &self,
        identity: &ResourceId,
        name: &str,
    ) -> Result<bool, ArmError> {
        let path = identity.credential(name);
        let url = self.url(&path, API_VERSION, &[]);
        let call = Call::DeleteCredential;
        self.delete(call, "delete federated credential", &path, url)
            .await
    }
}
