//! What the checks look at: plain values, each of them seen, or with the reason why not.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::arm::ResourceId;
use crate::check::command::Words;
use crate::check::exchange::Probe;
use crate::federation::{Credential, Identity};
use crate::namespaces::HostServiceAccount;
use crate::step::Step;
use crate::translation::{Configuration, VirtualClusterName};

/// A fact, or why it was not seen.
pub type Fact<T> = Result<T, Unseen>;

/// Where facts come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FactSource {
    /// The tenant's API server.
    Tenant,
    /// The host's API server.
    Host,
    /// Azure Resource Manager.
    Azure,
    /// The issuer's public documents.
    Issuer,
    /// Entra's token endpoint.
    Entra,
}

impl FactSource {
    /// Returns the word for machines.
    pub fn word(self) -> &'static str {
        match self {
            Self::Tenant => "tenant",
            Self::Host => "host",
            Self::Azure => "azure",
            Self::Issuer => "issuer",
            Self::Entra => "entra",
        }
    }
}

impl fmt::Display for FactSource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Tenant => "tenant cluster",
            Self::Host => "host cluster",
            Self::Azure => "Azure",
            Self::Issuer => "issuer",
            Self::Entra => "Entra",
        })
    }
}

/// Why something was not seen.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Unseen {
    /// Who would have known.
    pub source: FactSource,
    /// Why nobody said, in one line.
    pub reason: String,
}

impl Unseen {
    /// Returns the reason for a fact of `source`.
    pub fn new(source: FactSource, reason: impl Into<String>) -> Self {
        Self {
            source,
            reason: reason.into(),
        }
    }
}

impl fmt::Display for Unseen {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.source, self.reason)
    }
}

/// Everything that is known about one tenant ServiceAccount.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The tenant namespace.
    pub namespace: String,
    /// The tenant ServiceAccount's name.
    pub name: String,
    /// The vCluster that it lives in.
    pub vcluster: Fact<VirtualClusterName>,
    /// What the host calls it, by the record or by vCluster's algorithm.
    pub expected_host: Fact<HostServiceAccount>,
    /// The audience that the FIC should have.
    pub audience: String,
    /// Audience that the record or a flag names.
    pub stated_audience: Option<String>,
    /// Subject that the record claims.
    pub stated_subject: Option<String>,
    /// Issuer that the record or a flag names.
    pub stated_issuer: Option<String>,
    /// What the tenant shows.
    pub tenant: TenantFacts,
    /// What the host shows.
    pub host: HostFacts,
    /// What Azure shows.
    pub azure: AzureFacts,
    /// The issuer's public documents.
    pub published: Fact<Published>,
    /// What became of the token probe; `None` if it was not asked for.
    pub probe: Option<Fact<Probe>>,
    /// Steps that have only been planned: what they would mend does not count.
    pub planned: BTreeSet<Step>,
    /// How commands in fixes begin.
    pub words: Words,
}

/// What the tenant shows.
#[derive(Clone, Debug)]
pub struct TenantFacts {
    /// The ServiceAccount; `None` if it is not there.
    pub service_account: Fact<Option<ServiceAccountFact>>,
    /// Names in the namespace that are like it, where it is not there.
    pub near_names: Vec<String>,
    /// Workloads and pods of its namespace.
    pub workloads: Fact<Vec<WorkloadFact>>,
}

/// A ServiceAccount's metadata.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServiceAccountFact {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its uid.
    pub uid: String,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Its annotations.
    pub annotations: BTreeMap<String, String>,
}

impl ServiceAccountFact {
    /// Returns an annotation's value.
    pub fn annotation(&self, key: &str) -> Option<&str> {
        self.annotations.get(key).map(String::as_str)
    }
}

/// A workload, or a pod that no workload made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WorkloadFact {
    /// `Deployment`, `StatefulSet`, `DaemonSet`, `CronJob`, `Job` or `Pod`.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Its pods' ServiceAccount; `default` where it names none.
    pub service_account: String,
    /// Value of the label `azure.workload.identity/use` on its pods.
    pub label: Option<String>,
    /// Value of the same label on the workload itself, where it means nothing.
    pub own_label: Option<String>,
    /// Whether every container of its pods sets `AZURE_CLIENT_ID` itself.
    pub sets_client_id: bool,
}

/// What the host shows.
#[derive(Clone, Debug)]
pub struct HostFacts {
    /// The vCluster's configuration.
    pub configuration: Fact<Configuration>,
    /// The ServiceAccount at the expected name; `None` if it is not there.
    pub service_account: Fact<Option<ServiceAccountFact>>,
    /// The ServiceAccount that carries the tenant one's uid, if it has another name.
    pub by_uid: Option<HostServiceAccount>,
    /// Subjects of the identity's credentials that other ServiceAccounts of the host have.
    pub others: BTreeSet<String>,
    /// Pods of the host that run for the tenant ServiceAccount.
    pub pods: Fact<Vec<HostPodFact>>,
    /// Webhooks of Azure workload identity.
    pub webhooks: Fact<Vec<WebhookFact>>,
    /// The issuer in the API server's discovery document.
    pub issuer: Fact<String>,
}

/// A pod of the host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostPodFact {
    /// Its name on the host.
    pub name: String,
    /// The tenant pod's name.
    pub tenant_name: String,
    /// The host ServiceAccount that it runs as.
    pub service_account: String,
    /// Whether it carries the label that the webhook looks for.
    pub is_labelled: bool,
    /// Whether the webhook's volume is in it.
    pub is_injected: bool,
    /// Value of `AZURE_CLIENT_ID`, of the first container that has one.
    pub client_id: Option<String>,
    /// Value of `AZURE_TENANT_ID`, likewise.
    pub tenant_id: Option<String>,
    /// Audience of the injected token.
    pub audience: Option<String>,
    /// When it was made, RFC 3339.
    pub created: Option<String>,
}

/// A registration of the Azure webhook.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WebhookFact {
    /// Name of the `MutatingWebhookConfiguration`.
    pub configuration: String,
    /// `Ignore` or `Fail`.
    pub failure_policy: Option<String>,
}

/// What Azure shows.
#[derive(Clone, Debug)]
pub struct AzureFacts {
    /// The identity; `None` if it is not there.
    pub identity: Fact<Option<Identity>>,
    /// How the identity is named in messages: its id, or what was asked for.
    pub identity_name: String,
    /// Its credentials.
    pub credentials: Fact<Vec<Credential>>,
    /// The AKS cluster; `None` if it is not there.
    pub cluster: Fact<Option<ClusterFact>>,
    /// The roles that are wanted.
    pub roles: Vec<RoleFact>,
    /// Records of this run that still need a credential on the same identity, this one included.
    pub credentials_needed: usize,
}

/// An AKS cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterFact {
    /// Its id.
    pub id: ResourceId,
    /// Its OIDC issuer; `None` while OIDC is off.
    pub issuer: Option<String>,
    /// Whether the webhook is switched on.
    pub workload_identity: bool,
}

/// One wanted role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleFact {
    /// The role, as it was named.
    pub role: String,
    /// ARM id of the scope.
    pub scope: String,
    /// ARM id of the assignment that gives it; `None` if there is none.
    pub assignment: Fact<Option<String>>,
}

/// What the issuer publishes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Published {
    /// Discovery document and keys could be read.
    Readable {
        /// Address of the discovery document.
        url: String,
        /// Its `issuer`.
        issuer: String,
        /// Ids of the keys.
        key_ids: Vec<String>,
    },
    /// They could not.
    Unreadable {
        /// The address that failed.
        url: String,
        /// Status, or what TLS or DNS said.
        reason: String,
    },
}

impl Facts {
    /// Returns `namespace/name`.
    pub fn key(&self) -> String {
        format!("{}/{}", self.namespace, self.name)
    }

    /// Returns the tenant ServiceAccount, if it was seen.
    pub fn tenant_account(&self) -> Option<&ServiceAccountFact> {
        self.tenant.service_account.as_ref().ok()?.as_ref()
    }

    /// Returns the host ServiceAccount that tokens are issued for: the one found by uid, else the
    /// expected one.
    ///
    /// # Errors
    ///
    /// [`Unseen`] if nobody knows what the host calls it.
    pub fn host_account(&self) -> Fact<&HostServiceAccount> {
        match &self.host.by_uid {
            Some(found) => Ok(found),
            None => self.expected_host.as_ref().map_err(Clone::clone),
        }
    }

    /// Returns the subject that Entra is shown.
    ///
    /// # Errors
    ///
    /// As [`Facts::host_account`].
    pub fn subject(&self) -> Fact<String> {
        self.host_account()
            .map(|host| format!("system:serviceaccount:{}:{}", host.namespace, host.name))
    }

    /// Returns the issuer that Entra is shown, and who says so: the host itself, else Azure, else
    /// the record or a flag.
    ///
    /// # Errors
    ///
    /// [`Unseen`] if none of them does.
    pub fn issuer(&self) -> Fact<(&str, &'static str)> {
        if let Ok(issuer) = &self.host.issuer {
            return Ok((issuer, "the host's discovery document"));
        }
        if let Ok(Some(cluster)) = &self.azure.cluster
            && let Some(issuer) = &cluster.issuer
        {
            return Ok((issuer, "the AKS cluster in ARM"));
        }
        match (&self.stated_issuer, &self.host.issuer) {
            (Some(issuer), _) => Ok((issuer, "the record or `--issuer`")),
            (None, unseen) => unseen
                .as_ref()
                .map(|issuer| (issuer.as_str(), "the host's discovery document"))
                .map_err(Clone::clone),
        }
    }

    /// Returns the audience of the workload's token: what its pods really present, else what
    /// should be registered.
    pub fn presented_audience(&self) -> &str {
        self.host
            .pods
            .iter()
            .flatten()
            .find_map(|pod| pod.audience.as_deref())
            .unwrap_or(&self.audience)
    }

    /// Returns the audience that the credential has to have: the one that was asked for, else the
    /// workload's.
    pub fn wanted_audience(&self) -> &str {
        match &self.stated_audience {
            Some(stated) => stated,
            None => self.presented_audience(),
        }
    }

    /// Returns the identity, if it was seen.
    pub fn identity(&self) -> Option<&Identity> {
        self.azure.identity.as_ref().ok()?.as_ref()
    }
}
