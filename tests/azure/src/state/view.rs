//! Shows what exists in a world to tests.

use serde_json::{Value, json};

use crate::seed::{ClusterInfo, IdentityInfo, ResourceGroupInfo, WorldInfo};
use crate::state::{Assignment, Binding, CLUSTER_TYPE, Group, Identity, State};
use crate::world::World;

impl Group {
    /// Returns the ARM id.
    pub(crate) fn id(&self) -> String {
        format!(
            "/subscriptions/{}/resourceGroups/{}",
            self.subscription, self.name
        )
    }
}

impl Binding {
    /// Returns the ARM id.
    pub(crate) fn id(&self) -> String {
        let cluster = self.cluster.id(CLUSTER_TYPE);
        format!("{cluster}/identityBindings/{}", self.name)
    }
}

impl Assignment {
    /// Returns the ARM id.
    pub(crate) fn id(&self) -> String {
        let Self { scope, name, .. } = self;
        format!("{scope}/providers/Microsoft.Authorization/roleAssignments/{name}")
    }
}

impl State {
    /// Returns what a test needs to know.
    pub(crate) fn info(&self, world: &World) -> WorldInfo {
        let common = world.common();
        let first = self.subscriptions.first();
        WorldInfo {
            id: world.id().to_owned(),
            url: common.url.clone(),
            ca_pem: common.ca_pem.clone(),
            tenant_id: world.id().to_owned(),
            tenant_domain_name: world.domain().to_owned(),
            subscription_id: first
                .map(|subscription| subscription.subscription_id.clone())
                .unwrap_or_default(),
            subscriptions: self.subscriptions.clone(),
            callers: self
                .callers
                .iter()
                .map(|caller| caller.info.clone())
                .collect(),
            resource_groups: self
                .groups
                .iter()
                .map(|group| ResourceGroupInfo {
                    id: group.id(),
                    name: group.name.clone(),
                    location: group.location.clone(),
                })
                .collect(),
            identities: self
                .identities
                .iter()
                .map(|identity| IdentityInfo {
                    id: identity.id(),
                    name: identity.place.name.clone(),
                    client_id: identity.client_id.clone(),
                    principal_id: identity.principal_id.clone(),
                    credentials: identity
                        .credentials
                        .iter()
                        .map(|credential| credential.spec.clone())
                        .collect(),
                })
                .collect(),
            clusters: self
                .clusters
                .iter()
                .map(|cluster| ClusterInfo {
                    id: cluster.id(),
                    name: cluster.place.name.clone(),
                    resource_group: cluster.place.group.clone(),
                    issuer_url: cluster.issuer_url.clone(),
                })
                .collect(),
        }
    }

    /// Returns identities with their credentials, bindings and role assignments, sorted by
    /// nothing: in the order of creation.
    pub(crate) fn dump(&self) -> Value {
        let identities = self.identities.iter().map(|identity| {
            let credentials = identity.credentials.iter().map(|one| &one.spec);
            json!({
                "id": identity.id(),
                "location": identity.location,
                "tags": identity.tags,
                "clientId": identity.client_id,
                "principalId": identity.principal_id,
                "credentials": credentials.collect::<Vec<_>>(),
            })
        });
        let assignments = self.assignments.iter().map(|assignment| {
            let definition = self.definition(&assignment.role);
            json!({
                "id": assignment.id(),
                "role": definition.map(|definition| &definition.role_name),
                "scope": assignment.scope,
                "principalId": assignment.principal_id,
                "principalType": assignment.principal_type,
            })
        });
        let bindings = self.bindings.iter().map(|binding| {
            let identity = self.identity(&binding.identity);
            json!({"id": binding.id(), "identity": identity.map(Identity::id)})
        });
        json!({
            "identities": identities.collect::<Vec<_>>(),
            "roleAssignments": assignments.collect::<Vec<_>>(),
            "identityBindings": bindings.collect::<Vec<_>>(),
        })
    }
}
