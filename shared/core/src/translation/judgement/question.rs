//! Everything that the judgement of one ServiceAccount rests on.

use crate::name::workload_service_account;
use crate::namespaces::{
    HostServiceAccount, NameError, NamespaceMode, SeenNamespaces, host_service_account,
};
use crate::record::Source;
use crate::translation::{Configuration, Grade, VirtualClusterName};
use crate::vcluster_labels::{HostMetadata, OBJECT_UID, TenantObject, Unmanaged, tenant_by};

use super::{Opinion, Silence};

/// Where the mode of a vCluster is known from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModeSource {
    /// Its own configuration on the host was read.
    Configuration,
    /// Its values as the Platform has deployed them.
    Platform,
    /// Values on the Platform of an instance that nothing proves to be this vCluster.
    Unproven,
    /// A file with its values (`--vcluster-values`).
    Values,
    /// Nothing: single-namespace mode, the default, is taken.
    Assumed,
}

impl ModeSource {
    /// Whether it is the vCluster's own configuration, read where the tenant can't write.
    pub fn is_own(self) -> bool {
        match self {
            Self::Configuration | Self::Platform => true,
            Self::Unproven | Self::Values | Self::Assumed => false,
        }
    }
}

/// What is known of the vCluster.
#[derive(Clone, Copy, Debug)]
pub struct VirtualClusterFacts<'a> {
    /// Which one it is.
    pub which: &'a VirtualClusterName,
    /// Its configuration; absent if [`ModeSource::Assumed`].
    pub configuration: Option<&'a Configuration>,
    /// Where that is from.
    pub mode_source: ModeSource,
    /// The host Namespaces that carry its labels, if they were listed.
    pub namespaces: Option<&'a SeenNamespaces>,
}

impl VirtualClusterFacts<'_> {
    /// Returns how it maps namespaces.
    pub fn mode(&self) -> &NamespaceMode {
        self.configuration
            .map_or(&NamespaceMode::Single, |configuration| &configuration.mode)
    }

    /// Returns the host namespace of what is not mapped elsewhere.
    pub fn host_namespace(&self) -> &str {
        match self.configuration {
            Some(configuration) => configuration.host_namespace(self.which),
            None => &self.which.namespace,
        }
    }

    /// Returns what the host calls a ServiceAccount: by vCluster's algorithm, and where it has a
    /// Namespace for the tenant's, by that.
    ///
    /// # Errors
    ///
    /// [`NameError`]
    pub fn host_name(&self, namespace: &str, name: &str) -> Result<HostServiceAccount, NameError> {
        let computed = host_service_account(
            self.mode(),
            &self.which.name,
            self.host_namespace(),
            namespace,
            name,
        );
        match self.namespaces {
            None => computed,
            Some(seen) => {
                let is_known = self.mode_source.is_own();
                seen.settle(namespace, name, computed, is_known)
            }
        }
    }

    /// Returns the shared ServiceAccount that the pods of one run as while none is synced.
    ///
    /// # Errors
    ///
    /// [`NameError`]
    pub fn workload_account(
        &self,
        namespace: &str,
        name: &str,
    ) -> Result<HostServiceAccount, NameError> {
        let own = self.host_name(namespace, name)?;
        let name = self.configuration.map_or_else(
            || workload_service_account(&self.which.name),
            |configuration| configuration.workload_service_account.clone(),
        );
        Ok(HostServiceAccount { name, ..own })
    }

    /// Returns the tenant ServiceAccount that a host one stands for, if vCluster would count it as
    /// its own.
    ///
    /// # Errors
    ///
    /// [`Unmanaged`]
    pub fn tenant_of<'h>(&self, host: HostMetadata<'h>) -> Result<TenantObject<'h>, Unmanaged<'h>> {
        let labels_all = !matches!(self.mode(), NamespaceMode::LegacyMulti);
        tenant_by(host, &self.which.name, labels_all, |namespace, name| {
            self.host_name(namespace, name).ok()
        })
    }
}

/// What the tenant says of the ServiceAccount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TenantFact<'a> {
    /// No answer.
    NotRead(Unread),
    /// It is not there.
    Missing,
    /// It is there, with this uid.
    Found {
        /// uid
        uid: &'a str,
    },
}

/// Why the tenant has not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unread {
    /// The host alone is asked.
    NotAsked,
    /// The user may not read it.
    Forbidden,
    /// It is asleep, and a question would wake it.
    Asleep,
}

/// A ServiceAccount of the host, in a namespace of the vCluster.
#[derive(Clone, Copy, Debug)]
pub struct HostObject<'a> {
    /// Its metadata.
    pub metadata: HostMetadata<'a>,
    /// Its own uid.
    pub uid: &'a str,
}

/// What the host says of the ServiceAccount at the computed name.
#[derive(Clone, Copy, Debug)]
pub enum HostFact<'a> {
    /// There is no host, or the user may not read it.
    NotRead,
    /// It is not there.
    Absent,
    /// It is there.
    Found(HostObject<'a>),
}

/// Everything that the judgement of one ServiceAccount rests on.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// Tenant namespace.
    pub namespace: &'a str,
    /// Tenant name.
    pub name: &'a str,
    /// The vCluster.
    pub vcluster: VirtualClusterFacts<'a>,
    /// The tenant's answer.
    pub tenant: TenantFact<'a>,
    /// The host's answer.
    pub host: HostFact<'a>,
    /// Host ServiceAccounts of the vCluster's own namespaces that carry the tenant's uid, at
    /// whatever name.
    pub same_uid: &'a [HostObject<'a>],
    /// The flag that keeps the host from being looked at, if one does.
    pub blinded_by: Option<&'a str>,
    /// What the host says its issuer is, if it was asked.
    pub host_issuer: Option<&'a str>,
    /// Sources that were picked (`--via`): each has to answer. Empty: those that are at hand.
    ///
    /// What the caller hands in of a source that was not picked still has to agree.
    pub via: &'a [Source],
    /// What others than formula and host say, one of each source at most.
    pub opinions: &'a [Opinion],
    /// Sources that were asked and gave nothing.
    pub silences: &'a [Silence],
    /// Weakest grade that is enough.
    pub accept: Grade,
    /// Whether a ServiceAccount that is not there yet is awaited.
    pub allow_missing: bool,
    /// Whether the shared ServiceAccount of all pods is meant.
    pub workload_account: bool,
}

impl<'a> Question<'a> {
    /// Returns the tenant's uid of the ServiceAccount: what the tenant says, else what the host's
    /// object carries.
    pub(super) fn uid(&self) -> Option<&'a str> {
        match (self.tenant, self.host) {
            (TenantFact::Found { uid }, _) => Some(uid),
            (TenantFact::NotRead(_), HostFact::Found(found)) => {
                let annotations = found.metadata.annotations;
                annotations.get(OBJECT_UID).map(String::as_str)
            }
            (TenantFact::NotRead(_) | TenantFact::Missing, _) => None,
        }
    }

    /// Whether a source is evidence: it was picked, or nothing was.
    pub(super) fn asks(&self, source: Source) -> bool {
        self.via.is_empty() || self.via.contains(&source)
    }

    pub(super) fn has_opinion(&self, source: Source) -> bool {
        self.opinions.iter().any(|opinion| opinion.source == source)
    }
}
