//! What a host says of one vCluster: its configuration and its ServiceAccounts, with few requests.

use std::collections::HashMap;

use vwi_core::namespaces::{HostServiceAccount, NamespaceMode};
use vwi_core::text::escape;
use vwi_core::translation::{
    Configuration, ConfigurationError, HostFact, HostObject, ModeSource, VirtualClusterFacts,
    VirtualClusterName,
};
use vwi_core::vcluster_labels::{HostMetadata, OBJECT_UID, tenant_of};

use crate::error::ApiError;
use crate::host::Host;
use crate::object::ServiceAccount;
use crate::tenant::Scope;

/// What a host says of one vCluster.
#[derive(Debug)]
pub struct HostEvidence {
    which: VirtualClusterName,
    configuration: ConfigurationFact,
    accounts: AccountsFact,
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
        let (configuration, accounts) = tokio::join!(
            self.configuration(&which.name, &which.namespace),
            self.service_accounts(&own_namespace, None, None),
        );
        let configuration = match configuration {
            Ok(None) => ConfigurationFact::Absent,
            Ok(Some(text)) => match Configuration::parse(&text, which) {
                Ok(configuration) => ConfigurationFact::Known(Box::new(configuration)),
                Err(error) => ConfigurationFact::Unusable(error),
            },
            Err(error) if error.is_forbidden() => ConfigurationFact::NotRead(error),
            Err(error) => return Err(error),
        };
        let elsewhere = self.elsewhere(which, &configuration).await;
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
        Ok(HostEvidence {
            which: which.clone(),
            configuration,
            accounts,
        })
    }

    /// Lists the ServiceAccounts of the vCluster's other host namespaces.
    async fn elsewhere(
        &self,
        which: &VirtualClusterName,
        configuration: &ConfigurationFact,
    ) -> Result<Vec<ServiceAccount>, ApiError> {
        let ConfigurationFact::Known(configuration) = configuration else {
            return Ok(Vec::new());
        };
        if let Some(target) = &configuration.target_namespace
            && *target != which.namespace
        {
            return self
                .service_accounts(&Scope::Namespace(target.clone()), None, None)
                .await;
        }
        if configuration.mode == NamespaceMode::Single {
            return Ok(Vec::new());
        }
        let mut accounts = Vec::new();
        for namespace in self.namespaces_of(&which.name, &which.namespace).await? {
            let scope = Scope::Namespace(namespace.metadata.name);
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
        }
    }

    /// Returns what the host says at this name.
    pub fn at(&self, host: &HostServiceAccount) -> HostFact<'_> {
        match &self.accounts {
            AccountsFact::NotRead(_) => HostFact::NotRead,
            AccountsFact::Listed(accounts) => match accounts.get(host) {
                Some(account) => HostFact::Found(object(account)),
                // A mapped namespace without the vCluster's labels was not looked into.
                None if self.vcluster().host_namespace() == host.namespace => HostFact::Absent,
                None => HostFact::NotRead,
            },
        }
    }

    /// Returns the host's object at this name, in one of the vCluster's namespaces.
    pub fn service_account(&self, host: &HostServiceAccount) -> Option<&ServiceAccount> {
        match &self.accounts {
            AccountsFact::NotRead(_) => None,
            AccountsFact::Listed(accounts) => accounts.get(host),
        }
    }

    /// Returns the host ServiceAccounts of the vCluster's namespaces that carry a tenant uid.
    pub fn with_tenant_uid(&self, uid: &str) -> Vec<HostObject<'_>> {
        match &self.accounts {
            AccountsFact::NotRead(_) => Vec::new(),
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

    /// Returns the tenant ServiceAccounts that the vCluster has synced, by the host's annotations:
    /// tenant namespace, name and uid. `None` if the user may not read the host's.
    pub fn tenants(&self) -> Option<Vec<(String, String, Option<String>)>> {
        let AccountsFact::Listed(accounts) = &self.accounts else {
            return None;
        };
        let facts = self.vcluster();
        let tenants = accounts.all.iter().filter_map(|account| {
            let metadata = object(account).metadata;
            let tenant = tenant_of(
                metadata,
                facts.mode(),
                &self.which.name,
                facts.host_namespace(),
            )
            .ok()?;
            Some((
                tenant.namespace.to_owned(),
                tenant.name.to_owned(),
                tenant.uid.map(str::to_owned),
            ))
        });
        Some(tenants.collect())
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
