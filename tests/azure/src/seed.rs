//! What a test puts into a world from outside, past every rule, and what it is told in return.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::settings::Settings;

/// Audience that Entra proposes for federated identity credentials in the public cloud.
pub const PUBLIC_AUDIENCE: &str = "api://AzureADTokenExchange";

/// A new world. The default has one subscription, one resource group `rg` in `westeurope`, and
/// one caller who is Owner of everything.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct WorldSpec {
    /// Id of the Entra tenant; made up when absent.
    pub tenant_id: Option<String>,
    /// The tenant's domain; made up when absent.
    pub tenant_domain_name: Option<String>,
    /// Subscriptions; one is made up when there is none.
    pub subscriptions: Vec<SubscriptionSpec>,
    /// Service principals that log in by themselves; one Owner is made up when there is none.
    pub callers: Vec<CallerSpec>,
    /// Switches.
    pub settings: Settings,
    /// What exists from the start; without resource groups, `rg` is made.
    pub seed: Seed,
}

/// A subscription.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct SubscriptionSpec {
    /// Its id; made up when absent.
    pub subscription_id: Option<String>,
    /// Its name; made up when absent.
    pub display_name: Option<String>,
}

/// A service principal that logs in with a secret, a certificate or a federated credential.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct CallerSpec {
    /// Display name; made up when absent.
    pub name: Option<String>,
    /// Application id; made up when absent. One that exists already is replaced.
    pub client_id: Option<String>,
    /// Client secret; made up when absent.
    pub client_secret: Option<String>,
    /// Object id of the service principal; made up when absent.
    pub object_id: Option<String>,
    /// What it may do; none given: Owner of everything. They do not show as role assignments.
    pub rights: Option<Vec<Right>>,
    /// Whether Graph answers it. Default (absent): yes.
    pub graph: Option<bool>,
    /// Federated credentials of the application.
    pub federated_credentials: Vec<CredentialSpec>,
    /// Certificates in PEM with which it may sign client assertions.
    pub certificates: Vec<String>,
}

/// A right of a caller: a role, or actions, at a scope and below.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Right {
    /// Name or GUID of a role definition of the world.
    pub role: Option<String>,
    /// Actions such as `Microsoft.ManagedIdentity/*/read`, beside those of the role.
    pub actions: Vec<String>,
    /// Actions that [`Self::actions`] does not give.
    pub not_actions: Vec<String>,
    /// ARM id; empty: everything.
    pub scope: String,
}

impl Right {
    /// Makes the right of a role on everything.
    pub fn role(role: &str) -> Self {
        Self::role_at(role, "")
    }

    /// Makes the right of a role at a scope and below.
    pub fn role_at(role: &str, scope: &str) -> Self {
        Self {
            role: Some(role.to_owned()),
            scope: scope.to_owned(),
            ..Self::default()
        }
    }

    /// Makes the right to some actions on everything.
    pub fn actions(actions: &[&str]) -> Self {
        Self {
            actions: actions.iter().map(|&action| action.to_owned()).collect(),
            ..Self::default()
        }
    }
}

/// Things that exist without anybody having asked ARM for them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Seed {
    /// Resource groups. Those that other entries name are made too, in `westeurope`.
    pub resource_groups: Vec<ResourceGroupSpec>,
    /// Managed identities.
    pub identities: Vec<IdentitySpec>,
    /// AKS clusters.
    pub clusters: Vec<ClusterSpec>,
    /// Identity bindings.
    pub bindings: Vec<BindingSpec>,
    /// Custom roles.
    pub role_definitions: Vec<RoleDefinitionSpec>,
    /// Role assignments.
    pub role_assignments: Vec<RoleAssignmentSpec>,
}

/// A resource group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct ResourceGroupSpec {
    /// Subscription; absent: the first.
    pub subscription_id: Option<String>,
    /// Name.
    pub name: String,
    /// Region; empty: `westeurope`.
    pub location: String,
}

/// A user-assigned managed identity.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct IdentitySpec {
    /// Subscription; absent: the first.
    pub subscription_id: Option<String>,
    /// Resource group; empty: `rg`.
    pub resource_group: String,
    /// Name.
    pub name: String,
    /// Region; empty: the group's.
    pub location: String,
    /// Tags.
    pub tags: BTreeMap<String, String>,
    /// Client id; made up when absent.
    pub client_id: Option<String>,
    /// Object id of its service principal; made up when absent.
    pub principal_id: Option<String>,
    /// Federated identity credentials, as many and as equal as wanted.
    pub credentials: Vec<CredentialSpec>,
}

/// A federated identity credential.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct CredentialSpec {
    /// Name.
    pub name: String,
    /// Issuer, byte for byte.
    pub issuer: String,
    /// Subject; absent in flexible credentials.
    pub subject: Option<String>,
    /// Audiences; none: [`PUBLIC_AUDIENCE`].
    pub audiences: Vec<String>,
    /// The expression of a flexible credential, as ARM shows it.
    pub claims_matching_expression: Option<Value>,
}

impl CredentialSpec {
    /// Makes a credential with the public audience.
    pub fn new(name: &str, issuer: &str, subject: &str) -> Self {
        Self {
            name: name.to_owned(),
            issuer: issuer.to_owned(),
            subject: Some(subject.to_owned()),
            ..Self::default()
        }
    }
}

/// An AKS cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct ClusterSpec {
    /// Subscription; absent: the first.
    pub subscription_id: Option<String>,
    /// Resource group; empty: `rg`.
    pub resource_group: String,
    /// Name.
    pub name: String,
    /// Region; empty: the group's.
    pub location: String,
    /// Issuer; absent: the OIDC issuer is off.
    pub issuer_url: Option<String>,
    /// Issuer that ARM shows once somebody switches OIDC on.
    pub issuer_url_when_enabled: Option<String>,
    /// Whether the workload identity webhook is off.
    pub workload_identity_off: bool,
}

impl ClusterSpec {
    /// Makes a cluster in `rg` whose OIDC issuer and webhook are on.
    pub fn new(name: &str, issuer_url: &str) -> Self {
        Self {
            name: name.to_owned(),
            issuer_url: Some(issuer_url.to_owned()),
            ..Self::default()
        }
    }
}

/// An identity binding, with the credential `aks-identity-binding` that AKS keeps for it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct BindingSpec {
    /// ARM id of the cluster.
    pub cluster_id: String,
    /// Name.
    pub name: String,
    /// ARM id of the identity.
    pub identity_id: String,
}

/// A custom role.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct RoleDefinitionSpec {
    /// Name.
    pub role_name: String,
    /// GUID; made up when absent.
    pub id: Option<String>,
    /// Actions.
    pub actions: Vec<String>,
    /// Actions that [`Self::actions`] does not give.
    pub not_actions: Vec<String>,
}

/// A role assignment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct RoleAssignmentSpec {
    /// GUID; made up when absent.
    pub name: Option<String>,
    /// Name or GUID of the role.
    pub role: String,
    /// Object id of the principal, known or not.
    pub principal_id: String,
    /// Type of the principal; empty: `ServicePrincipal`.
    pub principal_type: String,
    /// ARM id; empty: the first subscription.
    pub scope: String,
}

/// What a test needs to know about its world.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WorldInfo {
    /// Id of the world: its Entra tenant's.
    pub id: String,
    /// URL of the server, without a slash at the end: ARM, authority and Graph at once.
    pub url: String,
    /// Certificates in PEM that a client must trust.
    pub ca_pem: String,
    /// Id of the Entra tenant.
    pub tenant_id: String,
    /// The tenant's domain.
    pub tenant_domain_name: String,
    /// Id of the first subscription.
    pub subscription_id: String,
    /// All subscriptions.
    pub subscriptions: Vec<SubscriptionInfo>,
    /// Service principals that log in by themselves.
    pub callers: Vec<CallerInfo>,
    /// Resource groups.
    pub resource_groups: Vec<ResourceGroupInfo>,
    /// Managed identities.
    pub identities: Vec<IdentityInfo>,
    /// AKS clusters.
    pub clusters: Vec<ClusterInfo>,
}

/// A subscription.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SubscriptionInfo {
    /// Its id.
    pub subscription_id: String,
    /// Its name.
    pub display_name: String,
}

/// A caller, with its secret: it opens nothing but this world.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CallerInfo {
    /// Display name.
    pub name: String,
    /// Application id.
    pub client_id: String,
    /// Client secret.
    pub client_secret: String,
    /// Object id of the service principal.
    pub object_id: String,
    /// What it may do.
    pub rights: Vec<Right>,
}

/// A resource group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceGroupInfo {
    /// ARM id.
    pub id: String,
    /// Name.
    pub name: String,
    /// Region.
    pub location: String,
}

/// A managed identity.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IdentityInfo {
    /// ARM id.
    pub id: String,
    /// Name.
    pub name: String,
    /// Client id.
    pub client_id: String,
    /// Object id of its service principal.
    pub principal_id: String,
    /// Federated identity credentials, in ARM's order.
    pub credentials: Vec<CredentialSpec>,
}

/// An AKS cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClusterInfo {
    /// ARM id.
    pub id: String,
    /// Name.
    pub name: String,
    /// Resource group.
    pub resource_group: String,
    /// Issuer; absent: the OIDC issuer is off.
    pub issuer_url: Option<String>,
}
