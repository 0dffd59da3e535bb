//! Role definitions and role assignments.

use serde::Deserialize;
use serde_json::json;
use vwi_core::arm::{Call, Scope};
use vwi_core::roles::{Assignment, Definition, assignment_id};

use super::client::{Arm, Written};
use super::error::ArmError;

/// Version of the authorization API for both; in it, `principalType` has to be sent.
///
/// Source: azure-rest-api-specs `specification/authorization/resource-manager`.
const API_VERSION: &str = "2022-04-01";

/// Whether ARM took an assignment, or has an equal one under another name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Repeated {
    /// Taken.
    Written(Written<Assignment>),
    /// `RoleAssignmentExists`: list them to see which.
    Exists,
}

#[derive(Deserialize)]
struct WireAssignment {
    id: String,
    name: String,
    properties: WireAssignmentProperties,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireAssignmentProperties {
    scope: String,
    role_definition_id: String,
    principal_id: String,
    #[serde(default)]
    created_on: Option<String>,
}

#[derive(Deserialize)]
struct WireDefinition {
    id: String,
    name: String,
    properties: WireDefinitionProperties,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireDefinitionProperties {
    role_name: String,
}

impl From<WireAssignment> for Assignment {
    fn from(wire: WireAssignment) -> Self {
        Self {
            id: wire.id,
            name: wire.name,
            scope: wire.properties.scope,
            role_definition_id: wire.properties.role_definition_id,
            principal_id: wire.properties.principal_id,
            created_on: wire.properties.created_on,
        }
    }
}

impl From<WireDefinition> for Definition {
    fn from(wire: WireDefinition) -> Self {
        Self {
            id: wire.id,
            name: wire.name,
            role_name: wire.properties.role_name,
        }
    }
}

impl Arm {
    /// Lists the roles of this name that can be assigned at a scope; case does not matter. One is
    /// what one hopes for: names of custom roles are unique only within an Entra tenant.
    ///
    /// # Errors
    ///
    /// [`ArmError`] if the list can't be had.
    pub async fn role_definitions(
        &self,
        scope: &Scope,
        role_name: &str,
    ) -> Result<Vec<Definition>, ArmError> {
        let path = format!("{scope}/providers/Microsoft.Authorization/roleDefinitions");
        let filter = format!("roleName eq '{}'", quoted(role_name));
        let url = self.url(&path, API_VERSION, &[("$filter", &filter)]);
        let wires: Vec<WireDefinition> = self
            .list("look up a role at", scope.as_str(), url)
            .await?
            .unwrap_or_default();
        Ok(wires.into_iter().map(Definition::from).collect())
    }

    /// Lists the assignments of a principal at a scope, above it and below it.
    ///
    /// # Errors
    ///
    /// [`ArmError`] if the list can't be had.
    pub async fn role_assignments(
        &self,
        scope: &Scope,
        principal_id: &str,
    ) -> Result<Vec<Assignment>, ArmError> {
        let path = format!("{scope}/providers/Microsoft.Authorization/roleAssignments");
        let filter = format!("principalId eq '{}'", quoted(principal_id));
        let url = self.url(&path, API_VERSION, &[("$filter", &filter)]);
        let wires: Vec<WireAssignment> = self
            .list("list role assignments at", scope.as_str(), url)
            .await?
            .unwrap_or_default();
        Ok(wires.into_iter().map(Assignment::from).collect())
    }

    /// Reads an assignment; `None` if Azure does not show it, or not yet.
    ///
    /// # Errors
    ///
    /// [`ArmError`] if ARM does not say either.
    pub async fn role_assignment(
        &self,
        scope: &Scope,
        name: &str,
    ) -> Result<Option<Assignment>, ArmError> {
        let path = assignment_id(scope, name);
        let url = self.url(&path, API_VERSION, &[]);
        let wire: Option<WireAssignment> = self.get("read role assignment", &path, url).await?;
        Ok(wire.map(Assignment::from))
    }

    /// Deletes the assignment of this name; `false` if there was none.
    ///
    /// # Errors
    ///
    /// [`ArmError`] if ARM refuses it.
    pub async fn delete_role_assignment(
        &self,
        scope: &Scope,
        name: &str,
    ) -> Result<bool, ArmError> {
        let path = assignment_id(scope, name);
        let url = self.url(&path, API_VERSION, &[]);
        self.delete(Call::Write, "delete role assignment", &path, url)
            .await
    }

    /// Assigns a role to the service principal of an identity.
    ///
    /// # Errors
    ///
    /// [`ArmError`] if ARM refuses it for another reason than that the assignment exists.
    pub async fn put_role_assignment(
        &self,
        scope: &Scope,
        name: &str,
        principal_id: &str,
        role_definition_id: &str,
    ) -> Result<Repeated, ArmError> {
        let path = assignment_id(scope, name);
        let url = self.url(&path, API_VERSION, &[]);
        let body = json!({"properties": {
            "roleDefinitionId": role_definition_id,
            "principalId": principal_id,
            // ARM takes `User` when it is absent, and then looks a new principal up in vain.
            "principalType": "ServicePrincipal",
        }});
        let written: Result<Written<WireAssignment>, ArmError> = self
            .put(Call::WriteRole, "write role assignment", &path, url, &body)
            .await;
        match written {
            Ok(written) => Ok(Repeated::Written(Written {
                created: written.created,
                value: written.value.into(),
            })),
            Err(error) if error.is_code("RoleAssignmentExists") => Ok(Repeated::Exists),
            Err(error) => Err(error),
        }
    }
}

/// Quotes a value for a filter: a quote is doubled.
fn quoted(value: &str) -> String {
    value.replace('\'', "''")
}
