//! What a host says of one vCluster: its configuration and its ServiceAccounts, with few requests.

use std::collections::{BTreeSet, HashMap};

use vwi_core::namespaces::{HostServiceAccount, NamespaceMode, SeenNamespaces};
use vwi_core::text::escape;
use vwi_core::translation::{
    Configuration, ConfigurationError, HostFact, HostObject, ModeSource, VirtualClusterFacts,
    VirtualClusterName,
};
use vwi_core::vcluster_labels::{HostMetadata, OBJECT_UID, TenantObject};

use crate::error::ApiError;
use crate::host::{ControlPlane, Host};
use crate::object::ServiceAccount;
use crate::tenant::Scope;

/// What a host says of one vCluster.
#[derive(Debug)]
pub struct HostEvidence {
    which: VirtualClusterName,
    configuration: ConfigurationFact,
    accounts: AccountsFact,
    namespaces: NamespacesFact,
}

/// What is known of the host Namespaces that carry the vCluster's labels.
#[derive(Debug)]
enum NamespacesFact {
    Listed(SeenNamespaces),
    /// It has none, by its configuration.
    NotAsked,
    NotRead(ApiError),
}

/// What is known of a vCluster's configuration.
#[derive(Debug)]
pub enum ConfigurationFact {
    /// It was read.
    Known(Box<Configuration>),
    /// It was read and can't be used.
    Unusable(ConfigurationError),
    /// The host has none: older than 0.20, or no such vCluster.
    Absent,
    /// The user may not read it.
    NotRead(ApiError),
}

/// What is known of the ServiceAccounts in the vCluster's host namespaces.
#[derive(Debug)]
enum AccountsFact {
    Listed(Accounts),
    NotAsked,
    NotRead(ApiError),
}

#[derive(Debug, Default)]
struct Accounts {
    all: Vec<ServiceAccount>,
    by_name: HashMap<(String, String), usize>,
    by_tenant_uid: HashMap<String, Vec<usize>>,
}

impl Accounts {
    fn add(&mut self, account: ServiceAccount) {
        let index = self.all.len();
        let metadata = &account.metadata;
        let key = (metadata.namespace.clone(), metadata.name.clone());
        self.by_name.insert(key, index);
        if let Some(uid) = metadata.annotations.get(OBJECT_UID) {
            self.by_tenant_uid
                .entry(uid.clone())
                .or_default()
                .push(index);
        }
        self.all.push(account);
    }

    fn get(&self, host: &HostServiceAccount) -> Option<&ServiceAccount> {
        let key = (host.namespace.clone(), host.name.clone());
        self.by_name
            .get(&key)
            .and_then(|index| self.all.get(*index))
    }
}

impl Host {
    /// Reads the configuration of a vCluster and the ServiceAccounts of the host namespaces whose
    /// content counts: the control plane's, or those that carry the vCluster's labels.
    ///
    /// # Errors
    ///
    /// [`ApiError`] if the host can't be reached or does not accept the credential; what is only
    /// forbidden is in the answer.
    pub async fn evidence(&self, which: &VirtualClusterName) -> Result<HostEvidence, ApiError> {
        let own_namespace = Scope::Namespace(which.namespace.clone());
        let (naming, accounts) = tokio::join!(
            self.naming(which),
            self.service_accounts(&own_namespace, None, None),
        );
        let naming = naming?;
        let elsewhere = match accounts {
            Ok(_) => self.elsewhere(&naming).await,
            Err(_) => Ok(Vec::new()),
        };
        let accounts = match (accounts, elsewhere) {
            (Ok(own), Ok(elsewhere)) => {
                let mut accounts = Accounts::default();
                own.into_iter()
                    .chain(elsewhere)
                    .for_each(|account| accounts.add(account));
                AccountsFact::Listed(accounts)
            }
            (Err(error), _) | (_, Err(error)) if error.is_forbidden() => {
                AccountsFact::NotRead(error)
            }
            (Err(error), _) | (_, Err(error)) => return Err(error),
        };
        Ok(HostEvidence { accounts, ..naming })
    }

    /// Reads what a vCluster's host names are made from: its configuration, and the Namespaces that
    /// carry its labels. No ServiceAccount is read.
    ///
    /// # Errors
    ///
    /// [`ApiError`], as [`Host::evidence`].
    pub async fn naming(&self, which: &VirtualClusterName) -> Result<HostEvidence, ApiError> {
        let mut configuration = self.read_configuration(which).await?;
        if matches!(configuration, ConfigurationFact::Absent) {
            configuration = self.old_configuration(which).await?;
        }
        let namespaces = self.namespaces_fact(which, &configuration).await?;
        Ok(HostEvidence {
            which: which.clone(),
            configuration,
            accounts: AccountsFact::NotAsked,
            namespaces,
        })
    }

    /// Reads the configuration of a vCluster 0.19, which has no Secret for it.
    async fn old_configuration(
        &self,
        which: &VirtualClusterName,
    ) -> Result<ConfigurationFact, ApiError> {
        let scope = Scope::Namespace(which.namespace.clone());
        let planes = match self.control_planes(&scope, Some(&which.name)).await {
            Ok(planes) => planes,
            Err(error) if error.is_forbidden() => return Ok(ConfigurationFact::NotRead(error)),
            Err(error) => return Err(error),
        };
        let arguments = planes.iter().find_map(ControlPlane::arguments);
        let Some(arguments) = arguments else {
            return Ok(ConfigurationFact::Absent);
        };
        Ok(match Configuration::from_arguments(arguments, which) {
            Ok(Some(configuration)) => ConfigurationFact::Known(Box::new(configuration)),
            Ok(None) => ConfigurationFact::Absent,
            Err(error) => ConfigurationFact::Unusable(error),
        })
    }

    /// Lists the host Namespaces that carry the vCluster's labels, unless it can have none.
    async fn namespaces_fact(
        &self,
        which: &VirtualClusterName,
        configuration: &ConfigurationFact,
    ) -> Result<NamespacesFact, ApiError> {
        let is_single = matches!(configuration, ConfigurationFact::Known(known)
            if known.mode == NamespaceMode::Single);
        if is_single {
            return Ok(NamespacesFact::NotAsked);
        }
        match self.namespaces_of(which).await {
            Ok(found) => {
                let mut seen = SeenNamespaces::default();
                for namespace in found {
                    seen.add(&namespace.metadata.name, &namespace.metadata.annotations);
                }
                Ok(NamespacesFact::Listed(seen))
            }
            Err(error) if error.is_forbidden() => Ok(NamespacesFact::NotRead(error)),
            Err(error) => Err(error),
        }
    }

    /// Reads how a vCluster runs.
    ///
    /// # Errors
    ///
    /// [`ApiError`], as [`Host::evidence`].
    pub async fn read_configuration(
        &self,
        which: &VirtualClusterName,
    ) -> Result<ConfigurationFact, ApiError> {
        Ok(
            match self.configuration(&which.name, &which.namespace).await {
                Ok(None) => ConfigurationFact::Absent,
                Ok(Some(text)) => match Configuration::parse(&text, which) {
                    Ok(configuration) => ConfigurationFact::Known(Box::new(configuration)),
                    Err(error) => ConfigurationFact::Unusable(error),
                },
                Err(error) if error.is_forbidden() => ConfigurationFact::NotRead(error),
                Err(error) => return Err(error),
            },
        )
    }

    /// Lists the ServiceAccounts of the vCluster's other host namespaces.
    async fn elsewhere(&self, naming: &HostEvidence) -> Result<Vec<ServiceAccount>, ApiError> {
        let facts = naming.vcluster();
        let mut others = BTreeSet::from([facts.host_namespace()]);
        others.extend(
            naming
                .namespaces()
                .into_iter()
                .flat_map(SeenNamespaces::hosts),
        );
        others.remove(naming.which.namespace.as_str());
        let mut accounts = Vec::new();
        for namespace in others {
            let scope = Scope::Namespace(namespace.to_owned());
            accounts.extend(self.service_accounts(&scope, None, None).await?);
        }
        Ok(accounts)
    }
}

impl HostEvidence {
    /// Returns which vCluster this is about.
    pub fn which(&self) -> &VirtualClusterName {
        &self.which
    }

    /// Returns what is known of its configuration.
    pub fn configuration(&self) -> &ConfigurationFact {
        &self.configuration
    }

    /// Returns what judgement needs of the vCluster.
    pub fn vcluster(&self) -> VirtualClusterFacts<'_> {
        let configuration = match &self.configuration {
            ConfigurationFact::Known(configuration) => Some(&**configuration),
            ConfigurationFact::Unusable(_)
            | ConfigurationFact::Absent
            | ConfigurationFact::NotRead(_) => None,
        };
        VirtualClusterFacts {
            which: &self.which,
            configuration,
            mode_source: if configuration.is_some() {
                ModeSource::Configuration
            } else {
                ModeSource::Assumed
            },
            namespaces: self.namespaces(),
        }
    }

    fn namespaces(&self) -> Option<&SeenNamespaces> {
        match &self.namespaces {
            NamespacesFact::Listed(seen) => Some(seen),
            NamespacesFact::NotAsked | NamespacesFact::NotRead(_) => None,
        }
    }

    /// Whether all ServiceAccounts of a host namespace were listed.
    fn is_listed(&self, namespace: &str) -> bool {
        let own = namespace == self.which.namespace;
        let facts = self.vcluster();
        own || facts.host_namespace() == namespace
            || self
                .namespaces()
                .is_some_and(|seen| seen.contains(namespace))
    }

    /// Returns what the host says at this name.
    pub fn at(&self, host: &HostServiceAccount) -> HostFact<'_> {
        match &self.accounts {
            AccountsFact::NotAsked | AccountsFact::NotRead(_) => HostFact::NotRead,
            AccountsFact::Listed(accounts) => match accounts.get(host) {
                Some(account) => HostFact::Found(object(account)),
                // A mapped namespace without the vCluster's labels was not looked into.
                None if self.is_listed(&host.namespace) => HostFact::Absent,
                None => HostFact::NotRead,
            },
        }
    }

    /// Returns the host's object at this name, in one of the vCluster's namespaces.
    pub fn service_account(&self, host: &HostServiceAccount) -> Option<&ServiceAccount> {
        match &self.accounts {
            AccountsFact::NotAsked | AccountsFact::NotRead(_) => None,
            AccountsFact::Listed(accounts) => accounts.get(host),
        }
    }

    /// Returns what the host says at this name, and all its ServiceAccounts that carry the uid of
    /// that tenant ServiceAccount: the given one, else the one that stands there.
    pub fn about(
        &self,
        host: &HostServiceAccount,
        tenant_uid: Option<&str>,
    ) -> (HostFact<'_>, Vec<HostObject<'_>>) {
        let found = self.at(host);
        let carried = match found {
            HostFact::Found(object) => object.metadata.annotations.get(OBJECT_UID),
            HostFact::Absent | HostFact::NotRead => None,
        };
        let uid = tenant_uid.or_else(|| carried.map(String::as_str));
        (
            found,
            uid.map_or_else(Vec::new, |uid| self.with_tenant_uid(uid)),
        )
    }

    /// Returns the host ServiceAccounts of the vCluster's namespaces that carry a tenant uid.
    pub fn with_tenant_uid(&self, uid: &str) -> Vec<HostObject<'_>> {
        match &self.accounts {
            AccountsFact::NotAsked | AccountsFact::NotRead(_) => Vec::new(),
            AccountsFact::Listed(accounts) => accounts
                .by_tenant_uid
                .get(uid)
                .into_iter()
                .flatten()
                .filter_map(|index| accounts.all.get(*index))
                .map(object)
                .collect(),
        }
    }

    /// Returns the ServiceAccounts that the vCluster has synced: the host's own, and by its
    /// annotations the tenant's. `None` if the user may not read them.
    pub fn synced(&self) -> Option<Vec<(HostMetadata<'_>, TenantObject<'_>)>> {
        let AccountsFact::Listed(accounts) = &self.accounts else {
            return None;
        };
        let facts = self.vcluster();
        let synced = accounts.all.iter().map(|account| object(account).metadata);
        Some(
            synced
                .filter_map(|host| Some((host, facts.tenant_of(host).ok()?)))
                .collect(),
        )
    }

    /// Returns what could not be read and why, one line each.
    pub fn unread(&self) -> Vec<String> {
        let mut lines = Vec::new();
        match &self.configuration {
            ConfigurationFact::Known(_) => {}
            ConfigurationFact::Unusable(error) => lines.push(format!(
                "the configuration of vCluster `{}` can't be used: {}",
                self.which,
                escape(&chain(error))
            )),
            ConfigurationFact::Absent => lines.push(format!(
                "vCluster `{}` has no Secret `vc-config-{}` on the host, so its mode is not known",
                self.which,
                escape(&self.which.name)
            )),
            ConfigurationFact::NotRead(error) => lines.push(error.in_one_line()),
        }
        if let AccountsFact::NotRead(error) = &self.accounts {
            lines.push(error.in_one_line());
        }
        if let NamespacesFact::NotRead(error) = &self.namespaces {
            lines.push(error.in_one_line());
        }
        lines
    }
}

fn object(account: &ServiceAccount) -> HostObject<'_> {
    let metadata = &account.metadata;
    HostObject {
        metadata: HostMetadata {
            namespace: &metadata.namespace,
            name: &metadata.name,
            labels: &metadata.labels,
            annotations: &metadata.annotations,
        },
        uid: &metadata.uid,
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
