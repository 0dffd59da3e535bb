//! `status`: what the steps found. Each step writes its own keys.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::spec::VirtualClusterRef;
use crate::subject::Subject;

/// What the steps found; a claim when it comes from input.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Status {
    /// What identifies the tenant.
    #[serde(deserialize_with = "crate::json::null_is_absent")]
    pub tenant: TenantStatus,
    /// The subject that Entra compares.
    pub subject: Option<Subject>,
    /// The host's ServiceAccount.
    pub host_service_account: Option<HostServiceAccount>,
    /// Who else has the host's ServiceAccount, if a step knows that it is shared.
    pub shared_by: Option<SharedBy>,
    /// Who said so.
    #[serde(deserialize_with = "crate::json::null_is_absent")]
    pub evidence: Vec<Evidence>,
    /// The host's OIDC issuer, verbatim.
    pub issuer: Option<String>,
    /// The managed identity as Azure has it.
    pub identity: Option<IdentityStatus>,
    /// The FIC as Azure has it.
    pub federated_credential: Option<FederatedCredential>,
    /// Role assignments as Azure has them.
    #[serde(deserialize_with = "crate::json::null_is_absent")]
    pub role_assignments: Vec<RoleAssignmentStatus>,
}

impl Status {
    /// Fields that hold an object.
    pub(super) const OBJECTS: [&str; 4] = [
        "tenant",
        "hostServiceAccount",
        "identity",
        "federatedCredential",
    ];
}

/// Uids and addresses that tell a tenant from every other cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TenantStatus {
    /// uid of the tenant ServiceAccount.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_account_uid: Option<String>,
    /// uid of the tenant's Namespace `kube-system`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster_uid: Option<String>,
    /// `clusterIP` of the tenant's Service `default/kubernetes`.
    #[serde(rename = "serviceIP", skip_serializing_if = "Option::is_none")]
    pub service_ip: Option<String>,
}

/// A ServiceAccount of the host.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct HostServiceAccount {
    /// Host namespace.
    pub namespace: String,
    /// Name on the host.
    pub name: String,
    /// The host object's own uid; absent if it was only computed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uid: Option<String>,
}

/// Why more pods have a subject than the one that somebody thinks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SharedBy {
    /// It is a `default` ServiceAccount: every pod of the namespace without one of its own has it.
    Default,
    /// It is the workload ServiceAccount: every pod of the vCluster has it while ServiceAccounts
    /// are not synced.
    ///
    /// Source: vCluster `pkg/controllers/resources/pods/translate/translator.go`.
    Workload,
}

impl fmt::Display for SharedBy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Default => "every pod of its namespace without a ServiceAccount of its own",
            Self::Workload => "every pod of the vCluster",
        })
    }
}

/// Where a host name was learnt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Source {
    /// vCluster's algorithm.
    Computed,
    /// The ServiceAccount on the host.
    Host,
    /// A token that the host's webhook injected.
    Token,
    /// The Platform's translate call.
    Platform,
    /// The user: `--subject`; about the vCluster, a flag or `spec.virtualCluster`, in which a flag
    /// stands once the record is fed in again.
    Stated,
    /// About the vCluster: the `clusterIP` that tenant and host share.
    #[serde(rename = "serviceIP")]
    ServiceIp,
    /// About the vCluster: the API server's certificate.
    Certificate,
    /// About the vCluster: the server's URL in the kubeconfig.
    PlatformUrl,
    /// About the vCluster: the name of the context.
    ContextName,
    /// About the vCluster: it is the only one of the host that can be meant.
    OnlyOne,
}

impl Source {
    /// Returns the word for it, as in a record.
    pub fn word(self) -> &'static str {
        match self {
            Self::Computed => "computed",
            Self::Host => "host",
            Self::Token => "token",
            Self::Platform => "platform",
            Self::Stated => "stated",
            Self::ServiceIp => "serviceIP",
            Self::Certificate => "certificate",
            Self::PlatformUrl => "platformUrl",
            Self::ContextName => "contextName",
            Self::OnlyOne => "onlyOne",
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.word())
    }
}

/// One answer to "which vCluster is this" or to "what does the host call it", and who gave it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Evidence {
    /// Who said so.
    pub source: Source,
    /// Host namespace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Name on the host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Which vCluster it is, as far as this source tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub virtual_cluster: Option<VirtualClusterRef>,
    /// What the answer rests on, where that is not plain from the source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

impl Evidence {
    /// Returns the answer to "what does the host call it".
    pub(crate) fn of(
        source: Source,
        host: &crate::namespaces::HostServiceAccount,
        message: Option<String>,
    ) -> Self {
        Self {
            source,
            namespace: Some(host.namespace.clone()),
            name: Some(host.name.clone()),
            virtual_cluster: None,
            message,
        }
    }
}

/// The managed identity as Azure has it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct IdentityStatus {
    /// ARM id.
    #[serde(deserialize_with = "crate::json::null_is_absent")]
    pub id: String,
    /// Client id; absent while the identity is only planned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// Object id of its service principal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub principal_id: Option<String>,
    /// Entra tenant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant_id: Option<String>,
}

/// What became of one thing in Azure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ItemResult {
    /// It was not there and has been made.
    Created,
    /// It was there, ours, and has been changed.
    Updated,
    /// It was there as wanted.
    Unchanged,
    /// It was there as wanted under a name that is not ours.
    Adopted,
    /// It was there and has been deleted.
    Deleted,
    /// It was there, not ours, and has been left although its deletion was asked for.
    Kept,
    /// A dry run would change it.
    Planned,
}

/// The FIC as Azure has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FederatedCredential {
    /// ARM id.
    pub id: String,
    /// Its name on the identity.
    pub name: String,
    /// What became of it.
    pub result: ItemResult,
}

/// One role assignment as Azure has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleAssignmentStatus {
    /// ARM id.
    pub id: String,
    /// Role as the user named it.
    pub role: String,
    /// Scope as the user named it.
    pub scope: String,
    /// What became of it.
    pub result: ItemResult,
}
