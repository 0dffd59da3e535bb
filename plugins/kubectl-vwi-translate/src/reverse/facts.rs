//! What a host says of whose its ServiceAccounts are, in few paged lists.

use std::collections::{BTreeMap, BTreeSet};

use vwi_core::text::escape;
use vwi_core::translation::HostObject;
use vwi_core::translation::VirtualClusterName;
use vwi_core::translation::reverse::{NoOrigin, Origin, Origins, TrustedNamespaces};
use vwi_core::vcluster_labels::HostMetadata;
use vwi_kubernetes::evidence::ConfigurationFact;
use vwi_kubernetes::object::{Metadata, ServiceAccount};
use vwi_kubernetes::tenant::Scope;
use vwi_kubernetes::{ApiError, Host};

use super::{Asked, Question};
use crate::error::TranslateError;

/// Most namespaces that are listed one by one; of more, the host's ServiceAccounts are listed as a
/// whole.
const MOST_NAMESPACES: usize = 8;

/// What a host says.
pub(super) struct Facts {
    /// Its issuer, if it may be read.
    pub(super) issuer: Option<String>,
    /// What could not be read and why, one line each.
    pub(super) unread: Vec<String>,
    trusted: TrustedNamespaces,
    accounts: Vec<ServiceAccount>,
    /// Namespaces whose ServiceAccounts the user may not list, and what the host answered.
    forbidden: BTreeMap<String, String>,
}

impl Facts {
    pub(super) async fn read(host: &Host, question: &Question) -> Result<Self, TranslateError> {
        let asked = question.asked().iter();
        let wanted: BTreeSet<&str> = asked.map(|asked| asked.host.namespace()).collect();
        let (vclusters, synced, accounts, issuer) = tokio::join!(
            vclusters(host, &wanted),
            host.synced_namespaces(),
            accounts(host, &wanted),
            host.issuer(),
        );
        let vclusters = vclusters?;
        if vclusters.is_empty() && !wanted.is_empty() {
            return Err(TranslateError::NoHost {
                cluster: host.cluster().label(),
            });
        }
        let (accounts, forbidden) = accounts?;
        let mut unread = Vec::new();
        let issuer = issuer
            .map_err(|error| unread.push(error.in_one_line()))
            .ok();
        let synced = match synced {
            Ok(synced) => synced,
            Err(error) if error.is_forbidden() => {
                unread.push(error.in_one_line());
                Vec::new()
            }
            Err(error) => return Err(error.into()),
        };
        let mut facts = Self {
            issuer,
            unread,
            trusted: TrustedNamespaces::default(),
            accounts,
            forbidden,
        };
        for which in &vclusters {
            facts.trusted.add_control_plane(which);
        }
        for namespace in &synced {
            facts
                .trusted
                .add_synced(metadata(&namespace.metadata), &vclusters);
        }
        facts.configured(host, &wanted, &vclusters).await?;
        Ok(facts)
    }

    /// Trusts namespaces that only a vCluster's configuration tells: a target namespace, and those
    /// of legacy multi-namespace mode. It is read for vClusters that the host's objects point to.
    async fn configured(
        &mut self,
        host: &Host,
        wanted: &BTreeSet<&str>,
        vclusters: &[VirtualClusterName],
    ) -> Result<(), ApiError> {
        let candidates: BTreeSet<&VirtualClusterName> = self
            .accounts
            .iter()
            .map(|account| metadata(&account.metadata))
            .filter(|account| wanted.contains(account.namespace))
            .flat_map(|account| self.trusted.candidates(account, vclusters))
            .collect();
        for which in candidates {
            match host.read_configuration(which).await? {
                ConfigurationFact::Known(configuration) => {
                    for namespace in wanted {
                        self.trusted
                            .add_configured(namespace, which, &configuration);
                    }
                }
                ConfigurationFact::NotRead(error) => self.unread.push(error.in_one_line()),
                ConfigurationFact::Unusable(_) | ConfigurationFact::Absent => {}
            }
        }
        Ok(())
    }

    /// Judges all ServiceAccounts that were listed.
    pub(super) fn origins(&self) -> Origins<'_> {
        let objects = self.accounts.iter().map(|account| HostObject {
            metadata: metadata(&account.metadata),
            uid: &account.metadata.uid,
        });
        Origins::new(&self.trusted, objects)
    }

    /// Says which tenant ServiceAccount one of the host is.
    pub(super) fn origin<'o>(
        &self,
        origins: &'o Origins<'_>,
        asked: &Asked,
    ) -> Result<&'o Origin, NoOrigin> {
        let (namespace, name) = (asked.host.namespace(), asked.host.name());
        match self.forbidden.get(namespace) {
            Some(error) => Err(NoOrigin::not_read(namespace, name, error)),
            None => origins.of(namespace, name),
        }
    }

    /// A credential that trusts another issuer is about another host's ServiceAccount.
    pub(super) fn trusts_other_issuer(&self, asked: &Asked) -> Option<NoOrigin> {
        let (own, trusted) = (self.issuer.as_ref()?, asked.issuer.as_ref()?);
        (own != trusted).then(|| NoOrigin {
            reason: "OtherIssuer",
            message: format!(
                "`{}/{}` is trusted with issuer `{}`, but this host's is `{}`: it is of another cluster",
                asked.host.namespace(),
                asked.host.name(),
                escape(trusted),
                escape(own)
            ),
        })
    }
}

/// Lists the host's vClusters; for a user who may not list all, those of the wanted namespaces.
async fn vclusters(
    host: &Host,
    wanted: &BTreeSet<&str>,
) -> Result<Vec<VirtualClusterName>, ApiError> {
    let mut services = Vec::new();
    match host.services(&Scope::All).await {
        Ok(found) => services = found,
        Err(error) if error.is_forbidden() => {
            for namespace in wanted {
                let scope = Scope::Namespace((*namespace).to_owned());
                match host.services(&scope).await {
                    Ok(found) => services.extend(found),
                    Err(error) if error.is_forbidden() => {}
                    Err(error) => return Err(error),
                }
            }
        }
        Err(error) => return Err(error),
    }
    Ok(services.into_iter().map(|service| service.which).collect())
}

/// Lists the ServiceAccounts of these namespaces, and says which may not be listed.
async fn accounts(
    host: &Host,
    wanted: &BTreeSet<&str>,
) -> Result<(Vec<ServiceAccount>, BTreeMap<String, String>), ApiError> {
    let mut forbidden = BTreeMap::new();
    if wanted.len() > MOST_NAMESPACES {
        match host.service_accounts(&Scope::All, None, None).await {
            Ok(mut accounts) => {
                accounts.retain(|account| wanted.contains(&*account.metadata.namespace));
                return Ok((accounts, forbidden));
            }
            Err(error) if error.is_forbidden() => {}
            Err(error) => return Err(error),
        }
    }
    let mut accounts = Vec::new();
    for namespace in wanted {
        let scope = Scope::Namespace((*namespace).to_owned());
        match host.service_accounts(&scope, None, None).await {
            Ok(found) => accounts.extend(found),
            Err(error) if error.is_forbidden() => {
                forbidden.insert((*namespace).to_owned(), error.in_one_line());
            }
            Err(error) => return Err(error),
        }
    }
    Ok((accounts, forbidden))
}

fn metadata(metadata: &Metadata) -> HostMetadata<'_> {
    HostMetadata {
        namespace: &metadata.namespace,
        name: &metadata.name,
        labels: &metadata.labels,
        annotations: &metadata.annotations,
    }
}
