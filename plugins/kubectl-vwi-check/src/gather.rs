//! Facts: from every side at once, each thing once, and what could not be read with its reason.

mod azure;
mod host;
mod tenant;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures_util::{StreamExt, stream};
use vwi_azure::{Azure, issuer};
use vwi_core::check::Words;
use vwi_core::check::exchange::is_cluster_internal;
use vwi_core::check::facts::{
    AzureFacts, Fact, FactSource, Facts, HostFacts, Published, TenantFacts, Unseen,
};
use vwi_core::federation::PUBLIC_AUDIENCE;
use vwi_core::namespaces::{HostServiceAccount, NamespaceMode, host_service_account};
use vwi_core::translation::VirtualClusterName;
use vwi_kubernetes::{Host, Tenant};

use crate::args::{CheckArgs, ProbeChoice};
use crate::probe;
use crate::wanted::Wanted;
use azure::AzureView;
use host::HostView;
use tenant::{TenantSelf, TenantView};

/// The ways to the four sides, each of them open, or with the reason why not.
pub(crate) struct Access<'a> {
    pub(crate) args: &'a CheckArgs,
    pub(crate) tenant: Fact<Tenant>,
    pub(crate) host: Fact<Host>,
    pub(crate) azure: Fact<Azure>,
    /// Carries calls to issuers.
    pub(crate) http: Fact<reqwest::Client>,
    pub(crate) words: Words,
    pub(crate) timeout: Duration,
}

/// What tenant and host say of themselves.
pub(crate) struct Sides {
    tenant: TenantSelf,
    survey: Fact<host::Survey>,
}

impl Sides {
    /// Whether the tenant is the cluster of at least one of the records.
    pub(crate) fn know_any(&self, wanted: &[Wanted]) -> bool {
        wanted.iter().any(|one| self.tenant.is_of(one).is_ok())
    }
}

/// What was seen.
pub(crate) struct Seen {
    /// One for each record.
    pub(crate) facts: Vec<Facts>,
    /// Sides from which nothing at all came, with the reason.
    pub(crate) silent: Vec<Unseen>,
    /// The host that was looked at although nobody typed it.
    pub(crate) untyped_host: Option<String>,
}

impl Access<'_> {
    /// How many requests go to one cluster at once.
    fn concurrency(&self) -> usize {
        usize::from(self.args.checks.concurrency)
    }

    /// Reads what tenant and host say of themselves, whatever the records are.
    pub(crate) async fn sides(&self) -> Sides {
        let (tenant, survey) = tokio::join!(TenantSelf::look(self), host::survey(self));
        Sides { tenant, survey }
    }

    /// Reads everything that the records need, from all sides at once.
    pub(crate) async fn gather(&self, sides: Sides, wanted: &[Wanted]) -> Seen {
        let Sides {
            tenant: itself,
            survey,
        } = sides;
        let mut host = HostView::new(self, survey, &itself);
        let issuers = wanted
            .iter()
            .filter_map(|one| host.issuer(one, &itself).ok().or(one.issuer.as_deref()))
            .collect::<BTreeSet<&str>>();
        let tenant_and_azure = async {
            let (tenant, mut azure) = tokio::join!(
                TenantView::look(self, &itself, wanted),
                AzureView::look(self, wanted),
            );
            azure
                .look_by_client_id(self, (&itself, &tenant), wanted)
                .await;
            (tenant, azure)
        };
        let ((tenant, mut azure), seen, published) = tokio::join!(
            tenant_and_azure,
            host.look(self, &itself, wanted),
            self.published(issuers),
        );
        host.add(seen);
        let tenant = (&itself, &tenant);

        let mut facts: Vec<Facts> = wanted
            .iter()
            .map(|one| self.facts_of(one, tenant, &host, &azure, &published))
            .collect();
        self.look_up_clusters(&mut azure, &mut facts).await;
        count_needed(&mut facts);
        if self.args.checks.probe == ProbeChoice::Token {
            let hosts: Vec<Fact<()>> = wanted
                .iter()
                .map(|one| host.counts_for(one, &itself))
                .collect();
            self.probe_all(wanted, hosts, &mut facts).await;
        }
        let silent = [
            itself.silent(),
            host.silent(),
            azure.silent(),
            no_token(&facts),
        ];
        Seen {
            facts,
            silent: silent.into_iter().flatten().collect(),
            untyped_host: host.untyped(wanted, &itself),
        }
    }

    fn facts_of(
        &self,
        wanted: &Wanted,
        (itself, tenant): (&TenantSelf, &TenantView),
        host: &HostView,
        azure: &AzureView,
        published: &BTreeMap<String, Published>,
    ) -> Facts {
        let vcluster = host.vcluster(wanted, itself);
        let issuer = host.issuer(wanted, itself).ok();
        let issuer = issuer.or(wanted.issuer.as_deref());
        let published = match issuer {
            Some(issuer) => published.get(issuer).cloned().ok_or_else(|| {
                Unseen::new(
                    FactSource::Issuer,
                    "the issuer is known to the cluster alone",
                )
            }),
            None => Err(Unseen::new(FactSource::Issuer, "nobody names the issuer")),
        };
        let published = match &self.http {
            Ok(_) => published,
            Err(unseen) => Err(unseen.clone()),
        };
        let tenant_facts = tenant.facts_of(itself, wanted);
        let uid = tenant_facts
            .service_account
            .as_ref()
            .ok()
            .and_then(|account| account.as_ref())
            .map(|account| account.uid.clone());
        let (mut host_facts, expected_host) =
            host.facts_of(wanted, itself, vcluster.as_ref(), uid.as_deref());
        let azure = azure.facts_of(wanted, client_id(&tenant_facts).as_deref());
        if let (Ok(which), Ok(credentials)) = (&vcluster, &azure.credentials) {
            let own = host_facts
                .by_uid
                .as_ref()
                .or_else(|| expected_host.as_ref().ok());
            let others = host.others(which, credentials, own);
            host_facts.others = others;
        }
        Facts {
            namespace: wanted.namespace().to_owned(),
            name: wanted.name().to_owned(),
            expected_host,
            audience: self.audience(wanted),
            stated_audience: wanted.audience.clone(),
            stated_subject: wanted.subject.clone(),
            stated_issuer: wanted.issuer.clone(),
            azure,
            tenant: tenant_facts,
            host: host_facts,
            published,
            probe: None,
            planned: wanted.planned.clone(),
            words: self.words.clone(),
            vcluster,
        }
    }

    fn audience(&self, wanted: &Wanted) -> String {
        let of_cloud = || self.azure.as_ref().ok()?.cloud.audience.clone();
        wanted
            .audience
            .clone()
            .or_else(of_cloud)
            .unwrap_or_else(|| PUBLIC_AUDIENCE.to_owned())
    }

    async fn published(&self, issuers: BTreeSet<&str>) -> BTreeMap<String, Published> {
        let Ok(http) = &self.http else {
            return BTreeMap::new();
        };
        stream::iter(issuers)
            .filter(|issuer| std::future::ready(!is_cluster_internal(issuer)))
            .map(|issuer| async move {
                let published = issuer::published(http, issuer, self.timeout).await;
                (issuer.to_owned(), published)
            })
            .buffer_unordered(self.concurrency())
            .collect()
            .await
    }

    /// The name of the AKS cluster is in fixes only, so it is looked up only where one is needed.
    async fn look_up_clusters(&self, azure: &mut AzureView, facts: &mut [Facts]) {
        let needs = |facts: &Facts| {
            facts.azure.cluster.is_err()
                && (matches!(&facts.host.webhooks, Ok(webhooks) if webhooks.is_empty())
                    || matches!(facts.published, Ok(Published::Unreadable { .. })))
        };
        if !facts.iter().any(needs) {
            return;
        }
        azure.list_clusters(self).await;
        for facts in facts.iter_mut().filter(|facts| needs(facts)) {
            let found = facts
                .issuer()
                .ok()
                .and_then(|(issuer, _)| azure.cluster_of_issuer(issuer));
            if let Some(found) = found {
                facts.azure.cluster = Ok(Some(found));
            }
        }
    }

    async fn probe_all(&self, wanted: &[Wanted], hosts: Vec<Fact<()>>, facts: &mut [Facts]) {
        let probes: Vec<_> = {
            let facts = &*facts;
            stream::iter(wanted.iter().zip(hosts).zip(facts))
                .map(|((one, host), facts)| async move {
                    // Nothing is minted for a record that a step has refused.
                    if one.upstream.is_some() {
                        return None;
                    }
                    // Nor on a host that may be somebody else's.
                    let probed = match host {
                        Ok(()) => probe::probe(self, facts, self.args.settle(one.is_new)).await,
                        Err(unseen) => Err(unseen),
                    };
                    Some(probed)
                })
                .buffered(self.concurrency())
                .collect()
                .await
        };
        for (facts, probe) in facts.iter_mut().zip(probes) {
            facts.probe = probe;
        }
    }
}

/// The client id that the tenant's ServiceAccount carries.
fn client_id(tenant: &TenantFacts) -> Option<String> {
    let account = tenant.service_account.as_ref().ok()?.as_ref()?;
    account
        .annotation(vwi_core::annotation::CLIENT_ID)
        .filter(|value| !value.is_empty())
        .map(str::to_owned)
}

/// Returns why a token that was asked for was never tried; what is only planned has none yet.
fn no_token(facts: &[Facts]) -> Option<Unseen> {
    let mut real = facts.iter().filter(|facts| facts.planned.is_empty());
    let unseen = real.find_map(|facts| facts.probe.as_ref()?.as_ref().err())?;
    Some(Unseen::new(FactSource::Entra, unseen.to_string()))
}

/// Counts, for each identity, the records that still need a credential on it.
fn count_needed(facts: &mut [Facts]) {
    let mut needed: BTreeMap<String, usize> = BTreeMap::new();
    let key = |facts: &Facts| facts.identity().map(|identity| identity.id.folded());
    for one in facts.iter() {
        if let Some(key) = key(one).filter(|_| vwi_core::check::needs_credential(one)) {
            *needed.entry(key).or_default() += 1;
        }
    }
    for one in facts.iter_mut() {
        if vwi_core::check::needs_credential(one) {
            let count = key(one).and_then(|key| needed.get(&key).copied());
            one.azure.credentials_needed = count.unwrap_or_default();
        }
    }
}

/// Returns the name on the host by vCluster's algorithm; a mapped namespace whose mode is not known
/// would be another one, so nothing is computed then.
fn computed(
    mode: &NamespaceMode,
    which: &VirtualClusterName,
    host_namespace: &str,
    wanted: &Wanted,
) -> Fact<HostServiceAccount> {
    host_service_account(
        mode,
        &which.name,
        host_namespace,
        wanted.namespace(),
        wanted.name(),
    )
    .map_err(|error| Unseen::new(FactSource::Host, error.to_string()))
}

/// Facts of a side from which nothing came.
fn no_host(unseen: &Unseen) -> HostFacts {
    HostFacts {
        configuration: Err(unseen.clone()),
        service_account: Err(unseen.clone()),
        by_uid: None,
        others: BTreeSet::new(),
        pods: Err(unseen.clone()),
        webhooks: Err(unseen.clone()),
        issuer: Err(unseen.clone()),
    }
}

/// As [`no_host`].
fn no_azure(unseen: &Unseen, identity_name: String) -> AzureFacts {
    AzureFacts {
        identity: Err(unseen.clone()),
        identity_name,
        credentials: Err(unseen.clone()),
        cluster: Err(unseen.clone()),
        roles: Vec::new(),
        credentials_needed: 0,
    }
}
